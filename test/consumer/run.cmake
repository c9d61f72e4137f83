# Acts as a user: cmake -D FORM=find_package|add_subdirectory -D TARGET=... -D SOURCE=... -D BUILD=... -D WORK=... -P run.cmake
cmake_minimum_required(VERSION 3.25)

function(step)
    execute_process(COMMAND ${ARGN} COMMAND_ECHO STDOUT COMMAND_ERROR_IS_FATAL ANY)
endfunction()

file(REMOVE_RECURSE ${WORK})
if(FORM STREQUAL "find_package")
    step(${CMAKE_COMMAND} --install ${BUILD} --prefix ${WORK}/prefix)
    set(where -D CMAKE_PREFIX_PATH=${WORK}/prefix -D CMAKE_FIND_USE_PACKAGE_REGISTRY=OFF)
else()
    set(where -D GETTY_CONNECT_SOURCE=${SOURCE})
endif()
step(${CMAKE_COMMAND} -S ${CMAKE_CURRENT_LIST_DIR}/project -B ${WORK}/build -G ${GENERATOR} ${where}
    -D CMAKE_BUILD_TYPE=${BUILD_TYPE} -D CMAKE_CXX_COMPILER=${COMPILER} -D CMAKE_CXX_COMPILER_LAUNCHER=${LAUNCHER}
    -D GETTY_CONSUMER_TARGET=${TARGET})
step(${CMAKE_COMMAND} --build ${WORK}/build --target consumer)
step(${WORK}/build/consumer)

# cmake -D SOURCE=... -D WORK=... -D GENERATOR=... -D COMPILER=... -D BOOST=... -D BOOST_VERSION=... -P refusals.cmake
cmake_minimum_required(VERSION 3.25)

# Configures `source` in a fresh folder; passes when that fails, or not, and says `expected`.
function(configure source fails expected)
    file(REMOVE_RECURSE ${WORK}/build)
    execute_process(
        COMMAND ${CMAKE_COMMAND} -S ${source} -B ${WORK}/build -G ${GENERATOR} -D CMAKE_CXX_COMPILER=${COMPILER} ${ARGN}
        RESULT_VARIABLE code OUTPUT_VARIABLE output ERROR_VARIABLE output COMMAND_ECHO STDOUT)
    string(REGEX REPLACE "[ \n]+" " " output "${output}")  # CMake breaks the lines of its messages
    string(FIND "${output}" "${expected}" at)
    if(at EQUAL -1 OR (fails AND code EQUAL 0) OR NOT (fails OR code EQUAL 0))
        message(FATAL_ERROR "expected \"${expected}\"; it ended with ${code}: ${output}")
    endif()
endfunction()

function(tree_of version)
    file(WRITE ${WORK}/tree/include/boost/version.hpp "#define BOOST_VERSION ${version}\n")
endfunction()

file(REMOVE_RECURSE ${WORK})
set(package ${SOURCE}/cmake/boost)
file(MAKE_DIRECTORY ${WORK}/tree)
configure(${package} TRUE "Which Boost?")
configure(${package} TRUE "There is no Boost in ${WORK}/tree: neither boost/version.hpp nor include/boost/version.hpp exists"
    -D BOOST_TREE=${WORK}/tree)
file(MAKE_DIRECTORY ${WORK}/tree/libs/config/include)
configure(${package} TRUE "./b2 headers" -D BOOST_TREE=${WORK}/tree)
tree_of(108000)
configure(${package} TRUE "is Boost 1.80.0; getty-connect needs 1.81.0 or later" -D BOOST_TREE=${WORK}/tree)
tree_of(109200)
# Whether or not there is another Boost, which has what this one lacks.
configure(${package} TRUE "beast (boost/beast/" -D BOOST_TREE=${WORK}/tree)
configure(${package} FALSE "Boost ${BOOST_VERSION} in ${BOOST}" -D BOOST_TREE=${BOOST})
file(COPY ${WORK}/build/BoostConfig.cmake ${WORK}/build/BoostConfigVersion.cmake DESTINATION ${WORK}/other)

# A package that is too old is not replaced by what else there is.
file(WRITE ${WORK}/old/BoostConfig.cmake "")
file(WRITE ${WORK}/old/BoostConfigVersion.cmake "set(PACKAGE_VERSION 1.80.0)\n")
set(library -D GETTY_CONNECT_BUILD_TESTS=OFF -D GETTY_CONNECT_BUILD_TOOL=OFF -D GETTY_CONNECT_BUILD_EXAMPLES=OFF)
configure(${SOURCE} TRUE "Boost_DIR is ${WORK}/old, but what CMake found is Boost ${BOOST_VERSION}" ${library}
    -D Boost_DIR=${WORK}/old -D CMAKE_PREFIX_PATH=${WORK}/other)
configure(${SOURCE} TRUE "getty-connect runs on Linux alone" ${library} -D CMAKE_SYSTEM_NAME=FreeBSD)
# A build for another machine makes no pages, which takes a program that runs here, and says so.
configure(${SOURCE} FALSE "The manual and the completion of the tool are left out" -D GETTY_CONNECT_BUILD_TESTS=OFF
    -D GETTY_CONNECT_BUILD_EXAMPLES=OFF -D CMAKE_SYSTEM_NAME=Linux -D CMAKE_SYSTEM_PROCESSOR=other)

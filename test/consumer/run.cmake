# Acts as a user: cmake -D FORM=find_package|add_subdirectory|packages -D TARGET=... -D SOURCE=... -D BUILD=... -D WORK=... -P run.cmake
cmake_minimum_required(VERSION 3.25)

function(step)
    execute_process(COMMAND ${ARGN} COMMAND_ECHO STDOUT COMMAND_ERROR_IS_FATAL ANY)
endfunction()

# Passes when the command fails and says `expected`.
function(step_fails expected)
    execute_process(COMMAND ${ARGN} RESULT_VARIABLE code OUTPUT_VARIABLE output ERROR_VARIABLE output COMMAND_ECHO STDOUT)
    # CMake breaks the lines of its messages.
    string(REGEX REPLACE "[ \n]+" " " output "${output}")
    if(code EQUAL 0 OR NOT output MATCHES "${expected}")
        message(FATAL_ERROR "this should have failed with \"${expected}\", but (${code}): ${output}")
    endif()
endfunction()

# Configures twice; the rule for coroutines is told the first time, where the compiler asks for it.
function(step_tells_the_rule)
    foreach(time first second)
        execute_process(COMMAND ${ARGN} OUTPUT_VARIABLE output COMMAND_ECHO STDOUT COMMAND_ERROR_IS_FATAL ANY)
        message(STATUS "${output}")
        if(time STREQUAL "first" AND output MATCHES "compiler identification is GNU ([0-9]+)" AND CMAKE_MATCH_1 LESS 13)
            set(expected TRUE)
        else()
            set(expected FALSE)
        endif()
        string(FIND "${output}" "keep to one co_await per statement" at)
        if((expected AND at EQUAL -1) OR (NOT expected AND NOT at EQUAL -1))
            message(FATAL_ERROR "the rule for coroutines, ${time} time: expected ${expected}")
        endif()
    endforeach()
endfunction()

# Everything in the folder that the pattern finds is what is named, no more and no less.
function(expect_files folder pattern)
    file(GLOB_RECURSE found RELATIVE ${folder} ${folder}/${pattern})
    list(TRANSFORM found REPLACE ".*/" "")
    list(SORT found)
    if(NOT found STREQUAL "${ARGN}")
        message(FATAL_ERROR "${pattern} in ${folder}: expected ${ARGN}, found ${found}")
    endif()
endfunction()

# As a Makefile does it, with no more than the names of the packages.
function(step_pkg_config prefix program)
    file(GLOB_RECURSE pc ${prefix}/*/getty_connect.pc)
    get_filename_component(folder ${pc} DIRECTORY)
    set(ENV{PKG_CONFIG_PATH} ${folder})
    execute_process(COMMAND pkg-config --cflags --libs ${ARGN} COMMAND_ECHO STDOUT OUTPUT_VARIABLE flags COMMAND_ERROR_IS_FATAL ANY)
    separate_arguments(flags UNIX_COMMAND "${flags}")
    step(${LAUNCHER} ${COMPILER} -std=c++20 -c ${CMAKE_CURRENT_LIST_DIR}/project/${program}.cpp ${flags} -o ${WORK}/${program}.o)
    step(${COMPILER} ${WORK}/${program}.o ${flags} -o ${WORK}/${program}_by_pkg_config)
    get_filename_component(libraries ${folder} DIRECTORY)
    step(${CMAKE_COMMAND} -E env LD_LIBRARY_PATH=${libraries} ${WORK}/${program}_by_pkg_config)
endfunction()

# What the tool is installed with, beside itself: of which commands, and where systems look for it.
function(expect_pages prefix)
    expect_files(${prefix}/share/man/man1 "*" getty-connect-bench.1 getty-connect-config.1 getty-connect-fetch.1
        getty-connect-get.1 getty-connect-serve.1 getty-connect-token.1 getty-connect.1)
    expect_files(${prefix}/share/bash-completion/completions "*" getty-connect)
endfunction()

set(settings -G ${GENERATOR} -D CMAKE_BUILD_TYPE=${BUILD_TYPE} -D CMAKE_CXX_COMPILER=${COMPILER}
    -D CMAKE_CXX_COMPILER_LAUNCHER=${LAUNCHER} -D GETTY_CONSUMER_TARGET=${TARGET})
set(configure ${CMAKE_COMMAND} -S ${CMAKE_CURRENT_LIST_DIR}/project ${settings})

file(REMOVE_RECURSE ${WORK})
if(FORM STREQUAL "add_subdirectory")
    step_tells_the_rule(${configure} -B ${WORK}/build -D GETTY_CONNECT_SOURCE=${SOURCE})
    step(${CMAKE_COMMAND} --build ${WORK}/build --target consumer)
    step(${WORK}/build/consumer)
    return()
endif()

if(FORM STREQUAL "packages")
    step(${CMAKE_COMMAND} -E chdir ${BUILD} ${CMAKE_CPACK_COMMAND} -B ${WORK}/packages)
    file(GLOB packages ${WORK}/packages/*.deb)
    list(LENGTH packages count)
    if(NOT count EQUAL 3)
        message(FATAL_ERROR "expected three packages: ${packages}")
    endif()
    foreach(package ${packages})
        step(dpkg-deb -x ${package} ${WORK}/root)
    endforeach()
    set(prefix ${WORK}/root/usr)
    expect_files(${prefix} "*.a")
    expect_pages(${prefix})
    file(GLOB_RECURSE texts ${prefix}/*.cmake ${prefix}/*.pc ${prefix}/*.hpp)
    foreach(text ${texts})
        file(STRINGS ${text} lines REGEX "${SOURCE}|${BUILD}")
        if(lines)
            message(FATAL_ERROR "${text} names a folder of the build: ${lines}")
        endif()
    endforeach()
    # Unoptimised programs name their sources in assertions.
    file(GLOB_RECURSE binaries ${prefix}/bin/* ${prefix}/*.so.*)
    foreach(binary ${binaries})
        file(STRINGS ${binary} lines REGEX "${BUILD}")
        if(lines)
            message(FATAL_ERROR "${binary} names a folder of the build: ${lines}")
        endif()
    endforeach()
    foreach(option --version --help)
        step(${prefix}/bin/getty-connect ${option})
    endforeach()
    # The program hides its symbols, and still shares Asio's variables with the library.
    step(${configure} -B ${WORK}/build -D CMAKE_PREFIX_PATH=${prefix} -D CMAKE_FIND_USE_PACKAGE_REGISTRY=OFF
        -D CMAKE_CXX_VISIBILITY_PRESET=hidden -D CMAKE_VISIBILITY_INLINES_HIDDEN=ON)
    foreach(program border own_sockets scripted)
        step(${CMAKE_COMMAND} --build ${WORK}/build --target ${program})
        step(${WORK}/build/${program})
    endforeach()
    step_pkg_config(${prefix} border getty_connect_sandbox)
    return()
endif()

step(${CMAKE_COMMAND} --install ${BUILD} --prefix ${WORK}/prefix)
expect_files(${WORK}/prefix "*.a" libgetty_connect.a libgetty_connect_ingest.a libgetty_connect_sandbox.a
    libgetty_connect_testing.a)
expect_files(${WORK}/prefix "*.so*")
expect_pages(${WORK}/prefix)
set(installed -D CMAKE_PREFIX_PATH=${WORK}/prefix -D CMAKE_FIND_USE_PACKAGE_REGISTRY=OFF)
step_tells_the_rule(${configure} -B ${WORK}/build ${installed})
step(${CMAKE_COMMAND} --build ${WORK}/build --target all border scripted)
foreach(program consumer own_sockets border scripted misuse)
    step(${WORK}/build/${program})
endforeach()
step_pkg_config(${WORK}/prefix main getty_connect)

# The library does not depend on it, so the user's program may have either.
step(${configure} -B ${WORK}/no_deprecated ${installed} -D GETTY_CONSUMER_NO_DEPRECATED=ON)
step(${CMAKE_COMMAND} --build ${WORK}/no_deprecated)
foreach(program consumer own_sockets misuse)
    step(${WORK}/no_deprecated/${program})
endforeach()

# Everything else that lays out types must be the same, or the linker says what it was.
step(${CMAKE_COMMAND} --build ${WORK}/build --target misfit_none)
step(${WORK}/build/misfit_none)
foreach(other "epoll;__no_epoll__" "threads;__no_threads__" "tracking;__handler_tracking__" "recycling;__no_block_recycling__"
        "containers;__debug_containers" "boost;boost_108300__")
    list(GET other 0 name)
    list(GET other 1 words)
    step_fails("undefined reference to .getty_connect_v[0-9_]+_built_with__[a-z0-9_]*${words}"
        ${CMAKE_COMMAND} --build ${WORK}/build --target misfit_${name})
endforeach()

# Another Boost than the library was built with is refused before anything is compiled, and so is a library without sandbox.
file(GLOB_RECURSE package ${WORK}/prefix/*/getty_connectConfig.cmake)
get_filename_component(package_folder ${package} DIRECTORY)
file(COPY ${package_folder}/ DESTINATION ${WORK}/other_boost)
file(READ ${package} config)
string(REGEX REPLACE "VERSION_EQUAL \"[0-9.]+\"" "VERSION_EQUAL \"1.80.0\"" config "${config}")
file(WRITE ${WORK}/other_boost/getty_connectConfig.cmake "${config}")
step_fails("was built with Boost [0-9.]+, but Boost [0-9.]+ was found"
    ${configure} -B ${WORK}/other_boost/build -D getty_connect_DIR=${WORK}/other_boost)
file(COPY ${package_folder}/ DESTINATION ${WORK}/no_sandbox PATTERN "getty_connect_sandbox_targets*" EXCLUDE)
step_fails("was built without its component sandbox"
    ${configure} -B ${WORK}/no_sandbox/build -D getty_connect_DIR=${WORK}/no_sandbox)

# One static library per layer: a layer sees the headers and symbols of the layers it links, and of no other. Users link
# the libraries that cmake/libraries.cmake makes of them; tests link the layers.

set(GETTY_CONNECT_LAYERS "" CACHE INTERNAL "")

# Settings every target of this project compiles with; users of the library inherit none but the standard.
function(getty_compile_settings target)
    target_compile_features(${target} PUBLIC cxx_std_20)
    set_target_properties(${target} PROPERTIES CXX_EXTENSIONS OFF POSITION_INDEPENDENT_CODE ON)
    target_compile_options(${target} PRIVATE -Wall -Wextra -Wpedantic -Wconversion -Wshadow)
    # g++ 12 sees an overlap in `"literal" + std::string()` that is not there (GCC bug 105329).
    if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
        target_compile_options(${target} PRIVATE -Wno-restrict)
    endif()
    if(GETTY_CONNECT_WARNINGS_AS_ERRORS)
        target_compile_options(${target} PRIVATE -Werror)
    endif()
    target_include_directories(${target} PRIVATE ${PROJECT_SOURCE_DIR}/src)
endfunction()

# getty_layer(NAME SOURCES a.cpp ... LINKS lib ...)
function(getty_layer name)
    cmake_parse_arguments(arg "" "" "SOURCES;LINKS" ${ARGN})
    set(target getty_layer_${name})
    add_library(${target} STATIC ${arg_SOURCES})
    getty_compile_settings(${target})
    # The same objects go into static and shared libraries; the public headers say what is to be seen.
    set_target_properties(${target} PROPERTIES CXX_VISIBILITY_PRESET hidden VISIBILITY_INLINES_HIDDEN ON)
    target_include_directories(${target} PUBLIC ${PROJECT_SOURCE_DIR}/include)
    target_link_libraries(${target} PUBLIC ${arg_LINKS})
    set(GETTY_CONNECT_LAYERS "${GETTY_CONNECT_LAYERS};${target}" CACHE INTERNAL "")

    # What later releases of Boost have removed is not used: compiled once more, for the compiler to say so. The libraries
    # themselves must fit programs with either setting: src/core/quietly.hpp.
    if(GETTY_CONNECT_BUILD_TESTS AND CMAKE_BUILD_TYPE STREQUAL "Debug" AND NOT BUILD_SHARED_LIBS)
        add_library(${target}_not_deprecated OBJECT ${arg_SOURCES})
        getty_compile_settings(${target}_not_deprecated)
        target_compile_definitions(${target}_not_deprecated PRIVATE BOOST_ASIO_NO_DEPRECATED)
        target_compile_options(${target}_not_deprecated PRIVATE -O0 -g0)
        target_include_directories(${target}_not_deprecated PRIVATE ${PROJECT_SOURCE_DIR}/include)
        target_link_libraries(${target}_not_deprecated PRIVATE ${arg_LINKS})
    endif()
endfunction()

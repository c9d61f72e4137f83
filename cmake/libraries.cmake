# What users link: one library for each interface, static or shared (BUILD_SHARED_LIBS), made of the layers' objects.

include(CheckLinkerFlag)

# Before 1.0 each minor version is an interface of its own, as the inline namespace is (include/getty/connect/config.hpp).
if(PROJECT_VERSION_MAJOR EQUAL 0)
    set(GETTY_CONNECT_SOVERSION ${PROJECT_VERSION_MAJOR}.${PROJECT_VERSION_MINOR})
else()
    set(GETTY_CONNECT_SOVERSION ${PROJECT_VERSION_MAJOR})
endif()

set(exported_symbols ${CMAKE_CURRENT_LIST_DIR}/exported_symbols.map)
check_linker_flag(CXX "LINKER:--version-script=${exported_symbols}" GETTY_CONNECT_HAS_VERSION_SCRIPT)
mark_as_advanced(GETTY_CONNECT_HAS_VERSION_SCRIPT)

# getty_library(NAME LAYERS layer ... PUBLIC_LINKS lib ... PRIVATE_LINKS lib ...): target getty_connect..., alias getty::connect...
function(getty_library name)
    cmake_parse_arguments(arg "" "" "LAYERS;PUBLIC_LINKS;PRIVATE_LINKS" ${ARGN})
    set(target getty_${name})
    list(TRANSFORM arg_LAYERS REPLACE "(.+)" "$<TARGET_OBJECTS:getty_layer_\\1>")
    add_library(${target} ${arg_LAYERS})
    add_library(getty::${name} ALIAS ${target})
    target_compile_features(${target} PUBLIC cxx_std_20)
    target_include_directories(${target} PUBLIC
        $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include>
        $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
    target_link_libraries(${target} PUBLIC ${arg_PUBLIC_LINKS} PRIVATE ${arg_PRIVATE_LINKS})
    set_target_properties(${target} PROPERTIES EXPORT_NAME ${name} LINKER_LANGUAGE CXX
        VERSION ${PROJECT_VERSION} SOVERSION ${GETTY_CONNECT_SOVERSION})
    # Where the loader does not look by itself, one library finds the other beside it.
    if(NOT CMAKE_INSTALL_PREFIX STREQUAL "/usr")
        set_target_properties(${target} PROPERTIES INSTALL_RPATH "$ORIGIN")
    endif()
    get_target_property(type ${target} TYPE)
    if(type STREQUAL "SHARED_LIBRARY" AND GETTY_CONNECT_HAS_VERSION_SCRIPT)
        target_link_options(${target} PRIVATE "LINKER:--version-script=${exported_symbols}")
        set_target_properties(${target} PROPERTIES LINK_DEPENDS ${exported_symbols})
    endif()
endfunction()

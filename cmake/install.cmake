# `cmake --install`, and find_package(getty_connect) afterwards.
include(CMakePackageConfigHelpers)

option(GETTY_CONNECT_INSTALL "Install the libraries, headers and tool" ${PROJECT_IS_TOP_LEVEL})
if(NOT GETTY_CONNECT_INSTALL)
    return()
endif()

set(libraries connect)
if(GETTY_CONNECT_BUILD_SANDBOX)
    list(APPEND libraries connect_sandbox)
endif()
set(package_folder ${CMAKE_INSTALL_LIBDIR}/cmake/getty_connect)

# A file of targets for each library: find_package tells which of them are there.
foreach(library ${libraries})
    install(TARGETS getty_${library} EXPORT getty_${library}_targets
        LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT runtime NAMELINK_COMPONENT development
        ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT development)
    install(EXPORT getty_${library}_targets NAMESPACE getty:: DESTINATION ${package_folder} COMPONENT development)
endforeach()
set(without_sandbox "")
if(NOT GETTY_CONNECT_BUILD_SANDBOX)
    set(without_sandbox PATTERN "sandbox.hpp" EXCLUDE)
endif()
install(DIRECTORY ${PROJECT_SOURCE_DIR}/include/ DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} COMPONENT development
    FILES_MATCHING PATTERN "*.hpp" ${without_sandbox})
if(TARGET getty-connect)
    install(TARGETS getty-connect RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR} COMPONENT tool)
endif()

# --- find_package ---

get_target_property(type getty_connect TYPE)
set(is_shared FALSE)
if(type STREQUAL "SHARED_LIBRARY")
    set(is_shared TRUE)
endif()

# What a static library links from elsewhere, the user's project must find too.
set(GETTY_CONNECT_DEPENDENCIES "find_dependency(Threads)\n")
if(is_shared)
    string(APPEND GETTY_CONNECT_DEPENDENCIES "find_dependency(Boost 1.81)\n")
else()
    string(APPEND GETTY_CONNECT_DEPENDENCIES
        "find_dependency(Boost 1.81 COMPONENTS json)\nfind_dependency(OpenSSL 3.0)\nfind_dependency(ZLIB)\n")
endif()
configure_package_config_file(cmake/getty_connectConfig.cmake.in
    ${PROJECT_BINARY_DIR}/getty_connectConfig.cmake INSTALL_DESTINATION ${package_folder})
# Before 1.0 a minor version may change the interface.
write_basic_package_version_file(${PROJECT_BINARY_DIR}/getty_connectConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/getty_connectConfig.cmake ${PROJECT_BINARY_DIR}/getty_connectConfigVersion.cmake
    ${PROJECT_SOURCE_DIR}/cmake/getty_connectCoroutineRule.cmake
    DESTINATION ${package_folder} COMPONENT development)

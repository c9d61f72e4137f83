# `cmake --install`, and find_package(getty_connect) afterwards.
include(CMakePackageConfigHelpers)

option(GETTY_CONNECT_INSTALL "Install the libraries, headers and tool" ${PROJECT_IS_TOP_LEVEL})

# The facade is what users link; it goes by the library's own name.
if(TARGET getty_connect_client)
    set_target_properties(getty_connect_client PROPERTIES EXPORT_NAME connect)
    if(NOT TARGET getty::connect)
        add_library(getty::connect ALIAS getty_connect_client)
    endif()
endif()

if(GETTY_CONNECT_INSTALL)
    set(package_folder ${CMAKE_INSTALL_LIBDIR}/cmake/getty_connect)

    install(TARGETS ${GETTY_CONNECT_LAYERS} EXPORT getty_connect_targets ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
    install(DIRECTORY ${PROJECT_SOURCE_DIR}/include/ DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} FILES_MATCHING PATTERN "*.hpp")
    install(EXPORT getty_connect_targets NAMESPACE getty:: DESTINATION ${package_folder})
    if(TARGET getty-connect)
        install(TARGETS getty-connect RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
    endif()

    # What the layers link from elsewhere, the user's project must find too.
    set(linked "")
    foreach(layer ${GETTY_CONNECT_LAYERS})
        get_target_property(libraries ${layer} LINK_LIBRARIES)
        list(APPEND linked ${libraries})
    endforeach()
    set(GETTY_CONNECT_DEPENDENCIES "find_dependency(Boost 1.81 COMPONENTS json)\n")
    foreach(package "OpenSSL 3.0" "Threads" "ZLIB")
        string(REGEX MATCH "^[A-Za-z]+" namespace "${package}")
        if("${linked}" MATCHES "${namespace}::")
            string(APPEND GETTY_CONNECT_DEPENDENCIES "find_dependency(${package})\n")
        endif()
    endforeach()
    configure_package_config_file(cmake/getty_connectConfig.cmake.in
        ${PROJECT_BINARY_DIR}/getty_connectConfig.cmake INSTALL_DESTINATION ${package_folder})
    # Before 1.0 a minor version may change the interface.
    write_basic_package_version_file(${PROJECT_BINARY_DIR}/getty_connectConfigVersion.cmake COMPATIBILITY SameMinorVersion)
    install(FILES ${PROJECT_BINARY_DIR}/getty_connectConfig.cmake ${PROJECT_BINARY_DIR}/getty_connectConfigVersion.cmake
        ${PROJECT_SOURCE_DIR}/cmake/getty_connectCoroutineRule.cmake
        DESTINATION ${package_folder})
endif()

# `cmake --install`, and find_package(getty_connect) or pkg-config afterwards; `cpack` makes Debian packages of the same parts.
include(CMakePackageConfigHelpers)

option(GETTY_CONNECT_INSTALL "Install the libraries, headers and tool" ${PROJECT_IS_TOP_LEVEL})
if(NOT GETTY_CONNECT_INSTALL)
    return()
endif()

set(libraries connect connect_testing)
if(GETTY_CONNECT_BUILD_SANDBOX)
    list(APPEND libraries connect_sandbox)
endif()
if(GETTY_CONNECT_BUILD_INGEST)
    list(APPEND libraries connect_ingest)
endif()
set(package_folder ${CMAKE_INSTALL_LIBDIR}/cmake/getty_connect)

# A file of targets for each library: find_package tells which of them are there.
foreach(library ${libraries})
    install(TARGETS getty_${library} EXPORT getty_${library}_targets
        LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT runtime NAMELINK_COMPONENT development
        ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT development)
    install(EXPORT getty_${library}_targets NAMESPACE getty:: DESTINATION ${package_folder} COMPONENT development)
endforeach()
set(without "")
if(NOT GETTY_CONNECT_BUILD_SANDBOX)
    list(APPEND without PATTERN "sandbox.hpp" EXCLUDE)
endif()
if(NOT GETTY_CONNECT_BUILD_INGEST)
    list(APPEND without PATTERN "ingest" EXCLUDE)
endif()
install(DIRECTORY ${PROJECT_SOURCE_DIR}/include/ DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} COMPONENT development
    FILES_MATCHING PATTERN "*.hpp" ${without})
if(TARGET getty-connect)
    install(TARGETS getty-connect RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR} COMPONENT tool)
    # Nothing where it could not be made: see src/cli.
    get_property(pages GLOBAL PROPERTY GETTY_CONNECT_PAGES)
    if(pages)
        install(DIRECTORY ${pages}/man1/ DESTINATION ${CMAKE_INSTALL_MANDIR}/man1 COMPONENT tool)
        install(DIRECTORY ${pages}/completions/ DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions COMPONENT tool)
    endif()
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

# --- pkg-config ---

# "-Ldir " unless the compiler looks there anyway.
function(getty_library_folder result file)
    get_filename_component(folder "${file}" DIRECTORY)
    set(${result} "" PARENT_SCOPE)
    if(IS_ABSOLUTE "${folder}" AND NOT folder IN_LIST CMAKE_CXX_IMPLICIT_LINK_DIRECTORIES)
        set(${result} "-L${folder} " PARENT_SCOPE)
    endif()
endfunction()

# The prefix may move, so the files say where it is from where they are.
foreach(kind LIB INCLUDE)
    if(IS_ABSOLUTE "${CMAKE_INSTALL_${kind}DIR}")
        set(pc_${kind} "${CMAKE_INSTALL_${kind}DIR}")
    else()
        set(pc_${kind} "\${prefix}/${CMAKE_INSTALL_${kind}DIR}")
    endif()
endforeach()
set(pc_prefix "${CMAKE_INSTALL_PREFIX}")
if(NOT IS_ABSOLUTE "${CMAKE_INSTALL_LIBDIR}")
    file(RELATIVE_PATH up "/prefix/${CMAKE_INSTALL_LIBDIR}/pkgconfig" "/prefix")
    string(REGEX REPLACE "/$" "" up "${up}")
    set(pc_prefix "\${pcfiledir}/${up}")
endif()

set(pc_flags "")
foreach(folder ${Boost_INCLUDE_DIRS})
    if(NOT folder IN_LIST CMAKE_CXX_IMPLICIT_INCLUDE_DIRECTORIES)
        string(APPEND pc_flags " -I${folder}")
    endif()
endforeach()
get_target_property(boost_json Boost::json LOCATION)
getty_library_folder(boost_folder "${boost_json}")
list(GET OPENSSL_SSL_LIBRARY 0 openssl_file)
getty_library_folder(openssl_folder "${openssl_file}")
list(GET ZLIB_LIBRARIES 0 zlib_file)
getty_library_folder(zlib_folder "${zlib_file}")
set(pc_ingest "")
if(GETTY_CONNECT_BUILD_INGEST)
    list(GET SQLite3_LIBRARIES 0 sqlite_file)
    getty_library_folder(sqlite_folder "${sqlite_file}")
    getty_library_folder(zstd_folder "${GETTY_CONNECT_ZSTD}")
    set(pc_ingest "${sqlite_folder}-lsqlite3 ${zstd_folder}-lzstd ")
endif()
set(pc_inner "${boost_folder}-lboost_json ${openssl_folder}-lssl -lcrypto ${zlib_folder}-lz -pthread")

foreach(library ${libraries})
    set(pc_name getty_${library})
    set(pc_description "${PROJECT_DESCRIPTION}")
    set(pc_requires "")
    set(pc_own "")
    if(library STREQUAL "connect_sandbox")
        set(pc_description "The stand-in service of getty-connect, to test against")
        set(pc_requires "getty_connect = ${PROJECT_VERSION}")
    elseif(library STREQUAL "connect_ingest")
        set(pc_description "Resumable jobs over getty-connect: ids from files, outcomes to files")
        set(pc_requires "getty_connect = ${PROJECT_VERSION}")
        set(pc_own "${pc_ingest}")
    elseif(library STREQUAL "connect_testing")
        set(pc_description "A client of getty-connect with scripted answers, for tests")
        set(pc_requires "getty_connect = ${PROJECT_VERSION}")
    endif()
    # A static library alone needs them in any case; beside a shared one they are for `pkg-config --static`.
    set(pc_public "")
    set(pc_private "${pc_own}${pc_inner}")
    if(NOT is_shared)
        set(pc_public " ${pc_own}${pc_inner}")
        set(pc_private "")
    endif()
    configure_file(cmake/pkg_config.pc.in ${PROJECT_BINARY_DIR}/${pc_name}.pc @ONLY)
    install(FILES ${PROJECT_BINARY_DIR}/${pc_name}.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig COMPONENT development)
endforeach()

if(PROJECT_IS_TOP_LEVEL)
    include(cmake/packages.cmake)
endif()

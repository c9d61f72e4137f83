# libzstd, of whose CMake files and pkg-config file distributions leave out one or the other: GETTY_CONNECT_ZSTD is its library.
find_path(ZSTD_INCLUDE_DIR zstd.h)
find_library(ZSTD_LIBRARY NAMES zstd)
mark_as_advanced(ZSTD_INCLUDE_DIR ZSTD_LIBRARY)
if(NOT ZSTD_INCLUDE_DIR OR NOT ZSTD_LIBRARY)
    message(FATAL_ERROR "GETTY_CONNECT_BUILD_INGEST=ON needs libzstd and its header (Debian: libzstd-dev). "
        "Install it, or set GETTY_CONNECT_BUILD_INGEST, GETTY_CONNECT_BUILD_TOOL, GETTY_CONNECT_BUILD_TESTS and "
        "GETTY_CONNECT_BUILD_EXAMPLES to OFF.")
endif()
set(GETTY_CONNECT_ZSTD ${ZSTD_LIBRARY})

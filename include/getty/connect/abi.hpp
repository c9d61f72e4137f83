// Whether a program and the library were built with the same settings.
//
// Boost.Asio and the standard library lay out their types by macros and by version, and the linker compares
// names only: a program with other settings crashes or hangs. So each file that includes a header of this
// library asks for a symbol that is named after its settings, and the library has the one of its own: a
// program with others does not link, and the message names what it was built with. Nothing here is to be
// used.
#pragma once

#include <getty/connect/config.hpp>

#include <boost/asio/detail/config.hpp>
#include <boost/version.hpp>

#include <cstddef>

#if defined(BOOST_ASIO_HAS_THREADS)
#define GETTY_CONNECT_ABI_THREADS threads
#else
#define GETTY_CONNECT_ABI_THREADS no_threads
#endif
#if defined(BOOST_ASIO_HAS_IO_URING_AS_DEFAULT)
#define GETTY_CONNECT_ABI_REACTOR io_uring
#elif defined(BOOST_ASIO_HAS_EPOLL) && defined(BOOST_ASIO_HAS_IO_URING)
#define GETTY_CONNECT_ABI_REACTOR epoll_and_io_uring
#elif defined(BOOST_ASIO_HAS_EPOLL)
#define GETTY_CONNECT_ABI_REACTOR epoll
#else
#define GETTY_CONNECT_ABI_REACTOR no_epoll
#endif
#if defined(BOOST_ASIO_ENABLE_HANDLER_TRACKING) || defined(BOOST_ASIO_CUSTOM_HANDLER_TRACKING)
#define GETTY_CONNECT_ABI_TRACKING handler_tracking
#else
#define GETTY_CONNECT_ABI_TRACKING no_handler_tracking
#endif
#if defined(BOOST_ASIO_DISABLE_SMALL_BLOCK_RECYCLING)
#define GETTY_CONNECT_ABI_RECYCLING no_block_recycling
#elif defined(BOOST_ASIO_RECYCLING_ALLOCATOR_CACHE_SIZE) && BOOST_ASIO_RECYCLING_ALLOCATOR_CACHE_SIZE != 2
#define GETTY_CONNECT_ABI_RECYCLING block_recycling_of_another_size
#else
#define GETTY_CONNECT_ABI_RECYCLING block_recycling
#endif
#if defined(BOOST_ASIO_USE_TS_EXECUTOR_AS_DEFAULT) || defined(BOOST_ASIO_NO_TS_EXECUTORS)
#define GETTY_CONNECT_ABI_EXECUTORS other_executors
#else
#define GETTY_CONNECT_ABI_EXECUTORS executors
#endif
#if defined(_GLIBCXX_USE_CXX11_ABI) && _GLIBCXX_USE_CXX11_ABI == 0
#define GETTY_CONNECT_ABI_CONTAINERS old_strings
#elif defined(_GLIBCXX_DEBUG) || defined(BOOST_ASIO_ENABLE_BUFFER_DEBUGGING)
#define GETTY_CONNECT_ABI_CONTAINERS debug_containers
#else
#define GETTY_CONNECT_ABI_CONTAINERS containers
#endif

#define GETTY_CONNECT_ABI_JOIN(v, b, t, r, h, c, e, d) \
    getty_connect_##v##_built_with__boost_##b##__##t##__##r##__##h##__##c##__##e##__##d
#define GETTY_CONNECT_ABI_EXPAND(v, b, t, r, h, c, e, d) GETTY_CONNECT_ABI_JOIN(v, b, t, r, h, c, e, d)
#define GETTY_CONNECT_ABI_SYMBOL                                                          \
    GETTY_CONNECT_ABI_EXPAND(GETTY_CONNECT_ABI, BOOST_VERSION, GETTY_CONNECT_ABI_THREADS, \
                             GETTY_CONNECT_ABI_REACTOR, GETTY_CONNECT_ABI_TRACKING,       \
                             GETTY_CONNECT_ABI_RECYCLING, GETTY_CONNECT_ABI_EXECUTORS,    \
                             GETTY_CONNECT_ABI_CONTAINERS)

#pragma GCC visibility push(default)
extern "C" const char GETTY_CONNECT_ABI_SYMBOL;
#pragma GCC visibility pop

namespace getty::connect::detail {

// One for each file, not one for all: the linker would look at the first alone. `used` and `retain`: nothing
// reads it, and it must stay for the linker to see.
#if defined(__has_attribute) && __has_attribute(retain)
__attribute__((used, retain))
#else
__attribute__((used))
#endif
static const char* const built_with = &GETTY_CONNECT_ABI_SYMBOL;

}  // namespace getty::connect::detail

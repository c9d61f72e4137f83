#include "bench/micro.hpp"

#include <cstdlib>
#include <new>

namespace {

// The benchmarks run on one thread.
std::uint64_t news = 0;

}  // namespace

std::uint64_t bench::news_so_far() noexcept { return news; }

// The array and nothrow forms end here as well.
void* operator new(std::size_t size) {
    ++news;
    void* made = std::malloc(size);
    if (!made) throw std::bad_alloc();
    return made;
}
void operator delete(void* block) noexcept { std::free(block); }
void operator delete(void* block, std::size_t) noexcept { std::free(block); }

BENCHMARK_MAIN();

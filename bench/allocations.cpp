#include "bench/allocations.hpp"

#include "bench/system.hpp"

#include <dlfcn.h>

namespace bench {

std::string malloc_counter_path() {
    const std::string program = own_path();
    return program.substr(0, program.rfind('/') + 1) + "malloc_counter.so";
}

std::optional<allocations> allocations_so_far() noexcept {
    using counter = void (*)(std::uint64_t*, std::uint64_t*);
    static const auto read = reinterpret_cast<counter>(dlsym(RTLD_DEFAULT, "bench_malloc_count"));
    if (!read) return std::nullopt;
    allocations now;
    read(&now.all, &now.openssl);
    return now;
}

}  // namespace bench

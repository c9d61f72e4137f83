// How often a client asks for memory.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace bench {

struct allocations {
    std::uint64_t all = 0;
    std::uint64_t openssl = 0;  ///< of `all`, those that OpenSSL made

    friend allocations operator-(const allocations& a, const allocations& b) noexcept {
        return {a.all - b.all, a.openssl - b.openssl};
    }
};

/// The library that counts when it is loaded before all others (LD_PRELOAD): malloc_counter.cpp. Without it
/// nothing is counted, and nothing is any slower.
[[nodiscard]] std::string malloc_counter_path();

/// Of this process; nothing when they are not counted.
[[nodiscard]] std::optional<allocations> allocations_so_far() noexcept;

}  // namespace bench

// The choices that an image is made of, the same for an id on every machine.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace getty::connect::sandbox {

/// FNV-1a, then SplitMix64: both are defined bit by bit, unlike std::hash and the standard distributions.
class dice {
public:
    explicit dice(std::string_view id) noexcept {
        for (const char c : id) state_ = (state_ ^ static_cast<unsigned char>(c)) * 0x100000001B3U;
    }
    std::uint64_t next() noexcept {
        std::uint64_t z = (state_ += 0x9E3779B97F4A7C15U);
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9U;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EBU;
        return z ^ (z >> 31);
    }
    std::size_t below(std::size_t limit) noexcept { return static_cast<std::size_t>(next() % limit); }
    bool one_in(std::size_t n) noexcept { return below(n) == 0; }
    template <class T>
    const T& pick(std::span<const T> from) noexcept {
        return from[below(from.size())];
    }

private:
    std::uint64_t state_ = 0xCBF29CE484222325U;
};

}  // namespace getty::connect::sandbox

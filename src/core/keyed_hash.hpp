// A hash of texts that nobody can make collide who does not know its key.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace getty::connect::core {

/// 128 bits that nobody else knows.
struct hash_key {
    std::uint64_t low = 0;
    std::uint64_t high = 0;
};

/// SipHash (Aumasson and Bernstein, 2012): `Compression` rounds for each eight bytes, `Finish` at the end.
template <int Compression, int Finish>
[[nodiscard]] constexpr std::uint64_t sip_hash(const hash_key& key, std::string_view text) noexcept {
    std::uint64_t a = key.low ^ 0x736F6D6570736575U;
    std::uint64_t b = key.high ^ 0x646F72616E646F6DU;
    std::uint64_t c = key.low ^ 0x6C7967656E657261U;
    std::uint64_t d = key.high ^ 0x7465646279746573U;
    const auto rounds = [&](int count) {
        for (; count > 0; --count) {
            a += b;
            c += d;
            b = std::rotl(b, 13) ^ a;
            d = std::rotl(d, 16) ^ c;
            a = std::rotl(a, 32);
            c += b;
            a += d;
            b = std::rotl(b, 17) ^ c;
            d = std::rotl(d, 21) ^ a;
            c = std::rotl(c, 32);
        }
    };
    const auto mix = [&](std::uint64_t word) {
        d ^= word;
        rounds(Compression);
        a ^= word;
    };
    std::uint64_t word = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
        word |= std::uint64_t{static_cast<unsigned char>(text[i])} << (8 * (i % 8));
        if (i % 8 != 7) continue;
        mix(word);
        word = 0;
    }
    mix(word | (std::uint64_t{text.size() & 0xFF} << 56));
    c ^= 0xFF;
    rounds(Finish);
    return a ^ b ^ c ^ d;
}

/// For tables in memory: SipHash-1-3.
[[nodiscard]] constexpr std::uint64_t keyed_hash(const hash_key& key, std::string_view text) noexcept {
    return sip_hash<1, 3>(key, text);
}

}  // namespace getty::connect::core

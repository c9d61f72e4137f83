#include "core/keyed_hash.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace getty::connect::core;

namespace {

constexpr hash_key counting{0x0706050403020100U, 0x0F0E0D0C0B0A0908U};

std::string counted(std::size_t bytes) {
    std::string text;
    for (std::size_t i = 0; i < bytes; ++i) text += static_cast<char>(i);
    return text;
}

}  // namespace

TEST_CASE("keyed hash: the vectors of SipHash's authors") {
    // Aumasson and Bernstein, "SipHash: a fast short-input PRF", appendix A, and their vectors.h.
    CHECK(sip_hash<2, 4>(counting, counted(15)) == 0xA129CA6149BE45E5U);
    CHECK(sip_hash<2, 4>(counting, counted(0)) == 0x726FDB47DD0E0E31U);
    CHECK(sip_hash<2, 4>(counting, counted(1)) == 0x74F839C593DC67FDU);
    CHECK(sip_hash<2, 4>(counting, counted(8)) == 0x93F5F5799A932462U);
    CHECK(sip_hash<2, 4>(counting, counted(63)) == 0x958A324CEB064572U);
}

TEST_CASE("keyed hash: another key, another hash") {
    const std::string id = "83454800";
    CHECK(keyed_hash(counting, id) == keyed_hash(counting, id));
    CHECK(keyed_hash(counting, id) != keyed_hash(hash_key{counting.low, counting.high + 1}, id));
    CHECK(keyed_hash(counting, id) != keyed_hash(counting, "83454801"));
}

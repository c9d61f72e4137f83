#include "proto/json/json_blocks.hpp"

#include <doctest/doctest.h>

#include <cstdint>
#include <string>
#include <string_view>

using namespace getty::connect::proto;

TEST_CASE("json blocks: the portable classes of a block and the fast ones agree for every byte") {
    for (int byte = 0; byte < 256; ++byte) {
        for (std::size_t position = 0; position < 64; ++position) {
            std::string block(64, 'x');
            block[position] = static_cast<char>(byte);
            block[63 - position] = static_cast<char>(byte);
            const std::uint64_t here = (std::uint64_t{1} << position) | (std::uint64_t{1} << (63 - position));
            const auto wanted = [here](bool in_class) { return in_class ? here : 0; };
            const bool unusual = byte == '\\' || byte < 0x20 || byte >= 0x80;
            for (const block_classes& classes : {classify(block.data()), classify_portable(block.data())}) {
                if (classes.quotes != wanted(byte == '"') || classes.unusual != unusual) {
                    FAIL("byte " << byte << " at " << position);
                }
            }
            for (const unusual_bytes& found :
                 {find_unusual(block.data()), find_unusual_portable(block.data())}) {
                if (found.backslashes != wanted(byte == '\\') || found.all != wanted(unusual)) {
                    FAIL("byte " << byte << " at " << position);
                }
            }
        }
    }
}

TEST_CASE("json blocks: the first byte that is a quote or unusual is found") {
    for (int byte = 0; byte < 256; ++byte) {
        const bool stops = byte == '"' || byte == '\\' || byte < 0x20 || byte >= 0x80;
        for (std::size_t size = 1; size < 40; ++size) {
            for (std::size_t position = 0; position < size; ++position) {
                std::string text(size, '\x7F');
                text[position] = static_cast<char>(byte);
                const char* const end = text.data() + size;
                const char* const wanted = stops ? text.data() + position : end;
                if (skip_usual(text.data(), end) != wanted ||
                    skip_usual_portable(text.data(), end) != wanted) {
                    FAIL("byte " << byte << " at " << position << " of " << size);
                }
            }
        }
    }
}

TEST_CASE("json blocks: strings end where they do, at every place of a block") {
    for (std::size_t before = 0; before < 200; ++before) {
        CAPTURE(before);
        const std::string text = std::string(before, ' ') + R"("a\"]\\" ] "b" "" "c)";
        const char* const at = text.data() + before;
        const char* const end = text.data() + text.size();
        string_ends ends(text.data(), end);
        CHECK(ends.next() == at + 7);
        CHECK(ends.unusual_until() >= at + 7);
        CHECK(ends.next() == at + 13);
        CHECK(ends.next() == at + 16);
        CHECK(ends.unusual_until() == at + 7);  // not to be looked at for the sake of those before
        CHECK(ends.next() == end);
        CHECK(ends.unusual_until() == end);
    }
}

TEST_CASE("json blocks: a run of backslashes escapes every second byte, across blocks too") {
    bool carry = false;
    CHECK(escaped_bytes(0, carry) == 0);
    CHECK(escaped_bytes(0b0111, carry) == 0b1010);
    CHECK(escaped_bytes(0b10111, carry) == 0b101010);
    CHECK_FALSE(carry);
    CHECK(escaped_bytes(std::uint64_t{1} << 63, carry) == 0);
    CHECK(carry);
    CHECK(escaped_bytes(0b11, carry) == 0b101);  // the first is escaped, the second escapes the third
    CHECK_FALSE(carry);
    CHECK(escaped_bytes(~std::uint64_t{0}, carry) == 0xAAAAAAAAAAAAAAAA);
    CHECK_FALSE(carry);
}

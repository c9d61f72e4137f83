#include "ingest/files/unpacker.hpp"

#include "unit/ingest/packing.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

using namespace getty::connect;
using namespace getty::connect::ingest;
using namespace std::string_view_literals;

namespace {

struct unpacked {
    std::string text;
    std::vector<std::size_t> ends;  // of members, in packed bytes
    std::string broken;
};

unpacked unpack(std::string_view bytes, coding how, std::size_t piece, std::size_t room) {
    unpacker from(how);
    unpacked all;
    std::vector<char> to(room);
    std::size_t at = 0;
    for (std::size_t end = 0; end < bytes.size();) {
        end = std::min(bytes.size(), end + piece);
        for (;;) {
            const unpacker::step done = from.unpack(bytes.substr(at, end - at), to);
            at += done.consumed;
            all.text.append(to.data(), done.produced);
            if (done.member_ended) all.ends.push_back(at);
            if (done.consumed == 0 && done.produced == 0) break;
        }
    }
    all.broken = from.broken();
    return all;
}

void check_pieces(std::string_view bytes, coding how, const unpacked& expected) {
    for (const std::size_t piece : {bytes.size(), 1UL, 2UL, 7UL, 100UL}) {
        for (const std::size_t room : {300'000UL, 64UL, 1UL}) {
            CAPTURE(piece);
            CAPTURE(room);
            const unpacked got = unpack(bytes, how, piece, room);
            CHECK(got.text == expected.text);
            CHECK(got.ends == expected.ends);
            CHECK(got.broken == expected.broken);
        }
    }
}

/// A block of zstd that holds its bytes as they are.
std::string block(std::string_view text, bool last = false) {
    const std::size_t head = text.size() << 3U | (last ? 1U : 0U);
    return std::string{static_cast<char>(head), static_cast<char>(head >> 8U)} + '\0' + std::string(text);
}

const std::string zstd_head("\x28\xB5\x2F\xFD\0\0"sv);  // a window of 1 KiB, and nothing else
const std::string bad_block("\x07\0\0"sv);              // of a kind that there is none of

}  // namespace

TEST_CASE("J1: members one behind the other come out whole, in pieces and rooms of any size") {
    std::string text;
    for (int i = 0; i < 3'000; ++i) text += std::to_string(i * 7'919) + '\n';
    for (const coding how : {coding::gzip, coding::zstd}) {
        const std::string full = how == coding::gzip ? test::gzip_member(text) : test::zstd_frame(text);
        const std::string empty = how == coding::gzip ? test::gzip_member("") : test::zstd_frame("");
        const std::size_t one = full.size();
        const std::size_t two = one + empty.size();
        check_pieces(full + empty + full, how, {text + text, {one, two, two + one}, {}});
    }
    const std::string skipped("\x5A\x2A\x4D\x18\3\0\0\0abc"sv);
    const std::string frame = test::zstd_frame(text);
    check_pieces(skipped + frame, coding::zstd, {text, {skipped.size(), skipped.size() + frame.size()}, {}});
}

TEST_CASE("J2: of a damaged member comes what stood before the damage, in pieces and rooms of any size") {
    const std::string damaged = "is damaged: Data corruption detected";
    const std::string blocks = block("one\n") + block("two\n") + bad_block;
    check_pieces(zstd_head + blocks, coding::zstd, {"one\ntwo\n", {}, damaged});
    // The same where the header says how much there is, so that it could be unpacked at one go.
    const std::string sized("\x28\xB5\x2F\xFD\x20\x0C"sv);
    check_pieces(sized + blocks, coding::zstd, {"one\ntwo\n", {}, damaged});
    const std::string whole = zstd_head + block("one\n") + block("two\n", true);
    check_pieces(whole + zstd_head + bad_block, coding::zstd, {"one\ntwo\n", {whole.size()}, damaged});
    // Stored blocks of gzip, the second with a length that is none.
    const std::string gzip("\x1F\x8B\x08\0\0\0\0\0\0\3\0\4\0\xFB\xFFone\n\0\4\0\0\0two\n"sv);
    check_pieces(gzip, coding::gzip, {"one\n", {}, "is damaged: invalid stored block lengths"});
}

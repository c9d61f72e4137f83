#include "policy/read_share.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstddef>
#include <random>

using getty::connect::policy::read_share;

namespace {

constexpr std::size_t room = 16 * 1024;

/// Fetches until nothing is granted; how much that was.
std::size_t use_up(read_share& share, std::size_t most = room) {
    std::size_t total = 0;
    while (const std::size_t granted = share.grant(most)) {
        share.fetched(granted);
        total += granted;
    }
    return total;
}

}  // namespace

TEST_CASE("P21: a turn begins with a small piece, goes on with whole ones, and ends") {
    read_share share;
    for (int turn = 0; turn < 3; ++turn) {
        CHECK(share.grant(room) == read_share::first_bytes);
        CHECK(share.grant(100) == 100);
        share.fetched(1);
        CHECK(share.grant(room) == room);
        const std::size_t rest = use_up(share);
        CHECK(rest >= read_share::turn_bytes - 1);
        CHECK(rest < read_share::turn_bytes + room);
        CHECK(share.grant(1) == 0);
        CHECK_FALSE(share.excessive());
        share.new_turn();
    }
}

TEST_CASE("P21: each message of talk shortens the turn, and 64 of them end it") {
    static_assert(read_share::turn_bytes == 64 * read_share::message_bytes);
    for (std::size_t messages = 0; messages <= 64; ++messages) {
        CAPTURE(messages);
        read_share share;
        for (std::size_t i = 0; i < messages; ++i) share.talk();
        CHECK((share.grant(room) == 0) == (messages == 64));
        CHECK_FALSE(share.excessive());
        const std::size_t left = (64 - messages) * read_share::message_bytes;
        CHECK(use_up(share, 512) == left);
        share.new_turn();
        CHECK(share.grant(room) == read_share::first_bytes);
    }
}

TEST_CASE("P21: talk beyond 64 messages that no content pays for is excessive, in one turn or in many") {
    for (const bool in_turns : {false, true}) {
        read_share share;
        for (std::size_t i = 0; i < read_share::max_messages; ++i) {
            share.talk();
            if (in_turns) share.new_turn();
            CHECK_FALSE(share.excessive());
        }
        share.talk();
        CHECK(share.excessive());
        share.new_turn();
        CHECK(share.grant(room) == 0);
    }
}

TEST_CASE("P21: 64 bytes of content pay for a message, not in advance") {
    read_share share;
    share.content(1'000'000);
    for (std::size_t i = 0; i < read_share::max_messages; ++i) share.talk();
    CHECK_FALSE(share.excessive());
    for (int i = 0; i < 1'000; ++i) {
        share.content(read_share::price_bytes);
        share.talk();
        CHECK_FALSE(share.excessive());
    }
    share.content(read_share::price_bytes - 1);
    share.talk();
    CHECK(share.excessive());
    share.content(1);
    CHECK_FALSE(share.excessive());
}

TEST_CASE("P21: whatever a peer mixes, a turn is bounded, and talk by the content that there was") {
    std::mt19937 random(21);
    for (int run = 0; run < 200; ++run) {
        CAPTURE(run);
        read_share share;
        std::size_t messages = 0, content = 0, fetched = 0, in_turn = 0;
        for (int step = 0; step < 2'000 && !share.excessive(); ++step) {
            switch (random() % 4) {
                case 0: {
                    const std::size_t granted = std::min<std::size_t>(share.grant(room), 1 + random() % room);
                    if (granted == 0) break;
                    share.fetched(granted);
                    fetched += granted;
                    break;
                }
                case 1:
                    share.talk();
                    ++messages;
                    ++in_turn;
                    break;
                case 2: {
                    const std::size_t bytes = random() % 200;
                    share.content(bytes);
                    content += bytes;
                    break;
                }
                default:
                    if (random() % 10 != 0) break;
                    share.new_turn();
                    fetched = in_turn = 0;
            }
            CHECK(fetched < read_share::turn_bytes + room);
            if (in_turn >= 64) CHECK(share.grant(room) == 0);
            CHECK(messages <= read_share::max_messages + 1 + content / read_share::price_bytes);
        }
    }
}

TEST_CASE("P21: records of a byte each end a turn after 3,000, whole ones after half a mebibyte") {
    const auto records_in_a_turn = [](std::size_t content, std::size_t record) {
        read_share share;
        std::size_t records = 0;
        for (; share.grant(record) > 0; ++records) {
            share.fetched(record);
            share.content(content);
        }
        return records;
    };
    CHECK(records_in_a_turn(1, 1 + 22) < 3'000);
    const std::size_t whole = records_in_a_turn(room, room + 22);
    CHECK(whole * room > 500 * 1024);
    CHECK(whole * room <= read_share::turn_bytes);
}

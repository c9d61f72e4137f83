#include "cli/report/wait_record.hpp"

#include "cli/report/cadence.hpp"
#include "unit/cli/report/snapshots.hpp"

#include <doctest/doctest.h>

#include <random>
#include <set>

using namespace getty::connect;
using namespace getty::connect::cli;
using getty::connect::test::noon;
using std::chrono::seconds;

namespace {

core::time_point at(int second) { return core::time_point(std::chrono::hours(5) + seconds(second)); }
moment seen(int second) { return {at(second), noon + seconds(second)}; }

}  // namespace

TEST_CASE("W3: pauses that overlap count once, and what is left of one does not count yet") {
    wait_record record;
    CHECK(record.paused_until(at(0)) == seconds(0));
    record.paused(seen(10), seconds(10), "a");
    CHECK(record.paused_until(at(10)) == seconds(0));
    CHECK(record.paused_until(at(15)) == seconds(5));
    record.paused(seen(15), seconds(10), "b");
    CHECK(record.paused_until(at(40)) == seconds(15));
    record.paused(seen(50), seconds(2), "c");
    CHECK(record.paused_until(at(51)) == seconds(16));
    CHECK(record.paused_until(at(99)) == seconds(17));
}

TEST_CASE("W3: pauses in any order and length come to the seconds that any of them covers") {
    std::mt19937 random(3);
    for (int round = 0; round < 200; ++round) {
        wait_record record;
        std::set<int> covered;
        int now = 0;
        for (int i = 0; i < 20; ++i) {
            now += static_cast<int>(random() % 8);
            const int length = static_cast<int>(random() % 10);
            record.paused(seen(now), seconds(length), "");
            for (int s = now; s < now + length; ++s) covered.insert(s);
        }
        CHECK(record.paused_until(at(now + 100)) == seconds(covered.size()));
    }
}

TEST_CASE("W3: outages add up with their true length, and one that is on counts from its notice") {
    wait_record record;
    record.outage_began(seen(10), "a");
    CHECK(record.in_outage_until(at(13)) == seconds(3));
    record.outage_ended(seconds(7));
    CHECK(record.in_outage_until(at(100)) == seconds(7));
    record.outage_began(seen(200), "b");
    CHECK(record.in_outage_until(at(205)) == seconds(12));
}

TEST_CASE("W3: what is waited for has a reason and an end, and is nothing when it is nearly over") {
    wait_record record;
    CHECK(record.at(at(0), seconds(600)).what == waits_for::nothing);
    record.paused(seen(0), seconds(30), "too many");
    waiting found = record.at(at(10), seconds(600));
    CHECK(found.what == waits_for::pause);
    CHECK(found.reason == "too many");
    CHECK(found.until == noon + seconds(30));
    CHECK(record.at(at(28), seconds(600)).what == waits_for::pause);
    CHECK(record.at(at(29), seconds(600)).what == waits_for::nothing);
    CHECK(record.at(at(31), seconds(600)).what == waits_for::nothing);
    // An outage goes before a pause.
    record.outage_began(seen(12), "gone");
    found = record.at(at(20), seconds(600));
    CHECK(found.what == waits_for::outage);
    CHECK(found.reason == "gone");
    CHECK(found.since == noon + seconds(12));
    CHECK(found.until == noon + seconds(612));
    CHECK_FALSE(record.at(at(20), seconds(0)).until);
    record.outage_began(seen(15), "still gone");
    CHECK(record.at(at(20), seconds(0)).since == noon + seconds(12));
    record.outage_ended(seconds(9));
    CHECK(record.at(at(21), seconds(600)).what == waits_for::pause);
}

TEST_CASE("W4: what is done every so often is due once for each period, and once after a standstill") {
    cadence beat(at(0), seconds(60));
    int due = 0;
    for (int second = 0; second <= 600; ++second) due += beat.due(at(second)) ? 1 : 0;
    CHECK(due == 10);
    CHECK(beat.due(at(5'000)));
    CHECK_FALSE(beat.due(at(5'001)));
    CHECK_FALSE(beat.due(at(5'059)));
    CHECK(beat.due(at(5'060)));
}

// L5: each warning on both sides of its edge, and with its figure.
#include "load/warnings.hpp"

#include <doctest/doctest.h>

#include <set>
#include <string>
#include <string_view>

using namespace getty::connect::load;

namespace {

/// A measurement without any trouble.
measurement sound(loop_kind loop) {
    measurement m;
    m.plan.loop = loop;
    m.plan.max_in_flight = 1'024;
    m.plan.ids = 5'000;
    step_result s;
    if (loop == loop_kind::open) {
        s.asked_per_s = 100;
    } else {
        s.concurrency = 32;
    }
    s.due = 1'000;
    s.sent = 1'000;
    s.due_per_s = 100;
    s.sent_per_s = 100;
    s.answered_per_s = 100;
    s.outcomes = {{"ok", 1'000, ""}};
    for (latency_figures* latency : {&s.latency_due_us, &s.latency_send_us}) {
        latency->count = 1'000;
        latency->p50 = 20'000;
        latency->p99 = 40'000;
    }
    s.lateness_us.p99 = 50;
    if (loop == loop_kind::closed) s.corrected_p99_us = 40'000;
    s.first_third_p50_us = 20'000;
    s.last_third_p50_us = 20'000;
    m.steps.push_back(s);
    return m;
}

/// The text of the one warning with this code; "" where there is none. Others fail the test.
std::string text_of(const measurement& m, std::string_view code) {
    std::string found;
    for (const warning& w : warnings_of(m)) {
        CHECK(w.code == code);
        found = w.text;
    }
    return found;
}

bool has(std::string_view text, std::string_view part) { return text.find(part) != std::string_view::npos; }

}  // namespace

TEST_CASE("L5: where nothing is wrong there is no warning") {
    CHECK(warnings_of(sound(loop_kind::open)).empty());
    CHECK(warnings_of(sound(loop_kind::closed)).empty());
    CHECK(warnings_of(measurement()).empty());
}

TEST_CASE("L5: client_late: sends later than 1 ms or a tenth of p50, whichever is more") {
    measurement m = sound(loop_kind::open);
    m.steps[0].lateness_us.p99 = 2'000;
    CHECK(text_of(m, "client_late") == "");
    m.steps[0].lateness_us.p99 = 2'001;
    CHECK(has(text_of(m, "client_late"), "left 2 ms or more after it was due, where 2 ms would pass"));
    m.steps[0].latency_send_us.p50 = 200;
    m.steps[0].lateness_us.p99 = 1'000;
    CHECK(text_of(m, "client_late") == "");
    m.steps[0].lateness_us.p99 = 1'004;
    CHECK(has(text_of(m, "client_late"), "where 1 ms would pass"));
}

TEST_CASE("L5: client_busy: more than 80 % of a core") {
    measurement m = sound(loop_kind::open);
    m.steps[0].client.cpu_share = 0.8;
    CHECK(text_of(m, "client_busy") == "");
    m.steps[0].client.cpu_share = 0.81;
    CHECK(has(text_of(m, "client_busy"), "used 81 % of a core"));
}

TEST_CASE("L5: few_connections: waits for one above 1 ms or a tenth of p50, unless it is cold") {
    measurement m = sound(loop_kind::open);
    m.plan.connections = 64;
    m.steps[0].phases_us.connection.p99 = 2'000;
    CHECK(text_of(m, "few_connections") == "");
    m.steps[0].phases_us.connection.p99 = 2'001;
    CHECK(has(text_of(m, "few_connections"), "one of a hundred 2 ms or longer"));
    CHECK(has(text_of(m, "few_connections"), "64 were not enough"));
    m.plan.cold = true;
    CHECK(text_of(m, "few_connections") == "");
}

TEST_CASE("L5: stalls_hidden: a corrected p99 more than a tenth above, of a closed loop alone") {
    measurement m = sound(loop_kind::closed);
    m.steps[0].corrected_p99_us = 44'000;
    CHECK(text_of(m, "stalls_hidden") == "");
    m.steps[0].corrected_p99_us = 44'001;
    CHECK(has(text_of(m, "stalls_hidden"), "p99 is 40 ms, with the requests that were not made 44 ms"));
    m.plan.loop = loop_kind::open;
    CHECK(text_of(m, "stalls_hidden") == "");
}

TEST_CASE("L5: dropped: any") {
    measurement m = sound(loop_kind::open);
    m.steps[0].dropped = 1;
    CHECK(
        has(text_of(m, "dropped"), "1 of 1,000 requests (0.1 %) were not sent, since 1,024 were under way"));
}

TEST_CASE("L5: rate_not_reached: sends below 99 % or answers below 95 % of what fell due") {
    measurement m = sound(loop_kind::open);
    m.steps[0].sent_per_s = 99;
    m.steps[0].answered_per_s = 95;
    CHECK(text_of(m, "rate_not_reached") == "");
    m.steps[0].sent_per_s = 98.9;
    CHECK(has(text_of(m, "rate_not_reached"), "100/s fell due, 98.9/s were sent, 95/s answered"));
    m.steps[0].sent_per_s = 99;
    m.steps[0].answered_per_s = 94.9;
    CHECK(text_of(m, "rate_not_reached") != "");
    m.plan.loop = loop_kind::closed;
    CHECK(text_of(m, "rate_not_reached") == "");
}

TEST_CASE("L5: not_steady: medians of the first and the last third more than a fifth apart, either way") {
    measurement m = sound(loop_kind::open);
    m.steps[0].last_third_p50_us = 24'000;
    CHECK(text_of(m, "not_steady") == "");
    m.steps[0].last_third_p50_us = 24'100;
    CHECK(has(text_of(m, "not_steady"), "20 ms in the first third and 24.1 ms in the last"));
    m.steps[0].last_third_p50_us = 16'600;
    CHECK(text_of(m, "not_steady") != "");
    m.steps[0].last_third_p50_us = 16'700;
    CHECK(text_of(m, "not_steady") == "");
}

TEST_CASE("L5: rate_not_reached: answers that come behind the step, without a warm-up, are not missed") {
    measurement m = sound(loop_kind::open);
    m.plan.warm_up_s = 0;
    m.steps[0].counted_s = 1;
    m.steps[0].latency_send_us.p50 = 300'000;
    m.steps[0].lateness_us.p99 = 0;
    m.steps[0].answered_per_s = 70;
    CHECK(text_of(m, "rate_not_reached") == "");
    m.steps[0].answered_per_s = 66;
    CHECK(text_of(m, "rate_not_reached") != "");
    m.plan.warm_up_s = 1;
    m.steps[0].answered_per_s = 94;
    CHECK(text_of(m, "rate_not_reached") != "");
}

TEST_CASE("L5: failures: more than 1 %, of which an id that there is not is none") {
    measurement m = sound(loop_kind::open);
    m.steps[0].outcomes = {{"ok", 890, ""}, {"not_found", 100, ""}, {"rejected", 10, "status 503"}};
    CHECK(text_of(m, "failures") == "");
    m.steps[0].outcomes[2].count = 11;
    CHECK(has(text_of(m, "failures"), "11 requests failed (1.1 % of those that ended)"));
}

TEST_CASE("L5: not_steady: not of fewer than 1,000, whose medians differ by chance") {
    measurement m = sound(loop_kind::open);
    m.steps[0].first_third_p50_us = 40'000;
    m.steps[0].latency_due_us.count = 999;
    CHECK(text_of(m, "few_samples") != "");
}

TEST_CASE("L5: few_samples: fewer than 1,000") {
    measurement m = sound(loop_kind::open);
    m.steps[0].latency_due_us.count = 999;
    CHECK(has(text_of(m, "few_samples"), "There are 999 samples"));
}

TEST_CASE("L5: throttled: any answer of 429") {
    measurement m = sound(loop_kind::open);
    m.steps[0].throttled = 1'234;
    CHECK(has(text_of(m, "throttled"), "1,234 times"));
    CHECK(has(text_of(m, "throttled"), "the capacity of the quota, not of the service"));
}

TEST_CASE("L5: steal: more than 2 %, and stood_still: more than 10 ms") {
    measurement m = sound(loop_kind::open);
    m.steps[0].client.steal_share = 0.02;
    CHECK(text_of(m, "steal") == "");
    m.steps[0].client.steal_share = 0.021;
    CHECK(has(text_of(m, "steal"), "2.1 %"));
    m = sound(loop_kind::open);
    m.steps[0].client.stood_still_s = 0.01;
    CHECK(text_of(m, "stood_still") == "");
    m.steps[0].client.stood_still_s = 12.5;
    CHECK(has(text_of(m, "stood_still"), "12.5 s"));
}

TEST_CASE("L5: handshakes and nonce_renewals: any while it counts, handshakes unless they are meant to be") {
    measurement m = sound(loop_kind::open);
    m.steps[0].connections.opened = 64;  // in the warm-up
    CHECK(text_of(m, "handshakes") == "");
    m.steps[0].connections.handshakes = 3;
    CHECK(has(text_of(m, "handshakes"), "3 connections were opened"));
    m.plan.cold = true;
    CHECK(text_of(m, "handshakes") == "");
    m = sound(loop_kind::open);
    m.steps[0].connections.nonce_renewals = 1;
    CHECK(has(text_of(m, "nonce_renewals"), "nonce 1 time while"));
}

TEST_CASE("L5: same_machine, retries_on and few_ids are told once for all steps") {
    measurement m = sound(loop_kind::open);
    m.steps.push_back(m.steps[0]);
    m.target.address = "127.0.0.1";
    m.target.this_machine = true;
    CHECK(has(text_of(m, "same_machine"), "(127.0.0.1)"));
    m.target.this_machine = false;
    m.plan.retries = 3;
    m.steps[1].retries = 2;
    CHECK(has(text_of(m, "retries_on"), "up to 3 for an id), and 2 were made"));
    m.plan.retries = 0;
    m.plan.ids = 2'000;
    CHECK(text_of(m, "few_ids") == "");
    m.plan.ids = 1'999;
    CHECK(has(text_of(m, "few_ids"), "2,000 requests asked for 1,999 different ids (1 for each)"));
    for (const warning& w : warnings_of(m)) CHECK_FALSE(w.step);
}

TEST_CASE("L5: a warning of a step says of which") {
    measurement m = sound(loop_kind::open);
    m.steps.push_back(m.steps[0]);
    m.steps[1].throttled = 1;
    const auto all = warnings_of(m);
    REQUIRE(all.size() == 1);
    CHECK(all[0].step == 1);
}

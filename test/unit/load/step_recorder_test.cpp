#include "load/step_recorder.hpp"

#include "core/random.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

using namespace getty::connect;
using namespace getty::connect::load;
using namespace std::chrono_literals;
using core::duration;
using core::time_point;

namespace {

const time_point start = time_point(std::chrono::hours(5));

step_window window(duration warm_up, duration counted, duration cool_down) {
    return {start, warm_up, counted, cool_down};
}

lookup_end found(duration due, duration latency) {
    return {start + due, start + due, start + due + latency, {}, {}, {}};
}

void look_up(step_recorder& recorder, const lookup_end& lookup) {
    recorder.begun(lookup.due, lookup.due);
    recorder.ended(lookup);
}

/// What a lookup of the model met.
struct event {
    duration due;
    duration late;
    duration to_socket;
    duration ended;  ///< since due; zero: not before the end
    bool dropped = false;
    std::optional<condition> failure;
};

std::vector<event> events_of_a_step(core::random_source& random, int count) {
    std::vector<event> all;
    const auto up_to = [&](double most) {
        return duration(static_cast<duration::rep>(most * random.unit()));
    };
    for (int i = 0; i < count; ++i) {
        event e;
        e.due = up_to(12e9);
        e.late = up_to(2e6);
        e.to_socket = e.late + up_to(5e6);
        e.ended = e.to_socket + duration(static_cast<duration::rep>(1e6 * std::pow(1e3, random.unit())));
        e.dropped = random.unit() < 0.02;
        if (random.unit() < 0.01) e.ended = duration(0);
        const double chance = random.unit();
        if (chance < 0.05) e.failure = condition::not_found;
        if (chance < 0.03) e.failure = condition::timeout;
        if (chance < 0.02) e.failure = condition::overloaded;
        all.push_back(e);
    }
    return all;
}

std::optional<double> naive_quantile(std::vector<duration>& all, double share) {
    if (all.empty()) return std::nullopt;
    std::sort(all.begin(), all.end());
    const auto rank = static_cast<std::size_t>(std::ceil(share * static_cast<double>(all.size()) - 1e-9));
    return static_cast<double>(all[std::max<std::size_t>(rank, 1) - 1].count()) / 1e3;
}

void check_near(const std::optional<double>& said, const std::optional<double>& exact, double bound) {
    REQUIRE(said.has_value() == exact.has_value());
    if (!said) return;
    CHECK(*said >= *exact);
    CHECK(*said <= *exact * (1 + bound));
}

}  // namespace

TEST_CASE("L4: random steps are counted as by going through all events once for each figure") {
    const auto random = core::seeded_random(11);
    constexpr duration warm_up = 2s;
    constexpr duration to = 10s;
    for (int run = 0; run < 5; ++run) {
        const std::vector<event> events = events_of_a_step(*random, 20'000);
        step_recorder recorder(window(warm_up, to - warm_up, 2s));
        for (const event& e : events) {
            if (e.dropped) {
                recorder.dropped(start + e.due);
                continue;
            }
            recorder.begun(start + e.due, start + e.due + e.late);
            if (e.ended == 0s) continue;
            lookup_end end{start + e.due, start + e.due + e.to_socket, start + e.due + e.ended,
                           e.failure,     e.failure ? "why" : "",      {}};
            end.phases.first_byte = e.ended - e.to_socket;
            recorder.ended(end);
        }
        const step_result r = recorder.result();

        const auto within = [&](duration t) { return t >= warm_up && t < to; };
        std::uint64_t due = 0, dropped = 0, unfinished = 0, sent_within = 0, answered_within = 0;
        std::map<std::string, std::uint64_t> outcomes;
        std::vector<duration> from_due, from_send, first, last, second_4;
        for (const event& e : events) {
            if (!e.dropped && within(e.due + e.late)) ++sent_within;
            const bool answered =
                !e.dropped && e.ended != 0s && (!e.failure || e.failure == condition::not_found);
            if (answered && within(e.due + e.ended)) ++answered_within;
            const bool shown = !e.dropped && e.ended != 0s && e.failure != condition::overloaded;
            if (shown && e.due >= 4s && e.due < 5s) second_4.push_back(e.ended);
            if (!within(e.due)) continue;
            ++due;
            dropped += e.dropped;
            if (e.dropped) continue;
            if (e.ended == 0s) {
                ++unfinished;
                continue;
            }
            ++outcomes[e.failure ? std::string(to_string(*e.failure)) : "ok"];
            if (!shown) continue;
            from_due.push_back(e.ended);
            from_send.push_back(e.ended - e.to_socket);
            if ((e.due - warm_up) * 3 < to - warm_up) first.push_back(e.ended);
            if ((e.due - warm_up) * 3 >= 2 * (to - warm_up)) last.push_back(e.ended);
        }
        CHECK(r.due == due);
        CHECK(r.dropped == dropped);
        CHECK(r.sent == due - dropped);
        CHECK(r.unfinished == unfinished);
        CHECK(r.counted_s == 8);
        CHECK(r.due_per_s == static_cast<double>(due) / 8);
        CHECK(r.sent_per_s == static_cast<double>(sent_within) / 8);
        CHECK(r.answered_per_s == static_cast<double>(answered_within) / 8);
        CHECK(r.outcomes.size() == outcomes.size());
        std::uint64_t adds_up = dropped + unfinished;
        for (const outcome_count& one : r.outcomes) {
            CHECK(one.count == outcomes[one.name]);
            CHECK(one.message == (one.name == "ok" ? "" : "why"));
            adds_up += one.count;
        }
        CHECK(adds_up == r.due);

        CHECK(r.latency_due_us.count == from_due.size());
        check_near(r.latency_due_us.p50, naive_quantile(from_due, 0.5), 1.0 / 1024);
        check_near(r.latency_due_us.p90, naive_quantile(from_due, 0.9), 1.0 / 1024);
        check_near(r.latency_due_us.p99, naive_quantile(from_due, 0.99), 1.0 / 1024);
        check_near(r.latency_due_us.p99_9, naive_quantile(from_due, 0.999), 1.0 / 1024);
        CHECK(r.latency_due_us.max == naive_quantile(from_due, 1));
        CHECK(r.latency_due_us.min == static_cast<double>(from_due.front().count()) / 1e3);
        check_near(r.latency_send_us.p99, naive_quantile(from_send, 0.99), 1.0 / 1024);
        CHECK(r.phases_us.first_byte.max == naive_quantile(from_send, 1));
        check_near(r.phases_us.first_byte.p50, naive_quantile(from_send, 0.5), 0.01);
        CHECK(r.phases_us.decode.max == 0);
        check_near(r.first_third_p50_us, naive_quantile(first, 0.5), 0.01);
        check_near(r.last_third_p50_us, naive_quantile(last, 0.5), 0.01);
        check_near(r.per_second[4].p50_us, naive_quantile(second_4, 0.5), 0.01);
        check_near(r.per_second[4].p99_us, naive_quantile(second_4, 0.99), 0.01);

        std::uint64_t in_histogram = 0;
        for (const bucket& b : r.histogram) in_histogram += b.count;
        CHECK(in_histogram == from_due.size());
    }
}

TEST_CASE("L4: the series has each second's events, also those of warm-up and cool-down") {
    step_recorder recorder(window(1s, 2s, 1s));
    look_up(recorder, found(500ms, 10ms));    // warm-up
    look_up(recorder, found(1500ms, 700ms));  // answered a second later
    look_up(recorder, found(2999ms, 2s));     // answered after the step
    recorder.dropped(start + 2500ms);
    recorder.begun(start + 3100ms, start + 3200ms);  // never answered
    recorder.throttled(start + 1100ms);
    recorder.throttled(start + 3900ms);
    recorder.connected(start + 100ms, step_recorder::session::fresh);
    recorder.connected(start + 2100ms, step_recorder::session::resumed);
    recorder.challenged(start + 2200ms);
    recorder.challenged(start + 3200ms);
    recorder.retried(start + 2200ms);
    lookup_end refused = found(2100ms, 5ms);
    refused.failure = condition::overloaded;
    look_up(recorder, refused);
    const step_result r = recorder.result();

    REQUIRE(r.per_second.size() == 5);
    const auto column = [&](auto member) {
        std::vector<std::uint64_t> values;
        for (const second_figures& s : r.per_second) values.push_back(s.*member);
        return values;
    };
    using numbers = std::vector<std::uint64_t>;
    CHECK(column(&second_figures::second) == numbers{0, 1, 2, 3, 4});
    CHECK(column(&second_figures::sent) == numbers{1, 1, 2, 1, 0});
    CHECK(column(&second_figures::answered) == numbers{1, 0, 1, 0, 1});
    CHECK(column(&second_figures::failed) == numbers{0, 0, 1, 0, 0});
    CHECK(column(&second_figures::dropped) == numbers{0, 0, 1, 0, 0});
    CHECK(column(&second_figures::in_flight) == numbers{0, 1, 1, 2, 1});
    CHECK(column(&second_figures::throttled) == numbers{0, 1, 0, 1, 0});
    CHECK(column(&second_figures::reconnects) == numbers{0, 0, 1, 0, 0});
    CHECK(r.per_second[0].part == step_part::warm_up);
    CHECK(r.per_second[1].part == step_part::counted);
    CHECK(r.per_second[2].part == step_part::counted);
    CHECK(r.per_second[3].part == step_part::cool_down);
    CHECK(r.per_second[4].part == step_part::after);
    // By when it was due: a stall shows in the seconds that it harmed.
    CHECK(*r.per_second[0].p50_us >= 10e3);
    CHECK(*r.per_second[1].p99_us >= 700e3);
    CHECK(*r.per_second[2].p50_us >= 2e6);
    CHECK_FALSE(r.per_second[3].p50_us);

    CHECK(r.throttled == 1);
    CHECK(r.retries == 1);
    CHECK(r.connections.opened == 2);
    CHECK(r.connections.resumed == 1);
    CHECK(r.connections.handshakes == 1);
    CHECK(r.connections.nonce_renewals == 1);
    CHECK(recorder.in_flight() == 1);
}

TEST_CASE("L4: warm-up and cool-down change none of the figures, however bad they are") {
    step_recorder calm(window(0s, 10s, 0s));
    step_recorder framed(window(0s, 10s, 5s));
    for (int i = 0; i < 10'000; ++i) look_up(calm, found(i * 1ms, 2ms));
    for (int i = 0; i < 10'000; ++i) look_up(framed, found(i * 1ms, 2ms));
    for (int i = 0; i < 500; ++i) look_up(framed, found(10s + i * 1ms, 5s));
    const step_result a = calm.result();
    const step_result b = framed.result();
    CHECK(a.due == b.due);
    CHECK(a.histogram == b.histogram);
    CHECK(a.latency_due_us.max == b.latency_due_us.max);
    CHECK(a.latency_due_us.max == 2'000);
    CHECK(b.answered_per_s == doctest::Approx(1'000).epsilon(0.001));
}

TEST_CASE("L4: both ends of the counted part are as said: the first counts, the last does not") {
    step_recorder recorder(window(1s, 1s, 1s));
    look_up(recorder, found(1s - 1ns, 1ms));
    CHECK(recorder.result().due == 0);
    look_up(recorder, found(1s, 1ms));
    CHECK(recorder.result().due == 1);
    look_up(recorder, found(2s - 1ns, 1ms));
    CHECK(recorder.result().due == 2);
    look_up(recorder, found(2s, 1ms));
    CHECK(recorder.result().due == 2);
}

TEST_CASE("L4: a request that failed early does not make the service look fast, one that timed out counts") {
    step_recorder recorder(window(0s, 10s, 0s));
    look_up(recorder, found(1s, 50ms));
    lookup_end refused = found(2s, 1us);
    refused.failure = condition::rejected;
    refused.message = "first";
    look_up(recorder, refused);
    refused.message = "second";
    look_up(recorder, refused);
    lookup_end absent = found(3s, 40ms);
    absent.failure = condition::not_found;
    look_up(recorder, absent);
    lookup_end slow = found(4s, 30s);
    slow.failure = condition::timeout;
    look_up(recorder, slow);
    const step_result r = recorder.result();
    CHECK(r.latency_due_us.count == 3);
    CHECK(r.latency_due_us.min == 40e3);
    CHECK(r.latency_due_us.max == 30e6);
    CHECK(outcomes_of(r, "rejected") == 2);
    CHECK(outcomes_of(r, "timeout") == 1);
    CHECK(outcomes_of(r, "overloaded") == 0);
    CHECK(failures_of(r) == 3);
    CHECK(failed_share(r) == 0.6);
    for (const outcome_count& one : r.outcomes) {
        if (one.name == "rejected") CHECK(one.message == "first");
    }
}

TEST_CASE("L4: percentiles beyond p99 are there when ten samples lie beyond them") {
    step_recorder recorder(window(0s, 1000s, 0s));
    CHECK_FALSE(recorder.result().latency_due_us.p50);
    CHECK(failed_share(recorder.result()) == 0);
    const auto more = [&](int count) {
        for (int i = 0; i < count; ++i) look_up(recorder, found(1s, 1ms));
        return recorder.result().latency_due_us;
    };
    CHECK(more(1).p99 == 1'000);
    CHECK_FALSE(more(9'998).p99_9);
    CHECK(more(1).p99_9 == 1'000);
    CHECK_FALSE(more(89'999).p99_99);
    CHECK(more(1).p99_99 == 1'000);
}

TEST_CASE("L4: each part has seconds of its own, so that those of the counted part add up to it") {
    step_recorder recorder(window(1300ms, 2400ms, 700ms));
    for (int i = 0; i < 440; ++i) look_up(recorder, found(i * 10ms, 1ms));
    look_up(recorder, found(4'390ms, 500ms));  // behind the end
    const step_result r = recorder.result();
    const struct {
        step_part part;
        double length_s;
        std::uint64_t sent;
    } expected[] = {{step_part::warm_up, 0.3, 30}, {step_part::warm_up, 1, 100},
                    {step_part::counted, 1, 100},  {step_part::counted, 1, 100},
                    {step_part::counted, 0.4, 40}, {step_part::cool_down, 0.7, 71},
                    {step_part::after, 1, 0}};
    REQUIRE(r.per_second.size() == std::size(expected));
    for (std::size_t i = 0; i < std::size(expected); ++i) {
        CAPTURE(i);
        CHECK(r.per_second[i].second == i);
        CHECK(r.per_second[i].part == expected[i].part);
        CHECK(r.per_second[i].length_s == doctest::Approx(expected[i].length_s));
        CHECK(r.per_second[i].sent == expected[i].sent);
    }
    CHECK(r.sent == 240);
    // One that ends early has a last second that is as long as it was.
    step_recorder early(window(500ms, 10s, 0s));
    for (int i = 0; i < 200; ++i) look_up(early, found(i * 10ms, 1ms));
    early.cut(start + 2'000ms);
    const step_result cut = early.result();
    REQUIRE(cut.per_second.size() == 3);
    CHECK(cut.per_second[0].length_s == doctest::Approx(0.5));
    CHECK(cut.per_second[1].sent == 100);
    CHECK(cut.per_second[2].length_s == doctest::Approx(0.5));
    CHECK(cut.per_second[2].sent == 50);
}

TEST_CASE(
    "L4: hours are counted in seconds, and an answer that comes much too late in no second but in all") {
    step_recorder recorder(window(0s, 2h, 0s));
    const lookup_end late = found(0s, 90min);
    recorder.begun(late.due, late.due);
    for (int s = 0; s < 7'200; ++s)
        look_up(recorder, found(s * 1s + 1ms, std::chrono::milliseconds(1 + s % 60)));
    recorder.ended(late);
    const step_result r = recorder.result();
    REQUIRE(r.per_second.size() == 7'200);
    for (int s = 0; s < 7'200; ++s) {
        const double expected = 1e3 * (1 + s % 60);
        REQUIRE(*r.per_second[static_cast<std::size_t>(s)].p99_us >= expected);
        REQUIRE(*r.per_second[static_cast<std::size_t>(s)].p99_us <= expected * 1.01);
    }
    CHECK(r.latency_due_us.max == 5.4e9);
}

TEST_CASE("L4: lateness is from the due time to the client, and latency from the due time on") {
    step_recorder recorder(window(0s, 10s, 0s));
    recorder.begun(start + 1s, start + 1s + 3ms);
    recorder.ended({start + 1s, start + 1s + 5ms, start + 1s + 25ms, {}, {}, {}});
    const step_result r = recorder.result();
    CHECK(r.lateness_us.max == 3e3);
    CHECK(r.latency_due_us.max == 25e3);
    CHECK(r.latency_send_us.max == 20e3);
}

TEST_CASE("L4: a step that is cut counts what was due before, at rates of the time that there was") {
    step_recorder recorder(window(1s, 10s, 2s));
    for (int i = 0; i < 40; ++i) look_up(recorder, found(i * 100ms, 50ms));
    recorder.begun(start + 3'990ms, start + 3'990ms);
    recorder.cut(start + 3'995ms);
    recorder.ended(found(3'990ms, 500ms));
    const step_result r = recorder.result();
    CHECK(r.counted_s == doctest::Approx(2.995));
    CHECK(r.due == 31);
    CHECK(r.unfinished == 0);
    CHECK(r.latency_due_us.count == 31);
    CHECK(r.due_per_s == doctest::Approx(31 / 2.995));
    CHECK(r.answered_per_s == doctest::Approx(30 / 2.995));
    CHECK_FALSE(r.first_third_p50_us.has_value());
    CHECK_FALSE(r.last_third_p50_us.has_value());
    // What is told of later seconds is told as such.
    CHECK(r.per_second.back().part == step_part::after);
}

TEST_CASE("L4: a step that is cut before it counts has nothing, and one behind its end has all") {
    step_recorder early(window(2s, 10s, 0s));
    look_up(early, found(1s, 10ms));
    early.cut(start + 1'500ms);
    CHECK(early.result().due == 0);
    CHECK(early.result().due_per_s == 0);

    step_recorder late(window(0s, 3s, 2s));
    for (int i = 0; i < 30; ++i) look_up(late, found(i * 100ms, 10ms));
    late.cut(start + 4s);
    CHECK(late.result().counted_s == 3);
    CHECK(late.result().due == 30);
    CHECK(late.result().first_third_p50_us.has_value());
}

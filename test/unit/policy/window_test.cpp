#include "policy/window.hpp"

#include "core/random.hpp"
#include "unit/policy/moment.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <deque>
#include <queue>
#include <vector>

using namespace std::chrono_literals;
using getty::connect::core::duration;
using getty::connect::core::time_point;
using getty::connect::policy::window;

namespace {

/// A service with so many workers and an endless queue, in virtual time, under a client that always keeps
/// `min(limit, demand)` lookups in flight.
class service {
public:
    service(window w, std::uint64_t seed) : limit(w), random_(getty::connect::core::seeded_random(seed)) {}

    window limit;
    std::size_t workers = 32;
    duration service_time = 10ms;
    duration network = 0ms;  ///< time on the way, which takes no worker
    double spread = 0.2;     ///< service times vary by +- this share
    std::size_t demand = 100'000;
    std::size_t overloaded_beyond = 1'000'000;  ///< refuse when more are in flight

    /// Lookups per second over the next `span`.
    double run(duration span) {
        const time_point end = now_ + span;
        std::size_t done = 0;
        fill();
        while (!busy_.empty() && busy_.top().at < end) {
            const event e = busy_.top();
            busy_.pop();
            now_ = e.at;
            if (e.on_the_way) {
                const std::size_t flying = in_flight_--;
                limit.finished(now_ - e.begun, flying > overloaded_beyond, e.in_flight);
                if (flying <= overloaded_beyond) ++done;
                lowest = std::min(lowest, limit.limit());
                highest = std::max(highest, limit.limit());
            } else {
                --working_;
                busy_.push({now_ + network, e.begun, e.in_flight, true});
            }
            fill();
        }
        now_ = end;
        return static_cast<double>(done) / std::chrono::duration<double>(span).count();
    }

    void forget_extremes() { lowest = highest = limit.limit(); }
    std::size_t lowest = 1'000'000;
    std::size_t highest = 0;

private:
    struct event {
        time_point at;
        time_point begun;
        std::size_t in_flight;
        bool on_the_way;
        bool operator<(const event& other) const { return at > other.at; }
    };
    void fill() {
        while (in_flight_ < std::min(limit.limit(), demand)) {
            ++in_flight_;
            queue_.push_back({now_, now_, in_flight_, false});
        }
        while (working_ < workers && !queue_.empty()) {
            event e = queue_.front();
            queue_.pop_front();
            const double factor = 1 + spread * (2 * random_->unit() - 1);
            e.at = now_ + duration(static_cast<duration::rep>(
                              factor * static_cast<double>(duration(service_time).count())));
            busy_.push(e);
            ++working_;
        }
    }

    std::unique_ptr<getty::connect::core::random_source> random_;
    time_point now_ = moment(0s);
    std::size_t in_flight_ = 0;
    std::size_t working_ = 0;
    std::deque<event> queue_;
    std::priority_queue<event> busy_;
};

}  // namespace

TEST_CASE("window: a fixed one never moves") {
    window w = window::fixed(7);
    for (int i = 0; i < 1000; ++i) w.finished(i * 1ms, i % 3 == 0, 7);
    CHECK(w.limit() == 7);
    CHECK(window::fixed(0).limit() == 1);
}

namespace {

service calm_service(window w, std::uint64_t seed) {
    service s(w, seed);
    s.run(20s);
    s.forget_extremes();
    return s;
}

/// Lookups per second of the best of many fixed windows after a change of the service.
template <class Change>
double best_fixed(Change change, duration span) {
    double best = 0;
    for (std::size_t n = 1; n <= 1024; n *= 2) {
        service s(window::fixed(n), 1);
        change(s);
        s.run(span / 4);
        best = std::max(best, s.run(span));
    }
    return best;
}

}  // namespace

TEST_CASE("window: an adaptive one finds the service's capacity from below, and does not run away from it") {
    for (const std::size_t workers : {1U, 4U, 32U, 100U}) {
        CAPTURE(workers);
        service s(window::adaptive(1, 1000), 1);
        s.workers = workers;
        s.run(10s);
        CHECK(s.run(20s) >= 0.95 * 100.0 * static_cast<double>(workers));
        CHECK(s.limit.limit() <= workers * 3 / 2 + 8);
    }
}

TEST_CASE(
    "B3: latency times ten: the window falls, throughput stays at 80 % of the best fixed one, then "
    "recovers") {
    const auto slower = [](service& s) { s.service_time = 100ms; };
    const double best = best_fixed(slower, 20s);
    for (const std::uint64_t seed : {1U, 2U, 3U}) {
        CAPTURE(seed);
        service s = calm_service(window::adaptive(4, 1000), seed);
        const std::size_t before = s.limit.limit();
        slower(s);
        CHECK(s.run(20s) >= 0.8 * best);
        CHECK(s.lowest < before);
        s.service_time = 10ms;
        CHECK(s.run(5s) >= 0.8 * 3200);
        CHECK(s.run(10s) >= 0.95 * 3200);
    }
}

TEST_CASE("B3: a tenth of the workers left: the window falls to what they can take, and recovers with them") {
    const auto fewer = [](service& s) { s.workers = 3; };
    const double best = best_fixed(fewer, 20s);
    for (const std::uint64_t seed : {1U, 2U, 3U}) {
        CAPTURE(seed);
        service s = calm_service(window::adaptive(4, 1000), seed);
        const std::size_t before = s.limit.limit();
        fewer(s);
        CHECK(s.run(20s) >= 0.8 * best);
        CHECK(s.limit.limit() < before * 2 / 3);
        s.workers = 32;
        s.run(3s);
        CHECK(s.run(5s) >= 0.9 * 3200);
    }
}

TEST_CASE("B3: a network ten times as far needs more in flight, which the window finds") {
    const auto farther = [](service& s) { s.network = 200ms; };
    service s = calm_service(window::adaptive(4, 2000), 1);
    s.network = 20ms;
    s.run(20s);
    farther(s);
    s.run(20s);
    CHECK(s.run(20s) >= 0.8 * best_fixed(farther, 5s));
}

TEST_CASE("B3: no growth while the application, not the window, is the limit") {
    service s(window::adaptive(16, 1000), 1);
    s.demand = 8;
    s.run(60s);
    CHECK(s.highest <= 16);
    s.demand = 1000;
    CHECK(s.run(10s) >= 0.9 * 3200);
    CHECK(s.highest > 16);
}

TEST_CASE("B3: a service that refuses what is too much is kept below that") {
    service s(window::adaptive(4, 1000), 1);
    s.overloaded_beyond = 20;
    s.run(10s);
    s.forget_extremes();
    CHECK(s.run(30s) >= 0.7 * 2000);  // each refusal costs 30 % of the limit, for a while
    CHECK(s.highest <= 24);
}

TEST_CASE("B3: the floor is one, however bad it gets, and there is a way back up") {
    window w = window::adaptive(64, 100);
    for (int i = 0; i < 10'000; ++i) {
        w.finished(10ms, true, w.limit());
        REQUIRE(w.limit() >= 1);
    }
    CHECK(w.limit() == 1);
    for (int i = 0; i < 10'000; ++i) w.finished(10ms, false, w.limit());
    CHECK(w.limit() == 100);
}

TEST_CASE("window: many refusals of one round count as one") {
    window w = window::adaptive(100, 100);
    for (int i = 0; i < 100; ++i) w.finished(10ms, true, 100);
    CHECK(w.limit() == 70);
    w.finished(10ms, true, 100);  // the last one that began under the old limit
    CHECK(w.limit() == 70);
    w.finished(10ms, true, 70);
    CHECK(w.limit() == 49);
}

TEST_CASE("window: latencies of zero and below are harmless, bounds are kept") {
    window w = window::adaptive(0, 0);
    CHECK(w.limit() == 1);
    for (int i = 0; i < 1000; ++i) w.finished(-1ns * i, false, 1);
    CHECK(w.limit() == 1);
    const auto random = getty::connect::core::seeded_random(1);
    window any = window::adaptive(500, 50);
    CHECK(any.limit() == 50);
    for (int i = 0; i < 1'000'000; ++i) {
        const duration latency(static_cast<duration::rep>(random->next() % 1'000'000'000));
        any.finished(latency, random->next() % 100 == 0, random->next() % 60);
        REQUIRE(any.limit() >= 1);
        REQUIRE(any.limit() <= 50);
    }
}

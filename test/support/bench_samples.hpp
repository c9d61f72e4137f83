// Measurements that were never made, as real ones would be: the real counting over a simulated service.
#pragma once

#include "core/random.hpp"
#include "load/correction.hpp"
#include "load/measurement.hpp"
#include "load/resample.hpp"
#include "load/schedule.hpp"
#include "load/slo.hpp"
#include "load/step_recorder.hpp"
#include "load/warnings.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <queue>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace getty::connect::test {

/// A service of 40 workers that take 20 ms each, more or less: 2,000 requests a second and no more. It can
/// stall for a while, and count requests against a quota.
class simulated_service {
public:
    explicit simulated_service(double worker_ms = 20) : worker_ms_(worker_ms) {
        for (int i = 0; i < 40; ++i) free_.push(core::time_point());
    }
    void stall(core::time_point from, core::duration length) { stalls_.push_back({from, length}); }

    core::time_point answered(core::time_point asked) {
        core::time_point begins = std::max(free_.top(), asked);
        free_.pop();
        for (const auto& [from, length] : stalls_) {
            if (begins >= from && begins < from + length) begins = from + length;
        }
        const double ms = worker_ms_ * std::exp(0.25 * load::normal(*random_) - 0.03);
        const core::time_point ends = begins + core::duration(static_cast<core::duration::rep>(ms * 1e6));
        free_.push(ends);
        return ends;
    }

private:
    struct pause {
        core::time_point from;
        core::duration length;
    };
    double worker_ms_;
    std::unique_ptr<core::random_source> random_ = core::seeded_random(5);
    std::priority_queue<core::time_point, std::vector<core::time_point>, std::greater<>> free_;
    std::vector<pause> stalls_;
};

/// Counts the end of a lookup, with phases as they would be.
inline void end_lookup(load::step_recorder& recorder, core::time_point due, core::time_point sent,
                       core::time_point ended, std::uint64_t n) {
    load::lookup_end end{due, sent, ended, {}, {}, {}};
    if (n % 200 == 199) end.failure = condition::not_found;
    if (n % 5'003 == 5'002) {
        end.failure = condition::peer_closed;
        end.message = "the connection was closed before the answer was complete";
    }
    end.phases.decode = std::chrono::microseconds(4 + n % 3);
    end.phases.body = std::chrono::microseconds(60 + n % 40);
    end.phases.connection = sent - due;
    end.phases.first_byte = ended - sent - end.phases.body - end.phases.decode;
    recorder.ended(end);
}

inline void finish(load::step_result& step, double total_s) {
    step.client.cpu_share = std::min(0.97, 21e-6 * step.sent_per_s);
    step.client.cpu_s = step.client.cpu_share * total_s;
    step.client.loop_stall_us = 850;
    step.client.steal_share = 0.004;
    step.bytes.received = 2'900 * step.sent;
}

struct step_times {
    std::chrono::seconds warm_up{5};
    std::chrono::seconds counted{30};
    std::chrono::seconds cool_down{2};
};

inline load::step_result open_step(simulated_service service, double rate, std::uint64_t max_in_flight,
                                   const step_times& times) {
    const core::time_point begin{};
    auto recorder = std::make_unique<load::step_recorder>(
        load::step_window{begin, times.warm_up, times.counted, times.cool_down});
    load::schedule due_times(rate, load::arrivals::poisson, 1);
    struct answer {
        core::time_point at;
        core::time_point due;
        std::uint64_t n = 0;
        bool operator>(const answer& other) const { return at > other.at; }
    };
    std::priority_queue<answer, std::vector<answer>, std::greater<>> under_way;
    const auto finish_before = [&](core::time_point t) {
        while (!under_way.empty() && under_way.top().at <= t) {
            const answer one = under_way.top();
            under_way.pop();
            end_lookup(*recorder, one.due, one.due + std::chrono::microseconds(45), one.at, one.n);
        }
    };
    for (int i = 0; i < 64; ++i) recorder->connected(begin, load::step_recorder::session::fresh);
    std::uint64_t n = 0;
    for (;;) {
        const core::time_point due = begin + due_times.next();
        if (due >= begin + times.warm_up + times.counted + times.cool_down) break;
        finish_before(due);
        if (recorder->in_flight() >= max_in_flight) {
            recorder->dropped(due);
            continue;
        }
        recorder->begun(due, due + std::chrono::microseconds(20 + n % 50));
        under_way.push({service.answered(due + std::chrono::microseconds(45)), due, n++});
    }
    finish_before(core::never);
    load::step_result step = recorder->result();
    step.asked_per_s = rate;
    const std::chrono::duration<double> total = times.warm_up + times.counted + times.cool_down;
    finish(step, total.count());
    return step;
}

inline load::step_result closed_step(simulated_service service, std::uint64_t concurrency,
                                     const step_times& times, std::uint64_t round = 1) {
    const core::time_point begin{};
    auto recorder = std::make_unique<load::step_recorder>(
        load::step_window{begin, times.warm_up, times.counted, times.cool_down});
    std::priority_queue<core::time_point, std::vector<core::time_point>, std::greater<>> free_at;
    for (std::uint64_t i = 0; i < concurrency; ++i) {
        free_at.push(begin);
        recorder->connected(begin, load::step_recorder::session::fresh);
    }
    const core::time_point end = begin + times.warm_up + times.counted + times.cool_down;
    for (std::uint64_t n = round; free_at.top() < end; ++n) {
        const core::time_point sent = free_at.top();
        free_at.pop();
        const core::time_point ended = service.answered(sent);
        recorder->begun(sent, sent);
        end_lookup(*recorder, sent, sent, ended, n);
        if (ended - sent > std::chrono::milliseconds(700)) {
            recorder->connected(ended, load::step_recorder::session::resumed);
            if (n % 4 == 0) recorder->throttled(ended);
        }
        free_at.push(ended);
    }
    load::step_result step = recorder->result();
    step.concurrency = concurrency;
    step.round = round;
    step.corrected_p99_us = load::corrected_p99_us(recorder->latency());
    const std::chrono::duration<double> total = end - begin;
    finish(step, total.count());
    return step;
}

inline load::measurement surroundings() {
    load::measurement m;
    m.started = "2026-11-29T08:30:00Z";
    m.tool = {"getty-connect", "0.7.0", "g++ 12.2.0", "1.81", "3.0.17"};
    m.host = {"load-1", "Linux 6.18 x86_64", "AMD EPYC 7763", 4};
    m.target = {"https://connect.example.com/api",
                "connect",
                "TLSv1.3, TLS_AES_128_GCM_SHA256",
                "digest",
                "192.0.2.17:443",
                false};
    m.plan.arrivals = "poisson";
    m.plan.max_in_flight = 1'024;
    m.plan.ids = 5'000'000;
    m.plan.order = "cycle";
    m.plan.missing_share = 0.005;
    m.plan.seed = 1;
    m.plan.connections = 64;
    m.plan.warm_up_s = 5;
    m.plan.duration_s = 30;
    m.plan.cool_down_s = 2;
    return m;
}

inline load::measurement judged(load::measurement m, std::string_view limits) {
    m.warnings = load::warnings_of(m);
    if (!limits.empty()) m.slo = load::judge(load::read_slo(limits), m.steps);
    return m;
}

inline load::measurement single_sample(double worker_ms = 20) {
    load::measurement m = surroundings();
    m.plan.loop = load::loop_kind::open;
    m.plan.rates = {1'500};
    m.steps.push_back(open_step(simulated_service(worker_ms), 1'500, 1'024, {}));
    m.argv = {"getty-connect", "bench", "ids.txt", "--rate", "1500", "--slo", "p99<60ms,errors<0.1%"};
    return judged(std::move(m), "p99<60ms,errors<0.1%");
}

inline load::measurement knee_sample() {
    load::measurement m = surroundings();
    m.plan.loop = load::loop_kind::open;
    m.plan.warm_up_s = 2;
    m.plan.duration_s = 12;
    for (const double rate : {500.0, 1'000.0, 1'500.0, 1'800.0, 1'950.0, 2'200.0}) {
        m.plan.rates.push_back(rate);
        m.steps.push_back(
            open_step(simulated_service(), rate, 1'024,
                      {std::chrono::seconds(2), std::chrono::seconds(12), std::chrono::seconds(2)}));
    }
    m.argv = {"getty-connect", "bench", "ids.txt",    "--rate", "500,1000,1500,1800,1950,2200",
              "--warm-up",     "2s",    "--duration", "12s",    "--html",
              "knee.html"};
    return judged(std::move(m), "p99<100ms");
}

inline load::measurement stall_sample() {
    load::measurement m = surroundings();
    m.plan.loop = load::loop_kind::closed;
    m.plan.concurrency = {32};
    m.plan.arrivals = "";
    m.plan.max_in_flight = 0;
    simulated_service service;
    service.stall(core::time_point(std::chrono::seconds(14)), std::chrono::milliseconds(2'000));
    service.stall(core::time_point(std::chrono::seconds(27)), std::chrono::milliseconds(800));
    m.steps.push_back(closed_step(std::move(service), 32, {}));
    m.argv = {"getty-connect", "bench", "100000001-105000000", "--concurrency", "32", "--slo", "p99.9<100ms"};
    return judged(std::move(m), "p99.9<100ms,errors<0.1%");
}

inline load::measurement rounds_sample() {
    load::measurement m = surroundings();
    m.plan.loop = load::loop_kind::closed;
    m.plan.arrivals = "";
    m.plan.max_in_flight = 0;
    m.plan.concurrency = {1, 32, 64};
    m.plan.rounds = 2;
    m.plan.duration_s = 5;
    m.plan.warm_up_s = 1;
    for (std::uint64_t round = 1; round <= 2; ++round) {
        for (const std::uint64_t n : m.plan.concurrency) {
            m.steps.push_back(closed_step(
                simulated_service(20 + static_cast<double>(round)), n,
                {std::chrono::seconds(1), std::chrono::seconds(5), std::chrono::seconds(1)}, round));
        }
    }
    m.argv = {"getty-connect", "bench", "--sandbox", "--concurrency", "1,32,64", "--rounds", "2"};
    return judged(std::move(m), "");
}

/// A step in which nothing was answered.
inline load::measurement silent_sample() {
    load::measurement m = surroundings();
    m.plan.loop = load::loop_kind::open;
    m.plan.rates = {10};
    m.target.tls = "";
    auto recorder = std::make_unique<load::step_recorder>(load::step_window{
        core::time_point(), std::chrono::seconds(5), std::chrono::seconds(30), std::chrono::seconds(2)});
    for (int i = 0; i < 370; ++i) {
        const core::time_point due(std::chrono::milliseconds(100) * i);
        recorder->begun(due, due);
        if (i % 2 == 0) continue;
        load::lookup_end end{due, due, due + std::chrono::milliseconds(3), condition::unreachable, {}, {}};
        end.message = "connection refused";
        recorder->ended(end);
    }
    m.steps.push_back(recorder->result());
    m.steps[0].asked_per_s = 10;
    return judged(std::move(m), "p99<60ms,errors<0.1%");
}

/// The single one with texts from outside that mean harm.
inline load::measurement hostile_sample() {
    load::measurement m = single_sample();
    const std::string harm = "</script><script>alert(1)</script><!--\"'&\\ \x1b[2J\n\xff\xE2\x80\xA8";
    for (std::string* text :
         {&m.started, &m.tool.name, &m.tool.version, &m.tool.compiler, &m.tool.boost, &m.tool.openssl,
          &m.host.name, &m.host.system, &m.host.cpu, &m.target.url, &m.target.dialect, &m.target.tls,
          &m.target.auth, &m.target.address, &m.plan.arrivals, &m.plan.order}) {
        *text = harm;
    }
    m.argv.push_back(harm);
    m.warnings.push_back({harm, 0, harm});
    m.slo.push_back({harm, 0, false, harm});
    for (load::outcome_count& one : m.steps[0].outcomes) {
        if (one.name != "ok") one = {harm, one.count, harm};
    }
    m.left_out.push_back(harm);
    return m;
}

}  // namespace getty::connect::test

// Counting and telling what happens.
#pragma once

#include "core/time.hpp"

#include <getty/connect/observer.hpp>

#include <atomic>
#include <cstdint>
#include <memory>
#include <utility>

namespace getty::connect::core {

/// Written on the client's executor only, read from any thread: a plain add, without a locked instruction.
class counter {
public:
    void add(std::uint64_t n = 1) noexcept {
        value_.store(value_.load(std::memory_order_relaxed) + n, std::memory_order_relaxed);
    }
    [[nodiscard]] std::uint64_t get() const noexcept { return value_.load(std::memory_order_relaxed); }

private:
    std::atomic<std::uint64_t> value_{0};
};

/// The counters of one client and its observer.
class telemetry {
public:
    explicit telemetry(std::shared_ptr<observer> watcher) : observer_(std::move(watcher)) {}

    counter lookups_started, lookups_succeeded, lookups_failed, lookups_merged;
    counter requests, requests_pipelined, pipelining_stopped, retries, replays, confirmations,
        auth_challenges, hedges, hedges_won;
    counter tokens_issued, token_failures;
    counter connections_opened, connections_resumed, connections_failed, connections_closed;
    counter connections_idle, connections_leased, waiters;
    counter bytes_received;
    counter pauses, outages;
    /// As nanoseconds of the clock.
    std::atomic<std::int64_t> paused_until{0};
    std::atomic<bool> in_outage{false};

    /// Calls `f(observer&)` when there is one.
    template <class F>
    void tell(F f) const {
        if (observer_) f(*observer_);
    }

    [[nodiscard]] client_stats snapshot() const noexcept {
        client_stats s;
        s.lookups_started = lookups_started.get();
        s.lookups_succeeded = lookups_succeeded.get();
        s.lookups_failed = lookups_failed.get();
        s.lookups_merged = lookups_merged.get();
        s.requests = requests.get();
        s.requests_pipelined = requests_pipelined.get();
        s.pipelining_stopped = pipelining_stopped.get();
        s.retries = retries.get();
        s.replays = replays.get();
        s.confirmations = confirmations.get();
        s.auth_challenges = auth_challenges.get();
        s.hedges = hedges.get();
        s.hedges_won = hedges_won.get();
        s.tokens_issued = tokens_issued.get();
        s.token_failures = token_failures.get();
        s.connections_opened = connections_opened.get();
        s.connections_resumed = connections_resumed.get();
        s.connections_failed = connections_failed.get();
        s.connections_closed = connections_closed.get();
        s.bytes_received = bytes_received.get();
        s.connections_idle = connections_idle.get();
        s.connections_leased = connections_leased.get();
        s.waiters = waiters.get();
        s.pauses = pauses.get();
        s.outages = outages.get();
        s.paused_until = core::time_point(core::duration(paused_until.load(std::memory_order_relaxed)));
        s.in_outage = in_outage.load(std::memory_order_relaxed);
        return s;
    }

private:
    std::shared_ptr<observer> observer_;
};

}  // namespace getty::connect::core

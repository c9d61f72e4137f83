// What bounds the load of all shards of a client together.
#pragma once

#include "policy/rate_limiter.hpp"
#include "policy/retry.hpp"
#include "policy/retry_budget.hpp"

#include <atomic>
#include <mutex>

namespace getty::connect::runtime {

/// The rate, the retry budget and whether requests may be pipelined: of one client on its executor, without a
/// lock, or of all shards of one, for any number of threads at once.
class shared_limits {
public:
    using permit = policy::rate_limiter::permit;
    enum class used_by { one_executor, many_threads };

    shared_limits(const policy::rate_limiter& rate, const policy::retry_budget& budget, used_by users)
        : users_(users), rate_(rate), budget_(budget) {}

    [[nodiscard]] permit admit(core::time_point now) {
        const auto held = lock();
        return rate_.admit(now);
    }
    [[nodiscard]] bool holds(const permit& p) {
        const auto held = lock();
        return rate_.holds(p);
    }
    void give_back(const permit& p) {
        const auto held = lock();
        rate_.give_back(p);
    }
    void pause_until(core::time_point end) {
        const auto held = lock();
        rate_.pause_until(end);
    }

    void deposit() {
        const auto held = lock();
        budget_.deposit();
    }
    [[nodiscard]] bool withdraw() {
        const auto held = lock();
        return budget_.withdraw();
    }
    /// As `policy::decide_retry`.
    [[nodiscard]] policy::retry_decision decide(const policy::failed_attempt& failure,
                                                const policy::call_progress& progress,
                                                const policy::retry_options& options, core::time_point now,
                                                core::time_point deadline, double random) {
        const auto held = lock();
        return policy::decide_retry(failure, progress, options, now, deadline, budget_, random);
    }

    /// For good. True for the first who says so.
    bool stop_pipelining() noexcept { return !pipelining_stopped_.exchange(true, std::memory_order_relaxed); }
    [[nodiscard]] bool pipelining_stopped() const noexcept {
        return pipelining_stopped_.load(std::memory_order_relaxed);
    }

private:
    [[nodiscard]] std::unique_lock<std::mutex> lock() {
        if (users_ == used_by::one_executor) return std::unique_lock(mutex_, std::defer_lock);
        return std::unique_lock(mutex_);
    }

    used_by users_;
    std::mutex mutex_;
    policy::rate_limiter rate_;
    policy::retry_budget budget_;
    std::atomic<bool> pipelining_stopped_{false};
};

}  // namespace getty::connect::runtime

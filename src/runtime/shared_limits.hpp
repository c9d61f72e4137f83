// What bounds the load of all shards of a client together.
#pragma once

#include "policy/rate_limiter.hpp"
#include "policy/retry.hpp"
#include "policy/retry_budget.hpp"

#include <mutex>

namespace getty::connect::runtime {

/// The rate and the retry budget, for any number of threads at once. A client without shards has its own.
class shared_limits {
public:
    using permit = policy::rate_limiter::permit;

    shared_limits(const policy::rate_limiter& rate, const policy::retry_budget& budget)
        : rate_(rate), budget_(budget) {}

    [[nodiscard]] permit admit(core::time_point now) {
        const std::lock_guard lock(mutex_);
        return rate_.admit(now);
    }
    [[nodiscard]] bool holds(const permit& p) {
        const std::lock_guard lock(mutex_);
        return rate_.holds(p);
    }
    void give_back(const permit& p) {
        const std::lock_guard lock(mutex_);
        rate_.give_back(p);
    }
    void pause_until(core::time_point end) {
        const std::lock_guard lock(mutex_);
        rate_.pause_until(end);
    }

    void deposit() {
        const std::lock_guard lock(mutex_);
        budget_.deposit();
    }
    [[nodiscard]] bool withdraw() {
        const std::lock_guard lock(mutex_);
        return budget_.withdraw();
    }
    /// As `policy::decide_retry`.
    [[nodiscard]] policy::retry_decision decide(const policy::failed_attempt& failure,
                                                const policy::call_progress& progress,
                                                const policy::retry_options& options, core::time_point now,
                                                core::time_point deadline, double random) {
        const std::lock_guard lock(mutex_);
        return policy::decide_retry(failure, progress, options, now, deadline, budget_, random);
    }

private:
    std::mutex mutex_;
    policy::rate_limiter rate_;
    policy::retry_budget budget_;
};

}  // namespace getty::connect::runtime

// What bounds the load of all shards of a client together.
#pragma once

#include "policy/outage_state.hpp"
#include "policy/pause_state.hpp"
#include "policy/rate_limiter.hpp"
#include "policy/retry.hpp"
#include "policy/retry_budget.hpp"

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <mutex>
#include <optional>

namespace getty::connect::calls {

/// The rate with its pauses, the retry budget, whether the service answers anybody, and whether requests may
/// be pipelined: of one client on its executor, without a lock, or of all shards of one, for any number of
/// threads at once.
class shared_limits {
public:
    enum class used_by { one_executor, many_threads };

    /// A reservation for one request with its ids; void once a later pause began.
    struct permit {
        core::time_point at;  ///< go then
        policy::rate_limiter::permit request;
        policy::rate_limiter::permit last_id;
        std::size_t ids = 0;  ///< that were counted
    };

    /// `rate`: of requests; `id_rate`: of ids. `longest_pause`: see `policy::pause_state`.
    shared_limits(const policy::rate_limiter& rate, const policy::rate_limiter& id_rate,
                  const policy::retry_budget& budget, core::duration longest_pause, used_by users)
        : users_(users),
          rate_(rate),
          id_rate_(id_rate),
          budget_(budget),
          budget_left_(budget.balance()),
          pauses_(longest_pause),
          regulated_(rate.limits() || id_rate.limits()) {}

    /// What a failure is to everybody.
    struct meaning {
        enum class kind {
            own,     ///< it concerns its request alone
            pause,   ///< nothing leaves before `until`; a try of its own where others are answered well
            shared,  ///< it may be an outage's
        };
        meaning() {}  // user-provided: see the coroutine rules of g++ 12
        kind what = kind::own;
        core::time_point until = core::time_point::min();
        bool begins = false;  ///< a pause or an outage that was not known
        bool own_try = true;
        bool beyond = false;  ///< a pause that is longer than is allowed
        bool ended = false;   ///< an outage is over, though this is a failure
        core::duration lasted{0};
    };
    /// Of an outage.
    struct outage {
        outage() {}  // user-provided: see the coroutine rules of g++ 12
        bool on = false;
        bool worked = false;  ///< anything has been answered before
        core::time_point began = core::time_point::min();
    };

    /// For a request for `ids` ids: it leaves when it and each of them have had their turn.
    [[nodiscard]] permit admit(core::time_point now, std::size_t ids) {
        const auto held = lock();
        permit p;
        p.request = rate_.admit(now);
        p.at = p.request.at;
        if (!id_rate_.limits()) return p;
        for (; p.ids < ids; ++p.ids) p.last_id = id_rate_.admit(now);
        p.at = std::max(p.at, p.last_id.at);
        return p;
    }
    [[nodiscard]] bool holds(const permit& p) {
        const auto held = lock();
        return rate_.holds(p.request);
    }
    void give_back(const permit& p) {
        const auto held = lock();
        rate_.give_back(p.request);
        give_back_ids(p);
    }
    /// When a request could leave, as things stand.
    [[nodiscard]] core::time_point next_permit(core::time_point now) {
        const auto held = lock();
        const core::time_point next = rate_.next(now);
        return id_rate_.limits() ? std::max(next, id_rate_.next(now)) : next;
    }
    [[nodiscard]] core::time_point paused_until() {
        const auto held = lock();
        return rate_.paused_until();
    }

    /// The service answered a request as it should. The length of the outage that is over with it, if one is.
    std::optional<core::duration> answered_well(core::time_point sent, core::time_point now) {
        const auto held = lock();
        last_good_sent_ = std::max(last_good_sent_, sent);
        refused_in_row_ = 0;
        rate_.answered_well(now);
        pauses_.answered_well(sent);
        return reached(now);
    }
    /// Whether lookups of a batch have to be held back now, or may have to.
    [[nodiscard]] bool regulated() const noexcept { return regulated_.load(std::memory_order_relaxed); }
    [[nodiscard]] bool in_outage() const noexcept { return in_outage_.load(std::memory_order_relaxed); }
    /// Whoever is refused for its credentials now is not the only one: most of the last requests failed, or
    /// so many in a row were refused so.
    [[nodiscard]] bool refuses_all() {
        constexpr unsigned all = 20;
        const auto held = lock();
        return !pauses_.recent().mostly_good() || refused_in_row_ >= all;
    }
    /// As `policy::pause_state`.
    [[nodiscard]] std::uint64_t later_answers() {
        const auto held = lock();
        return pauses_.later_answers();
    }
    [[nodiscard]] core::duration longest_pause() const noexcept { return pauses_.longest(); }
    /// As `policy::outage_state`.
    [[nodiscard]] bool others_failed(std::uint64_t who) {
        const auto held = lock();
        return outages_.others_failed(who);
    }
    /// As `policy::outage_state`.
    bool failed_alone(core::time_point now, double random) {
        const auto held = lock();
        if (!outages_.failed_alone(now, random)) return false;
        in_outage_.store(true, std::memory_order_relaxed);
        regulated_.store(true, std::memory_order_relaxed);
        return true;
    }
    /// How many outages there have been.
    [[nodiscard]] std::uint64_t outages_begun() {
        const auto held = lock();
        return outages_begun_;
    }
    /// What everybody fails of.
    void note_outage(const error& why) {
        const auto held = lock();
        outage_why_ = why;
        ++outages_begun_;
    }
    /// What they fail of now, while it lasts.
    void outage_goes_on(const error& why) {
        const auto held = lock();
        if (outages_.on()) outage_why_ = why;
    }
    [[nodiscard]] error outage_why() {
        const auto held = lock();
        return outage_why_;
    }
    /// When the last of the requests was sent that were answered as they should be.
    [[nodiscard]] core::time_point last_good_sent() {
        const auto held = lock();
        return last_good_sent_;
    }
    /// A token came: something has worked.
    void note_worked() {
        const auto held = lock();
        outages_.note_worked();
    }
    /// A request for `who` (a hash of the id), sent at `sent`, failed. `of_batch`: its call can wait, so that
    /// also what only looks like an overload becomes a pause.
    [[nodiscard]] meaning failed(const policy::attempt_facts& failure, std::uint64_t who,
                                 core::time_point sent, core::time_point now, double random, bool of_batch);

    [[nodiscard]] outage outage_now() {
        outage o;
        const auto held = lock();
        o.on = outages_.on();
        o.worked = outages_.worked();
        o.began = outages_.began();
        return o;
    }
    [[nodiscard]] bool try_probe(core::time_point now) {
        const auto held = lock();
        return outages_.try_probe(now);
    }
    void probe_ended(core::time_point now, double random) {
        const auto held = lock();
        outages_.probe_ended(now, random);
    }

    void deposit() {
        const auto held = lock();
        budget_.deposit();
        budget_left_.store(budget_.balance(), std::memory_order_relaxed);
    }
    [[nodiscard]] bool withdraw() {
        const auto held = lock();
        const bool had_one = budget_.withdraw();
        budget_left_.store(budget_.balance(), std::memory_order_relaxed);
        return had_one;
    }
    /// On any thread: retries that are left, as of the last call or retry.
    [[nodiscard]] double budget_left() const noexcept { return budget_left_.load(std::memory_order_relaxed); }
    /// As `policy::decide_retry`.
    [[nodiscard]] policy::retry_decision decide(const policy::attempt_facts& failure,
                                                const policy::call_progress& progress,
                                                const policy::retry_options& options, core::time_point now,
                                                core::time_point deadline, double random) {
        const auto held = lock();
        const auto decided = policy::decide_retry(failure, progress, options, now, deadline, budget_, random);
        budget_left_.store(budget_.balance(), std::memory_order_relaxed);
        return decided;
    }

    /// For good. True for the first who says so.
    bool stop_pipelining() noexcept { return !pipelining_stopped_.exchange(true, std::memory_order_relaxed); }
    [[nodiscard]] bool pipelining_stopped() const noexcept {
        return pipelining_stopped_.load(std::memory_order_relaxed);
    }

private:
    /// The service was reached.
    std::optional<core::duration> reached(core::time_point now) {
        if (!outages_.succeeded(now)) return std::nullopt;
        in_outage_.store(false, std::memory_order_relaxed);
        return now - outages_.began();
    }
    void give_back_ids(const permit& p) noexcept {
        for (std::size_t i = 0; i < p.ids; ++i) id_rate_.give_back(p.last_id);
    }
    [[nodiscard]] std::unique_lock<std::mutex> lock() {
        if (users_ == used_by::one_executor) return std::unique_lock(mutex_, std::defer_lock);
        return std::unique_lock(mutex_);
    }

    used_by users_;
    std::mutex mutex_;
    policy::rate_limiter rate_;
    policy::rate_limiter id_rate_;
    policy::retry_budget budget_;
    std::atomic<double> budget_left_;
    policy::pause_state pauses_;
    policy::outage_state outages_;
    core::time_point last_good_sent_ = core::time_point::min();
    unsigned refused_in_row_ = 0;  // requests, for their credentials, whatever was tried
    error outage_why_;
    std::uint64_t outages_begun_ = 0;
    std::atomic<bool> in_outage_{false};
    std::atomic<bool> regulated_;
    std::atomic<bool> pipelining_stopped_{false};
};

}  // namespace getty::connect::calls

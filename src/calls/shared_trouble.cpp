#include "calls/shared_trouble.hpp"

#include "async/alarm.hpp"
#include "async/event.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <optional>
#include <string>

namespace getty::connect::calls {

shared_limits::meaning shared_trouble::failed(const attempt_failure& why, std::uint64_t who,
                                              core::time_point sent, bool of_batch) {
    const core::time_point now = scheduler_.now();
    const shared_limits::meaning m = limits_.failed(why.facts, who, sent, now, random_.unit(), of_batch);
    if (m.ended) outage_ended(m.lasted);
    if (!m.begins) {
        if (m.what == shared_limits::meaning::kind::shared) limits_.outage_goes_on(why.why);
        return m;
    }
    if (m.what == shared_limits::meaning::kind::shared) {
        outage_began(why.why);
    } else {
        telemetry_.pauses.add();
        telemetry_.paused_until.store(m.until.time_since_epoch().count(), std::memory_order_relaxed);
        telemetry_.tell([&](observer& o) {
            o.paused(std::chrono::ceil<std::chrono::milliseconds>(m.until - now), why.why);
        });
    }
    return m;
}

void shared_trouble::answered_well(core::time_point sent, core::time_point ended) {
    const std::optional<core::duration> lasted = limits_.answered_well(sent, ended);
    if (lasted) outage_ended(*lasted);
}

void shared_trouble::outage_began(const error& why) {
    limits_.note_outage(why);
    telemetry_.outages.add();
    telemetry_.in_outage.store(true, std::memory_order_relaxed);
    telemetry_.tell([&](observer& o) { o.outage_began(why); });
}

void shared_trouble::outage_ended(core::duration lasted) {
    telemetry_.in_outage.store(false, std::memory_order_relaxed);
    telemetry_.tell(
        [&](observer& o) { o.outage_ended(std::chrono::duration_cast<std::chrono::milliseconds>(lasted)); });
}

bool shared_trouble::is_hopeless(const attempt_failure& failed) {
    if (failed.for_all) return true;
    switch (failed.why.value()) {
        case errc::credentials_rejected:
        case errc::quota_exhausted:
        case errc::invalid_option:
            return true;
        case errc::challenge_unsupported:
        case errc::unauthorized:
            return failed.facts.authentication == policy::refusal::none && limits_.refuses_all();
        default:
            return false;
    }
}

async::task<shared_trouble::after_outage> shared_trouble::sit_out(probe_right& right,
                                                                  async::cancel_scope& scope,
                                                                  const batch_terms& batch) {
    async::event changed(scheduler_);
    async::alarm bell(scheduler_, changed);
    scope.expires_at(core::never);
    for (;;) {
        const core::time_point now = scheduler_.now();
        const shared_limits::outage o = limits_.outage_now();
        if (batch.stopped || scope.stopped()) co_return after_outage::stopped;
        if (!o.on) co_return after_outage::over;
        const core::time_point last = core::later(o.began, batch.max_outage);
        const bool at_first = batch.at_first == connect::before_first_answer::stop && !o.worked;
        if (at_first || now >= last) co_return after_outage::given_up;
        if (right.take()) co_return after_outage::probe;
        bell.set(std::min(last, core::later(now, look_again)));
        co_await changed.wait(scope);
    }
}

async::task<void> shared_trouble::let_another_go(core::time_point until, async::cancel_scope& scope,
                                                 const batch_terms& batch) {
    const std::uint64_t before = limits_.later_answers();
    const core::duration length = std::max(until - scheduler_.now(), core::duration::zero());
    const core::time_point last =
        core::later(until, std::min<core::duration>(length, std::chrono::seconds(1)));
    scope.expires_at(core::never);
    while (scheduler_.now() < last && limits_.later_answers() == before && !batch.stopped) {
        const core::time_point next = std::min(last, core::later(scheduler_.now(), look_soon));
        co_await async::wait_until(scheduler_, next, scope);
        if (scope.stopped()) co_return;
    }
}

async::task<bool> shared_trouble::is_everybodys(const attempt_failure& failed, std::uint64_t who,
                                                async::cancel_scope& scope, const batch_terms& batch) {
    bool others_failed = false;
    // What was sent before may have been answered well before the trouble began.
    const core::time_point since = scheduler_.now();
    const std::uint64_t outages_before = limits_.outages_begun();
    struct aside {
        explicit aside(const batch_terms& in) : of(in) { of.set_aside(1); }
        ~aside() { of.set_aside(-1); }
        aside(const aside&) = delete;
        aside& operator=(const aside&) = delete;
        const batch_terms& of;
    };
    const aside waits(batch);
    scope.expires_at(core::never);
    const bool not_its_own = policy::reached_nobody(failed.why.value());
    for (;;) {
        // It may have been short.
        if (limits_.outages_begun() != outages_before) co_return true;
        if (batch.stopped || scope.status() == async::cancel_scope::state::canceled) co_return false;
        if (limits_.last_good_sent() >= since) co_return others_failed || not_its_own;
        if (batch.nobody_else()) {
            const bool begins = not_its_own && limits_.failed_alone(scheduler_.now(), random_.unit());
            if (begins) outage_began(failed.why);
            co_return limits_.in_outage();
        }
        others_failed = limits_.others_failed(who);
        co_await async::wait_until(scheduler_, core::later(scheduler_.now(), look_soon), scope);
    }
}

error shared_trouble::outage_too_long() {
    const error why = limits_.outage_why();
    const shared_limits::outage o = limits_.outage_now();
    return reworded(why, "every lookup has failed of this for " + in_seconds(scheduler_.now() - o.began));
}

error shared_trouble::pause_too_long(const attempt_failure& failed) const {
    const auto asked = failed.facts.retry_after;
    const core::duration longest = limits_.longest_pause();
    const std::string most = in_seconds(longest) + " of max_pause";
    const error throttled = instead_of(failed.why, errc::throttled, stage::read, failed.why.message());
    if (asked && *asked > longest) {
        return reworded(throttled,
                        "it asks for a pause of " + in_seconds(*asked) + ", more than the " + most);
    }
    return reworded(throttled,
                    "it has asked for pauses without a good answer in between, for more than the " + most);
}

}  // namespace getty::connect::calls

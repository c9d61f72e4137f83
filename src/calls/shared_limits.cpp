#include "calls/shared_limits.hpp"

namespace getty::connect::calls {
namespace {

/// The service wants fewer requests of everybody, and says so.
bool asks_for_a_pause(const policy::attempt_facts& f) noexcept {
    return f.code == errc::throttled || (f.http_status == 503 && f.retry_after);
}

/// Neither an answer nor the want of one.
bool says_nothing(errc code) noexcept {
    switch (code) {
        case errc::canceled:
        case errc::client_closed:
        case errc::deadline_exceeded:
        case errc::acquire_timeout:
        case errc::too_many_waiters:
        case errc::invalid_id:
        case errc::invalid_option:
        case errc::internal_failure:
        case errc::not_asked:
            return true;
        default:
            return false;
    }
}

}  // namespace

shared_limits::meaning shared_limits::failed(const policy::attempt_facts& failure, std::uint64_t who,
                                             core::time_point sent, core::time_point now, double random,
                                             bool of_batch) {
    meaning m;
    if (says_nothing(failure.code)) return m;
    const auto held = lock();
    const policy::shared_cause cause = policy::shared_cause_of(failure.code, failure.http_status);
    // Some are answered with 503 and some are not: too many requests, in other words.
    const bool overloaded = of_batch && failure.http_status == 503 && pauses_.recent().mixed();
    if (asks_for_a_pause(failure) || overloaded) {
        const auto verdict = pauses_.throttled(sent, failure.retry_after, now, random);
        m.what = meaning::kind::pause;
        m.own_try = verdict.own;
        m.until = verdict.until;
        m.begins = verdict.begins;
        m.beyond = verdict.beyond;
        // "Retry-After: 0" is a pause of no length, and needs no way back.
        if (verdict.until <= now) return m;
        // What only looks like an overload may be single failures: the way back is short.
        const core::duration step = overloaded ? verdict.ramp_step / 10 : verdict.ramp_step;
        rate_.pause_until(verdict.until, step);
        regulated_.store(true, std::memory_order_relaxed);
        return m;
    }
    if (cause == policy::shared_cause::none) {
        const std::optional<core::duration> lasted = reached(now);
        m.ended = lasted.has_value();
        m.lasted = lasted.value_or(core::duration::zero());
        if (failure.http_status == 401) {
            ++refused_in_row_;
        } else if (failure.http_status != 0) {
            pauses_.answered_well(sent);
            refused_in_row_ = 0;
        }
        return m;
    }
    pauses_.answered_badly();
    m.what = meaning::kind::shared;
    m.begins = outages_.failed(cause, who, now, random);
    if (m.begins) {
        in_outage_.store(true, std::memory_order_relaxed);
        regulated_.store(true, std::memory_order_relaxed);
    }
    return m;
}

}  // namespace getty::connect::calls

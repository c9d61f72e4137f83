// How long a call may take, what a batch has it do, and what it cost.
#pragma once

#include "async/scheduler.hpp"
#include "core/time.hpp"

#include <getty/connect/error.hpp>
#include <getty/connect/observer.hpp>
#include <getty/connect/options.hpp>

#include <functional>
#include <optional>

namespace getty::connect::calls {

/// What a batch has its lookups do about what befalls all of them. Belongs to the batch; read by its calls.
struct batch_terms {
    batch_terms() {}               // user-provided: see the coroutine rules of g++ 12
    core::duration max_outage{0};  ///< zero: outages are not sat out
    connect::before_first_answer at_first = connect::before_first_answer::wait;
    /// Why the batch has stopped: what is not on the wire is not sent any more.
    std::optional<error> stopped;
    /// A lookup that would fail is set aside (+1), or no longer (-1): it waits for others to show whether
    /// what it met is everybody's trouble, and does not count as under way.
    std::function<void(int)> set_aside;
    /// Nothing else is under way or to be had that could show it.
    std::function<bool()> nobody_else;

    [[nodiscard]] bool sits_out_outages() const noexcept { return max_outage > core::duration::zero(); }
};

/// How long a call may take.
struct call_terms {
    call_terms(core::time_point now, core::duration time, const batch_terms* of) noexcept
        : whole_time(time), deadline(core::later(now, time)), batch(of) {}
    core::duration whole_time;  ///< that a call has anew after what was everybody's
    /// Of a single lookup: for everything. In a batch it moves on over the waits that the client imposes.
    core::time_point deadline;
    const batch_terms* batch;              ///< null: of none
    std::optional<unsigned> max_attempts;  ///< in place of the settings'
    void* context = nullptr;               ///< the caller's, for the observer
};

/// The time between its making and its end is imposed by the client: in a batch it does not count.
struct imposed_wait {
    imposed_wait(const async::scheduler& on, call_terms& of) : scheduler(on), terms(of), began(on.now()) {}
    ~imposed_wait() {
        if (terms.batch) terms.deadline = core::later(terms.deadline, scheduler.now() - began);
    }
    imposed_wait(const imposed_wait&) = delete;
    imposed_wait& operator=(const imposed_wait&) = delete;
    /// When such a wait is given up.
    [[nodiscard]] core::time_point end() const noexcept { return terms.batch ? core::never : terms.deadline; }

    const async::scheduler& scheduler;
    call_terms& terms;
    core::time_point began;
};

/// What the observer is told of a try, besides its end.
struct attempt_record {
    attempt_record() {}  // user-provided: see the coroutine rules of g++ 12
    attempt_phases phases;
    int status = 0;  ///< of the answer; 0: none came
};

/// What a call cost.
struct call_report {
    unsigned requests = 0;                    ///< on the wire, authentication rounds included
    std::optional<core::time_point> sent_at;  ///< of the request that is under way, if one is
    core::time_point last_sent;               ///< when the last request went out, if one did
    core::duration last_exchange{0};  ///< from the request's first byte to the response's last; zero: none
    bool overloaded = false;  ///< a try met 429, 503, another sign of too many requests, or its timeout
    /// Why no lookup of the batch will succeed, or not in time.
    std::optional<error> stops_batch;
};

/// How soon something is noticed that another shard did.
inline constexpr core::duration look_again = std::chrono::milliseconds(250);
/// The same where somebody else's answer is waited for.
inline constexpr core::duration look_soon = std::chrono::milliseconds(50);

}  // namespace getty::connect::calls

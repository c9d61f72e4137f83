// All tries of one request.
#pragma once

#include "calls/request.hpp"
#include "calls/shared_limits.hpp"
#include "core/random.hpp"
#include "core/telemetry.hpp"
#include "http/connection.hpp"
#include "http/connection_pool.hpp"
#include "policy/pipelining.hpp"
#include "policy/retry.hpp"

#include <getty/connect/options.hpp>

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <utility>

namespace getty::connect::calls {

struct call_settings {
    policy::retry_options retry;
    std::chrono::milliseconds attempt_timeout{10'000};
    std::chrono::milliseconds acquire_timeout{10'000};
    http::response_limits limits;
    std::string origin;  ///< for messages
    /// What a request needs of its connection.
    http::connection_pool::sharing sharing = http::connection_pool::sharing::exclusive;
};

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
};

/// How long a call may take.
struct call_terms {
    call_terms(core::time_point until, const batch_terms* of) noexcept : deadline(until), batch(of) {}
    /// Of a single lookup: for everything. In a batch it moves on over the waits that the client imposes.
    core::time_point deadline;
    const batch_terms* batch;  ///< null: of none
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

/// Runs requests against one origin: admission, credentials, a connection, the exchange, and again when the
/// retry decision says so. Where requests share connections, that ends for all with the first sign that the
/// origin cannot do it. Used on one executor; any number of calls at a time.
class call_runner {
public:
    /// Whether requests wait for their turn in the rate and for the end of a pause.
    enum class admission_rule { rated, at_once };

    /// All references must outlive the caller.
    call_runner(async::scheduler& on, http::connection_pool& pool, shared_limits& limits, admission_rule rule,
                core::random_source& random, core::telemetry& watch, call_settings settings);

    enum class role {
        whole_call,  ///< pays into the retry budget, is tried again as that allows
        single_try,  ///< of a call that has another try under way
    };

    /// Completes when `what` was answered as wanted or the last try failed. The error names the stage, the
    /// origin, the requests made, and whether the service may have seen one. `scope` is given deadlines of
    /// its own, none later than that of the terms; cancelling it ends the call with `canceled`.
    ///
    /// In a batch, an answer that becomes a pause and a failure that is part of an outage are no try: the
    /// call sits them out. When they last too long, or what failed fails for all, the report says so.
    async::task<result<void>> run(request& what, async::cancel_scope& scope, call_terms terms,
                                  call_report& report, role as = role::whole_call);
    /// When to ask again whether a lookup of a batch could be on its way; not after `now`: it could. `alone`:
    /// no other of the batch is under way.
    [[nodiscard]] core::time_point turn(const batch_terms& batch, bool alone, core::time_point now);
    /// Takes one retry out of the budget; false when there is none.
    [[nodiscard]] bool try_withdraw() { return limits_.withdraw(); }

private:
    struct admission;
    struct unanswered;
    struct probe_right;
    struct patience;
    enum class after_outage { over, probe, given_up, stopped };

    /// A connection to send on, or why there is none.
    struct cleared_result {
        cleared_result(http::connection_pool::lease c)
            : connection(std::move(c)) {}  // NOLINT(google-explicit-constructor)
        cleared_result(attempt_failure why)
            : failed(std::move(why)) {}  // NOLINT(google-explicit-constructor)
        http::connection_pool::lease connection;
        std::optional<attempt_failure> failed;
    };

    using sharing = http::connection_pool::sharing;

    /// Of the connection that a try goes out on.
    enum class must_be { any, never_used };

    async::task<std::optional<attempt_failure>> attempt(request& what, sharing wanted, must_be connection,
                                                        async::cancel_scope& scope, call_terms& terms,
                                                        call_report& report);
    async::task<cleared_result> cleared(request& what, admission& admitted, sharing wanted,
                                        must_be connection, async::cancel_scope& scope, call_terms& terms);
    [[nodiscard]] bool is_suspect(const attempt_failure& judged, core::duration took) const noexcept;
    async::task<void> pause(core::time_point until, async::cancel_scope& scope, core::time_point deadline);
    [[nodiscard]] error unsent(const async::cancel_scope& scope, const call_report& report,
                               const std::optional<attempt_failure>& failed, const error& why) const;
    void outage_ended(core::duration lasted);
    async::task<void> let_another_go(core::time_point until, async::cancel_scope& scope,
                                     const batch_terms& batch);
    async::task<bool> shared_by_all(const request& what, async::cancel_scope& scope,
                                    const batch_terms& batch);
    async::task<after_outage> sit_out(probe_right& right, async::cancel_scope& scope,
                                      const batch_terms& batch);
    [[nodiscard]] shared_limits::meaning weigh(const request& what, const attempt_failure& failed,
                                               core::time_point sent, bool of_batch);
    void answered_well(const call_report& report);
    [[nodiscard]] bool hopeless(const attempt_failure& failed);
    [[nodiscard]] error given_up();
    [[nodiscard]] error too_long(const attempt_failure& failed) const;
    [[nodiscard]] attempt_failure broken(const http::exchange_result& exchanged, bool reused,
                                         core::time_point deadline);
    void heed(const http::exchange_result& exchanged, errc code);
    [[nodiscard]] static result<void> stopped_by(const async::cancel_scope& scope, core::time_point now,
                                                 const call_terms& terms, std::string_view waited_for = {});
    [[nodiscard]] std::string waits_until(core::time_point due, core::time_point now);

    async::scheduler& scheduler_;
    http::connection_pool& pool_;
    shared_limits& limits_;
    admission_rule rule_;
    core::random_source& random_;
    core::telemetry& telemetry_;
    call_settings settings_;
    http::reader_cache readers_;
    core::duration fastest_ = core::duration::max();  // of the exchanges that brought what was wanted
    bool names_ = false;                              // an answer has said which image it is
    std::size_t unprepared_ = 0;  // calls that wait for a token, or for their turn to authenticate
};

}  // namespace getty::connect::calls

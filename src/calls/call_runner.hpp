// All tries of one request.
#pragma once

#include "calls/admission.hpp"
#include "calls/call_terms.hpp"
#include "calls/request.hpp"
#include "calls/shared_limits.hpp"
#include "calls/shared_trouble.hpp"
#include "core/random.hpp"
#include "core/telemetry.hpp"
#include "http/connection.hpp"
#include "http/connection_pool.hpp"
#include "policy/answer_doubt.hpp"
#include "policy/pipelining.hpp"
#include "policy/retry.hpp"

#include <getty/connect/options.hpp>

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

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

/// Runs requests against one origin: admission, credentials, a connection, the exchange, and again when the
/// retry decision says so. Where requests share connections, that ends for all with the first sign that the
/// origin cannot do it. Used on one executor; any number of calls at a time.
class call_runner {
public:
    /// All references must outlive the runner.
    call_runner(async::scheduler& on, http::connection_pool& pool, shared_limits& limits, admission_rule rule,
                core::random_source& random, core::telemetry& watch, call_settings settings);

    enum class role {
        whole_call,  ///< pays into the retry budget, is tried again as that allows
        part,        ///< of a call that failed as a whole: the same, but pays nothing
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
    /// For messages.
    [[nodiscard]] const std::string& origin() const noexcept { return settings_.origin; }
    /// Takes one retry out of the budget; false when there is none.
    [[nodiscard]] bool try_withdraw() { return limits_.withdraw(); }

private:
    using sharing = http::connection_pool::sharing;
    using lease = http::connection_pool::lease;

    /// Of the connection that a try goes out on.
    enum class must_be { any, never_used };
    /// What becomes of a call after a failed try.
    enum class course { after_pause, after_outage, as_decided };
    struct progress;
    struct cleared_result;

    [[nodiscard]] shared_limits::meaning note(const request& what, progress& call, core::time_point sent,
                                              call_report& report);
    [[nodiscard]] course weigh(progress& call, const shared_limits::meaning& means, core::time_point deadline,
                               call_report& report);
    void begin_next(request& what, progress& call);
    [[nodiscard]] error last_error(const progress& call, const async::cancel_scope& scope,
                                   const call_report& report) const;
    [[nodiscard]] error unsent(const progress& call, const async::cancel_scope& scope,
                               const call_report& report, const error& why) const;

    async::task<std::optional<attempt_failure>> attempt(request& what, sharing wanted, must_be fit,
                                                        async::cancel_scope& scope, call_terms& terms,
                                                        call_report& report, attempt_record& record);
    async::task<cleared_result> cleared(grant& granted, admission& admitted, sharing wanted, must_be fit,
                                        async::cancel_scope& scope, call_terms& terms,
                                        attempt_record& record);
    async::task<result<lease>> acquire(sharing wanted, async::cancel_scope& scope, const call_terms& terms);
    [[nodiscard]] std::optional<attempt_failure> judge(request& what, grant& granted, lease& connection,
                                                       http::exchange_result& exchanged,
                                                       core::time_point sent, core::time_point ended,
                                                       attempt_record& record);
    void tell_attempt(const request& what, const call_terms& terms, unsigned number,
                      const attempt_record& record, const std::optional<attempt_failure>& failed) const;
    [[nodiscard]] attempt_failure broken(const request& what, const http::exchange_result& exchanged,
                                         bool reused, core::time_point deadline);
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
    shared_trouble trouble_;
    http::reader_cache readers_;
    policy::answer_doubt doubt_;
};

}  // namespace getty::connect::calls

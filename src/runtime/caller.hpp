// All tries of one request.
#pragma once

#include "core/random.hpp"
#include "io/connection.hpp"
#include "policy/pipelining.hpp"
#include "policy/retry.hpp"
#include "runtime/connection_pool.hpp"
#include "runtime/requester.hpp"
#include "runtime/shared_limits.hpp"
#include "runtime/telemetry.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <utility>

namespace getty::connect::runtime {

struct call_settings {
    policy::retry_options retry;
    std::chrono::milliseconds attempt_timeout{10'000};
    std::chrono::milliseconds acquire_timeout{10'000};
    io::response_limits limits;
    std::string origin;  ///< for messages
    /// What a request needs of its connection.
    connection_pool::portion portion = connection_pool::portion::whole;
};

/// What a call cost.
struct call_report {
    unsigned requests = 0;                    ///< on the wire, authentication rounds included
    std::optional<core::time_point> sent_at;  ///< of the request that is under way, if one is
    core::duration last_exchange{0};  ///< from the request's first byte to the response's last; zero: none
    bool overloaded = false;  ///< a try met 429, 503, another sign of too many requests, or its timeout
};

/// Runs requests against one origin: admission, credentials, a connection, the exchange, and again when the
/// retry decision says so. Where requests share connections, that ends for all with the first sign that the
/// origin cannot do it. Used on one executor; any number of calls at a time.
class caller {
public:
    /// Whether requests wait for their turn in the rate and for the end of a pause.
    enum class admission_rule { rated, at_once };

    /// All references must outlive the caller.
    caller(io::loop& on, connection_pool& pool, shared_limits& limits, admission_rule rule,
           core::random_source& random, telemetry& watch, call_settings settings);

    enum class role {
        whole_call,  ///< pays into the retry budget, is tried again as that allows
        single_try,  ///< of a call that has another try under way
    };

    /// Completes when `what` was answered as wanted or the last try failed. The error names the stage, the
    /// origin, the requests made, and whether the service may have seen one. `op` is given deadlines of its
    /// own, none later than `deadline`; cancelling it ends the call with `canceled`.
    io::task<result<void>> run(requester& what, io::operation& op, core::time_point deadline,
                               call_report& report, role as = role::whole_call);
    /// Takes one retry out of the budget; false when there is none.
    [[nodiscard]] bool try_withdraw() { return limits_.withdraw(); }

private:
    struct admission;
    struct unanswered;

    /// A connection to send on, or why there is none.
    struct cleared_result {
        cleared_result(connection_pool::lease c)
            : connection(std::move(c)) {}                        // NOLINT(google-explicit-constructor)
        cleared_result(setback why) : failed(std::move(why)) {}  // NOLINT(google-explicit-constructor)
        connection_pool::lease connection;
        std::optional<setback> failed;
    };

    using portion = connection_pool::portion;

    io::task<std::optional<setback>> attempt(requester& what, portion wanted, io::operation& op,
                                             core::time_point deadline, call_report& report);
    io::task<cleared_result> cleared(requester& what, admission& admitted, portion wanted, io::operation& op,
                                     core::time_point deadline);
    io::task<void> pause(core::time_point until, io::operation& op, core::time_point deadline);
    [[nodiscard]] setback broken(const io::exchange_result& exchanged, bool reused,
                                 core::time_point deadline);
    void heed(const io::exchange_result& exchanged, errc code);
    [[nodiscard]] static result<void> stopped_by(const io::operation& op, core::time_point now,
                                                 core::time_point deadline);

    io::loop& loop_;
    connection_pool& pool_;
    shared_limits& limits_;
    admission_rule rule_;
    core::random_source& random_;
    telemetry& telemetry_;
    call_settings settings_;
    io::reader_cache readers_;
};

}  // namespace getty::connect::runtime

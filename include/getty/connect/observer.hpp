// Watching a client at work.
#pragma once

#include <getty/connect/error.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string_view>

#pragma GCC visibility push(default)

namespace getty::connect::inline GETTY_CONNECT_ABI {

/// Callbacks of a client; override what is of interest. All are called on the client's executor (its strand),
/// must not block, and are told no secret (see `error`). Views are valid during the call only.
class observer {
public:
    virtual ~observer() = default;

    /// `resumed`: the TLS session of an earlier connection was taken up.
    virtual void connection_opened(std::string_view /*origin*/, bool /*resumed*/) noexcept {}
    virtual void connection_failed(std::string_view /*origin*/, const error& /*why*/) noexcept {}
    virtual void connection_closed(std::string_view /*origin*/) noexcept {}
    /// From now on no connection carries more than one request at a time; see
    /// `client_options::pipeline_depth`.
    virtual void pipelining_stopped(std::string_view /*origin*/, std::string_view /*why*/) noexcept {}
    /// `lifetime` is zero when the service named none.
    virtual void token_issued(std::chrono::seconds /*lifetime*/) noexcept {}
    virtual void token_failed(const error& /*why*/) noexcept {}
    virtual void retrying(std::string_view /*id*/, unsigned /*attempt*/, std::chrono::milliseconds /*delay*/,
                          const error& /*why*/) noexcept {}
    /// Nothing leaves for `wait`, since the service asked for fewer requests: for this time, or without
    /// naming one. Several shards share a pause; the one that met the answer tells of it.
    virtual void paused(std::chrono::milliseconds /*wait*/, const error& /*why*/) noexcept {}
    /// Everybody fails of this; see `fetch_options::max_outage`. Told by the shard that noticed.
    virtual void outage_began(const error& /*why*/) noexcept {}
    virtual void outage_ended(std::chrono::milliseconds /*length*/) noexcept {}
    /// `why` is null for a success.
    virtual void lookup_finished(std::string_view /*id*/, unsigned /*attempts*/,
                                 std::chrono::nanoseconds /*elapsed*/, const error* /*why*/) noexcept {}
};

/// Counters since the client was made, and gauges of this moment.
struct client_stats {
    std::uint64_t lookups_started = 0;
    std::uint64_t lookups_succeeded = 0;
    std::uint64_t lookups_failed = 0;
    std::uint64_t lookups_merged = 0;  ///< answered by the request of an equal id
    std::uint64_t requests = 0;        ///< on the wire, those for tokens included
    std::uint64_t requests_pipelined =
        0;  ///< of those, sent before earlier ones on the connection were answered
    std::uint64_t pipelining_stopped = 0;  ///< 1 after the service's first violation
    std::uint64_t retries = 0;             ///< charged to the retry budget
    std::uint64_t replays = 0;             ///< transparent: a pooled connection had gone stale
    std::uint64_t confirmations = 0;       ///< asked once more because the answer might have been another's
    std::uint64_t auth_challenges = 0;     ///< 401 answers that led to another attempt
    std::uint64_t hedges = 0;      ///< lookups that were asked a second time while the first was under way
    std::uint64_t hedges_won = 0;  ///< those that the second request answered
    std::uint64_t tokens_issued = 0;
    std::uint64_t token_failures = 0;
    std::uint64_t connections_opened = 0;
    std::uint64_t connections_resumed = 0;
    std::uint64_t connections_failed = 0;
    std::uint64_t connections_closed = 0;
    std::uint64_t pauses = 0;          ///< that the service asked for
    std::uint64_t outages = 0;         ///< that were noticed
    std::uint64_t bytes_received = 0;  ///< of response bodies, as they came
    std::size_t connections_idle = 0;
    std::size_t connections_leased = 0;
    std::size_t waiters = 0;
    /// End of the last pause that the service asked for; in the past: none is on.
    std::chrono::steady_clock::time_point paused_until{};
    bool in_outage = false;
};

}  // namespace getty::connect::inline GETTY_CONNECT_ABI

#pragma GCC visibility pop

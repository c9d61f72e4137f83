// Watching a client at work.
#pragma once

#include <getty/connect/error.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string_view>

#pragma GCC visibility push(default)

namespace getty::connect::inline GETTY_CONNECT_ABI {

/// What the time of a try went into, one after the other. Zero: it was at hand, or did not come to that.
struct attempt_phases {
    std::chrono::nanoseconds credentials{0};  ///< waiting for a token, or for its turn to authenticate
    std::chrono::nanoseconds rate{0};         ///< waiting for its turn in the rate, or for the end of a pause
    std::chrono::nanoseconds connection{0};  ///< waiting for a free connection, or for a new one to be opened
    std::chrono::nanoseconds first_byte{0};  ///< from the request to the first byte of the answer
    std::chrono::nanoseconds body{0};        ///< from there to its last
    std::chrono::nanoseconds decode{0};      ///< of the answer
};

/// One request for images, or the attempt to send one.
struct attempt_event {
    std::string_view id;  ///< the first, where it is for many
    std::size_t ids = 1;
    void* context = nullptr;     ///< of the lookup: `lookup_options::context`
    unsigned attempt = 0;        ///< 1 for the first request of its lookup; 0: none was sent
    int status = 0;              ///< of HTTP; 0: there was no answer
    const error* why = nullptr;  ///< null: it is what was wanted
    attempt_phases phases;
};

/// A lookup will be tried again.
struct retry_event {
    std::string_view id;
    void* context = nullptr;
    unsigned attempt = 0;
    std::chrono::milliseconds delay{0};
    const error& why;
};

/// A lookup has ended.
struct lookup_event {
    std::string_view id;
    void* context = nullptr;
    unsigned attempts = 0;  ///< 0: none was sent, or it was answered by the request of an equal id
    std::chrono::nanoseconds elapsed{0};
    const error* why = nullptr;  ///< null: it was found
};

/// A connection has been opened, and what its time went into.
struct connection_event {
    std::string_view origin;
    bool resumed = false;              ///< the TLS session of an earlier connection was taken up
    std::chrono::nanoseconds name{0};  ///< finding addresses; hardly any when they were known
    std::chrono::nanoseconds tcp{0};   ///< a proxy's tunnel included
    std::chrono::nanoseconds tls{0};
    std::string_view tls_version;  ///< "TLSv1.3"
    std::string_view cipher;       ///< by its name of OpenSSL, "TLS_AES_128_GCM_SHA256"
};

/// Callbacks of a client; override what is of interest. All are called on the client's executor (its strand),
/// must not block, and are told no secret (see `error`). Views are valid during the call only. For one object
/// for each shard of a `sharded_client` see `client_options::observer_per_shard`.
class observer {
public:
    virtual ~observer() = default;

    /// A connection is open, its handshake done.
    virtual void connection_established(const connection_event& /*e*/) noexcept {}
    /// A connection could not be opened.
    virtual void connection_failed(std::string_view /*origin*/, const error& /*why*/) noexcept {}
    /// A connection that was open has ended, by either side.
    virtual void connection_closed(std::string_view /*origin*/) noexcept {}
    /// From now on no connection carries more than one request at a time; see
    /// `client_options::pipeline_depth`.
    virtual void pipelining_stopped(std::string_view /*origin*/, std::string_view /*why*/) noexcept {}
    /// `lifetime` is zero when the service named none.
    virtual void token_issued(std::chrono::seconds /*lifetime*/) noexcept {}
    /// A request for a token failed.
    virtual void token_failed(const error& /*why*/) noexcept {}
    /// A request for an image was answered or failed; those that a hedge gave up included.
    virtual void attempt_finished(const attempt_event& /*e*/) noexcept {}
    /// A lookup will be tried again, after `delay`.
    virtual void retry_scheduled(const retry_event& /*e*/) noexcept {}
    /// Nothing leaves for `wait`, since the service asked for fewer requests: for this time, or without
    /// naming one. Several shards share a pause; the one that met the answer tells of it.
    virtual void paused(std::chrono::milliseconds /*wait*/, const error& /*why*/) noexcept {}
    /// Everybody fails of this; see `fetch_options::max_outage`. Told by the shard that noticed.
    virtual void outage_began(const error& /*why*/) noexcept {}
    /// The outage is over, which lasted for `length`.
    virtual void outage_ended(std::chrono::milliseconds /*length*/) noexcept {}
    /// A lookup has ended: found, failed or cancelled. Ids that a batch merged are told once, single lookups
    /// each.
    virtual void lookup_completed(const lookup_event& /*e*/) noexcept {}
};

/// Counters since the client was made, and gauges of this moment.
struct client_stats {
    std::uint64_t lookups_started = 0;
    std::uint64_t lookups_succeeded = 0;
    std::uint64_t lookups_failed = 0;    ///< without those that were cancelled
    std::uint64_t lookups_canceled = 0;  ///< by their caller, or by the end of their batch or of the client
    /// Answered by the request of an equal id: those of a batch beside the others, single ones among those
    /// that succeeded.
    std::uint64_t lookups_merged = 0;
    std::uint64_t requests = 0;  ///< on the wire, those for tokens included
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
    std::uint64_t pauses = 0;           ///< that the service asked for
    std::uint64_t outages = 0;          ///< that were noticed
    std::uint64_t bytes_received = 0;   ///< of response bodies, as they came
    std::uint64_t groups_sent = 0;      ///< requests for more than one id, tries again included
    std::uint64_t groups_split = 0;     ///< that failed as a whole, and were asked again in halves
    std::uint64_t ids_asked_again = 0;  ///< each by itself, since an answer did not mention them
    std::uint64_t strangers = 0;        ///< images and ids in answers that nobody had asked for
    std::size_t connections_idle = 0;
    std::size_t connections_leased = 0;
    std::size_t connections_opening = 0;
    std::size_t waiters = 0;            ///< for a connection
    std::size_t waiting_for_token = 0;  ///< or for their turn to authenticate
    std::size_t waiting_for_rate = 0;   ///< or for the end of a pause
    /// Retries that `client_options::retry_budget` still allows; of all shards together.
    double retry_budget_left = 0;
    /// When the token that is held ends, as far as the service said; in the past: none is held.
    std::chrono::steady_clock::time_point token_expires{};
    /// End of the last pause that the service asked for; in the past: none is on.
    std::chrono::steady_clock::time_point paused_until{};
    bool in_outage = false;
};

/// A batch at this moment.
struct batch_stats {
    std::uint64_t pulled = 0;   ///< ids, from the source
    std::size_t in_flight = 0;  ///< requests under way, each with all its tries and parts
    std::size_t buffered = 0;   ///< outcomes that wait for the consumer
    std::size_t window =
        0;  ///< requests that may be in flight: max_in_flight, or what `adaptive` makes of it
};

}  // namespace getty::connect::inline GETTY_CONNECT_ABI

#pragma GCC visibility pop

// Which connection of one origin serves whom, and when to dial or to close one.
#pragma once

#include "core/hash_index.hpp"
#include "core/time.hpp"

#include <getty/connect/error.hpp>

#include <boost/container/small_vector.hpp>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace getty::connect::policy {

struct pool_limits {
    /// Sockets at any moment, dialling and closing ones included; at least 1.
    std::size_t max_connections = 16;
    /// Lookups that wait for a connection, those included for whom one is being dialled; at least 1.
    std::size_t max_waiters = 10'000;
    /// Dials in progress at any moment; at least 1.
    std::size_t max_dials = 4;
    /// How long a connection may lie idle; zero: it is handed from lookup to lookup but never kept.
    core::duration idle_ttl = std::chrono::seconds(30);
    /// Longest life of a connection, see `pool_state::retirement`.
    core::duration max_lifetime = std::chrono::minutes(10);
    /// Lookups that may have requests under way on one connection (HTTP/1.1 pipelining); at least 1.
    std::size_t depth = 1;
};

/// The connections of one origin, as a state machine without sockets.
///
/// Vocabulary: a *slot* stands for one connection, numbered 0 to max_connections - 1 and stable while the
/// connection lives. A *waiter* is a lookup that wants a connection and has none. A *surplus dial* is one
/// whose waiter was served by another connection or cancelled: it goes on, and its connection goes idle. The
/// *load* of a leased connection is the number of its leases; it *has room* for another when that is below
/// `depth`, a lookup has shown that its peer keeps it open (`proved`), and nobody has it whole.
///
///     slot       event                               becomes   actions
///     free       a waiter needs it                   dialling  dial
///     dialling   dialled, somebody waits             leased    grant the oldest waiter, reused = false
///                dialled, nobody waits               idle      -
///                dialled, pool closed                closing   close
///                dial_failed                         closing   fail the oldest waiter, unless it was surplus
///     idle       try_acquire, enqueue                leased    (the lease) / grant, reused = true
///                idle_died, expired, close           closing   close
///     leased     released, leases are left           leased    -
///                released in order, somebody waits   leased    grant the oldest waiter, reused = true
///                released in order, nobody waits     idle      -
///                released otherwise or in doubt,
///                retired, pool closed                closing   close, at the last release
///     closing    closed                              free      -
///     A dial that fails of `out_of_resources` while other connections live fails nobody: no more than those
///     are opened from then on, one more after each 256 releases.
///     After every event: dial while waiters outnumber the dials in progress, a slot is free and fewer than
///     max_dials run. Where they still outnumber the dials, grant the oldest waiter, reused = true, the
///     connection of least load that has room - if that waiter is content with a place.
///
/// Invariants after every call: each slot is in exactly one state, so idle + leased + dialling + closing <=
/// max_connections; dialling <= max_dials; nobody waits while a connection is idle; waiters that outnumber
/// the dials in progress mean that max_dials run or no slot is free, and that no connection has room or the
/// oldest waiter wants a whole one; no load exceeds `depth`; a closed pool has no waiter and nothing idle.
/// Every waiter gets exactly one grant or fail unless it is cancelled, and they are served first come
/// first served; idle connections are taken newest first.
///
/// The caller carries out the actions, in order, and reports back: for `dial` one `dialled` or `dial_failed`,
/// for `close` and after each `dial_failed` (which has no close action: the failed dial ends by itself) one
/// `closed`, for each lease or grant one `released`. Actions are appended to the caller's vector, which is
/// not cleared. Slots and waiters hold their memory, so nothing allocates once the pool has seen its load.
/// Memory: 48 bytes per slot and up to 80 per waiter. Not safe for concurrent calls.
class pool_state {
public:
    using slot = std::uint32_t;
    using waiter_id = std::uint64_t;

    /// What somebody wants of a connection.
    enum class sharing : std::uint8_t {
        shared,     ///< room for a request, behind others if need be
        exclusive,  ///< nobody else's request until it is given back
    };

    struct lease {
        slot connection;
        bool reused;  ///< has been idle or served another lookup: its peer may have closed it meanwhile
    };

    struct action {
        enum class kind {
            grant,  ///< `waiter` leases `connection`, see `reused`
            dial,   ///< open a connection for `connection`
            close,  ///< end `connection`
            fail,   ///< `waiter` gets no connection because of `reason`
        };
        kind what;
        slot connection = 0;
        waiter_id waiter = 0;
        bool reused = false;
        errc reason{};
    };
    using actions = std::vector<action>;

    explicit pool_state(const pool_limits& limits);

    /// The newest idle connection that has not expired, provided that nobody waits; expired ones met on the
    /// way are closed. Where none is left and none can be dialled, a place on one that has room.
    [[nodiscard]] std::optional<lease> try_acquire(sharing wanted, core::time_point now, actions& out);

    /// Whether there may be too many before somebody who comes.
    enum class line { bounded, open };

    /// Queues `waiter`, an id that is not queued already. Grants at once what `try_acquire` would have
    /// found; may dial; fails with client_closed, or, in a bounded line, too_many_waiters.
    void enqueue(waiter_id waiter, sharing wanted, core::time_point now, actions& out,
                 line kind = line::bounded);

    /// Takes `waiter` out of the queue; false, and no effect, when it is not there (granted, failed,
    /// unknown). A dial begun for it becomes surplus.
    bool cancel(waiter_id waiter, actions& out);

    /// The dial brought a connection that may be used until `retire_at` (see `retirement`).
    void dialled(slot connection, core::time_point now, core::time_point retire_at, actions& out);

    /// The dial failed; `reason` goes to the oldest waiter unless the dial was surplus, or this machine has
    /// room for others but not for one more. The slot is free only after `closed`.
    void dial_failed(slot connection, errc reason, actions& out);

    /// The peer of a leased connection has answered in order and keeps it open: from the release on it may
    /// carry several requests at a time.
    void proved(slot connection);
    /// It has answered, but whether in order is not known: unless a later answer proves it, the connection
    /// closes with its last release, and nobody has it whole.
    void doubted(slot connection) noexcept { slots_[connection].doubted = true; }

    /// No connection carries more than one request from now on; those under way go on.
    void stop_sharing();

    /// A lookup is done with its connection. `reusable`: the response was framed perfectly and the peer keeps
    /// the connection open. Otherwise nobody else gets it.
    void released(slot connection, bool reusable, core::time_point now, actions& out);

    /// From its next release on, the connection may lie idle for at most `ttl` (the peer's `Keep-Alive:
    /// timeout`, less a margin); longer than idle_ttl counts as idle_ttl.
    void limit_idle(slot connection, core::duration ttl);

    /// The peer closed an idle connection, or sent something unasked. No effect on one that is not idle.
    void idle_died(slot connection, actions& out);

    /// The socket of a closing connection is gone; its slot is free.
    void closed(slot connection, actions& out);

    /// Closes the idle connections whose time is over.
    void sweep(core::time_point now, actions& out);

    /// When to sweep next: not later than the first idle connection expires, `core::never` when none is idle.
    /// May be early, since leasing a connection does not move it.
    [[nodiscard]] core::time_point next_sweep() const noexcept;

    /// Ends the pool: waiters fail with client_closed, idle connections close, leased ones when released,
    /// dials when they finish. A second call has no effect.
    void close(actions& out);

    /// Closed, and no connection is left in any state.
    [[nodiscard]] bool quiescent() const noexcept;

    /// When a connection dialled at `now` is to retire: between 80 % and 100 % of max_lifetime, so that
    /// connections opened together do not reopen together. `random` in [0, 1).
    [[nodiscard]] core::time_point retirement(core::time_point now, double random) const noexcept;

    [[nodiscard]] std::size_t idle() const noexcept { return count(state::idle); }
    [[nodiscard]] std::size_t leased() const noexcept { return count(state::leased); }
    [[nodiscard]] std::size_t dialling() const noexcept { return count(state::dialling); }
    [[nodiscard]] std::size_t closing() const noexcept { return count(state::closing); }
    [[nodiscard]] std::size_t waiting() const noexcept { return waiting_.size(); }

private:
    enum class state : std::uint8_t { free, dialling, idle, leased, closing };
    static constexpr std::uint32_t none = core::hash_index::none;

    struct connection_entry {
        state is = state::free;
        bool proven = false;
        bool whole = false;
        bool condemned = false;  // closes with the last release
        bool doubted = false;    // likewise, as things stand
        std::uint32_t load = 0;
        std::uint32_t listed = none;  // in which list of `by_load_`
        std::uint32_t newer = none;   // neighbours there
        std::uint32_t older = none;   // ... or the next free slot
        core::time_point retire_at = core::never;
        core::time_point expires_at = core::never;  // while idle
        core::duration idle_ttl{};
    };
    struct waiter_entry {
        waiter_id id = 0;
        std::uint32_t before = none;
        std::uint32_t after = none;  // or the next unused entry
        sharing wanted = sharing::shared;
    };

    [[nodiscard]] std::size_t count(state s) const noexcept { return count_[static_cast<std::size_t>(s)]; }
    void move(slot connection, state to) noexcept;
    void list(slot connection) noexcept;
    void make_idle(slot connection, core::time_point now) noexcept;
    void close_one(slot connection, actions& out);
    void serve(slot connection, bool reused, core::time_point now, actions& out);
    void add_lease(slot connection, sharing wanted) noexcept;
    void grant(slot connection, bool reused, actions& out);
    std::optional<slot> take_idle(core::time_point now, actions& out);
    /// Connections that exist or may do so soon.
    [[nodiscard]] std::size_t live() const noexcept { return idle() + leased() + dialling(); }
    [[nodiscard]] bool can_dial() const noexcept {
        return free_ != none && dialling() < limits_.max_dials && live() < affordable_;
    }
    [[nodiscard]] std::optional<slot> least_loaded() const noexcept;
    [[nodiscard]] bool can_share() const noexcept;
    void dial_as_needed(actions& out);
    void share_as_needed(actions& out);

    void push_waiter(waiter_id waiter, sharing wanted);
    waiter_entry pop_waiter() noexcept;
    void remove_waiter(std::uint32_t entry) noexcept;
    void check() const noexcept;

    pool_limits limits_;
    bool closed_ = false;
    std::size_t affordable_;         // as far as is known: what this machine has room for
    std::size_t calm_releases_ = 0;  // since that last changed
    core::time_point next_sweep_ = core::never;

    std::vector<connection_entry> slots_;
    std::array<std::size_t, 5> count_{};
    std::uint32_t free_ = none;
    // The newest of those with room, by their load; those at 0 are idle.
    boost::container::small_vector<std::uint32_t, 4> by_load_;

    std::vector<waiter_entry> waiters_;
    core::hash_index waiting_;
    std::uint32_t first_waiter_ = none;
    std::uint32_t last_waiter_ = none;
    std::uint32_t unused_waiter_ = none;
};

}  // namespace getty::connect::policy

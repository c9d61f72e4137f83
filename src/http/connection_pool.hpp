// The connections of one origin, carried out.
#pragma once

#include "async/event.hpp"
#include "async/task_group.hpp"
#include "core/random.hpp"
#include "core/telemetry.hpp"
#include "http/connection.hpp"
#include "net/dialer.hpp"
#include "policy/pool_state.hpp"

#include <getty/connect/result.hpp>

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace getty::connect::http {

struct pool_settings {
    policy::pool_limits limits;
    std::chrono::milliseconds connect_timeout{5000};
    std::string origin;  ///< for messages
};

/// Leases connections; `policy::pool_state` decides, this class dials, wakes and closes.
///
/// Invariant: every action of the state machine is carried out before control returns to the caller, except
/// that dials take their time. Bookkeeping that is half done would lose connections and waiters for good:
/// where there is no memory for it, the program terminates (docs/decisions/0015). Used on one executor.
/// Destroying it closes every connection; leases must be gone by then.
class connection_pool final : private connection::owner {
public:
    /// `dialer`, `random`, `tasks` and `watch` must outlive the pool.
    connection_pool(async::scheduler& on, pool_settings settings, std::shared_ptr<net::dialer> dialer,
                    core::random_source& random, core::telemetry& watch);
    ~connection_pool();
    connection_pool(const connection_pool&) = delete;
    connection_pool& operator=(const connection_pool&) = delete;

    using sharing = policy::pool_state::sharing;

    /// The right to use a connection, whole or beside others. Without `finish` or `return_unused` nobody else
    /// gets the connection: who does not know how an exchange ended must not let anybody else find out.
    class lease {
    public:
        lease() noexcept = default;
        lease(lease&& other) noexcept;
        lease& operator=(lease&& other) noexcept;
        ~lease() { finish_failed(); }

        explicit operator bool() const noexcept { return connection_ != nullptr; }
        connection* operator->() const noexcept { return connection_; }
        /// It has been used, or has been idle, before this lease.
        [[nodiscard]] bool reused() const noexcept { return reused_; }
        /// The response does not say whose it is: unless a later one does, the connection closes when nobody
        /// uses it any more.
        void doubt() noexcept { doubted_ = true; }
        /// Gives the connection back after an exchange. `reusable`: its response was in order and the peer
        /// keeps the connection, for `idle_timeout` when it said so.
        void finish(bool reusable, std::optional<std::chrono::seconds> idle_timeout,
                    core::time_point now) noexcept;
        /// The same without a response.
        void finish_failed() noexcept;
        /// Gives the connection back as it was.
        void return_unused() noexcept;

    private:
        friend class connection_pool;
        lease(connection_pool& from, connection& c, bool reused) noexcept
            : pool_(&from), connection_(&c), reused_(reused) {}

        connection_pool* pool_ = nullptr;
        connection* connection_ = nullptr;
        bool reused_ = false;
        bool doubted_ = false;
    };

    /// An idle connection, or a place on one, when there is one and nobody waits; an empty lease otherwise.
    [[nodiscard]] lease try_acquire(sharing wanted, core::time_point now);
    using line = policy::pool_state::line;
    /// Waits for a connection, or a place on one. Errors: too_many_waiters in a bounded line, client_closed,
    /// those of dialling; `acquire_timeout` or `canceled` when `scope` stops first.
    async::task<result<lease>> acquire(sharing wanted, async::cancel_scope& scope, line kind = line::bounded);

    /// Closes the idle connections: one of them had been left by its peer unnoticed, so the others may have
    /// been, too.
    void drop_idle();
    /// No connection carries more than one request at a time from now on.
    void stop_sharing() { state_.stop_sharing(); }
    /// Closes idle connections, fails waiters, cancels dials; leased connections close when they are given
    /// back.
    void close();
    /// Completes when nothing is left or when `scope` stops.
    async::task<void> closed(async::cancel_scope& scope);

    /// Keeps the pool's owner alive while a dial runs.
    void set_keep_alive(std::weak_ptr<void> whole) { keep_alive_ = std::move(whole); }

private:
    using slot = policy::pool_state::slot;

    struct waiter {
        explicit waiter(connection_pool& in) : pool(in), event(in.scheduler_) {}
        ~waiter() { pool.forget(*this); }
        waiter(const waiter&) = delete;
        waiter& operator=(const waiter&) = delete;
        [[nodiscard]] policy::pool_state::waiter_id id() const noexcept {
            return reinterpret_cast<std::uintptr_t>(this);
        }

        connection_pool& pool;
        async::event event;
        lease granted;
        std::optional<error> failed;
    };

    struct sweeper final : core::deadline_queue::entry {
        explicit sweeper(connection_pool& in) : pool(in) {}
        ~sweeper() { pool.scheduler_.remove_deadline(*this); }
        void due() noexcept override { pool.sweep(); }
        connection_pool& pool;
    };

    void died_idle(connection& which) noexcept override;
    void enqueue(waiter& w, sharing wanted, line kind) noexcept;
    void forget(waiter& w) noexcept;
    void release(connection& c, bool reusable, core::time_point now) noexcept;
    void sweep();
    void carry_out(const error* reason = nullptr) noexcept;
    async::task<void> dial(slot which);
    void dial_ended(slot which, const result<net::dialled>& made) noexcept;
    void drop(slot which);
    void report() noexcept;

    async::scheduler& scheduler_;
    pool_settings settings_;
    std::shared_ptr<net::dialer> dialer_;
    core::random_source& random_;
    core::telemetry& telemetry_;
    policy::pool_state state_;
    policy::pool_state::actions actions_;
    bool carrying_out_ = false;
    std::size_t told_idle_ = 0;
    std::size_t told_leased_ = 0;
    std::size_t told_opening_ = 0;
    std::size_t told_waiters_ = 0;
    std::vector<std::unique_ptr<connection>> connections_;  // by slot
    std::vector<async::cancel_scope*> dials_;               // by slot
    sweeper sweeper_;
    async::task_group tasks_;
    std::weak_ptr<void> keep_alive_;
};

}  // namespace getty::connect::http

// A pool's surroundings: knows what the pool was told and what it asked for, and judges every action by that.
#pragma once

#include "policy/pool_state.hpp"

#include <algorithm>
#include <cstddef>
#include <deque>
#include <optional>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

/// Drives a `pool_state` and checks each of its actions, and its counters, against plain containers.
/// Deliberately naive: nothing is shared with the pool's own bookkeeping. A broken promise throws
/// std::logic_error.
class pool_world {
public:
    using pool_state = getty::connect::policy::pool_state;
    using pool_limits = getty::connect::policy::pool_limits;
    using errc = getty::connect::errc;
    using slot = pool_state::slot;
    using id = pool_state::waiter_id;
    using kind = pool_state::action::kind;
    using time_point = getty::connect::core::time_point;

    explicit pool_world(const pool_limits& l) : limits(l), pool(l) {}

    struct idle_connection {
        slot connection;
        time_point expires;
    };

    pool_limits limits;
    pool_state pool;
    time_point now{std::chrono::hours(1)};
    std::set<slot> dialling;
    std::set<slot> closing;
    std::vector<std::pair<slot, time_point>> leased;    // with retire_at
    std::vector<idle_connection> idle;                  // newest last
    std::vector<std::pair<slot, time_point>> retiring;  // retire_at of every open connection
    std::deque<id> waiting;
    std::size_t answered = 0;
    bool closed = false;

    void enqueue(id waiter) {
        actions out;
        pool.enqueue(waiter, now, out);
        waiting.push_back(waiter);
        for (const action& a : out) {
            if (a.what == kind::fail) {
                need(a.waiter == waiter, "another waiter fails on enqueue");
                need(a.reason == (closed ? errc::client_closed : errc::too_many_waiters), "wrong reason");
                need(closed || waiting.size() == limits.max_waiters + 1, "refused below the limit");
                waiting.pop_back();
                ++answered;
            } else if (a.what == kind::grant) {
                need(waiting.size() == 1, "overtakes those who wait");
                take_newest(a);
            } else {
                dial_or_expire(a);
            }
        }
        check();
    }

    std::optional<slot> try_acquire() {
        actions out;
        const auto lease = pool.try_acquire(now, out);
        for (const action& a : out) dial_or_expire(a);
        if (lease) {
            need(waiting.empty(), "try_acquire overtakes those who wait");
            need(lease->reused, "an idle connection counts as reused");
            lease_newest(lease->connection);
        } else {
            need(closed || !waiting.empty() || idle.empty(), "an idle connection was withheld");
        }
        check();
        return lease ? std::optional(lease->connection) : std::nullopt;
    }

    void cancel(id waiter) {
        const auto at = std::find(waiting.begin(), waiting.end(), waiter);
        need(pool.cancel(waiter) == (at != waiting.end()), "cancel tells wrong");
        if (at != waiting.end()) waiting.erase(at);
        check();
    }

    void dialled(slot c, time_point retire_at) {
        actions out;
        pool.dialled(c, now, retire_at, out);
        need(dialling.erase(c) == 1, "test: not dialling");
        retiring.emplace_back(c, retire_at);
        arrived(c, retire_at, false, closed, out);
    }

    void dial_failed(slot c, errc reason) {
        const bool surplus = dialling.size() > waiting.size();
        actions out;
        pool.dial_failed(c, reason, out);
        need(dialling.erase(c) == 1, "test: not dialling");
        closing.insert(c);
        std::size_t failed = 0;
        for (const action& a : out) {
            if (a.what == kind::fail) {
                ++failed;
                need(a.reason == reason, "wrong reason");
                need(!waiting.empty() && a.waiter == waiting.front(), "not the oldest fails");
                waiting.pop_front();
                ++answered;
            } else {
                need(a.what == kind::dial, "unexpected action after a failed dial");
                begin_dial(a);
            }
        }
        need(failed == (surplus ? 0 : 1), "one failed dial, one failed waiter, none if surplus");
        check();
    }

    void released(slot c, bool reusable) {
        const auto at = std::find_if(leased.begin(), leased.end(), [&](auto& l) { return l.first == c; });
        need(at != leased.end(), "test: not leased");
        const time_point retire_at = at->second;
        leased.erase(at);
        actions out;
        pool.released(c, reusable, now, out);
        arrived(c, retire_at, true, closed || !reusable || now >= retire_at, out);
    }

    void idle_died(slot c) {
        actions out;
        pool.idle_died(c, out);
        const auto at = find_idle(c);
        if (at == idle.end()) {
            need(out.empty(), "a connection in use was closed as idle");
        } else {
            need(out.size() == 1 && out[0].what == kind::close && out[0].connection == c, "not closed");
            idle.erase(at);
            closing.insert(c);
        }
        check();
    }

    void gone(slot c) {
        actions out;
        pool.closed(c, out);
        need(closing.erase(c) == 1, "test: not closing");
        std::erase_if(retiring, [&](auto& r) { return r.first == c; });
        for (const action& a : out) {
            need(a.what == kind::dial, "only dials follow a free slot");
            begin_dial(a);
        }
        check();
    }

    void sweep() {
        const auto due = pool.next_sweep();
        const bool any = std::any_of(idle.begin(), idle.end(), [&](auto& i) { return i.expires <= now; });
        need(!any || due <= now, "the sweep comes too late");
        actions out;
        pool.sweep(now, out);
        for (const action& a : out) dial_or_expire(a);
        need(std::none_of(idle.begin(), idle.end(), [&](auto& i) { return i.expires <= now; }), "not swept");
        check();
    }

    void close() {
        actions out;
        pool.close(out);
        closed = true;
        for (const action& a : out) {
            if (a.what == kind::fail) {
                need(a.reason == errc::client_closed, "wrong reason");
                need(!waiting.empty() && a.waiter == waiting.front(), "failed out of order");
                waiting.pop_front();
                ++answered;
            } else {
                need(a.what == kind::close, "unexpected action on close");
                const auto at = find_idle(a.connection);
                need(at != idle.end(), "a connection in use was closed");
                idle.erase(at);
                closing.insert(a.connection);
            }
        }
        check();
    }

    /// Everything under way ends: nobody may be left without an answer, nothing left open.
    void drain() {
        close();
        while (!leased.empty()) released(leased.front().first, true);
        while (!dialling.empty()) dialled(*dialling.begin(), now + std::chrono::hours(1));
        while (!closing.empty()) {
            need(!pool.quiescent(), "quiescent with sockets left");
            gone(*closing.begin());
        }
        need(pool.quiescent(), "not quiescent after the last socket");
    }

private:
    using action = pool_state::action;
    using actions = pool_state::actions;

    static void need(bool holds, const char* what) {
        if (!holds) throw std::logic_error(what);
    }

    std::vector<idle_connection>::iterator find_idle(slot c) {
        return std::find_if(idle.begin(), idle.end(), [&](auto& i) { return i.connection == c; });
    }
    bool in_use(slot c) {
        return dialling.count(c) != 0 || closing.count(c) != 0 || find_idle(c) != idle.end() ||
               std::any_of(leased.begin(), leased.end(), [&](auto& l) { return l.first == c; });
    }
    void begin_dial(const action& a) {
        need(!closed, "dials after close");
        need(a.connection < limits.max_connections && !in_use(a.connection), "dials on a slot in use");
        dialling.insert(a.connection);
        need(dialling.size() <= waiting.size(), "dials nobody waits for");
    }
    void lease_newest(slot c) {
        need(!idle.empty() && idle.back().connection == c, "not the newest idle connection");
        need(idle.back().expires > now, "an expired connection was leased");
        idle.pop_back();
        const auto r = std::find_if(retiring.begin(), retiring.end(), [&](auto& x) { return x.first == c; });
        leased.emplace_back(c, r->second);
    }
    void take_newest(const action& a) {
        need(a.reused, "an idle connection counts as reused");
        need(!waiting.empty() && a.waiter == waiting.front(), "not the oldest waiter");
        waiting.pop_front();
        ++answered;
        lease_newest(a.connection);
    }
    void dial_or_expire(const action& a) {
        if (a.what == kind::dial) return begin_dial(a);
        need(a.what == kind::close, "unexpected action");
        const auto at = find_idle(a.connection);
        need(at != idle.end() && at->expires <= now, "closed before its time");
        idle.erase(at);
        closing.insert(a.connection);
    }
    void arrived(slot c, time_point retire_at, bool reused, bool unfit, const actions& out) {
        std::size_t first = 0;
        if (unfit) {
            need(out.size() == 1 && out[0].what == kind::close && out[0].connection == c, "not closed");
            closing.insert(c);
            first = 1;
        } else if (!waiting.empty()) {
            need(!out.empty() && out[0].what == kind::grant && out[0].connection == c, "not granted");
            need(out[0].waiter == waiting.front(), "not the oldest waiter");
            need(out[0].reused == reused, "reused is wrong");
            waiting.pop_front();
            ++answered;
            leased.emplace_back(c, retire_at);
            first = 1;
        } else {
            idle.push_back({c, std::min(now + limits.idle_ttl, retire_at)});
        }
        for (std::size_t i = first; i < out.size(); ++i) {
            need(out[i].what == kind::dial, "unexpected action");
            begin_dial(out[i]);
        }
        check();
    }
    void check() {
        need(pool.waiting() == waiting.size(), "a waiter was lost or invented");
        need(pool.idle() == idle.size(), "idle count");
        need(pool.leased() == leased.size(), "leased count");
        need(pool.dialling() == dialling.size(), "dialling count");
        need(pool.closing() == closing.size(), "closing count");
        const std::size_t used = idle.size() + leased.size() + dialling.size() + closing.size();
        need(used <= limits.max_connections, "more sockets than allowed");
        need(dialling.size() <= limits.max_dials, "more dials than allowed");
        need(waiting.size() <= limits.max_waiters, "more waiters than allowed");
        need(idle.empty() || waiting.empty(), "an idle connection while somebody waits");
        need(waiting.size() <= dialling.size() || dialling.size() == limits.max_dials ||
                 used == limits.max_connections,
             "somebody waits for nothing");
        need(!closed || (waiting.empty() && idle.empty()), "alive after close");
        need(pool.quiescent() == (closed && used == 0), "quiescent is wrong");
        time_point due = getty::connect::core::never;
        for (const auto& i : idle) due = std::min(due, i.expires);
        need(idle.empty() ? pool.next_sweep() == getty::connect::core::never : pool.next_sweep() <= due,
             "next_sweep is too late");
    }
};

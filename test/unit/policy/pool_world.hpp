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
    using sharing = pool_state::sharing;
    using time_point = getty::connect::core::time_point;

    explicit pool_world(const pool_limits& l) : limits(l), most_depth(l.depth), pool(l) {}

    struct idle_connection {
        slot connection;
        time_point expires;
    };

    pool_limits limits;
    std::size_t most_depth;
    pool_state pool;
    time_point now{std::chrono::hours(1)};
    std::set<slot> dialling;
    std::set<slot> closing;
    struct leased_connection {
        slot connection;
        time_point retire_at;
        std::size_t load = 1;
        bool proven = false;
        bool whole = false;
        bool condemned = false;
        bool doubted = false;
    };
    struct waiting_lookup {
        id who;
        sharing wanted;
        friend bool operator==(const waiting_lookup& w, id i) { return w.who == i; }
    };
    std::vector<leased_connection> leased;
    std::vector<idle_connection> idle;                  // newest last
    std::vector<std::pair<slot, time_point>> retiring;  // retire_at of every open connection
    std::set<slot> proven;                              // of the open connections
    std::deque<waiting_lookup> waiting;
    std::size_t shared = 0;
    std::size_t answered = 0;
    bool closed = false;

    void enqueue(id waiter, sharing wanted) {
        actions out;
        pool.enqueue(waiter, wanted, now, out);
        waiting.push_back({waiter, wanted});
        for (const action& a : out) {
            if (a.what == kind::fail) {
                need(a.waiter == waiter, "another waiter fails on enqueue");
                need(a.reason == (closed ? errc::client_closed : errc::too_many_waiters), "wrong reason");
                need(closed || waiting.size() == limits.max_waiters + 1, "refused below the limit");
                waiting.pop_back();
                ++answered;
            } else if (a.what == kind::grant && find_idle(a.connection) != idle.end()) {
                need(waiting.size() == 1, "overtakes those who wait");
                take_newest(a);
            } else if (a.what == kind::grant) {
                share(a);
            } else {
                dial_or_expire(a);
            }
        }
        check();
    }

    std::optional<slot> try_acquire(sharing wanted) {
        actions out;
        const auto lease = pool.try_acquire(wanted, now, out);
        for (const action& a : out) dial_or_expire(a);
        const bool may_share = wanted == sharing::shared && dialling.empty() && !can_dial();
        if (lease) {
            need(waiting.empty(), "try_acquire overtakes those who wait");
            need(lease->reused, "an idle connection counts as reused");
            if (idle.empty()) {
                need(may_share, "shares where that is not called for");
                join(lease->connection);
            } else {
                lease_newest(lease->connection, wanted);
            }
        } else {
            need(closed || !waiting.empty() || idle.empty(), "an idle connection was withheld");
            need(closed || !waiting.empty() || !may_share || !roomiest(), "a place was withheld");
        }
        check();
        return lease ? std::optional(lease->connection) : std::nullopt;
    }

    void cancel(id waiter) {
        const auto at = std::find(waiting.begin(), waiting.end(), waiter);
        actions out;
        need(pool.cancel(waiter, out) == (at != waiting.end()), "cancel tells wrong");
        if (at != waiting.end()) waiting.erase(at);
        for (const action& a : out) share(a);
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
                need(!waiting.empty() && a.waiter == waiting.front().who, "not the oldest fails");
                waiting.pop_front();
                ++answered;
            } else {
                dial_or_share(a);
            }
        }
        need(failed == (surplus ? 0 : 1), "one failed dial, one failed waiter, none if surplus");
        check();
    }

    /// As after an answer in order.
    void answered_and_released(slot c) {
        pool.proved(c);
        find_leased(c)->proven = true;
        find_leased(c)->doubted = false;
        proven.insert(c);
        released(c, true);
    }

    /// As after an answer that does not say whose it is.
    void doubted_and_released(slot c) {
        pool.doubted(c);
        find_leased(c)->doubted = true;
        released(c, true);
    }

    void released(slot c, bool reusable) {
        const auto at = find_leased(c);
        need(at != leased.end(), "test: not leased");
        at->condemned = at->condemned || closed || !reusable || now >= at->retire_at;
        at->whole = false;
        actions out;
        pool.released(c, reusable, now, out);
        if (--at->load > 0) {
            for (const action& a : out) share(a);
            check();
            return;
        }
        const leased_connection was = *at;
        leased.erase(at);
        arrived(c, was.retire_at, true, was.condemned || was.doubted, out);
    }

    void stop_sharing() {
        pool.stop_sharing();
        limits.depth = 1;
        check();
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
        proven.erase(c);
        for (const action& a : out) dial_or_share(a);
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
                need(!waiting.empty() && a.waiter == waiting.front().who, "failed out of order");
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
        while (!leased.empty()) released(leased.front().connection, true);
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
               find_leased(c) != leased.end();
    }
    std::vector<leased_connection>::iterator find_leased(slot c) {
        return std::find_if(leased.begin(), leased.end(), [&](auto& l) { return l.connection == c; });
    }
    bool can_dial() const {
        const std::size_t used = idle.size() + leased.size() + dialling.size() + closing.size();
        return used < limits.max_connections && dialling.size() < limits.max_dials;
    }
    /// The smallest load among the connections with room.
    std::optional<std::size_t> roomiest() const {
        std::optional<std::size_t> least;
        for (const leased_connection& l : leased) {
            if (!l.proven || l.whole || l.condemned || l.load >= limits.depth) continue;
            if (!least || l.load < *least) least = l.load;
        }
        return least;
    }
    void join(slot c) {
        const auto at = find_leased(c);
        need(at != leased.end() && at->proven && !at->whole && !at->condemned, "not to be shared");
        need(roomiest() == at->load, "not the one of least load");
        ++at->load;
        ++shared;
    }
    void share(const action& a) {
        need(a.what == kind::grant && a.reused, "unexpected action");
        need(waiting.size() > dialling.size() && !can_dial(), "shares where a dial is due");
        need(!waiting.empty() && a.waiter == waiting.front().who, "not the oldest waiter");
        need(waiting.front().wanted == sharing::shared, "a place for one who wants a whole connection");
        waiting.pop_front();
        ++answered;
        join(a.connection);
    }
    void dial_or_share(const action& a) {
        if (a.what == kind::dial) return begin_dial(a);
        share(a);
    }
    void begin_dial(const action& a) {
        need(!closed, "dials after close");
        need(a.connection < limits.max_connections && !in_use(a.connection), "dials on a slot in use");
        dialling.insert(a.connection);
        need(dialling.size() <= waiting.size(), "dials nobody waits for");
    }
    void lease_newest(slot c, sharing wanted) {
        need(!idle.empty() && idle.back().connection == c, "not the newest idle connection");
        need(idle.back().expires > now, "an expired connection was leased");
        idle.pop_back();
        const auto r = std::find_if(retiring.begin(), retiring.end(), [&](auto& x) { return x.first == c; });
        leased.push_back({c, r->second, 1, proven.count(c) != 0, wanted == sharing::exclusive});
    }
    void take_newest(const action& a) {
        need(a.reused, "an idle connection counts as reused");
        need(!waiting.empty() && a.waiter == waiting.front().who, "not the oldest waiter");
        const sharing wanted = waiting.front().wanted;
        waiting.pop_front();
        ++answered;
        lease_newest(a.connection, wanted);
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
            need(out[0].waiter == waiting.front().who, "not the oldest waiter");
            need(out[0].reused == reused, "reused is wrong");
            leased.push_back(
                {c, retire_at, 1, proven.count(c) != 0, waiting.front().wanted == sharing::exclusive});
            waiting.pop_front();
            ++answered;
            first = 1;
        } else {
            idle.push_back({c, std::min(now + limits.idle_ttl, retire_at)});
        }
        for (std::size_t i = first; i < out.size(); ++i) dial_or_share(out[i]);
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
        need(waiting.size() <= dialling.size() || can_dial() || !roomiest() ||
                 waiting.front().wanted == sharing::exclusive,
             "somebody waits while a connection has room");
        for (const auto& l : leased) need(l.load <= std::max<std::size_t>(most_depth, 1), "too many share");
        need(!closed || (waiting.empty() && idle.empty()), "alive after close");
        need(pool.quiescent() == (closed && used == 0), "quiescent is wrong");
        time_point due = getty::connect::core::never;
        for (const auto& i : idle) due = std::min(due, i.expires);
        need(idle.empty() ? pool.next_sweep() == getty::connect::core::never : pool.next_sweep() <= due,
             "next_sweep is too late");
    }
};

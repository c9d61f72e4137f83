#include "policy/pool_state.hpp"

#include <algorithm>
#include <cassert>
#include <utility>

namespace getty::connect::policy {

namespace {

constexpr std::size_t releases_for_one_more = 256;

}  // namespace

pool_state::pool_state(const pool_limits& limits) : limits_(limits), affordable_(limits.max_connections) {
    limits_.max_connections = std::clamp<std::size_t>(limits_.max_connections, 1, none - 1);
    limits_.max_waiters = std::clamp<std::size_t>(limits_.max_waiters, 1, none - 1);
    limits_.max_dials = std::max<std::size_t>(limits_.max_dials, 1);
    limits_.idle_ttl = std::max(limits_.idle_ttl, core::duration::zero());
    limits_.max_lifetime = std::max(limits_.max_lifetime, core::duration::zero());
    limits_.depth = std::max<std::size_t>(limits_.depth, 1);
    by_load_.assign(limits_.depth, none);
    affordable_ = limits_.max_connections;

    slots_.resize(limits_.max_connections);
    count_[static_cast<std::size_t>(state::free)] = slots_.size();
    for (std::size_t i = slots_.size(); i-- > 0;) {
        slots_[i].older = free_;
        free_ = static_cast<slot>(i);
    }
}

std::optional<pool_state::lease> pool_state::try_acquire(sharing wanted, core::time_point now, actions& out) {
    if (closed_ || waiting() != 0) return std::nullopt;
    std::optional<slot> found = take_idle(now, out);
    if (!found && wanted == sharing::shared && dialling() == 0 && !can_dial()) found = least_loaded();
    if (found) add_lease(*found, wanted);
    check();
    if (!found) return std::nullopt;
    return lease{*found, true};
}

void pool_state::enqueue(waiter_id waiter, sharing wanted, core::time_point now, actions& out, line kind) {
    if (closed_) {
        out.push_back({.what = action::kind::fail, .waiter = waiter, .reason = errc::client_closed});
        return;
    }
    if (waiting() == 0) {
        if (const auto found = take_idle(now, out)) {
            add_lease(*found, wanted);
            out.push_back(
                {.what = action::kind::grant, .connection = *found, .waiter = waiter, .reused = true});
            check();
            return;
        }
    }
    if (kind == line::bounded && waiting() >= limits_.max_waiters) {
        out.push_back({.what = action::kind::fail, .waiter = waiter, .reason = errc::too_many_waiters});
        return;
    }
    push_waiter(waiter, wanted);
    dial_as_needed(out);
    share_as_needed(out);
    check();
}

bool pool_state::cancel(waiter_id waiter, actions& out) {
    const std::uint32_t entry =
        waiting_.find(core::spread(waiter), [&](std::uint32_t at) { return waiters_[at].id == waiter; });
    if (entry == none) return false;
    remove_waiter(entry);
    share_as_needed(out);  // it may have held up others by wanting more than they do
    check();
    return true;
}

void pool_state::dialled(slot connection, core::time_point now, core::time_point retire_at, actions& out) {
    assert(slots_[connection].is == state::dialling);
    connection_entry& c = slots_[connection];
    c.retire_at = retire_at;
    c.idle_ttl = limits_.idle_ttl;
    c.proven = c.condemned = c.doubted = false;
    if (closed_) {
        close_one(connection, out);
    } else {
        serve(connection, false, now, out);
        dial_as_needed(out);
        share_as_needed(out);
    }
    check();
}

void pool_state::dial_failed(slot connection, errc reason, actions& out) {
    assert(slots_[connection].is == state::dialling);
    const bool surplus = dialling() > waiting();
    move(connection, state::closing);
    const bool no_more = reason == errc::out_of_resources && live() > 0;
    if (no_more) {
        affordable_ = std::min(affordable_, live());
        calm_releases_ = 0;
    }
    if (!surplus && !no_more)
        out.push_back({.what = action::kind::fail, .waiter = pop_waiter().id, .reason = reason});
    dial_as_needed(out);
    share_as_needed(out);
    check();
}

void pool_state::proved(slot connection) {
    slots_[connection].doubted = false;
    if (!std::exchange(slots_[connection].proven, true)) list(connection);
}

void pool_state::stop_sharing() {
    if (std::exchange(limits_.depth, 1) == 1) return;
    for (slot at = 0; at < slots_.size(); ++at) list(at);
}

void pool_state::released(slot connection, bool reusable, core::time_point now, actions& out) {
    connection_entry& c = slots_[connection];
    assert(c.is == state::leased && c.load > 0);
    --c.load;
    c.whole = false;
    c.condemned = c.condemned || closed_ || !reusable || now >= c.retire_at;
    if (c.load > 0) {
        list(connection);
    } else if (c.condemned || c.doubted) {
        close_one(connection, out);
    } else {
        serve(connection, true, now, out);
    }
    if (affordable_ < limits_.max_connections && ++calm_releases_ >= releases_for_one_more) {
        calm_releases_ = 0;
        ++affordable_;
        dial_as_needed(out);
    }
    share_as_needed(out);
    check();
}

void pool_state::limit_idle(slot connection, core::duration ttl) {
    connection_entry& c = slots_[connection];
    c.idle_ttl = std::clamp(ttl, core::duration::zero(), limits_.idle_ttl);
}

void pool_state::idle_died(slot connection, actions& out) {
    if (slots_[connection].is != state::idle) return;
    close_one(connection, out);
    check();
}

void pool_state::closed(slot connection, actions& out) {
    assert(slots_[connection].is == state::closing);
    move(connection, state::free);
    dial_as_needed(out);
    share_as_needed(out);
    check();
}

void pool_state::sweep(core::time_point now, actions& out) {
    next_sweep_ = core::never;
    for (slot at = by_load_[0]; at != none;) {
        const slot older = slots_[at].older;
        if (slots_[at].expires_at <= now) {
            close_one(at, out);
        } else {
            next_sweep_ = std::min(next_sweep_, slots_[at].expires_at);
        }
        at = older;
    }
    check();
}

core::time_point pool_state::next_sweep() const noexcept { return idle() == 0 ? core::never : next_sweep_; }

void pool_state::close(actions& out) {
    closed_ = true;
    while (waiting() != 0) {
        out.push_back({.what = action::kind::fail, .waiter = pop_waiter().id, .reason = errc::client_closed});
    }
    while (by_load_[0] != none) close_one(by_load_[0], out);
    check();
}

bool pool_state::quiescent() const noexcept { return closed_ && count(state::free) == slots_.size(); }

core::time_point pool_state::retirement(core::time_point now, double random) const noexcept {
    const auto full = static_cast<double>(limits_.max_lifetime.count());
    const auto cut = core::duration(static_cast<core::duration::rep>(full * 0.2 * random));
    return core::later(now, limits_.max_lifetime - cut);
}

// The one place where a slot changes its state: the counters and the lists follow from here.
void pool_state::move(slot connection, state to) noexcept {
    connection_entry& c = slots_[connection];
    --count_[static_cast<std::size_t>(c.is)];
    if (c.is == state::free) free_ = c.older;
    c.is = to;
    ++count_[static_cast<std::size_t>(to)];
    list(connection);
    if (to == state::free) {
        c.older = free_;
        free_ = connection;
    }
}

/// Puts it where it belongs now.
void pool_state::list(slot connection) noexcept {
    connection_entry& c = slots_[connection];
    const bool room = c.is == state::leased && c.proven && !c.whole && !c.condemned && c.load < limits_.depth;
    const std::uint32_t to = c.is == state::idle ? 0 : room ? c.load : none;
    if (c.listed == to) return;
    if (c.listed != none) {
        (c.newer == none ? by_load_[c.listed] : slots_[c.newer].older) = c.older;
        if (c.older != none) slots_[c.older].newer = c.newer;
    }
    c.newer = c.older = none;
    c.listed = to;
    if (to == none) return;
    c.older = by_load_[to];
    if (c.older != none) slots_[c.older].newer = connection;
    by_load_[to] = connection;
}

void pool_state::make_idle(slot connection, core::time_point now) noexcept {
    connection_entry& c = slots_[connection];
    c.expires_at = std::min(core::later(now, c.idle_ttl), c.retire_at);
    next_sweep_ = idle() == 0 ? c.expires_at : std::min(next_sweep_, c.expires_at);
    move(connection, state::idle);
}

void pool_state::close_one(slot connection, actions& out) {
    move(connection, state::closing);
    out.push_back({.what = action::kind::close, .connection = connection});
}

void pool_state::serve(slot connection, bool reused, core::time_point now, actions& out) {
    if (waiting() == 0) {
        make_idle(connection, now);
    } else {
        grant(connection, reused, out);
    }
}

void pool_state::grant(slot connection, bool reused, actions& out) {
    const waiter_entry next = pop_waiter();
    add_lease(connection, next.wanted);
    out.push_back(
        {.what = action::kind::grant, .connection = connection, .waiter = next.id, .reused = reused});
}

void pool_state::add_lease(slot connection, sharing wanted) noexcept {
    connection_entry& c = slots_[connection];
    ++c.load;
    c.whole = wanted == sharing::exclusive;
    if (c.is == state::leased) {
        list(connection);
    } else {
        move(connection, state::leased);
    }
}

std::optional<pool_state::slot> pool_state::take_idle(core::time_point now, actions& out) {
    while (by_load_[0] != none) {
        const slot found = by_load_[0];
        if (slots_[found].expires_at > now) return found;
        close_one(found, out);
    }
    return std::nullopt;
}

std::optional<pool_state::slot> pool_state::least_loaded() const noexcept {
    for (std::size_t load = 1; load < limits_.depth; ++load) {
        if (by_load_[load] != none) return by_load_[load];
    }
    return std::nullopt;
}

bool pool_state::can_share() const noexcept {
    return limits_.depth > 1 && waiting() > dialling() && !can_dial() &&
           waiters_[first_waiter_].wanted == sharing::shared;
}

void pool_state::dial_as_needed(actions& out) {
    while (!closed_ && can_dial() && dialling() < waiting()) {
        const slot fresh = free_;
        move(fresh, state::dialling);
        out.push_back({.what = action::kind::dial, .connection = fresh});
    }
}

void pool_state::share_as_needed(actions& out) {
    while (can_share()) {
        const std::optional<slot> found = least_loaded();
        if (!found) return;
        grant(*found, true, out);
    }
}

void pool_state::push_waiter(waiter_id waiter, sharing wanted) {
    assert(waiting_.find(core::spread(waiter), [&](std::uint32_t at) { return waiters_[at].id == waiter; }) ==
           none);
    std::uint32_t entry = unused_waiter_;
    if (entry == none) {
        entry = static_cast<std::uint32_t>(waiters_.size());
        waiters_.emplace_back();
    } else {
        unused_waiter_ = waiters_[entry].after;
    }
    waiters_[entry] = {.id = waiter, .before = last_waiter_, .after = none, .wanted = wanted};
    (last_waiter_ == none ? first_waiter_ : waiters_[last_waiter_].after) = entry;
    last_waiter_ = entry;
    waiting_.insert(core::spread(waiter), entry);
}

pool_state::waiter_entry pool_state::pop_waiter() noexcept {
    assert(first_waiter_ != none);
    const waiter_entry oldest = waiters_[first_waiter_];
    remove_waiter(first_waiter_);
    return oldest;
}

void pool_state::remove_waiter(std::uint32_t entry) noexcept {
    waiter_entry& w = waiters_[entry];
    waiting_.erase(core::spread(w.id), entry);
    (w.before == none ? first_waiter_ : waiters_[w.before].after) = w.after;
    (w.after == none ? last_waiter_ : waiters_[w.after].before) = w.before;
    w.after = unused_waiter_;
    unused_waiter_ = entry;
}

void pool_state::check() const noexcept {
    assert(idle() + leased() + dialling() + closing() + count(state::free) == slots_.size());
    assert(dialling() <= limits_.max_dials);
    assert(idle() == 0 || waiting() == 0);
    assert((idle() == 0) == (by_load_[0] == none));
    assert(!can_share() || !least_loaded());
    assert(waiting() <= dialling() || dialling() == limits_.max_dials || free_ == none ||
           live() >= affordable_);
    assert(!closed_ || (waiting() == 0 && idle() == 0));
}

}  // namespace getty::connect::policy

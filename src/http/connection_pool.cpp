#include "http/connection_pool.hpp"

#include <exception>
#include <utility>

namespace getty::connect::http {

using action = policy::pool_state::action;

connection_pool::lease::lease(lease&& other) noexcept
    : pool_(other.pool_),
      connection_(std::exchange(other.connection_, nullptr)),
      reused_(other.reused_),
      doubted_(std::exchange(other.doubted_, false)) {}

connection_pool::lease& connection_pool::lease::operator=(lease&& other) noexcept {
    if (this == &other) return *this;
    finish_failed();
    pool_ = other.pool_;
    connection_ = std::exchange(other.connection_, nullptr);
    reused_ = other.reused_;
    doubted_ = std::exchange(other.doubted_, false);
    return *this;
}

void connection_pool::lease::finish(bool reusable, std::optional<std::chrono::seconds> idle_timeout,
                                    core::time_point now) noexcept {
    connection* c = std::exchange(connection_, nullptr);
    if (!c) return;
    if (idle_timeout) {
        // A second less than the peer says, so that a request does not meet its close.
        const auto margin = std::chrono::seconds(1);
        pool_->state_.limit_idle(c->id(),
                                 *idle_timeout > margin ? *idle_timeout - margin : std::chrono::seconds(0));
    }
    if (reusable && std::exchange(doubted_, false)) {
        pool_->state_.doubted(c->id());
    } else if (reusable) {
        pool_->state_.proved(c->id());
    }
    pool_->release(*c, reusable, now);
}

void connection_pool::lease::finish_failed() noexcept {
    if (connection_) finish(false, std::nullopt, pool_->scheduler_.now());
}

void connection_pool::lease::return_unused() noexcept {
    if (connection* c = std::exchange(connection_, nullptr))
        pool_->release(*c, true, pool_->scheduler_.now());
}

connection_pool::connection_pool(async::scheduler& on, pool_settings settings,
                                 std::shared_ptr<net::dialer> dialer, core::random_source& random,
                                 core::telemetry& watch)
    : scheduler_(on),
      settings_(std::move(settings)),
      dialer_(std::move(dialer)),
      random_(random),
      telemetry_(watch),
      state_(settings_.limits),
      connections_(settings_.limits.max_connections),
      dials_(settings_.limits.max_connections),
      sweeper_(*this),
      tasks_(on) {}

connection_pool::~connection_pool() = default;

connection_pool::lease connection_pool::try_acquire(sharing wanted, core::time_point now) {
    const auto found = state_.try_acquire(wanted, now, actions_);
    carry_out();
    if (!found) return {};
    connection& c = *connections_[found->connection];
    c.take();
    return {*this, c, found->reused};
}

async::task<result<connection_pool::lease>> connection_pool::acquire(sharing wanted,
                                                                     async::cancel_scope& scope, line kind) {
    waiter w(*this);
    enqueue(w, wanted, kind);
    for (;;) {
        if (w.granted) co_return std::move(w.granted);
        if (w.failed) co_return std::move(*w.failed);
        if (scope.stopped()) {
            co_return error(scope.reason(errc::acquire_timeout), stage::queue);
        }
        co_await w.event.wait(scope);
    }
}

void connection_pool::enqueue(waiter& w, sharing wanted, line kind) noexcept {
    state_.enqueue(w.id(), wanted, scheduler_.now(), actions_, kind);
    carry_out();
}

void connection_pool::forget(waiter& w) noexcept {
    // Granted, and nobody took it: the lease is unused, so the connection is as good as before.
    if (w.granted) w.granted.return_unused();
    if (state_.cancel(w.id(), actions_)) carry_out();
}

void connection_pool::release(connection& c, bool reusable, core::time_point now) noexcept {
    // Before the state machine sees it: who is granted it next is a new user.
    c.leave(reusable);
    state_.released(c.id(), reusable, now, actions_);
    carry_out();
}

void connection_pool::died_idle(connection& which) noexcept {
    state_.idle_died(which.id(), actions_);
    carry_out();
}

void connection_pool::sweep() {
    state_.sweep(scheduler_.now(), actions_);
    carry_out();
}

void connection_pool::drop_idle() {
    for (slot which = 0; which < connections_.size(); ++which) state_.idle_died(which, actions_);
    carry_out();
}

void connection_pool::close() {
    state_.close(actions_);
    carry_out();
    for (async::cancel_scope* scope : dials_) {
        if (scope) scope->cancel();
    }
}

async::task<void> connection_pool::closed(async::cancel_scope& scope) { return tasks_.join(scope); }

void connection_pool::carry_out(const error* reason) noexcept {
    // Carrying out an action may lead to further ones: they are appended and done by the outermost call, in
    // order.
    if (std::exchange(carrying_out_, true)) return;
    for (std::size_t i = 0; i < actions_.size(); ++i) {
        const action todo = actions_[i];
        auto* w = reinterpret_cast<waiter*>(static_cast<std::uintptr_t>(todo.waiter));
        switch (todo.what) {
            case action::kind::grant: {
                connection& c = *connections_[todo.connection];
                c.take();
                w->granted = lease(*this, c, todo.reused);
                w->event.wake();
                break;
            }
            case action::kind::fail: {
                const bool from_dial = reason && reason->value() == todo.reason;
                w->failed = from_dial ? *reason : error(todo.reason, stage::queue);
                w->event.wake();
                break;
            }
            case action::kind::dial:
                tasks_.spawn(dial(todo.connection), keep_alive_.lock());
                break;
            case action::kind::close:
                drop(todo.connection);
                state_.closed(todo.connection, actions_);
                break;
        }
    }
    actions_.clear();
    carrying_out_ = false;
    const core::time_point next = state_.next_sweep();
    if (next != core::never && (!sweeper_.queued() || next < sweeper_.when()))
        scheduler_.set_deadline(sweeper_, next);
    if (next == core::never) scheduler_.remove_deadline(sweeper_);
    report();
}

/// Two pools may report to one client: each adds what has changed on its side.
void connection_pool::report() noexcept {
    const auto change = [](core::counter& of, std::size_t& told, std::size_t now) {
        of.add(now - told);  // modulo 2^64, so that it may be less than nothing
        told = now;
    };
    change(telemetry_.connections_idle, told_idle_, state_.idle());
    change(telemetry_.connections_leased, told_leased_, state_.leased());
    change(telemetry_.connections_opening, told_opening_, state_.dialling());
    change(telemetry_.waiters, told_waiters_, state_.waiting());
}

void connection_pool::drop(slot which) {
    connections_[which].reset();
    telemetry_.connections_closed.add();
    telemetry_.tell([&](observer& o) { o.connection_closed(settings_.origin); });
}

async::task<void> connection_pool::dial(slot which) {
    async::cancel_scope scope(scheduler_);
    dials_[which] = &scope;
    result<net::dialled> made = error(errc::internal_failure, stage::connect);
    try {
        // Whatever fails, the dial ends: those who wait for it may have no time limit.
        scope.expires_at(core::later(scheduler_.now(), settings_.connect_timeout));
        made = co_await dialer_->dial(scope);
        if (made) {
            connection::owner& self = *this;
            connections_[which] = std::make_unique<connection>(scheduler_, std::move(made->stream), self,
                                                               which, telemetry_.watched());
        }
    } catch (const std::exception& e) {
        made = error(errc::internal_failure, stage::connect, e.what());
    }
    dials_[which] = nullptr;
    dial_ended(which, made);
}

void connection_pool::dial_ended(slot which, const result<net::dialled>& made) noexcept {
    if (!made) {
        error why = made.error();
        why.with_origin(settings_.origin);
        telemetry_.connections_failed.add();
        telemetry_.tell([&](observer& o) { o.connection_failed(settings_.origin, why); });
        state_.dial_failed(which, why.value(), actions_);
        state_.closed(which, actions_);
        carry_out(&why);
        return;
    }
    telemetry_.connections_opened.add();
    if (made->resumed) telemetry_.connections_resumed.add();
    telemetry_.tell([&](observer& o) {
        connection_event e;
        e.origin = settings_.origin;
        e.resumed = made->resumed;
        e.name = made->name;
        e.tcp = made->tcp;
        e.tls = made->tls;
        e.tls_version = made->tls_version;
        e.cipher = made->cipher;
        o.connection_established(e);
    });
    connections_[which]->rest();
    const core::time_point now = scheduler_.now();
    state_.dialled(which, now, state_.retirement(now, random_.unit()), actions_);
    carry_out();
}

}  // namespace getty::connect::http

#include "cli/bench/step_run.hpp"

#include "core/clock.hpp"
#include "load/correction.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <chrono>
#include <utility>

namespace getty::connect::cli {
namespace {

using namespace std::chrono_literals;

constexpr core::duration beat_length = 10ms;
/// From this on a beat that was late, while no processor time was used, is a program that was stopped.
constexpr core::duration standstill = 100ms;
constexpr std::size_t max_dials = 64;
/// So much later than it should a sleep ends, at most.
constexpr core::duration oversleeping = 200us;
constexpr unsigned max_opening_rounds = 32;

/// What the service itself said, or did in time; not that it was not reached or refuses everybody.
bool is_answer(const result<document>& got) noexcept {
    return got || verdict(got.error()) == exit_code::some_failed;
}

}  // namespace

step_run::step_run(const step_surroundings& around, const step_plan& plan, std::uint64_t first)
    : around_(around),
      plan_(plan),
      number_(first),
      due_timer_(around.context),
      beat_timer_(around.context),
      changed_(around.context) {
    each_.decode(decode::raw);
}

boost::asio::awaitable<void> step_run::run() {
    client_options options(around_.options);
    options.max_connections(plan_.connections)
        .max_dials(std::min(plan_.connections, max_dials))
        // What is under way at a time is this program's to limit.
        .max_waiters(std::max<std::size_t>(plan_.max_in_flight, client_settings().max_waiters))
        .drain_timeout(0ms)  // what is wanted has been waited for
        .observer(std::shared_ptr<observer>(std::shared_ptr<void>(), this));
    client_.emplace(around_.context.get_executor(), std::move(options));
    beats_ = true;
    next_beat_ = core::steady_now();
    next_second_ = next_beat_ + 1s;
    await_beat();
    const bool ready = co_await authenticated();
    if (ready && plan_.opened_beforehand > 0) co_await open_connections();
    if (!not_begun_ && !stopped_) co_await measure();
    beats_ = false;
    beat_timer_.cancel();
    co_await client_->close();
    while (opening_ > 0) co_await changed();  // those that a signal has ended
    client_.reset();
}

void step_run::stop() {
    if (stopped_) return;
    stopped_ = true;
    preflight_.emit(boost::asio::cancellation_type::terminal);
    if (measuring_) {
        const core::time_point now = core::steady_now();
        recorder_->cut(now);
        read_edges(now);
        if (edges_[0] && !edges_[1]) take_reading(1, now);
        to_ = std::min(to_, std::max(from_, now));
        end_ = now;
        measuring_ = false;
        due_timer_.cancel();
    }
    changed_.cancel();
}

boost::asio::awaitable<void> step_run::changed() {
    boost::system::error_code canceled;
    changed_.expires_at(core::never);
    co_await changed_.async_wait(boost::asio::redirect_error(boost::asio::use_awaitable, canceled));
}

// --- Before it begins ---

boost::asio::awaitable<bool> step_run::authenticated() {
    auto token = boost::asio::co_spawn(
        around_.context, client_->authenticate(),
        boost::asio::bind_cancellation_slot(preflight_.slot(), boost::asio::use_awaitable));
    const result<token_info> got = co_await std::move(token);
    if (!got && !stopped_) not_begun_ = got.error();
    co_return got.has_value() && !stopped_;
}

/// As many lookups at a time as connections are wanted: each takes one, or has one opened. Where one is done
/// before others are open, it takes another round.
boost::asio::awaitable<void> step_run::open_connections() {
    std::size_t open = 0;
    for (unsigned round = 0; round < max_opening_rounds && !stopped_; ++round) {
        ask_for_opening(plan_.opened_beforehand);
        while (opening_ > 0 && !stopped_) co_await changed();
        while (client_->stats().connections_opening > 0 && !stopped_) co_await changed();
        if (opening_answered_ == 0) co_return;
        not_begun_.reset();
        const client_stats now = client_->stats();
        const std::size_t are_open = now.connections_idle + now.connections_leased;
        if (are_open >= plan_.opened_beforehand || are_open <= open) co_return;
        open = are_open;
    }
}

void step_run::ask_for_opening(std::size_t count) {
    opening_ += count;
    for (std::size_t i = 0; i < count; ++i) {
        client_->async_lookup(around_.ids.at(number_ + i), each_, [this](const result<document>& got) {
            if (is_answer(got)) {
                ++opening_answered_;
            } else if (!not_begun_) {
                not_begun_ = got.error();
            }
            if (--opening_ == 0) changed_.cancel();
        });
    }
}

// --- The step ---

boost::asio::awaitable<void> step_run::measure() {
    begin_ = core::steady_now();
    from_ = begin_ + plan_.warm_up;
    to_ = from_ + plan_.counted;
    end_ = to_ + plan_.cool_down;
    next_second_ = begin_ + 1s;
    const load::step_window window{begin_, plan_.warm_up, plan_.counted, plan_.cool_down};
    recorder_.emplace(window);
    if (around_.log != nullptr) around_.log->begins(window);
    measuring_ = true;
    read_edges(begin_);
    if (is_closed_loop()) {
        for (std::uint64_t i = 0; i < plan_.max_in_flight; ++i) start_place(core::steady_now());
    } else {
        schedule_.emplace(*plan_.per_second, plan_.arrivals, plan_.seed);
        next_due_ = begin_ + schedule_->next();
        await_due();
    }
    while (measuring_ || recorder_->in_flight() > 0) co_await changed();
}

void step_run::start_place(core::time_point now) { hand_over(free_place(), now, now); }

step_run::place& step_run::free_place() {
    if (free_.empty()) return places_.emplace_back();
    place* one = free_.back();
    free_.pop_back();
    return *one;
}

void step_run::hand_over(place& in, core::time_point due, core::time_point now) {
    in = place();
    in.due = due;
    in.number = number_++;
    ++sent_;
    recorder_->begun(due, now);
    lookup_options options(each_);
    // Owned by this object, as long as the client.
    options.context(std::shared_ptr<void>(std::shared_ptr<void>(), &in));
    client_->async_lookup(around_.ids.at(in.number), std::move(options),
                          [this, &in](const result<document>& got) {
                              if (got) return ended(in, nullptr);
                              const error why = got.error();
                              ended(in, &why);
                          });
}

void step_run::ended(place& of, const error* why) {
    const core::time_point now = core::steady_now();
    load::lookup_end end{of.due, of.was_sent ? of.sent : now, now, {}, {}, of.phases};
    std::string message;
    if (why == nullptr) {
        tally_.add_success();
    } else {
        tally_.add_failure(*why);
        end.failure = why->kind();
        message = why->describe();
        end.message = message;
    }
    if (why == nullptr || why->kind() == condition::not_found) ++answered_;
    recorder_->ended(end);
    if (around_.log != nullptr) around_.log->ended(around_.ids.at(of.number), end);
    if (!is_closed_loop()) {
        free_.push_back(&of);
        send_due(now);
    } else if (why != nullptr && !of.reached) {
        resting_.push_back(&of);
    } else if (measuring_ && now < end_) {
        hand_over(of, now, now);
    }
    if (!measuring_ && recorder_->in_flight() == 0) changed_.cancel();
}

bool step_run::send_due(core::time_point now) {
    bool any = false;
    while (measuring_ && next_due_ <= now && next_due_ < end_) {
        any = true;
        const core::time_point due = next_due_;
        next_due_ = begin_ + schedule_->next();
        if (recorder_->in_flight() < plan_.max_in_flight) {
            hand_over(free_place(), due, core::steady_now());
            continue;
        }
        recorder_->dropped(due);
        if (around_.log != nullptr) around_.log->dropped(due);
    }
    return any;
}

bool step_run::is_due_soon(core::time_point now) const noexcept {
    return measuring_ && schedule_ && next_due_ < now + oversleeping && next_due_ < end_;
}

void step_run::await_due() {
    // Where somebody watches it is to wake them in time, and what is due before that is sent by them.
    due_timer_.expires_at(around_.is_watched
                              ? std::max(next_due_ - oversleeping, core::steady_now() + oversleeping)
                              : next_due_);
    due_timer_.async_wait([this](const boost::system::error_code& canceled) {
        if (canceled || !measuring_) return;
        send_due(core::steady_now());
        if (next_due_ < end_) await_due();
    });
}

// --- Its beat ---

void step_run::await_beat() {
    beat_timer_.expires_at(next_beat_);
    beat_timer_.async_wait([this](const boost::system::error_code& canceled) {
        if (canceled || !beats_) return;
        const core::time_point now = core::steady_now();
        beat(now, now - next_beat_);
        next_beat_ = std::max(next_beat_ + beat_length, now);
        if (beats_) await_beat();
    });
}

void step_run::beat(core::time_point now, core::duration late) {
    const core::duration cpu = thread_cpu();
    if (recorder_ && now >= from_ && now - late < to_) {
        stall_ = std::max(stall_, late);
        const core::duration within = std::min(now, to_) - std::max(now - late, from_);
        if (late > standstill && cpu - cpu_at_beat_ < late / 10) stood_still_ += within;
    }
    cpu_at_beat_ = cpu;
    if (recorder_) read_edges(now);
    if (measuring_) {
        std::vector<place*> rested = std::exchange(resting_, {});
        for (place* one : rested) {
            if (now < end_) hand_over(*one, now, now);
        }
        if (!is_closed_loop()) send_due(now);
    }
    if (around_.log != nullptr) around_.log->pump();
    if (now >= next_second_) tell_second(now);
    if (measuring_ && now >= end_) {
        measuring_ = false;
        due_timer_.cancel();
        changed_.cancel();
    }
}

step_progress::part step_run::part_at(core::time_point now) const noexcept {
    using part = step_progress::part;
    if (!recorder_) return part::opening;
    if (now >= end_) return part::waiting;
    if (now < from_) return part::warm_up;
    return now < to_ ? part::counting : part::cool_down;
}

void step_run::tell_second(core::time_point now) {
    next_second_ = std::max(next_second_ + 1s, now);
    if (!around_.each_second) return;
    step_progress told;
    told.now = part_at(now);
    if (recorder_) {
        told.gone = now - begin_;
        told.whole = end_ - begin_;
        told.in_flight = recorder_->in_flight();
        if (const auto& latency = recorder_->latency(); latency.total() > 0) {
            told.p50 = latency.quantile(50, 100);
            told.p99 = latency.quantile(99, 100);
        }
    }
    told.sent = sent_ - sent_before_;
    told.answered = answered_ - answered_before_;
    told.failed = tally_.failed() - tally_.failed(condition::not_found);
    sent_before_ = sent_;
    answered_before_ = answered_;
    around_.each_second(told);
}

void step_run::read_edges(core::time_point now) {
    if (!edges_[0] && now >= from_) take_reading(0, now);
    if (!edges_[1] && now >= to_) take_reading(1, now);
}

void step_run::take_reading(std::size_t edge, core::time_point now) {
    edges_[edge] = reading{now, read_machine(), client_->stats().bytes_received, watched_};
}

// --- What the client tells ---

void step_run::attempt_finished(const attempt_event& e) noexcept {
    if (e.context == nullptr) return;
    place& of = *static_cast<place*>(e.context);
    const attempt_phases& p = e.phases;
    const core::time_point now = core::steady_now();
    if (e.attempt > 0) {
        of.was_sent = true;
        of.sent = now - p.first_byte - p.body - p.decode;
    }
    if (e.status != 0) of.reached = true;
    of.phases.credentials += p.credentials;
    of.phases.rate += p.rate;
    of.phases.connection += p.connection;
    of.phases.first_byte += p.first_byte;
    of.phases.body += p.body;
    of.phases.decode += p.decode;
    if (e.why == nullptr) return;
    if (e.why->value() == errc::throttled) recorder_->throttled(now);
    if (e.status == 401) recorder_->challenged(now);
}

void step_run::retry_scheduled(const retry_event& e) noexcept {
    if (e.context != nullptr) recorder_->retried(core::steady_now());
}

void step_run::connection_established(const connection_event& e) noexcept {
    using session = load::step_recorder::session;
    if (tls_.empty()) tls_ = std::string(e.tls_version) + ", " + std::string(e.cipher);
    if (recorder_) {
        recorder_->connected(core::steady_now(), e.resumed ? session::resumed : session::fresh);
    } else {
        ++opened_before_;
        if (e.resumed) ++resumed_before_;
    }
    changed_.cancel();
}

void step_run::connection_failed(std::string_view /*origin*/, const error& /*why*/) noexcept {
    changed_.cancel();
}

// --- What came of it ---

bool step_run::counts() const noexcept { return recorder_.has_value() && to_ > from_; }

load::client_figures step_run::client_figures() const {
    load::client_figures f;
    using load::in_seconds;
    f.loop_stall_us = in_seconds(stall_) * 1e6;
    f.stood_still_s = in_seconds(stood_still_);
    if (!edges_[0] || !edges_[1]) return f;
    const reading& a = *edges_[0];
    const reading& b = *edges_[1];
    f.cpu_s = std::max(0.0, in_seconds((b.machine.cpu - a.machine.cpu) - (b.watched - a.watched)));
    if (b.at > a.at) f.cpu_share = f.cpu_s / in_seconds(b.at - a.at);
    f.stood_still_s += std::max(0.0, in_seconds(b.machine.asleep - a.machine.asleep));
    if (b.machine.elapsed > a.machine.elapsed && b.machine.stolen >= a.machine.stolen) {
        f.steal_share = static_cast<double>(b.machine.stolen - a.machine.stolen) /
                        static_cast<double>(b.machine.elapsed - a.machine.elapsed);
    }
    return f;
}

load::step_result step_run::figures() const {
    load::step_result r = recorder_->result();
    r.asked_per_s = plan_.per_second;
    if (is_closed_loop()) {
        r.concurrency = plan_.max_in_flight;
        r.corrected_p99_us = load::corrected_p99_us(recorder_->latency());
    }
    r.round = plan_.round;
    r.connections.opened += opened_before_;
    r.connections.resumed += resumed_before_;
    r.client = client_figures();
    if (edges_[0] && edges_[1]) r.bytes.received = edges_[1]->received - edges_[0]->received;
    return r;
}

}  // namespace getty::connect::cli

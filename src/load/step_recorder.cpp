#include "load/step_recorder.hpp"

#include <algorithm>
#include <chrono>

namespace getty::connect::load {
namespace {

using namespace std::chrono_literals;

/// A part of one counts.
std::size_t whole_seconds(core::duration d) noexcept { return static_cast<std::size_t>((d + 1s - 1ns) / 1s); }

double microseconds(core::duration d) noexcept { return static_cast<double>(d.count()) / 1e3; }

/// `part` of `whole`; a bucket's end is no longer than the longest that was recorded.
template <class Series>
double quantile_us(const Series& of, std::uint64_t part, std::uint64_t whole) noexcept {
    return microseconds(std::min(of.times.quantile(part, whole), of.exact.most()));
}

template <class Series>
latency_figures figures(const Series& of) {
    latency_figures f;
    f.count = of.exact.count();
    if (f.count == 0) return f;
    f.p50 = quantile_us(of, 50, 100);
    f.p90 = quantile_us(of, 90, 100);
    f.p99 = quantile_us(of, 99, 100);
    if (tells_quantile(f.count, 999, 1'000)) f.p99_9 = quantile_us(of, 999, 1'000);
    if (tells_quantile(f.count, 9'999, 10'000)) f.p99_99 = quantile_us(of, 9'999, 10'000);
    f.min = microseconds(of.exact.least());
    f.max = microseconds(of.exact.most());
    f.mean = of.exact.mean() / 1e3;
    f.sd = of.exact.standard_deviation() / 1e3;
    return f;
}

template <class Series>
phase_figures phase(const Series& of) {
    const latency_figures f = figures(of);
    return {f.mean, f.p50.value_or(0), f.p99.value_or(0), f.max};
}

bool shows_latency(const std::optional<condition>& failure) noexcept {
    return !failure || *failure == condition::not_found || *failure == condition::timeout;
}

bool failed(const std::optional<condition>& failure) noexcept {
    return failure && *failure != condition::not_found;
}

}  // namespace

step_part step_window::part_of(core::time_point t) const noexcept {
    const core::time_point from = begin + warm_up;
    if (t < from) return step_part::warm_up;
    if (t < from + counted) return step_part::counted;
    return t < from + counted + cool_down ? step_part::cool_down : step_part::after;
}

step_recorder::step_recorder(const step_window& window)
    : window_(window),
      warm_up_seconds_(whole_seconds(window.warm_up)),
      from_(window.begin + window.warm_up),
      to_(from_ + window.counted),
      // Answers may come for some time after the end; later ones count as of the last second.
      seconds_(warm_up_seconds_ + whole_seconds(window.counted) + whole_seconds(window.cool_down) +
               open_seconds),
      open_(open_seconds) {
    for (std::size_t i = 0; i < open_.size(); ++i) open_[i].second = i;
}

std::size_t step_recorder::second_of(core::time_point t) const noexcept {
    if (t <= window_.begin) return 0;
    if (t < from_) return warm_up_seconds_ - whole_seconds(from_ - t);
    if (t < to_) return warm_up_seconds_ + static_cast<std::size_t>((t - from_) / 1s);
    const std::size_t counted = whole_seconds(to_ - from_);
    return std::min(warm_up_seconds_ + counted + static_cast<std::size_t>((t - to_) / 1s),
                    seconds_.size() - 1);
}

void step_recorder::begun(core::time_point due, core::time_point at) noexcept {
    ++all_begun_;
    ++at_second(at).sent;
    if (counts(at)) ++sent_within_;
    if (!counts(due)) return;
    ++begun_;
    lateness_.record(at - due);
}

void step_recorder::dropped(core::time_point due) noexcept {
    ++at_second(due).dropped;
    if (counts(due)) ++dropped_;
}

void step_recorder::ended(const lookup_end& lookup) {
    ++all_ended_;
    second_figures& second = at_second(lookup.ended);
    if (failed(lookup.failure)) {
        ++second.failed;
    } else {
        ++second.answered;
        if (counts(lookup.ended)) ++answered_within_;
    }
    if (shows_latency(lookup.failure)) count_latency(lookup.due, lookup.ended - lookup.due);
    if (!counts(lookup.due)) return;

    outcome& kind = outcomes_[lookup.failure ? static_cast<std::size_t>(*lookup.failure) : 0];
    if (++kind.count == 1) kind.message = lookup.message;
    if (!shows_latency(lookup.failure)) return;
    from_due_.record(lookup.ended - lookup.due);
    from_send_.record(lookup.ended - lookup.sent);
    const attempt_phases& p = lookup.phases;
    std::size_t i = 0;
    for (const core::duration d : {p.credentials, p.rate, p.connection, p.first_byte, p.body, p.decode}) {
        phases_[i++].record(d);
    }
    if (cut_) return;
    const auto third = static_cast<std::size_t>((lookup.due - from_) * 3 / window_.counted);
    thirds_[third].record(lookup.ended - lookup.due);
}

void step_recorder::count_latency(core::time_point due, core::duration latency) noexcept {
    const std::size_t second = second_of(due);
    open_second& open = open_[second % open_seconds];
    if (open.second > second) return;  // long closed
    if (open.second < second) {
        close(open, seconds_);
        open.times.clear();
        open.second = second;
    }
    open.times.record(latency);
}

void step_recorder::close(const open_second& open, std::vector<second_figures>& into) noexcept {
    if (open.times.total() == 0) return;
    second_figures& closed = into[open.second];
    closed.p50_us = microseconds(open.times.quantile(50, 100));
    closed.p99_us = microseconds(open.times.quantile(99, 100));
}

void step_recorder::throttled(core::time_point at) noexcept {
    ++at_second(at).throttled;
    if (counts(at)) ++throttled_;
}

void step_recorder::retried(core::time_point at) noexcept {
    if (counts(at)) ++retries_;
}

void step_recorder::connected(core::time_point at, session tls) noexcept {
    ++connections_.opened;
    if (tls == session::resumed) ++connections_.resumed;
    if (at >= from_) ++at_second(at).reconnects;
    if (counts(at)) ++connections_.handshakes;
}

void step_recorder::challenged(core::time_point at) noexcept {
    if (counts(at)) ++connections_.nonce_renewals;
}

void step_recorder::cut(core::time_point at) noexcept {
    if (at >= to_) return;
    cut_ = true;
    to_ = std::max(at + 1ns, from_);
    window_.counted = to_ - from_;
    window_.cool_down = core::duration(0);
}

std::vector<second_figures> step_recorder::seconds() const {
    std::vector<second_figures> all = seconds_;
    for (const open_second& open : open_) close(open, all);
    // The parts, and how long the second is that may be shorter.
    const std::size_t counted = warm_up_seconds_ + whole_seconds(window_.counted);
    const std::size_t cool_down = counted + whole_seconds(window_.cool_down);
    const auto remainder = [](core::duration d) { return in_seconds(d - (whole_seconds(d) - 1) * 1s); };
    if (warm_up_seconds_ > 0) all[0].length_s = remainder(window_.warm_up);
    if (counted > warm_up_seconds_) all[counted - 1].length_s = remainder(window_.counted);
    if (cool_down > counted) all[cool_down - 1].length_s = remainder(window_.cool_down);
    std::uint64_t in_flight = 0;
    std::size_t used = 0;
    for (std::size_t i = 0; i < all.size(); ++i) {
        second_figures& one = all[i];
        one.second = i;
        one.part = i < warm_up_seconds_ ? step_part::warm_up
                   : i < counted        ? step_part::counted
                   : i < cool_down      ? step_part::cool_down
                                        : step_part::after;
        in_flight += one.sent - one.answered - one.failed;
        one.in_flight = in_flight;
        if (one.part != step_part::after || one.answered + one.failed > 0) used = i + 1;
    }
    all.resize(used);
    return all;
}

step_result step_recorder::result() const {
    step_result r;
    r.counted_s = in_seconds(window_.counted);
    r.due = begun_ + dropped_;
    r.sent = begun_;
    r.dropped = dropped_;
    r.unfinished = begun_;
    const auto per_second = [&](std::uint64_t count) {
        return r.counted_s > 0 ? static_cast<double>(count) / r.counted_s : 0;
    };
    r.due_per_s = per_second(r.due);
    r.sent_per_s = per_second(sent_within_);
    r.answered_per_s = per_second(answered_within_);
    for (std::size_t i = 0; i < outcomes_.size(); ++i) {
        r.unfinished -= outcomes_[i].count;
        if (outcomes_[i].count == 0) continue;
        r.outcomes.push_back({i == 0 ? "ok" : std::string(to_string(static_cast<condition>(i))),
                              outcomes_[i].count, outcomes_[i].message});
    }
    r.latency_due_us = figures(from_due_);
    r.latency_send_us = figures(from_send_);
    r.lateness_us = figures(lateness_);
    r.phases_us = {phase(phases_[0]), phase(phases_[1]), phase(phases_[2]),
                   phase(phases_[3]), phase(phases_[4]), phase(phases_[5])};
    from_due_.times.each([&](core::duration longest, std::uint64_t count) {
        r.histogram.push_back({microseconds(longest), count});
    });
    if (!cut_ && thirds_[0].total() > 0) r.first_third_p50_us = microseconds(thirds_[0].quantile(50, 100));
    if (!cut_ && thirds_[2].total() > 0) r.last_third_p50_us = microseconds(thirds_[2].quantile(50, 100));
    r.throttled = throttled_;
    r.retries = retries_;
    r.per_second = seconds();
    r.connections = connections_;
    return r;
}

}  // namespace getty::connect::load

#include "cli/report/progress.hpp"

#include "cli/report/time_words.hpp"
#include "core/numerals.hpp"
#include "core/rfc3339.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <string_view>
#include <vector>

namespace getty::connect::cli {

void rate_meter::sample(duration at, std::uint64_t done) {
    samples_.emplace_back(at, done);
    // The oldest kept sample is the last one outside the window: the rate covers at least the window.
    while (samples_.size() > 2 && at - samples_[1].first >= window_) samples_.pop_front();
}

double rate_meter::per_second() const noexcept {
    if (samples_.size() < 2) return 0;
    const duration length = samples_.back().first - samples_.front().first;
    if (length.count() <= 0) return 0;
    return static_cast<double>(samples_.back().second - samples_.front().second) / length.count();
}

namespace {

std::uint64_t gone_through(const run_counts& counts) noexcept {
    return outcomes_of(counts) + counts.job.already_there;
}

bool is_recovering(const run_snapshot& now) noexcept { return now.counts.job.recovery_bytes > 0; }

unsigned percent_recovered(const ingest::job_progress& job) noexcept {
    const double share = static_cast<double>(job.recovered_bytes) / static_cast<double>(job.recovery_bytes);
    return static_cast<unsigned>(std::clamp(share, 0.0, 1.0) * 100);
}

std::string rate_words(double per_second) {
    if (per_second > 0 && per_second < 9.95) return core::fixed(per_second, 1) + "/s";
    return core::grouped(static_cast<std::uint64_t>(std::llround(per_second))) + "/s";
}

/// Every character takes one column, and none steers the terminal.
std::string plain_ascii(std::string_view text) {
    std::string plain;
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (byte >= 0x80 && byte < 0xC0) continue;  // goes on with the character before
        plain += byte < 0x20 || byte >= 0x7F ? '?' : c;
    }
    return plain;
}

std::string_view last_name(std::string_view path) noexcept { return path.substr(path.rfind('/') + 1); }

/// Of the line: what stands at which place, counted from the left.
struct part {
    int place;
    std::string text;
};

/// The parts as they come in, the most important first; a later one of the same place takes the place of the
/// earlier one. The first that does not fit ends it.
std::string fitted(const std::vector<part>& by_importance, std::size_t room) {
    constexpr std::string_view gap = "  ";
    constexpr std::size_t places = 10;
    std::array<std::string, places> line{};
    const auto joined = [&] {
        std::string text;
        for (const std::string& one : line) {
            if (one.empty()) continue;
            if (!text.empty()) text += gap;
            text += one;
        }
        return text;
    };
    std::string best;
    for (const part& one : by_importance) {
        if (one.text.empty()) continue;
        line[static_cast<std::size_t>(one.place)] = one.text;
        std::string wider = joined();
        if (wider.size() > room) break;
        best = std::move(wider);
    }
    return best;
}

std::string recovery_line(const run_snapshot& now, std::size_t room) {
    const std::string share = ": " + std::to_string(percent_recovered(now.counts.job)) + " %";
    const std::string path = plain_ascii(now.counts.job.recovering);
    for (const std::string& name : {" " + path, " " + std::string(last_name(path)), std::string()}) {
        std::string line = "reading" + name + share;
        if (line.size() <= room) return line;
    }
    return {};
}

/// What is waited for, in ever more words.
struct waiting_words {
    std::string brief;
    std::string until;
    std::string reason;  ///< follows `until`
};

template <class Moment>
waiting_words words_for(const waiting& waits, const Moment& moment) {
    if (waits.what == waits_for::nothing) return {};
    waiting_words words;
    const std::string end = waits.until ? moment(*waits.until) : std::string();
    if (waits.what == waits_for::pause) {
        words.brief = "paused";
        words.until = waits.until ? "paused until " + end : words.brief;
    } else {
        words.brief = "outage";
        words.until = "outage since " + moment(waits.since) + (waits.until ? ", gives up at " + end : "");
    }
    if (!waits.reason.empty()) words.reason = ": " + waits.reason;
    return words;
}

/// As much of the reason as there is room for behind the rest of the line.
std::string with_reason(const waiting_words& words, std::size_t room) {
    constexpr std::size_t worth_it = 12;
    if (words.reason.empty() || room < worth_it) return {};
    const std::string reason = plain_ascii(words.reason);
    if (reason.size() <= room) return words.until + reason;
    return words.until + reason.substr(0, room - 3) + "...";
}

std::string percent_words(const run_snapshot& now) {
    const auto percent = percent_done(now);
    return percent ? std::to_string(*percent) + " %" : std::string();
}

std::string forecast_words(const run_snapshot& now) {
    const auto left = time_left(now);
    return left ? "ETA " + clock_length(*left) : std::string();
}

std::chrono::seconds whole(std::chrono::duration<double> length) {
    return std::chrono::duration_cast<std::chrono::seconds>(length);
}

}  // namespace

std::optional<unsigned> percent_done(const run_snapshot& now) {
    const run_counts& counts = now.counts;
    if (!counts.total) return counts.job.percent_read;
    if (*counts.total == 0) return 100;
    return static_cast<unsigned>(std::min<std::uint64_t>(100, gone_through(counts) * 100 / *counts.total));
}

std::optional<std::chrono::seconds> time_left(const run_snapshot& now) {
    const run_counts& counts = now.counts;
    const bool stands_still = now.waits.what != waits_for::nothing || is_recovering(now);
    if (stands_still || now.per_second_lately <= 0) return std::nullopt;
    const auto done = static_cast<double>(gone_through(counts));
    double all = 0;
    if (counts.total) {
        all = static_cast<double>(*counts.total);
    } else {
        // Whole percents tell too little of a small share, and nothing of what is left of the last one.
        if (!counts.job.percent_read || *counts.job.percent_read < 2 || *counts.job.percent_read > 99) {
            return std::nullopt;
        }
        all = (done + static_cast<double>(counts.job.under_way)) * 100 / (*counts.job.percent_read + 0.5);
    }
    constexpr double too_far = 1'000.0 * 3'600;
    const double seconds = std::max(0.0, all - done) / now.per_second_lately;
    if (seconds >= too_far) return std::nullopt;
    return std::chrono::seconds(std::llround(std::ceil(seconds)));
}

std::string progress_line(const run_snapshot& now, std::size_t columns) {
    const std::size_t room = columns > 0 ? columns - 1 : 0;
    if (is_recovering(now)) return recovery_line(now, room);
    const run_counts& counts = now.counts;
    const auto moment = [&](std::chrono::sys_seconds at) { return time_of_day(at, now.at); };
    const waiting_words waits = words_for(now.waits, moment);
    enum { waiting_place, percent, done, failed, in_flight, there, rate, clock, forecast };
    std::vector<part> parts{
        {waiting_place, waits.brief},
        {percent, percent_words(now)},
        {rate, rate_words(now.per_second)},
        {waiting_place, waits.until},
        {forecast, forecast_words(now)},
        {failed, core::grouped(counts.job.failed) + " failed"},
        {done, core::grouped(outcomes_of(counts)) + " done"},
        {clock, clock_length(whole(now.elapsed))},
        {in_flight, core::grouped(counts.job.under_way) + " in flight"},
        {there, counts.job.already_there > 0 ? core::grouped(counts.job.already_there) + " there already"
                                             : std::string()},
    };
    // The reason takes what is left once failures have their place.
    const std::size_t before_reason = 6;
    const std::vector<part> essential(parts.begin(), parts.begin() + before_reason);
    const std::size_t taken = fitted(essential, room).size();
    if (std::string reasoned = with_reason(waits, room - std::min(room, taken)); !reasoned.empty()) {
        parts.insert(parts.begin() + before_reason, {waiting_place, std::move(reasoned)});
    }
    return fitted(parts, room);
}

std::string progress_message(const run_snapshot& now) {
    if (is_recovering(now)) {
        return "reading " + now.counts.job.recovering + ": " +
               std::to_string(percent_recovered(now.counts.job)) + " %";
    }
    const run_counts& counts = now.counts;
    const waiting_words waits =
        words_for(now.waits, [](std::chrono::sys_seconds at) { return core::rfc3339(at); });
    std::string text;
    for (const std::string& one :
         {waits.until + waits.reason, percent_words(now), core::grouped(outcomes_of(counts)) + " done",
          core::grouped(counts.job.failed) + " failed", core::grouped(counts.job.under_way) + " in flight",
          counts.job.already_there > 0 ? core::grouped(counts.job.already_there) + " there already"
                                       : std::string(),
          rate_words(now.per_second), clock_length(whole(now.elapsed)), forecast_words(now)}) {
        if (one.empty()) continue;
        if (!text.empty()) text += ", ";
        text += one;
    }
    return text;
}

json_members progress_members(const run_snapshot& now) {
    const run_counts& counts = now.counts;
    json_members all;
    all.text("message", progress_message(now));
    const auto state = [&]() -> std::string_view {
        if (is_recovering(now)) return "reading";
        if (now.waits.what == waits_for::pause) return "paused";
        return now.waits.what == waits_for::outage ? "outage" : "running";
    };
    all.text("state", state());
    if (is_recovering(now)) {
        all.text("file", counts.job.recovering)
            .number("read_bytes", counts.job.recovered_bytes)
            .number("of_bytes", counts.job.recovery_bytes);
    }
    all.text_or_null("reason", now.waits.reason)
        .text_or_null("until", now.waits.until ? core::rfc3339(*now.waits.until) : std::string())
        .number("ids", outcomes_of(counts))
        .number("ok", counts.job.found)
        .number("failed", counts.job.failed)
        .number("already_there", counts.job.already_there)
        .number("in_flight", counts.job.under_way)
        .decimal("ids_per_second", now.per_second, 1)
        .decimal("seconds", now.elapsed.count(), 3);
    const auto percent = percent_done(now);
    const auto left = time_left(now);
    all.raw("percent", percent ? std::to_string(*percent) : "null")
        .raw("seconds_left", left ? std::to_string(left->count()) : "null");
    return all.number("requests", counts.client.requests).number("retries", counts.client.retries);
}

}  // namespace getty::connect::cli

#include "cli/report/tally.hpp"

#include "cli/lines/files.hpp"

#include <algorithm>
#include <cstdio>
#include <string_view>
#include <utility>
#include <vector>

namespace getty::connect::cli {
namespace {

bool network_trouble(const error& why) noexcept {
    return why.kind() == condition::unreachable || why.stage() == stage::resolve ||
           why.stage() == stage::connect || why.stage() == stage::tls;
}

double per_second(std::uint64_t count, std::chrono::duration<double> elapsed) noexcept {
    return elapsed.count() > 0 ? static_cast<double>(count) / elapsed.count() : 0;
}

std::string member(std::string_view name, std::uint64_t value) {
    return "\"" + std::string(name) + "\":" + std::to_string(value);
}

// `,"NAME":["…","…"]`
void append_strings(std::string& to, std::string_view name, const std::vector<std::string>& texts) {
    to += ",\"" + std::string(name) + "\":[";
    for (const std::string& one : texts) {
        if (to.back() != '[') to += ',';
        append_json_string(to, one);
    }
    to += ']';
}

}  // namespace

void tally::add_accepted(const error& why) noexcept {
    ++failed_;
    ++accepted_;
    ++by_kind_[static_cast<std::size_t>(why.kind())];
}

void tally::add_failure(const error& why) noexcept {
    ++failed_;
    ++by_kind_[static_cast<std::size_t>(why.kind())];
    if (why.value() == errc::quota_exhausted) ++quota_;
    if (why.kind() == condition::auth_failed) ++authentication_;
    if (why.kind() == condition::invalid_input) ++invalid_;
    if (network_trouble(why)) ++no_answer_;
}

std::uint64_t tally::failed(condition kind) const noexcept {
    return by_kind_[static_cast<std::size_t>(kind)];
}

exit_code tally::verdict() const noexcept {
    if (failed_ == accepted_) return exit_code::success;
    if (quota_ > 0) return exit_code::quota;
    if (authentication_ > 0) return exit_code::authentication;
    // Ids that were refused before any I/O say nothing about the network.
    const bool nothing_reached = no_answer_ > 0 && no_answer_ + invalid_ == total();
    return nothing_reached ? exit_code::unreachable : exit_code::some_failed;
}

exit_code verdict(const error& why) noexcept {
    tally one;
    one.add_failure(why);
    return one.verdict();
}

exit_code verdict_on_end(const error& why) noexcept {
    if (why.value() == errc::quota_exhausted) return exit_code::quota;
    // It ends a run only where it means the key.
    if (why.kind() == condition::auth_failed || why.value() == errc::forbidden) {
        return exit_code::authentication;
    }
    // The latter two: every id was refused alike, so it is what they were asked with, or where.
    if (why.value() == errc::invalid_option || why.value() == errc::bad_request ||
        why.value() == errc::unexpected_status) {
        return exit_code::usage;
    }
    return why.value() == errc::throttled ? exit_code::limit : exit_code::unreachable;
}

exit_code verdict_on_start(const error& why) noexcept {
    const exit_code code = verdict_on_end(why);
    return code == exit_code::limit ? exit_code::unreachable : code;
}

exit_code first_that_applies(exit_code a, exit_code b) noexcept {
    for (const exit_code one :
         {exit_code::hung_up, exit_code::interrupted, exit_code::terminated, exit_code::local_failure,
          exit_code::usage, exit_code::quota, exit_code::authentication, exit_code::unreachable,
          exit_code::limit, exit_code::some_failed}) {
        if (a == one || b == one) return one;
    }
    return exit_code::success;
}

std::string tally::failures() const {
    std::vector<std::pair<std::uint64_t, condition>> sorted;
    for (std::size_t i = 0; i < by_kind_.size(); ++i) {
        if (by_kind_[i] > 0) sorted.emplace_back(by_kind_[i], static_cast<condition>(i));
    }
    std::sort(sorted.begin(), sorted.end(), [](const auto& a, const auto& b) {
        return a.first != b.first ? a.first > b.first : a.second < b.second;
    });
    std::string text;
    for (const auto& [count, kind] : sorted) {
        if (!text.empty()) text += ", ";
        text += grouped(count) + " " + std::string(to_string(kind));
    }
    return text;
}

std::string tally::failures_json() const {
    std::string text = "{";
    for (std::size_t i = 0; i < by_kind_.size(); ++i) {
        if (by_kind_[i] == 0) continue;
        if (text.size() > 1) text += ',';
        text += member(to_string(static_cast<condition>(i)), by_kind_[i]);
    }
    return text + "}";
}

std::string summary_text(const tally& counted, const client_stats& stats,
                         std::chrono::duration<double> elapsed) {
    std::string text = counted_noun(counted.total(), "id", "ids") + ": " + grouped(counted.succeeded()) +
                       " ok, " + grouped(counted.failed()) + " failed";
    if (counted.failed() > 0) text += " (" + counted.failures() + ")";
    if (counted.unasked() > 0) text += ", and " + grouped(counted.unasked()) + " more not asked for,";
    text += " in " + fixed(elapsed.count(), 2) + " s, " + fixed(per_second(counted.total(), elapsed), 1) +
            " ids/s\n";
    text += "getty-connect: " + counted_noun(stats.requests, "request", "requests") + ", " +
            counted_noun(stats.retries, "retry", "retries") + ", " +
            counted_noun(stats.connections_opened, "connection", "connections") + ", " +
            counted_noun(stats.tokens_issued, "token", "tokens");
    if (stats.pauses > 0) text += ", " + counted_noun(stats.pauses, "pause", "pauses");
    if (stats.outages > 0) text += ", " + counted_noun(stats.outages, "outage", "outages");
    return text;
}

std::string summary_json(const tally& counted, const client_stats& stats,
                         std::chrono::duration<double> elapsed, const run_end& ended) {
    std::string text =
        "{" + member("ids", counted.total()) + "," + member("ok", counted.succeeded()) + "," +
        member("failed", counted.failed()) + "," + member("not_asked", counted.unasked()) +
        ",\"failures\":" + counted.failures_json() + ",\"seconds\":" + fixed(elapsed.count(), 3) +
        ",\"ids_per_second\":" + fixed(per_second(counted.total(), elapsed), 1) + "," +
        member("requests", stats.requests) + "," + member("retries", stats.retries) + "," +
        member("connections", stats.connections_opened) + "," + member("tokens", stats.tokens_issued) + "," +
        member("pauses", stats.pauses) + "," + member("outages", stats.outages) + ",\"reason\":";
    if (ended.reason.empty()) {
        text += "null";
    } else {
        append_json_string(text, ended.reason);
    }
    append_strings(text, "errors", ended.errors);
    append_strings(text, "warnings", ended.warnings);
    return text + "," + member("exit_code", static_cast<std::uint64_t>(ended.code)) + "}";
}

}  // namespace getty::connect::cli

#include "cli/report/run_summary.hpp"

#include "cli/report/time_words.hpp"
#include "core/numerals.hpp"
#include "core/rfc3339.hpp"

#include <algorithm>
#include <string_view>
#include <utility>

namespace getty::connect::cli {
namespace {

double per_second(std::uint64_t count, std::chrono::duration<double> elapsed) noexcept {
    return elapsed.count() > 0 ? static_cast<double>(count) / elapsed.count() : 0;
}

/// Kinds with their counts, in the order of their numbers.
std::vector<std::pair<condition, std::uint64_t>> kinds_of(const counts_by_kind& counts) {
    std::vector<std::pair<condition, std::uint64_t>> kinds;
    for (std::size_t i = 0; i < counts.size(); ++i) {
        if (counts[i] > 0) kinds.emplace_back(static_cast<condition>(i), counts[i]);
    }
    return kinds;
}

/// "8 not_found, 2 timeout", the most frequent first.
std::string kinds_in_words(const counts_by_kind& counts) {
    auto kinds = kinds_of(counts);
    std::ranges::stable_sort(kinds, std::ranges::greater(), &decltype(kinds)::value_type::second);
    std::string text;
    for (const auto& [kind, count] : kinds) {
        if (!text.empty()) text += ", ";
        text += core::grouped(count) + " " + std::string(to_string(kind));
    }
    return text;
}

std::string kinds_as_json(const counts_by_kind& counts) {
    json_members all;
    for (const auto& [kind, count] : kinds_of(counts)) all.number(to_string(kind), count);
    return all.object();
}

using failure_entry = std::pair<errc, const ingest::failure_count*>;

std::vector<failure_entry> by_frequency(const std::map<errc, ingest::failure_count>& failures) {
    std::vector<failure_entry> sorted;
    for (const auto& [code, one] : failures) sorted.emplace_back(code, &one);
    std::ranges::stable_sort(sorted, std::ranges::greater(),
                             [](const failure_entry& one) { return one.second->count; });
    return sorted;
}

/// ", 2 pauses (12 s)", or nothing.
std::string waits_in_words(std::uint64_t count, std::string_view one, std::string_view many,
                           std::chrono::duration<double> length) {
    if (count == 0) return {};
    return ", " + core::counted_noun(count, one, many) + " (" + length_words(length) + ")";
}

std::string requests_in_words(const run_snapshot& last) {
    const client_stats& s = last.counts.client;
    return core::counted_noun(s.requests, "request", "requests") + ", " +
           core::counted_noun(s.retries, "retry", "retries") + ", " +
           core::counted_noun(s.connections_opened, "connection", "connections") + ", " +
           core::counted_noun(s.tokens_issued, "token", "tokens") + ", " +
           core::bytes_words(s.bytes_received) + waits_in_words(s.pauses, "pause", "pauses", last.paused) +
           waits_in_words(s.outages, "outage", "outages", last.in_outage);
}

std::string latency_in_words(const latency_record& latency) {
    std::string text = "request latency ";
    for (const unsigned percent : {50U, 95U, 99U}) {
        text += "p" + std::to_string(percent) + " " +
                length_words(latency.percentile(percent).value_or(core::duration(0))) + ", ";
    }
    return text + "max " + length_words(latency.longest());
}

/// A line for each code: its first id and message.
void append_failures(std::vector<std::string>& lines, const std::map<errc, ingest::failure_count>& failures) {
    constexpr std::size_t most = 10;
    const auto sorted = by_frequency(failures);
    for (std::size_t i = 0; i < std::min(most, sorted.size()); ++i) {
        const auto& [code, one] = sorted[i];
        const std::string id = one->first_id.empty() ? std::string() : one->first_id + ": ";
        lines.push_back(core::grouped(one->count) + " " + std::string(identifier(code)) + ", first " + id +
                        one->first_message);
    }
    if (sorted.size() > most) lines.push_back("and " + core::grouped(sorted.size() - most) + " more kinds");
}

std::string outcomes_in_words(const run_snapshot& last, const run_result& result) {
    const ingest::job_progress& job = last.counts.job;
    const std::uint64_t ids = outcomes_of(last.counts);
    std::string text = core::counted_noun(ids, "id", "ids") + ": " + core::grouped(job.found) + " ok, " +
                       core::grouped(job.failed) + " failed";
    if (job.failed > 0) {
        text += " (" + kinds_in_words(last.counts.failed);
        if (result.accepted > 0) text += "; " + core::grouped(result.accepted) + " of them accepted";
        text += ")";
    }
    if (result.not_asked > 0) text += ", and " + core::grouped(result.not_asked) + " more not asked for,";
    return text + " in " + core::fixed(last.elapsed.count(), 2) + " s, " +
           core::fixed(per_second(ids, last.elapsed), 1) + " ids/s";
}

std::string failures_as_json(const std::map<errc, ingest::failure_count>& failures) {
    std::string list = "[";
    for (const auto& [code, one] : by_frequency(failures)) {
        if (list.size() > 1) list += ',';
        list += json_members()
                    .text("code", identifier(code))
                    .text("kind", to_string(error(code, stage::queue).kind()))
                    .number("count", one->count)
                    .text_or_null("id", one->first_id)
                    .text("message", one->first_message)
                    .object();
    }
    return list + "]";
}

double milliseconds(core::duration length) noexcept {
    return std::chrono::duration<double, std::milli>(length).count();
}

std::string latency_as_json(const latency_record* latency) {
    if (latency == nullptr || latency->total() == 0) return "null";
    json_members all;
    for (const unsigned percent : {50U, 95U, 99U}) {
        all.decimal("p" + std::to_string(percent),
                    milliseconds(latency->percentile(percent).value_or(core::duration(0))), 3);
    }
    return all.decimal("max", milliseconds(latency->longest()), 3)
        .number("requests", latency->total())
        .object();
}

}  // namespace

std::string summary_text(const run_snapshot& last, const run_result& result) {
    const std::uint64_t there = last.counts.job.already_there;
    std::vector<std::string> lines{outcomes_in_words(last, result)};
    if (there > 0) lines.push_back(core::grouped(there) + (there == 1 ? " was" : " were") + " there already");
    lines.push_back(requests_in_words(last));
    if (last.latency != nullptr && last.latency->total() > 0) {
        lines.push_back(latency_in_words(*last.latency));
    }
    append_failures(lines, result.failures);
    std::string text;
    for (const std::string& line : lines) text += (text.empty() ? "" : "\ngetty-connect: ") + line;
    return text;
}

json_members summary_members(const run_snapshot& last, const run_result& result) {
    const ingest::job_progress& job = last.counts.job;
    const client_stats& s = last.counts.client;
    const std::uint64_t ids = outcomes_of(last.counts);
    json_members all;
    all.number("ids", ids)
        .number("ok", job.found)
        .number("failed", job.failed)
        .number("accepted", result.accepted)
        .number("already_there", job.already_there)
        .number("not_asked", result.not_asked)
        .raw("failures", kinds_as_json(last.counts.failed))
        .raw("first_failures", failures_as_json(result.failures))
        .decimal("seconds", last.elapsed.count(), 3)
        .decimal("ids_per_second", per_second(ids, last.elapsed), 1)
        .raw("latency_ms", latency_as_json(last.latency))
        .number("requests", s.requests)
        .number("retries", s.retries)
        .number("connections", s.connections_opened)
        .number("tokens", s.tokens_issued)
        .number("bytes", s.bytes_received)
        .number("pauses", s.pauses)
        .decimal("pause_seconds", last.paused.count(), 3)
        .number("outages", s.outages)
        .decimal("outage_seconds", last.in_outage.count(), 3)
        .text("started", core::rfc3339(last.started))
        .text_or_null("ended", result.ended)
        .text_or_null("reason", result.reason)
        .text_or_null("go_on", result.go_on)
        .texts("errors", result.errors)
        .texts("warnings", result.warnings);
    return all.number("exit_code", static_cast<unsigned>(result.code));
}

}  // namespace getty::connect::cli

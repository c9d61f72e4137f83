// `fetch --dry-run`.
#include "cli/commands.hpp"
#include "cli/interrupt.hpp"
#include "cli/job/outputs.hpp"
#include "cli/report/json_members.hpp"
#include "core/numerals.hpp"

#include <getty/connect/ingest/input.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace getty::connect::cli {
namespace {

boost::asio::awaitable<void> count(ingest::source& ids, ingest::input_count& into) {
    into = co_await ingest::count_ids(ids);
}

/// Requests by themselves, and as many as the rates allow.
std::optional<std::chrono::milliseconds> length_at_rate(const arguments& wanted, std::uint64_t ids) {
    const lookup_arguments& l = wanted.lookup;
    const std::uint64_t a_request =
        wanted.connection.api == dialect::v3 ? l.ids_per_request.value_or(100) : std::uint64_t{1};
    const std::uint64_t requests = (ids + a_request - 1) / a_request;
    double seconds = 0;
    if (l.rate > 0) seconds = static_cast<double>(requests) / l.rate;
    if (l.rate_ids > 0) seconds = std::max(seconds, static_cast<double>(ids) / l.rate_ids);
    if (seconds == 0) return std::nullopt;
    return std::chrono::milliseconds(static_cast<std::int64_t>(seconds * 1000));
}

/// The two largest units.
std::string rough_duration(std::chrono::milliseconds length) {
    constexpr std::pair<std::int64_t, const char*> units[] = {
        {86'400, "d"}, {3'600, "h"}, {60, "min"}, {1, "s"}};
    std::int64_t left = std::chrono::ceil<std::chrono::seconds>(length).count();
    std::string text;
    int parts = 0;
    for (const auto& [seconds, name] : units) {
        if (parts == 2 || left < seconds) {
            if (parts > 0) break;
            continue;
        }
        text += (text.empty() ? "" : " ") + core::grouped(static_cast<std::uint64_t>(left / seconds)) + " " +
                name;
        left %= seconds;
        ++parts;
    }
    return text.empty() ? "1 s" : text;
}

std::string in_words(const ingest::input_count& found,
                     const std::optional<std::chrono::milliseconds>& length) {
    std::string text = core::grouped(found.valid) + " ids to look up, " + core::grouped(found.doubled) +
                       " of them repeated, and " + core::grouped(found.bad) +
                       (found.bad == 1 ? " line that is none" : " lines that are none");
    if (length) text += "; at the rate asked for at least " + rough_duration(*length);
    return text + "\n";
}

void tell_json(console& tell, const ingest::input_count& found,
               const std::optional<std::chrono::milliseconds>& length, exit_code code) {
    json_members all;
    all.number("ids", found.valid).number("repeated", found.doubled).number("bad", found.bad);
    all.raw("seconds_at_rate",
            length ? std::to_string(std::chrono::ceil<std::chrono::seconds>(*length).count()) : "null");
    all.texts("warnings", tell.kept().warnings).number("exit_code", static_cast<unsigned>(code));
    tell.object("summary", all);
}

}  // namespace

exit_code run_dry(const arguments& wanted, console& tell) {
    boost::asio::io_context context(1);
    const auto ids = open_ids(context.get_executor(), wanted.lookup);
    ingest::input_count found;
    std::exception_ptr failed;
    interrupt stop(context.get_executor(), tell, [&ids] { ids->stop(); });
    boost::asio::co_spawn(context, count(*ids, found), [&](std::exception_ptr broken) {
        failed = broken;
        stop.stop();
    });
    context.run();
    if (failed) std::rethrow_exception(failed);
    if (stop.happened()) return stop.code();
    for (const std::string& one : found.first_troubles) tell.warning(one);
    const std::uint64_t not_shown = found.bad - found.first_troubles.size();
    if (not_shown > 0) tell.warning("and " + core::grouped(not_shown) + " more lines that are no ids");
    const exit_code code = found.bad > 0 ? exit_code::some_failed : exit_code::success;
    const auto length = length_at_rate(wanted, found.valid);
    if (wanted.summary == summary_form::json) {
        tell_json(tell, found, length, code);
    } else {
        print_text(in_words(found, length));
    }
    return code;
}

}  // namespace getty::connect::cli

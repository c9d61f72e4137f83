#include "load/text_report.hpp"

#include "core/numerals.hpp"
#include "load/document.hpp"
#include "support/bench_samples.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

using namespace getty::connect;
using namespace getty::connect::load;
using namespace getty::connect::test;

namespace {

bool has(std::string_view text, std::string_view part) { return text.find(part) != std::string_view::npos; }

/// Without line ends and what is blank behind them.
std::string joined(const std::string& text) {
    std::string out;
    for (const char c : text) {
        const char blank = c == '\n' ? ' ' : c;
        if (blank != ' ' || (!out.empty() && out.back() != ' ')) out += blank;
    }
    return out;
}

void check_fits(const std::string& text, std::size_t columns) {
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) {
        CAPTURE(line);
        CHECK(line.size() <= columns);
        CHECK_FALSE(line.ends_with(' '));
        CHECK(std::none_of(line.begin(), line.end(),
                           [](char c) { return static_cast<unsigned char>(c) < 0x20; }));
    }
    CHECK(text.ends_with('\n'));
    CHECK_FALSE(text.ends_with("\n\n"));
    CHECK_FALSE(has(text, "\n\n\n"));
}

const std::vector<measurement>& samples() {
    static const std::vector<measurement> all = {single_sample(), knee_sample(),   stall_sample(),
                                                 rounds_sample(), silent_sample(), measurement()};
    return all;
}

}  // namespace

TEST_CASE("L9: a text report fits its columns, whatever was measured") {
    for (const measurement& m : samples()) {
        for (const std::size_t columns : {80U, 120U}) check_fits(text_report(m, columns), columns);
        CHECK(text_report(m, 10) == text_report(m, 80));
    }
}

TEST_CASE("L9: a report is made from the document alone: the same from what was read back") {
    for (const measurement& m : samples()) {
        CHECK(text_report(read_document(write_document(m), "m.json"), 80) == text_report(m, 80));
    }
}

TEST_CASE("L9: the text report of one step has its figures") {
    const measurement m = samples()[0];
    const step_result& s = m.steps[0];
    const std::string text = joined(text_report(m, 80));
    CHECK(has(text, "Target https://connect.example.com/api (connect, digest) at 192.0.2.17:443"));
    CHECK(has(text, "TLS TLSv1.3, TLS_AES_128_GCM_SHA256"));
    CHECK(has(text, core::grouped(s.due) + " due, " + core::grouped(s.sent) + " sent, 0 dropped; "));
    CHECK(has(text, "1,500/s asked, "));
    CHECK(has(text, "p99 " + core::microseconds_text(*s.latency_due_us.p99) + " " +
                        core::microseconds_text(*s.latency_send_us.p99)));
    CHECK(has(text, "p99.99 - -"));
    CHECK(has(text, "max " + core::microseconds_text(s.latency_due_us.max)));
    CHECK(has(text, "peer_closed: the connection was closed before the answer was complete"));
    CHECK(has(text, "first byte " + core::microseconds_text(s.phases_us.first_byte.mean)));
    CHECK(has(text, "loop stalled for up to 850 us"));
    CHECK(has(text, "Held p99<60ms, measured " + core::microseconds_text(*s.latency_due_us.p99)));
    CHECK(has(text, "5,000,000 ids, cycle"));
}

TEST_CASE("L9: the text report of a closed loop has the corrected p99, and its warnings their figures") {
    const measurement m = samples()[2];
    const std::string text = joined(text_report(m, 80));
    CHECK(has(text, "p99 with the requests that were not made: " +
                        core::microseconds_text(*m.steps[0].corrected_p99_us)));
    CHECK(has(text, "BROKEN p99.9<100ms, measured"));
    REQUIRE(m.warnings.size() >= 2);
    for (const warning& w : m.warnings) CHECK(has(text, "Warning " + w.text));
}

TEST_CASE("L9: several steps are a table, a plot and the knee") {
    const measurement m = samples()[1];
    const std::string text = text_report(m, 120);
    for (const char* load : {"500/s ", "1,000/s ", "1,500/s ", "1,800/s ", "1,950/s ", "2,200/s "}) {
        CHECK(has(text, std::string("\n") + load));
    }
    CHECK(has(text, "Latency by answered requests: o p50, x p99, * both"));
    CHECK(has(text, "The knee is at 1,950/s"));
    CHECK(has(joined(text), "Warning 2,200/s: The rate was not reached"));
    CHECK(has(text, "p99.9"));
    CHECK_FALSE(has(text_report(m, 80), "p99.9"));
    // One mark for each figure of each step, less those that fall together.
    const auto marks = [&](char mark) {
        return std::count(text.begin() + static_cast<std::ptrdiff_t>(text.find("* both")) + 6,
                          text.begin() + static_cast<std::ptrdiff_t>(text.find("The knee")), mark);
    };
    CHECK(marks('x') + marks('o') + 2 * marks('*') == 12);
}

TEST_CASE("L9: rounds are rows of their own") {
    const std::string text = text_report(samples()[3], 80);
    CHECK(has(text, "\n32 at a time, round 1 "));
    CHECK(has(text, "\n32 at a time, round 2 "));
}

TEST_CASE("L9: where nothing was answered there are dashes, and no figures of nothing") {
    const std::string text = text_report(samples()[4], 80);
    CHECK(has(joined(text), "p99 - -"));
    CHECK(has(joined(text), "150 unreachable: connection refused"));
    CHECK(has(joined(text), "150 unfinished"));
    CHECK(has(joined(text), "BROKEN p99<60ms, measured too few samples to say"));
    CHECK_FALSE(has(text, "requests by time"));
    CHECK(has(text_report(measurement(), 80), "Nothing was measured."));
}

TEST_CASE("L9: texts from outside cannot steer the terminal") {
    const std::string text = text_report(hostile_sample(), 80);
    for (const char c : text) CHECK((c == '\n' || static_cast<unsigned char>(c) >= 0x20));
    CHECK(has(text, "</script>"));  // nothing to a terminal
}

TEST_CASE("L9: a comparison has both figures, the interval and the verdict of each") {
    const auto all = changes(samples()[0], single_sample(23), 0.05);
    const std::string text = text_comparison(all, {"duration: 30 s, was 10 s"}, 80);
    check_fits(text, 80);
    check_fits(text_comparison(all, {}, 120), 120);
    CHECK(has(joined(text), "Unlike duration: 30 s, was 10 s"));
    for (const figure_change& c : all) CHECK(has(text, c.words));
    CHECK(has(joined(text), "1,500/s p50 " + core::microseconds_text(all[0].before) + " " +
                                core::microseconds_text(all[0].after) + " +"));
    CHECK(has(text, "slower by"));
}

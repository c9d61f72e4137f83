#include "load/page.hpp"

#include "core/numerals.hpp"
#include "load/document.hpp"
#include "load/page_charts.hpp"
#include "support/bench_samples.hpp"

#include <doctest/doctest.h>

#include <string>
#include <string_view>
#include <vector>

using namespace getty::connect;
using namespace getty::connect::load;
using namespace getty::connect::test;

namespace {

bool has(std::string_view text, std::string_view part) { return text.find(part) != std::string_view::npos; }

std::size_t count(std::string_view text, std::string_view part) {
    std::size_t n = 0;
    for (std::size_t at = text.find(part); at != std::string_view::npos; at = text.find(part, at + 1)) ++n;
    return n;
}

/// What a reader sees and a browser draws: without the document.
std::string shown(const std::string& page) { return page.substr(0, page.find("<script")); }

const std::vector<measurement>& samples() {
    static const std::vector<measurement> all = {single_sample(), knee_sample(),   stall_sample(),
                                                 rounds_sample(), silent_sample(), hostile_sample(),
                                                 measurement()};
    return all;
}

/// As large as they come: many steps, or a step of hours.
std::vector<measurement> large_samples() {
    const auto times = [](std::size_t rounds) {
        measurement many = knee_sample();
        while (many.steps.size() < 6 * rounds) {
            many.steps.push_back(many.steps[many.steps.size() - 6]);
            ++many.steps.back().round;
        }
        many.plan.rounds = rounds;
        many.warnings = warnings_of(many);
        many.slo = judge(read_slo("p99<100ms,errors<1%"), many.steps);
        return many;
    };
    measurement hours = single_sample();
    std::vector<second_figures>& seconds = hours.steps[0].per_second;
    while (seconds.size() < 4 * 3'600) {
        seconds.push_back(seconds[seconds.size() % 30 + 3]);
        seconds.back().second = seconds.size() - 1;
        if (seconds.size() % 7 == 0) seconds.back().throttled = 5;
        seconds.back().reconnects = seconds.size() % 3;
    }
    return {times(5), hours, times(200)};
}

}  // namespace

TEST_CASE("L9: a page is one file without network or script, and says so to the browser") {
    for (const measurement& m : samples()) {
        const std::string all = page(m, nullptr);
        CHECK(all.starts_with("<!doctype html>"));
        CHECK(has(all, "content=\"default-src 'none'; style-src 'unsafe-inline'\""));
        CHECK(count(all, "<script") == 1);
        CHECK(count(all, "</script>") == 1);
        CHECK(has(all, "<script type=\"application/json\" id=\"getty-connect-bench\">"));
        const std::string seen = shown(all);
        for (const char* const forbidden : {" src=", "href=", "url(", "@import", "<iframe", "<object",
                                            " onload", " onclick", "\"nan", "\"inf", " nan", "-nan"}) {
            CAPTURE(forbidden);
            CHECK_FALSE(has(seen, forbidden));
        }
        CHECK(has(seen, "prefers-color-scheme:dark"));
        CHECK(has(seen, "name=\"viewport\""));
    }
}

TEST_CASE("L9: a page is below 300 KB, whatever was measured, and holds as much of the document as fits") {
    for (const measurement& m : samples()) CHECK(page(m, nullptr).size() < max_page_bytes);
    const std::vector<measurement> large = large_samples();
    for (const measurement& m : {large[0], large[1]}) {
        const std::string all = page(m, nullptr);
        CHECK(all.size() < max_page_bytes);
        const measurement kept = read_document(all, "page.html");
        CHECK(kept.steps.size() == m.steps.size());
        CHECK_FALSE(kept.left_out.empty());
    }
    // More than any page can hold: it has none, says so, and is refused as a baseline.
    const std::string all = page(large[2], nullptr);
    CHECK(all.size() < max_page_bytes);
    CHECK(has(all, "The document is too large for this page"));
    CHECK_THROWS_WITH((void)read_document(all, "page.html"),
                      "page.html is a page without a measurement in it: give the file that --json wrote");
    const measurement m = single_sample();
    const measurement old = single_sample(23);
    CHECK(page(m, &old).size() < max_page_bytes);
}

TEST_CASE("L9: a page is a baseline: the document is read out of it, as it was") {
    for (const measurement& m : {samples()[0], samples()[2], samples()[4], samples()[5]}) {
        CHECK(write_document(read_document(page(m, nullptr), "page.html")) == write_document(m));
    }
}

TEST_CASE("L9: a page is made from the document alone: the same from what was read back") {
    for (const measurement& m : samples()) {
        // Bytes that are no UTF-8 are replaced when they are written, and shown as such before.
        const measurement once = read_document(write_document(m), "m.json");
        const measurement twice = read_document(page(once, nullptr), "m.html");
        if (twice.left_out.empty()) CHECK(page(twice, nullptr) == page(once, nullptr));
        if (m.started == once.started) CHECK(page(once, nullptr) == page(m, nullptr));
    }
}

TEST_CASE("L9: texts from outside are text in a page, wherever they stand") {
    const measurement harm = hostile_sample();
    const std::string all = page(harm, &harm);
    CHECK_FALSE(has(all, "<script>"));
    CHECK_FALSE(has(all, "<!--"));
    CHECK(count(all, "alert(1)") > 20);
    CHECK(has(shown(all),
              "&lt;/script&gt;&lt;script&gt;alert(1)&lt;/script&gt;&lt;!--&quot;&#39;&amp;\\ ?[2J ?"));
    for (const char c : all) CHECK((c == '\n' || static_cast<unsigned char>(c) >= 0x20));
}

TEST_CASE("L9: the page of one step has its figures, its charts with their units, and the command") {
    const measurement m = samples()[0];
    const step_result& s = m.steps[0];
    const std::string seen = shown(page(m, nullptr));
    CHECK(has(seen, "All 2 limits were held"));
    CHECK(has(seen, "<b>" + core::microseconds_text(*s.latency_due_us.p99) + "</b><span>p99</span>"));
    CHECK(count(seen, "<svg ") == 4);
    for (const char* const title : {"latency from due", "requests that took no longer",
                                    "seconds since the step began", "requests per second", ">lookups<"}) {
        CHECK(has(seen, title));
    }
    CHECK(has(seen, "getty-connect bench ids.txt --rate 1500 --slo &#39;p99&lt;60ms,errors&lt;0.1%&#39;"));
    CHECK(has(seen, "the connection was closed before the answer was complete"));
    CHECK(has(seen, "</i>first byte</span></td>"));
    CHECK(has(seen, "not counted"));
    CHECK_FALSE(has(seen, "Compared"));
}

TEST_CASE("L9: a stall, 429s and reconnects are marked in their seconds") {
    const std::string seen = shown(page(samples()[2], nullptr));
    CHECK(has(seen, "p99 with the requests that were not made: "));
    CHECK(count(seen, "answers of 429 in second ") >= 1);
    CHECK(count(seen, "connections opened in second ") >= 2);
    CHECK(has(seen, "</i>429</span>"));
    CHECK(has(seen, "</i>reconnects</span>"));
    CHECK_FALSE(has(shown(page(samples()[0], nullptr)), "</i>429</span>"));
}

TEST_CASE("L9: the page of several steps has the load with its knee, each step folded but the knee's") {
    const std::string seen = shown(page(samples()[1], nullptr));
    CHECK(has(seen, "knee: 1,950/s"));
    CHECK(has(seen, "answered requests per second"));
    CHECK(count(seen, "<details") == 6);
    CHECK(count(seen, "<details open") == 1);
    CHECK(has(seen, "<details open><summary>1,950/s"));
    CHECK(has(seen, "<b>2,200/s:</b> The rate was not reached"));
    const std::string many = shown(page(large_samples()[0], nullptr));
    CHECK(count(many, "<details") == 12);
    CHECK(has(many, "The other 18 are in the table above."));
}

TEST_CASE("L9: a baseline is drawn dashed and compared, or named as no pair") {
    const measurement m = samples()[0];
    measurement old = single_sample(23);
    const std::string seen = shown(page(m, &old));
    CHECK(has(seen, "<h2>Compared</h2>"));
    CHECK(has(seen, "faster by "));
    CHECK(has(seen, "class=\"line b dashed\""));
    CHECK_FALSE(has(shown(page(m, nullptr)), "class=\"line b dashed\""));
    old.plan.duration_s = 10;
    const std::string unlike = shown(page(m, &old));
    CHECK(has(unlike, "<li>duration: 30 s, was 10 s</li>"));
    CHECK_FALSE(has(unlike, "faster by "));
    // What has no histogram any more is compared by what is left.
    old = shortened(single_sample(23), 1);
    CHECK(has(shown(page(m, &old)), "<h2>Compared</h2>"));
    // What has no answers is none the less drawn.
    measurement nothing = m;
    nothing.steps[0] = step_result();
    nothing.steps[0].asked_per_s = m.steps[0].asked_per_s;
    for (const std::string& one : {shown(page(nothing, &m)), shown(page(m, &nothing))}) {
        CHECK(has(one, "<p>Not compared: one of the two measurements has no answers"));
    }
}

TEST_CASE("L9: charts have no more points than they are given room for, and keep the highest") {
    const measurement m = large_samples()[1];
    const std::string drawn = latency_chart(m.steps[0], {100});
    CHECK(drawn.size() < 30'000);
    CHECK(has(drawn, "each point the highest of 144 s"));
    step_result s = samples()[0].steps[0];
    const std::string before = latency_chart(s, {5});
    s.per_second[17].p99_us = 40e6;
    CHECK(latency_chart(s, {5}) != before);
    CHECK(has(latency_chart(s, {5}), ">10 s<") != has(before, ">10 s<"));
    CHECK(percentile_chart(m.steps[0], nullptr, {50}).size() < 6'000);
}

TEST_CASE("L9: where nothing was answered a page says so and draws what there is") {
    const std::string seen = shown(page(samples()[4], nullptr));
    CHECK(has(seen, "connection refused"));
    CHECK(has(seen, "2 of 2 limits were broken"));
    CHECK_FALSE(has(seen, "Latency by percentile"));
    CHECK(has(seen, "Requests by second"));
    CHECK(has(shown(page(measurement(), nullptr)), "Nothing was measured."));
}

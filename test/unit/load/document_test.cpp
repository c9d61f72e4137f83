#include "load/document.hpp"

#include "load/unusable.hpp"
#include "support/bench_samples.hpp"

#include <boost/json.hpp>
#include <doctest/doctest.h>

#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

using namespace getty::connect::load;
using namespace getty::connect::test;
namespace json = boost::json;

namespace {

std::string complaint(std::string_view text) {
    try {
        (void)read_document(text, "old.json");
    } catch (const unusable& why) {
        return why.what();
    }
    return "none";
}

bool has(std::string_view text, std::string_view part) { return text.find(part) != std::string_view::npos; }

/// The document with the value at this pointer replaced.
std::string with(const measurement& m, std::string_view pointer, const json::value& value) {
    json::value whole = json::parse(write_document(m));
    boost::system::error_code failed;
    json::value* at = whole.find_pointer(json::string_view(pointer.data(), pointer.size()), failed);
    REQUIRE(at != nullptr);
    *at = value;
    return json::serialize(whole);
}

measurement small_sample() {
    measurement m = single_sample();
    m.steps[0].histogram.resize(3);
    m.steps[0].per_second.resize(2);
    return m;
}

/// Every pointer into a document, those of rows of series by their first.
void pointers(const json::value& at, const std::string& here, std::vector<std::string>& into) {
    if (!here.empty()) into.push_back(here);
    if (const json::object* object = at.if_object()) {
        for (const auto& [name, value] : *object) pointers(value, here + "/" + std::string(name), into);
    }
    if (const json::array* array = at.if_array()) {
        for (std::size_t i = 0; i < std::min<std::size_t>(array->size(), 1); ++i) {
            pointers(array->at(i), here + "/" + std::to_string(i), into);
        }
    }
}

}  // namespace

TEST_CASE("L8: what was written is read back, and written the same again") {
    for (const measurement& m :
         {single_sample(), knee_sample(), stall_sample(), rounds_sample(), silent_sample(), measurement()}) {
        const std::string text = write_document(m);
        const measurement back = read_document(text, "m.json");
        CHECK(write_document(back) == text);
        REQUIRE(back.steps.size() == m.steps.size());
        for (std::size_t i = 0; i < m.steps.size(); ++i) {
            CHECK(back.steps[i].histogram == m.steps[i].histogram);
            CHECK(back.steps[i].latency_due_us.p99 == m.steps[i].latency_due_us.p99);
            CHECK(back.steps[i].latency_due_us.p99_99 == m.steps[i].latency_due_us.p99_99);
            CHECK(back.steps[i].per_second.size() == m.steps[i].per_second.size());
            CHECK(back.steps[i].asked_per_s == m.steps[i].asked_per_s);
            CHECK(back.steps[i].concurrency == m.steps[i].concurrency);
        }
        CHECK(back.argv == m.argv);
        CHECK(back.plan.loop == m.plan.loop);
        CHECK(back.plan.rates == m.plan.rates);
        CHECK(back.warnings.size() == m.warnings.size());
    }
}

TEST_CASE("L8: numbers are written to a millionth, without exponents, and a number that is none as null") {
    measurement m = small_sample();
    m.steps[0].due_per_s = 1e9 / 3;
    m.steps[0].sent_per_s = 123'456'789'012;
    m.steps[0].client.cpu_s = 1e-7;
    m.steps[0].due = std::numeric_limits<std::uint64_t>::max();
    m.steps[0].answered_per_s = std::numeric_limits<double>::quiet_NaN();
    const std::string text = write_document(m);
    CHECK(has(text, "\"due_per_s\": 333333333.333333"));
    CHECK(has(text, "\"sent_per_s\": 123456789012,"));
    CHECK(has(text, "\"cpu_s\": 0,"));
    CHECK(has(text, "\"due\": 18446744073709551615,"));
    CHECK(has(text, "\"answered_per_s\": null"));
    CHECK(complaint(text) ==
          "old.json: steps[0].answered_per_s: expected is a number from 0 to 1e15, there is null");
}

TEST_CASE("L8: any text comes through as it was, bytes that are no UTF-8 replaced") {
    measurement m = hostile_sample();
    const measurement back = read_document(write_document(m), "m.json");
    const std::string expected =
        "</script><script>alert(1)</script><!--\"'&\\ \x1b[2J\n\xEF\xBF\xBD\xE2\x80\xA8";
    CHECK(back.argv.back() == expected);
    CHECK(back.target.url == expected);
    CHECK(back.warnings.back().text == expected);
}

TEST_CASE("L8: what is no document of this form is told apart, with what to give instead") {
    CHECK(has(complaint(""), "old.json is no JSON ("));
    CHECK(has(complaint("{"), "give the file that --json wrote"));
    CHECK(has(complaint("[1]"), "old.json is no measurement: it has no member \"schema\""));
    CHECK(has(complaint("{\"schema\":1}"), "it has no member \"schema\""));
    CHECK(has(complaint("{\"schema\":\"getty-connect-bench/2\"}"),
              "old.json is of the form getty-connect-bench/2, and this version reads getty-connect-bench/1"));
    CHECK_FALSE(has(complaint("{\"schema\":\"\\u001b[2J\"}"), "\x1b"));
    CHECK(has(complaint("<!doctype html><p>a page"),
              "is a page without a measurement in it: give the file that --json wrote"));
    CHECK(has(complaint(std::string(100'000, '[')), "is no JSON"));
}

TEST_CASE("L8: what is wrong in a document is named with its place") {
    const measurement m = small_sample();
    CHECK(complaint(with(m, "/steps/0/due", "many")) ==
          "old.json: steps[0].due: expected is a whole number from 0 on, there is a string");
    CHECK(complaint(with(m, "/steps/0/due", -1)) ==
          "old.json: steps[0].due: expected is a whole number from 0 on, there is another number");
    CHECK(complaint(with(m, "/steps/0/due", 1.5)) ==
          "old.json: steps[0].due: expected is a whole number from 0 on, there is another number");
    CHECK(complaint(with(m, "/steps/0/latency_due_us/p50", -0.5)) ==
          "old.json: steps[0].latency_due_us.p50: expected is a number from 0 to 1e15, there is another "
          "number");
    CHECK(
        has(complaint(with(m, "/steps/0/latency_due_us/mean", 1e16)), "expected is a number from 0 to 1e15"));
    CHECK(has(complaint(with(m, "/steps/0/latency_due_us/mean", nullptr)), "there is null"));
    CHECK(complaint(with(m, "/steps/0/per_second/1/part", "lunch")) ==
          "old.json: steps[0].per_second[1].part is none of warm_up, counted, cool_down, after");
    CHECK(complaint(with(m, "/plan/cold", 1)) ==
          "old.json: plan.cold: expected is true or false, there is another number");
    CHECK(complaint(with(m, "/steps/0/histogram/2", json::array{1})) ==
          "old.json: steps[0].histogram[2]: expected is an array of a time and a count, there is an array");
    CHECK(complaint(with(m, "/steps/0/histogram/2/0", 1)) ==
          "old.json: steps[0].histogram[2] is not above the one before");
    CHECK(complaint(with(m, "/steps/0/histogram/2/0", m.steps[0].histogram[1].up_to_us)) ==
          "old.json: steps[0].histogram[2] is not above the one before");
    CHECK(complaint(with(m, "/steps/0/histogram/2/1", 1'000'000'000'000'001)) ==
          "old.json: steps[0].histogram: a count is beyond 1e15");
    CHECK(complaint(with(m, "/steps/0/asked_per_s", nullptr)) ==
          "old.json: steps[0] has to have either asked_per_s or concurrency");
    CHECK(complaint(with(m, "/steps/0/concurrency", 5)) ==
          "old.json: steps[0] has to have either asked_per_s or concurrency");
    CHECK(complaint(with(m, "/slo/0/step", 9)) == "old.json: a limit is of step 9, which is not there");
    CHECK(complaint(with(m, "/steps", json::array())) ==
          "old.json: a limit is of step 0, which is not there");
    measurement warned = m;
    warned.warnings.push_back({"x", 1, "y"});
    CHECK(complaint(write_document(warned)) == "old.json: a warning is of step 1, which is not there");
    const std::string whole = write_document(m);
    CHECK(
        complaint(std::string(whole).replace(whole.find("\"counted_s\": 30"), 15, "\"counted_s\": 1e400")) ==
        "old.json: steps[0].counted_s: expected is a number from 0 to 1e15, there is another number");
}

TEST_CASE("L8: no member can be of another type, and none but those that may be absent can be missing") {
    measurement m = small_sample();
    m.warnings = {{"x", 0, "y"}};
    m.left_out = {"nothing"};
    json::value whole = json::parse(write_document(m));
    std::vector<std::string> all;
    pointers(whole, "", all);
    REQUIRE(all.size() > 150);
    int may_be_missing = 0;
    for (const std::string& pointer : all) {
        CAPTURE(pointer);
        // No member takes an object in the place of a scalar, nor a scalar in the place of the others.
        const bool scalar = whole.at_pointer(pointer).is_primitive();
        CHECK(complaint(with(m, pointer, scalar ? json::value(json::object()) : json::value(true))) !=
              "none");

        json::value without = whole;
        const std::size_t cut = pointer.rfind('/');
        json::object* parent = without.at_pointer(pointer.substr(0, cut)).if_object();
        if (parent == nullptr) continue;
        parent->erase(pointer.substr(cut + 1));
        const std::string said = complaint(json::serialize(without));
        if (said == "none") ++may_be_missing;
    }
    // Of two latencies and of lateness p50 to p99.99; the corrected p99, two thirds, concurrency, a warning's
    // step, and two of a second.
    CHECK(may_be_missing == 15 + 1 + 2 + 1 + 1 + 2);
}

TEST_CASE("L8: members that are not known are passed over") {
    json::value whole = json::parse(write_document(small_sample()));
    whole.as_object()["invented"] = json::object{{"later", 1}};
    whole.at("steps").at(0).as_object()["energy_j"] = 12.5;
    CHECK(complaint(json::serialize(whole)) == "none");
}

TEST_CASE("L8: a shorter document has the same figures, and says what it lacks") {
    const measurement m = knee_sample();
    const std::size_t full = write_document(m).size();
    CHECK(shortened(m, full).left_out.empty());
    std::uint64_t samples = m.steps[0].latency_due_us.count;
    std::vector<std::vector<std::string>> seen;
    for (std::size_t limit = full; limit > 1'000; limit = limit * 9 / 10) {
        const measurement s = shortened(m, limit);
        if (seen.empty() || seen.back() != s.left_out) seen.push_back(s.left_out);
        CHECK(s.steps[0].latency_due_us.p99 == m.steps[0].latency_due_us.p99);
        if (write_document(s).size() > limit) CHECK(s.steps[0].histogram.empty());
        std::uint64_t in_histogram = 0;
        double before = -1;
        for (const bucket& b : s.steps[0].histogram) {
            in_histogram += b.count;
            CHECK(b.up_to_us > before);
            before = b.up_to_us;
        }
        CHECK((in_histogram == samples || s.steps[0].histogram.empty()));
        CHECK(complaint(write_document(s)) == "none");
    }
    CHECK(seen == std::vector<std::vector<std::string>>{{},
                                                        {"histogram beyond a 128th"},
                                                        {"histogram beyond a 32nd"},
                                                        {"histogram beyond a 32nd", "per_second"},
                                                        {"histogram", "per_second"}});
}

TEST_CASE("L8: a coarser histogram moves no sample by more than a 32nd, and none down") {
    const measurement m = single_sample();
    std::size_t limit = write_document(m).size();
    measurement s = m;
    while (s.left_out.empty() || s.left_out.front() != "histogram beyond a 32nd") {
        limit -= 100;
        s = shortened(m, limit);
        REQUIRE(s.left_out.size() <= 1);
    }
    std::size_t at = 0;
    std::uint64_t left = s.steps[0].histogram[0].count;
    for (const bucket& b : m.steps[0].histogram) {
        for (std::uint64_t i = 0; i < b.count; ++i) {
            if (left == 0) left = s.steps[0].histogram[++at].count;
            REQUIRE(s.steps[0].histogram[at].up_to_us >= b.up_to_us);
            REQUIRE(s.steps[0].histogram[at].up_to_us <= b.up_to_us * (1 + 1.0 / 32));
            --left;
        }
    }
}

// How a fault is written.
#include "sandbox/faults/fault.hpp"

#include "sandbox/settings_check.hpp"

#include <doctest/doctest.h>

#include <string>
#include <utility>

using namespace getty::connect;
using namespace getty::connect::sandbox;
using namespace std::chrono_literals;

namespace {

fault read(std::string_view spec) {
    CAPTURE(spec);
    const auto made = parse_fault(spec);
    REQUIRE_MESSAGE(made.has_value(), made.error().message());
    return *made;
}

std::string refusal(std::string_view spec) {
    const auto made = parse_fault(spec);
    return made ? "accepted" : made.error().message();
}

constexpr std::string_view names[] = {
    "over-qps",
    "over-quota",
    "redirect",
    "html",
    "empty",
    "token-expired",
    "token-rotated",
    "nonce-stale",
    "wrong-image",
    "json-duplicate",
    "json-mistyped",
    "json-truncated",
    "gzip-unasked",
    "gzip-broken",
    "slow-start",
    "drip",
    "interim",
    "length-long",
    "length-short",
    "surplus",
    "chunked",
    "chunk-broken",
    "chunk-unfinished",
    "connection-close",
    "close",
    "reset",
    "status-400",
    "status-599",
    "throttle",
    "uri-too-long",
    "omit",
    "reorder",
    "stranger",
    "duplicate-image",
    "half-malformed",
};

}  // namespace

TEST_CASE("fault: a name alone means every lookup") {
    for (const std::string_view name : names) {
        const fault f = read(name);
        CHECK(f.name == name);
        CHECK(f.spec == name);
        CHECK(f.on == fault_target::images);
        CHECK(f.rate == 1);
        CHECK(f.first + f.every + f.count == 0);
        CHECK(f.id.empty());
    }
    CHECK(read("status-503").status_code == 503);
    CHECK(read("slow-start").wait == 1s);
    CHECK(read("drip").wait == 1ms);
    CHECK(read("drip").bytes == 16);
    CHECK(read("chunked").bytes == 7);
}

TEST_CASE("fault: every key arrives") {
    const fault conditions =
        read("close:id=83*,first=2,rate=0.25,every=10,count=1000000000,at=half,on=images");
    CHECK(conditions.kind == fault_kind::close);
    CHECK(conditions.id == "83*");
    CHECK(conditions.first == 2);
    CHECK(conditions.rate == 0.25);
    CHECK(conditions.every == 10);
    CHECK(conditions.count == 1'000'000'000);
    CHECK(conditions.at == fault::place::half);
    CHECK(read("status-429:retry-after=0").retry_after == 0U);
    CHECK_FALSE(read("status-429").retry_after.has_value());
    CHECK(read("status-502:body=html").body == fault::page::html);
    CHECK(read("over-qps:header=x-mashery-error-code").field == fault::gateway_field::mashery);
    CHECK(read("status-403:code=UserTokenRequired").code == "UserTokenRequired");
    CHECK(read("status-403").code.empty());
    for (const char* bad : {"status-403:code=", "status-403:code=a-b", "throttle:code=X"}) {
        CAPTURE(bad);
        CHECK(refusal(bad) != "accepted");
    }
    CHECK(read("throttle").text == fault::wording::current);
    CHECK(read("throttle:text=old").text == fault::wording::older);
    CHECK(read("uri-too-long").bytes == 4'096);
    CHECK(read("uri-too-long:bytes=2048").bytes == 2'048);
    CHECK(read("redirect:to=other").to == fault::destination::other);
    CHECK(read("redirect:to=loop").to == fault::destination::loop);
    CHECK(read("slow-start:wait=50ms").wait == 50ms);
    CHECK(read("slow-start:wait=2s").wait == 2s);
    CHECK(read("slow-start:wait=10m").wait == 10min);
    CHECK(read("drip:wait=0ms,bytes=65536").bytes == 65'536);
    CHECK(read("interim").answers == 1);
    CHECK(read("interim:answers=1000,status=199").answers == 1000);
    CHECK(read("interim:status=101").status_code == 101);
    for (const char* bad :
         {"interim:answers=0", "interim:answers=1001", "interim:status=99", "interim:status=200"}) {
        CAPTURE(bad);
        CHECK(refusal(bad) != "accepted");
    }
    CHECK(read("html:on=token").on == fault_target::token);
    CHECK(read("html:rate=1").rate == 1);
    CHECK(read("html:rate=1e-3").rate == 0.001);
}

TEST_CASE("fault: what cannot be read is refused with the spec, the rule and the mend") {
    const std::pair<std::string_view, std::string_view> table[] = {
        {"", "fault \"\": may not be empty; write a name, such as drip"},
        {"drop", "fault \"drop\": there is no such fault; did you mean drip?"},
        {"status-42", "the status must be 400 to 599, as in status-503"},
        {"status-600", "the status must be 400 to 599"},
        {"status-", "the status must be 400 to 599"},
        {"status-503x", "the status must be 400 to 599"},
        {"drip ", "must be printable ASCII without blanks"},
        {"drip:id=é", "must be printable ASCII without blanks"},
        {"drip:", "\"\" is no key=value; write NAME:key=value,key=value"},
        {"drip:every", "\"every\" is no key=value"},
        {"drip:=5", "\"=5\" is no key=value"},
        {"drip:every=5,", "\"\" is no key=value"},
        {"drip:,every=5", "\"\" is no key=value"},
        {"drip:evry=5", "drip has no key \"evry\"; it takes wait, bytes, on, id, first, rate, every, count"},
        {"drip:retry-after=1", "drip has no key \"retry-after\""},
        {"status-503:wait=1s", "status-503 has no key \"wait\"; it takes retry-after, body, code, on,"},
        {"drip:every=5,every=6", "every is there twice; keep one"},
        {"drip:every=0", "every=0: must be a whole number, 1 to 1000000000: 10 is each tenth request"},
        {"drip:every=-1", "every=-1: must be a whole number"},
        {"drip:every=", "every=: must be a whole number"},
        {"drip:every=1.5", "every=1.5: must be a whole number"},
        {"drip:first=1000000001", "first=1000000001: must be a whole number"},
        {"drip:count=99999999999999999999", "must be a whole number"},
        {"drip:rate=0", "rate=0: must be more than 0 and at most 1, such as 0.02 for one request in fifty"},
        {"drip:rate=1.01", "rate=1.01: must be more than 0 and at most 1"},
        {"drip:rate=2%", "must be more than 0 and at most 1"},
        {"drip:rate=nan", "must be more than 0 and at most 1"},
        {"drip:rate=", "must be more than 0 and at most 1"},
        {"drip:id=", "id=: must be an id or a pattern such as 834*; leave it out for every id"},
        {"drip:on=all", "on=all: must be images or token"},
        {"slow-start:wait=5", "wait=5: must be a whole number and its unit, such as 50ms, 2s or 1m"},
        {"slow-start:wait=ms", "must be a whole number and its unit"},
        {"slow-start:wait=-1s", "must be a whole number and its unit"},
        {"slow-start:wait=1h", "must be a whole number and its unit"},
        {"slow-start:wait=601s", "at most 10m"},
        {"slow-start:wait=11m", "at most 10m"},
        {"drip:bytes=0", "bytes=0: must be a whole number, 1 to 65536"},
        {"drip:bytes=65537", "must be a whole number, 1 to 65536"},
        {"close:at=end", "at=end: must be start or half"},
        {"redirect:to=elsewhere", "must be same or other or loop"},
        {"status-429:retry-after=soon", "must be a whole number of seconds, 0 to 86400"},
        {"status-429:retry-after=86401", "0 to 86400"},
        {"status-503:body=xml", "must be json or html"},
        {"over-qps:header=x", "must be x-error-detail or x-mashery-error-code"},
        {"wrong-image:on=token", "wrong-image is for lookups; leave out on=token"},
        {"token-expired:on=token", "token-expired is for lookups"},
        {"token-rotated:on=token", "token-rotated is for lookups"},
        {"drip:on=token,id=1", "a token request has no id; leave out id"},
    };
    for (const auto& [spec, expected] : table) {
        CAPTURE(spec);
        const std::string told = refusal(spec);
        CAPTURE(told);
        CHECK(told.starts_with("fault \"" + std::string(spec) + "\": "));
        CHECK(told.find(expected) != told.npos);
    }
}

TEST_CASE("fault: a name that resembles none is answered with all of them") {
    const std::string told = refusal("earthquake");
    for (const std::string_view name : names) {
        CAPTURE(name);
        CHECK(told.find(name) != told.npos);
    }
}

TEST_CASE("fault: a spec has at most 200 characters") {
    const std::string start = "drip:id=";
    CHECK(refusal(start + std::string(max_fault_bytes - start.size(), '1')) == "accepted");
    const std::string told = refusal(start + std::string(max_fault_bytes - start.size() + 1, '1'));
    CHECK(told.find("must be at most 200 characters") != told.npos);
}

TEST_CASE("fault: a pattern's star stands for any run of characters") {
    CHECK(matches("83454800", "83454800"));
    CHECK_FALSE(matches("83454800", "834548000"));
    CHECK_FALSE(matches("83454800", "8345480"));
    CHECK(matches("*", ""));
    CHECK(matches("*", "1"));
    CHECK(matches("83*", "83"));
    CHECK(matches("83*", "834"));
    CHECK_FALSE(matches("83*", "1834"));
    CHECK(matches("*-001", "200261415-001"));
    CHECK_FALSE(matches("*-001", "200261415-0011"));
    CHECK(matches("1*2*3", "1223"));
    CHECK(matches("1*2*3", "12-2-3"));
    CHECK_FALSE(matches("1*2*3", "1323-"));
    CHECK(matches("**1**", "010"));
    // a matcher that goes back over every star would not end
    CHECK_FALSE(matches("*1*1*1*1*1*1*1*1*1*1*1*1*1*2", std::string(100, '1')));
}

TEST_CASE("fault: one that cannot happen with this authentication is refused") {
    const auto verdict = [](std::string_view spec, auth scheme) {
        const auto good = options().scheme(scheme).fault(spec).validate();
        return good ? "" : good.error().message();
    };
    for (const auth scheme : {auth::digest, auth::digest_token_endpoint, auth::bearer, auth::none}) {
        CHECK(verdict("drip", scheme).empty());
        const bool open = scheme == auth::none;
        CHECK(verdict("token-expired", scheme).empty() != open);
        CHECK(verdict("token-rotated", scheme).empty() != open);
        CHECK(verdict("nonce-stale", scheme).empty() == (scheme == auth::digest));
        CHECK(verdict("nonce-stale:on=token", scheme).empty() == (scheme == auth::digest_token_endpoint));
    }
    CHECK(verdict("token-expired", auth::none) ==
          "fault \"token-expired\": lookups need no token here; choose another scheme than none");
    CHECK(verdict("nonce-stale", auth::bearer) ==
          "fault \"nonce-stale\": lookups have no nonce here; choose the scheme digest");
    CHECK(verdict("drip:x=1", auth::digest).starts_with("fault \"drip:x=1\": "));
    options many;
    for (std::size_t i = 0; i < max_faults; ++i) many.fault("drip");
    CHECK(many.validate().has_value());
    CHECK_FALSE(many.fault("drip").validate().has_value());
}

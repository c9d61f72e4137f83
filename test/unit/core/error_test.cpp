#include <getty/connect/result.hpp>

#include <doctest/doctest.h>

#include <sstream>
#include <string>

using namespace getty::connect;

TEST_CASE("error: a code compares equal to its portable condition") {
    CHECK(make_error_code(errc::not_found) == condition::not_found);
    CHECK(make_error_code(errc::deadline_exceeded) == condition::timeout);
    CHECK(make_error_code(errc::acquire_timeout) == condition::timeout);
    CHECK(make_error_code(errc::throttled) == condition::overloaded);
    CHECK(make_error_code(errc::not_found) != condition::timeout);
}

TEST_CASE("error: every code has words and a condition of its own") {
    for (int code = static_cast<int>(errc::invalid_id); code <= static_cast<int>(errc::wrong_image); ++code) {
        const auto value = static_cast<errc>(code);
        CAPTURE(code);
        CHECK(to_string(value) != "unknown error");
        CHECK(make_error_code(value).default_error_condition().category() == condition_category());
    }
}

TEST_CASE("error: one line tells what, where and how often") {
    error e(errc::server_error, stage::read, "upstream\r\ndown");
    e.with_status(503).with_origin("connect.example:443").with_attempts(3);
    std::ostringstream out;
    out << e;
    CHECK(out.str() ==
          "the service failed (HTTP 503): upstream down [read, connect.example:443, 3 attempts]");
}

TEST_CASE("error: a service cannot make the message long or put control characters into it") {
    const error e(errc::bad_request, stage::read, std::string(10'000, 'x') + "\x1b[2J");
    CHECK(e.message().size() == error::max_message_bytes);
    CHECK(e.message().ends_with("..."));
    CHECK(error(errc::bad_request, stage::read, "a\x1b[2Jb\x7f").message() == "a?[2Jb?");
}

TEST_CASE("result: value() of an error throws the error itself") {
    const result<int> r = error(errc::not_found, stage::read).with_status(404);
    try {
        (void)r.value();
        FAIL("no throw");
    } catch (const failure& f) {
        CHECK(f.code() == condition::not_found);
        CHECK(f.error().http_status() == 404);
    }
}

TEST_CASE("result: error() of a success is no error") {
    const error none = result<int>(1).error();
    CHECK_FALSE(none.code().failed());
    CHECK(none.message().empty());
    CHECK(none.http_status() == 0);
    CHECK(none.attempts() == 0);
    CHECK(error(errc::not_found, stage::read).code().failed());
}

TEST_CASE("error: it is compared with a code or a kind as it is") {
    const error gone = error(errc::not_found, stage::read).with_status(404);
    CHECK(gone == errc::not_found);
    CHECK(gone != errc::wrong_image);
    CHECK(gone == condition::not_found);
    CHECK(gone != condition::timeout);
    CHECK(error(errc::attempt_timeout, stage::read) == condition::timeout);
    CHECK(errc::not_found == gone);
}

TEST_CASE("error: the wait that the service asked for is there when it asked, from zero to a day") {
    error e(errc::throttled, stage::read);
    CHECK_FALSE(e.retry_after());
    CHECK(e.with_retry_after(std::chrono::seconds(0)).retry_after() == std::chrono::seconds(0));
    CHECK(e.with_retry_after(std::chrono::seconds(120)).retry_after() == std::chrono::seconds(120));
    CHECK(e.with_retry_after(std::chrono::hours(48)).retry_after() == std::chrono::hours(24));
    CHECK(e.with_retry_after(std::chrono::seconds(-5)).retry_after() == std::chrono::seconds(0));
    CHECK_FALSE(e.with_retry_after(std::nullopt).retry_after());
}

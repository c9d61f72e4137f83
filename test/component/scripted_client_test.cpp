// E5: the client that users test their own code with.
#include <getty/connect.hpp>
#include <getty/connect/testing.hpp>

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <doctest/doctest.h>

#include <filesystem>
#include <iterator>
#include <set>
#include <stdexcept>
#include <string>

using namespace getty::connect;
using namespace getty::connect::testing;
namespace asio = boost::asio;
using namespace std::chrono_literals;

namespace {

/// The title, or what went wrong.
std::string get(scripted_client& script, const std::string& id, lookup_options options = lookup_options()) {
    const result<image> got = script.run(script.client().get(id, std::move(options)));
    if (!got) return std::string(to_string(got.error().value()));
    CHECK(got->image_id() == id);
    return std::string(got->title().value_or("-"));
}

asio::awaitable<std::set<std::string>> all_of(client& c, std::vector<std::string> ids) {
    std::set<std::string> found;
    outcome_stream stream = c.fetch(std::move(ids));
    for (;;) {
        const std::optional<outcome> one = co_await stream.next();
        if (!one) co_return found;
        if (one->value) found.insert(one->id);
    }
}

}  // namespace

TEST_CASE("E5: replies come in their order, the last again and again, and an unknown id has an image") {
    scripted_client script;
    script.on("1", reply::image(R"("Title":"a")")).on("1", reply::image(R"("Title":"b")"));
    CHECK(get(script, "1") == "a");
    CHECK(get(script, "1") == "b");
    CHECK(get(script, "1") == "b");
    CHECK(get(script, "2") == "An image");
    CHECK(get(script, "a \"quoted\" / id?") == "An image");
    CHECK(script.requests("1") == 3);
    CHECK(script.requests("never") == 0);
    CHECK(script.requests() == 5);
    CHECK(script.token_requests() == 1);
    CHECK(script.last_request().starts_with("GET /api/images/a%20%22quoted%22%20%2F%20id%3F HTTP/1.1\r\n"));
    CHECK(script.elapsed() == 0ns);
}

TEST_CASE("E5: statuses, bodies, ends and silence are what the client makes of them") {
    scripted_client script(client_options().max_attempts(1));
    script.on("404", reply::status(404))
        .on("403", reply::status(403, "no"))
        .on("body", reply::body("<html>"));
    script.on("close", reply::close()).on("nothing", reply::nothing()).on("bare", reply::image(""));
    CHECK(get(script, "404") == to_string(errc::not_found));
    CHECK(get(script, "403") == to_string(errc::forbidden));
    CHECK(get(script, "body") == to_string(errc::malformed_body));
    CHECK(get(script, "close") == to_string(errc::peer_closed));
    CHECK(get(script, "bare") == "-");
    CHECK(get(script, "nothing", lookup_options().timeout(3s)) == to_string(errc::deadline_exceeded));
    CHECK(script.elapsed() == 3s);
}

TEST_CASE("E5: time passes when there is nothing else to do, to the moment and no further") {
    scripted_client script(client_options().backoff(1ms, 1ms));
    script.on("late", reply::image("").after(700ms));
    CHECK(get(script, "late") == "-");
    CHECK(script.elapsed() == 700ms);
    script.on("busy", reply::status(503).header("Retry-After", "5")).on("busy", reply::image(""));
    CHECK(get(script, "busy") == "-");
    CHECK(script.elapsed() >= 5'700ms);
    CHECK(script.elapsed() < 6'800ms);  // within the second that Retry-After may be exceeded by
    CHECK(script.requests("busy") == 2);
}

TEST_CASE("E5: `settle` lets happen what needs no time, `advance` so much as it says") {
    scripted_client script;
    script.on("1", reply::image("").after(100ms));
    std::optional<result<image>> got;
    script.client().async_get("1", [&](result<image> one) { got = std::move(one); });
    script.settle();
    CHECK(script.requests("1") == 1);
    CHECK_FALSE(got);
    script.advance(99ms);
    CHECK_FALSE(got);
    script.advance(1ms);
    REQUIRE(got);
    CHECK(got->has_value());
    CHECK(script.elapsed() == 100ms);
}

TEST_CASE("E5: tokens and connections can fail too") {
    scripted_client script(client_options().max_attempts(2).backoff(1ms, 1ms));
    script.on_token(reply::status(503)).on_token(reply::token("mine"));
    CHECK(get(script, "1") == "An image");
    CHECK(script.token_requests() == 2);
    CHECK(script.last_request().find("Authorization: Bearer mine\r\n") != std::string::npos);
    script.drop_connections().refuse_connections();
    CHECK(get(script, "1") == to_string(errc::connect_failed));
    script.refuse_connections(false);
    CHECK(get(script, "1") == "An image");
}

TEST_CASE("E5: a whole batch runs, and what `otherwise` says depends on the time of asking") {
    scripted_client script(client_options().backoff(1ms, 1ms));
    script.otherwise([](std::string_view id, std::size_t time) {
        return id == "3" && time == 1 ? reply::status(502) : reply();
    });
    CHECK(script.run(all_of(script.client(), {"1", "2", "3", "4"})) ==
          std::set<std::string>{"1", "2", "3", "4"});
    CHECK(script.requests("3") == 2);
    CHECK(script.requests() == 5);
}

TEST_CASE("E5: what cannot end is told, and what is thrown is thrown") {
    scripted_client script;
    const auto forever = [&]() -> asio::awaitable<void> {
        asio::steady_timer timer(script.context(), asio::steady_timer::time_point::max());
        co_await timer.async_wait(asio::use_awaitable);
    };
    CHECK_THROWS_AS(script.run(forever()), std::logic_error);
    const auto throwing = []() -> asio::awaitable<int> {
        throw std::runtime_error("mine");
        co_return 1;
    };
    CHECK_THROWS_WITH(script.run(throwing()), "mine");
    CHECK_NOTHROW(script.run(script.client().close()));
    CHECK(get(script, "1") == to_string(errc::client_closed));
    CHECK_THROWS_AS(scripted_client(client_options().max_attempts(0)), failure);
}

TEST_CASE("E5: what no service could say, and time that cannot pass, is refused") {
    for (const int code : {-1, 0, 100, 199, 600})
        CHECK_THROWS_AS((void)reply::status(code), std::invalid_argument);
    CHECK_THROWS_AS(reply().header("X: y", "1"), std::invalid_argument);
    CHECK_THROWS_AS(reply().header("X", "1\r\nEvil: 2"), std::invalid_argument);
    CHECK_THROWS_AS((void)reply::token("a\"b"), std::invalid_argument);
    CHECK_THROWS_AS((void)reply::token("a b"), std::invalid_argument);
    CHECK_THROWS_AS((void)reply::token("a", 0min), std::invalid_argument);
    scripted_client script;
    CHECK_THROWS_AS(script.advance(-1s), std::invalid_argument);
    CHECK_THROWS_AS(script.advance(std::chrono::nanoseconds::max()), std::invalid_argument);
}

TEST_CASE("E5: what answers may say what answers from now on") {
    scripted_client script;
    script.otherwise([&](std::string_view, std::size_t) {
        script.otherwise([](std::string_view, std::size_t) { return reply::status(404); });
        return reply::image(R"("Title":"first")");
    });
    CHECK(get(script, "1") == "first");
    CHECK(get(script, "2") == to_string(errc::not_found));
}

TEST_CASE("E5: no descriptor is opened and no thread started") {
    const auto entries = [](const char* folder) {
        return std::distance(std::filesystem::directory_iterator(folder),
                             std::filesystem::directory_iterator());
    };
    const auto descriptors = entries("/proc/self/fd");
    const auto threads = entries("/proc/self/task");
    asio::io_context as_any_program_has;
    const auto of_a_context = entries("/proc/self/fd") - descriptors;
    scripted_client script;
    CHECK(get(script, "1") == "An image");
    CHECK(entries("/proc/self/fd") == descriptors + 2 * of_a_context);
    CHECK(entries("/proc/self/task") == threads);
}

TEST_CASE("E5: a client with work under way may be dropped") {
    scripted_client script;
    script.on("1", reply::nothing());
    script.client().async_get("1", [](const result<image>&) {});
    outcome_stream stream = script.client().fetch({"1", "2"});
    stream.async_next([](const auto&) {});
    script.settle();
    CHECK(script.requests("1") >= 1);
}

TEST_CASE("E5: a script answers for v3 as well, one id or many, tokens included") {
    testing::scripted_client script(client_options().dialect(dialect::v3).fields({"title"}));
    script.on("7", testing::reply::status(404));
    script.on("8", testing::reply::image(R"("title":"Eight")"));
    const result<image> one = script.run(script.client().get("8"));
    REQUIRE(one.has_value());
    CHECK(one->title() == "Eight");
    CHECK(script.token_requests() == 1);
    CHECK(script.last_request().starts_with("GET /api/images/8?fields=title "));
    outcome_stream stream = script.client().fetch({"1", "7", "8", "9"});
    std::size_t found = 0;
    for (;;) {
        const std::optional<outcome> next = script.run(stream.next());
        if (!next) break;
        CHECK(next->value.has_value() == (next->id != "7"));
        if (next->value && next->id != "8") CHECK(next->value->image.title() == "An image");
        ++found;
    }
    CHECK(found == 4);
    CHECK(script.requests() == 2);
    CHECK(script.requests("8") == 2);
}

TEST_CASE("E5: a reply other than an image is that to the whole request of v3, which is taken apart then") {
    testing::scripted_client script(client_options().dialect(dialect::v3));
    script.on("3", testing::reply::status(400));
    outcome_stream stream = script.client().fetch({"1", "2", "3", "4"});
    for (;;) {
        const std::optional<outcome> next = script.run(stream.next());
        if (!next) break;
        CHECK(next->value.has_value() == (next->id != "3"));
    }
    CHECK(script.requests() == 5);
}

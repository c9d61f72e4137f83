// B: batches and the consumer's pace.
#include "support/client_world.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <doctest/doctest.h>

#include <algorithm>
#include <deque>
#include <memory>
#include <set>
#include <stdexcept>

using namespace getty::connect;
using namespace getty::connect::test;

namespace {

/// 0, 1, 2, … and how far it was asked.
struct counting {
    explicit counting(std::size_t limit) : end(limit) {}
    std::optional<std::string> operator()() {
        if (next == end) return std::nullopt;
        return std::to_string(next++);
    }
    std::size_t end;
    std::size_t next = 0;
};

auto by_reference(counting& source) {
    return [&source]() -> std::optional<std::string> { return source(); };
}

}  // namespace

TEST_CASE("a batch yields exactly one outcome for every id, with its image") {
    client_world w;
    consumer c(w);
    counting ids(1000);
    c.open(by_reference(ids));
    c.drain();
    REQUIRE(c.finished);
    REQUIRE(c.taken.size() == 1000);
    std::set<std::uint64_t> seen;
    for (const outcome& o : c.taken) {
        REQUIRE(o.value.has_value());
        CHECK(o.value->image.image_id() == o.id);
        CHECK(o.id == std::to_string(o.index));
        CHECK(o.attempts == 1);
        seen.insert(o.index);
    }
    CHECK(seen.size() == 1000);
    CHECK(w.core->stats().lookups_succeeded == 1000);
}

TEST_CASE("an outcome holds nothing of the one whose place it took, in any form") {
    const std::string full =
        R"({"ImageId":"1","Title":"one","Artist":"a","Keywords":[{"Id":"9"}],"EventId":5,"DateCreated":"2009-06-14"})";
    const std::string sparse = R"({"ImageId":"3"})";
    for (const decode form : {decode::typed, decode::raw, decode::both}) {
        client_world w;
        w.on_image = [&](scripted_stream& s, const std::string& request) {
            const std::string id = requested_id(request);
            if (id == "1") s.deliver(http_response(200, R"({"CoordinationId":"c","Images":[)" + full + "]}"));
            if (id == "2") s.deliver(http_response(404, "{}"));
            if (id == "3") s.deliver(http_response(200, R"({"Images":[)" + sparse + "]}"));
            return true;
        };
        consumer c(w);
        c.open(
            std::vector<std::string>{"1", "3", "1", "2", "3"},
            fetch_options().decode(form).max_in_flight(1).max_buffered(1).delivery(delivery::in_input_order));
        c.drain();
        REQUIRE(c.taken.size() == 5);
        for (const outcome& o : c.taken) {
            CAPTURE(o.index);
            if (o.id == "2") {
                CHECK(o.value.error().value() == errc::not_found);
                continue;
            }
            REQUIRE(o.value.has_value());
            const bool first = o.id == "1";
            CHECK(o.value->raw == (form == decode::typed ? "" : first ? full : sparse));
            CHECK(o.value->coordination_id == (first && form != decode::raw ? "c" : ""));
            const image& found = o.value->image;
            const bool filled = first && form != decode::raw;
            CHECK(found.image_id().has_value() == (form != decode::raw));
            CHECK(found.title().has_value() == filled);
            CHECK(found.artist().has_value() == filled);
            CHECK(found.date_created().has_value() == filled);
            CHECK(found.event_id().has_value() == filled);
            CHECK(found.keywords().size() == (filled ? 1 : 0));
        }
    }
}

TEST_CASE("X8: an image that is no JSON is an error that tells the place, in every form") {
    const std::string start = R"({"Images":[{"ImageId":"1","EventIds":)";
    for (const std::string value :
         {"[1 true]", "[1\n2]", "[NaN]", "{1:1}", "10\n24", "[\"\\x\"]", "[\"\xFF\"]"}) {
        for (const decode form : {decode::typed, decode::raw, decode::both}) {
            CAPTURE(value);
            client_world w;
            w.on_image = [&](scripted_stream& s, const std::string&) {
                s.deliver(http_response(200, start + value + "}]}"));
                return true;
            };
            consumer c(w);
            c.open(std::vector<std::string>{"1"}, fetch_options().decode(form));
            c.drain();
            REQUIRE(c.taken.size() == 1);
            const result<document>& got = c.taken[0].value;
            REQUIRE_FALSE(got.has_value());
            CHECK(got.error().value() == errc::malformed_body);
            CHECK(got.error().stage() == stage::decode);
            CHECK(got.error().message().find("at byte ") != std::string::npos);
        }
    }
}

TEST_CASE("a batch takes ids from any range, and refused ids are outcomes as well") {
    client_world w;
    consumer c(w);
    const std::vector<std::string_view> ids{"1", "", "a/b", "..", "2"};
    fetch_options ordered;
    ordered.delivery(delivery::in_input_order);
    c.open(ids, ordered);
    c.drain();
    REQUIRE(c.taken.size() == 5);
    CHECK(c.taken[0].value.has_value());
    CHECK(c.taken[1].value.error().value() == errc::invalid_id);
    CHECK(c.taken[1].attempts == 0);
    CHECK(c.taken[2].value.error().value() ==
          errc::wrong_image);  // the test's service knows only the encoded id
    CHECK(c.taken[3].value.error().code() == condition::invalid_input);
    CHECK(c.taken[4].value->image.image_id() == "2");
    CHECK(std::find(w.requested.begin(), w.requested.end(), "a%2Fb") != w.requested.end());
}

namespace {

/// A service that works on so many lookups at a time, each for `work`, and lets the others wait in line.
struct queueing_service {
    explicit queueing_service(client_world& in) : at(in) {
        in.on_image = [this](scripted_stream& s, const std::string& request) {
            line.emplace_back(std::static_pointer_cast<scripted_stream>(s.shared_from_this()),
                              requested_id(request));
            most = std::max(most, line.size());
            return true;
        };
    }

    /// Lookups answered in `span`, by workers that answer in step.
    std::size_t run(core::duration span, consumer& c) {
        std::size_t answered = 0;
        most = line.size();
        for (core::duration spent{0}; spent < span; spent += work) {
            at.advance(work);
            for (std::size_t i = 0; i < workers && !line.empty(); ++i, ++answered) {
                line.front().first->deliver(image_response(line.front().second));
                line.pop_front();
            }
            at.settle();
            c.drain();
        }
        return answered;
    }

    client_world& at;
    std::size_t workers = 16;
    core::duration work = 10ms;
    std::deque<std::pair<std::shared_ptr<scripted_stream>, std::string>> line;
    std::size_t most = 0;  ///< in line or worked on at a time, lately
};

}  // namespace

TEST_CASE("B3: an adaptive batch follows a service that becomes ten times slower, and recovers with it") {
    client_world w(client_options().max_connections(256));
    consumer c(w);
    queueing_service service(w);
    counting ids(10'000'000);
    c.open(by_reference(ids), fetch_options().max_in_flight(256).concurrency(concurrency::adaptive));
    c.drain();
    service.run(5s, c);
    CHECK(service.run(5s, c) >= 0.8 * 5 * 1600);
    CHECK(service.most <= 64);  // of 256: the line stays short

    service.workers = 2;
    service.run(20s, c);
    CHECK(service.run(5s, c) >= 0.8 * 5 * 200);
    CHECK(service.most <= 32);

    service.workers = 16;
    service.run(20s, c);
    CHECK(service.run(5s, c) >= 0.8 * 5 * 1600);
    c.batch->cancel();
    w.settle();  // whoever waits already is served, too
    c.drain();
    CHECK(c.finished);
}

TEST_CASE("B3: an adaptive batch never stops at an overloaded service: one lookup at a time remains") {
    client_world w(client_options().max_attempts(1));
    consumer c(w);
    std::size_t at_once = 0;
    std::size_t most = 0;
    w.on_image = [&](scripted_stream& s, const std::string&) {
        most = std::max(most, ++at_once);
        asio::post(w.context,
                   [&at_once, self = std::static_pointer_cast<scripted_stream>(s.shared_from_this())] {
                       --at_once;
                       self->deliver(http_response(503, "busy"));
                   });
        return true;
    };
    counting ids(500);
    c.open(by_reference(ids), fetch_options().max_buffered(1).concurrency(concurrency::adaptive));
    for (int i = 0; i < 400; ++i) c.ask();
    most = 0;
    c.drain();
    CHECK(c.taken.size() == 500);
    CHECK(most == 1);
}

TEST_CASE("B1: the source is never asked further ahead than what is in flight and buffered") {
    client_world w;
    consumer c(w);
    counting ids(10'000);
    c.open(by_reference(ids), fetch_options().max_in_flight(8).max_buffered(4));
    w.settle();
    CHECK(ids.next == 0);  // nothing begins before somebody takes
    while (!c.finished) {
        c.ask();
        REQUIRE(ids.next <= c.taken.size() + 12);
    }
    CHECK(c.taken.size() == 10'000);
}

TEST_CASE("B2: a consumer that stops stops the source, nothing times out of it, and all resumes") {
    client_world w;
    consumer c(w);
    counting ids(1000);
    c.open(by_reference(ids), fetch_options().max_in_flight(8).max_buffered(4));
    for (int i = 0; i < 10; ++i) c.ask();
    const std::size_t asked = ids.next;
    CHECK(asked == 22);
    w.advance(1min);
    CHECK(ids.next == asked);
    c.drain();
    CHECK(c.taken.size() == 1000);
    CHECK(std::all_of(c.taken.begin(), c.taken.end(), [](const outcome& o) { return o.value.has_value(); }));
}

TEST_CASE("B5: a cancelled batch still yields one outcome for every id it pulled, at once") {
    client_world w;
    consumer c(w);
    counting ids(1000);
    std::size_t answered = 0;
    w.on_image = [&](scripted_stream&, const std::string&) { return ++answered > 20; };
    c.open(by_reference(ids), fetch_options().max_in_flight(8).max_buffered(4));
    c.drain();
    CHECK(c.waiting);  // the service has stopped answering
    c.batch->cancel();
    w.settle();
    c.drain();
    CHECK(c.finished);
    CHECK(c.taken.size() == ids.next);
    CHECK(std::count_if(c.taken.begin(), c.taken.end(),
                        [](const outcome& o) { return o.value.has_value(); }) == 20);
    for (const outcome& o : c.taken) {
        if (!o.value) CHECK(o.value.error().value() == errc::canceled);
    }
    CHECK(w.dialer->open() <= 8);
}

TEST_CASE("B6: outcomes come as they complete, or in input order when asked for") {
    for (const delivery order : {delivery::as_completed, delivery::in_input_order}) {
        client_world w;
        w.get_settled("warm");
        std::vector<std::pair<scripted_stream*, std::string>> held;
        w.on_image = [&](scripted_stream& s, const std::string& request) {
            held.emplace_back(&s, requested_id(request));
            return true;
        };
        consumer c(w);
        counting ids(6);
        c.open(by_reference(ids), fetch_options().delivery(order));
        c.ask();
        REQUIRE(held.size() == 6);
        std::reverse(held.begin(), held.end());
        for (const auto& [stream, id] : held) stream->deliver(image_response(id));
        w.settle();
        c.drain();
        REQUIRE(c.taken.size() == 6);
        for (std::size_t i = 0; i < 6; ++i) {
            const std::size_t expected = order == delivery::in_input_order ? i : 5 - i;
            CHECK(c.taken[i].index == expected);
        }
    }
}

TEST_CASE("B7: the same id asked again while its lookup runs is one request and two outcomes") {
    client_world w;
    consumer c(w);
    c.open(std::vector<std::string>{"7", "7", "8", "7"});
    c.drain();
    REQUIRE(c.taken.size() == 4);
    for (const outcome& o : c.taken) CHECK(o.value->image.image_id() == o.id);
    CHECK(w.image_requests == 2);
    CHECK(w.core->stats().lookups_merged == 2);

    consumer separate(w);
    separate.open(std::vector<std::string>{"7", "7"}, fetch_options().duplicates(duplicates::separate));
    separate.drain();
    CHECK(w.image_requests == 4);
}

TEST_CASE("a source that throws ends the batch after the outcomes of what it gave, with its words") {
    client_world w;
    consumer c(w);
    int given = 0;
    c.open([&]() -> std::optional<std::string> {
        if (given == 5) throw std::runtime_error("disk on fire");
        return std::to_string(given++);
    });
    bool thrown = false;
    try {
        c.drain();
    } catch (const failure& f) {
        thrown = true;
        CHECK(f.error().value() == errc::invalid_source);
        CHECK(f.error().message() == "disk on fire");
    }
    CHECK(thrown);
    CHECK(c.taken.size() == 5);
}

TEST_CASE("a source that has to be waited for is asked one id at a time") {
    client_world w;
    // The user's own way to wait: what ends the wait is that it is taken back.
    boost::asio::steady_timer supply(w.context, boost::asio::steady_timer::time_point::max());
    std::optional<std::string> next;
    int asked = 0;
    bool over = false;
    const auto source = [&]() -> boost::asio::awaitable<std::optional<std::string>> {
        ++asked;
        while (!next && !over) {
            boost::system::error_code woken;
            auto how = boost::asio::redirect_error(boost::asio::use_awaitable, woken);
            co_await supply.async_wait(std::move(how));
        }
        co_return std::exchange(next, std::nullopt);
    };
    consumer c(w);
    c.open(source);
    c.ask();
    CHECK(asked == 1);
    for (const char* id : {"1", "2", "3"}) {
        next = id;
        supply.cancel();
        w.settle();
        if (!c.waiting) c.ask();
    }
    w.settle();
    CHECK(c.taken.size() == 3);
    CHECK(asked == 4);
    over = true;
    supply.cancel();
    w.settle();
    CHECK(c.finished);
}

TEST_CASE(
    "a source that has to be waited for loses no id when it answers at once, however many workers there "
    "are") {
    for (const std::size_t in_flight : {1U, 2U, 8U, 64U}) {
        CAPTURE(in_flight);
        client_world w;
        std::size_t next = 0;
        bool asked = false;
        const auto source = [&]() -> boost::asio::awaitable<std::optional<std::string>> {
            CHECK_FALSE(asked);
            asked = true;
            if (next % 3 == 2) {  // some other work gets in between
                co_await boost::asio::post(w.context, boost::asio::use_awaitable);
            }
            asked = false;
            if (next == 500) co_return std::nullopt;
            co_return std::to_string(next++);
        };
        consumer c(w);
        c.open(source, fetch_options().max_in_flight(in_flight).max_buffered(3));
        c.drain();
        CHECK(c.finished);
        REQUIRE(c.taken.size() == 500);
        std::set<std::string> ids;
        for (const outcome& o : c.taken) {
            REQUIRE(o.value.has_value());
            CHECK(o.id == std::to_string(o.index));
            CHECK(o.value->image.image_id() == o.id);
            ids.insert(o.id);
        }
        CHECK(ids.size() == 500);
        const auto closed = w.close();
        w.settle();
        CHECK(*closed);
        CHECK(w.scheduler->parked() == 0);
    }
}

TEST_CASE("closing the client ends a batch with the outcomes it has, and says that it was cut short") {
    client_world w;
    consumer c(w);
    counting ids(1000);
    c.open(by_reference(ids), fetch_options().max_in_flight(4).max_buffered(2));
    c.ask();
    const auto closed = w.close();
    w.settle();
    CHECK(*closed);
    bool told = false;
    try {
        c.drain();
    } catch (const failure& f) {
        told = f.error().value() == errc::client_closed;
    }
    CHECK(told);
    CHECK(c.taken.size() == ids.next);
}

TEST_CASE("raw decoding hands out the bytes of the image's object, untouched") {
    client_world w;
    const std::string object = "{ \"ImageId\" : \"5\",\n  \"Unknown\":[1e400, {}],\"Title\":\"\\u00fc\" }";
    w.on_image = [&](scripted_stream& s, const std::string&) {
        s.deliver(http_response(200, "{\"Images\":[" + object + "]}"));
        return true;
    };
    consumer c(w);
    c.open(std::vector<std::string>{"5"}, fetch_options().decode(decode::raw));
    c.drain();
    REQUIRE(c.taken.size() == 1);
    CHECK(c.taken[0].value->raw == object);
    CHECK_FALSE(c.taken[0].value->image.image_id());
}

TEST_CASE(
    "a source that has to be waited for and throws before there is anything to wait for ends the batch") {
    client_world w;
    consumer c(w);
    const auto source = [](int) -> boost::asio::awaitable<std::optional<std::string>> {
        throw std::runtime_error("no such queue");
    };
    c.open(id_source([source]() -> boost::asio::awaitable<std::optional<std::string>> { return source(1); }));
    std::string told;
    try {
        c.drain();
    } catch (const failure& f) {
        told = f.error().message();
    }
    CHECK(told == "no such queue");
}

TEST_CASE(
    "B8: ids of a batch wait for a connection however many they are, and max_waiters is for the others") {
    client_world w(client_options().max_connections(1).max_waiters(1).max_attempts(1));
    std::vector<std::pair<std::shared_ptr<scripted_stream>, std::string>> asked;
    w.on_image = [&](scripted_stream& s, const std::string& request) {
        asked.emplace_back(std::static_pointer_cast<scripted_stream>(s.shared_from_this()),
                           requested_id(request));
        return true;
    };
    consumer c(w);
    c.open(std::vector<std::string>{"1", "2", "3", "4", "5", "6", "7", "8"},
           fetch_options().max_in_flight(8));
    c.ask();
    CHECK(w.core->stats().waiters > 1);
    const auto alone = w.get_settled("9");
    REQUIRE(alone->done);
    CHECK(alone->done->error() == errc::too_many_waiters);
    while (!asked.empty()) {
        for (const auto& [stream, id] : std::exchange(asked, {})) stream->deliver(image_response(id));
        w.settle();
    }
    c.drain();
    CHECK(c.taken.size() == 8);
    for (const outcome& one : c.taken) CHECK(one.value.has_value());
}

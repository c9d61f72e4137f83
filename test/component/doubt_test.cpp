// Connections that are dead, or not to be had, and answers that may be late ones to somebody else: P1, P19,
// P22.
#include "support/client_world.hpp"

#include <doctest/doctest.h>

#include <deque>
#include <string>
#include <utility>

using namespace getty::connect;
using namespace getty::connect::test;

namespace {

auto numbers(std::size_t count) {
    return [next = std::size_t{0}, count]() mutable -> std::optional<std::string> {
        if (next == count) return std::nullopt;
        return std::to_string(next++);
    };
}

/// A service whose answers take 10 ms, but for those that a test sends at once.
struct slow_service {
    explicit slow_service(client_world& in) : w(in) {
        w.on_image = [this](scripted_stream& s, const std::string& request) {
            const std::string id = requested_id(request);
            if (at_once) {
                const std::string bytes = at_once(s, id);
                if (!bytes.empty()) s.deliver(bytes);
            }
            auto self = std::static_pointer_cast<scripted_stream>(s.shared_from_this());
            due.emplace_back(core::later(w.scheduler->now(), 10ms),
                             [self, answer = answer_to(id)] { self->deliver(answer); });
            return true;
        };
    }
    void run(consumer& c) {
        for (int ms = 0; ms < 60'000 && !c.finished; ++ms) {
            while (!c.waiting && !c.finished) c.ask();
            w.advance(1ms);
            while (!due.empty() && due.front().first <= w.scheduler->now()) {
                due.front().second();
                due.pop_front();
            }
            w.settle();
        }
    }

    client_world& w;
    std::deque<std::pair<core::time_point, std::function<void()>>> due;
    std::function<std::string(scripted_stream&, const std::string&)> at_once;
    std::function<std::string(const std::string&)> answer_to = [](const std::string& id) {
        return image_response(id);
    };
};

}  // namespace

TEST_CASE(
    "P1: where every kept connection turns out to be dead, a replay goes out on one that was never used") {
    for (const std::size_t connections : {1U, 2U, 8U}) {
        CAPTURE(connections);
        client_world w(client_options().max_connections(connections).max_attempts(1));
        w.on_image = [](scripted_stream& s, const std::string&) {
            if (s.requests() <= 1) return false;
            s.end();
            return true;
        };
        consumer c(w);
        c.open(numbers(600), fetch_options().max_in_flight(16));
        for (int i = 0; i < 1'000 && !c.finished; ++i) {
            while (!c.waiting && !c.finished) c.ask();
            w.advance(10ms);
        }
        REQUIRE(c.finished);
        CHECK(c.taken.size() == 600);
        for (const outcome& o : c.taken) CHECK(o.value.has_value());
        CHECK(w.core->stats().replays > 0);
        CHECK(w.dialer->open() <= connections);
    }
}

TEST_CASE("P22: an error that is there as soon as a kept connection is used is asked about on a fresh one") {
    client_world w(client_options().max_connections(2));
    slow_service service(w);
    std::size_t late = 0;
    service.at_once = [&](scripted_stream& s, const std::string& id) -> std::string {
        if (s.requests() < 3 || std::stoul(id) % 20 != 7 || late > 20) return {};
        ++late;
        return http_response(404, "{}");
    };
    consumer c(w);
    c.open(numbers(600), fetch_options().max_in_flight(2));
    service.run(c);
    REQUIRE(c.finished);
    CHECK(late > 10);
    CHECK(c.taken.size() == 600);
    for (const outcome& o : c.taken) CHECK(o.value.has_value());
    CHECK(w.core->stats().confirmations == late);
}

TEST_CASE("P22: an error that comes when answers come is believed at once") {
    client_world w(client_options().max_connections(1));
    slow_service service(w);
    service.answer_to = [](const std::string& id) {
        return std::stoul(id) % 2 == 1 ? http_response(404, "{}") : image_response(id);
    };
    consumer c(w);
    c.open(numbers(100), fetch_options().max_in_flight(1));
    service.run(c);
    REQUIRE(c.finished);
    CHECK(w.image_requests == 100);
    CHECK(w.core->stats().confirmations == 0);
}

TEST_CASE(
    "P22: an image without an id, or with another's, is asked for again where the connection was used "
    "before") {
    for (const decode form : {decode::typed, decode::raw, decode::both}) {
        for (const char* body : {R"({"Images":[{"ImageId":"","Title":"whose?"}]})",
                                 R"({"Images":[{"Title":"whose?"}]})", R"({"Images":[{"ImageId":"77"}]})"}) {
            CAPTURE(body);
            client_world w(client_options().max_connections(1));
            bool sent = false;
            w.on_image = [&](scripted_stream& s, const std::string& request) {
                if (requested_id(request) != "5" || std::exchange(sent, true)) return false;
                s.deliver(http_response(200, body));
                return true;
            };
            consumer c(w);
            c.open(numbers(10), fetch_options().max_in_flight(1).decode(form));
            c.drain();
            w.advance(1s);
            c.drain();
            REQUIRE(c.finished);
            CHECK(c.taken.size() == 10);
            for (const outcome& o : c.taken) {
                REQUIRE(o.value.has_value());
                if (form != decode::raw) CHECK(o.value->image.image_id() == o.id);
            }
            CHECK(w.core->stats().confirmations == 1);
            CHECK(w.image_requests == 11);
        }
    }
}

TEST_CASE("P22: a service that never says which image it is is believed") {
    client_world w(client_options().max_connections(1));
    w.on_image = [](scripted_stream& s, const std::string&) {
        s.deliver(http_response(200, R"({"Images":[{"Title":"one"}]})"));
        return true;
    };
    consumer c(w);
    c.open(numbers(20), fetch_options().max_in_flight(1));
    c.drain();
    REQUIRE(c.finished);
    for (const outcome& o : c.taken) CHECK(o.value.has_value());
    CHECK(w.image_requests == 20);
}

TEST_CASE("P19: where this machine has descriptors for three connections only, three do all the work") {
    client_world w(client_options().max_connections(64).max_attempts(1));
    std::size_t refused = 0;
    w.dialer->refuse = [&]() -> std::optional<error> {
        if (w.dialer->open() < 3) return std::nullopt;
        ++refused;
        return error(errc::out_of_resources, stage::connect, "Too many open files");
    };
    consumer c(w);
    c.open(numbers(5'000));
    c.drain();
    w.advance(1s);
    c.drain();
    REQUIRE(c.finished);
    CHECK(c.taken.size() == 5'000);
    for (const outcome& o : c.taken) CHECK(o.value.has_value());
    CHECK(w.dialer->open() == 3);
    // 16 dials at a time, and one more now and then.
    CHECK(refused <= 16 + 5'000 / 256 + 1);
}

TEST_CASE("P19: without a single connection it is an outage of this machine, told as such and sat out") {
    client_world w;
    bool none_left = true;
    w.dialer->refuse = [&]() -> std::optional<error> {
        if (!none_left) return std::nullopt;
        return error(errc::out_of_resources, stage::connect, "Too many open files");
    };
    consumer c(w);
    c.open(numbers(100), fetch_options().max_outage(60s));
    for (int i = 0; i < 100; ++i) {
        while (!c.waiting && !c.finished) c.ask();
        w.advance(50ms);
    }
    CHECK(w.core->stats().in_outage);
    none_left = false;
    for (int i = 0; i < 1'000 && !c.finished; ++i) {
        while (!c.waiting && !c.finished) c.ask();
        w.advance(50ms);
    }
    REQUIRE(c.finished);
    CHECK(c.taken.size() == 100);
    for (const outcome& o : c.taken) CHECK(o.value.has_value());
    const auto alone = w.get("alone");
    w.settle();
    CHECK(alone->done);
}

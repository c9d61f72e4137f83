// P: connections, from the client's side.
#include "support/client_world.hpp"

#include <doctest/doctest.h>

using namespace getty::connect;
using namespace getty::connect::test;

TEST_CASE("a lookup: one token, one connection, the image of the id that was asked for") {
    client_world w;
    const auto p = w.get_settled("83454800");
    REQUIRE(p->done);
    REQUIRE(p->done->has_value());
    CHECK((*p->done)->image.image_id() == "83454800");
    CHECK((*p->done)->image.title() == "Title of 83454800");
    CHECK((*p->done)->coordination_id == "c");
    CHECK(w.token_posts == 1);
    CHECK(w.dialer->dials == 1);
}

TEST_CASE("P1: a connection that the service closed while idle is noticed, and the next lookup dials") {
    client_world w;
    w.get_settled("1");
    w.dialer->streams[0]->end();
    w.settle();
    CHECK(w.dialer->streams[0]->closed_by_client());
    const auto p = w.get_settled("2");
    CHECK((*p->done)->image.image_id() == "2");
    CHECK(w.dialer->dials == 2);
    CHECK(w.core->stats().replays == 0);
}

TEST_CASE("P1: a stale connection costs one transparent replay, not charged to the retry budget") {
    client_world w(client_options().retry_budget(0.0, 0));
    w.get_settled("1");
    bool left = false;
    w.on_image = [&](scripted_stream& s, const std::string&) {
        if (left) return false;
        left = true;  // the service's close crosses the request
        s.end(false);
        return true;
    };
    const auto p = w.get_settled("2");
    REQUIRE(p->done);
    REQUIRE(p->done->has_value());
    CHECK((*p->done)->image.image_id() == "2");
    CHECK(w.core->stats().replays == 1);
    CHECK(w.core->stats().retries == 0);
    CHECK(w.dialer->dials == 2);
}

TEST_CASE("P1: the replay does not try the other idle connections first") {
    client_world w(client_options().retry_budget(0.0, 0));
    for (int i = 0; i < 3; ++i) w.get(std::to_string(i));
    w.settle();
    REQUIRE(w.dialer->dials == 3);
    const auto stale = w.dialer->streams;
    w.on_image = [&](scripted_stream& s, const std::string&) {
        for (const auto& old : stale) {
            if (&s == old.get()) {
                s.end(false);
                return true;
            }
        }
        return false;
    };
    const auto p = w.get_settled("9");
    REQUIRE(p->done);
    CHECK(p->done->has_value());
    CHECK(w.core->stats().replays == 1);
}

TEST_CASE("P3: a reset after one byte of a response is a retry that is charged, never a transparent replay") {
    client_world w;
    w.get_settled("1");
    bool first = true;
    w.on_image = [&](scripted_stream& s, const std::string&) {
        if (!std::exchange(first, false)) return false;
        s.deliver("H");
        w.settle();
        s.reset();
        return true;
    };
    const auto p = w.get_settled("2");
    CHECK_FALSE(p->done);
    w.advance(1s);
    REQUIRE(p->done);
    CHECK((*p->done)->image.image_id() == "2");
    CHECK(w.core->stats().replays == 0);
    CHECK(w.core->stats().retries == 1);
}

TEST_CASE(
    "P4: surplus bytes after a response end the connection, the response stands, the next id gets its own") {
    const std::string surplus = image_response("evil");
    const std::string chunked =
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: "
        "chunked\r\n\r\n1d\r\n{\"Images\":[{\"ImageId\":\"1\"}]}\n\r\n0\r\n\r\n";
    for (const std::string& answer :
         {image_response("1") + surplus, image_response("1") + "\n", chunked + surplus,
          std::string("HTTP/1.1 204 No Content\r\n\r\n") + surplus}) {
        CAPTURE(answer);
        client_world w;
        bool first = true;
        w.on_image = [&](scripted_stream& s, const std::string&) {
            if (!std::exchange(first, false)) return false;
            s.deliver(answer);
            return true;
        };
        const auto one = w.get_settled("1");
        REQUIRE(one->done);
        const bool no_content = answer.find("204") != std::string::npos;
        CHECK(one->done->has_value() == !no_content);
        CHECK(w.dialer->open() == 0);
        const auto two = w.get_settled("2");
        REQUIRE(two->done);
        CHECK((*two->done)->image.image_id() == "2");
        CHECK(w.dialer->dials == 2);
    }
}

namespace {

const std::string interim =
    "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </x>; rel=preload\r\n\r\n";

/// Delivers `answer` to the first request for an image, `bytes` at a time.
void answer_first(client_world& w, const std::string& answer, std::size_t bytes) {
    auto first = std::make_shared<bool>(true);
    w.on_image = [&w, first, answer, bytes](scripted_stream& s, const std::string&) {
        if (!std::exchange(*first, false)) return false;
        for (std::size_t at = 0; at < answer.size(); at += bytes) {
            s.deliver(answer.substr(at, bytes));
            if (bytes < answer.size()) w.settle();
        }
        return true;
    };
}

}  // namespace

TEST_CASE("P20: an answer behind interim ones is the answer, and its connection goes on") {
    const std::string answer = interim + image_response("1");
    for (const std::size_t bytes : {answer.size(), std::size_t{1}, std::size_t{7}, interim.size()}) {
        CAPTURE(bytes);
        client_world w;
        answer_first(w, answer, bytes);
        const auto one = w.get_settled("1");
        REQUIRE(one->done);
        REQUIRE(one->done->has_value());
        CHECK((*one->done)->image.image_id() == "1");
        const auto two = w.get_settled("2");
        CHECK((*two->done)->image.image_id() == "2");
        CHECK(w.dialer->dials == 1);
        CHECK(w.core->stats().retries == 0);
    }
}

TEST_CASE("P20: surplus bytes behind such an answer end the connection, interim ones as well") {
    for (const std::string& surplus : {image_response("evil"), std::string("\n"), interim}) {
        CAPTURE(surplus);
        client_world w;
        answer_first(w, interim + image_response("1") + surplus, 100'000);
        const auto one = w.get_settled("1");
        REQUIRE(one->done);
        CHECK(one->done->has_value());
        CHECK(w.dialer->open() == 0);
        const auto two = w.get_settled("2");
        CHECK((*two->done)->image.image_id() == "2");
        CHECK(w.dialer->dials == 2);
    }
}

TEST_CASE("P20: an interim answer to nobody ends an idle connection") {
    client_world w;
    w.get_settled("1");
    w.dialer->streams[0]->deliver(interim);
    w.settle();
    CHECK(w.dialer->open() == 0);
}

TEST_CASE("P20: a connection that ends behind an interim answer is a charged retry, never a free replay") {
    client_world w;
    w.get_settled("1");
    bool first = true;
    w.on_image = [&](scripted_stream& s, const std::string&) {
        if (!std::exchange(first, false)) return false;
        s.deliver(interim);
        w.settle();
        s.end(false);
        return true;
    };
    const auto p = w.get_settled("2");
    CHECK_FALSE(p->done);
    w.advance(1s);
    REQUIRE(p->done);
    CHECK((*p->done)->image.image_id() == "2");
    CHECK(w.core->stats().replays == 0);
    CHECK(w.core->stats().retries == 1);
}

TEST_CASE("P20: interim answers do not put off the deadline, and without end they are an error") {
    client_world w(client_options().max_attempts(1).attempt_timeout(10s));
    scripted_stream* at = nullptr;
    w.on_image = [&](scripted_stream& s, const std::string&) {
        at = &s;
        return true;
    };
    const auto slow = w.get_settled("1");
    for (int i = 0; i < 12 && !slow->done; ++i) {
        at->deliver("HTTP/1.1 102 Processing\r\n\r\n");
        w.advance(1s);
    }
    REQUIRE(slow->done);
    CHECK(slow->done->error().value() == errc::attempt_timeout);
    const auto many = w.get_settled("2");
    for (int i = 0; i < 17; ++i) {
        CHECK_FALSE(many->done);
        at->deliver("HTTP/1.1 102 Processing\r\n\r\n");
        w.settle();
    }
    REQUIRE(many->done);
    CHECK(many->done->error().value() == errc::malformed_response);
    CHECK(many->done->error().describe().find("more than 16 interim responses") != std::string::npos);
    CHECK(w.dialer->open() == 0);
}

TEST_CASE("P4: a second response that comes while the connection is idle ends it") {
    client_world w;
    w.get_settled("1");
    w.dialer->streams[0]->deliver(image_response("evil"));
    w.settle();
    CHECK(w.dialer->open() == 0);
    const auto two = w.get_settled("2");
    CHECK((*two->done)->image.image_id() == "2");
}

TEST_CASE("P4: an image other than the one asked for is an error, and its connection is not used again") {
    client_world w;
    w.on_image = [&](scripted_stream& s, const std::string&) {
        s.deliver(image_response("other"));
        return true;
    };
    const auto p = w.get_settled("1");
    REQUIRE(p->done);
    CHECK(p->done->error().value() == errc::wrong_image);
    CHECK(w.dialer->open() == 0);
}

TEST_CASE("P5: Connection: close, HTTP/1.0 and a body until the end are not reused") {
    const std::string body = R"({"Images":[{"ImageId":"1"}]})";
    const std::string length = "Content-Length: " + std::to_string(body.size()) + "\r\n";
    struct {
        std::string head;
        bool ends;
    } const cases[] = {{"HTTP/1.1 200 OK\r\nConnection: close\r\n" + length, false},
                       {"HTTP/1.0 200 OK\r\n" + length, false},
                       {"HTTP/1.0 200 OK\r\nConnection: keep-alive\r\n" + length, false},
                       {"HTTP/1.1 200 OK\r\n", true}};
    for (const auto& c : cases) {
        CAPTURE(c.head);
        client_world w;
        w.on_image = [&](scripted_stream& s, const std::string&) {
            s.deliver(c.head + "\r\n" + body);
            if (c.ends) s.end();
            return true;
        };
        const auto p = w.get_settled("1");
        REQUIRE(p->done);
        CHECK(p->done->has_value());
        CHECK(w.dialer->open() == 0);
    }
}

TEST_CASE("P5: a body until the end that was cut instead of ended is an error") {
    client_world w(client_options().max_attempts(1));
    w.on_image = [&](scripted_stream& s, const std::string&) {
        s.deliver("HTTP/1.1 200 OK\r\n\r\n{\"Images\":[{\"ImageId\":\"1\"}]}");
        s.end(false);
        return true;
    };
    const auto p = w.get_settled("1");
    REQUIRE(p->done);
    CHECK(p->done->error().value() == errc::peer_closed);
}

TEST_CASE("P5: Keep-Alive: timeout=5 is evicted before 5 s") {
    client_world w;
    w.on_image = [&](scripted_stream& s, const std::string& request) {
        s.deliver(http_response(200, R"({"Images":[{"ImageId":")" + requested_id(request) + R"("}]})",
                                "Keep-Alive: timeout=5, max=100\r\n"));
        return true;
    };
    w.get_settled("1");
    w.advance(3s);
    CHECK(w.dialer->open() == 1);
    w.advance(1999ms);
    CHECK(w.dialer->open() == 0);
}

TEST_CASE("P6: an idle connection is closed after its time, one in use finishes first") {
    client_world w(client_options().idle_ttl(20s).timeout(1h).attempt_timeout(1h));
    w.get_settled("1");
    w.advance(19s);
    CHECK(w.dialer->open() == 1);
    w.advance(2s);
    CHECK(w.dialer->open() == 0);

    w.on_image = [](scripted_stream&, const std::string&) { return true; };  // never answers
    const auto busy = w.get_settled("2");
    w.advance(30min);
    CHECK(w.dialer->open() == 1);
    w.dialer->streams.back()->deliver(image_response("2"));
    w.settle();
    CHECK((*busy->done)->image.image_id() == "2");
    CHECK(w.dialer->open() == 0);  // past its lifetime by now
}

TEST_CASE("P7: the service never sees more sockets than allowed, however many lookups wait") {
    client_world w(client_options().max_connections(4).max_dials(2));
    w.get_settled("0");
    std::vector<std::pair<scripted_stream*, std::string>> held;
    w.on_image = [&](scripted_stream& s, const std::string& request) {
        held.emplace_back(&s, requested_id(request));
        return true;
    };
    std::vector<std::shared_ptr<pending>> all;
    for (int i = 0; i < 40; ++i) all.push_back(w.get(std::to_string(i)));
    w.settle();
    while (!held.empty()) {
        CHECK(w.dialer->open() <= 4);
        const auto answers = std::exchange(held, {});
        for (const auto& [stream, id] : answers) stream->deliver(image_response(id));
        w.settle();
    }
    for (const auto& p : all) REQUIRE(p->done);
    CHECK(w.dialer->dials == 4);
    CHECK(w.dialer->max_dialling <= 2);
}

TEST_CASE("P8: waiters are served first come first served") {
    client_world w(client_options().max_connections(1));
    w.get_settled("first");
    w.requested.clear();
    for (int i = 0; i < 1000; ++i) w.get(std::to_string(i));
    w.settle();
    REQUIRE(w.requested.size() == 1000);
    for (std::size_t i = 0; i < 1000; ++i) REQUIRE(w.requested[i] == std::to_string(i));
}

TEST_CASE("P10: a cancelled lookup closes its connection, frees the slot and completes with canceled") {
    client_world w(client_options().max_connections(1));
    w.get_settled("0");
    w.on_image = [](scripted_stream& s, const std::string&) {
        s.deliver("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{");
        return true;
    };
    const auto p = w.get_settled("1");
    const auto next = w.get_settled("2");
    p->scope.cancel();
    w.on_image = nullptr;
    w.settle();
    REQUIRE(p->done);
    CHECK(p->done->error().value() == errc::canceled);
    CHECK(p->done->error().processed() == processed::maybe);
    CHECK(w.dialer->streams[0]->closed_by_client());
    REQUIRE(next->done);
    CHECK((*next->done)->image.image_id() == "2");
}

TEST_CASE(
    "P10: a lookup cancelled when a connection was granted already sends nothing and leaves it to the next") {
    client_world w(client_options().max_connections(1));
    w.get_settled("0");
    scripted_stream* held = nullptr;
    w.on_image = [&](scripted_stream& s, const std::string&) {
        held = &s;
        return true;
    };
    const auto holder = w.get_settled("1");
    const auto waiter = w.get_settled("2");
    REQUIRE(w.core->stats().waiters == 1);
    w.on_image = nullptr;
    held->deliver(image_response("1"));
    w.context.restart();
    while (w.core->stats().waiters == 1) REQUIRE(w.context.poll_one() == 1);
    waiter->scope.cancel();
    w.settle();
    REQUIRE(waiter->done);
    CHECK(waiter->done->error().value() == errc::canceled);
    CHECK(waiter->done->error().attempts() == 0);
    CHECK(waiter->done->error().processed() == processed::no);
    CHECK(w.image_requests == 2);
    CHECK(w.get_settled("3")->done->has_value());
    CHECK(w.dialer->dials == 1);
}

TEST_CASE("P11: a full queue and a wait that took too long are two errors") {
    client_world w(client_options().max_connections(1).max_waiters(1).acquire_timeout(2s));
    w.get_settled("0");
    w.on_image = [](scripted_stream&, const std::string&) { return true; };
    const auto holder = w.get_settled("1");
    const auto waiter = w.get_settled("2");
    const auto refused = w.get_settled("3");
    REQUIRE(refused->done);
    CHECK(refused->done->error().value() == errc::too_many_waiters);
    CHECK(refused->done->error().code() == condition::overloaded);
    w.advance(2s);
    REQUIRE(waiter->done);
    CHECK(waiter->done->error().value() == errc::acquire_timeout);
    CHECK(waiter->done->error().code() == condition::timeout);
    CHECK_FALSE(holder->done);
}

TEST_CASE("P12: close lets lookups finish, fails later ones, and leaves nothing") {
    client_world w;
    w.get_settled("0");
    w.on_image = [](scripted_stream&, const std::string&) { return true; };
    const auto busy = w.get_settled("1");
    const auto closed = w.close();
    w.settle();
    CHECK_FALSE(*closed);
    const auto late = w.get_settled("2");
    REQUIRE(late->done);
    CHECK(late->done->error().value() == errc::client_closed);
    w.dialer->streams[0]->deliver(image_response("1"));
    w.settle();
    CHECK((*busy->done)->image.image_id() == "1");
    CHECK(*closed);
    CHECK(w.dialer->open() == 0);
    CHECK(w.scheduler->pending_deadlines() == 0);
    CHECK(w.scheduler->parked() == 0);
}

TEST_CASE("P12: what is not done when the drain time is over is canceled") {
    client_world w(client_options().drain_timeout(3s));
    w.on_image = [](scripted_stream&, const std::string&) { return true; };
    const auto stuck = w.get_settled("1");
    const auto closed = w.close();
    w.advance(2999ms);
    CHECK_FALSE(stuck->done);
    w.advance(1ms);
    REQUIRE(stuck->done);
    CHECK(stuck->done->error().value() == errc::canceled);
    CHECK(*closed);
    CHECK(w.scheduler->parked() == 0);
}

TEST_CASE("P12: close aborts a dial that hangs") {
    client_world w(client_options().drain_timeout(0s));
    w.dialer->hang = true;
    const auto p = w.get_settled("1");
    const auto closed = w.close();
    w.advance(0s);
    REQUIRE(p->done);
    CHECK(p->done->error().value() == errc::canceled);
    CHECK(*closed);
    CHECK(w.dialer->dialling == 0);
}

TEST_CASE("P12: the execution context may go at any moment") {
    std::size_t answered = 0;
    for (int steps = 0; steps < 60; ++steps) {
        CAPTURE(steps);
        auto w = std::make_unique<client_world>();
        w->on_image = [&](scripted_stream& s, const std::string& request) {
            s.slice(7);
            s.deliver(image_response(requested_id(request)));
            return true;
        };
        std::vector<std::weak_ptr<pending>> lookups;
        for (int i = 0; i < 3; ++i) lookups.push_back(w->get(std::to_string(i)));
        for (int i = 0; i < steps; ++i) w->context.poll_one();
        for (const auto& one : lookups) {
            const auto p = one.lock();
            answered += !p || p->done ? 1 : 0;
        }
        std::vector<std::weak_ptr<void>> parts{w->scheduler, w->dialer, w->shared, w->core};
        parts.insert(parts.end(), lookups.begin(), lookups.end());
        parts.insert(parts.end(), w->dialer->streams.begin(), w->dialer->streams.end());
        w.reset();  // under the address sanitizer: no use after free
        for (const auto& part : parts) CHECK(part.expired());
    }
    CHECK(answered > 0);  // the last steps come after an answer
}

TEST_CASE("a dial that fails is retried, and its own error surfaces when it keeps failing") {
    client_world w(client_options().max_attempts(2));
    w.dialer->failures.emplace_back(errc::connect_failed, stage::connect, "Connection refused");
    const auto p = w.get_settled("1");
    w.advance(10s);
    REQUIRE(p->done);
    CHECK(p->done->has_value());

    client_world v(client_options().max_attempts(2));
    for (int i = 0; i < 8; ++i)
        v.dialer->failures.emplace_back(errc::certificate_rejected, stage::tls, "expired");
    const auto q = v.get_settled("1");
    v.advance(10s);
    REQUIRE(q->done);
    CHECK(q->done->error().value() == errc::certificate_rejected);
    CHECK(q->done->error().message() == "expired");
    CHECK(q->done->error().origin() == "service.test");
    CHECK(q->done->error().processed() == processed::no);
}

TEST_CASE("P4: what arrives between two requests is never the answer to the second, whatever it says") {
    client_world w(client_options().max_connections(1));
    w.get_settled("0");
    const auto unasked = http_response(404, R"({"status":404,"error":"no such image"})");
    w.on_image = [&](scripted_stream& s, const std::string& request) {
        if (requested_id(request) != "1") return false;
        s.deliver(image_response("1"));
        s.deliver_later_record(unasked);  // noticed when the connection is on its way to the next lookup
        return true;
    };
    const auto one = w.get("1");
    const auto two = w.get("2");
    w.advance(1s);
    REQUIRE(one->done);
    CHECK(one->done->has_value());
    REQUIRE(two->done);
    REQUIRE(two->done->has_value());
    CHECK((*two->done)->image.image_id() == "2");
    CHECK(w.dialer->dials == 2);
}

TEST_CASE("P21: a connection given up for talk without end broke the protocol; nothing of it is used again") {
    client_world w;
    w.get_settled("1");
    w.on_image = [&](scripted_stream& s, const std::string&) {
        s.deliver(image_response("2").substr(0, 30));
        s.disturb_with([](scripted_stream&, net::direction which) -> std::optional<net::transfer> {
            if (which == net::direction::write) return std::nullopt;
            return net::transfer{net::transfer::outcome::flooded, 0, {}};
        });
        return true;
    };
    const auto p = w.get_settled("2");
    REQUIRE(p->done);
    REQUIRE_FALSE(p->done->has_value());
    CHECK(p->done->error().kind() == condition::protocol_violation);
    CHECK(p->done->error().message() == net::flood_text);
    CHECK(p->done->error().processed() == processed::maybe);
    CHECK(w.dialer->streams[0]->closed_by_client());
    w.on_image = nullptr;
    CHECK((*w.get_settled("3")->done)->image.image_id() == "3");
    CHECK(w.dialer->dials == 2);
    w.check_nothing_left();
}

TEST_CASE("P21: an idle connection given up for talk without end is closed, and no lookup notices") {
    client_world w;
    w.get_settled("1");
    w.dialer->streams[0]->disturb_with([](scripted_stream&, net::direction) -> std::optional<net::transfer> {
        return net::transfer{net::transfer::outcome::flooded, 0, {}};
    });
    w.dialer->streams[0]->deliver("?");
    w.settle();
    CHECK(w.dialer->streams[0]->closed_by_client());
    CHECK((*w.get_settled("2")->done)->image.image_id() == "2");
    CHECK(w.core->stats().retries == 0);
}

TEST_CASE("P21: an answer that takes any number of turns comes whole, byte by byte at the least") {
    const std::string answer = image_response("2");
    for (const std::size_t bytes : {std::size_t{1}, std::size_t{7}, answer.size() - 1, answer.size()}) {
        CAPTURE(bytes);
        client_world w;
        w.get_settled("1");
        w.dialer->streams[0]->slice_turns(bytes);
        for (const char* id : {"2", "3"}) {
            const auto p = w.get_settled(id);
            REQUIRE(p->done);
            CHECK((*p->done)->image.image_id() == id);
        }
        CHECK(w.dialer->dials == 1);
        w.check_nothing_left();
    }
}

TEST_CASE("P4: surplus bytes are noticed where the turn was used up by the answer before them") {
    client_world w(client_options().max_connections(1));
    w.get_settled("1");
    bool first = true;
    w.on_image = [&](scripted_stream& s, const std::string&) {
        if (!std::exchange(first, false)) return false;
        const std::string answer = image_response("2");
        s.slice_turns(answer.size());
        s.deliver(answer + image_response("evil"));
        return true;
    };
    const auto second = w.get("2");
    const auto third = w.get("3");
    w.settle();
    for (const auto& one : {second, third}) {
        REQUIRE(one->done);
        REQUIRE(one->done->has_value());
    }
    CHECK((*second->done)->image.image_id() == "2");
    CHECK((*third->done)->image.image_id() == "3");
    CHECK(w.dialer->streams[0]->closed_by_client());
    CHECK(w.requested == std::vector<std::string>{"1", "2", "3"});
}

TEST_CASE("S7: after a gap an answer that is there counts, although its time has passed") {
    client_world w(client_options().max_attempts(1).attempt_timeout(10s).timeout(10s));
    scripted_stream* at = nullptr;
    w.on_image = [&](scripted_stream& s, const std::string&) {
        at = &s;
        return true;
    };
    for (const bool answered : {true, false}) {
        CAPTURE(answered);
        const auto p = w.get_settled("1");
        REQUIRE(at != nullptr);
        // Noticed a little later than that time has passed: so are sockets, when many are ready.
        asio::post(w.context, [&] {
            asio::post(w.context, [&] {
                if (answered) at->deliver(image_response("1"));
            });
        });
        w.scheduler->set(w.scheduler->now() + 60s);
        w.scheduler->ring();
        w.advance(0s);
        REQUIRE(p->done);
        CHECK(p->done->has_value() == answered);
        if (!answered) CHECK(p->done->error().value() == errc::deadline_exceeded);
    }
}

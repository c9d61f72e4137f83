// P18: several requests under way on one connection.
#include "support/client_world.hpp"

#include <boost/asio/strand.hpp>
#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace getty::connect;
using namespace getty::connect::test;

namespace {

struct watcher final : observer {
    void pipelining_stopped(std::string_view origin, std::string_view why) noexcept override {
        told.push_back(std::string(origin) + ": " + std::string(why));
    }
    std::vector<std::string> told;
};

client_options one_connection(std::size_t depth = 4) {
    return client_options().max_connections(1).pipeline_depth(depth).acquire_timeout(20s);
}

/// A client with a connection that has answered a lookup, and a service that answers when it is told to.
struct pipeline {
    explicit pipeline(client_options options = one_connection())
        : watch(std::make_shared<watcher>()), world(options.observer(watch)) {
        REQUIRE(world.get_settled("warm")->done->has_value());
        world.on_image = [this](scripted_stream& s, const std::string& request) {
            last = &s;
            arrived.push_back(requested_id(request));
            return !answers_at_once;
        };
    }

    /// Lookups of "1", "2" and so on.
    void ask(std::size_t count) {
        for (std::size_t i = 0; i < count; ++i) asked.push_back(world.get(std::to_string(asked.size() + 1)));
        world.settle();
    }
    scripted_stream& stream(std::size_t which = 0) { return *world.dialer->streams[which]; }
    void deliver(std::string_view bytes) {
        stream().deliver(bytes);
        world.settle();
    }
    void check_each_has_its_own() {
        for (std::size_t i = 0; i < asked.size(); ++i) {
            CAPTURE(i);
            REQUIRE(asked[i]->done);
            REQUIRE(asked[i]->done->has_value());
            CHECK((*asked[i]->done)->image.image_id() == std::to_string(i + 1));
        }
    }
    [[nodiscard]] client_stats stats() const { return world.core->stats(); }
    [[nodiscard]] bool done(std::size_t which) const { return asked[which - 1]->done.has_value(); }
    [[nodiscard]] errc error_of(std::size_t which) const { return asked[which - 1]->done->error().value(); }

    std::shared_ptr<watcher> watch;
    client_world world;
    bool answers_at_once = false;
    scripted_stream* last = nullptr;
    std::vector<std::string> arrived;
    std::vector<std::shared_ptr<pending>> asked;
};

/// In one line.
std::string joined(const std::vector<std::string>& ids) {
    std::string all;
    for (const std::string& id : ids) all += (all.empty() ? "" : " ") + id;
    return all;
}

const std::string no_such_image = http_response(404, R"({"message":"no such image"})");

std::string closing_response(const std::string& id) {
    std::string response = image_response(id);
    return response.insert(response.find("\r\n") + 2, "Connection: close\r\n");
}

}  // namespace

TEST_CASE("P18: without the option a request waits for the answer to the one before it") {
    pipeline p(client_options().max_connections(1));
    p.ask(2);
    CHECK(joined(p.arrived) == "1");
    p.deliver(image_response("1"));
    CHECK(joined(p.arrived) == "1 2");
    p.deliver(image_response("2"));
    p.check_each_has_its_own();
    CHECK(p.stats().requests_pipelined == 0);
}

TEST_CASE("P18: requests leave before the answers to earlier ones, no more than the depth at a time") {
    pipeline p;
    p.ask(6);
    CHECK(joined(p.arrived) == "1 2 3 4");
    p.deliver(image_response("1"));
    CHECK(p.done(1));
    CHECK_FALSE(p.done(2));
    CHECK(joined(p.arrived) == "1 2 3 4 5");
    p.deliver(image_response("2") + image_response("3"));
    CHECK(p.arrived.size() == 6);
    p.deliver(image_response("4") + image_response("5") + image_response("6"));
    p.check_each_has_its_own();
    CHECK(p.stats().requests_pipelined == 5);
    CHECK(p.stats().connections_opened == 1);
    CHECK(p.stats().pipelining_stopped == 0);
    p.world.check_nothing_left();
}

TEST_CASE("P18: a new connection carries one request until its first answer shows that it stays open") {
    client_world w(one_connection().token(secret("the-token")));
    std::vector<std::string> arrived;
    w.on_image = [&](scripted_stream&, const std::string& request) {
        arrived.push_back(requested_id(request));
        return true;
    };
    std::vector<std::shared_ptr<pending>> all;
    for (const char* id : {"1", "2", "3"}) all.push_back(w.get(id));
    w.settle();
    CHECK(joined(arrived) == "1");
    w.dialer->streams[0]->deliver(image_response("1"));
    w.settle();
    CHECK(joined(arrived) == "1 2 3");
    w.dialer->streams[0]->deliver(image_response("2") + image_response("3"));
    w.settle();
    for (const auto& p : all) CHECK(p->done->has_value());
}

TEST_CASE("P18: lookups spread over all connections before two share one") {
    pipeline p(client_options().max_connections(3).pipeline_depth(4));
    p.ask(3);
    CHECK(p.world.dialer->dials == 3);
    CHECK(p.stats().requests_pipelined == 0);
    for (std::size_t i = 0; i < 3; ++i) CHECK(p.stream(i).requests() >= 1);
}

TEST_CASE("P18: in whatever pieces the answers come, each lookup gets its own") {
    std::string chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
    const std::string body = R"({"Images":[{"ImageId":"2"}]})";
    chunked += "1c\r\n" + body + "\r\n0\r\nTrailer: x\r\n\r\n";
    const std::string all = image_response("1") + chunked + image_response("3") +
                            "HTTP/1.1 200 OK\r\nContent-Length: 28\r\n\r\n" +
                            R"({"Images":[{"ImageId":"4"}]})";
    for (std::size_t bytes = 1; bytes <= all.size(); ++bytes) {
        CAPTURE(bytes);
        pipeline p;
        p.ask(4);
        REQUIRE(p.arrived.size() == 4);
        for (std::size_t at = 0; at < all.size(); at += bytes) p.deliver(all.substr(at, bytes));
        p.check_each_has_its_own();
        CHECK(p.stats().connections_opened == 1);
    }
}

TEST_CASE("P20: each of several answers on one connection may have interim ones before it, cut anywhere") {
    const std::string hints = "HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n";
    const std::string go_on = "HTTP/1.1 100 Continue\r\n\r\n";
    const std::string all = hints + image_response("1") + go_on + hints + image_response("2") +
                            image_response("3") + go_on + image_response("4");
    for (std::size_t bytes = 1; bytes <= all.size(); ++bytes) {
        CAPTURE(bytes);
        pipeline p;
        p.ask(4);
        for (std::size_t at = 0; at < all.size(); at += bytes) p.deliver(all.substr(at, bytes));
        p.check_each_has_its_own();
        CHECK(p.stats().connections_opened == 1);
        CHECK(p.stats().pipelining_stopped == 0);
        // The next lookup has a clean line.
        p.answers_at_once = true;
        CHECK(p.world.get_settled("5")->done->has_value());
    }
}

TEST_CASE("P20: a lookup given up behind an interim answer takes no other along") {
    pipeline p;
    p.ask(2);
    p.deliver("HTTP/1.1 103 Early Hints\r\n\r\n");
    p.asked[0]->scope.cancel();
    p.world.settle();
    CHECK(p.error_of(1) == errc::canceled);
    p.deliver("HTTP/1.1 100 Continue\r\n\r\n" + image_response("1") + "HTTP/1.1 100 Continue\r\n\r\n" +
              image_response("2"));
    REQUIRE(p.done(2));
    CHECK((*p.asked[1]->done)->image.image_id() == "2");
    CHECK(p.stats().connections_opened == 1);
}

TEST_CASE("P18: an answer after a large one in the same piece is not lost") {
    pipeline p;
    p.ask(2);
    const std::string title(300'000, 't');
    p.deliver(http_response(200, R"({"Images":[{"ImageId":"1","Title":")" + title + R"("}]})") +
              image_response("2"));
    p.check_each_has_its_own();
    CHECK((*p.asked[0]->done)->image.title() == title);
}

TEST_CASE("P18: requests that come while answers are handed out leave in one piece") {
    pipeline p;
    consumer c(p.world);
    std::vector<std::string> wanted;
    for (int i = 0; i < 12; ++i) wanted.push_back(std::to_string(i));
    fetch_options options;
    options.max_in_flight(4).max_buffered(100);
    c.open(wanted, options);
    c.ask();
    REQUIRE(joined(p.arrived) == "0 1 2 3");
    std::size_t writes = 0;
    p.stream().disturb_with([&](scripted_stream&, net::direction which) -> std::optional<net::transfer> {
        if (which == net::direction::write) ++writes;
        return std::nullopt;
    });
    for (std::size_t answered = 0; answered < 12; answered += 4) {
        std::string four;
        for (std::size_t i = answered; i < answered + 4; ++i) four += image_response(wanted[i]);
        p.deliver(four);
    }
    CHECK(p.arrived.size() == 12);
    CHECK(writes == 2);
    c.drain();
    CHECK(c.taken.size() == 12);
    for (const outcome& o : c.taken) CHECK(o.value->image.image_id() == o.id);
}

TEST_CASE("P18: a token request is neither behind others nor before them") {
    pipeline p;
    p.ask(2);
    REQUIRE(p.arrived.size() == 2);
    scripted_stream* token_asked = nullptr;
    p.world.on_token = [&](scripted_stream& s, const std::string&) {
        token_asked = &s;
        return true;
    };
    // The token is refused: a new one is needed while "2" is under way.
    p.deliver(http_response(401, "{}", "WWW-Authenticate: Bearer error=\"invalid_token\"\r\n"));
    CHECK(token_asked == nullptr);
    p.deliver(image_response("2"));
    REQUIRE(token_asked != nullptr);
    p.ask(1);
    CHECK(p.arrived.size() == 2);
    token_asked->deliver(p.world.token_response("new"));
    p.world.settle();
    CHECK(joined(p.arrived) == "1 2 3 1");
    p.deliver(image_response("3") + image_response("1"));
    p.check_each_has_its_own();
}

TEST_CASE("P18: an error behind others is asked once more, by itself, and then believed") {
    for (const std::string& refusal :
         {no_such_image, http_response(403, "{}"), http_response(410, "{}"), http_response(500, "{}"),
          http_response(200, "{}"), http_response(200, "no JSON")}) {
        CAPTURE(refusal);
        for (const bool another : {false, true}) {
            CAPTURE(another);
            pipeline p;
            p.ask(3);
            p.deliver(image_response("1") + refusal);
            CHECK_FALSE(p.done(2));
            CHECK(joined(p.arrived) == "1 2 3");
            p.deliver(image_response("3"));
            CHECK(joined(p.arrived) == "1 2 3 2");
            p.ask(1);
            CHECK(p.arrived.size() == 4);  // nobody joins it
            p.deliver(another ? image_response("2") : refusal);
            REQUIRE(p.done(2));
            CHECK(p.asked[1]->done->has_value() == another);
            CHECK(p.stats().confirmations == 1);
            CHECK(p.stats().retries == 0);
            CHECK(p.stats().pipelining_stopped == 0);
            p.deliver(image_response("4"));
            CHECK(p.asked[3]->done->has_value());
        }
    }
}

TEST_CASE("P18: an error for a request with no other before or behind it is believed at once") {
    pipeline p;
    p.ask(1);
    p.deliver(no_such_image);
    REQUIRE(p.done(1));
    CHECK(p.error_of(1) == errc::not_found);
    CHECK(p.stats().confirmations == 0);
}

TEST_CASE("P18: a redirect behind others is followed only when it was confirmed") {
    pipeline p(one_connection().redirects(redirects::same_origin));
    p.ask(2);
    const std::string elsewhere = http_response(302, "", "Location: /api/images/elsewhere\r\n");
    p.deliver(image_response("1") + elsewhere);
    CHECK(joined(p.arrived) == "1 2 2");
    REQUIRE(p.world.dialer->streams.size() == 2);  // not where the doubt came from
    p.last->deliver(elsewhere);
    p.world.settle();
    CHECK(p.arrived.back() == "elsewhere");
    p.last->deliver(image_response("2"));
    p.world.settle();
    p.check_each_has_its_own();
}

TEST_CASE("P18: answers out of order end pipelining, and every lookup still gets its own image") {
    pipeline p;
    p.ask(4);
    p.answers_at_once = true;
    p.deliver(image_response("2") + image_response("1") + image_response("4") + image_response("3"));
    p.world.advance(5s);
    p.check_each_has_its_own();
    CHECK(p.stats().pipelining_stopped == 1);
    REQUIRE(p.watch->told.size() == 1);
    CHECK(p.watch->told[0] == "service.test: it sent a response to another request");
    p.answers_at_once = false;
    p.arrived.clear();
    p.ask(2);
    CHECK(p.arrived.size() == 1);  // off for good
}

TEST_CASE("P18: one answer too many does not reach the lookups behind it") {
    for (const std::string& extra : {image_response("1"), image_response("evil"), no_such_image}) {
        CAPTURE(extra);
        pipeline p;
        p.ask(3);
        p.answers_at_once = true;
        p.deliver(image_response("1") + extra + image_response("2") + image_response("3"));
        p.world.advance(5s);
        p.check_each_has_its_own();
        CHECK(p.stats().pipelining_stopped == 1);
    }
}

TEST_CASE("P18: bytes that answer no request end pipelining") {
    pipeline p;
    p.ask(2);
    p.deliver(image_response("1") + image_response("2") + "x");
    p.check_each_has_its_own();
    CHECK(p.world.dialer->open() == 0);
    REQUIRE(p.watch->told.size() == 1);
    CHECK(p.watch->told[0] == "service.test: it sent bytes that answer no request");
}

TEST_CASE("P18: an answer that comes before its request has left is not taken for it") {
    pipeline p;
    p.ask(1);
    p.stream().block_writes(true);
    p.ask(1);
    p.answers_at_once = true;
    p.deliver(image_response("1") + image_response("2"));
    CHECK(p.done(1));
    p.world.advance(5s);
    p.check_each_has_its_own();
    CHECK(p.stats().connections_opened == 2);
    CHECK(p.stats().pipelining_stopped == 1);
}

TEST_CASE("P18: requests behind an announced close are sent again at once, and pipelining goes on") {
    pipeline p(one_connection().retry_budget(0.0, 0));
    p.ask(4);
    p.answers_at_once = true;
    p.deliver(image_response("1") + closing_response("2"));
    p.check_each_has_its_own();
    CHECK(p.stats().replays == 2);
    CHECK(p.stats().retries == 0);
    CHECK(p.stats().pipelining_stopped == 0);
    CHECK(p.stats().connections_opened == 2);
}

TEST_CASE("P18: after a close the unanswered requests are not pipelined before the first answer") {
    pipeline p;
    p.ask(4);
    p.deliver(closing_response("1"));
    REQUIRE(p.world.dialer->streams.size() == 2);
    CHECK(joined(p.arrived) == "1 2 3 4 2");
    p.stream(1).deliver(image_response("2"));
    p.world.settle();
    CHECK(joined(p.arrived) == "1 2 3 4 2 3 4");
    p.stream(1).deliver(image_response("3") + image_response("4"));
    p.world.settle();
    p.check_each_has_its_own();
}

TEST_CASE("P18: a close without a word, with requests unanswered, ends pipelining; each is sent again") {
    for (const bool clean : {true, false}) {
        for (const std::size_t answered : {0U, 1U, 3U}) {
            CAPTURE(answered);
            pipeline p(one_connection().retry_budget(0.0, 0));
            p.ask(4);
            std::string answers;
            for (std::size_t i = 1; i <= answered; ++i) answers += image_response(std::to_string(i));
            p.deliver(answers);
            p.answers_at_once = true;
            p.stream().end(clean);
            p.world.settle();
            p.check_each_has_its_own();
            CHECK(p.stats().replays == 4 - answered);
            CHECK(p.stats().pipelining_stopped == 1);
        }
    }
}

TEST_CASE("P18: a malformed answer ends the connection, and each lookup asks once more") {
    pipeline p;
    p.ask(3);
    p.answers_at_once = true;
    p.deliver("HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nxx" + image_response("2"));
    p.world.settle();
    p.check_each_has_its_own();
    CHECK(p.stats().confirmations == 1);
    CHECK(p.stats().replays == 2);
    CHECK(p.stats().pipelining_stopped == 1);
    CHECK(p.stats().connections_opened == 2);
}

TEST_CASE("P18: a malformed answer behind others is asked for once more") {
    pipeline p;
    p.ask(3);
    p.answers_at_once = true;
    p.deliver(image_response("1") + "HTTP/1.1 2OO OK\r\n\r\n");
    p.check_each_has_its_own();
    CHECK(p.stats().confirmations == 1);
}

TEST_CASE("P18: a lookup that is cancelled takes no other along, wherever it stands") {
    for (std::size_t victim = 1; victim <= 4; ++victim) {
        for (std::size_t answered = 0; answered < victim; ++answered) {
            CAPTURE(victim);
            CAPTURE(answered);
            pipeline p;
            p.ask(4);
            for (std::size_t i = 1; i <= answered; ++i) p.deliver(image_response(std::to_string(i)));
            p.asked[victim - 1]->scope.cancel();
            p.world.settle();
            REQUIRE(p.done(victim));
            CHECK(p.error_of(victim) == errc::canceled);
            const bool last = victim == 4 && answered == 3;
            CHECK((p.world.dialer->open() == 0) == last);  // while others use it, it stays
            for (std::size_t i = answered + 1; i <= 4; ++i) p.deliver(image_response(std::to_string(i)));
            for (std::size_t i = 1; i <= 4; ++i) {
                if (i != victim) CHECK((*p.asked[i - 1]->done)->image.image_id() == std::to_string(i));
            }
            CHECK(p.stats().requests == 6);  // with the token's
            CHECK(p.stats().pipelining_stopped == 0);
            CHECK(p.world.dialer->open() == 0);
            p.world.check_nothing_left();
        }
    }
}

TEST_CASE("P18: a lookup that is cancelled before its request left leaves the connection as it was") {
    pipeline p;
    p.ask(1);
    p.stream().block_writes(true);
    std::size_t offered = 0;
    p.stream().disturb_with([&](scripted_stream&, net::direction which) -> std::optional<net::transfer> {
        if (which == net::direction::write) ++offered;
        return std::nullopt;
    });
    p.ask(1);
    REQUIRE(offered == 1);
    p.ask(1);  // not looked at by OpenSSL yet, or together with the second
    p.asked[2]->scope.cancel();
    p.world.settle();
    CHECK(p.error_of(3) == errc::canceled);
    p.stream().block_writes(false);
    p.answers_at_once = true;
    p.deliver(image_response("1"));
    p.world.advance(5s);
    CHECK((*p.asked[0]->done)->image.image_id() == "1");
    CHECK((*p.asked[1]->done)->image.image_id() == "2");
    p.world.check_nothing_left();
}

TEST_CASE("P18: a service that answers the first request and forgets the others costs them one timeout") {
    pipeline p(one_connection().attempt_timeout(2s).timeout(30s).retry_budget(1.0, 100));
    p.ask(4);
    p.deliver(image_response("1"));
    p.answers_at_once = true;
    p.world.advance(10s);
    p.check_each_has_its_own();
    CHECK(p.stats().pipelining_stopped == 1);
    CHECK(p.watch->told[0] == "service.test: it left a request behind others unanswered");
    p.world.check_nothing_left();
}

TEST_CASE("P18: an answer that comes after its lookup's timeout is passed over") {
    pipeline p(one_connection().attempt_timeout(2s).timeout(2s));
    p.ask(1);
    p.world.advance(1s);
    p.ask(2);
    p.world.advance(1s);
    CHECK(p.error_of(1) == errc::deadline_exceeded);
    CHECK_FALSE(p.done(2));
    p.deliver(image_response("1").substr(0, 20));
    p.deliver(image_response("1").substr(20) + image_response("2"));
    CHECK((*p.asked[1]->done)->image.image_id() == "2");
    CHECK_FALSE(p.done(3));
    p.deliver(image_response("3"));
    CHECK((*p.asked[2]->done)->image.image_id() == "3");
    CHECK(p.world.dialer->open() == 0);
}

TEST_CASE("P18: all shards stop pipelining with the first violation that one of them sees") {
    pipeline p;
    const auto other = p.world.make_shard();
    const auto warm = p.world.get_from(other, "0");
    p.world.settle();
    p.stream(1).deliver(image_response("0"));
    p.world.settle();
    REQUIRE(warm->done->has_value());
    p.ask(2);
    p.deliver(image_response("1") + image_response("2") + "x");
    REQUIRE(p.stats().pipelining_stopped == 1);
    p.arrived.clear();
    const auto one = p.world.get_from(other, "8");
    const auto two = p.world.get_from(other, "9");
    p.world.settle();
    CHECK(joined(p.arrived) == "8");
    CHECK(other->stats().pipelining_stopped == 0);
    CHECK(p.watch->told.size() == 1);
}

TEST_CASE("P18: closing the client lets pipelined lookups finish") {
    pipeline p;
    p.ask(4);
    const auto closed = p.world.close();
    p.world.settle();
    CHECK_FALSE(*closed);
    p.deliver(image_response("1") + image_response("2") + image_response("3") + image_response("4"));
    p.check_each_has_its_own();
    CHECK(*closed);
    CHECK(p.world.dialer->open() == 0);
}

TEST_CASE("P18: an announced close in the answer to a cancelled lookup is in order") {
    pipeline p(one_connection().retry_budget(0.0, 0));
    p.ask(3);
    p.asked[0]->scope.cancel();
    p.world.settle();
    p.answers_at_once = true;
    p.deliver(closing_response("1"));
    CHECK((*p.asked[1]->done)->image.image_id() == "2");
    CHECK((*p.asked[2]->done)->image.image_id() == "3");
    CHECK(p.stats().pipelining_stopped == 0);
}

TEST_CASE(
    "P18: what is wrong with the answer to a cancelled lookup is judged as its own, and costs no other") {
    struct {
        std::string answer;
        std::uint64_t stopped;
    } const cases[] = {{http_response(200, std::string(10'000, ' ')), 0},  // too large
                       {"HTTP/1.1 2OO OK\r\n\r\n", 1}};
    for (const auto& [answer, stopped] : cases) {
        pipeline p(one_connection().max_body_bytes(4096).retry_budget(0.0, 0));
        p.ask(3);
        p.asked[0]->scope.cancel();
        p.world.settle();
        p.answers_at_once = true;
        p.deliver(answer);
        CHECK((*p.asked[1]->done)->image.image_id() == "2");
        CHECK((*p.asked[2]->done)->image.image_id() == "3");
        CHECK(p.stats().pipelining_stopped == stopped);
    }
}

TEST_CASE("P18: another's 503 is not the outcome of a lookup that has no try left") {
    enum class left { attempts, budget, time };
    for (const left without : {left::attempts, left::budget, left::time}) {
        client_options options = one_connection();
        if (without == left::attempts) options.max_attempts(1);
        if (without == left::budget) options.retry_budget(0.0, 0);
        if (without == left::time) options.timeout(5s);
        pipeline p(options);
        p.ask(3);
        p.deliver(http_response(503, "{}", without == left::time ? "Retry-After: 60\r\n" : ""));
        CHECK_FALSE(p.done(1));
        p.answers_at_once = true;
        p.deliver(image_response("1") + image_response("3"));
        p.world.advance(1s);
        REQUIRE(p.done(1));
        CHECK(p.asked[0]->done->has_value());
    }
}

TEST_CASE("P18: without time to ask once more an answer in doubt is not believed") {
    pipeline p(one_connection().timeout(5s));
    p.ask(2);
    p.world.advance(4995ms);
    p.deliver(no_such_image);
    REQUIRE(p.done(1));
    CHECK(p.error_of(1) == errc::deadline_exceeded);
    CHECK(std::string(p.asked[0]->done->error().message()).find("no such image") != std::string::npos);
}

TEST_CASE("P18: it is not asked once more where an answer too many may still be on its way") {
    pipeline p;
    p.ask(3);
    p.deliver(no_such_image);  // 1 does not exist
    p.deliver(image_response("2"));
    p.deliver(no_such_image);  // nobody's; what answers 3 comes later
    CHECK(p.stream().closed_by_client());
    p.deliver(image_response("3"));
    CHECK(joined(p.arrived) == "1 2 3 1");
    p.stream(1).deliver(no_such_image);
    p.world.settle();
    p.stream(1).deliver(image_response("3"));
    p.world.settle();
    CHECK(p.error_of(1) == errc::not_found);
    CHECK((*p.asked[2]->done)->image.image_id() == "3");
}

TEST_CASE("P18: nobody who waits on another shard shares a connection after the first violation") {
    pipeline p;
    const auto other = p.world.make_shard();
    const auto warm = p.world.get_from(other, "0");
    p.world.settle();
    p.stream(1).deliver(image_response("0"));
    p.world.settle();
    REQUIRE(warm->done->has_value());
    std::vector<std::shared_ptr<pending>> queued;
    for (int i = 0; i < 12; ++i) queued.push_back(p.world.get_from(other, "q" + std::to_string(i)));
    p.world.settle();
    p.ask(2);
    p.deliver(image_response("1") + image_response("2") + "x");
    REQUIRE(p.stats().pipelining_stopped == 1);
    p.arrived.clear();
    for (int i = 0; i < 4; ++i) {
        p.stream(1).deliver(image_response("q" + std::to_string(i)));
        p.world.settle();
    }
    CHECK(joined(p.arrived) == "q4");
}

TEST_CASE("P18: a lookup that is cancelled when half its request has left takes along nobody before it") {
    pipeline p(one_connection().retry_budget(0.0, 0));
    p.ask(2);
    p.stream().deliver(image_response("1").substr(0, 30));
    p.stream().block_writes(true);
    p.ask(2);
    p.answers_at_once = true;
    p.asked[2]->scope.cancel();
    p.world.settle();
    CHECK(p.error_of(3) == errc::canceled);
    p.stream().block_writes(false);
    p.deliver(image_response("1").substr(30) + image_response("2"));
    CHECK((*p.asked[0]->done)->image.image_id() == "1");
    CHECK((*p.asked[1]->done)->image.image_id() == "2");
    CHECK((*p.asked[3]->done)->image.image_id() == "4");
    CHECK(p.stats().replays == 1);  // of the one that had not left either
    CHECK(p.stats().pipelining_stopped == 0);
    p.world.check_nothing_left();
}

TEST_CASE(
    "P18: an answer that comes before its request has left, behind a cancelled one, is not taken for it") {
    pipeline p;
    p.ask(1);
    p.stream().block_writes(true);
    p.ask(1);
    p.asked[0]->scope.cancel();
    p.world.settle();
    p.answers_at_once = true;
    p.deliver(image_response("1") + image_response("2"));
    p.stream().block_writes(false);
    p.world.advance(5s);
    CHECK((*p.asked[1]->done)->image.image_id() == "2");
    CHECK(p.stats().pipelining_stopped == 1);
    CHECK(p.stats().connections_opened == 2);
}

TEST_CASE("P18: the context may go when the client's strand has gone already") {
    client_world w(one_connection(8));  // registers with the context before there is a strand
    const auto strand_scheduler =
        std::make_shared<virtual_scheduler>(async::executor(asio::make_strand(w.context.get_executor())));
    async::follow_context(strand_scheduler);
    detail::client_seams seams;
    seams.on = strand_scheduler;
    seams.random = getty::connect::core::seeded_random(1);
    seams.dialer = w.dialer;
    seams.shared = w.shared;
    auto core = detail::client_core::make(w.settings, std::move(seams));
    const auto get = [&](const std::string& id) {
        auto p = std::make_shared<pending>(*strand_scheduler);
        async::spawn(
            strand_scheduler->get_executor(), core->lookup(id, lookup_options(), p->scope),
            [p, whole = core](const std::exception_ptr&, result<document> r) { p->done = std::move(r); });
        w.settle();
    };
    get("warm");
    w.on_image = [](scripted_stream&, const std::string&) { return true; };
    get("1");
    scripted_stream& s = *w.dialer->streams.back();
    s.block_writes(true);
    for (int i = 2; i <= 6; ++i) get(std::to_string(i));
    s.deliver(image_response("1").substr(0, 20));  // so that "1" is parked again, after the others
    w.settle();
    CHECK(strand_scheduler->parked() >= 6);
    core.reset();
}

TEST_CASE(
    "P18: lookups in one piece with one that is cancelled before the piece has left are sent elsewhere") {
    for (const std::size_t victim : {5U, 6U, 7U}) {
        pipeline p(one_connection().retry_budget(0.0, 0));
        p.ask(8);
        p.stream().block_writes(true);
        p.deliver(image_response("1") + image_response("2") + image_response("3") + image_response("4"));
        p.answers_at_once = true;
        p.asked[victim - 1]->scope.cancel();
        p.world.settle();
        CHECK(p.error_of(victim) == errc::canceled);
        for (std::size_t i = 1; i <= 8; ++i) {
            CAPTURE(i);
            REQUIRE(p.done(i));
            if (i != victim) CHECK((*p.asked[i - 1]->done)->image.image_id() == std::to_string(i));
        }
        CHECK(p.stats().replays == 3);
        p.world.check_nothing_left();
    }
}

TEST_CASE("P18: an answer too many that comes late, to a request by itself, is not believed either") {
    pipeline p;
    p.ask(2);
    p.deliver(image_response("1") + image_response("2"));
    p.ask(1);
    p.answers_at_once = true;
    p.deliver(image_response("2"));
    p.check_each_has_its_own();
    CHECK(p.stats().pipelining_stopped == 1);
    CHECK(p.stats().confirmations == 1);
}

TEST_CASE(
    "P18: a write that finds the connection gone makes no free replay of a lookup that has half its answer") {
    pipeline p;
    p.ask(2);
    p.deliver(image_response("1").substr(0, 30));
    p.answers_at_once = true;
    p.stream().disturb_with([](scripted_stream&, net::direction which) -> std::optional<net::transfer> {
        if (which == net::direction::read) return std::nullopt;
        return net::transfer{net::transfer::outcome::failed, 0, asio::error::broken_pipe};
    });
    p.ask(1);
    CHECK_FALSE(p.done(1));
    CHECK((*p.asked[1]->done)->image.image_id() == "2");
    p.world.advance(1s);
    p.check_each_has_its_own();
    CHECK(p.stats().retries == 1);
    CHECK(p.stats().replays == 2);
    CHECK(p.stats().pipelining_stopped == 0);
}

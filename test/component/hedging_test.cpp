// R6: asking twice for what takes too long.
#include "support/client_world.hpp"

#include <doctest/doctest.h>

#include <map>
#include <string>

using namespace getty::connect;
using namespace getty::connect::test;

namespace {

/// Answers after 10 ms, but lets the requests hang that it is told to.
struct sometimes_slow {
    explicit sometimes_slow(client_world& in) : at(in) {
        in.on_image = [this](scripted_stream& s, const std::string& request) {
            const std::string id = requested_id(request);
            if (hangs && hangs(id, ++asked[id])) return true;
            due.emplace_back(std::static_pointer_cast<scripted_stream>(s.shared_from_this()), id);
            return true;
        };
    }
    void answer() {
        at.advance(10ms);
        for (auto& [stream, id] : std::exchange(due, {})) stream->deliver(image_response(id));
        at.settle();
    }
    /// So many ordinary lookups that it is known how long one takes.
    void teach() {
        for (int i = 0; i < 150; ++i) {
            at.get_settled("t" + std::to_string(i));
            answer();
        }
    }
    client_world& at;
    std::function<bool(const std::string& id, int time)> hangs;
    std::map<std::string, int> asked;
    std::vector<std::pair<std::shared_ptr<scripted_stream>, std::string>> due;
};

client_options hedged() {
    return client_options().hedging(hedging::after_p95).timeout(20s).attempt_timeout(5s);
}

}  // namespace

TEST_CASE(
    "R6: a lookup that is late is asked once more, the first answer counts, the other request is given up") {
    client_world w(hedged());
    sometimes_slow service(w);
    service.teach();
    service.hangs = [](const std::string& id, int time) { return id == "slow" && time == 1; };
    const auto slow = w.get_settled("slow");
    w.advance(5ms);
    CHECK(service.asked["slow"] == 1);
    w.advance(10ms);
    CHECK(service.asked["slow"] == 2);
    CHECK_FALSE(slow->done);
    const std::size_t open = w.dialer->open();
    service.answer();
    REQUIRE(slow->done);
    REQUIRE(slow->done->has_value());
    CHECK((*slow->done)->image.image_id() == "slow");
    CHECK(w.dialer->open() == open - 1);
    CHECK(w.core->stats().hedges == 1);
    CHECK(w.core->stats().hedges_won == 1);
    CHECK(w.core->stats().lookups_succeeded == 151);
    CHECK(w.scheduler->pending_deadlines() == 1);  // the pool's sweep
}

TEST_CASE("R6: the first request may still win") {
    client_world w(hedged());
    sometimes_slow service(w);
    service.teach();
    std::shared_ptr<scripted_stream> late;
    auto usual = w.on_image;
    w.on_image = [&](scripted_stream& s, const std::string& request) {
        if (requested_id(request) != "slow") return usual(s, request);
        if (++service.asked["slow"] == 1)
            late = std::static_pointer_cast<scripted_stream>(s.shared_from_this());
        return true;
    };
    const auto slow = w.get_settled("slow");
    w.advance(15ms);
    CHECK(service.asked["slow"] == 2);
    late->deliver(image_response("slow"));
    w.settle();
    REQUIRE(slow->done);
    CHECK(slow->done->has_value());
    CHECK(w.core->stats().hedges_won == 0);
}

TEST_CASE("R6: at most two copies, however long it takes") {
    client_world w(hedged().max_attempts(1));
    sometimes_slow service(w);
    service.teach();
    service.hangs = [](const std::string& id, int) { return id == "slow"; };
    const auto slow = w.get_settled("slow");
    w.advance(4s);
    CHECK(service.asked["slow"] == 2);
    w.advance(10s);
    CHECK(service.asked["slow"] == 2);
    REQUIRE(slow->done);
    CHECK(slow->done->error().value() == errc::attempt_timeout);
    CHECK(slow->done->error().attempts() == 2);
}

TEST_CASE("R6: the second copy fails, the first goes on, and its own tries are what they always were") {
    client_world w(hedged());
    sometimes_slow service(w);
    service.teach();
    auto usual = w.on_image;
    w.on_image = [&](scripted_stream& s, const std::string& request) {
        if (requested_id(request) != "slow") return usual(s, request);
        const int time = ++service.asked["slow"];
        if (time == 1) return true;  // until its timeout
        s.deliver(time == 2 ? http_response(503, "busy") : image_response("slow"));
        return true;
    };
    const auto slow = w.get_settled("slow");
    w.advance(1s);
    CHECK(service.asked["slow"] == 2);
    CHECK_FALSE(slow->done);
    w.advance(15s);
    CHECK(service.asked["slow"] == 3);
    REQUIRE(slow->done);
    CHECK(slow->done->has_value());
}

TEST_CASE("R6: an image that does not exist is an answer as well") {
    client_world w(hedged());
    sometimes_slow service(w);
    service.teach();
    auto usual = w.on_image;
    w.on_image = [&](scripted_stream& s, const std::string& request) {
        if (requested_id(request) != "gone") return usual(s, request);
        if (++service.asked["gone"] == 2) s.deliver(http_response(404, "{}"));
        return true;
    };
    const auto gone = w.get_settled("gone");
    w.advance(100ms);
    REQUIRE(gone->done);
    CHECK(gone->done->error().code() == condition::not_found);
}

TEST_CASE("R6: copies are paid for out of the retry budget") {
    client_world w(hedged().retry_budget(0.0, 3).max_attempts(1).max_connections(64));
    sometimes_slow service(w);
    service.teach();
    service.hangs = [](const std::string& id, int) { return id.starts_with("slow"); };
    std::vector<std::shared_ptr<pending>> all;
    for (int i = 0; i < 20; ++i) all.push_back(w.get("slow" + std::to_string(i)));
    w.advance(4s);
    CHECK(w.core->stats().hedges == 3);
    int copies = 0;
    for (const auto& [id, times] : service.asked) copies += id.starts_with("slow") ? times : 0;
    CHECK(copies == 23);
}

TEST_CASE("R6: waiting for a connection or for the rate is no reason to ask twice") {
    client_world w(hedged().max_connections(1).rate(1, 200));
    sometimes_slow service(w);
    service.teach();
    service.hangs = [](const std::string& id, int) { return id == "holds"; };
    w.get_settled("holds");
    const auto waits = w.get("waits");
    w.advance(3s);
    CHECK(service.asked["waits"] == 0);
    CHECK(w.core->stats().hedges == 1);  // of the one that holds the connection
    CHECK_FALSE(waits->done);
}

TEST_CASE("R6: a cancelled lookup takes both copies with it") {
    client_world w(hedged());
    sometimes_slow service(w);
    service.teach();
    service.hangs = [](const std::string& id, int) { return id == "slow"; };
    const auto slow = w.get_settled("slow");
    w.advance(100ms);
    REQUIRE(service.asked["slow"] == 2);
    slow->scope.cancel();
    w.settle();
    REQUIRE(slow->done);
    CHECK(slow->done->error().value() == errc::canceled);
    CHECK(w.core->stats().connections_leased == 0);
    const auto closed = w.close();
    w.settle();
    CHECK(*closed);
}

TEST_CASE("R6: an invalid id is refused before anything is sent") {
    client_world w(hedged());
    const auto bad = w.get_settled("");
    REQUIRE(bad->done);
    CHECK(bad->done->error().value() == errc::invalid_id);
    CHECK(w.image_requests == 0);
}

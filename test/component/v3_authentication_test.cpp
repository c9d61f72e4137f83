// What is v3's own about authentication beside the grants: keys alone, 401s that tell little, the rate.
#include "support/saboteur.hpp"
#include "support/v3_world.hpp"

#include <doctest/doctest.h>

using namespace getty::connect;
using namespace getty::connect::test;

namespace {

client_options by_key() { return client_options().credentials("key", secret()); }

/// Answers every lookup with 401.
bool unauthorized(scripted_stream& s, const std::string&) {
    s.deliver(http_response(401, R"({"message":"Unauthorized"})"));
    return true;
}

id_source numbers(int upto) {
    return [n = 0, upto]() mutable -> std::optional<std::string> {
        if (n == upto) return std::nullopt;
        return std::to_string(++n);
    };
}

/// Takes all that comes, as time passes.
void take_all(client_world& w, consumer& c) {
    while (!c.finished) {
        c.drain();
        w.advance(100ms);
    }
}

}  // namespace

TEST_CASE("T12: without a secret no token is asked for, and none is sent") {
    v3_world w(by_key());
    std::vector<std::string> requests;
    w.refuse = [&](scripted_stream&, const std::string& request) {
        requests.push_back(request);
        return false;
    };
    CHECK(w.get_settled("1")->done->has_value());
    CHECK(w.token_posts == 0);
    REQUIRE(requests.size() == 1);
    CHECK(requests[0].find("uthorization") == std::string::npos);
    const result<token_info> info = w.authenticated();
    REQUIRE(info.has_value());
    CHECK(info->source == token_source::none);
    CHECK(info->remaining == 0s);
    CHECK(w.token_posts == 0);
    w.check_nothing_left();
}

TEST_CASE("T12: a 401 to the key alone is final, and says what to set") {
    v3_world w(by_key());
    w.refuse = unauthorized;
    const auto p = w.get_settled("1");
    REQUIRE(p->done);
    REQUIRE(p->done->has_error());
    const error& why = p->done->error();
    CHECK(why.value() == errc::unauthorized);
    CHECK(why.http_status() == 401);
    CHECK(why.attempts() == 1);
    CHECK(why.message() ==
          "the key is not good, or not enough without a token: check it, or set credentials(key, secret) to "
          "have tokens fetched: Unauthorized");
    CHECK(w.image_requests == 1);
    CHECK(w.token_posts == 0);

    consumer c(w);
    c.open(numbers(1000), fetch_options().ids_per_request(1).max_in_flight(4));
    take_all(w, c);
    REQUIRE(c.batch->stopped());
    CHECK(c.batch->stopped()->value() == errc::unauthorized);
    CHECK(w.image_requests <= 1 + 4);
}

TEST_CASE("T12: a token of the caller's own goes with a key that has no secret, and is not replaced") {
    v3_world w(by_key().token(secret("mine|1")));
    CHECK(w.get_settled("1")->done->has_value());
    CHECK(w.carried == std::vector<std::string>{"mine|1"});
    CHECK(w.authenticated()->source == token_source::fixed);
    w.refuse = unauthorized;
    CHECK(w.get_settled("2")->done->error().value() == errc::unauthorized);
    CHECK(w.token_posts == 0);
}

TEST_CASE("T5: a 401 of v3 has the token refreshed once and the lookup repeated once") {
    v3_world w;
    w.refuse = [&](scripted_stream& s, const std::string& request) {
        return bearer(request) == "token-1" && unauthorized(s, request);
    };
    CHECK(w.get_settled("1")->done->has_value());
    CHECK(w.token_posts == 2);
    CHECK(w.carried == std::vector<std::string>{"token-1", "token-2"});

    v3_world never;
    never.refuse = unauthorized;
    const auto p = never.get_settled("1");
    REQUIRE(p->done);
    CHECK(p->done->error().value() == errc::unauthorized);
    CHECK(never.token_posts == 2);
    CHECK(never.image_requests == 2);
}

TEST_CASE("B12: a run whose tokens have never been good for anything stops") {
    v3_world w;
    w.refuse = unauthorized;
    consumer c(w);
    c.open(numbers(10'000), fetch_options().ids_per_request(1).max_in_flight(8).max_outage(1h));
    take_all(w, c);
    REQUIRE(c.batch->stopped());
    CHECK(c.batch->stopped()->value() == errc::unauthorized);
    CHECK(w.token_posts <= 2);
    CHECK(w.image_requests <= 2 * 8);
}

TEST_CASE("B12: a run whose key stops being good in the middle of it stops soon after") {
    v3_world w;
    int good = 0;
    w.refuse = [&](scripted_stream& s, const std::string& request) {
        return ++good > 500 && unauthorized(s, request);
    };
    consumer c(w);
    c.open(numbers(10'000), fetch_options().ids_per_request(1).max_in_flight(8).max_outage(1h));
    take_all(w, c);
    REQUIRE(c.batch->stopped());
    CHECK(c.batch->stopped()->value() == errc::unauthorized);
    CHECK(w.image_requests <= 500 + 2 * (20 + 8));
}

TEST_CASE("B12: a run goes on where the service refuses more ids than not") {
    v3_world w;
    w.refuse = [&](scripted_stream& s, const std::string& request) {
        return std::stoi(requested_id(request)) % 10 != 0 && unauthorized(s, request);
    };
    CHECK(w.get_settled("10")->done->has_value());
    for (int i = 0; i < 4; ++i) CHECK(w.get_settled("20")->done->has_value());
    consumer c(w);
    c.open(numbers(200), fetch_options().ids_per_request(1).max_in_flight(4).max_outage(1h));
    take_all(w, c);
    CHECK_FALSE(c.batch->stopped());
    CHECK(c.taken.size() == 200);
}

TEST_CASE("B12: a run goes on where one id alone is refused with 401") {
    v3_world w;
    w.refuse = [&](scripted_stream& s, const std::string& request) {
        return requested_id(request) == "50" && unauthorized(s, request);
    };
    consumer c(w);
    c.open(numbers(100), fetch_options().ids_per_request(1).max_in_flight(4).max_outage(1h));
    take_all(w, c);
    CHECK_FALSE(c.batch->stopped());
    REQUIRE(c.taken.size() == 100);
    int failed = 0;
    for (const outcome& o : c.taken) {
        if (o.value) continue;
        ++failed;
        CHECK(o.id == "50");
        CHECK(o.value.error().value() == errc::unauthorized);
    }
    CHECK(failed == 1);
}

TEST_CASE("B4: a token request of v3 takes a place in the rate and waits for none") {
    v3_world w(client_options().rate(2, 1).timeout(60s));
    const core::time_point began = w.scheduler->now();
    std::vector<core::time_point> times;
    w.refuse = [&](scripted_stream&, const std::string&) {
        times.push_back(w.scheduler->now());
        return false;
    };
    std::vector<std::shared_ptr<pending>> all;
    for (int i = 0; i < 4; ++i) all.push_back(w.get(std::to_string(i)));
    w.settle();
    CHECK(w.token_posts == 1);  // at once
    CHECK(w.image_requests == 0);
    w.advance(10s);
    using std::chrono::milliseconds;
    const auto at = [&](int ms) { return core::later(began, milliseconds(ms)); };
    CHECK(times == std::vector<core::time_point>{at(500), at(1000), at(1500), at(2000)});
    for (const auto& p : all) CHECK(p->done->has_value());

    // One that is due while the rate is used up goes at once as well, and the next waits longer.
    w.advance(31min);
    times.clear();
    const core::time_point again = w.scheduler->now();
    (void)w.get_settled("9");
    (void)w.authenticate();
    w.settle();
    CHECK(w.token_posts == 2);
    w.advance(5s);
    CHECK(times == std::vector<core::time_point>{core::later(again, milliseconds(500))});
}

TEST_CASE("B4: a token request of Connect takes no place in the rate") {
    client_world w(client_options().rate(2, 1));
    CHECK(w.get_settled("1")->done->has_value());
    CHECK(w.token_posts == 1);
}

TEST_CASE(
    "P9: whichever operation of a flight with a refused refresh token goes wrong, all lookups succeed") {
    for (const fault what : {fault::reset, fault::truncate, fault::blocked, fault::unreadable}) {
        CAPTURE(static_cast<int>(what));
        std::size_t n = 0;
        for (bool reached = true; reached; ++n) {
            CAPTURE(n);
            std::vector<std::string> kept;
            v3_world w(client_options()
                           .user("me", secret("the-password"))
                           .refresh_token(secret("old"))
                           .on_refresh_token([&](const secret& one) { kept.emplace_back(one.expose()); })
                           .acquire_timeout(20s)
                           .retry_budget(1.0, 100));
            w.answer = [&](const form& f) {
                if (f.at("grant_type") == "refresh_token") return token_refusal(400, "invalid_grant");
                return token_answer("token", "new");
            };
            saboteur faults(w, what, n);
            std::vector<std::shared_ptr<pending>> all;
            for (int i = 0; i < 3; ++i) all.push_back(w.get(std::to_string(i)));
            w.advance(60s);
            for (const auto& p : all) {
                REQUIRE(p->done);
                REQUIRE(p->done->has_value());
            }
            CHECK(kept == std::vector<std::string>{"new"});
            CHECK(w.forms.back().at("grant_type") == "password");
            CHECK(w.core->stats().tokens_issued == 1);
            reached = faults.reached();
            w.check_nothing_left();
        }
        CHECK(n > 10);
    }
}

TEST_CASE("P9: whenever a client is closed while a refused refresh token is replaced, nothing is left") {
    bool cut_short = true;
    std::size_t steps = 0;
    for (; cut_short; ++steps) {
        CAPTURE(steps);
        REQUIRE(steps < 1000);
        v3_world w(client_options()
                       .user("me", secret("the-password"))
                       .refresh_token(secret("old"))
                       .drain_timeout(0ms));
        w.answer = [&](const form& f) {
            if (f.at("grant_type") == "refresh_token") return token_refusal(401, "expired");
            return token_answer("token", "new");
        };
        const auto p = w.get("1");
        w.context.restart();
        std::size_t made = 0;
        while (made < steps && w.context.poll_one() == 1) ++made;
        cut_short = made == steps;
        const auto closed = w.close();
        w.advance(0ms);
        CHECK(*closed);
        REQUIRE(p->done);
        if (!p->done->has_value()) {
            const errc code = p->done->error().value();
            CHECK((code == errc::canceled || code == errc::client_closed));
        }
        CHECK(w.dialer->open() == 0);
        CHECK(w.scheduler->pending_deadlines() == 0);
    }
    CHECK(steps > 10);
}

// Several clients that share token, rate and retry budget.
#include "support/script.hpp"

#include <doctest/doctest.h>

#include <memory>
#include <vector>

using namespace getty::connect;
using namespace getty::connect::test;

namespace {

struct shards {
    explicit shards(client_world& in, std::size_t count) : world(in), all{in.core} {
        while (all.size() < count) all.push_back(in.make_shard());
    }
    std::vector<std::shared_ptr<pending>> get_on_each(int each) {
        std::vector<std::shared_ptr<pending>> asked;
        for (const auto& shard : all) {
            for (int i = 0; i < each; ++i)
                asked.push_back(world.get_from(shard, std::to_string(asked.size())));
        }
        return asked;
    }
    client_world& world;
    std::vector<std::shared_ptr<detail::client_core>> all;
};

bool all_good(const std::vector<std::shared_ptr<pending>>& asked) {
    for (const auto& p : asked) {
        if (!p->done || !*p->done) return false;
    }
    return true;
}

}  // namespace

TEST_CASE("T1: 1,000 lookups on four shards wait for one token request") {
    client_world w(client_options().max_connections(512));
    shards s(w, 4);
    scripted_stream* asked = nullptr;
    w.on_token = [&](scripted_stream& stream, const std::string&) {
        asked = &stream;
        return true;
    };
    const auto lookups = s.get_on_each(250);
    w.settle();
    CHECK(w.token_posts == 1);
    CHECK(w.image_requests == 0);
    asked->deliver(w.token_response("the-token"));
    w.settle();
    CHECK(w.token_posts == 1);
    CHECK(all_good(lookups));
}

TEST_CASE("T5: a token that the service refuses on all shards is replaced once") {
    client_world w(client_options().max_connections(512));
    shards s(w, 4);
    REQUIRE(all_good([&] {
        auto first = s.get_on_each(1);
        w.settle();
        return first;
    }()));
    REQUIRE(w.token_posts == 1);
    w.on_image = [&](scripted_stream& stream, const std::string& request) {
        if (request.find("token-2") != std::string::npos) return false;
        stream.deliver(http_response(401, "{}", "WWW-Authenticate: Bearer\r\n"));
        return true;
    };
    const auto lookups = s.get_on_each(50);
    w.settle();
    CHECK(w.token_posts == 2);
    CHECK(all_good(lookups));
}

TEST_CASE("T3: the refresh ahead of a token's end runs once for all shards, and nobody waits for it") {
    client_world w;
    shards s(w, 3);
    s.get_on_each(1);
    w.settle();
    w.advance(26min);
    w.on_token = [](scripted_stream&, const std::string&) { return true; };  // never answered
    const auto lookups = s.get_on_each(10);
    w.settle();
    CHECK(all_good(lookups));
    CHECK(w.token_posts == 2);
}

TEST_CASE("T2: when the shard that refreshes is closed, another one refreshes for those who wait") {
    client_world w(client_options().drain_timeout(1s).timeout(20s));
    shards s(w, 2);
    scripted_stream* asked = nullptr;
    w.on_token = [&](scripted_stream& stream, const std::string&) {
        asked = &stream;
        return true;
    };
    const auto of_the_closed = w.get_from(s.all[0], "1");
    w.settle();
    REQUIRE(w.token_posts == 1);
    const auto of_the_other = w.get_from(s.all[1], "2");
    w.settle();
    CHECK(w.token_posts == 1);
    const auto closed = w.close(s.all[0]);
    w.advance(1s);
    CHECK(*closed);
    REQUIRE(of_the_closed->done);
    CHECK(of_the_closed->done->error().code() == condition::canceled);
    CHECK_FALSE(of_the_other->done);
    CHECK(w.token_posts == 2);
    asked->deliver(w.token_response("late"));
    w.settle();
    REQUIRE(of_the_other->done);
    CHECK(of_the_other->done->has_value());
}

TEST_CASE("T4: what the token endpoint says is everybody's answer") {
    client_world w;
    shards s(w, 3);
    w.on_token = [](scripted_stream& stream, const std::string&) {
        stream.deliver(http_response(403, R"({"message":"wrong key"})"));
        return true;
    };
    const auto lookups = s.get_on_each(5);
    w.settle();
    CHECK(w.token_posts == 1);
    for (const auto& p : lookups) {
        REQUIRE(p->done);
        REQUIRE_FALSE(p->done->has_value());
        CHECK(p->done->error().code() == condition::auth_failed);
    }
}

TEST_CASE("B4: the rate holds for all shards together, and a 429 to one of them pauses all") {
    client_world w(client_options().rate(10, 1).backoff(0ms, 0ms).timeout(1min));
    shards s(w, 4);
    s.get_on_each(1);
    w.advance(20s);
    script answers(w, {});
    s.get_on_each(25);
    w.advance(5s);
    CHECK(answers.times.size() >= 50);
    CHECK(answers.times.size() <= 51);
    w.advance(20s);

    answers.times.clear();
    answers.next = 0;
    answers.answers = {refusal(429, "Retry-After: 30\r\n")};
    w.get_from(s.all[2], "refused");
    w.settle();
    REQUIRE(answers.times.size() == 1);
    s.get_on_each(1);
    w.advance(29s);
    CHECK(answers.times.size() == 1);
    w.advance(20s);
    CHECK(answers.times.size() == 6);
}

TEST_CASE("R3: the retry budget is one for all shards") {
    client_world w(client_options().retry_budget(0.0, 5).max_attempts(2).backoff(0ms, 0ms));
    shards s(w, 4);
    s.get_on_each(1);
    w.settle();
    const std::size_t before = w.image_requests;
    w.on_image = [](scripted_stream& stream, const std::string&) {
        stream.deliver(refusal(503));
        return true;
    };
    s.get_on_each(10);
    w.advance(1s);
    CHECK(w.image_requests - before == 40 + 5);
}

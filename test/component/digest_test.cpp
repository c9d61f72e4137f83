// D: lookups against a service that asks for Digest.
#include "support/client_world.hpp"
#include "support/digest_service.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <numeric>

using namespace getty::connect;
using namespace getty::connect::test;

namespace {

std::string image_body(std::string_view id) {
    return R"({"Images":[{"ImageId":")" + std::string(id) + R"("}]})";
}

/// A client that signs image requests, and the service that checks them.
struct digest_world : client_world {
    explicit digest_world(client_options wanted = client_options())
        : client_world(std::move(wanted), auth_scheme::digest) {
        on_image = [this](scripted_stream& s, const std::string& request) {
            const std::string body = image_body(requested_id(request));
            const auto fields = service.check(s, request, body);
            if (fields) s.deliver(http_response(200, body, *fields));
            return true;
        };
    }

    digest_service service;
};

std::vector<std::uint32_t> one_to(std::size_t n) {
    std::vector<std::uint32_t> all(n);
    std::iota(all.begin(), all.end(), 1U);
    return all;
}

}  // namespace

TEST_CASE("D4: many first lookups at once cost one challenge, and their counts run from 1 without a gap") {
    digest_world w;
    std::vector<std::shared_ptr<pending>> all;
    for (int i = 0; i < 200; ++i) all.push_back(w.get(std::to_string(i)));
    w.settle();
    for (const auto& p : all) {
        REQUIRE(p->done);
        REQUIRE(p->done->has_value());
    }
    CHECK(w.service.challenges == 1);
    CHECK(w.service.stale == 0);
    CHECK(w.image_requests == 201);
    CHECK(w.dialer->dials > 10);  // one sequence for all of them
    auto counts = w.service.counts["nonce-1"];
    std::sort(counts.begin(), counts.end());
    CHECK(counts == one_to(200));
    CHECK(w.core->stats().auth_challenges == 1);
    CHECK(w.core->stats().retries == 0);
}

TEST_CASE("while the first request fetches the challenge, no other goes out") {
    digest_world w;
    scripted_stream* probe = nullptr;
    std::string first;
    const auto serve = w.on_image;
    w.on_image = [&](scripted_stream& s, const std::string& request) {
        probe = &s;
        first = request;
        return true;
    };
    std::vector<std::shared_ptr<pending>> all;
    for (int i = 0; i < 20; ++i) all.push_back(w.get(std::to_string(i)));
    w.settle();
    CHECK(w.image_requests == 1);
    CHECK(request_field(first, "Authorization").empty());
    w.on_image = serve;
    serve(*probe, first);
    w.settle();
    for (const auto& p : all) CHECK(p->done->has_value());
    CHECK(w.image_requests == 21);
}

TEST_CASE("when the probe is cancelled, another lookup becomes the probe") {
    digest_world w;
    const auto serve = w.on_image;
    w.on_image = [](scripted_stream&, const std::string&) { return true; };
    const auto first = w.get_settled("1");
    const auto second = w.get_settled("2");
    const auto third = w.get_settled("3");
    CHECK(w.image_requests == 1);
    w.on_image = serve;
    first->scope.cancel();
    w.settle();
    CHECK(first->done->error().value() == errc::canceled);
    CHECK(second->done->has_value());
    CHECK(third->done->has_value());
    CHECK(w.service.challenges == 1);
    CHECK(w.service.counts["nonce-1"] == one_to(2));
}

TEST_CASE("when the probe is cancelled while it waits for a connection, another lookup becomes the probe") {
    digest_world w(client_options().connect_timeout(1min).acquire_timeout(1h).timeout(1h));
    w.on_token = [&](scripted_stream& s, const std::string&) {
        s.deliver(http_response(200, R"({"token":{"ssl_token":"token-1","token_duration_minutes":600}})",
                                "Connection: close\r\n"));
        w.dialer->hang = true;  // from now on nobody gets a connection
        return true;
    };
    const auto probe = w.get_settled("1");
    const auto waiting = w.get_settled("2");
    CHECK(w.dialer->dialling == 1);
    probe->scope.cancel();
    w.settle();
    REQUIRE(probe->done);
    CHECK(probe->done->error().value() == errc::canceled);
    CHECK_FALSE(waiting->done);
    w.dialer->hang = false;
    const auto later = w.get_settled("3");
    w.advance(2min);  // the dial that hung gives up, and is tried again
    REQUIRE(later->done);
    CHECK(later->done->has_value());
    REQUIRE(waiting->done);
    CHECK(waiting->done->has_value());
    CHECK(w.service.challenges == 1);
}

TEST_CASE("D5: stale=true is one silent retry with the new nonce, counted from 1") {
    digest_world w;
    w.get_settled("1");
    w.service.nonce = "nonce-2";
    const auto p = w.get_settled("2");
    REQUIRE(p->done);
    CHECK(p->done->has_value());
    CHECK(w.service.stale == 1);
    CHECK(w.service.counts["nonce-2"] == one_to(1));
    CHECK(w.token_posts == 1);
    CHECK(w.core->stats().retries == 0);
}

TEST_CASE(
    "D9: stale for ever ends as a failure that may pass, never as wrong credentials, and costs no token") {
    digest_world w;
    w.get_settled("1");
    w.service.always_stale = true;
    const std::size_t before = w.image_requests;
    const auto p = w.get_settled("2");
    CHECK(w.image_requests - before == 9);
    w.advance(1min);
    REQUIRE(p->done);
    CHECK(p->done->error().value() == errc::throttled);
    CHECK(p->done->error().code() == condition::overloaded);
    CHECK(p->done->error().http_status() == 401);
    CHECK(p->done->error().message().find("stale") != std::string::npos);
    CHECK(w.image_requests - before == 12);
    CHECK(w.core->stats().retries == 3);
    CHECK(w.token_posts == 1);
    w.service.always_stale = false;
    CHECK(w.get_settled("3")->done->has_value());
}

TEST_CASE(
    "D9: a nonce that is good for one target, or once: every lookup is served, with whatever algorithm") {
    for (const char* algorithm : {"MD5", "MD5-sess", "SHA-256", "SHA-256-sess"}) {
        for (const bool once : {false, true}) {
            CAPTURE(algorithm);
            CAPTURE(once);
            digest_world w(client_options().max_connections(64));
            w.service.algorithm = algorithm;
            w.service.a_nonce_each = true;
            w.service.once = once;
            w.service.bound = !once;
            std::vector<std::shared_ptr<pending>> all;
            for (int i = 0; i < 2'000; ++i) {
                all.push_back(w.get(std::to_string(i)));
                if (i % 64 == 0) w.settle();
            }
            w.settle();
            for (const auto& p : all) {
                REQUIRE(p->done);
                REQUIRE(p->done->has_value());
            }
            CHECK(w.image_requests <= 4'500);
            CHECK(w.core->stats().retries == 0);
            CHECK(w.token_posts == 1);
        }
    }
}

TEST_CASE(
    "D9: a service that refuses a worn nonce as it does a wrong password: its word is doubted, no token is "
    "asked for") {
    digest_world w(client_options().max_connections(64));
    w.service.a_nonce_each = w.service.bound = true;
    w.service.tells_stale = false;
    std::vector<std::shared_ptr<pending>> all;
    for (int i = 0; i < 2'000; ++i) {
        all.push_back(w.get(std::to_string(i)));
        if (i % 64 == 0) w.settle();
    }
    w.settle();
    for (const auto& p : all) {
        REQUIRE(p->done);
        CHECK(p->done->has_value());
    }
    CHECK(w.image_requests <= 5'000);
    CHECK(w.token_posts == 1);
}

TEST_CASE("D9: a token that is withdrawn under many lookups is replaced once, after few doubts") {
    digest_world w(client_options().max_connections(64));
    CHECK(w.get_settled("0")->done->has_value());
    w.service.password = "token-2";
    const std::size_t before = w.image_requests;
    std::vector<std::shared_ptr<pending>> all;
    for (int i = 1; i <= 64; ++i) all.push_back(w.get(std::to_string(i)));
    w.settle();
    for (const auto& p : all) {
        REQUIRE(p->done);
        CHECK(p->done->has_value());
    }
    CHECK(w.token_posts == 2);
    CHECK(w.image_requests - before <= 64 * 7);
}

TEST_CASE("D9: who gives up while waiting for a turn keeps nobody from theirs") {
    digest_world w(client_options().digest_order(digest_order::strict));
    CHECK(w.get_settled("0")->done->has_value());
    const auto serve = w.on_image;
    scripted_stream* held = nullptr;
    std::string request_held;
    w.on_image = [&](scripted_stream& s, const std::string& request) {
        held = &s;
        request_held = request;
        return true;
    };
    const auto first = w.get_settled("1");
    const auto second = w.get_settled("2");
    const auto third = w.get_settled("3");
    CHECK(w.image_requests == 3);  // a probe and two lookups
    w.on_image = serve;
    second->scope.cancel();
    w.settle();
    REQUIRE(second->done);
    CHECK(second->done->error().value() == errc::canceled);
    REQUIRE(held);
    serve(*held, request_held);
    w.settle();
    CHECK(first->done->has_value());
    REQUIRE(third->done);
    CHECK(third->done->has_value());
}

TEST_CASE(
    "D9: a token endpoint whose nonces are always stale is asked again later, and says nothing of the "
    "secret") {
    client_world w(client_options(), auth_scheme::digest_token_endpoint);
    digest_service service;
    service.password = "the-secret";
    service.always_stale = true;
    w.on_token = [&](scripted_stream& s, const std::string& request) {
        const std::string body = R"({"token":{"ssl_token":"T","token_duration_minutes":30}})";
        const auto fields = service.check(s, request, body);
        if (fields) s.deliver(http_response(200, body, *fields));
        return true;
    };
    const auto p = w.get("1");
    w.advance(20s);
    REQUIRE(p->done);
    CHECK(p->done->error().value() == errc::token_unavailable);
    service.always_stale = false;
    w.advance(10min);
    CHECK(w.get_settled("2")->done->has_value());
}

TEST_CASE("D5: many lookups that meet a stale nonce together all succeed, each with one retry at most") {
    digest_world w;
    for (int i = 0; i < 32; ++i) w.get(std::to_string(i));
    w.settle();
    w.service.nonce = "nonce-2";
    const std::size_t before = w.image_requests;
    std::vector<std::shared_ptr<pending>> all;
    for (int i = 0; i < 32; ++i) all.push_back(w.get(std::to_string(i)));
    w.settle();
    for (const auto& p : all) CHECK(p->done->has_value());
    CHECK(w.image_requests - before <= 64);
    auto counts = w.service.counts["nonce-2"];
    std::sort(counts.begin(), counts.end());
    CHECK(counts == one_to(32));
}

TEST_CASE("D5: a fresh token that is refused as well ends the lookup without a third try") {
    digest_world w;
    w.service.password = "another";
    const auto p = w.get_settled("1");
    REQUIRE(p->done);
    CHECK(p->done->error().value() == errc::unauthorized);
    CHECK(p->done->error().http_status() == 401);
    CHECK(w.service.refused == 2);
    CHECK(w.image_requests == 3);  // without credentials, with the first token, with the second
    CHECK(w.token_posts == 2);
}

TEST_CASE("a new token signs with a new key, under the nonce that is held or a new one") {
    for (const bool new_nonce : {false, true}) {
        CAPTURE(new_nonce);
        digest_world w;
        CHECK(w.get_settled("1")->done->has_value());
        w.service.password = "token-2";  // the service forgot the first
        if (new_nonce) w.service.nonce = "nonce-2";
        const auto p = w.get_settled("2");
        REQUIRE(p->done);
        CHECK(p->done->has_value());
        CHECK(w.token_posts == 2);
        const std::size_t requests = w.image_requests;
        CHECK(w.get_settled("3")->done->has_value());
        CHECK(w.image_requests == requests + 1);
    }
}

TEST_CASE("a token that was refreshed in time signs without a round trip") {
    digest_world w;
    CHECK(w.get_settled("1")->done->has_value());
    w.advance(31min);
    w.service.password = "token-2";
    const std::size_t requests = w.image_requests;
    CHECK(w.get_settled("2")->done->has_value());
    CHECK(w.token_posts == 2);
    CHECK(w.image_requests == requests + 1);
    CHECK(w.service.refused == 0);
    CHECK(w.service.counts["nonce-1"] == one_to(2));
}

TEST_CASE("D6: nextnonce is adopted without a 401, and counted from 1") {
    digest_world w;
    w.service.next_nonce = "nonce-2";
    CHECK(w.get_settled("1")->done->has_value());
    w.service.next_nonce = "nonce-3";
    CHECK(w.get_settled("2")->done->has_value());
    w.service.next_nonce.clear();
    CHECK(w.get_settled("3")->done->has_value());
    CHECK(w.get_settled("4")->done->has_value());
    CHECK(w.service.challenges == 1);
    CHECK(w.service.stale == 0);
    CHECK(w.service.counts["nonce-1"] == one_to(1));
    CHECK(w.service.counts["nonce-2"] == one_to(1));
    CHECK(w.service.counts["nonce-3"] == one_to(2));
}

TEST_CASE("D6: nextnonce and a new token work together") {
    digest_world w;
    w.service.next_nonce = "nonce-2";
    CHECK(w.get_settled("1")->done->has_value());
    w.advance(31min);
    w.service.password = "token-2";
    CHECK(w.get_settled("2")->done->has_value());
    CHECK(w.service.challenges == 1);
    CHECK(w.service.refused == 0);
    CHECK(w.service.stale == 0);
}

TEST_CASE("D6: a wrong rspauth withholds the body") {
    for (const mutual_authentication wanted :
         {mutual_authentication::when_offered, mutual_authentication::required}) {
        digest_world w(client_options().mutual_authentication(wanted));
        w.service.shows = digest_service::proof::wrong;
        const auto p = w.get_settled("1");
        REQUIRE(p->done);
        CHECK_FALSE(p->done->has_value());
        CHECK(p->done->error().value() == errc::server_not_authentic);
        CHECK(p->done->error().code() == condition::auth_failed);
        CHECK(w.image_requests == 2);
    }
}

TEST_CASE("D6: without rspauth a lookup succeeds, unless the proof is required") {
    for (const bool other_fields : {false, true}) {
        CAPTURE(other_fields);
        const auto build = [&](mutual_authentication wanted) {
            auto w = std::make_unique<digest_world>(client_options().mutual_authentication(wanted));
            w->service.shows = digest_service::proof::none;
            if (other_fields) w->service.next_nonce = "nonce-2";
            return w;
        };
        const auto lenient = build(mutual_authentication::when_offered);
        CHECK(lenient->get_settled("1")->done->has_value());
        const auto strict = build(mutual_authentication::required);
        const auto p = strict->get_settled("1");
        REQUIRE(p->done);
        CHECK(p->done->error().value() == errc::server_not_authentic);
    }
    digest_world proven(client_options().mutual_authentication(mutual_authentication::required));
    CHECK(proven.get_settled("1")->done->has_value());
}

TEST_CASE("D2: what cannot be answered is an error that names what was offered") {
    const struct {
        std::string fields;
        std::string_view named;
    } rows[] = {
        {"WWW-Authenticate: Basic realm=\"api\"\r\n", "Basic"},
        {"WWW-Authenticate: Digest realm=\"api\", nonce=\"n\", algorithm=SHA3, qop=\"auth\"\r\n", "SHA3"},
        {"WWW-Authenticate: Digest realm=\"api\", nonce=\"n\"\r\n", "qop"},
        {"WWW-Authenticate: Negotiate\r\nWWW-Authenticate: Basic realm=\"b\"\r\n", "negotiate"},
        {"WWW-Authenticate: Bearer realm=\"api\"\r\n", "Bearer"},
    };
    for (const auto& row : rows) {
        CAPTURE(row.fields);
        client_world w(client_options(), auth_scheme::digest);
        w.on_image = [&](scripted_stream& s, const std::string&) {
            s.deliver(http_response(401, "", row.fields));
            return true;
        };
        const auto p = w.get_settled("1");
        REQUIRE(p->done);
        CHECK(p->done->error().value() == errc::challenge_unsupported);
        CHECK(p->done->error().http_status() == 401);
        CHECK(p->done->error().stage() == stage::auth);
        CHECK(p->done->error().message().find(row.named) != std::string::npos);
        CHECK(w.image_requests == 1);
        const auto later = w.get_settled("2");  // asks again: the service may have been mended
        REQUIRE(later->done);
        CHECK(later->done->error().value() == errc::challenge_unsupported);
    }
}

TEST_CASE("D2: a challenge below the floor is refused, naming the floor") {
    digest_world w(client_options().min_digest_algorithm(min_digest_algorithm::sha256));
    w.service.algorithm = "MD5";
    const auto p = w.get_settled("1");
    REQUIRE(p->done);
    CHECK(p->done->error().value() == errc::challenge_unsupported);
    CHECK(p->done->error().message().find("MD5") != std::string::npos);
    CHECK(p->done->error().message().find("SHA-256") != std::string::npos);
}

TEST_CASE("D1: every algorithm works end to end") {
    for (const char* algorithm :
         {"MD5", "MD5-sess", "SHA-256", "SHA-256-sess", "SHA-512-256", "SHA-512-256-sess"}) {
        CAPTURE(algorithm);
        digest_world w;
        w.service.algorithm = algorithm;
        for (int i = 0; i < 5; ++i) {
            const auto p = w.get_settled(std::to_string(i));
            REQUIRE(p->done);
            CHECK(p->done->has_value());
        }
        CHECK(w.service.challenges == 1);
    }
}

TEST_CASE("a service that asks for nothing is served plain, and may ask later") {
    digest_world w;
    const auto ask = std::exchange(w.on_image, nullptr);
    std::vector<std::string> sent;
    w.on_image = [&](scripted_stream&, const std::string& request) {
        sent.push_back(request_field(request, "Authorization"));
        return false;
    };
    for (int i = 0; i < 3; ++i) CHECK(w.get_settled(std::to_string(i))->done->has_value());
    CHECK(sent == std::vector<std::string>(3));
    w.on_image = ask;
    CHECK(w.get_settled("3")->done->has_value());
    CHECK(w.get_settled("4")->done->has_value());
    CHECK(w.service.challenges == 1);
    CHECK(w.service.counts["nonce-1"] == one_to(2));
}

TEST_CASE("D8: a service that closes the connection with its 401 is answered on a new one") {
    digest_world w;
    bool first = true;
    const auto serve = w.on_image;
    w.on_image = [&](scripted_stream& s, const std::string& request) {
        serve(s, request);
        if (std::exchange(first, false)) s.end();
        return true;
    };
    const auto p = w.get_settled("1");
    REQUIRE(p->done);
    CHECK(p->done->has_value());
    CHECK(w.dialer->dials == 2);
    CHECK(w.core->stats().retries == 0);
}

TEST_CASE("D4: the uri that is signed is the target on the wire, query and escapes included") {
    digest_world w;
    lookup_options options;
    options.language("de-\xC3\xA4").coordination_id("a b&c");
    std::string target;
    const auto serve = w.on_image;
    w.on_image = [&](scripted_stream& s, const std::string& request) {
        target = request_target(request);
        const auto fields = w.service.check(s, request, image_body("a/b"));
        if (fields) s.deliver(http_response(200, image_body("a/b"), *fields));
        return true;
    };
    const auto p = w.get("a/b", options);
    w.settle();
    REQUIRE(p->done);
    CHECK(p->done->has_value());  // the service compares
    CHECK(target == "/api/images/a%2Fb?language=de-%C3%A4&coordination_id=a%20b%26c");
}

TEST_CASE("digest_token_endpoint: the token request answers the challenge, image requests carry the token") {
    client_world w(client_options(), auth_scheme::digest_token_endpoint);
    digest_service service;
    service.password = "the-secret";
    std::string last_post;
    w.on_token = [&](scripted_stream& s, const std::string& request) {
        last_post = request;
        const std::string body = R"({"token":{"ssl_token":"T","token_duration_minutes":30}})";
        const auto fields = service.check(s, request, body);
        if (fields) s.deliver(http_response(200, body, *fields));
        return true;
    };
    std::string carried;
    w.on_image = [&](scripted_stream&, const std::string& request) {
        carried = request_field(request, "Authorization");
        return false;
    };
    CHECK(w.get_settled("1")->done->has_value());
    CHECK(carried == "Bearer T");
    CHECK(service.challenges == 1);
    CHECK(w.token_posts == 2);
    CHECK(request_target(last_post) == "/api/token");
    CHECK(last_post.find("Content-Type: application/x-www-form-urlencoded\r\n") != std::string::npos);

    w.advance(31min);
    CHECK(w.get_settled("2")->done->has_value());
    CHECK(w.token_posts == 3);  // signed ahead
    CHECK(service.counts["nonce-1"] == one_to(2));

    w.advance(31min);
    service.nonce = "nonce-2";
    CHECK(w.get_settled("3")->done->has_value());
    CHECK(w.token_posts == 5);
    CHECK(service.stale == 1);
}

TEST_CASE("digest_token_endpoint: a wrong secret is told as such, and not sent again") {
    client_world w(client_options(), auth_scheme::digest_token_endpoint);
    digest_service service;
    service.password = "another";
    w.on_token = [&](scripted_stream& s, const std::string& request) {
        return !service.check(s, request, "");
    };
    for (int i = 0; i < 3; ++i) {
        const auto p = w.get_settled(std::to_string(i));
        REQUIRE(p->done);
        CHECK(p->done->error().value() == errc::credentials_rejected);
        CHECK(p->done->error().describe().find("the-secret") == std::string::npos);
        w.advance(10min);
    }
    CHECK(w.token_posts == 2);
    CHECK(service.refused == 1);
}

// Book-keeping of Digest over the service. The arithmetic is checked against foreign clients in the
// integration tests; here the client is the library's own.
#include "proto/auth/auth_header.hpp"
#include "proto/auth/digest.hpp"
#include "unit/sandbox/service_harness.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace getty::connect;
using namespace std::chrono_literals;
using sandbox::auth;
using sandbox::options;
using test::answer;
using test::service_harness;

namespace {

constexpr std::string_view target = "/api/images/83454800?language=de";
constexpr std::string_view token_form = "application_key=sandbox-key&application_secret=sandbox-secret";

/// Signs requests for the first challenge of an answer.
class signer {
public:
    signer(const answer& challenged, std::string_view user, std::string_view password) {
        std::vector<proto::challenge> offers;
        for (const std::string& line : challenged.fields("WWW-Authenticate")) {
            REQUIRE(proto::parse_challenges(line, offers) == proto::auth_syntax::ok);
        }
        REQUIRE_FALSE(offers.empty());
        proto::digest_challenge first;
        REQUIRE(proto::read_digest_challenge(offers.front(), first).empty());
        stale = first.stale;
        session_.emplace(proto::digest_session::start(first, user, secret(password), "cnonce").value());
    }
    std::string operator()(std::uint32_t nc, std::string_view method = "GET", std::string_view uri = target,
                           std::string_view body = {}) {
        std::string out;
        session_->authorize(out, method, uri, nc, "cnonce", body);
        return out;
    }
    proto::digest_session& session() { return *session_; }

    bool stale = false;

private:
    std::optional<proto::digest_session> session_;
};

std::string replaced(std::string text, std::string_view what, std::string_view with) {
    const std::size_t at = text.find(what);
    REQUIRE(at != text.npos);
    return text.replace(at, what.size(), with);
}

}  // namespace

TEST_CASE("digest service: one line for each algorithm, in the order of the options") {
    service_harness s(
        options()
            .digest_algorithms({sandbox::digest_algorithm::sha512_256, sandbox::digest_algorithm::md5})
            .qop(sandbox::digest_qop::both)
            .realm("a \"b\"")
            .offer_userhash());
    const auto lines = s.ask("GET", target).fields("WWW-Authenticate");
    REQUIRE(lines.size() == 2);
    CHECK(lines[0].starts_with(
        "Digest realm=\"a \\\"b\\\"\", qop=\"auth,auth-int\", algorithm=SHA-512-256, nonce=\""));
    CHECK(lines[1].find("algorithm=MD5, ") != std::string::npos);
    CHECK(lines[0].ends_with(", charset=UTF-8, userhash=true"));
    CHECK(lines[0].find("stale") == std::string::npos);
}

TEST_CASE("digest service: the token is the password, and each count works once") {
    service_harness s((options()));
    const std::string token = s.token();
    signer sign(s.ask("GET", target), "sandbox-key", token);
    CHECK(s.ask("GET", target, sign(1)).status == 200);
    CHECK(s.ask("GET", target, sign(3)).status == 200);
    CHECK(s.ask("GET", target, sign(2)).status == 200);
    const answer replay = s.ask("GET", target, sign(3));
    CHECK(replay.status == 401);
    signer again(replay, "sandbox-key", token);
    CHECK(again.stale);
    CHECK(s.ask("GET", target, again(1)).status == 200);
    const sandbox::counters c = s.made.snapshot();
    CHECK(c.images == 4);
    CHECK(c.unauthorized == 2);
    CHECK(c.stale == 1);
}

TEST_CASE("digest service: any token that is still valid is a password, whichever was issued last") {
    service_harness s((options()));
    const std::string first = s.token();
    const std::string second = s.token();
    const answer challenge = s.ask("GET", target);
    signer by_first(challenge, "sandbox-key", first);
    signer by_second(challenge, "sandbox-key", second);
    CHECK(s.ask("GET", target, by_first(1)).status == 200);
    CHECK(s.ask("GET", target, by_second(2)).status == 200);
    CHECK(s.ask("GET", target, by_first(3)).status == 200);
}

TEST_CASE("digest service: wrong credentials are refused without stale, and cost no count") {
    service_harness s((options()));
    const std::string token = s.token();
    const answer challenge = s.ask("GET", target);
    signer sign(challenge, "sandbox-key", token);
    signer wrong_password(challenge, "sandbox-key", token + "x");
    signer wrong_user(challenge, "sandbox-kez", token);
    const std::string right = sign(1);
    for (const std::string& bad :
         {wrong_password(1), wrong_user(1), replaced(right, "realm=\"getty", "realm=\"jetty"),
          replaced(right, "nc=00000001", "nc=00000002"),
          replaced(right, "cnonce=\"cnonce\"", "cnonce=\"cmonce\""),
          replaced(right, "opaque=\"", "opaque=\"0"), replaced(right, "qop=auth", "qop=auth-int"),
          std::string("Bearer ") + token, replaced(right, "algorithm=SHA-256", "algorithm=SHA-512-256"),
          replaced(right, "algorithm=SHA-256", "algorithm=MD5")}) {
        CAPTURE(bad);
        const answer got = s.ask("GET", target, bad);
        CHECK(got.status == 401);
        CHECK(got.fields("WWW-Authenticate").size() == 2);
        CHECK(got.head.find("stale") == std::string::npos);
    }
    CHECK(s.ask("HEAD", target, right).status == 401);  // signed for GET
    CHECK(s.ask("GET", target, right).status == 200);
}

TEST_CASE("digest service: credentials that are malformed or for another target are 400") {
    service_harness s((options()));
    signer sign(s.ask("GET", target), "sandbox-key", s.token());
    const std::string right = sign(1);
    CHECK(s.ask("GET", "/api/images/83454801?language=de", right).status == 400);
    CHECK(s.ask("GET", "/api/images/83454800", right).status == 400);
    for (const std::string& bad :
         {replaced(right, "nc=00000001", "nc=1"), replaced(right, "qop=auth", "qop=\"auth\""),
          replaced(right, "username=", "user="), replaced(right, "algorithm=SHA-256", "algorithm=SHA-3"),
          right + ", nonce=\"x\"", right + ", =", std::string("Digest"), std::string("Digest \"")}) {
        CAPTURE(bad);
        CHECK(s.ask("GET", target, bad).status == 400);
    }
    sandbox::request_view twice;
    twice.method = "GET";
    twice.target = target;
    twice.authorization = right;
    twice.repeated_authorization = true;
    CHECK(s.ask(twice).status == 400);
    CHECK(s.ask("GET", target, right).status == 200);
}

TEST_CASE("digest service: an old nonce is stale, an old token is not") {
    service_harness s((options()));
    const std::string token = s.token();
    signer sign(s.ask("GET", target), "sandbox-key", token);
    s.now += 5min;
    signer second(s.ask("GET", target, sign(1)), "sandbox-key", token);
    CHECK(second.stale);
    s.made.expire_nonces();
    signer third(s.ask("GET", target, second(1)), "sandbox-key", token);
    CHECK(third.stale);
    s.now += 25min;
    signer fourth(s.ask("GET", target, third(1)), "sandbox-key", token);
    CHECK_FALSE(fourth.stale);
}

TEST_CASE("digest service: a next nonce is offered every n requests and works at once, with -sess too") {
    for (const auto algorithm : {sandbox::digest_algorithm::md5, sandbox::digest_algorithm::sha256_sess}) {
        service_harness s(options().next_nonce_every(2).nonce_uses(2).digest_algorithms({algorithm}));
        signer sign(s.ask("GET", target), "sandbox-key", s.token());
        for (int round = 0; round < 3; ++round) {
            CHECK(s.ask("GET", target, sign(1)).fields("Authentication-Info").empty());
            const std::string info = s.ask("GET", target, sign(2)).field("Authentication-Info");
            const auto parameters = proto::parse_auth_info(info);
            REQUIRE(parameters.has_value());
            REQUIRE(parameters->size() == 1);
            CHECK(parameters->front().name == "nextnonce");
            CHECK(sign.session().adopt_nonce(parameters->front().value));
        }
        CHECK(s.made.snapshot().unauthorized == 1);
        CHECK(s.made.snapshot().next_nonces == 3);
    }
}

TEST_CASE("digest service: every algorithm and protection works with the library's client") {
    using sandbox::digest_algorithm;
    using sandbox::digest_qop;
    for (const auto algorithm :
         {digest_algorithm::md5, digest_algorithm::sha256, digest_algorithm::sha512_256,
          digest_algorithm::md5_sess, digest_algorithm::sha256_sess, digest_algorithm::sha512_256_sess}) {
        for (const auto qop : {digest_qop::auth, digest_qop::auth_int, digest_qop::both}) {
            service_harness s(
                options().digest_algorithms({algorithm}).qop(qop).send_rspauth().offer_userhash());
            signer sign(s.ask("GET", target), "sandbox-key", s.token());
            const answer got = s.ask("GET", target, sign(1));
            CHECK(got.status == 200);
            const auto info = proto::parse_auth_info(got.field("Authentication-Info"));
            REQUIRE(info.has_value());
            const std::string nonce = sign.session().nonce();
            const proto::digest_exchange sent(target, nonce, 1, sign.session().nonce_to_send("cnonce"));
            CHECK(sign.session().verify_rspauth(*info, sent, got.body) == proto::rspauth_verdict::verified);
        }
    }
}

TEST_CASE("digest service: two -sess sessions with one token do not disturb each other") {
    service_harness s(options().digest_algorithms({sandbox::digest_algorithm::sha256_sess}));
    const std::string token = s.token();
    signer one(s.ask("GET", target), "sandbox-key", token);
    signer two(s.ask("GET", target), "sandbox-key", token);
    for (std::uint32_t nc = 1; nc <= 3; ++nc) {
        CHECK(s.ask("GET", target, one(nc)).status == 200);
        CHECK(s.ask("GET", target, two(nc)).status == 200);
    }
}

TEST_CASE("digest service: the form of RFC 2069 works only where it is offered") {
    service_harness s(options().qop(sandbox::digest_qop::none).send_rspauth());
    const answer challenge = s.ask("GET", target);
    CHECK(challenge.head.find("qop") == std::string::npos);
    signer sign(challenge, "sandbox-key", s.token());
    const std::string signed_once = sign(1);
    CHECK(signed_once.find("nc=") == std::string::npos);
    CHECK(s.ask("GET", target, signed_once).status == 200);
    CHECK(s.ask("GET", target, signed_once).status == 200);  // nothing tells a replay
    service_harness with_qop((options()));
    CHECK(with_qop.ask("GET", target, signed_once).status == 401);
}

TEST_CASE("digest service: the token endpoint itself can demand Digest, images then take Bearer") {
    service_harness s(options().scheme(auth::digest_token_endpoint).send_rspauth());
    const answer challenge = s.ask("POST", "/api/token", {}, token_form);
    CHECK(challenge.status == 401);
    signer sign(challenge, "sandbox-key", "sandbox-secret");
    signer wrong(challenge, "sandbox-key", "sandbox-secreT");
    CHECK(s.ask("POST", "/api/token", wrong(1, "POST", "/api/token"), token_form).status == 401);
    const answer got = s.ask("POST", "/api/token", sign(1, "POST", "/api/token"), token_form);
    CHECK(got.status == 200);
    CHECK(got.field("Authentication-Info").starts_with("qop=auth, rspauth=\""));
    const std::string bearer = "Bearer " + std::string(got.json().at("token").at("ssl_token").as_string());
    CHECK(s.ask("GET", target, bearer).status == 200);
    // the signature is enough, parameters may be left out but must not contradict it
    CHECK(s.ask("POST", "/api/token", sign(2, "POST", "/api/token")).status == 200);
    CHECK(s.ask("POST", "/api/token", sign(3, "POST", "/api/token"), "application_key=other").status == 401);
    CHECK(s.ask("GET", target, sign(4)).status == 401);
}

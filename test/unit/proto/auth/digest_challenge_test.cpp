#include "proto/auth/digest_challenge.hpp"

#include <doctest/doctest.h>

#include <string>
#include <string_view>
#include <variant>
#include <vector>

using namespace getty::connect::proto;

namespace {

std::vector<challenge> offers(std::initializer_list<std::string_view> lines) {
    std::vector<challenge> all;
    for (const std::string_view line : lines) REQUIRE(parse_challenges(line, all) == auth_syntax::ok);
    return all;
}

/// What is chosen, in a few words: a digest by its nonce.
std::string chosen(std::initializer_list<std::string_view> lines, const challenge_policy& policy = {}) {
    const challenge_choice choice = select_challenge(offers(lines), policy);
    if (const auto* digest = std::get_if<digest_challenge>(&choice)) return "digest " + digest->nonce;
    if (const auto* bearer = std::get_if<bearer_challenge>(&choice)) return "bearer " + bearer->error;
    return std::get<no_challenge>(choice).reason;
}

std::string_view refusal(std::string_view line) {
    static digest_challenge out;
    return read_digest_challenge(offers({line}).front(), out);
}

digest_challenge read(std::string_view line) {
    digest_challenge out;
    REQUIRE(read_digest_challenge(offers({line}).front(), out) == "");
    return out;
}

constexpr std::string_view md5 = R"(Digest realm="r", nonce="md5", qop="auth")";
constexpr std::string_view sha256 = R"(Digest realm="r", nonce="sha256", qop="auth", algorithm=SHA-256)";
constexpr std::string_view sha512 = R"(Digest realm="r", nonce="sha512", qop="auth", algorithm=SHA-512-256)";
constexpr std::string_view unknown = R"(Digest realm="r", nonce="x", qop="auth", algorithm=SHA3-512)";

}  // namespace

TEST_CASE("algorithms: names round trip in any case, others are unknown") {
    for (const auto algorithm :
         {digest_algorithm::md5, digest_algorithm::md5_sess, digest_algorithm::sha256,
          digest_algorithm::sha256_sess, digest_algorithm::sha512_256, digest_algorithm::sha512_256_sess}) {
        CHECK(parse_digest_algorithm(name(algorithm)) == algorithm);
    }
    CHECK(parse_digest_algorithm("md5") == digest_algorithm::md5);
    CHECK(parse_digest_algorithm("Sha-256-SESS") == digest_algorithm::sha256_sess);
    for (const char* other : {"", "SHA-512", "SHA256", "MD5-", "MD5-sess ", "SHA-1"}) {
        CHECK_FALSE(parse_digest_algorithm(other));
    }
    CHECK(strength(digest_algorithm::md5_sess) == strength(digest_algorithm::md5));
    CHECK(strength(digest_algorithm::md5) < strength(digest_algorithm::sha256));
    CHECK(strength(digest_algorithm::sha256_sess) < strength(digest_algorithm::sha512_256));
    CHECK(is_session_algorithm(digest_algorithm::sha512_256_sess));
    CHECK_FALSE(is_session_algorithm(digest_algorithm::sha512_256));
}

TEST_CASE("digest challenge: every parameter of RFC 7616 3.3 is read") {
    const digest_challenge full = read(
        "Digest realm=\"api@example.org\", domain=\"/a /b\", nonce=\"n\", opaque=\"o\", stale=TRUE, "
        "algorithm=\"SHA-256-sess\", qop=\"auth-int , AUTH,token\", charset=utf-8, userhash=true, extra=1");
    CHECK(full.realm == "api@example.org");
    CHECK(full.nonce == "n");
    CHECK(full.opaque == "o");
    CHECK(full.stale);
    CHECK(full.algorithm == digest_algorithm::sha256_sess);
    CHECK(full.offers_auth);
    CHECK(full.offers_auth_int);
    CHECK(full.qop == digest_qop::auth);
    CHECK(full.utf8);
    CHECK(full.userhash);

    const digest_challenge least = read("Digest realm=\"\", nonce=\"n\"");
    CHECK(least.algorithm == digest_algorithm::md5);
    CHECK(least.qop == digest_qop::none);
    CHECK_FALSE(least.opaque);
    CHECK_FALSE(least.stale);
    CHECK_FALSE(least.userhash);
    CHECK_FALSE(least.utf8);

    CHECK(read("Digest realm=r, nonce=n, qop=auth-int").qop == digest_qop::auth_int);
    CHECK_FALSE(read("Digest realm=r, nonce=n, stale=false, userhash=no, charset=latin1").stale);
    const digest_challenge empty_opaque = read("Digest realm=r, nonce=n, opaque=\"\"");
    REQUIRE(empty_opaque.opaque);
    CHECK(empty_opaque.opaque->empty());
}

TEST_CASE("digest challenge: one that cannot be used says why") {
    CHECK(refusal("Digest nonce=\"n\"") == "no realm");
    CHECK(refusal("Digest realm=\"r\"") == "no nonce");
    CHECK(refusal("Digest realm=\"r\", nonce=\"\"") == "no nonce");
    CHECK(refusal(unknown) == "unknown algorithm");
    CHECK(refusal("Digest realm=r, nonce=n, algorithm=\"\"") == "unknown algorithm");
    CHECK(refusal("Digest realm=r, nonce=n, qop=\"auth-conf\"") == "unknown qop");
    CHECK(refusal("Digest realm=r, nonce=n, qop=\"\"") == "unknown qop");
    CHECK(refusal("Digest realm=r, nonce=n, qop=\"authx,xauth\"") == "unknown qop");
    CHECK(refusal("Digest realm=r, nonce=n, algorithm=MD5-sess") == "session algorithm without qop");
    const std::string longest(max_digest_value_bytes, 'x');
    CHECK(refusal("Digest realm=r, nonce=" + longest) == "");
    for (const char* start :
         {"Digest realm=r, nonce=y", "Digest nonce=n, realm=y", "Digest realm=r, nonce=n, opaque=y"}) {
        CHECK(refusal(start + longest) == "oversized value");
    }
}

TEST_CASE("D2: the strongest supported digest is chosen, in whatever order and on however many lines") {
    CHECK(chosen({md5, sha256, sha512}) == "digest sha512");
    CHECK(chosen({sha512, sha256, md5}) == "digest sha512");
    CHECK(chosen({sha256, md5}) == "digest sha256");
    CHECK(chosen({std::string(md5) + ", " + std::string(sha256) + ", Basic realm=\"b\""}) == "digest sha256");
    CHECK(chosen({md5}) == "digest md5");
}

TEST_CASE("D2: unknown schemes and algorithms between are skipped") {
    CHECK(chosen({"Negotiate dG9r=", unknown, md5, "Hoba result=1", "NTLM"}) == "digest md5");
    CHECK(chosen({unknown, sha256, "Digest realm=r"}) == "digest sha256");
}

TEST_CASE("D2: among equals the server's first is chosen, one with qop before one without") {
    CHECK(chosen({R"(Digest realm="a", nonce="one", qop="auth")",
                  R"(Digest realm="b", nonce="two", qop="auth")"}) == "digest one");
    CHECK(chosen({R"(Digest realm="a", nonce="bare")", R"(Digest realm="b", nonce="two", qop="auth")"},
                 challenge_policy().allow_no_qop()) == "digest two");
    CHECK(chosen({R"(Digest realm="a", nonce="sess", qop="auth", algorithm=SHA-256-sess)", sha256}) ==
          "digest sess");
}

TEST_CASE("D2: Basic is refused, alone or beside others") {
    CHECK(chosen({"Basic realm=\"b\""}) == "offered: Basic; allowed: Digest with qop, Bearer");
    CHECK(chosen({"Basic realm=\"b\"", md5}) == "digest md5");
    CHECK(chosen({"Basic realm=\"b\"", "Bearer"}) == "bearer ");
}

TEST_CASE("D2: a digest below the minimum algorithm is refused with the reason") {
    challenge_policy strict;
    strict.minimum(digest_algorithm::sha256);
    CHECK(chosen({md5, "Basic realm=\"b\""}, strict) ==
          "offered: Digest MD5 (too weak), Basic; allowed: Digest with at least SHA-256 and qop, Bearer");
    CHECK(chosen({md5, sha256}, strict) == "digest sha256");
    CHECK(chosen({R"(Digest realm="r", nonce="sess", qop="auth", algorithm=SHA-256-sess)"}, strict) ==
          "digest sess");
    CHECK(chosen({sha256}, challenge_policy().minimum(digest_algorithm::sha512_256)) != "digest sha256");
}

TEST_CASE("D1: a challenge without qop is refused unless the option allows it") {
    CHECK(chosen({R"(Digest realm="r", nonce="bare")"}) ==
          "offered: Digest MD5 (no qop); allowed: Digest with qop, Bearer");
    CHECK(chosen({R"(Digest realm="r", nonce="bare")"}, challenge_policy().allow_no_qop()) == "digest bare");
}

TEST_CASE("auth-int is used when it alone is offered") {
    const auto qop = [](std::string_view line) {
        return std::get<digest_challenge>(select_challenge(offers({line}), challenge_policy())).qop;
    };
    CHECK(qop(R"(Digest realm="r", nonce="n", qop="auth-int,auth")") == digest_qop::auth);
    CHECK(qop(R"(Digest realm="r", nonce="n", qop="auth-int")") == digest_qop::auth_int);
    CHECK(qop(md5) == digest_qop::auth);
}

TEST_CASE("Bearer is reported with its error, after any digest") {
    CHECK(chosen({"Bearer realm=\"r\", error=\"invalid_token\""}) == "bearer invalid_token");
    CHECK(chosen({"Bearer", md5}) == "digest md5");
    CHECK(chosen({"Bearer error=one", "Bearer error=two"}) == "bearer one");
}

TEST_CASE("the reason is one bounded printable line, whatever was offered") {
    CHECK(chosen({}) == "offered: nothing; allowed: Digest with qop, Bearer");
    const std::string hostile =
        "Digest realm=r, nonce=n, algorithm=\"\xFF\t" + std::string(3'000, 'z') + "\"";
    const std::string reason = chosen({hostile, hostile, hostile, hostile, hostile, hostile, hostile});
    CHECK(reason.size() <= 256);
    CHECK(reason.starts_with("offered: Digest (not shown) (unknown algorithm), "));
    CHECK(reason.ends_with("; allowed: Digest with qop, Bearer"));
    CHECK(reason.find_first_of("\xFF\tz") == std::string::npos);
    CHECK(chosen({"Digest realm=r, nonce=n, algorithm=SHA-384"})
              .starts_with("offered: Digest SHA-384 (unknown"));
    CHECK(chosen({"Digest realm=r, nonce=n, algorithm=a-secret"}).find("a-secret") == std::string::npos);
}

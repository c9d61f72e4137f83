#include "proto/auth/digest_server.hpp"

#include "proto/auth/digest.hpp"

#include <doctest/doctest.h>

#include <string>
#include <string_view>
#include <vector>

using namespace getty::connect;
using namespace getty::connect::proto;

namespace {

std::optional<digest_credentials> credentials(std::string_view header) {
    const auto parsed = parse_credentials(header);
    if (!parsed) return std::nullopt;
    return read_digest_credentials(*parsed);
}

// As curl 7.88.1 sent them (curl --digest -u 'app:key, "quoted" \ pass'). What that version calls
// SHA-512-256 is plain SHA-256, so it is left out.
struct curl_row {
    std::string_view user;
    std::string_view header;
};
constexpr curl_row curl_rows[] = {
    {"app",
     R"(Digest username="app", realm="api@example.org", nonce="n0", uri="/md5?a=b&c=%22d", cnonce="ZTdjZDgzMWVhNzI4MDRjMjU4ZWY2ZWZlZWNhNzFlMTA=", nc=00000001, qop=auth, response="5c43518f32e8706625449345792f74fb", opaque="op", algorithm=MD5)"},
    {"app",
     R"(Digest username="app", realm="api@example.org", nonce="n0", uri="/sha256?a=b&c=%22d", cnonce="OWMzNTFiMzg4N2UyZTE3MTNjN2IxZGU3MWM0Yjk4MWY=", nc=00000001, qop=auth, response="47f0674ccec93e1afaa79c8cbf38c135a3f934a8cf2e7cee02dcd608ae46de71", opaque="op", algorithm=SHA-256)"},
    {"app",
     R"(Digest username="app", realm="api@example.org", nonce="n0", uri="/sess?a=b&c=%22d", cnonce="YTEyOGM0MDVmZmYyNWE2NGRlYWVlYzkxOWZmNzMzYWU=", nc=00000001, qop=auth, response="ff9872dc1d009362fee65df3c4526f7b17cbb78085ac65c816c1bc0490851498", algorithm=SHA-256-SESS)"},
    {"2f6d2b9014f015628f7aa4d08522f7b80f365981fadcceded3ea1d9e726fc014",
     R"(Digest username="2f6d2b9014f015628f7aa4d08522f7b80f365981fadcceded3ea1d9e726fc014", realm="api@example.org", nonce="n0", uri="/uh?a=b&c=%22d", cnonce="YWVkMTZlNDg4MjNhMjAxYjUwM2M3ZDA4NjgyNzhjMzY=", nc=00000001, qop=auth, response="c155cad4ec71f82958aad78d61e66140e4dd51ab7ce5fd85d47d67c4db3ecfff", algorithm=SHA-256, userhash=true)"},
    {"app",
     R"(Digest username="app", realm="api@example.org", nonce="n0", uri="/noqop?a=b&c=%22d", response="d01064f1416cf91d7fea40e1fa561483")"},
};

constexpr std::string_view good =
    R"(Digest username="u", realm="r", nonce="n", uri="/x", response="00", algorithm=SHA-256, )"
    R"(opaque="o", qop=auth, nc=0000000a, cnonce="c")";

std::string replaced(std::string_view from, std::string_view to) {
    std::string text(good);
    const std::size_t at = text.find(from);
    REQUIRE(at != std::string::npos);
    return text.replace(at, from.size(), to);
}

}  // namespace

TEST_CASE("server: credentials that curl computed are right, and for their own method and password alone") {
    const secret password("key, \"quoted\" \\ pass");
    for (const curl_row& row : curl_rows) {
        CAPTURE(row.header);
        const auto got = credentials(row.header);
        REQUIRE(got);
        CHECK(got->user == row.user);
        const secret key =
            digest_key(got->algorithm, "app", got->realm, password, got->nonce, got->client_nonce);
        CHECK(verify_response(*got, key, "GET"));
        CHECK_FALSE(verify_response(*got, key, "POST"));
        const secret wrong =
            digest_key(got->algorithm, "app", got->realm, secret("other"), got->nonce, got->client_nonce);
        CHECK_FALSE(verify_response(*got, wrong, "GET"));
        if (got->userhash) CHECK(digest_user_hash(got->algorithm, "app", got->realm) == row.user);
    }
}

TEST_CASE("server: every parameter is read") {
    const auto got = credentials(good);
    REQUIRE(got);
    CHECK(got->user == "u");
    CHECK(got->realm == "r");
    CHECK(got->nonce == "n");
    CHECK(got->uri == "/x");
    CHECK(got->response == "00");
    CHECK(got->opaque == "o");
    CHECK(got->algorithm == digest_algorithm::sha256);
    CHECK(got->qop == digest_qop::auth);
    CHECK(got->nc == 10);
    CHECK(got->client_nonce == "c");
    CHECK_FALSE(got->userhash);
    CHECK(credentials(replaced("username=\"u\"", "username*=utf-8'en'J%c3%A4"))->user == "J\xC3\xA4");
}

TEST_CASE("D3: the server refuses quotes where none belong, and bare words where quotes belong") {
    for (const char* bare : {"username=\"u\"", "realm=\"r\"", "nonce=\"n\"", "response=\"00\"",
                             "opaque=\"o\"", "cnonce=\"c\""}) {
        std::string without;
        for (const char c : std::string_view(bare)) {
            if (c != '"') without += c;
        }
        CAPTURE(bare);
        CHECK_FALSE(credentials(replaced(bare, without)));
    }
    CHECK_FALSE(credentials(replaced("algorithm=SHA-256", "algorithm=\"SHA-256\"")));
    CHECK_FALSE(credentials(replaced("qop=auth", "qop=\"auth\"")));
    CHECK_FALSE(credentials(replaced("nc=0000000a", "nc=\"0000000a\"")));
    CHECK_FALSE(credentials(std::string(good) + ", userhash=\"true\""));
    CHECK_FALSE(credentials(replaced("username=\"u\"", "username*=\"UTF-8''u\"")));
}

TEST_CASE("server: missing, unknown and malformed parameters are refused") {
    for (const char* needed : {"username=\"u\", ", "realm=\"r\", ", "nonce=\"n\", ", "uri=\"/x\", ",
                               "response=\"00\", ", "nc=0000000a, ", ", cnonce=\"c\"", "qop=auth, "}) {
        CAPTURE(needed);
        CHECK_FALSE(credentials(replaced(needed, "")));
    }
    CHECK(credentials(replaced("opaque=\"o\", ", "")));
    CHECK_FALSE(credentials(replaced("Digest ", "Basic ")));
    CHECK_FALSE(credentials(replaced("SHA-256", "SHA-1")));
    CHECK_FALSE(credentials(replaced("qop=auth", "qop=auth-conf")));
    CHECK_FALSE(credentials(replaced("cnonce=\"c\"", "cnonce=\"\"")));
    for (const char* nc :
         {"nc=a", "nc=0000000A", "nc=00000000", "nc=0000000g", "nc=00000000a", "nc=+000000a"}) {
        CAPTURE(nc);
        CHECK_FALSE(credentials(replaced("nc=0000000a", nc)));
    }
    CHECK_FALSE(credentials(std::string(good) + ", username*=UTF-8''u"));
    for (const char* user : {"username*=UTF-8'u", "username*=UTF-8", "username*=latin1''u",
                             "username*=UTF-8''%", "username*=UTF-8''%4", "username*=UTF-8''%4g",
                             "username*=UTF-8''%E4", "username*=UTF-8''a'b", "username*=UTF-8''*"}) {
        CAPTURE(user);
        CHECK_FALSE(credentials(replaced("username=\"u\"", user)));
    }
    CHECK_FALSE(credentials(replaced("username=\"u\"", "username*=UTF-8''u, userhash=true")));
}

TEST_CASE("server and client agree on response and rspauth, in every algorithm and protection") {
    const secret password("p\xC3\xA4ss");
    const std::string_view user = "J\xC3\xA4s\xC3\xB8n \"D\" \\";
    for (const char* algorithm :
         {"MD5", "MD5-sess", "SHA-256", "SHA-256-sess", "SHA-512-256", "SHA-512-256-sess"}) {
        for (const char* rest : {", qop=\"auth\"", ", qop=\"auth-int\"", ", qop=\"auth\", charset=UTF-8",
                                 ", qop=\"auth-int\", userhash=true", ""}) {
            CAPTURE(algorithm);
            CAPTURE(rest);
            std::vector<challenge> offered;
            REQUIRE(parse_challenges(
                        "Digest realm=\"r\\\"1\", nonce=\"n\", algorithm=" + std::string(algorithm) + rest,
                        offered) == auth_syntax::ok);
            digest_challenge from;
            if (!read_digest_challenge(offered.front(), from).empty()) {
                CHECK(is_session_algorithm(*parse_digest_algorithm(algorithm)));  // no qop
                continue;
            }
            auto session = digest_session::start(from, user, password, "first-cnonce");
            REQUIRE(session.has_value());
            std::string header;
            session->authorize(header, "PUT", "/a?b=\"", 7, "second-cnonce", "request");
            const auto got = credentials(header);
            REQUIRE(got);
            CHECK(got->user == (from.userhash ? digest_user_hash(from.algorithm, user, from.realm) : user));
            const secret key =
                digest_key(got->algorithm, user, got->realm, password, got->nonce, got->client_nonce);
            CHECK(verify_response(*got, key, "PUT", "request"));
            CHECK(verify_response(*got, key, "PUT", "tampered") == (from.qop != digest_qop::auth_int));
            const auto info = parse_auth_info("rspauth=\"" + make_rspauth(*got, key, "answer") + "\"");
            REQUIRE(info);
            const digest_exchange sent("/a?b=\"", "n", 7, "second-cnonce");
            CHECK(session->verify_rspauth(*info, sent, "answer") == rspauth_verdict::verified);
        }
    }
}

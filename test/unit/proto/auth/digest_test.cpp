#include "proto/auth/digest.hpp"

#include "proto/auth/auth_header.hpp"

#include <doctest/doctest.h>

#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

using namespace getty::connect;
using namespace getty::connect::proto;

namespace {

/// From the text of a WWW-Authenticate header, as it came from the wire.
digest_challenge challenged(std::string_view header, const challenge_policy& policy = {}) {
    std::vector<challenge> all;
    REQUIRE(parse_challenges(header, all) == auth_syntax::ok);
    challenge_choice choice = select_challenge(all, policy);
    REQUIRE(std::holds_alternative<digest_challenge>(choice));
    return std::get<digest_challenge>(std::move(choice));
}

digest_session started(const digest_challenge& from, std::string_view user, std::string_view password,
                       std::string_view session_nonce = "unused") {
    auto session = digest_session::start(from, user, secret(password), session_nonce);
    REQUIRE(session.has_value());
    return *std::move(session);
}

std::string authorized(digest_session& session, std::string_view method, std::string_view target,
                       std::uint32_t nc, std::string_view client_nonce, std::string_view body = {}) {
    std::string out;
    session.authorize(out, method, target, nc, client_nonce, body);
    return out;
}

/// A parameter of an Authorization header; "(absent)" when it is not there.
std::string sent(std::string_view header, std::string_view name) {
    const auto credentials = parse_credentials(header);
    REQUIRE(credentials);
    const std::string* value = credentials->find(name);
    return value == nullptr ? "(absent)" : *value;
}

bool sent_quoted(std::string_view header, std::string_view name) {
    const auto credentials = parse_credentials(header);
    REQUIRE(credentials);
    for (const auth_param& param : credentials->params) {
        if (param.name == name) return param.quoted;
    }
    FAIL("absent: " << name);
    return false;
}

constexpr std::string_view rfc7616_mufasa =
    R"(Digest realm="http-auth@example.org", qop="auth, auth-int", algorithm=MD5, )"
    R"(nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS")";
constexpr std::string_view rfc7616_mufasa_sha256 =
    R"(Digest realm="http-auth@example.org", qop="auth, auth-int", algorithm=SHA-256, )"
    R"(nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS")";
constexpr std::string_view rfc7616_mufasa_cnonce = "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ";

constexpr std::string_view rfc7616_doe =
    R"(Digest realm="api@example.org", qop="auth", algorithm=SHA-512-256, )"
    R"(nonce="5TsQWLVdgBdmrQ0XsxbDODV+57QdFR34I9HAbC/RVvkK", opaque="HRPCssKJSGjCrkzDg8OhwpzCiGPChXYjwrI2QmXDnsOS", )"
    R"(charset=UTF-8)";
constexpr std::string_view rfc7616_doe_cnonce = "NTg6RKcb9boFIAS3KrFK9BGeh+iDa/sm6jUMp2wds69v";

constexpr std::string_view mufasa = R"(Digest realm="testrealm@host.com", qop="auth,auth-int", )"
                                    R"(nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093", )"
                                    R"(opaque="5ccc069c403ebaf9f0171e9517f40e41")";

std::vector<auth_param> info(std::string_view header) {
    auto params = parse_auth_info(header);
    REQUIRE(params);
    return *std::move(params);
}

std::string text(const hex_digest& digest) { return std::string(digest.view()); }

}  // namespace

TEST_CASE("D1: RFC 2617 3.5, MD5 with qop auth") {
    digest_session session = started(challenged(mufasa), "Mufasa", "Circle Of Life");
    const std::string header = authorized(session, "GET", "/dir/index.html", 1, "0a4f113b");
    CHECK(sent(header, "response") == "6629fae49393a05397450978507c4ef1");
    CHECK(sent(header, "username") == "Mufasa");
    CHECK(sent(header, "realm") == "testrealm@host.com");
    CHECK(sent(header, "nonce") == "dcd98b7102dd2f0e8b11d0f600bfb0c093");
    CHECK(sent(header, "uri") == "/dir/index.html");
    CHECK(sent(header, "qop") == "auth");
    CHECK(sent(header, "nc") == "00000001");
    CHECK(sent(header, "cnonce") == "0a4f113b");
    CHECK(sent(header, "opaque") == "5ccc069c403ebaf9f0171e9517f40e41");
}

TEST_CASE("D1: RFC 2069 2.4 as its erratum 749 corrects it, without qop") {
    digest_session session = started(challenged(R"(Digest realm="testrealm@host.com", )"
                                                R"(nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093", )"
                                                R"(opaque="5ccc069c403ebaf9f0171e9517f40e41")",
                                                challenge_policy().allow_no_qop()),
                                     "Mufasa", "CircleOfLife");
    const std::string header = authorized(session, "GET", "/dir/index.html", 1, "0a4f113b");
    CHECK(sent(header, "response") == "1949323746fe6a43ef61f9606e7febea");
    CHECK(sent(header, "opaque") == "5ccc069c403ebaf9f0171e9517f40e41");
    for (const char* name : {"qop", "nc", "cnonce"}) CHECK(sent(header, name) == "(absent)");
}

TEST_CASE("D1: RFC 7616 3.9.1, MD5 and SHA-256") {
    digest_session md5 = started(challenged(rfc7616_mufasa), "Mufasa", "Circle of Life");
    CHECK(sent(authorized(md5, "GET", "/dir/index.html", 1, rfc7616_mufasa_cnonce), "response") ==
          "8ca523f5e9506fed4657c9700eebdbec");
    digest_session sha256 = started(challenged(rfc7616_mufasa_sha256), "Mufasa", "Circle of Life");
    const std::string header = authorized(sha256, "GET", "/dir/index.html", 1, rfc7616_mufasa_cnonce);
    CHECK(sent(header, "response") == "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1");
    CHECK(sent(header, "algorithm") == "SHA-256");
}

TEST_CASE(
    "D1: RFC 7616 3.9.2 as its erratum 4897 corrects it, SHA-512-256 with userhash and with username*") {
    const std::string_view response = "3798d4131c277846293534c3edc11bd8a5e4cdcbff78b05db9d95eeb1cec68a5";
    const std::string_view user = "J\xC3\xA4s\xC3\xB8n Doe";

    digest_session hashed =
        started(challenged(std::string(rfc7616_doe) + ", userhash=true"), user, "Secret, or not?");
    const std::string by_hash = authorized(hashed, "GET", "/doe.json", 1, rfc7616_doe_cnonce);
    CHECK(sent(by_hash, "username") == "793263caabb707a56211940d90411ea4a575adeccb7e360aeb624ed06ece9b0b");
    CHECK(sent(by_hash, "userhash") == "true");
    CHECK_FALSE(sent_quoted(by_hash, "userhash"));
    CHECK(sent(by_hash, "username*") == "(absent)");
    CHECK(sent(by_hash, "response") == response);

    digest_session named = started(challenged(rfc7616_doe), user, "Secret, or not?");
    const std::string by_name = authorized(named, "GET", "/doe.json", 1, rfc7616_doe_cnonce);
    CHECK(sent(by_name, "username*") == "UTF-8''J%C3%A4s%C3%B8n%20Doe");
    CHECK(sent(by_name, "username") == "(absent)");
    CHECK(sent(by_name, "userhash") == "(absent)");
    CHECK(sent(by_name, "response") == response);
}

namespace {

// Computed with python3's hashlib from the formulas of RFC 7616 3.4.1 to 3.4.3 and 3.5, for the inputs in the
// test below: `response` of the POST and `rspauth` of its answer.
struct vector_row {
    std::string_view algorithm;
    std::string_view qop;
    std::string_view response;
    std::string_view rspauth;
};
constexpr vector_row hashlib_rows[] = {
    {"MD5", "auth", "b190875d1b172bd9e9b039fec7558617", "c516e123ce0e57f9c03a8d2f5c82a46c"},
    {"MD5", "auth-int", "284f0ee78013af37956708511524818b", "66550048813062e6c8582f6dc9801639"},
    {"MD5-sess", "auth", "12532dd0776bef6dae3ffa1e53c6eea6", "bd5d189b634ebde799bc37efa2fd05cf"},
    {"MD5-sess", "auth-int", "74574d86f749c796e8ffc91df677727e", "b053a509d676e70d267bd55545a9b980"},
    {"SHA-256", "auth", "8a452deb0fac3f0f94fc248fdb31c821003b74e48c0c95b46898b10c59c7ce76",
     "0b0c8bcfe23cc1ed71d628974baa3bb38b828864f67ba1836af8bb79fe556d61"},
    {"SHA-256", "auth-int", "4e92fc65971a2b93b67df4ae7ddf2304cce4e14b3c3457bd13fc72f445acf181",
     "09b81d129a3f27a36333ce729abfd4630c17233dcfe5c492a79cdeb52a8e615e"},
    {"SHA-256-sess", "auth", "63dbd6ff52c10a080380126fd912659efe22b2abaed2180b4b61976e8eea7d70",
     "e3e6906b1f7ca0281a6fd24f8cd7b12ed1f8df044d1a83149cb4ec2af53f95ca"},
    {"SHA-256-sess", "auth-int", "1112148377e43680fb92d5ea283577229417abf6739d105fa213f754f26d4c71",
     "513b8f941bf5483ad5f65e6dbd89265177fa1064acf9404dd49c6cbadbfc0c9c"},
    {"SHA-512-256", "auth", "e1fbb2777019ab98406ad5c56e8962491824928616fb3dc9c909fd079e579de7",
     "49f5ede5bb5f1f6eb5a0d37c4970b5765ef1cc07225ef05286a5f20012f49f12"},
    {"SHA-512-256", "auth-int", "da8e502c3f464ee58f2f7f9b9fb78a06ebb878a560f6f0ea5375403e4e3600cb",
     "2ffb38d6fdbf520ca5da724df5fdfe28c7ebd0a8942971ae6496363d9255a089"},
    {"SHA-512-256-sess", "auth", "76a91cd1cd06f1a4f93686a8dbe6aadc8d71303cec30a568840e11cac75cbee3",
     "36aa5fa61cca349dae7a9c058a625f836489018b14a7143de1e7c32133fe0067"},
    {"SHA-512-256-sess", "auth-int", "57127a2c34c025f2457791eeda1216555f3524fba7ecc39e9d224a0035160d39",
     "7a240cab7fa7279dc59b793193da67692b1662d022d5e7fb6c476c17829105b1"},
};
constexpr std::string_view hashlib_nonce = "nonce/of+the=server";
constexpr std::string_view hashlib_cnonce = "00112233445566778899aabbccddeeff";
constexpr std::string_view hashlib_target = "/api/images/1?language=en-us";

constexpr std::string_view hashlib_password("token\"\\:\0\xFF", 10);

digest_session hashlib_session(const vector_row& row) {
    const digest_challenge from =
        challenged("Digest realm=\"api@example.org\", nonce=\"" + std::string(hashlib_nonce) + "\", qop=\"" +
                   std::string(row.qop) + "\", algorithm=" + std::string(row.algorithm));
    return started(from, "application-key", hashlib_password, hashlib_cnonce);
}

}  // namespace

TEST_CASE("D1: every algorithm with auth and auth-int agrees with an independent computation") {
    for (const vector_row& row : hashlib_rows) {
        CAPTURE(row.algorithm);
        CAPTURE(row.qop);
        digest_session session = hashlib_session(row);
        const std::string header = authorized(session, "POST", hashlib_target, 42, hashlib_cnonce, "a=1&b=2");
        CHECK(sent(header, "response") == row.response);
        CHECK(sent(header, "algorithm") == row.algorithm);
        CHECK(sent(header, "qop") == row.qop);
        CHECK(sent(header, "nc") == "0000002a");
        const digest_exchange exchange(hashlib_target, hashlib_nonce, 42, hashlib_cnonce);
        CHECK(text(session.expected_rspauth(exchange, session.qop(), "{\"Images\":[]}")) == row.rspauth);
    }
}

TEST_CASE("D3: what is to be quoted is quoted and what is to be bare is bare") {
    digest_session session = started(challenged(mufasa), "Mufasa", "Circle Of Life");
    const std::string header = authorized(session, "GET", "/", 1, "0a4f113b");
    for (const char* name : {"username", "realm", "nonce", "uri", "response", "cnonce", "opaque"}) {
        CAPTURE(name);
        CHECK(sent_quoted(header, name));
    }
    for (const char* name : {"algorithm", "qop", "nc"}) {
        CAPTURE(name);
        CHECK_FALSE(sent_quoted(header, name));
    }
    CHECK(header.starts_with("Digest username=\"Mufasa\", realm="));
}

TEST_CASE("D3: values with quotes and backslashes are hashed unescaped and sent escaped") {
    digest_session session = started(
        challenged(R"(Digest realm="my \"realm\", \\ of=1", nonce="n\"1", opaque="o\\\"p", qop="auth")"),
        R"(us"er\name)", "password");
    const std::string header = authorized(session, "GET", "/a\"b\\c", 1, "0a4f113b");
    CHECK(header.find(R"(username="us\"er\\name")") != std::string::npos);
    CHECK(header.find(R"(realm="my \"realm\", \\ of=1")") != std::string::npos);
    CHECK(header.find(R"(nonce="n\"1")") != std::string::npos);
    CHECK(header.find(R"(uri="/a\"b\\c")") != std::string::npos);
    CHECK(header.find(R"(opaque="o\\\"p")") != std::string::npos);
    // by python3's hashlib, over the values without escapes
    CHECK(sent(header, "response") == "344e63b12c8a7eacc70e264d6bd86bed");
}

TEST_CASE("D4: uri is the request target to the byte, query included") {
    digest_session session = started(challenged(mufasa), "Mufasa", "Circle Of Life");
    for (const char* target :
         {"/", "/api/images/a%2Fb?language=en-us&x=%22y%22", "*", "https://host/x?y", "host:443"}) {
        CHECK(sent(authorized(session, "GET", target, 1, "0a4f113b"), "uri") == target);
    }
}

TEST_CASE("D4: nc is eight lower-case hex digits") {
    digest_session session = started(challenged(mufasa), "Mufasa", "Circle Of Life");
    for (const auto& [count, digits] : {std::pair<std::uint32_t, const char*>{1, "00000001"},
                                        {0xABCDEF, "00abcdef"},
                                        {16, "00000010"},
                                        {0xFFFFFFFF, "ffffffff"}}) {
        CHECK(sent(authorized(session, "GET", "/", count, "0a4f113b"), "nc") == digits);
    }
}

TEST_CASE("D4: cnonce is 128 random bits as 32 hex digits, all of them from the source") {
    class fixed final : public core::random_source {
    public:
        std::uint64_t next() override { return call_++ == 0 ? 0x0123456789ABCDEFU : 0xFEDCBA9876543210U; }

    private:
        int call_ = 0;
    };
    fixed bits;
    const cnonce made(bits);
    CHECK(std::string(made.view()) == "fedcba98765432100123456789abcdef");

    const auto random = core::seeded_random(1);
    std::set<std::string> seen;
    for (int i = 0; i < 1'000; ++i) {
        const cnonce one(*random);
        CHECK(one.view().size() == 32);
        CHECK(one.view().find_first_not_of("0123456789abcdef") == std::string_view::npos);
        seen.emplace(one.view());
    }
    CHECK(seen.size() == 1'000);
}

TEST_CASE("authorize appends and, once the text has grown, allocates nothing more for it") {
    digest_session session = started(challenged(mufasa), "Mufasa", "Circle Of Life");
    std::string out = "Authorization: ";
    session.authorize(out, "GET", "/dir/index.html", 1, "0a4f113b");
    CHECK(out.starts_with("Authorization: Digest username="));
    const std::string first = out;
    const char* const storage = out.data();
    for (int i = 0; i < 100; ++i) {
        out.resize(15);
        session.authorize(out, "GET", "/dir/index.html", 1, "0a4f113b");
    }
    CHECK(out == first);
    CHECK(out.data() == storage);
}

TEST_CASE("D6: a nextnonce goes on with the same key under a new nonce") {
    digest_session session = started(challenged(mufasa), "Mufasa", "Circle Of Life");
    REQUIRE(session.adopt_nonce("next \"one\""));
    CHECK(session.nonce() == "next \"one\"");
    const std::string header = authorized(session, "GET", "/dir/index.html", 1, "0a4f113b");
    CHECK(sent(header, "nonce") == "next \"one\"");
    CHECK(sent(header, "opaque") == "5ccc069c403ebaf9f0171e9517f40e41");
    // the same as of a session that began with it
    digest_session fresh =
        started(challenged(R"(Digest realm="testrealm@host.com", qop="auth", )"
                           R"(nonce="next \"one\"", opaque="5ccc069c403ebaf9f0171e9517f40e41")"),
                "Mufasa", "Circle Of Life");
    CHECK(header == authorized(fresh, "GET", "/dir/index.html", 1, "0a4f113b"));
}

TEST_CASE("X6: a nonce that cannot be sent is not adopted and changes nothing") {
    digest_session session = started(challenged(mufasa), "Mufasa", "Circle Of Life");
    const std::string before = authorized(session, "GET", "/", 1, "0a4f113b");
    CHECK_FALSE(session.adopt_nonce(""));
    CHECK_FALSE(session.adopt_nonce("a\r\nX: y"));
    CHECK_FALSE(session.adopt_nonce(std::string_view("a\0", 2)));
    CHECK_FALSE(session.adopt_nonce(std::string(max_digest_value_bytes + 1, 'n')));
    CHECK(session.nonce() == "dcd98b7102dd2f0e8b11d0f600bfb0c093");
    CHECK(authorized(session, "GET", "/", 1, "0a4f113b") == before);
}

TEST_CASE("-sess: the first client nonce goes with every request and the key outlives a nextnonce") {
    const vector_row& row = hashlib_rows[6];
    REQUIRE(row.algorithm == "SHA-256-sess");
    digest_session session = hashlib_session(row);
    const std::string header = authorized(session, "POST", hashlib_target, 42, "another-client-nonce");
    CHECK(sent(header, "cnonce") == hashlib_cnonce);
    CHECK(sent(header, "response") == row.response);
    CHECK(session.nonce_to_send("another-client-nonce") == hashlib_cnonce);

    REQUIRE(session.adopt_nonce("second"));
    // by python3's hashlib: H(A1) with the first nonce, the response with the second
    CHECK(sent(authorized(session, "GET", "/x", 1, "ignored"), "response") ==
          "d6fdce6ee01f44d920e64e942e0a46f7322881c223da5ee3fa64e380e28ab16a");

    // a new challenge begins a new session: its nonces make a new key
    const digest_challenge later = challenged(
        R"(Digest realm="api@example.org", nonce="third", qop="auth", algorithm=SHA-256-sess, stale=true)");
    digest_session renewed = started(later, "application-key", hashlib_password, "fresh-cnonce");
    const std::string again = authorized(renewed, "GET", "/x", 1, "ignored");
    CHECK(sent(again, "cnonce") == "fresh-cnonce");
    CHECK(sent(again, "response") == "e409d5d1c1ab0a65aacb93d251bd84b2e6f01820a755e25747ab25e97e45c091");
}

TEST_CASE("D6: a right rspauth is verified, with and without the parameters that repeat the request") {
    digest_session session = started(challenged(mufasa), "Mufasa", "Circle Of Life");
    const digest_exchange exchange("/dir/index.html", "dcd98b7102dd2f0e8b11d0f600bfb0c093", 0x1F, "0a4f113b");
    // by python3's hashlib, from RFC 7616 3.5
    const std::string right = "5a34d400b228b22b6f67019a972068a8";
    CHECK(session.verify_rspauth(info("rspauth=\"" + right + "\""), exchange) == rspauth_verdict::verified);
    CHECK(session.verify_rspauth(
              info("rspauth=\"" + right + "\", qop=auth, nc=0000001f, cnonce=\"0a4f113b\", nextnonce=\"n\""),
              exchange) == rspauth_verdict::verified);
    CHECK(session.verify_rspauth(info("nc=0000001F, rspauth=\"" + right + "\""), exchange) ==
          rspauth_verdict::verified);
    // a nonce adopted meanwhile changes nothing for what was sent before
    REQUIRE(session.adopt_nonce("next"));
    CHECK(session.verify_rspauth(info("rspauth=\"" + right + "\""), exchange) == rspauth_verdict::verified);
}

TEST_CASE("D6: a missing rspauth is told apart from a wrong one") {
    digest_session session = started(challenged(mufasa), "Mufasa", "Circle Of Life");
    const digest_exchange exchange("/dir/index.html", "dcd98b7102dd2f0e8b11d0f600bfb0c093", 0x1F, "0a4f113b");
    const std::string right = "5a34d400b228b22b6f67019a972068a8";
    CHECK(session.verify_rspauth(info(""), exchange) == rspauth_verdict::absent);
    CHECK(session.verify_rspauth(info("nextnonce=\"n\", qop=auth"), exchange) == rspauth_verdict::absent);
    for (const std::string& wrong :
         {std::string("rspauth=\"\""), "rspauth=\"" + right.substr(1) + "\"", "rspauth=\"" + right + "0\"",
          "rspauth=\"" + std::string(32, '0') + "\"", "rspauth=\"" + right + "\", nc=00000020",
          "rspauth=\"" + right + "\", nc=1f", "rspauth=\"" + right + "\", cnonce=\"0a4f113c\"",
          "rspauth=\"" + right + "\", qop=none", "rspauth=\"" + right + "\", qop=auth-int"}) {
        CAPTURE(wrong);
        CHECK(session.verify_rspauth(info(wrong), exchange) == rspauth_verdict::mismatch);
    }
    // the response of the request itself, sent back, proves nothing
    const std::string header = authorized(session, "GET", "/dir/index.html", 0x1F, "0a4f113b");
    CHECK(session.verify_rspauth(info("rspauth=\"" + sent(header, "response") + "\""), exchange) ==
          rspauth_verdict::mismatch);
    for (const digest_exchange& other :
         {digest_exchange("/dir/index.htm", "dcd98b7102dd2f0e8b11d0f600bfb0c093", 0x1F, "0a4f113b"),
          digest_exchange("/dir/index.html", "other", 0x1F, "0a4f113b"),
          digest_exchange("/dir/index.html", "dcd98b7102dd2f0e8b11d0f600bfb0c093", 0x1E, "0a4f113b"),
          digest_exchange("/dir/index.html", "dcd98b7102dd2f0e8b11d0f600bfb0c093", 0x1F, "0a4f113c")}) {
        CHECK(session.verify_rspauth(info("rspauth=\"" + right + "\""), other) == rspauth_verdict::mismatch);
    }
    // a request without qop was not protected by a client nonce, so no answer can claim auth-int for it
    digest_session bare =
        started(challenged("Digest realm=r, nonce=n", challenge_policy().allow_no_qop()), "u", "p");
    const digest_exchange old_form("/", "n", 1, "c");
    const std::string claimed = text(bare.expected_rspauth(old_form, digest_qop::auth_int));
    CHECK(bare.verify_rspauth(info("qop=auth-int, rspauth=\"" + claimed + "\""), old_form) ==
          rspauth_verdict::mismatch);
    digest_session impostor = started(challenged(mufasa), "Mufasa", "Circle of Life");
    CHECK(impostor.verify_rspauth(info("rspauth=\"" + right + "\""), exchange) == rspauth_verdict::mismatch);
}

TEST_CASE("D6: under auth-int the body is part of the proof, and the answer may not fall back to auth") {
    for (const vector_row& row : hashlib_rows) {
        if (row.qop != "auth-int") continue;
        CAPTURE(row.algorithm);
        digest_session session = hashlib_session(row);
        const digest_exchange exchange(hashlib_target, hashlib_nonce, 42, hashlib_cnonce);
        const std::string right = "rspauth=\"" + std::string(row.rspauth) + "\"";
        const std::string_view body = "{\"Images\":[]}";
        CHECK(session.verify_rspauth(info(right), exchange, body) == rspauth_verdict::verified);
        CHECK(session.verify_rspauth(info(right + ", qop=auth-int"), exchange, body) ==
              rspauth_verdict::verified);
        CHECK(session.verify_rspauth(info(right), exchange, "{\"Images\":{}}") == rspauth_verdict::mismatch);
        CHECK(session.verify_rspauth(info(right), exchange) == rspauth_verdict::mismatch);
    }
    // asked for auth-int, answered with a proof that would be right for auth
    digest_session strict = hashlib_session(hashlib_rows[1]);
    const digest_exchange exchange(hashlib_target, hashlib_nonce, 42, hashlib_cnonce);
    const std::string for_auth = text(strict.expected_rspauth(exchange, digest_qop::auth));
    CHECK(for_auth == hashlib_rows[0].rspauth);
    CHECK(strict.verify_rspauth(info("qop=auth, rspauth=\"" + for_auth + "\""), exchange) ==
          rspauth_verdict::mismatch);
    // asked for auth, answered with auth-int: better than asked
    digest_session plain = hashlib_session(hashlib_rows[0]);
    const std::string better = "qop=auth-int, rspauth=\"" + std::string(hashlib_rows[1].rspauth) + "\"";
    CHECK(plain.verify_rspauth(info(better), exchange, "{\"Images\":[]}") == rspauth_verdict::verified);
    CHECK(plain.verify_rspauth(info(better), exchange, "{\"Images\":[0]}") == rspauth_verdict::mismatch);
}

TEST_CASE("a user name is sent as the server can read it") {
    const auto user_parameter = [](std::string_view header_end, std::string_view user) {
        digest_session session = started(
            challenged("Digest realm=\"r\", nonce=\"n\", qop=\"auth\"" + std::string(header_end)), user, "p");
        const std::string header = authorized(session, "GET", "/", 1, "c");
        return header.substr(7, header.find(", realm=") - 7);
    };
    CHECK(user_parameter("", "plain") == "username=\"plain\"");
    CHECK(user_parameter(", charset=UTF-8", "plain") == "username=\"plain\"");
    CHECK(user_parameter("", "J\xC3\xA4") == "username=\"J\xC3\xA4\"");
    CHECK(user_parameter("", "J\xE4") == "username=\"J\xE4\"");
    CHECK(user_parameter(", charset=UTF-8", "J\xC3\xA4 *'%~") == "username*=UTF-8''J%C3%A4%20%2A%27%25~");
    CHECK(user_parameter(", charset=UTF-8", "a\"\xF0\x9F\x93\xB7") == "username*=UTF-8''a%22%F0%9F%93%B7");
    CHECK(user_parameter("", "") == "username=\"\"");
}

TEST_CASE("X6: a user name that cannot be sent is refused before anything is written") {
    const auto outcome = [](std::string_view header_end, std::string_view user) {
        return digest_session::start(
            challenged("Digest realm=\"r\", nonce=\"n\", qop=\"auth\"" + std::string(header_end)), user,
            secret("hidden-password"), "c");
    };
    for (const std::string& user : {std::string("a\r\nX: y"), std::string("a\0b", 3), std::string("a\x7F"),
                                    std::string(max_digest_value_bytes + 1, 'u')}) {
        for (const char* form : {"", ", userhash=true", ", charset=UTF-8"}) {
            const auto refused = outcome(form, user);
            REQUIRE(refused.has_error());
            CHECK(refused.error().value() == errc::invalid_option);
            CHECK(refused.error().stage() == stage::auth);
            CHECK(refused.error().describe().find("hidden-password") == std::string::npos);
        }
    }
    CHECK(outcome(", charset=UTF-8", "J\xE4").has_error());
    CHECK(outcome("", "J\xE4").has_value());
}

TEST_CASE("X6: a challenge made by hand with values that cannot be sent starts no session") {
    digest_challenge good;
    good.realm = "r";
    good.nonce = "n";
    good.qop = digest_qop::auth;
    REQUIRE(digest_session::start(good, "u", secret("p"), "c").has_value());
    const auto refused = [&](auto change) {
        digest_challenge bad = good;
        change(bad);
        const auto outcome = digest_session::start(bad, "u", secret("p"), "c");
        return outcome.has_error() && outcome.error().value() == errc::challenge_unsupported;
    };
    CHECK(refused([](digest_challenge& c) { c.realm = "r\r\n"; }));
    CHECK(refused([](digest_challenge& c) { c.nonce = std::string("n\0", 2); }));
    CHECK(refused([](digest_challenge& c) { c.nonce.clear(); }));
    CHECK(refused([](digest_challenge& c) { c.opaque = "o\n"; }));
    CHECK(refused([](digest_challenge& c) { c.opaque = std::string(max_digest_value_bytes + 1, 'o'); }));
}

TEST_CASE("an opaque value that was not there is not sent, an empty one is") {
    digest_session without = started(challenged("Digest realm=r, nonce=n, qop=auth"), "u", "p");
    CHECK(sent(authorized(without, "GET", "/", 1, "c"), "opaque") == "(absent)");
    digest_session with = started(challenged("Digest realm=r, nonce=n, qop=auth, opaque=\"\""), "u", "p");
    CHECK(sent(authorized(with, "GET", "/", 1, "c"), "opaque").empty());
}

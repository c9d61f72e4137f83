#include "proto/auth/auth_header.hpp"

#include "core/ascii.hpp"
#include "core/random.hpp"

#include <doctest/doctest.h>

#include <string>
#include <string_view>
#include <vector>

using namespace getty::connect;
using namespace getty::connect::proto;

namespace {

/// Every challenge as `scheme(token68|name=value;name='quoted value')`, to compare whole answers at once.
std::string shown(const std::vector<challenge>& all) {
    std::string out;
    for (const challenge& one : all) {
        if (!out.empty()) out += ' ';
        out += one.scheme + "(" + one.token68;
        for (const auth_param& param : one.params) {
            const std::string quote = param.quoted ? "'" : "";
            out += (out.back() == '(' ? "" : ";") + param.name + "=" + quote + param.value + quote;
        }
        out += ")";
    }
    return out;
}

std::string parsed(std::string_view field_value) {
    std::vector<challenge> found;
    const auth_syntax verdict = parse_challenges(field_value, found);
    if (verdict == auth_syntax::ok) return shown(found);
    return found.empty() ? std::string(to_string(verdict)) : "left challenges behind";
}

std::string quoted(std::string_view text) {
    std::string out;
    append_quoted(out, text);
    return out;
}

}  // namespace

TEST_CASE("challenges: one scheme with parameters, names lower-cased, values as they are") {
    CHECK(parsed("Basic realm=\"Simple\"") == "basic(realm='Simple')");
    CHECK(parsed("DIGEST Realm=\"A\", NONCE=\"B\", stale=TRUE") == "digest(realm='A';nonce='B';stale=TRUE)");
    CHECK(parsed("Digest\trealm = \"A\"\t,\tnonce=\"B\"") == "digest(realm='A';nonce='B')");
}

TEST_CASE("challenges: the example of RFC 9110 11.6.1 is two challenges") {
    CHECK(parsed("Basic realm=\"simple\", Newauth realm=\"apps\", type=1, title=\"Login to \\\"apps\\\"\"") ==
          "basic(realm='simple') newauth(realm='apps';type=1;title='Login to \"apps\"')");
}

TEST_CASE("D3: commas, equal signs, escapes and schemes within quotes belong to the value") {
    CHECK(parsed("Digest realm=\"a, Basic realm=\\\"b\\\", c=d\", nonce=\"x==\"") ==
          "digest(realm='a, Basic realm=\"b\", c=d';nonce='x==')");
    CHECK(parsed(R"(Digest realm="back\\slash", nonce="\n\"")") ==
          R"(digest(realm='back\slash';nonce='n"'))");
    CHECK(parsed("Digest realm=\"\", nonce=\"J\xC3\xA4\"") == "digest(realm='';nonce='J\xC3\xA4')");
}

TEST_CASE("challenges: token68, bare schemes and parameters side by side") {
    CHECK(parsed("Negotiate, Basic realm=\"x\"") == "negotiate() basic(realm='x')");
    CHECK(parsed("Negotiate dG9rZW4=, NTLM") == "negotiate(dG9rZW4=) ntlm()");
    CHECK(parsed("NTLM TlRMTVNTUAAC==") == "ntlm(TlRMTVNTUAAC==)");
    CHECK(parsed("X a=") == "x(a=)");
    CHECK(parsed("X a=b") == "x(a=b)");
    CHECK(parsed("X a=b, c=\"d\", Y") == "x(a=b;c='d') y()");
    CHECK(parsed("X a/b") == "x(a/b)");
}

TEST_CASE("challenges: empty list elements are skipped") {
    CHECK(parsed(", ,Basic realm=\"x\",, ,Digest nonce=n,\t") == "basic(realm='x') digest(nonce=n)");
    CHECK(parsed("Digest ,realm=\"x\"") == "digest(realm='x')");
}

TEST_CASE("challenges: several lines gather in one list, a bad line adds nothing") {
    std::vector<challenge> all;
    CHECK(parse_challenges("Basic realm=\"x\"", all) == auth_syntax::ok);
    CHECK(parse_challenges("Digest realm=\"y\", nonce=\"n", all) == auth_syntax::unterminated_quote);
    CHECK(parse_challenges("Bearer, Digest realm=\"a\", realm=\"b\"", all) ==
          auth_syntax::duplicate_parameter);
    CHECK(parse_challenges("Bearer", all) == auth_syntax::ok);
    CHECK(shown(all) == "basic(realm='x') bearer()");
    // a line that starts with a parameter does not continue the line before
    CHECK(parse_challenges("scope=\"s\"", all) == auth_syntax::expected_scheme);
    CHECK(shown(all) == "basic(realm='x') bearer()");
}

TEST_CASE("D3: a parameter given twice is refused, in whatever case") {
    CHECK(parsed("Digest nonce=\"a\", Nonce=\"a\"") == "a parameter is given twice");
    CHECK(parsed("Digest nonce=\"a\", opaque=\"b\", nonce=\"c\"") == "a parameter is given twice");
    // in two challenges it is not twice
    CHECK(parsed("Digest nonce=a, Digest nonce=b") == "digest(nonce=a) digest(nonce=b)");
}

TEST_CASE("D3: CR, LF, NUL and other control characters are refused at every place") {
    const std::string good = "Digest realm=\"a\\\"b\", nonce=c, Negotiate dG9r=";
    REQUIRE(parsed(good) == "digest(realm='a\"b';nonce=c) negotiate(dG9r=)");
    for (const char bad : {'\r', '\n', '\0', '\x01', '\x0B', '\x1F', '\x7F'}) {
        for (std::size_t at = 0; at <= good.size(); ++at) {
            std::string text = good;
            text.insert(at, 1, bad);
            CAPTURE(at);
            CHECK(parsed(text) == "the field value holds a control character");
        }
    }
}

TEST_CASE("challenges: what the grammar does not allow is refused") {
    CHECK(parsed("") == "an authentication scheme is missing");
    CHECK(parsed(" , ,") == "an authentication scheme is missing");
    CHECK(parsed("realm=\"x\"") == "an authentication scheme is missing");
    CHECK(parsed("=") == "an authentication scheme is missing");
    CHECK(parsed("\"Basic\" realm=x") == "an authentication scheme is missing");
    CHECK(parsed("Digest realm=\"x") == "a quoted string does not end");
    CHECK(parsed("Digest realm=\"x\\\"") == "a quoted string does not end");
    CHECK(parsed("Digest realm=\"x\\") == "a quoted string does not end");
    CHECK(parsed("Digest realm=\"x\"y") == "a parameter is malformed");
    CHECK(parsed("Digest realm=\"x\" nonce=\"y\"") == "a parameter is malformed");
    CHECK(parsed("Digest realm=x nonce=y") == "a parameter is malformed");
    CHECK(parsed("Digest =x") ==
          "an authentication scheme is missing");  // a parameter with blanks before "="
    CHECK(parsed("Digest \"x\"") == "a parameter is malformed");
    CHECK(parsed("Digest realm=\"x\", nonce=") != "digest(realm='x';nonce=)");
    CHECK(parsed("Negotiate abc=, realm=\"x\"") == "a parameter is malformed");
    CHECK(parsed("Basic realm=a/b") == "a parameter is malformed");
    CHECK(parsed("Ba;sic realm=x") == "an authentication scheme is missing");
}

TEST_CASE("challenges: each bound holds, and one below it passes") {
    const auto list = [](std::size_t count, std::string_view element) {
        std::string text;
        for (std::size_t i = 0; i < count; ++i) (text += element) += ',';
        return text;
    };
    CHECK(parsed(list(max_challenges, "A")).size() == max_challenges * 4 - 1);
    CHECK(parsed(list(max_challenges + 1, "A")) == "there are more than 16 challenges");

    std::string many = "Digest ";
    for (std::size_t i = 0; i < max_auth_params; ++i) many += "p" + std::to_string(i) + "=v,";
    std::vector<challenge> found;
    CHECK(parse_challenges(many, found) == auth_syntax::ok);
    REQUIRE(found.size() == 1);
    CHECK(found.front().params.size() == max_auth_params);
    CHECK(parsed(many + "last=v") == "a challenge has more than 32 parameters");

    const std::string head = "Digest realm=\"";
    const std::string fits = head + std::string(max_auth_field_bytes - head.size() - 1, 'x') + '"';
    CHECK(parsed(fits).starts_with("digest(realm='xxx"));
    CHECK(parsed(fits + ',') == "the field value is longer than 8 KiB");

    // over several lines, too
    std::vector<challenge> gathered(max_challenges);
    CHECK(parse_challenges("Basic realm=x", gathered) == auth_syntax::too_many_challenges);
    CHECK(gathered.size() == max_challenges);
}

TEST_CASE("credentials: one scheme with a token68 or with parameters") {
    const auto basic = parse_credentials("Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
    REQUIRE(basic);
    CHECK(basic->scheme == "basic");
    CHECK(basic->token68 == "QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
    const auto digest =
        parse_credentials("Digest username=\"a\", uri=\"/x?y=1,2\", nc=00000001, username*=x");
    REQUIRE(digest);
    REQUIRE(digest->find("uri") != nullptr);
    CHECK(*digest->find("uri") == "/x?y=1,2");
    CHECK(digest->find("username*") != nullptr);
    CHECK(digest->find("URI") == nullptr);
    CHECK(digest->find("absent") == nullptr);
    CHECK(parse_credentials("Bearer"));
}

TEST_CASE("credentials: two of them, or malformed ones, are none") {
    CHECK_FALSE(parse_credentials(""));
    CHECK_FALSE(parse_credentials("Basic YQ==, Bearer x"));
    CHECK_FALSE(parse_credentials("Digest username=\"a\", username=\"b\""));
    CHECK_FALSE(parse_credentials("Bearer a b"));
    CHECK_FALSE(parse_credentials("Digest nc=\"1"));
}

TEST_CASE("authentication info: a list of parameters without a scheme") {
    const auto info = parse_auth_info("nextnonce=\"47364c23432d\", qop=auth, rspauth=\"6629\",, nc=00000001");
    REQUIRE(info);
    REQUIRE(info->size() == 4);
    CHECK(info->at(0).name == "nextnonce");
    CHECK(info->at(0).value == "47364c23432d");
    CHECK(info->at(0).quoted);
    CHECK(info->at(3).value == "00000001");
    CHECK_FALSE(info->at(3).quoted);
    REQUIRE(parse_auth_info(""));
    CHECK(parse_auth_info("")->empty());
    CHECK_FALSE(parse_auth_info("rspauth=\"a\", rspauth=\"b\""));
    CHECK_FALSE(parse_auth_info("rspauth=\"a"));
    CHECK_FALSE(parse_auth_info("Digest rspauth=\"a\""));
    CHECK_FALSE(parse_auth_info("rspauth"));
    CHECK_FALSE(parse_auth_info("rspauth=\"a\"\r\nX: y"));
    CHECK_FALSE(parse_auth_info(std::string(max_auth_field_bytes + 1, ',')));
}

TEST_CASE("D3: quoting escapes quotes and backslashes, and the parser undoes it") {
    CHECK(quoted("") == "\"\"");
    CHECK(quoted("plain, text=1") == "\"plain, text=1\"");
    CHECK(quoted(R"(a"b\c)") == R"("a\"b\\c")");
    CHECK(quoted(R"("")") == R"("\"\"")");
    for (const char* value : {"", "\"", "\\", "\\\"", "a\"", "\\\\\\", "a,b=c\td", "J\xC3\xA4s\xC3\xB8n"}) {
        const auto back = parse_auth_info("v=" + quoted(value));
        REQUIRE(back);
        REQUIRE(back->size() == 1);
        CHECK(back->front().value == value);
    }
}

TEST_CASE("challenges: whatever is accepted can be written down and read again as the same") {
    const std::vector<std::string> seeds = {
        "Basic realm=\"simple\", Newauth realm=\"apps\", type=1, title=\"Login to \\\"apps\\\"\"",
        "Digest realm=\"r\", qop=\"auth,auth-int\", nonce=\"n==\", Negotiate dG9r=, NTLM,, Bearer scope=\"a "
        "b\""};
    const std::string_view alphabet = " ,=\"\\\tab/;\x80";
    const auto random = core::seeded_random(7);
    int accepted = 0;
    for (int round = 0; round < 20'000; ++round) {
        std::string text = seeds[random->next() % seeds.size()];
        for (std::uint64_t edits = 1 + random->next() % 4; edits > 0; --edits) {
            const std::size_t at = random->next() % text.size();
            switch (random->next() % 3) {
                case 0:
                    text[at] = alphabet[random->next() % alphabet.size()];
                    break;
                case 1:
                    text.insert(at, 1, alphabet[random->next() % alphabet.size()]);
                    break;
                default:
                    text.erase(at, 1 + random->next() % 3);
                    break;
            }
        }
        std::vector<challenge> first;
        if (parse_challenges(text, first) != auth_syntax::ok) {
            CHECK(first.empty());
            continue;
        }
        ++accepted;
        std::string again;
        for (const challenge& one : first) {
            again += one.scheme + " " + one.token68;
            for (const auth_param& param : one.params) {
                again += param.name + "=" + (param.quoted ? quoted(param.value) : param.value) + ", ";
            }
            again += ", ";
        }
        CAPTURE(text);
        CHECK(parsed(again) == shown(first));
    }
    CHECK(accepted > 1'000);
    CHECK(accepted < 19'000);
}

TEST_CASE("case-insensitive comparison is for ASCII letters alone") {
    CHECK(core::equals_ignoring_case("SHA-256-Sess", "sha-256-SESS"));
    CHECK_FALSE(core::equals_ignoring_case("auth", "auth-int"));
    CHECK_FALSE(core::equals_ignoring_case("@[", "`{"));
    CHECK_FALSE(core::equals_ignoring_case("\xC4", "\xE4"));
}

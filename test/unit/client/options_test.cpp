#include <getty/connect/options.hpp>

#include <doctest/doctest.h>

#include <cmath>
#include <functional>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

using namespace getty::connect;
using namespace std::chrono_literals;

namespace {

client_options good() {
    client_options options;
    options.credentials("the-key", secret("the-s3cret"));
    return options;
}

/// The complaint; empty when there is none. Secrets of `good` never show.
std::string complaint(const client_options& options) {
    const result<void> verdict = options.validate();
    if (verdict) return "";
    CHECK(verdict.error().value() == errc::invalid_option);
    CHECK(verdict.error().code() == condition::invalid_input);
    CHECK(verdict.error().stage() == stage::queue);
    CHECK(verdict.error().processed() == processed::no);
    const std::string text = verdict.error().describe();
    CHECK(text.find("s3cret") == std::string::npos);
    CHECK(text.find("pa55word") == std::string::npos);
    return verdict.error().message();
}

bool says(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

/// One option, set to a number.
template <class T>
using setter = std::function<void(client_options&, T)>;

}  // namespace

TEST_CASE("options: credentials alone are enough") { CHECK(complaint(good()).empty()); }

TEST_CASE("options: key and secret are needed, or a token") {
    for (const client_options& bad :
         {client_options(), client_options().credentials("", secret("the-s3cret")),
          client_options().credentials("the-key", secret()), client_options().credentials("", secret())}) {
        const std::string why = complaint(bad);
        CHECK(says(why, "credentials"));
        CHECK(says(why, "credentials(key, secret)"));
        CHECK(says(why, "token(...)"));
    }
    CHECK(complaint(client_options().token(secret("the-s3cret")).auth(auth_scheme::bearer)).empty());
}

TEST_CASE("options: a fixed token is not empty, and Digest needs a user name beside it") {
    CHECK(says(complaint(good().token(secret())), "token: it is empty"));
    const std::string why = complaint(client_options().token(secret("the-s3cret")).auth(auth_scheme::digest));
    CHECK(says(why, "application key as user name"));
    CHECK(says(why, "credentials(key, ...)"));
    CHECK(complaint(client_options().token(secret("the-s3cret")).credentials("the-key", secret())).empty());
}

TEST_CASE("options: key and user id are text without control characters, and are not repeated") {
    for (const std::string& bad :
         {std::string("a\nb"), std::string("a\rb"), std::string("a\0b", 3), std::string("a\x7F"),
          std::string("\t"), std::string("a\xC3"), std::string("\xFF"), std::string("\xED\xA0\x80"),
          std::string("\xC0\xAF")}) {
        CAPTURE(bad);
        CHECK(says(complaint(good().credentials(bad, secret("the-s3cret"))),
                   "UTF-8 without control characters"));
        CHECK(says(complaint(good().user(bad, secret("pa55word"))), "UTF-8 without control characters"));
    }
    CHECK(complaint(good().user("J\xC3\xA4s\xC3\xB8n", secret("pa55word"))).empty());
}

TEST_CASE("X6: no secret holds a line end or another control character, and each is refused by its name") {
    using with = client_options (*)(const std::string&);
    const struct {
        std::string_view name;
        with value;
    } rows[] = {
        {"application_secret ",
         [](const std::string& v) { return good().credentials("the-key", secret(v)); }},
        {"user_password ", [](const std::string& v) { return good().user("the-user", secret(v)); }},
        {"token ", [](const std::string& v) { return good().token(secret(v)); }},
        {"proxy_password ",
         [](const std::string& v) {
             return good().proxy("http://proxy.test").proxy_credentials("the-user", secret(v));
         }},
        {"private_key_password ",
         [](const std::string& v) {
             return good().client_certificate("cert.pem", "key.pem").private_key_password(secret(v));
         }},
    };
    for (const auto& row : rows) {
        CAPTURE(row.name);
        std::vector<std::string> bad = {"pa55word\n", "pa55word\r\n", "\rpa55word", "pa55\nword"};
        for (const unsigned control : {0x00U, 0x01U, 0x09U, 0x0BU, 0x1BU, 0x1FU, 0x7FU}) {
            bad.push_back("pa55word" + std::string(1, static_cast<char>(control)));
        }
        for (const std::string& value : bad) {
            const std::string why = complaint(row.value(value));
            CAPTURE(why);
            CHECK(why.starts_with(row.name));
            CHECK(says(why, "control character"));
            CHECK(says(why, "cut it off"));
        }
        // Anything else is nobody's business: a pass phrase may be in Latin-1.
        for (const std::string& fine : {std::string("pa55 word\xE4"), std::string("\x80\xC3\xA4 ~!\"\\")}) {
            CHECK(complaint(row.value(fine)).empty());
        }
    }
}

TEST_CASE("options: a pass phrase has a key to open, and is as long as OpenSSL takes it") {
    CHECK(says(complaint(good().private_key_password(secret("pa55word"))), "client_certificate"));
    const client_options with_key = good().client_certificate("cert.pem", "key.pem");
    CHECK(complaint(client_options(with_key).private_key_password(secret(std::string(1023, 'x')))).empty());
    const std::string why =
        complaint(client_options(with_key).private_key_password(secret(std::string(1024, 'x'))));
    CHECK(says(why, "private_key_password"));
    CHECK(says(why, "1023"));
}

TEST_CASE("options: base_url and token_url are checked, each under its own name") {
    const std::string base = complaint(good().base_url("http://service.test/api"));
    CHECK(says(base, "base_url"));
    CHECK(says(base, "http://service.test/api"));
    CHECK(says(base, "must begin with https://"));
    const std::string token = complaint(good().token_url("https://service.test:0/token"));
    CHECK(says(token, "token_url"));
    CHECK(says(token, "https://service.test:0/token"));
    CHECK(says(complaint(good().base_url("")), "base_url"));
    CHECK(says(complaint(good().base_url("https://the-key:the-s3cret@service.test")), "credentials()"));
    CHECK(says(complaint(good().base_url("http://the-key:the-s3cret@service.test")), "base_url"));
    CHECK(says(complaint(good().token_url("the-key:the-s3cret@service.test")), "token_url"));
    CHECK(complaint(good().base_url("https://[::1]:8443").token_url("https://other.test/t")).empty());
}

TEST_CASE("options: language is a short tag, named with its value when it is not") {
    CHECK(complaint(good().language("de")).empty());
    CHECK(complaint(good().language(std::string(35, 'a'))).empty());
    for (const std::string& bad :
         {std::string(36, 'a'), std::string("de\r\n"), std::string("de\0", 3), std::string("\xFF")}) {
        CAPTURE(bad);
        const std::string why = complaint(good().language(bad));
        CHECK(says(why, "language \""));
        CHECK(says(why, "at most 35 characters"));
        CHECK(says(why, "\"en-us\""));
    }
    CHECK(says(complaint(good().language(std::string(36, 'a'))), std::string(36, 'a')));
}

TEST_CASE("options: a user agent can be sent, or is named with its value") {
    CHECK(complaint(good().user_agent("my-job/1.0")).empty());
    CHECK(complaint(good().user_agent("")).empty());
    for (const char* bad : {"a\r\nX: y", "a\n", " a", "a ", "\x7F"}) {
        CAPTURE(bad);
        const std::string why = complaint(good().user_agent(bad));
        CHECK(says(why, "user_agent \""));
        CHECK(says(why, "printable text"));
        CHECK(says(why, "leave it out"));
    }
    CHECK(says(complaint(good().user_agent("my-agent\n")), "my-agent"));
}

TEST_CASE("options: a value of any length leaves room for rule and mend") {
    CHECK(says(complaint(good().language(std::string(5000, 'a'))), "at most 35 characters"));
    CHECK(says(complaint(good().user_agent(std::string(5000, 'a') + "\n")), "printable text"));
    CHECK(says(complaint(good().base_url("http://" + std::string(5000, 'a'))), "must begin with https://"));
}

TEST_CASE("options: trust and client certificate are complete and not contradictory") {
    CHECK(says(complaint(good().ca_file("/x").ca_pem("y")), "ca_file and ca_pem"));
    CHECK(complaint(good().ca_file("/x")).empty());
    CHECK(complaint(good().ca_pem("x")).empty());
    CHECK(says(complaint(good().client_certificate("cert.pem", "")), "client_certificate"));
    CHECK(says(complaint(good().client_certificate("", "key.pem")), "client_certificate"));
    CHECK(complaint(good().client_certificate("cert.pem", "key.pem")).empty());
}

TEST_CASE("options: every duration has its bounds, and is named with its value") {
    using ms = std::chrono::milliseconds;
    const struct {
        std::string_view name;
        setter<ms> set;
        ms least;
    } rows[] = {
        {"idle_ttl", [](client_options& o, ms v) { o.idle_ttl(v); }, 0ms},
        {"max_lifetime", [](client_options& o, ms v) { o.max_lifetime(v); }, 1ms},
        {"timeout", [](client_options& o, ms v) { o.timeout(v); }, 1ms},
        {"attempt_timeout", [](client_options& o, ms v) { o.attempt_timeout(v); }, 1ms},
        {"connect_timeout", [](client_options& o, ms v) { o.connect_timeout(v); }, 1ms},
        {"acquire_timeout", [](client_options& o, ms v) { o.acquire_timeout(v); }, 1ms},
        {"drain_timeout", [](client_options& o, ms v) { o.drain_timeout(v); }, 0ms},
        {"dns_lifetime", [](client_options& o, ms v) { o.dns_lifetime(v); }, 0ms},
        {"backoff base", [](client_options& o, ms v) { o.backoff(v, 5s); }, 0ms},
        {"backoff cap", [](client_options& o, ms v) { o.backoff(0ms, v); }, 0ms},
    };
    constexpr ms year = 8760h;
    for (const auto& row : rows) {
        CAPTURE(row.name);
        for (const ms fine : {row.least, ms(1234), year}) {
            client_options options = good();
            row.set(options, fine);
            CHECK(complaint(options).empty());
        }
        for (const ms bad : {row.least - 1ms, ms(-1000), year + 1ms, ms::max(), ms::min()}) {
            CAPTURE(bad.count());
            client_options options = good();
            row.set(options, bad);
            const std::string why = complaint(options);
            CHECK(why.starts_with(row.name));
            CHECK(says(why, std::to_string(bad.count()) + " ms"));
            CHECK(says(why, "must be " + std::to_string(row.least.count()) + " ms to one year"));
            CHECK(says(why, "leave it out"));
        }
    }
}

TEST_CASE("options: every count has its bounds, and is named with its value") {
    using number = std::uint64_t;
    constexpr number mebibyte = 1024 * 1024;
    const struct {
        std::string_view name;
        setter<number> set;
        number least;
        number most;
    } rows[] = {
        {"max_connections", [](client_options& o, number v) { o.max_connections(v); }, 1, 65'535},
        {"max_waiters", [](client_options& o, number v) { o.max_waiters(v); }, 1, 100'000'000},
        {"pipeline_depth", [](client_options& o, number v) { o.pipeline_depth(v); }, 1, 64},
        {"max_dials", [](client_options& o, number v) { o.max_dials(v); }, 1, 65'535},
        {"max_attempts", [](client_options& o, number v) { o.max_attempts(static_cast<unsigned>(v)); }, 1,
         100},
        {"rate burst", [](client_options& o, number v) { o.rate(1, static_cast<std::uint32_t>(v)); }, 1,
         1'000'000'000},
        {"max_header_bytes", [](client_options& o, number v) { o.max_header_bytes(v); }, 256, mebibyte},
        {"max_header_fields", [](client_options& o, number v) { o.max_header_fields(v); }, 8, 100'000},
        {"max_body_bytes", [](client_options& o, number v) { o.max_body_bytes(v); }, 1024, 1024 * mebibyte},
    };
    for (const auto& row : rows) {
        CAPTURE(row.name);
        for (const number fine : {row.least, row.most}) {
            client_options options = good();
            row.set(options, fine);
            CHECK(complaint(options).empty());
        }
        for (const number bad : {row.least - 1, row.most + 1, number{0xFFFF'FFFF}}) {
            CAPTURE(bad);
            client_options options = good();
            row.set(options, bad);
            const std::string why = complaint(options);
            CHECK(why.starts_with(row.name));
            CHECK(says(why, " " + std::to_string(bad) + ":"));
            CHECK(says(why, "must be " + std::to_string(row.least) + " to " + std::to_string(row.most)));
            CHECK(says(why, "leave it out"));
        }
    }
}

TEST_CASE("options: rate and retry budget are numbers within bounds") {
    constexpr double infinity = std::numeric_limits<double>::infinity();
    const double nan = std::nan("");
    for (const double fine : {0.0, 1e-6, 0.5, 1.0, 1e9}) CHECK(complaint(good().rate(fine)).empty());
    for (const double bad : {-1.0, 1e-7, 1.1e9, infinity, -infinity, nan}) {
        CAPTURE(bad);
        const std::string why = complaint(good().rate(bad));
        CHECK(why.starts_with("rate "));
        CHECK(says(why, "0 for no limit"));
    }
    CHECK(says(complaint(good().rate(-12.5)), "-12.5"));
    for (const double fine : {0.0, 0.2, 1.0}) CHECK(complaint(good().retry_budget(fine, 0)).empty());
    for (const double bad : {-0.1, 1.1, infinity, nan}) {
        CAPTURE(bad);
        const std::string why = complaint(good().retry_budget(bad, 10));
        CHECK(why.starts_with("retry_budget ratio "));
        CHECK(says(why, "must be 0 to 1"));
    }
}

TEST_CASE("options: a batch has its bounds, and names what breaks them") {
    const auto why = [](const fetch_options& options) {
        const result<void> verdict = options.validate();
        if (verdict) return std::string();
        CHECK(verdict.error().value() == errc::invalid_option);
        return verdict.error().message();
    };
    CHECK(why(fetch_options()).empty());
    CHECK(why(fetch_options().max_in_flight(1).max_buffered(1)).empty());
    CHECK(why(fetch_options().max_in_flight(65'535).max_buffered(1'000'000)).empty());
    CHECK(why(fetch_options().max_in_flight(0)) ==
          "max_in_flight 0: must be 1 to 65535; leave it out for the default");
    CHECK(says(why(fetch_options().max_in_flight(65'536)), "max_in_flight 65536"));
    CHECK(says(why(fetch_options().max_buffered(0)), "max_buffered 0"));
    CHECK(says(why(fetch_options().max_buffered(1'000'001)), "must be 1 to 1000000"));
    CHECK(why(fetch_options().lookup(lookup_options().timeout(1ms))).empty());
    CHECK(says(why(fetch_options().lookup(lookup_options().timeout(0ms))), "timeout 0 ms"));
    CHECK(says(why(fetch_options().lookup(lookup_options().timeout(-5ms))), "timeout -5 ms"));
    CHECK(why(fetch_options().lookup(lookup_options().max_attempts(100))).empty());
    CHECK(says(why(fetch_options().lookup(lookup_options().max_attempts(0))), "max_attempts 0"));
    CHECK(says(why(fetch_options().lookup(lookup_options().max_attempts(101))), "max_attempts 101"));
}

TEST_CASE("options: decode for a batch keeps the other settings of its lookups") {
    lookup_options each;
    each.language("de").timeout(5s);
    fetch_options options;
    options.lookup(each).decode(decode::raw);
    CHECK(options.lookup().language() == "de");
    CHECK(options.lookup().timeout() == 5s);
    CHECK(options.lookup().decode() == decode::raw);
}

TEST_CASE("E4: fields of a lookup that cannot be sent, or are the client's own, are refused by name") {
    const auto why = [](const lookup_options& options) {
        const result<void> verdict = options.validate();
        return verdict ? std::string() : verdict.error().message();
    };
    const auto with = [&](std::string name, std::string value) {
        return why(lookup_options().header(std::move(name), std::move(value)));
    };
    CHECK(with("traceparent", "00-ab-cd-01").empty());
    CHECK(with("X-Empty", "").empty());
    for (const char* name : {"", "a b", "a:", "a\r\nb", "\xc3\xa4"})
        CHECK(says(with(name, "x"), "no name of a field"));
    for (const char* name :
         {"Host", "authorization", "CONTENT-LENGTH", "Transfer-Encoding", "Connection", "If-None-Match",
          "if-range", "Range", "Proxy-Authorization", "Accept-Encoding", "User-Agent", "TE", "Expect"}) {
        CHECK(says(with(name, "x"), "is the client's own to send"));
    }
    for (const char* value : {" x", "x\t", "a\r\nHost: b", "a\nb", "\x01"}) {
        const std::string told = with("X-Secret", value);
        CHECK(says(told, "\"X-Secret\""));
        CHECK(says(told, "cannot be sent"));
        CHECK(told.find(value) == std::string::npos);
    }
    lookup_options many;
    for (int i = 0; i < 16; ++i) many.header("n", "v");
    CHECK(why(many).empty());
    CHECK(says(why(many.header("n", "v")), "number of headers 17"));
    CHECK(with("n", std::string(4095, 'v')).empty());
    CHECK(says(with("n", std::string(4096, 'v')), "headers 4097 bytes"));
}

namespace {

client_options live() {
    return client_options().dialect(dialect::v3).credentials("the-key", secret("the-s3cret"));
}

}  // namespace

TEST_CASE("options: v3 needs a key, and goes without a secret where nothing else needs one") {
    CHECK(complaint(live()).empty());
    CHECK(complaint(client_options().dialect(dialect::v3).credentials("the-key", secret())).empty());
    CHECK(says(complaint(client_options().dialect(dialect::v3)), "credentials: v3 wants an API key"));
    CHECK(says(complaint(client_options().dialect(dialect::v3).token(secret("t"))),
               "credentials: v3 wants an API key"));
    const client_options key_alone = client_options().dialect(dialect::v3).credentials("the-key", secret());
    CHECK(says(complaint(client_options(key_alone).user("u", secret("pa55word"))), "user"));
    CHECK(says(complaint(client_options(key_alone).refresh_token(secret("the-s3cret"))), "refresh_token"));
    CHECK(complaint(client_options(key_alone).token(secret("the-s3cret"))).empty());
    for (const char* key : {" key", "key ", "k\r\ney"}) {
        CHECK(
            says(complaint(client_options().dialect(dialect::v3).credentials(key, secret())), "credentials"));
    }
}

TEST_CASE("options: v3 has no Digest, and Connect none of what is v3's") {
    CHECK(says(complaint(live().auth(auth_scheme::digest)), "auth: v3 has no Digest"));
    CHECK(says(complaint(live().auth(auth_scheme::digest_token_endpoint)), "auth"));
    CHECK(complaint(live().auth(auth_scheme::bearer)).empty());
    CHECK(says(complaint(live().digest_order(digest_order::strict)), "digest_order: v3"));
    CHECK(says(complaint(live().mutual_authentication(mutual_authentication::required)),
               "mutual_authentication: v3"));
    CHECK(says(complaint(live().min_digest_algorithm(min_digest_algorithm::sha256)),
               "min_digest_algorithm: v3"));
    CHECK(says(complaint(live().digest_without_qop(digest_without_qop::allow)), "digest_without_qop: v3"));
    CHECK(says(complaint(live().token_encoding(token_encoding::json)), "token_encoding: v3"));
    CHECK(says(complaint(live().token_choice(token_choice::token)), "token_choice: v3"));
    CHECK(says(complaint(good().fields({"title"})), "fields: only v3"));
    CHECK(says(complaint(good().refresh_token(secret("the-s3cret"))), "refresh_token: only v3"));
    CHECK(says(complaint(good().on_refresh_token([](const secret&) {})), "on_refresh_token: only v3"));
    CHECK(says(complaint(good().client_authentication(client_authentication::basic)),
               "client_authentication: only v3"));
}

TEST_CASE("options: fields are names that cannot break a target") {
    CHECK(complaint(live().fields({"title", "display_set", "x1"})).empty());
    CHECK(complaint(live().fields(std::vector<std::string>(64, "title"))).empty());
    CHECK(says(complaint(live().fields(std::vector<std::string>(65, "title"))), "fields 65"));
    for (const char* name : {"", "Title", "a,b", "a b", "a&b", "a%2Cb", "\r\n"}) {
        CHECK(says(complaint(live().fields({"title", name})), "fields"));
    }
    CHECK(says(lookup_options().fields({"A"}).validate().error().message(), "fields \"A\""));
}

TEST_CASE("options: rates of ids have the range of rates of requests") {
    CHECK(complaint(good().rate_ids(500)).empty());
    for (const double bad : {-1.0, 1e-7, 1e10, std::nan("")})
        CHECK(says(complaint(good().rate_ids(bad)), "rate_ids"));
}

TEST_CASE("options: ids in a request, and how long they wait for each other") {
    CHECK(fetch_options().ids_per_request(100).validate().has_value());
    for (const std::size_t bad : {0U, 101U}) {
        CHECK(says(fetch_options().ids_per_request(bad).validate().error().message(), "ids_per_request"));
    }
    CHECK(fetch_options().max_linger(0ms).validate().has_value());
    CHECK(says(fetch_options().max_linger(-1ms).validate().error().message(), "max_linger"));
    CHECK(says(fetch_options().max_linger(61s).validate().error().message(), "max_linger"));
}

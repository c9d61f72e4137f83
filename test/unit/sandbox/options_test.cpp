#include "sandbox/settings_check.hpp"

#include <doctest/doctest.h>

#include <limits>
#include <string>
#include <type_traits>

using namespace getty::connect;
using namespace getty::connect::sandbox;
using namespace std::chrono_literals;

namespace {

std::string verdict(const options& o) { return why_unusable(o.values()); }

}  // namespace

TEST_CASE("sandbox options: the defaults and the extremes work") {
    CHECK(verdict(options()).empty());
    CHECK(verdict(options().address("::1")).empty());
    CHECK(verdict(options().address("127.9.9.9")).empty());
    CHECK(verdict(options().address("0.0.0.0").allow_remote_clients()).empty());
    CHECK(
        verdict(options().token_lifetime(1ms).nonce_lifetime(1ms).idle_timeout(1ms).latency(10min)).empty());
    CHECK(verdict(options().nc_window(65'536).max_connections(1).max_tokens(1).max_nonces(1)).empty());
    CHECK(verdict(options().server_names({"a.example", "*.b.example", "10.0.0.1", "fe80::1", "under_score"}))
              .empty());
    CHECK(verdict(options().static_token(secret("aZ09-._~+/==")).realm("")).empty());
}

TEST_CASE("sandbox options: they are no aggregate, and nothing is limited that was not asked for") {
    CHECK_FALSE(std::is_aggregate_v<options>);
    const settings of_all = options().values();
    CHECK(of_all.nonce_uses == 0);
    CHECK(of_all.next_nonce_every == 0);
    CHECK(of_all.max_requests_per_second == 0);
    CHECK(of_all.faults.empty());
}

TEST_CASE("sandbox options: what cannot work is named") {
    const auto names = [](const options& o, std::string_view option) {
        const std::string why = verdict(o);
        INFO(why);
        CHECK(why.find(option) != why.npos);
    };
    names(options().address("localhost"), "address");
    names(options().address(""), "address");
    names(options().address("0.0.0.0"), "allow_remote_clients");
    names(options().address("192.0.2.1"), "allow_remote_clients");
    names(options().address("::"), "allow_remote_clients");
    for (const char* name :
         {"", "a b", "a,DNS:evil.example", "*", "*.", ".a", "a..b", "a\n", "ä.example", "fe80::1%eth0"}) {
        names(options().server_names({name}), "server_names");
    }
    names(options().server_names({std::string(254, 'a')}), "server_names");
    names(options().realm("a\r\nX: y"), "realm");
    names(options().realm(std::string(2'049, 'r')), "realm");
    names(options().digest_algorithms({}), "digest_algorithms");
    names(options().digest_algorithms({digest_algorithm::md5_sess}).qop(digest_qop::none), "-sess");
    names(options().nonce_lifetime(0ms), "nonce_lifetime");
    names(options().nonce_lifetime(-1ms), "nonce_lifetime");
    names(options().nonce_lifetime(24h * 366), "nonce_lifetime");
    names(options().nc_window(0), "nc_window");
    names(options().nc_window(65'537), "nc_window");
    names(options().application("", secret("x")), "application");
    names(options().application("k", secret()), "application");
    names(options().user("", secret()), "user");
    names(options().application("k", secret("x\n")), "application_secret ");
    names(options().user("u", secret(std::string_view("x\0", 2))), "user_password ");
    names(options().static_token(secret("a b")), "static_token");
    names(options().static_token(secret("")), "static_token");
    names(options().token_lifetime(0ms), "token_lifetime");
    names(options().token_lifetime(24h * 366), "token_lifetime");
    names(options().latency(-1ms), "latency");
    names(options().latency(10min + 1ms), "latency");
    names(options().max_requests_per_second(-1), "max_requests_per_second");
    names(options().max_requests_per_second(std::numeric_limits<double>::quiet_NaN()),
          "max_requests_per_second");
    names(options().max_requests_per_second(std::numeric_limits<double>::infinity()),
          "max_requests_per_second");
    names(options().max_connections(0), "max_connections");
    names(options().max_tokens(0), "max_tokens");
    names(options().max_nonces(0), "max_nonces");
    names(options().idle_timeout(0ms), "idle_timeout");
    names(options().max_header_bytes(255), "max_header_bytes");
    names(options().max_header_bytes(1024 * 1024 + 1), "max_header_bytes");
    names(options().max_body_bytes(64 * 1024 * 1024 + 1), "max_body_bytes");
}

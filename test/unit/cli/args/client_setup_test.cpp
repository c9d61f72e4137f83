#include "cli/args/client_setup.hpp"

#include <doctest/doctest.h>

#include <optional>
#include <string>
#include <utility>

using namespace getty::connect;
using namespace getty::connect::cli;
using namespace std::chrono_literals;

namespace {

credentials both() {
    credentials found;
    found.key = "k";
    found.application_secret = secret("s");
    return found;
}

}  // namespace

TEST_CASE("client setup: without flags the options are valid and have the library's defaults") {
    const client_options made = client_options_for(arguments(), both());
    const client_settings& got = made.settings();
    const client_settings library;
    CHECK(made.validate().has_value());
    CHECK(got.base_url == library.base_url);
    CHECK(got.timeout == library.timeout);
    CHECK(got.attempt_timeout == library.attempt_timeout);
    CHECK(got.connect_timeout == library.connect_timeout);
    CHECK(got.max_attempts == library.max_attempts);
    CHECK(got.rate_per_second == 0);
    CHECK(got.max_connections == 64);
    CHECK(got.application_key == "k");
    CHECK(got.application_secret.expose() == "s");
    CHECK(got.threading == threading::single_thread);
}

TEST_CASE("client setup: there are as many connections as lookups at a time, unless told otherwise") {
    arguments wanted;
    wanted.lookup.concurrency = 200;
    CHECK(client_options_for(wanted, both()).settings().max_connections == 200);
    wanted.lookup.connections = 3;
    CHECK(client_options_for(wanted, both()).settings().max_connections == 3);
    CHECK(fetch_options_for(wanted.lookup).max_in_flight() == 200);
}

TEST_CASE(
    "client setup: the greatest concurrency leaves room for all its waiters, and no limit shorter than "
    "--timeout") {
    arguments wanted;
    wanted.lookup.concurrency = 65'535;
    wanted.lookup.connections = 1;
    wanted.connection.timeout = 24h;
    const client_options made = client_options_for(wanted, both());
    CHECK(made.validate().has_value());
    CHECK(made.settings().max_waiters >= 65'535);
    CHECK(made.settings().acquire_timeout == 24h);
}

TEST_CASE("client setup: counts of Digest go in strict order only where that was asked for") {
    arguments wanted;
    CHECK(client_options_for(wanted, both()).settings().digest_order == digest_order::any);
    wanted.connection.digest_order = digest_order::strict;
    CHECK(client_options_for(wanted, both()).settings().digest_order == digest_order::strict);
}

TEST_CASE("client setup: concurrency adapts and lookups are hedged only where that was asked for") {
    arguments wanted;
    CHECK(fetch_options_for(wanted.lookup).concurrency() == concurrency::fixed);
    CHECK(client_options_for(wanted, both()).settings().hedging == hedging::off);
    wanted.lookup.adapts = concurrency::adaptive;
    wanted.lookup.hedging = hedging::after_p95;
    CHECK(fetch_options_for(wanted.lookup).concurrency() == concurrency::adaptive);
    CHECK(client_options_for(wanted, both()).settings().hedging == hedging::after_p95);
}

TEST_CASE("client setup: where requests share connections there are fewer, unless their number is given") {
    arguments wanted;
    CHECK(client_options_for(wanted, both()).settings().pipeline_depth == 1);
    wanted.lookup.depth = 10;
    CHECK(client_options_for(wanted, both()).settings().pipeline_depth == 10);
    CHECK(client_options_for(wanted, both()).settings().max_connections == 7);  // for 64 at a time
    wanted.lookup.connections = 3;
    CHECK(client_options_for(wanted, both()).settings().max_connections == 3);
}

TEST_CASE("client setup: a short timeout shortens the limits within it") {
    arguments wanted;
    wanted.connection.timeout = 100ms;
    const client_options made = client_options_for(wanted, both());
    CHECK(made.validate().has_value());
    CHECK(made.settings().attempt_timeout == 100ms);
    CHECK(made.settings().connect_timeout == 100ms);
}

TEST_CASE("client setup: retries are the tries after the first") {
    arguments wanted;
    wanted.connection.retries = 0;
    CHECK(client_options_for(wanted, both()).settings().max_attempts == 1);
    wanted.connection.retries = 99;
    CHECK(client_options_for(wanted, both()).settings().max_attempts == 100);
}

TEST_CASE("client setup: every lookup is raw and carries the coordination id") {
    lookup_arguments wanted;
    wanted.coordination_id = "c1";
    wanted.order = order::as_input;
    const fetch_options made = fetch_options_for(wanted);
    CHECK(made.validate().has_value());
    CHECK(made.lookup().decode() == decode::raw);
    CHECK(made.lookup().coordination_id() == "c1");
    CHECK(made.delivery() == delivery::in_input_order);
    CHECK(fetch_options_for(lookup_arguments()).delivery() == delivery::as_completed);
}

TEST_CASE("client setup: a pass phrase goes with the key that --key names, and with no other") {
    arguments wanted;
    credentials found = both();
    found.private_key_password = secret("kp");
    CHECK(client_options_for(wanted, found).settings().private_key_password.empty());
    CHECK(client_options_for(wanted, found).validate().has_value());
    wanted.connection.certificate_file = "cert.pem";
    wanted.connection.private_key_file = "key.pem";
    CHECK(client_options_for(wanted, found).settings().private_key_password.expose() == "kp");
}

TEST_CASE("X6: a secret with a line end is refused by the name that it has for the tool") {
    using field = std::optional<secret> credentials::*;
    const std::pair<field, std::string_view> rows[] = {
        {&credentials::application_secret, "GETTY_CONNECT_SECRET (not shown)"},
        {&credentials::password, "GETTY_CONNECT_PASSWORD (not shown)"},
        {&credentials::token, "GETTY_CONNECT_TOKEN (not shown)"},
        {&credentials::private_key_password, "GETTY_CONNECT_CERT_KEY_PASSWORD (not shown)"},
    };
    arguments wanted;
    wanted.connection.certificate_file = "cert.pem";
    wanted.connection.private_key_file = "key.pem";
    for (const auto& [which, name] : rows) {
        credentials found = both();
        found.user = "u";
        found.password = secret("p");
        found.*which = secret("hunter2\n");
        const result<void> verdict = client_options_for(wanted, found).validate();
        REQUIRE_FALSE(verdict.has_value());
        const std::string why = in_flags(verdict.error().message());
        CAPTURE(why);
        CHECK(why.starts_with(name));
        CHECK(why.find("hunter2") == std::string::npos);
    }
    credentials key = both();
    key.key = "k\n";
    CHECK(in_flags(client_options_for(arguments(), key).validate().error().message())
              .starts_with("GETTY_CONNECT_KEY and GETTY_CONNECT_USER must be"));
}

TEST_CASE("client setup: the library's complaint names the flag") {
    CHECK(in_flags("base_url \"x\": must be") == "--base-url \"x\": must be");
    CHECK(in_flags("ca_file \"x\": must be") == "--cacert \"x\": must be");
    CHECK(in_flags("private_key_file \"x\": is encrypted; set private_key_password() to") ==
          "--key \"x\": is encrypted; set GETTY_CONNECT_CERT_KEY_PASSWORD (in the environment or in the file "
          "that --credentials names) to");
    CHECK(in_flags("something else: base_url ") == "something else: base_url ");
}

TEST_CASE("client setup: v3's flags arrive, with its own defaults for those that were not given") {
    arguments wanted;
    wanted.connection.api = dialect::v3;
    client_settings got = client_options_for(wanted, both()).settings();
    CHECK(got.dialect == dialect::v3);
    CHECK(got.max_connections == 8);
    CHECK_FALSE(got.auth);
    CHECK_FALSE(fetch_options_for(wanted.lookup).max_in_flight());
    CHECK_FALSE(fetch_options_for(wanted.lookup).ids_per_request());
    wanted.lookup.ids_per_request = 7;
    wanted.lookup.rate_ids = 250;
    wanted.lookup.fields = {"title", "artist"};
    wanted.lookup.language = "de";
    got = client_options_for(wanted, both()).settings();
    CHECK(got.fields == std::vector<std::string>{"title", "artist"});
    CHECK(got.ids_per_second == 250);
    CHECK(got.language == "de");
    CHECK(fetch_options_for(wanted.lookup).ids_per_request() == 7);
    CHECK(client_options_for(wanted, both()).validate().has_value());
}

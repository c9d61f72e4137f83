// Tokens of v3 over real sockets, from the bundled stand-in service.
#include "support/run_client.hpp"
#include "support/threads.hpp"

#include <getty/connect.hpp>
#include <getty/connect/sandbox.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>
#include <doctest/doctest.h>

#include <future>
#include <mutex>
#include <string>
#include <vector>

using namespace getty::connect;
using namespace getty::connect::test;
namespace asio = boost::asio;
using namespace std::chrono_literals;

namespace {

client_options options_for(const sandbox::server& server,
                           secret application_secret = secret("sandbox-secret")) {
    return client_options()
        .dialect(dialect::v3)
        .base_url(server.v3_base_url())
        .ca_pem(server.ca_pem())
        .credentials("sandbox-key", std::move(application_secret))
        .threading(threading::single_thread);
}

client_options of_user(client_options options) { return options.user("me", secret("pass word&more")); }

sandbox::options knowing_the_user() { return sandbox::options().user("me", secret("pass word&more")); }

/// Tokens that are good for those alone who wait for them: whoever authenticates asks for another.
sandbox::options short_lived(sandbox::options options) { return options.token_lifetime(500ms); }

asio::awaitable<result<token_info>> authenticate_once(client& c) {
    result<token_info> got = co_await c.authenticate();
    co_await c.close();
    co_return got;
}

/// What a new client of these options gets.
result<token_info> authenticated(const client_options& options) {
    asio::io_context context;
    client c(context.get_executor(), options);
    return run(context, authenticate_once(c));
}

struct keeper {
    refresh_token_keeper taking() {
        return [this](const secret& issued) {
            const std::lock_guard lock(mutex);
            kept.push_back(issued);
        };
    }
    std::mutex mutex;
    std::vector<secret> kept;
};

}  // namespace

TEST_CASE("T11: key and secret bring a token, by form and by Basic, its life a number or a text") {
    for (const auto how : {client_authentication::form, client_authentication::basic}) {
        for (const auto life : {sandbox::v3_expires_in::number, sandbox::v3_expires_in::text}) {
            sandbox::background_server server(sandbox::options().v3(life));
            const auto info = authenticated(options_for(*server).client_authentication(how));
            REQUIRE(info.has_value());
            CHECK(info->source == token_source::credentials);
            CHECK(info->remaining > 29min);
            CHECK(info->remaining <= 30min);
            CHECK(server->snapshot().tokens_issued == 1);
        }
    }
}

TEST_CASE("T11: a secret of any characters is understood, by form and by Basic") {
    const std::string key = "a:b &%+\xC3\xBC", password = "=/:?~|\"' %41";
    sandbox::background_server server(sandbox::options().application(key, secret(password)));
    for (const auto how : {client_authentication::form, client_authentication::basic}) {
        const auto info =
            authenticated(options_for(*server).credentials(key, secret(password)).client_authentication(how));
        CHECK(info.has_value());
    }
}

TEST_CASE("T11: a user's token is renewed by the refresh token, and by the password once that is revoked") {
    sandbox::background_server server(short_lived(knowing_the_user()));
    keeper k;
    asio::io_context context;
    client c(context.get_executor(), of_user(options_for(*server)).on_refresh_token(k.taking()));
    const auto source = [&] {
        const result<token_info> got = run(context, c.authenticate());
        REQUIRE(got.has_value());
        return got->source;
    };
    CHECK(source() == token_source::user);
    CHECK(source() == token_source::refresh_token);
    CHECK(source() == token_source::refresh_token);
    CHECK(k.kept.size() == 1);
    CHECK(server->snapshot().token_requests == 3);
    server->rotate_tokens();
    CHECK(source() == token_source::user);
    // A refusal that comes much sooner than any token did is asked for once more.
    CHECK(server->snapshot().token_requests == 5 + c.stats().confirmations);
    CHECK(k.kept.size() == 2);
    CHECK(source() == token_source::refresh_token);
    run(context, closed(c));

    // The next start of the program, without the password.
    const client_options later = options_for(*server).refresh_token(k.kept.back());
    const auto again = authenticated(later);
    REQUIRE(again.has_value());
    CHECK(again->source == token_source::refresh_token);
    server->rotate_tokens();
    const auto refused = authenticated(later);
    REQUIRE(refused.has_error());
    CHECK(refused.error().value() == errc::credentials_rejected);
    CHECK(refused.error().http_status() == 400);
    CHECK(refused.error().message().find("set refresh_token(...) to one that is good") != std::string::npos);
    CHECK(refused.error().message().find("invalid_grant") != std::string::npos);
    CHECK(refused.error().request_id().size() == 36);
    CHECK(refused.error().describe().find(k.kept.back().expose()) == std::string::npos);
}

TEST_CASE("T11: wrong secrets and passwords are told as that") {
    sandbox::background_server server(knowing_the_user());
    const auto secret_refused = authenticated(options_for(*server, secret("wrong-secret")));
    CHECK(secret_refused.error().value() == errc::credentials_rejected);
    CHECK(secret_refused.error().http_status() == 401);
    const auto password_refused = authenticated(options_for(*server).user("me", secret("wrong-password")));
    CHECK(password_refused.error().value() == errc::credentials_rejected);
    CHECK(password_refused.error().http_status() == 400);
    CHECK(server->snapshot().token_requests == 2);
}

TEST_CASE("T11: a quota that is spent on tokens is told as that") {
    sandbox::background_server server(sandbox::options().v3_daily_quota(1));
    CHECK(authenticated(options_for(*server)).has_value());
    CHECK(authenticated(options_for(*server)).error().value() == errc::quota_exhausted);
}

TEST_CASE("T12: a key alone asks for no token") {
    sandbox::background_server server;
    const auto info = authenticated(options_for(*server, secret()));
    REQUIRE(info.has_value());
    CHECK(info->source == token_source::none);
    CHECK(info->remaining == 0s);
    CHECK(server->snapshot().requests == 0);
}

TEST_CASE("T11: shards on threads of their own share one refresh token, and each is handed out once") {
    sandbox::background_server server(short_lived(knowing_the_user()));
    constexpr std::size_t shards = 4, rounds = 50;
    keeper k;
    threads on(shards);
    sharded_client c(on.executors(), of_user(options_for(*server)).on_refresh_token(k.taking()));
    for (std::size_t round = 0; round < rounds; ++round) {
        if (round % 10 == 5) server->rotate_tokens();
        std::vector<std::future<result<token_info>>> all;
        for (std::size_t i = 0; i < shards; ++i)
            all.push_back(asio::co_spawn(*on.contexts[i], c.shard(i).authenticate(), asio::use_future));
        for (auto& one : all) {
            const result<token_info> got = one.get();
            REQUIRE(got.has_value());
        }
    }
    const std::size_t passwords = k.kept.size();
    CHECK(passwords >= 6);  // at the beginning and after each rotation
    for (std::size_t i = 0; i < k.kept.size(); ++i) {
        for (std::size_t j = 0; j < i; ++j) CHECK_FALSE(k.kept[i].equals(k.kept[j]));
    }
    const auto counted = server->snapshot();
    CHECK(counted.tokens_issued <= rounds * shards);
    // Each password follows a refusal, but for the first; one that came too soon was asked for once more.
    CHECK(counted.token_requests == counted.tokens_issued + passwords - 1 + c.stats().confirmations);
    c.async_close(asio::use_future).get();
}

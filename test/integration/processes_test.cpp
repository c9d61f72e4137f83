// Programs that fork, and programs that start other programs.
#include "support/run_client.hpp"

#include <getty/connect.hpp>
#include <getty/connect/sandbox.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>
#include <doctest/doctest.h>

#include <array>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <functional>
#include <future>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <sys/socket.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>
#include <utility>
#include <vector>

using namespace getty::connect;
namespace asio = boost::asio;
using namespace std::chrono_literals;
using test::run;

namespace {

client_options options_for(const sandbox::server& server) {
    client_options options;
    options.base_url(server.base_url()).ca_pem(server.ca_pem()).timeout(20s).attempt_timeout(15s);
    options.credentials("sandbox-key", secret("sandbox-secret"));
    return options;
}

asio::awaitable<std::size_t> look_up(client& c, std::size_t count, std::size_t at_a_time = 7) {
    std::size_t found = 0;
    auto next = [n = std::size_t{0}, count]() mutable -> std::optional<std::string> {
        if (n == count) return std::nullopt;
        return std::to_string(10'000'001 + 1'000 * n++);
    };
    outcome_stream stream = c.fetch(next, fetch_options().max_in_flight(at_a_time));
    for (;;) {
        const std::optional<outcome> one = co_await stream.next();
        if (!one) co_return found;
        if (one->value) ++found;
    }
}

int exit_code_of(pid_t child) {
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
}

/// A client with idle connections and one lookup under way, as `fork` meets it.
struct parent {
    parent()
        : context(std::make_unique<asio::io_context>(1)),
          c(std::make_unique<client>(context->get_executor(), options_for(*server))) {
        // A connection more than is needed afterwards, beside the lookup that fork finds under way.
        REQUIRE(run(*context, look_up(*c, 50, 8)) == 50);
        asio::co_spawn(*context, look_up(*c, 1), asio::detached);
        context->restart();
        for (int i = 0; i < 12; ++i) context->poll_one();
    }

    /// The connections are still there, and all goes on at once.
    void check_undisturbed() {
        const auto opened = c->stats().connections_opened;
        const auto began = std::chrono::steady_clock::now();
        CHECK(run(*context, look_up(*c, 200)) == 200);
        CHECK(c->stats().connections_opened == opened);
        CHECK(c->stats().replays == 0);
        CHECK(std::chrono::steady_clock::now() - began < 5s);
        CHECK(run(*context, test::closed(*c)));
    }

    sandbox::background_server server;
    std::unique_ptr<asio::io_context> context;
    std::unique_ptr<client> c;
};

}  // namespace

TEST_CASE("S8: a child that destroys what it has inherited leaves the parent's connections alone") {
    for (const bool context_first : {false, true}) {
        parent p;
        const pid_t child = ::fork();
        if (child == 0) {
            if (context_first) p.context.reset();
            p.c.reset();
            p.context.reset();
            ::_exit(0);
        }
        CHECK(exit_code_of(child) == 0);
        p.check_undisturbed();
    }
}

TEST_CASE("S8: after notify_fork both processes go on, each with connections of its own") {
    for (const bool parent_first : {false, true}) {
        parent p;
        p.context->notify_fork(asio::execution_context::fork_prepare);
        const pid_t child = ::fork();
        if (child == 0) {
            p.context->notify_fork(asio::execution_context::fork_child);
            const auto opened = p.c->stats().connections_opened;
            const bool good = run(*p.context, look_up(*p.c, 200)) == 200 &&
                              p.c->stats().connections_opened > opened && run(*p.context, test::closed(*p.c));
            p.c.reset();
            p.context->restart();
            p.context->run();  // nothing is left that would keep it
            ::_exit(good ? 0 : 1);
        }
        p.context->notify_fork(asio::execution_context::fork_parent);
        if (parent_first) p.check_undisturbed();
        CHECK(exit_code_of(child) == 0);
        if (!parent_first) p.check_undisturbed();
    }
}

TEST_CASE("S8: whenever a process forks within a lookup, both have its answer") {
    for (const auto scheme : {auth_scheme::digest, auth_scheme::bearer}) {
        const bool digest = scheme == auth_scheme::digest;
        sandbox::background_server server(
            sandbox::options().scheme(digest ? sandbox::auth::digest : sandbox::auth::bearer));
        for (int steps = 0; steps < 40; ++steps) {
            CAPTURE(steps);
            asio::io_context context(1);
            client c(context.get_executor(), options_for(*server).auth(scheme));
            auto found = asio::co_spawn(context, look_up(c, 1), asio::use_future);
            for (int i = 0; i < steps; ++i) context.run_one_for(5ms);
            context.notify_fork(asio::execution_context::fork_prepare);
            const pid_t child = ::fork();
            context.notify_fork(child == 0 ? asio::execution_context::fork_child
                                           : asio::execution_context::fork_parent);
            while (found.wait_for(0s) != std::future_status::ready) context.run_one();
            const bool good = found.get() == 1;
            if (child == 0) ::_exit(good ? 0 : 1);
            CHECK(good);
            CHECK(exit_code_of(child) == 0);
            CHECK(run(context, test::closed(c)));
        }
    }
}

TEST_CASE("S8: a client that was never used may be forked") {
    sandbox::background_server server;
    asio::io_context context(1);
    client c(context.get_executor(), options_for(*server));
    context.notify_fork(asio::execution_context::fork_prepare);
    const pid_t child = ::fork();
    context.notify_fork(child == 0 ? asio::execution_context::fork_child
                                   : asio::execution_context::fork_parent);
    const bool good = run(context, look_up(c, 20)) == 20;
    if (child == 0) ::_exit(good ? 0 : 1);
    CHECK(good);
    CHECK(exit_code_of(child) == 0);
    CHECK(run(context, test::closed(c)));
}

TEST_CASE("S8: a program that is started inherits no descriptor") {
    const auto inherited = [] {
        // What a program sees that was started; the folder that it reads is its own.
        std::set<std::string> found;
        FILE* const list = ::popen("exec ls -l /proc/self/fd", "r");
        REQUIRE(list != nullptr);
        std::array<char, 512> line{};
        while (std::fgets(line.data(), line.size(), list)) {
            const std::string text(line.data());
            const std::size_t arrow = text.find(" -> ");
            if (arrow == std::string::npos) continue;
            const std::string number =
                text.substr(text.rfind(' ', arrow - 1) + 1, arrow - text.rfind(' ', arrow - 1) - 1);
            const std::string target = text.substr(arrow + 4);
            if (std::stoi(number) > 2 && !target.starts_with("/proc/")) found.insert(number + " " + target);
        }
        ::pclose(list);
        return found;
    };
    const std::set<std::string> before = inherited();
    parent p;
    client_options slow = options_for(*p.server);
    slow.base_url("https://name.invalid/api");
    client resolving(p.context->get_executor(), std::move(slow));
    asio::co_spawn(*p.context, resolving.get("1"), asio::detached);
    p.context->restart();
    for (int i = 0; i < 3; ++i) p.context->poll_one();
    REQUIRE(p.c->stats().connections_opened > 0);
    for (const std::string& one : inherited()) {
        CAPTURE(one);
        CHECK(before.contains(one));
    }
}

TEST_CASE("S7: what came while a process was stopped is looked at before the deadlines that passed") {
    // More connections than are told of at once.
    constexpr std::size_t lookups = 48;
    constexpr auto timeout = 1500ms;
    sandbox::background_server server(
        sandbox::options().scheme(sandbox::auth::bearer).fault("slow-start:wait=500ms"));
    std::array<int, 2> ends{};
    REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM, 0, ends.data()) == 0);
    char byte = 'x';
    const pid_t child = ::fork();
    if (child == 0) {
        asio::io_context context(1);
        client c(context.get_executor(), options_for(*server)
                                             .auth(auth_scheme::bearer)
                                             .max_connections(lookups)
                                             .max_dials(lookups)
                                             .max_attempts(1)
                                             .timeout(timeout)
                                             .attempt_timeout(timeout));
        const std::size_t warm = run(context, look_up(c, lookups, lookups));
        const bool told = ::write(ends[1], &byte, 1) == 1 && ::read(ends[1], &byte, 1) == 1;
        const std::size_t found = run(context, look_up(c, lookups, lookups));
        ::_exit(told && warm == lookups ? static_cast<int>(lookups - found) : 100);
    }
    REQUIRE(::read(ends[0], &byte, 1) == 1);
    const auto asked = [&] { return server->snapshot().image_requests; };
    const auto before = asked();
    REQUIRE(::write(ends[0], &byte, 1) == 1);
    const auto patience = std::chrono::steady_clock::now() + 10s;
    while (asked() < before + lookups && std::chrono::steady_clock::now() < patience)
        std::this_thread::sleep_for(1ms);  // seam-ok: the server tells nobody, it can only be asked
    CHECK(asked() == before + lookups);
    REQUIRE(::kill(child, SIGSTOP) == 0);
    std::this_thread::sleep_for(timeout + 300ms);  // seam-ok: that time passes is what it is about
    REQUIRE(::kill(child, SIGCONT) == 0);
    CHECK(exit_code_of(child) == 0);
    for (const int end : ends) ::close(end);
}

// The commonest slips of a program: members in the wrong order, clients that were moved from, children that
// exit.
#include <getty/connect.hpp>
#include <getty/connect/sandbox.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>

#include <csignal>
#include <functional>
#include <iostream>
#include <memory>
#include <optional>
#include <string>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#include <utility>
#include <vector>

namespace asio = boost::asio;
namespace gc = getty::connect;

namespace {

int failures = 0;

void check(bool good, const char* what) {
    if (good) return;
    ++failures;
    std::cerr << "failed: " << what << '\n';
}

gc::client_options options(const gc::sandbox::server& server) {
    gc::client_options wanted;
    wanted.base_url(server.base_url()).ca_pem(server.ca_pem());
    wanted.credentials("sandbox-key", gc::secret("sandbox-secret"));
    return wanted;
}

/// Members are destroyed from the last to the first: here the context goes before the client.
struct application {
    std::unique_ptr<gc::client> client;
    std::optional<gc::outcome_stream> stream;
    asio::io_context context;
};

asio::awaitable<bool> answers(gc::client& client, gc::errc expected) {
    const gc::result<gc::image> one = co_await client.get("10000001");
    co_return expected == gc::errc{} ? one.has_value() : !one && one.error().value() == expected;
}

bool run(asio::io_context& context, asio::awaitable<bool> work) {
    auto done = asio::co_spawn(context, std::move(work), asio::use_future);
    context.restart();
    context.run();
    return done.get();
}

asio::awaitable<bool> closed(gc::client& client, gc::errc expected) {
    const bool good = co_await answers(client, expected);
    co_await client.close();
    co_return good;
}

int child(const std::function<void()>& what) {
    const pid_t pid = ::fork();
    if (pid == 0) {
        const rlimit none{0, 0};
        ::setrlimit(RLIMIT_CORE, &none);
        ::close(STDERR_FILENO);
        what();
        ::_exit(0);
    }
    int status = 0;
    ::waitpid(pid, &status, 0);
    return status;
}

}  // namespace

int main() {
    const gc::sandbox::background_server server;
    for (int handlers : {0, 1, 5, 20, 100}) {
        application app;
        app.client = std::make_unique<gc::client>(app.context.get_executor(), options(*server));
        app.stream.emplace(app.client->fetch(std::vector<std::string>(100, "10000001")));
        asio::co_spawn(app.context, app.client->get("10000001"), asio::detached);
        asio::co_spawn(app.context, app.stream->next(), asio::detached);
        while (handlers-- > 0 && app.context.run_one_for(std::chrono::milliseconds(20)) > 0) {
        }
    }

    asio::io_context context;
    gc::client first(context.get_executor(), options(*server));
    gc::client second(std::move(first));
    // A library built without NDEBUG stops with an assertion; any other answers.
    const int status = child([&] { (void)first.stats(); });
    const bool asserts = WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT;
    check(asserts || (WIFEXITED(status) && WEXITSTATUS(status) == 0), "moved-from: an assertion, or nothing");
    if (!asserts) check(run(context, answers(first, gc::errc::client_closed)), "moved-from: client_closed");

    // A child that ends in the ordinary way takes nothing from its parent.
    check(run(context, closed(second, gc::errc{})), "a lookup and an end");
    gc::client third(context.get_executor(), options(*server));
    auto lookup = asio::co_spawn(context, answers(third, gc::errc{}), asio::use_future);
    context.restart();
    while (lookup.wait_for(std::chrono::seconds(0)) != std::future_status::ready) context.run_one();
    const int ended = child([&] { gc::client inherited(std::move(third)); });
    check(WIFEXITED(ended) && WEXITSTATUS(ended) == 0, "a child ends");
    const auto opened = third.stats().connections_opened;
    check(run(context, closed(third, gc::errc{})), "the parent goes on");
    check(opened == 0 || third.stats().connections_opened == opened, "on the same connection");

    std::cout << (failures == 0 ? "good" : "bad") << (asserts ? ", with assertions\n" : "\n");
    return failures == 0 ? 0 : 1;
}

// A client of the stand-in service, on the caller's context or on one of its own.
#pragma once

#include "support/run_client.hpp"

#include <getty/connect/client.hpp>
#include <getty/connect/sandbox.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>

#include <functional>
#include <future>
#include <optional>
#include <string>
#include <thread>
#include <utility>

namespace getty::connect::test {

namespace asio = boost::asio;

inline const std::string known = "83454800";
inline const std::string absent = "1404";

/// The stand-in service and a client; for `strand` on a context and a thread of its own.
struct client_and_service {
    explicit client_and_service(threading how = threading::single_thread,
                                client_options options = client_options())
        : elsewhere(how == threading::strand),
          c(elsewhere ? clients : callers, options.base_url(server->base_url())
                                               .ca_pem(server->ca_pem())
                                               .credentials("sandbox-key", secret("sandbox-secret"))
                                               .auth(auth_scheme::bearer)
                                               .threading(how)) {
        if (elsewhere) thread = std::thread([this] { clients.run(); });
    }
    ~client_and_service() {
        if (elsewhere) {
            c.async_close(asio::use_future).get();
        } else {
            (void)run(closed(c));
        }
        work.reset();
        if (thread.joinable()) thread.join();
    }
    /// Until nothing is left to do on the callers' context, or, with a client on it, until `done`.
    void run_until(const std::function<bool()>& done) {
        callers.restart();
        while (!done() && callers.run_one() > 0) {
        }
    }

    template <class T>
    T run(asio::awaitable<T> what) {
        return test::run(callers, std::move(what));
    }

    sandbox::background_server server{sandbox::options().scheme(sandbox::auth::bearer)};
    asio::io_context callers{1};
    asio::io_context clients{1};
    asio::executor_work_guard<asio::io_context::executor_type> work{clients.get_executor()};
    bool elsewhere;
    client c;
    std::thread thread;
};

/// So many ids of images that the service has.
[[nodiscard]] inline auto ids(std::size_t count) {
    return [n = std::size_t{0}, count]() mutable -> std::optional<std::string> {
        if (n == count) return std::nullopt;
        return std::to_string(10'000'001 + 1'000 * n++);
    };
}

}  // namespace getty::connect::test

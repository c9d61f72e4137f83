// Looks up many images on two threads: a shard of the client on each, one token and one rate for both.
#include <getty/connect.hpp>
#include <getty/connect/sandbox.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <array>
#include <atomic>
#include <cstdlib>
#include <exception>
#include <iostream>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace asio = boost::asio;
namespace gc = getty::connect;

void rethrow(std::exception_ptr failed) {
    if (failed) std::rethrow_exception(failed);
}

asio::awaitable<void> count(gc::outcome_stream stream, std::size_t& outcomes) {
    while (std::optional<gc::outcome> one = co_await stream.next()) {
        if (one->value) ++outcomes;
    }
}

asio::awaitable<void> close(gc::sharded_client& client) { co_await client.close(); }

int main() {
    const gc::sandbox::background_server service;

    // Declared before the client, so that what is under way can end with it.
    std::array<asio::io_context, 2> contexts;
    gc::sharded_client client({contexts[0].get_executor(), contexts[1].get_executor()},
                              gc::client_options()
                                  .base_url(service->base_url())
                                  .ca_pem(service->ca_pem())
                                  .credentials("sandbox-key", gc::secret("sandbox-secret"))
                                  .max_connections(32)  // 16 for each shard
                                  .threading(gc::threading::single_thread));

    std::vector<std::string> ids;
    for (int i = 0; i < 2'000; ++i) ids.push_back(std::to_string(83'000'001 + 1'000 * i));
    const std::size_t asked = ids.size();

    // One source, a stream for each shard: every id comes out of one of them. The shard that is done first
    // closes neither itself nor the other.
    std::vector<gc::outcome_stream> streams =
        client.fetch(std::move(ids), gc::fetch_options().max_in_flight(16));
    std::array<std::size_t, 2> outcomes{};
    std::atomic<int> busy = 2;
    for (std::size_t i = 0; i < contexts.size(); ++i) {
        auto done = [&client, &busy, &on = contexts[i]](std::exception_ptr failed) {
            rethrow(failed);
            if (--busy == 0) asio::co_spawn(on, close(client), rethrow);
        };
        asio::co_spawn(contexts[i], count(std::move(streams[i]), outcomes[i]), done);
    }
    std::thread second([&contexts] { contexts[1].run(); });
    contexts[0].run();
    second.join();

    std::cout << outcomes[0] << " + " << outcomes[1] << " images with " << client.stats().tokens_issued
              << " token\n";
    return outcomes[0] + outcomes[1] == asked ? EXIT_SUCCESS : EXIT_FAILURE;
}

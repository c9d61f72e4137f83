// Looks up many images at a time and tells which failed.
#include <getty/connect.hpp>
#include <getty/connect/sandbox.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <chrono>
#include <cstdlib>
#include <exception>
#include <iostream>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace asio = boost::asio;
namespace gc = getty::connect;

asio::awaitable<void> count_artists(gc::client& client, std::vector<std::string> ids, std::size_t& outcomes) {
    std::map<std::string, int> images_of;

    // The stream yields exactly one outcome for every id, in the order in which they are ready. Up to 32
    // lookups run at a time. The same id asked for twice at once costs one request.
    gc::outcome_stream stream = client.fetch(std::move(ids), gc::fetch_options().max_in_flight(32));
    while (std::optional<gc::outcome> one = co_await stream.next()) {
        ++outcomes;
        if (one->value) {
            ++images_of[std::string(one->value->image.artist().value_or("(unknown)"))];
        } else if (one->value.error() == gc::condition::not_found) {
            std::cout << one->id << " does not exist\n";
        } else {
            std::cout << one->id << " failed after " << one->attempts << " requests: " << one->value.error()
                      << '\n';
        }
    }

    for (const auto& [artist, images] : images_of) std::cout << images << " by " << artist << '\n';
    const gc::client_stats stats = client.stats();
    std::cout << outcomes << " outcomes, " << stats.requests << " requests over " << stats.connections_opened
              << " connections with " << stats.tokens_issued << " token\n";
    co_await client.close();
}

int main() {
    using namespace std::chrono_literals;
    // The sandbox answers after 5 ms; ids that end in 404 do not exist there.
    const gc::sandbox::background_server service(gc::sandbox::options().latency(5ms));

    asio::io_context context;
    gc::client client(context.get_executor(),
                      gc::client_options()
                          .base_url(service->base_url())
                          .ca_pem(service->ca_pem())
                          .credentials("sandbox-key", gc::secret("sandbox-secret"))
                          .max_connections(32)
                          // At most 500 requests a second, 50 of them at once after a pause.
                          .rate(500, 50)
                          // One thread runs the context, so the client needs no strand.
                          .threading(gc::threading::single_thread));

    std::vector<std::string> ids;
    for (int i = 0; i < 200; ++i) ids.push_back(std::to_string(83'454'300 + i));

    std::size_t outcomes = 0;
    const std::size_t asked = ids.size();
    asio::co_spawn(context, count_artists(client, std::move(ids), outcomes), [](std::exception_ptr failed) {
        if (failed) std::rethrow_exception(failed);
    });
    context.run();
    return outcomes == asked ? EXIT_SUCCESS : EXIT_FAILURE;
}

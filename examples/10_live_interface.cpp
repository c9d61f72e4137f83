// The live interface, v3: many ids in one request, the members that are asked for, what only v3 tells.
#include <getty/connect.hpp>
#include <getty/connect/sandbox.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <cstdlib>
#include <exception>
#include <iostream>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace asio = boost::asio;
namespace gc = getty::connect;

asio::awaitable<void> list_thumbs(gc::client& client, std::vector<std::string> ids, std::size_t& outcomes) {
    gc::outcome_stream stream = client.fetch(std::move(ids), gc::fetch_options().ids_per_request(50));
    while (std::optional<gc::outcome> one = co_await stream.next()) {
        ++outcomes;
        if (!one->value) {
            std::cout << one->id << ": " << one->value.error() << '\n';
            continue;
        }
        const gc::image& image = one->value->image;
        if (outcomes > 3) continue;
        std::cout << one->id << ": " << image.title().value_or("(no title)") << '\n';
        for (const gc::display_size& size : image.v3()->display_sizes) {
            std::cout << "    " << size.name.value_or("?") << ' ' << size.uri.value_or("") << '\n';
        }
    }
    const gc::client_stats stats = client.stats();
    std::cout << outcomes << " outcomes with " << stats.requests
              << " requests, that for the token included\n";
    co_await client.close();
}

int main() {
    // In place of the live service; leave base_url() and ca_pem() out for that.
    const gc::sandbox::background_server service;

    asio::io_context context;
    gc::client client(context, gc::client_options()
                                   .dialect(gc::dialect::v3)
                                   .base_url(service->v3_base_url())
                                   .ca_pem(service->ca_pem())
                                   // Without the secret lookups go by the key alone.
                                   .credentials("sandbox-key", gc::secret("sandbox-secret"))
                                   .fields({"title", "artist", "keywords", "display_set"})
                                   // Requests per second: what an account is counted by.
                                   .rate(20, 4)
                                   .threading(gc::threading::single_thread));

    std::vector<std::string> ids;
    for (int i = 0; i < 200; ++i) ids.push_back(std::to_string(83'454'300 + i));

    std::size_t outcomes = 0;
    const std::size_t asked = ids.size();
    asio::co_spawn(context, list_thumbs(client, std::move(ids), outcomes), [](std::exception_ptr failed) {
        if (failed) std::rethrow_exception(failed);
    });
    context.run();
    return outcomes == asked ? EXIT_SUCCESS : EXIT_FAILURE;
}

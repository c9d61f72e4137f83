// A consumer that is slower than the service: the ids are pulled at the consumer's pace.
//
// Ids come from a generator that never ends. Nothing is queued without a bound: the generator is asked for
// the next id only when there is room for its outcome.
#include <getty/connect.hpp>
#include <getty/connect/sandbox.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <exception>
#include <iostream>
#include <optional>
#include <string>

namespace asio = boost::asio;
namespace gc = getty::connect;

constexpr std::size_t in_flight = 8;
constexpr std::size_t buffered = 16;

// Takes 300 outcomes with a pause after every tenth, and tells how far ahead the generator ever was.
asio::awaitable<void> consume_slowly(gc::client& client, std::size_t& most_ahead) {
    std::size_t pulled = 0;
    std::size_t consumed = 0;
    auto generator = [&pulled]() -> std::optional<std::string> {
        return std::to_string(10'000'000 + pulled++);
    };
    gc::outcome_stream stream =
        client.fetch(generator, gc::fetch_options().max_in_flight(in_flight).max_buffered(buffered));

    asio::steady_timer pause(co_await asio::this_coro::executor);
    while (consumed < 300) {
        const std::optional<gc::outcome> one = co_await stream.next();
        ++consumed;
        if (consumed % 10 == 0) {
            // Something slow: a database, a disk, a person. Meanwhile the lookups under way finish, and then
            // the batch waits.
            pause.expires_after(std::chrono::milliseconds(5));
            co_await pause.async_wait(asio::use_awaitable);
        }
        most_ahead = std::max(most_ahead, pulled - consumed);
    }
    std::cout << "consumed " << consumed << ", pulled " << pulled << ", never more than " << most_ahead
              << " ahead\n";

    // Pull nothing more and cancel what is under way: what was pulled still has its outcome.
    stream.cancel();
    std::size_t canceled = 0;
    while (const std::optional<gc::outcome> one = co_await stream.next()) {
        ++consumed;
        if (!one->value && one->value.error().code() == gc::condition::canceled) ++canceled;
    }
    std::cout << "after cancel(): " << consumed << " outcomes for " << pulled << " ids, " << canceled
              << " of them canceled\n";
    co_await client.close();
}

int main() {
    const gc::sandbox::background_server service;
    asio::io_context context;
    gc::client client(context.get_executor(), gc::client_options()
                                                  .base_url(service->base_url())
                                                  .ca_pem(service->ca_pem())
                                                  .credentials("sandbox-key", gc::secret("sandbox-secret")));
    std::size_t most_ahead = 0;
    asio::co_spawn(context, consume_slowly(client, most_ahead), [](std::exception_ptr failed) {
        if (failed) std::rethrow_exception(failed);
    });
    context.run();
    std::cout << "the bound is max_in_flight + max_buffered = " << in_flight + buffered << '\n';
    return most_ahead <= in_flight + buffered ? EXIT_SUCCESS : EXIT_FAILURE;
}

// What crosses the border of a shared library: exceptions, error categories, virtual functions, and an
// io_context that the program runs with the library's operations in it.
#include <getty/connect.hpp>
#include <getty/connect/sandbox.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_future.hpp>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <exception>
#include <future>
#include <iostream>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace asio = boost::asio;
namespace gc = getty::connect;

namespace {

int failures = 0;

void check(bool good, const char* what) {
    if (good) return;
    ++failures;
    std::cerr << "failed: " << what << '\n';
}

/// The exception that the sandbox's library throws for an option that cannot work.
std::optional<gc::error> thrown() {
    try {
        const gc::sandbox::background_server never(gc::sandbox::options().address("no address"));
    } catch (const gc::failure& why) {
        return why.error();
    } catch (const std::exception& other) {
        std::cerr << "not a failure: " << other.what() << '\n';
    }
    return std::nullopt;
}

struct counting final : gc::observer {
    void lookup_completed(const gc::lookup_event&) noexcept override { ++finished; }
    std::atomic<int> finished{0};
};

asio::awaitable<std::size_t> images(gc::client& client, std::size_t count) {
    auto next = [n = std::size_t{0}, count]() mutable -> std::optional<std::string> {
        if (n == count) return std::nullopt;
        return std::to_string(10'000'001 + 1'000 * n++);
    };
    std::size_t found = 0;
    gc::outcome_stream stream = client.fetch(std::move(next));
    while (std::optional<gc::outcome> one = co_await stream.next()) {
        if (one->value && one->value->image.image_id() == one->id) ++found;
    }
    co_return found;
}

asio::awaitable<gc::error> refused(gc::client& client) {
    const gc::result<gc::image> one = co_await client.get("");
    co_return one ? gc::error() : one.error();
}

/// Not until the context runs out of work: idle connections are kept for a while.
template <class T>
T run(asio::io_context& context, asio::awaitable<T> work) {
    std::future<T> done = asio::co_spawn(context, std::move(work), asio::use_future);
    context.restart();
    while (done.wait_for(std::chrono::seconds(0)) != std::future_status::ready) context.run_one();
    return done.get();
}

}  // namespace

int main() {
    const std::optional<gc::error> from_sandbox = thrown();
    check(from_sandbox.has_value(), "an exception of the sandbox is caught by its type");

    const gc::sandbox::background_server server;
    auto counter = std::make_shared<counting>();
    gc::client_options options;
    options.base_url(server->base_url()).ca_pem(server->ca_pem()).observer(counter);
    options.credentials("sandbox-key", gc::secret("sandbox-secret"));

    asio::io_context context;
    gc::client client(context, options);
    check(run(context, images(client, 200)) == 200, "images, in the program's own io_context");
    check(counter->finished == 200, "the library calls the program's observer");

    const gc::error from_client = run(context, refused(client));
    check(from_client == gc::errc::invalid_id, "an error of the library");
    check(&from_client.code().category() == &gc::error_category(), "one category in program and library");
    check(from_sandbox && &from_sandbox->code().category() == &gc::error_category(),
          "the sandbox has the same one");
    check(from_client.code() == gc::condition::invalid_input, "and its conditions");

    asio::thread_pool pool(2);
    gc::client threaded(pool, options);
    auto many = asio::co_spawn(pool, images(threaded, 500), asio::use_future);
    check(many.get() == 500, "images, on the program's threads");
    asio::co_spawn(pool, threaded.close(), asio::use_future).get();
    pool.join();

    std::cout << (failures == 0 ? "good" : "bad") << '\n';
    return failures == 0 ? 0 : 1;
}

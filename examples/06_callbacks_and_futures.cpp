// The same calls without coroutines: futures for a plain thread, callbacks for an event loop, and what Asio's
// adapters make of them.
//
// Every call has a form `async_...` that takes any completion token of Asio's. It completes with a result;
// for what wants an error code, as_error_code(token) has it complete with (error_code, value).
#include <getty/connect.hpp>
#include <getty/connect/sandbox.hpp>

#include <boost/asio/deferred.hpp>
#include <boost/asio/experimental/parallel_group.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_future.hpp>

#include <cstdlib>
#include <functional>
#include <future>
#include <iostream>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace asio = boost::asio;
namespace gc = getty::connect;

gc::client_options options_for(const gc::sandbox::server& service) {
    gc::client_options options;
    options.base_url(service.base_url()).ca_pem(service.ca_pem());
    options.credentials("sandbox-key", gc::secret("sandbox-secret"));
    return options;
}

// A program with threads of its own: the client works on a pool, any thread waits for its future.
int with_futures(const gc::sandbox::server& service) {
    asio::thread_pool pool(1);
    gc::client images(pool.get_executor(), options_for(service));
    std::vector<std::future<gc::result<gc::image>>> asked;
    for (const char* id : {"83454800", "83454801", "1404"}) {
        asked.push_back(images.async_get(id, asio::use_future));
    }
    int found = 0;
    for (auto& one : asked) {
        const gc::result<gc::image> got = one.get();
        if (got) {
            std::cout << "future: " << got->title().value_or("(no title)") << '\n';
        } else {
            std::cout << "future: " << got.error() << '\n';
        }
        found += got ? 1 : 0;
    }
    images.async_close(asio::use_future).get();
    pool.join();
    return found;
}

// A program with an event loop: handlers run on the loop, one after the other.
class slide_show {
public:
    explicit slide_show(gc::client& images)
        : images_(images), stream_(images.fetch({"83454800", "83454801", "83454802"})) {}

    void begin() {
        stream_.async_next([this](gc::result<std::optional<gc::outcome>> next) { show(std::move(next)); });
    }
    [[nodiscard]] int shown() const { return shown_; }

private:
    void show(gc::result<std::optional<gc::outcome>> next) {
        if (!next || !*next) return images_.async_close([](boost::system::error_code) {});
        const gc::outcome& one = **next;
        if (one.value) {
            std::cout << "callback: " << one.id << ", " << one.value->image.title().value_or("(no title)")
                      << '\n';
            ++shown_;
        }
        begin();
    }

    gc::client& images_;
    gc::outcome_stream stream_;
    int shown_ = 0;
};

// The first of two that is found; the other is cancelled.
void first_of_two(gc::client& images, std::function<void(std::string)> then) {
    auto group = asio::experimental::make_parallel_group(
        images.async_get("1404", gc::as_error_code(asio::deferred)),
        images.async_get("83454800", gc::as_error_code(asio::deferred)));
    group.async_wait(asio::experimental::wait_for_one_success(),
                     [then](auto, auto failed, const gc::image& one, auto, const gc::image& other) {
                         const gc::image& found = failed ? other : one;
                         then(std::string(found.image_id().value_or("none")));
                     });
}

int main() {
    const gc::sandbox::background_server service;
    const int found = with_futures(*service);

    asio::io_context loop;
    gc::client images(loop, options_for(*service));
    slide_show show(images);
    std::string first;
    first_of_two(images, [&](std::string id) {
        first = std::move(id);
        std::cout << "first of two: " << first << '\n';
        show.begin();
    });
    loop.run();
    return found == 2 && show.shown() == 3 && first == "83454800" ? EXIT_SUCCESS : EXIT_FAILURE;
}

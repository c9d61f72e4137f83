// A test of one's own code without a service: scripted answers, and a clock that stands still.
//
// What is tested here is a function of the program, `headline`, that looks up an image and has a second
// source when the service fails. Link getty::connect_testing; any test framework will do.
#include <getty/connect.hpp>
#include <getty/connect/testing.hpp>

#include <cstdlib>
#include <iostream>
#include <string>

namespace asio = boost::asio;
namespace gc = getty::connect;
using namespace std::chrono_literals;

// The code to be tested: the title of an image, or what to show in its place.
asio::awaitable<std::string> headline(gc::client& images, std::string id) {
    gc::lookup_options soon;
    soon.timeout(2s);
    const gc::result<gc::image> found = co_await images.get(id, soon);
    if (found) co_return std::string(found->title().value_or("Untitled"));
    if (found.error() == gc::condition::not_found) co_return "No such image";
    co_return "Try again later";
}

int failures = 0;

void check(const std::string& what, bool holds) {
    std::cout << (holds ? "ok   " : "FAIL ") << what << '\n';
    failures += holds ? 0 : 1;
}

int main() {
    namespace script = gc::testing;
    {
        script::scripted_client service;
        service.on("1", script::reply::image(R"("Title":"Sunset")"));
        service.on("2", script::reply::image(""));
        service.on("3", script::reply::status(404));
        check("a title", service.run(headline(service.client(), "1")) == "Sunset");
        check("none", service.run(headline(service.client(), "2")) == "Untitled");
        check("no image", service.run(headline(service.client(), "3")) == "No such image");
    }
    {
        // 503 once, then the image: the library tries again, in time that passes for the client alone.
        script::scripted_client service;
        service.on("1", script::reply::status(503).header("Retry-After", "1"));
        service.on("1", script::reply::image(R"("Title":"Sunset")"));
        check("tried again", service.run(headline(service.client(), "1")) == "Sunset");
        check("two requests", service.requests("1") == 2);
        check("after a second", service.elapsed() >= 1s);
    }
    {
        // A service that hangs costs two seconds, which this program does not wait for.
        script::scripted_client service;
        service.otherwise([](std::string_view, std::size_t) { return script::reply::nothing(); });
        check("too late", service.run(headline(service.client(), "1")) == "Try again later");
        check("after two seconds", service.elapsed() == 2s);
    }
    return failures == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

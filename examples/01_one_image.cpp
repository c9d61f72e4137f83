// Looks up one image and prints what it is.
//
// In a CMake project of your own: find_package(getty_connect REQUIRED), then
// target_link_libraries(your_program PRIVATE getty::connect getty::connect_sandbox).
#include <getty/connect.hpp>
#include <getty/connect/sandbox.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <cstdlib>
#include <exception>
#include <iostream>
#include <string>

namespace asio = boost::asio;
namespace gc = getty::connect;

// `success` is set when the image was found.
asio::awaitable<void> show(gc::client& client, std::string id, bool& success) {
    // An error is a value, not an exception: it tells what failed, at which stage, and the service's own
    // words.
    const gc::result<gc::image> found = co_await client.get(id);
    if (found) {
        // Every field may be missing; texts are views that live as long as the image.
        std::cout << id << ": " << found->title().value_or("(no title)") << '\n'
                  << "by " << found->artist().value_or("(unknown)") << ", " << found->keywords().size()
                  << " keywords\n";
        for (const gc::keyword& one : found->keywords()) {
            std::cout << "  " << one.text.value_or("") << '\n';
        }
    } else {
        std::cerr << id << ": " << found.error() << '\n';
    }
    success = found.has_value();

    // Ends the idle connections, so that the context runs out of work and run() returns.
    co_await client.close();
}

int main() {
    // A stand-in service in this process. With an account of your own leave it out, and base_url() and
    // ca_pem() with it, and give your key and secret below.
    const gc::sandbox::background_server service;

    asio::io_context context;
    gc::client client(context.get_executor(), gc::client_options()
                                                  .base_url(service->base_url())
                                                  .ca_pem(service->ca_pem())
                                                  .credentials("sandbox-key", gc::secret("sandbox-secret")));

    bool success = false;
    asio::co_spawn(context, show(client, "83454800", success), [](std::exception_ptr failed) {
        if (failed) std::rethrow_exception(failed);
    });
    context.run();
    return success ? EXIT_SUCCESS : EXIT_FAILURE;
}

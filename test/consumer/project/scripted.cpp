// A user's test of code of their own: the client over scripted answers.
#include <getty/connect/testing.hpp>

#include <cstdlib>
#include <iostream>

namespace gc = getty::connect;

int main() {
    gc::testing::scripted_client script;
    script.on("1", gc::testing::reply::status(503).header("Retry-After", "1"));
    script.on("1", gc::testing::reply::image(R"("Title":"Sunset")"));
    const gc::result<gc::image> found = script.run(script.client().get("1"));
    script.on("2", gc::testing::reply::status(404));
    const gc::result<gc::image> none = script.run(script.client().get("2"));
    const bool good = found && found->title() == "Sunset" && script.requests("1") == 2 && !none &&
                      none.error() == gc::condition::not_found && none.error().code() == gc::errc::not_found;
    std::cout << (good ? "as scripted\n" : "not as scripted\n");
    return good ? EXIT_SUCCESS : EXIT_FAILURE;
}

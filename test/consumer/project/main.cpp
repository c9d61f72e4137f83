// A user's program: public headers, one linked target, no setting of the library's own build.
#include <getty/connect/result.hpp>
#include <getty/connect/secret.hpp>

#include <iostream>

namespace connect = getty::connect;

int main() {
    const connect::secret token("token");
    const connect::result<int> answer =
        connect::error(connect::errc::not_found, connect::stage::read, "no such image");
    const bool good = token.expose() == "token" && answer.has_error() &&
                      answer.error().code() == connect::condition::not_found;
    std::cout << (good ? answer.error().describe() : "the installed library does not work") << '\n';
    return good ? 0 : 1;
}

#include "support/foreign/http_auth.hpp"

namespace getty::connect::test {
namespace {

const std::filesystem::path installed = HTTP_AUTH_FOLDER;

std::filesystem::path node() {
    const auto found = find_program("node");
    return found.empty() ? find_program("nodejs") : found;
}

}  // namespace

http_auth_origin::http_auth_origin() { start(); }

bool http_auth_origin::available() {
    return !node().empty() && std::filesystem::exists(installed / "node_modules" / "http-auth");
}

std::vector<std::string> http_auth_origin::configure(std::uint16_t port) {
    return {node(), installed / "server.js", std::to_string(port), folder() / "server.pem",
            folder() / "server.key"};
}

}  // namespace getty::connect::test

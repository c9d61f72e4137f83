// A client without network, clock or chance, and what a service answers.
#pragma once

#include "testing/world.hpp"

#include <string>
#include <string_view>

namespace getty::connect::test {

using namespace testing;

/// A response with a body of known length.
[[nodiscard]] inline std::string http_response(int status, std::string_view body,
                                               std::string_view fields = "") {
    return "HTTP/1.1 " + std::to_string(status) + " X\r\nContent-Length: " + std::to_string(body.size()) +
           "\r\n" + std::string(fields) + "\r\n" + std::string(body);
}

/// The answer to a lookup of `id`.
[[nodiscard]] inline std::string image_response(std::string_view id) {
    return http_response(200, R"({"CoordinationId":"c","Images":[{"ImageId":")" + std::string(id) +
                                  R"(","Title":"Title of )" + std::string(id) + R"("}]})");
}

/// The id in `GET /api/images/ID[?...] HTTP/1.1`; empty for other requests.
[[nodiscard]] inline std::string requested_id(const std::string& request) {
    constexpr std::string_view start = "GET /api/images/";
    if (!request.starts_with(start)) return "";
    return request.substr(start.size(), request.find_first_of(" ?", start.size()) - start.size());
}

}  // namespace getty::connect::test

// A sandbox service without a network: requests in, parsed answers out, at a time of the test's choosing.
#pragma once

#include "sandbox/service.hpp"

#include <boost/json.hpp>
#include <doctest/doctest.h>

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

namespace getty::connect::test {

struct answer {
    int status = 0;
    std::string head;  ///< status line and fields, up to the blank line
    std::string body;

    /// The values of all fields of this name, in order.
    [[nodiscard]] std::vector<std::string> fields(std::string_view name) const {
        std::vector<std::string> values;
        const std::string start = "\r\n" + std::string(name) + ": ";
        for (std::size_t at = head.find(start); at != head.npos; at = head.find(start, at)) {
            at += start.size();
            values.push_back(head.substr(at, head.find("\r\n", at) - at));
            at -= 1;
        }
        return values;
    }
    [[nodiscard]] std::string field(std::string_view name) const {
        const auto all = fields(name);
        return all.size() == 1 ? all.front() : "<" + std::to_string(all.size()) + " fields>";
    }
    [[nodiscard]] boost::json::object json() const { return boost::json::parse(body).get_object(); }
    /// What an error body says, checked for its form.
    [[nodiscard]] std::string error() const {
        const boost::json::object o = json();
        CHECK(o.at("status").to_number<int>() == status);
        return std::string(o.at("error").as_string());
    }
};

class service_harness {
public:
    explicit service_harness(const sandbox::options& with) : made(seeded(with), "CA PEM\n") {}

    answer ask(std::string_view method, std::string_view target, std::string_view authorization = {},
               std::string_view body = {}, std::string_view type = "application/x-www-form-urlencoded") {
        sandbox::request_view request;
        request.method = method;
        request.target = target;
        request.authorization = authorization;
        request.body = body;
        if (!body.empty()) request.content_type = type;
        return ask(request);
    }

    answer ask(const sandbox::request_view& request) {
        std::string bytes;
        made.answer(request, {now, wall}, bytes);
        const std::size_t end = bytes.find("\r\n\r\n");
        REQUIRE(end != bytes.npos);
        REQUIRE(bytes.starts_with("HTTP/1.1 "));
        answer out{std::stoi(bytes.substr(9, 3)), bytes.substr(0, end + 2), bytes.substr(end + 4)};
        if (out.status != 204 && request.method != "HEAD") {
            CHECK(out.field("Content-Length") == std::to_string(out.body.size()));
        }
        return out;
    }

    /// An answer as it goes out, whatever it is.
    struct wire {
        std::string bytes;
        sandbox::delivery how;
    };
    wire send(std::string_view method, std::string_view target, std::string_view authorization = {},
              std::string_view body = {}) {
        sandbox::request_view request;
        request.method = method;
        request.target = target;
        request.authorization = authorization;
        request.body = body;
        if (!body.empty()) request.content_type = "application/x-www-form-urlencoded";
        wire out;
        out.how = made.answer(request, {now, wall}, out.bytes);
        return out;
    }

    /// The value of a fresh token, got with the default credentials.
    std::string token() {
        const answer got =
            ask("POST", "/api/token", {}, "application_key=sandbox-key&application_secret=sandbox-secret");
        REQUIRE(got.status == 200);
        return std::string(got.json().at("token").at("ssl_token").as_string());
    }

    sandbox::service made;
    core::time_point now{std::chrono::hours(1)};
    std::chrono::sys_seconds wall{std::chrono::seconds(784'111'777)};

private:
    static sandbox::settings seeded(const sandbox::options& with) {
        sandbox::options copy = with;
        return copy.seed(20'260'101).values();
    }
};

}  // namespace getty::connect::test

// A service that answers lookups from a list.
#pragma once

#include "support/client_world.hpp"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace getty::connect::test {

/// Answers image requests from a list, in order, and as usual when the list is at its end. An empty entry:
/// never.
struct script {
    explicit script(client_world& in, std::vector<std::string> list) : answers(std::move(list)), world(in) {
        in.on_image = [this](scripted_stream& s, const std::string&) {
            times.push_back(world.scheduler->now());
            if (next == answers.size()) return false;
            s.deliver(answers[next++]);
            return true;
        };
    }
    std::vector<std::string> answers;
    std::size_t next = 0;
    client_world& world;
    std::vector<core::time_point> times;
};

/// An error answer of this status.
[[nodiscard]] inline std::string refusal(int status, std::string_view fields = "") {
    return http_response(status, R"({"message":"not now"})", fields);
}

}  // namespace getty::connect::test

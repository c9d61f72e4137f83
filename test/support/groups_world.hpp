// A client of v3 over scripted streams, and many ids in one request.
#pragma once

#include "support/client_world.hpp"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace getty::connect::test {

using id_list = std::vector<std::string>;

/// The ids that a request asks for; none for other requests.
[[nodiscard]] inline id_list v3_ids(const std::string& request) {
    const std::string target = request.substr(4, request.find(' ', 4) - 4);
    if (target.starts_with("/api/images/")) return {target.substr(12, target.find('?') - 12)};
    id_list ids;
    constexpr std::string_view several = "/api/images?ids=";
    if (!target.starts_with(several)) return ids;
    std::size_t at = several.size();
    const std::size_t end = target.find('&');
    while (at < end) {
        const std::size_t comma = std::min(target.find("%2C", at), end);
        ids.push_back(target.substr(at, comma - at));
        at = comma + 3;
    }
    return ids;
}

[[nodiscard]] inline std::string v3_image(std::string_view id) {
    return R"({"id":")" + std::string(id) + R"(","title":"Title of )" + std::string(id) + R"("})";
}

[[nodiscard]] inline std::string v3_body(const id_list& found, const id_list& missing = {}) {
    std::string body = R"({"images":[)";
    for (const std::string& id : found) body += (body.back() == '[' ? "" : ",") + v3_image(id);
    body += R"(],"images_not_found":[)";
    for (const std::string& id : missing) body += (body.back() == '[' ? "\"" : ",\"") + id + "\"";
    return body + "]}";
}

[[nodiscard]] inline std::string v3_response(const id_list& found, const id_list& missing = {}) {
    return http_response(200, v3_body(found, missing));
}

/// Answers every lookup with its images, unless a test puts itself in between; by a token that is held.
class groups_world : public client_world {
public:
    explicit groups_world(client_options wanted = client_options())
        : client_world(wanted.dialect(dialect::v3).token(secret("the-token"))) {
        on_image = [this](scripted_stream& s, const std::string& request) {
            requests.push_back(request);
            asked.push_back(v3_ids(request));
            const id_list ids = asked.back();
            if (on_lookup && on_lookup(s, ids)) return true;
            s.deliver(v3_response(ids));
            return true;
        };
    }

    /// Return true when the request has been dealt with.
    std::function<bool(scripted_stream&, const id_list&)> on_lookup;
    std::vector<id_list> asked;
    std::vector<std::string> requests;
};

/// From `first` on, so many numbers.
[[nodiscard]] inline id_list numbers(std::size_t count, std::size_t first = 0) {
    id_list ids;
    for (std::size_t i = 0; i < count; ++i) ids.push_back(std::to_string(first + i));
    return ids;
}

/// Every id once, and no outcome has another's image.
inline void check_all_answered(const std::vector<outcome>& taken, std::size_t count) {
    std::set<std::uint64_t> seen;
    for (const outcome& o : taken) {
        CHECK(seen.insert(o.index).second);
        if (!o.value) continue;
        CHECK(o.value->image.image_id() == o.id);
        CHECK(o.value->image.title() == "Title of " + o.id);
    }
    CHECK(seen.size() == count);
}

}  // namespace getty::connect::test

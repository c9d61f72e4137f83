// Feeding a response reader, and keeping what it says.
#pragma once

#include "core/random.hpp"
#include "http/response_reader.hpp"

#include <algorithm>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace getty::connect::test {

using http::response_limits;
using http::response_reader;
using progress = response_reader::progress;

enum class ending { open, clean, cut };

/// Everything that a reader says about one response.
struct verdict {
    progress state = progress::need_more;
    errc code{};
    std::string why;
    int status = 0;
    std::string body, content_type, retry_after, date, location, error_detail, request_id,
        authentication_info;
    std::vector<std::string> challenges;
    std::optional<std::chrono::seconds> idle_timeout;
    bool reusable = false;

    bool operator==(const verdict&) const = default;
};

/// How many bytes come next.
using cut = std::function<std::size_t()>;

inline std::size_t everything() { return static_cast<std::size_t>(-1); }
inline std::size_t one() { return 1; }
inline cut slices(std::uint64_t seed) {
    auto random = std::shared_ptr<core::random_source>(core::seeded_random(seed));
    return [random] { return 1 + random->next() % 40; };
}

/// Feeds `bytes` until the reader has decided.
inline verdict read(response_reader& reader, std::string_view bytes, ending end, const cut& next) {
    reader.start();
    verdict v;
    while (!bytes.empty() && v.state == progress::need_more) {
        const auto room = reader.space();
        if (room.empty()) throw std::logic_error("no room for the next bytes");
        const std::size_t count = std::min({room.size(), bytes.size(), next()});
        std::copy_n(bytes.data(), count, room.data());
        bytes.remove_prefix(count);
        v.state = reader.received(count);
    }
    if (v.state == progress::need_more && end != ending::open) v.state = reader.ended(end == ending::clean);
    if (v.state == progress::failed) {
        v.code = reader.failure();
        v.why = reader.failure_text();
    }
    if (v.state != progress::done) return v;
    const http::response& m = reader.message();
    v.status = m.status;
    v.body = m.body;
    v.content_type = m.content_type;
    v.retry_after = m.retry_after;
    v.date = m.date;
    v.location = m.location;
    v.error_detail = m.error_detail;
    v.request_id = m.request_id;
    v.authentication_info = m.authentication_info;
    v.challenges.assign(m.www_authenticate.begin(), m.www_authenticate.end());
    v.idle_timeout = m.idle_timeout;
    v.reusable = reader.keeps_open() && !reader.has_more() &&
                 bytes.empty();  // what was not fed is surplus on the connection
    return v;
}

inline verdict read(std::string_view bytes, ending end = ending::open) {
    response_reader reader{response_limits()};
    return read(reader, bytes, end, everything);
}

inline const std::string ok = "HTTP/1.1 200 OK\r\n";
inline const std::string chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";

}  // namespace getty::connect::test

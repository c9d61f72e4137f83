#include "proto/framing_guard.hpp"

#include "proto/auth_header.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

namespace getty::connect::proto {
namespace {

bool all_digits(std::string_view s) {
    return !s.empty() && std::all_of(s.begin(), s.end(), [](char c) { return c >= '0' && c <= '9'; });
}

std::string_view trimmed(std::string_view s) {
    while (!s.empty() && (s.front() == ' ' || s.front() == '\t')) s.remove_prefix(1);
    while (!s.empty() && (s.back() == ' ' || s.back() == '\t')) s.remove_suffix(1);
    return s;
}

/// Calls `f` with each element of a comma-separated list.
template <class F>
void each_element(std::string_view list, F f) {
    while (!list.empty()) {
        const std::size_t comma = std::min(list.find(','), list.size());
        f(trimmed(list.substr(0, comma)));
        list.remove_prefix(std::min(comma + 1, list.size()));
    }
}

}  // namespace

std::string_view framing_guard::status_line(int status, int version) noexcept {
    status_ = status;
    version_ = version;
    if (version != 10 && version != 11) return "an HTTP version other than 1.0 and 1.1";
    if (status < 200) return "an interim response that was not asked for";
    if (status > 599) return "a status beyond 599";
    return {};
}

std::string_view framing_guard::field(framing_field which, std::string_view value) noexcept {
    value = trimmed(value);
    switch (which) {
        case framing_field::content_length:
            if (has_length_) return "more than one Content-Length";
            if (!all_digits(value)) return "a Content-Length that is not a number";
            has_length_ = true;
            length_is_zero_ = value.find_first_not_of('0') == std::string_view::npos;
            return {};
        case framing_field::transfer_encoding:
            if (chunked_) return "more than one Transfer-Encoding";
            if (!equals_ignoring_case(value, "chunked")) return "a Transfer-Encoding other than chunked";
            if (version_ == 10) return "a Transfer-Encoding in an HTTP/1.0 response";
            chunked_ = true;
            return {};
        case framing_field::content_encoding:
            if (std::exchange(content_coded_, true)) return "more than one Content-Encoding";
            if (value.empty() || equals_ignoring_case(value, "identity")) return {};
            gzip_ = accepted_ == codings::gzip &&
                    (equals_ignoring_case(value, "gzip") || equals_ignoring_case(value, "x-gzip"));
            return gzip_ ? std::string_view() : "a Content-Encoding that was not asked for";
        case framing_field::connection:
            each_element(value, [this](std::string_view option) {
                if (equals_ignoring_case(option, "close")) close_ = true;
            });
            return {};
        case framing_field::keep_alive:
            each_element(value, [this](std::string_view parameter) {
                constexpr std::string_view name = "timeout=";
                if (!equals_ignoring_case(parameter.substr(0, name.size()), name)) return;
                const std::string_view digits = parameter.substr(name.size());
                std::int32_t seconds = 0;
                const auto end = digits.data() + digits.size();
                if (!all_digits(digits) || std::from_chars(digits.data(), end, seconds).ec != std::errc())
                    return;
                idle_timeout_ = std::chrono::seconds(seconds);
            });
            return {};
    }
    return {};
}

std::string_view framing_guard::header_end() noexcept {
    if (chunked_ && has_length_) return "both Content-Length and Transfer-Encoding";
    if (status_ == 204 || status_ == 304) {
        if (status_ == 204 && (chunked_ || (has_length_ && !length_is_zero_))) return "a 204 with a body";
        kind_ = framing::none;
    } else if (chunked_) {
        kind_ = framing::chunked;
    } else if (has_length_) {
        kind_ = framing::length;
    }
    // An HTTP/1.0 peer that offers keep-alive is not believed: its proxies are not known to agree (RFC
    // 9112 9.3).
    reusable_ = kind_ != framing::until_close && version_ == 11 && !close_;
    return {};
}

}  // namespace getty::connect::proto

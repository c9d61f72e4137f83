#include "proto/http/framing_guard.hpp"

#include "core/ascii.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

namespace getty::connect::proto {
namespace {

bool all_digits(std::string_view s) {
    return !s.empty() && std::all_of(s.begin(), s.end(), [](char c) { return c >= '0' && c <= '9'; });
}

constexpr std::string_view both_framings = "both Content-Length and Transfer-Encoding";

bool is_interim(int status) { return status < 200; }

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
    if (status < 100) return "a status below 100";
    if (status == 101) return "a switch of protocols that was not asked for";
    if (status < 200 && interim_ == max_interim) return "more than 16 interim responses before the response";
    if (status > 599) return "a status beyond 599";
    return {};
}

std::string_view framing_guard::field(framing_field which, std::string_view value) noexcept {
    value = trimmed(value);
    switch (which) {
        case framing_field::content_length:
            return length(value);
        case framing_field::transfer_encoding:
            if (chunked_) return "more than one Transfer-Encoding";
            if (!core::equals_ignoring_case(value, "chunked"))
                return "a Transfer-Encoding other than chunked";
            if (version_ == 10) return "a Transfer-Encoding in an HTTP/1.0 response";
            if (length_) return both_framings;
            chunked_ = true;
            return {};
        case framing_field::content_encoding:
            if (is_interim(status_)) return {};  // announces that of the response to come, if anything
            if (std::exchange(content_coded_, true)) return "more than one Content-Encoding";
            if (value.empty() || core::equals_ignoring_case(value, "identity")) return {};
            gzip_ = accepted_ == codings::gzip && (core::equals_ignoring_case(value, "gzip") ||
                                                   core::equals_ignoring_case(value, "x-gzip"));
            return gzip_ ? std::string_view() : "a Content-Encoding that was not asked for";
        case framing_field::connection:
            each_element(value, [this](std::string_view option) {
                if (core::equals_ignoring_case(option, "close")) close_ = true;
            });
            return {};
        case framing_field::keep_alive:
            each_element(value, [this](std::string_view parameter) {
                constexpr std::string_view name = "timeout=";
                if (!core::equals_ignoring_case(parameter.substr(0, name.size()), name)) return;
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

/// The same number any number of times, in a list or in fields of their own, leaves no doubt (RFC 9112 6.3).
std::string_view framing_guard::length(std::string_view list) noexcept {
    constexpr std::string_view no_number = "a Content-Length that is not a number";
    if (chunked_) return both_framings;
    for (;;) {
        std::uint64_t value = 0;
        const auto [stop, failure] = std::from_chars(list.data(), list.data() + list.size(), value);
        if (failure == std::errc::result_out_of_range) return "a Content-Length of 2^64 or more";
        if (failure != std::errc()) return no_number;
        if (length_ && *length_ != value) return "two values of Content-Length that differ";
        length_ = value;
        list.remove_prefix(static_cast<std::size_t>(stop - list.data()));
        if (list.empty()) return {};
        list = trimmed(list);
        if (!list.starts_with(',')) return no_number;
        list = trimmed(list.substr(1));
    }
}

std::string_view framing_guard::header_end() noexcept {
    const bool has_body = chunked_ || length_.value_or(0) != 0;
    if (is_interim(status_)) {
        if (has_body) return "an interim response with a body";
        kind_ = framing::interim;
        return {};
    }
    if (status_ == 204 || status_ == 304) {
        if (status_ == 204 && has_body) return "a 204 with a body";
        kind_ = framing::none;
    } else if (chunked_) {
        kind_ = framing::chunked;
    } else if (length_) {
        kind_ = framing::length;
    }
    // An HTTP/1.0 peer that offers keep-alive is not believed: its proxies are not known to agree (RFC
    // 9112 9.3).
    reusable_ = kind_ != framing::until_close && version_ == 11 && !close_;
    return {};
}

void framing_guard::next() noexcept {
    framing_guard fresh(accepted_);
    fresh.interim_ = interim_ + 1;
    fresh.close_ = close_ || version_ == 10;  // said once is enough, and so is HTTP/1.0
    *this = fresh;
}

}  // namespace getty::connect::proto

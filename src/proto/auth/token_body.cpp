#include "proto/auth/token_body.hpp"

#include "core/ascii.hpp"
#include "core/decimal.hpp"
#include "core/percent_encoding.hpp"
#include "core/utf8.hpp"
#include "proto/http/field_rules.hpp"

#include <boost/container/pmr/memory_resource.hpp>
#include <boost/json/parser.hpp>
#include <boost/system/error_code.hpp>
#include <openssl/crypto.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <string_view>
#include <utility>

namespace getty::connect::proto {
namespace {

namespace json = boost::json;

/// A string that is wiped when it goes. `reserve` enough first: growing leaves copies behind.
struct wiped_string {
    std::string text;
    explicit wiped_string(std::size_t capacity) { text.reserve(capacity); }
    wiped_string(const wiped_string&) = delete;
    wiped_string& operator=(const wiped_string&) = delete;
    ~wiped_string() { OPENSSL_cleanse(text.data(), text.size()); }
};

/// Room for every name and value when each of their bytes takes `factor` bytes.
std::size_t room_for(std::span<const token_parameter> parameters, std::size_t factor) {
    std::size_t sum = 2;
    for (const token_parameter& p : parameters) sum += (p.name.size() + p.value.size()) * factor + 6;
    return sum;
}

void append_json_text(std::string& out, std::string_view text) {
    constexpr std::string_view digits = "0123456789abcdef";
    out += '"';
    for (const char c : text) {
        if (c == '"' || c == '\\') {
            out += '\\';
            out += c;
        } else if (static_cast<unsigned char>(c) < 0x20) {
            out += "\\u00";
            out += digits[static_cast<unsigned char>(c) >> 4];
            out += digits[static_cast<unsigned char>(c) & 0x0F];
        } else {
            out += c;
        }
    }
    out += '"';
}

/// Wipes memory before it is freed: the parsed tokens lie in it.
class wiping_resource final : public boost::container::pmr::memory_resource {
public:
    wiping_resource() = default;
    wiping_resource(const wiping_resource&) = delete;
    wiping_resource& operator=(const wiping_resource&) = delete;

private:
    // the default alignment is the largest that is asked for; the parser does not name the same one twice
    void* do_allocate(std::size_t size, std::size_t) override { return ::operator new(size); }
    void do_deallocate(void* p, std::size_t size, std::size_t) override {
        OPENSSL_cleanse(p, size);
        ::operator delete(p);
    }
    bool do_is_equal(const memory_resource& other) const noexcept override { return this == &other; }
};

constexpr std::size_t max_answer_depth = 8;

decode_failure failure(decode_kind kind, std::string field = {}, std::string detail = {}) {
    decode_failure f;
    f.kind = kind;
    f.field = std::move(field);
    f.detail = std::move(detail);
    return f;
}

decode_kind kind_of(const boost::system::error_code& code) noexcept {
    if (code == json::error::too_deep) return decode_kind::too_deep;
    if (code == json::error::extra_data) return decode_kind::trailing_data;
    return decode_kind::not_json;
}

std::chrono::seconds bounded_lifetime(double in_seconds) noexcept {
    const auto limit = static_cast<double>(max_token_lifetime.count());
    // negated so that no NaN can pass
    if (!(in_seconds > 0)) return std::chrono::seconds(0);
    return std::chrono::seconds(static_cast<std::int64_t>(std::min(in_seconds, limit)));
}

/// `unit`: what the number in the answer counts.
token_lifetime read_lifetime(const json::value* value, std::chrono::seconds unit) {
    if (value == nullptr) return std::nullopt;
    const auto scale = static_cast<double>(unit.count());
    if (value->is_number()) return bounded_lifetime(value->to_number<double>() * scale);
    if (!value->is_string()) return std::nullopt;
    const std::string_view text(value->get_string());
    if (text.find_first_of("eE") != std::string_view::npos) return std::nullopt;
    const std::optional<double> number = core::read_decimal(text);
    if (!number || !std::isfinite(*number)) return std::nullopt;
    return bounded_lifetime(*number * scale);
}

/// A text member that may be missing, null or blank.
boost::system::result<secret, decode_failure> read_secret(const json::object& from, std::string_view name) {
    const json::value* const value = from.if_contains(name);
    if (value == nullptr || value->is_null()) return secret();
    if (!value->is_string()) return failure(decode_kind::wrong_type, std::string(name), "expected a text");
    const std::string_view text(value->get_string());
    return text.find_first_not_of(" \t\r\n") == std::string_view::npos ? secret() : secret(text);
}

/// The parsed answer; tokens lie in memory that is wiped with it.
struct answer {
    wiping_resource memory;
    json::value root;

    std::optional<decode_failure> read(std::string_view body) {
        json::parse_options options;
        options.max_depth = max_answer_depth;
        // A reader may pass over it (RFC 8259 8.1), as those of images and errors do.
        constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";
        const std::size_t mark = body.starts_with(byte_order_mark) ? byte_order_mark.size() : 0;
        json::parser parser(&memory, options);
        parser.reset(&memory);
        boost::system::error_code code;
        const std::size_t taken = mark + parser.write(body.data() + mark, body.size() - mark, code);
        if (code) {
            decode_failure f = failure(kind_of(code), {}, body.size() == mark ? "the body is empty" : "");
            f.offset = taken;
            if (taken < body.size() && core::utf8_sequence(body.substr(taken)) == 0) {
                f.kind = decode_kind::invalid_utf8;
            }
            return f;
        }
        root = parser.release();
        if (!root.is_object()) return failure(decode_kind::not_an_object);
        return std::nullopt;
    }
};

}  // namespace

secret form_body(std::span<const token_parameter> parameters) {
    wiped_string body(room_for(parameters, 3));
    for (const token_parameter& p : parameters) {
        if (p.value.empty()) continue;
        if (!body.text.empty()) body.text += '&';
        core::append_percent_encoded(body.text, p.name);
        body.text += '=';
        core::append_percent_encoded(body.text, p.value);
    }
    return secret(body.text);
}

secret json_body(std::span<const token_parameter> parameters) {
    wiped_string body(room_for(parameters, 6));
    for (const token_parameter& p : parameters) {
        if (p.value.empty()) continue;
        body.text += body.text.empty() ? '{' : ',';
        append_json_text(body.text, p.name);
        body.text += ':';
        append_json_text(body.text, p.value);
    }
    body.text += body.text.empty() ? "{}" : "}";
    return secret(body.text);
}

token_pair_result parse_token_answer(std::string_view body) {
    answer parsed;
    if (auto problem = parsed.read(body)) return *problem;
    const json::object* fields = &parsed.root.get_object();
    std::string path;
    // the inner object alone has a text under the same key
    if (const json::value* const inner = fields->if_contains("token"); inner && !inner->is_string()) {
        if (!inner->is_object() && !inner->is_null()) {
            return failure(decode_kind::wrong_type, "token", "expected an object or a text");
        }
        if (inner->is_object()) {
            fields = &inner->get_object();
            path = "token.";
        }
    }
    auto for_https = read_secret(*fields, "ssl_token");
    if (!for_https) return failure(decode_kind::wrong_type, path + "ssl_token", "expected a text");
    auto for_http = read_secret(*fields, "token");
    if (!for_http) return failure(decode_kind::wrong_type, path + "token", "expected a text");
    if (for_https->empty() && for_http->empty()) {
        return failure(decode_kind::missing_field, path + "ssl_token");
    }
    token_pair token;
    token.value_for_https = for_https->empty() ? *for_http : *for_https;
    token.value_for_http = for_http->empty() ? *for_https : *for_http;
    token.lifetime = read_lifetime(fields->if_contains("token_duration_minutes"), std::chrono::minutes(1));
    // Finer than minutes where a service offers it: a token counted longer than it lives is refused in use.
    if (const auto seconds = read_lifetime(fields->if_contains("expires_in"), std::chrono::seconds(1))) {
        token.lifetime = seconds;
    }
    return token;
}

token_result parse_oauth_answer(std::string_view body) {
    answer parsed;
    if (auto problem = parsed.read(body)) return *problem;
    const json::object& fields = parsed.root.get_object();
    auto access = read_secret(fields, "access_token");
    if (!access) return access.error();
    if (access->empty()) return failure(decode_kind::missing_field, "access_token");
    if (!is_field_value(access->expose())) {
        return failure(decode_kind::wrong_type, "access_token", "expected a text that a field can carry");
    }
    if (const json::value* const type = fields.if_contains("token_type"); type && !type->is_null()) {
        if (!type->is_string() ||
            !core::equals_ignoring_case(std::string_view(type->get_string()), "bearer")) {
            return failure(decode_kind::wrong_type, "token_type", "expected \"bearer\"");
        }
    }
    auto refresh = read_secret(fields, "refresh_token");
    if (!refresh) return refresh.error();
    issued_token token;
    token.value = std::move(*access);
    token.lifetime = read_lifetime(fields.if_contains("expires_in"), std::chrono::seconds(1));
    token.refresh_token = std::move(*refresh);
    return token;
}

}  // namespace getty::connect::proto

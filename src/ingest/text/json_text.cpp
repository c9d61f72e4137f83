#include "ingest/text/json_text.hpp"

#include "core/utf8.hpp"

namespace getty::connect::ingest {

void append_json_string(std::string& out, std::string_view text) {
    constexpr std::string_view digits = "0123456789abcdef";
    out += '"';
    while (!text.empty()) {
        const std::size_t length = core::utf8_sequence(text);
        const char c = text.front();
        if (length == 0) {
            out += "\xEF\xBF\xBD";
            text.remove_prefix(1);
            continue;
        }
        if (c == '"' || c == '\\') {
            out += '\\';
            out += c;
        } else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) {
            out += "\\u00";
            out += digits[static_cast<unsigned char>(c) >> 4];
            out += digits[static_cast<unsigned char>(c) & 0x0F];
        } else {
            out += text.substr(0, length);
        }
        text.remove_prefix(length);
    }
    out += '"';
}

std::string_view identifier(errc code) noexcept {
    switch (code) {
        case errc::invalid_id:
            return "invalid_id";
        case errc::invalid_option:
            return "invalid_option";
        case errc::invalid_source:
            return "invalid_source";
        case errc::client_closed:
            return "client_closed";
        case errc::too_many_waiters:
            return "too_many_waiters";
        case errc::acquire_timeout:
            return "acquire_timeout";
        case errc::canceled:
            return "canceled";
        case errc::deadline_exceeded:
            return "deadline_exceeded";
        case errc::attempt_timeout:
            return "attempt_timeout";
        case errc::internal_failure:
            return "internal_failure";
        case errc::not_asked:
            return "not_asked";
        case errc::out_of_resources:
            return "out_of_resources";
        case errc::quota_exhausted:
            return "quota_exhausted";
        case errc::resolve_failed:
            return "resolve_failed";
        case errc::connect_failed:
            return "connect_failed";
        case errc::connect_timeout:
            return "connect_timeout";
        case errc::tls_failed:
            return "tls_failed";
        case errc::certificate_rejected:
            return "certificate_rejected";
        case errc::proxy_refused:
            return "proxy_refused";
        case errc::credentials_rejected:
            return "credentials_rejected";
        case errc::token_unavailable:
            return "token_unavailable";
        case errc::unauthorized:
            return "unauthorized";
        case errc::challenge_unsupported:
            return "challenge_unsupported";
        case errc::server_not_authentic:
            return "server_not_authentic";
        case errc::peer_closed:
            return "peer_closed";
        case errc::malformed_response:
            return "malformed_response";
        case errc::header_too_large:
            return "header_too_large";
        case errc::body_too_large:
            return "body_too_large";
        case errc::bad_request:
            return "bad_request";
        case errc::forbidden:
            return "forbidden";
        case errc::not_found:
            return "not_found";
        case errc::throttled:
            return "throttled";
        case errc::server_error:
            return "server_error";
        case errc::unexpected_status:
            return "unexpected_status";
        case errc::malformed_body:
            return "malformed_body";
        case errc::wrong_image:
            return "wrong_image";
    }
    return "unknown";
}

void append_meta(std::string& out, std::string_view meta) {
    if (meta.empty()) return;
    out += ",\"meta\":";
    out += meta;
}

void append_image_line(std::string& out, std::string_view id, std::string_view image, std::string_view meta) {
    out += "{\"id\":";
    append_json_string(out, id);
    out += ",\"image\":";
    out += image;
    append_meta(out, meta);
    out += '}';
}

void append_error_line(std::string& out, std::optional<std::string_view> id, const error& why,
                       unsigned attempts, std::optional<std::uint64_t> line, std::string_view meta) {
    out += "{\"id\":";
    if (id) {
        append_json_string(out, *id);
    } else {
        out += "null";
    }
    out += ",\"error\":{\"code\":";
    append_json_string(out, identifier(why.value()));
    out += ",\"kind\":";
    append_json_string(out, to_string(why.kind()));
    out += ",\"status\":";
    out += why.http_status() == 0 ? "null" : std::to_string(why.http_status());
    out += ",\"stage\":";
    append_json_string(out, to_string(why.stage()));
    out += ",\"message\":";
    append_json_string(out, why.message().empty() ? to_string(why.value()) : why.message());
    out += ",\"attempts\":";
    out += std::to_string(attempts);
    out += '}';
    if (line) {
        out += ",\"line\":";
        out += std::to_string(*line);
    }
    append_meta(out, meta);
    out += '}';
}

}  // namespace getty::connect::ingest

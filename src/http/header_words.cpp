#include "http/header_words.hpp"

#include "core/sanitize.hpp"

#include <boost/beast/http/error.hpp>

namespace getty::connect::http {

namespace beast = boost::beast;

std::optional<proto::framing_field> framing_relevance(beast::http::field name) noexcept {
    switch (name) {
        case beast::http::field::content_length:
            return proto::framing_field::content_length;
        case beast::http::field::transfer_encoding:
            return proto::framing_field::transfer_encoding;
        case beast::http::field::content_encoding:
            return proto::framing_field::content_encoding;
        case beast::http::field::connection:
            return proto::framing_field::connection;
        case beast::http::field::keep_alive:
            return proto::framing_field::keep_alive;
        default:
            return std::nullopt;
    }
}

std::string_view words_for(const boost::system::error_code& ec, std::string_view otherwise) noexcept {
    if (!ec.failed() || ec.category() != make_error_code(beast::http::error::bad_value).category())
        return otherwise;
    switch (static_cast<beast::http::error>(ec.value())) {
        case beast::http::error::bad_version:
            return "no version of HTTP/1";
        case beast::http::error::bad_status:
            return "a status that is not three digits";
        case beast::http::error::bad_reason:
            return "a control character in the reason phrase";
        case beast::http::error::bad_field:
            return "no field name in front of a colon";
        case beast::http::error::bad_value:
            return "a control character in the value";
        case beast::http::error::bad_line_ending:
            return "a line that does not end in CR LF";
        default:
            return otherwise;
    }
}

std::string described_line(std::string_view line, std::size_t number) {
    // Whole or not at all: whoever hides secrets in it must not find half of one.
    constexpr std::size_t most = 60;
    const auto quoted = [](std::string_view text) {
        return text.size() > most ? std::string() : " \"" + core::printable(text, most) + "\"";
    };
    if (number == 0) {
        const std::size_t reason = line.find(' ', std::string_view("HTTP/1.1 ").size());
        return "status line" + quoted(line.substr(0, reason)) + ": ";
    }
    std::string out = "header line " + std::to_string(number);
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos) return out + ": ";
    const bool framing = framing_relevance(beast::http::string_to_field({line.data(), colon})).has_value();
    return out + quoted(framing && line.size() <= most ? line : line.substr(0, colon)) + ": ";
}

}  // namespace getty::connect::http

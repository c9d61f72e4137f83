#include "sandbox/http/connection.hpp"

#include "core/ascii.hpp"
#include "core/quietly.hpp"

#include <boost/beast/http/error.hpp>

#include <utility>

namespace getty::connect::sandbox {
namespace {

namespace http = boost::beast::http;

std::string_view plain(boost::beast::string_view text) noexcept { return {text.data(), text.size()}; }

}  // namespace

connection::connection(tcp::socket accepted, boost::asio::ssl::context& tls, const settings& limits)
    : stream(std::move(accepted), tls),
      timer(stream.get_executor()),
      buffer(limits.max_header_bytes + limits.max_body_bytes + 16 * 1024),
      limits_(limits) {}

void connection::restart() {
    parser_.emplace();
    parser_->eager(true);
    parser_->header_limit(static_cast<std::uint32_t>(limits_.max_header_bytes));
    parser_->body_limit(limits_.max_body_bytes);
    continued_ = false;
}

connection::parsed connection::parse() {
    if (!parser_ || parser_->is_done()) restart();
    boost::system::error_code ec;
    while (buffer.size() > 0 && !parser_->is_done()) {
        const std::size_t used = parser_->put(buffer.data(), ec);
        buffer.consume(used);
        if (ec) break;
    }
    if (ec && ec != http::error::need_more) {
        refusal_ = ec == http::error::header_limit ? 431 : ec == http::error::body_limit ? 413 : 400;
        return parsed::malformed;
    }
    if (parser_->is_header_done() && is_ambiguous()) {
        refusal_ = 400;
        return parsed::malformed;
    }
    if (parser_->is_done()) return parsed::request;
    if (parser_->is_header_done() && !continued_) {
        continued_ = true;
        const auto expects = plain(parser_->get()[http::field::expect]);
        if (core::equals_ignoring_case(expects, "100-continue")) out += "HTTP/1.1 100 Continue\r\n\r\n";
    }
    return parsed::need_more;
}

/// Beast takes any coding whose name ends in "chunked", and several Host fields (RFC 9112 3.2, 6.1).
bool connection::is_ambiguous() const {
    const auto& message = parser_->get();
    const auto codings = message.count(http::field::transfer_encoding);
    if (codings > 1) return true;
    if (codings == 1) {
        const auto coding = plain(message[http::field::transfer_encoding]);
        if (!core::equals_ignoring_case(coding, "chunked") ||
            message.count(http::field::content_length) > 0) {
            return true;
        }
    }
    const auto hosts = message.count(http::field::host);
    return hosts > 1 || (hosts == 0 && message.version() >= 11);
}

request_view connection::view() const {
    const auto& message = parser_->get();
    request_view out_view;
    out_view.method = plain(message.method_string());
    out_view.target = plain(message.target());
    out_view.content_type = plain(message[http::field::content_type]);
    out_view.authorization = plain(message[http::field::authorization]);
    out_view.accept_encoding = plain(message[http::field::accept_encoding]);
    out_view.accept_language = plain(message[http::field::accept_language]);
    out_view.api_key = plain(message["Api-Key"]);
    out_view.repeated_authorization = message.count(http::field::authorization) > 1;
    out_view.body = message.body();
    out_view.close_after = !message.keep_alive();
    return out_view;
}

void connection::reset() noexcept {
    core::quietly([this] { stream.next_layer().set_option(boost::asio::socket_base::linger(true, 0)); });
    abort();
}

void connection::abort() noexcept {
    core::quietly([this] { stream.next_layer().close(); });
    timer.cancel();
}

}  // namespace getty::connect::sandbox

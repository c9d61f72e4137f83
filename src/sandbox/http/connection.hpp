// One accepted connection: its stream, and the requests in its bytes.
#pragma once

#include "core/time.hpp"
#include "sandbox/service.hpp"

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>

#include <cstddef>
#include <optional>
#include <string>

namespace getty::connect::sandbox {

/// State of one connection. Used on the server's strand only.
///
/// Invariants: `pending` requests are answered in `out` and not yet sent; nothing is read from the socket
/// while the buffer holds a whole request.
class connection {
public:
    using tcp = boost::asio::ip::tcp;

    connection(tcp::socket accepted, boost::asio::ssl::context& tls, const settings& limits);

    enum class parsed { request, need_more, malformed };
    /// Goes on with what is in `buffer`. After `request`, `view()` describes it until the next call.
    [[nodiscard]] parsed parse();
    [[nodiscard]] request_view view() const;
    /// The status that tells what was malformed.
    [[nodiscard]] int refusal() const noexcept { return refusal_; }

    /// Ends all waiting at once.
    void abort() noexcept;
    /// The same, and the peer learns of it as of a failure.
    void reset() noexcept;

    boost::asio::ssl::stream<tcp::socket> stream;
    boost::asio::steady_timer timer;
    boost::beast::flat_buffer buffer;
    std::string out;
    std::size_t pending = 0;
    core::time_point deadline = core::never;  ///< of the phase it is in; the sweeper aborts it then

private:
    using parser = boost::beast::http::request_parser<boost::beast::http::string_body>;

    void restart();
    [[nodiscard]] bool is_ambiguous() const;

    const settings& limits_;
    std::optional<parser> parser_;
    bool continued_ = false;  // 100 Continue has been said
    int refusal_ = 0;
};

}  // namespace getty::connect::sandbox

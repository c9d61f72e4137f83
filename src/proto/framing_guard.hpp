// Which HTTP/1.1 responses can be told apart from what follows them.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>

namespace getty::connect::proto {

/// The header fields that decide where a response ends and what becomes of its connection.
enum class framing_field { content_length, transfer_encoding, content_encoding, connection, keep_alive };

enum class framing {
    none,         ///< no body (204, 304)
    length,       ///< Content-Length
    chunked,      ///< Transfer-Encoding: chunked
    until_close,  ///< to the end of the connection
};

/// Watches the header of one response for anything that two parties could read differently: a connection on
/// which the next response starts at another place than we think hands the next id the wrong image.
///
/// Stricter than RFC 9112 asks of a client: no interim response (none was asked for), no repeated or listed
/// Content-Length, no Content-Length beside Transfer-Encoding, no coding but `chunked` in exactly this form,
/// no content coding that was not asked for. Used once per response; a violation is final.
class framing_guard {
public:
    enum class codings {
        none,
        gzip,  ///< was asked for
    };

    explicit framing_guard(codings accepted = codings::none) noexcept : accepted_(accepted) {}

    /// Each call returns what is wrong, empty when nothing is. `version`: 10 or 11.
    [[nodiscard]] std::string_view status_line(int status, int version) noexcept;
    [[nodiscard]] std::string_view field(framing_field which, std::string_view value) noexcept;
    [[nodiscard]] std::string_view header_end() noexcept;

    /// After `header_end`.
    [[nodiscard]] framing kind() const noexcept { return kind_; }
    /// The body is coded with gzip.
    [[nodiscard]] bool gzip() const noexcept { return gzip_; }
    /// The peer keeps the connection open and the body's end is known without closing it.
    [[nodiscard]] bool reusable() const noexcept { return reusable_; }
    /// `Keep-Alive: timeout=` in seconds: how long the peer means to keep an idle connection.
    [[nodiscard]] std::optional<std::chrono::seconds> idle_timeout() const noexcept { return idle_timeout_; }

private:
    codings accepted_;
    int status_ = 0;
    int version_ = 11;
    framing kind_ = framing::until_close;
    bool has_length_ = false;
    bool length_is_zero_ = false;
    bool chunked_ = false;
    bool content_coded_ = false;
    bool gzip_ = false;
    bool close_ = false;
    bool reusable_ = false;
    std::optional<std::chrono::seconds> idle_timeout_;
};

}  // namespace getty::connect::proto

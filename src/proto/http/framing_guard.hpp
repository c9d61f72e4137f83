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
    interim,      ///< no body, and the response proper is still to come (1xx)
};

/// Watches the header of one response for anything that two parties could read differently: a connection on
/// which the next response starts at another place than we think hands the next id the wrong image.
///
/// Stricter than RFC 9112 asks of a client: no Content-Length beside Transfer-Encoding, no coding but
/// `chunked` in exactly this form, no content coding that was not asked for, no switch of protocols, a
/// bounded number of interim responses. A Content-Length that says the same several times says it once (RFC
/// 9112 6.3). Used once per response, for the interim ones before it as well; a violation is final.
class framing_guard {
public:
    static constexpr int max_interim = 16;

    enum class codings {
        none,
        gzip,  ///< was asked for
    };

    explicit framing_guard(codings accepted = codings::none) noexcept : accepted_(accepted) {}

    /// Each call returns what is wrong, empty when nothing is. `version`: 10 or 11.
    [[nodiscard]] std::string_view status_line(int status, int version) noexcept;
    [[nodiscard]] std::string_view field(framing_field which, std::string_view value) noexcept;
    [[nodiscard]] std::string_view header_end() noexcept;
    /// After an interim response: the next status line is the next call.
    void next() noexcept;

    /// An interim response has been dealt with, so the peer has seen the request.
    [[nodiscard]] bool after_interim() const noexcept { return interim_ > 0; }
    /// After `header_end`.
    [[nodiscard]] framing kind() const noexcept { return kind_; }
    /// Of a body of that kind.
    [[nodiscard]] std::uint64_t length() const noexcept { return length_.value_or(0); }
    /// The body is coded with gzip.
    [[nodiscard]] bool gzip() const noexcept { return gzip_; }
    /// The peer keeps the connection open and the body's end is known without closing it.
    [[nodiscard]] bool reusable() const noexcept { return reusable_; }
    /// `Keep-Alive: timeout=` in seconds: how long the peer means to keep an idle connection.
    [[nodiscard]] std::optional<std::chrono::seconds> idle_timeout() const noexcept { return idle_timeout_; }

private:
    [[nodiscard]] std::string_view length(std::string_view list) noexcept;

    codings accepted_;
    int interim_ = 0;  // how many came before
    int status_ = 0;
    int version_ = 11;
    framing kind_ = framing::until_close;
    std::optional<std::uint64_t> length_;
    bool chunked_ = false;
    bool content_coded_ = false;
    bool gzip_ = false;
    bool close_ = false;
    bool reusable_ = false;
    std::optional<std::chrono::seconds> idle_timeout_;
};

}  // namespace getty::connect::proto

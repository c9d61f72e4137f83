// One response, from the bytes of a connection.
#pragma once

#include "proto/http/chunk_scanner.hpp"
#include "proto/http/framing_guard.hpp"
#include "proto/http/gzip.hpp"

#include <getty/connect/error.hpp>

#include <boost/system/error_code.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace getty::connect::http {

/// The fields of a response that the library acts on. Views point into the reader's buffer.
struct response {
    int status = 0;
    std::string_view body;
    std::string_view coded_body;  ///< as it came: what a digest of the entity is made from
    std::string_view content_type;
    std::string_view retry_after;
    std::string_view date;
    std::string_view location;
    std::string_view error_detail;  ///< X-Error-Detail, X-Mashery-Error-Code: gateways' own words
    std::string_view request_id;    ///< x-amzn-requestid, else x-amz-cf-id
    std::vector<std::string_view> www_authenticate;
    std::string_view authentication_info;
    std::optional<std::chrono::seconds> idle_timeout;
};

struct response_limits {
    std::size_t max_header_bytes = 16 * 1024;
    std::size_t max_header_fields = 1'000;
    std::size_t max_body_bytes = 1024 * 1024;  ///< unpacked as well
    bool accepts_gzip = false;                 ///< asked for in the request
    bool large_are_usual = false;              ///< a large response is followed by others
};

/// Reads responses one after the other, each into the same buffer.
///
/// A header's grammar is that of Beast's `basic_parser`, which has no opinion on most of what can go wrong;
/// the `framing_guard` has the last word. Chunks are read by the `chunk_scanner`. Bodies are handed out where
/// they arrived, chunks moved together in place.
///
/// Interim responses (1xx) are dropped as they come; the response is what follows them (RFC 9110 15.2).
///
/// Invariant: what is made of a response does not depend on the pieces it arrives in. Status line and header
/// together, of an interim response as well, a chunk's line and all trailers together take max_header_bytes
/// each at most. A header that is refused is told by its line, in printable characters and without the values
/// that could be secrets. Memory: the buffer
/// grows from 16 KiB to 2 * max_header_bytes + max_body_bytes + 16 KiB at most, where the header tells the
/// length no further than the response needs and 4 KiB; `start` gives back one beyond 64 KiB, or, where large
/// responses are usual, one of which the last response used less than a quarter. With gzip max_body_bytes and
/// 56 KiB more. Used on one executor.
class response_reader {
public:
    enum class progress { need_more, done, failed };

    explicit response_reader(const response_limits& limits);
    ~response_reader();
    response_reader(const response_reader&) = delete;
    response_reader& operator=(const response_reader&) = delete;

    /// Forgets the last response, and what came after it; views into it end.
    void start();
    /// Forgets the last response alone: what came after it begins the next one. It is looked at with the next
    /// `received`, of 0 bytes if need be. Views into the last response end. Only after `done`.
    void next();
    /// Gives back what is not to be kept; views into the last response end.
    void shrink() noexcept;
    /// Where to put the next bytes; never empty.
    [[nodiscard]] std::span<char> space();
    /// `bytes` were put there.
    [[nodiscard]] progress received(std::size_t bytes);
    /// No more bytes come. `clean`: the peer said so (close_notify), so a body that ends with the connection
    /// is whole.
    [[nodiscard]] progress ended(bool clean);

    /// After `done`.
    [[nodiscard]] const response& message() const noexcept { return message_; }
    /// Another response can follow: this one was framed beyond doubt and the peer keeps the connection open.
    [[nodiscard]] bool keeps_open() const noexcept;
    /// Bytes came after the response.
    [[nodiscard]] bool has_more() const noexcept { return parsed_ < filled_; }
    /// A byte of the response arrived, or of an interim one before it: the peer has seen the request.
    [[nodiscard]] bool started() const noexcept;
    /// After `failed`.
    [[nodiscard]] errc failure() const noexcept { return failure_; }
    [[nodiscard]] const std::string& failure_text() const noexcept { return failure_text_; }

private:
    class parser;
    struct extent {  // survives a move of the buffer, unlike a view
        std::size_t offset = 0;
        std::size_t size = 0;
    };

    void forget();
    [[nodiscard]] parser& the_parser() const noexcept;
    progress advance();
    progress advance_header();
    progress put_status_line(std::size_t end);
    progress put_bare_status_line();
    void drop_interim();
    progress begin_body();
    progress advance_body();
    progress advance_chunks();
    progress put(std::size_t end);
    progress finish();
    [[nodiscard]] bool unpack(std::string_view coded);
    [[nodiscard]] bool find_lines(std::size_t end) noexcept;
    progress fail(errc code, std::string_view why);
    struct header_line {
        std::string_view text;
        std::size_t number = 0;  // 0: the status line
    };
    [[nodiscard]] header_line line_of(std::size_t at) const noexcept;
    progress fail_line(const header_line& line, std::string_view why);
    progress refuse(const boost::system::error_code& ec, std::size_t end);
    void make_room(std::size_t bytes);
    [[nodiscard]] std::size_t next_capacity() const noexcept;
    [[nodiscard]] bool is_too_large(std::size_t capacity, std::size_t used) const noexcept;
    [[nodiscard]] std::string_view view(const extent& e) const noexcept {
        return {buffer_.get() + e.offset, e.size};
    }

    response_limits limits_;
    std::unique_ptr<char[]> buffer_;
    std::size_t capacity_ = 0;
    std::size_t filled_ = 0;
    std::size_t parsed_ = 0;
    std::size_t searched_ = 0;    // for line ends
    std::size_t lines_ = 0;       // whole lines of the header, and the first byte after them
    std::size_t header_end_ = 0;  // 0 until it is there
    extent body_;
    std::unique_ptr<std::optional<parser>> parser_;  // one for each response, in the same place
    std::optional<proto::chunk_scanner> chunks_;     // from a header that announces chunks on
    response message_;
    std::unique_ptr<proto::gzip_decoder> gzip_;  // from the first coded body on
    std::string unpacked_;
    errc failure_{};
    std::string failure_text_;
};

}  // namespace getty::connect::http

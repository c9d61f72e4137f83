// Where the data is in a chunked body.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace getty::connect::proto {

/// Tells the data of a chunked body from its framing: the chunks' lines, the line ends after their data, the
/// trailers (RFC 9112 7.1).
///
/// Stricter than the RFC asks of a recipient: every line ends in CR LF, no field of a trailer is folded, and
/// none frames or codes the body. Extensions and trailers are checked and passed over.
///
/// Invariant: goes by one byte after the other, so its verdict does not depend on the pieces that they come
/// in. Framing between two pieces of data takes max_framing_bytes at most. A failure is final.
class chunk_scanner {
public:
    struct limits {
        std::size_t max_framing_bytes = 0;
        std::size_t max_trailer_fields = 0;
        std::size_t max_body_bytes = 0;
    };
    enum class state { going_on, done, malformed, framing_too_long, too_many_fields, body_too_large };
    struct piece {
        std::size_t framing = 0;
        std::size_t data = 0;  ///< after the framing
    };

    explicit chunk_scanner(const limits& most) noexcept : limits_(most) {}

    /// What `bytes` begin with. What they have beyond it comes with the next call, while `now` is `going_on`.
    [[nodiscard]] piece next(std::string_view bytes) noexcept;

    [[nodiscard]] state now() const noexcept { return state_; }
    /// After `malformed`.
    [[nodiscard]] std::string_view violation() const noexcept { return violation_; }
    [[nodiscard]] bool in_trailer() const noexcept { return expected_ >= part::trailer_begin; }

private:
    enum class part : std::uint8_t {
        size_begin,
        size,
        blank_after_size,  // or after an extension
        extension_begin,
        extension_name,
        blank_after_name,
        value_begin,
        value,
        quoted,
        escaped,
        after_quoted,
        line_feed,
        data,
        data_end,
        data_line_feed,
        trailer_begin,
        trailer_name,
        trailer_value,
        trailer_line_feed,
        last_line_feed,
    };
    static constexpr std::size_t longest_name = 17;  // of the fields that no trailer may have

    void take(char c) noexcept;
    void take_size(char c) noexcept;
    void take_extension(char c) noexcept;
    void take_trailer(char c) noexcept;
    void after_element(char c) noexcept;
    void expect(char wanted, char c, part then, std::string_view otherwise) noexcept;
    void end_line() noexcept;
    void end_name() noexcept;
    void fail(std::string_view violation) noexcept;

    limits limits_;
    state state_ = state::going_on;
    part expected_ = part::size_begin;
    std::uint64_t size_ = 0;  // of the chunk, or what is left of it
    std::size_t body_ = 0;
    std::size_t framing_ = 0;  // since the last data
    std::size_t fields_ = 0;
    std::array<char, longest_name> name_{};
    std::size_t name_size_ = 0;
    std::string_view violation_;
};

}  // namespace getty::connect::proto

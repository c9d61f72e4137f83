// The hexadecimal spellings that both sides of Digest share.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace getty::connect::proto {

inline constexpr char lower_hex_digits[] = "0123456789abcdef";

/// A nonce count as it goes on the wire: eight lower-case hex digits (RFC 7616 3.4).
class nonce_count_digits {
public:
    explicit constexpr nonce_count_digits(std::uint32_t count) noexcept {
        for (std::size_t i = digits_.size(); i > 0; --i, count >>= 4) {
            digits_[i - 1] = lower_hex_digits[count & 0x0F];
        }
    }
    [[nodiscard]] constexpr std::string_view view() const noexcept {
        return {digits_.data(), digits_.size()};
    }

private:
    std::array<char, 8> digits_{};
};

}  // namespace getty::connect::proto

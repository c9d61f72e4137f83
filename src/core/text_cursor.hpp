// A position in a short text, for the hand-written readers of dates.
#pragma once

#include <cstddef>
#include <string_view>

namespace getty::connect::core {

/// Each `take_` moves past what it names and says so, or moves nowhere.
class text_cursor {
public:
    explicit constexpr text_cursor(std::string_view text) noexcept : rest_(text) {}

    [[nodiscard]] constexpr bool at_end() const noexcept { return rest_.empty(); }
    [[nodiscard]] constexpr char peek() const noexcept { return rest_.empty() ? '\0' : rest_.front(); }

    constexpr bool take(char wanted) noexcept {
        if (rest_.empty() || rest_.front() != wanted) return false;
        rest_.remove_prefix(1);
        return true;
    }

    constexpr bool take(std::string_view wanted) noexcept {
        if (!rest_.starts_with(wanted)) return false;
        rest_.remove_prefix(wanted.size());
        return true;
    }

    /// Exactly `count` decimal digits, at most 9 of them.
    constexpr bool take_digits(std::size_t count, int& value) noexcept {
        if (rest_.size() < count) return false;
        int sum = 0;
        for (std::size_t i = 0; i < count; ++i) {
            if (rest_[i] < '0' || rest_[i] > '9') return false;
            sum = sum * 10 + (rest_[i] - '0');
        }
        value = sum;
        rest_.remove_prefix(count);
        return true;
    }

    /// How many decimal digits follow.
    [[nodiscard]] constexpr std::size_t digits_ahead() const noexcept {
        std::size_t n = 0;
        while (n < rest_.size() && rest_[n] >= '0' && rest_[n] <= '9') ++n;
        return n;
    }

private:
    std::string_view rest_;
};

}  // namespace getty::connect::core

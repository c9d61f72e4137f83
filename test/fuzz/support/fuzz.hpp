// What every fuzz target uses: the first bytes of an input choose, the rest is what is read.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <source_location>
#include <string_view>

namespace getty::connect::fuzz {

/// A property. Where it does not hold the process ends: libFuzzer keeps the input, a replay fails.
inline void must(bool holds, std::source_location where = std::source_location::current()) {
    if (holds) return;
    std::fprintf(stderr, "%s:%u: the property does not hold\n", where.file_name(),
                 static_cast<unsigned>(where.line()));
    std::abort();
}

class input {
public:
    input(const std::uint8_t* data, std::size_t size) noexcept
        : rest_(reinterpret_cast<const char*>(data), size) {}

    /// The next byte as a choice from 0 to `limit` - 1; 0 at the end. Digits choose their value, so that
    /// inputs can be written by hand.
    std::size_t below(std::size_t limit) noexcept {
        if (rest_.empty()) return 0;
        const auto byte = static_cast<unsigned char>(rest_.front());
        rest_.remove_prefix(1);
        const bool digit = byte >= '0' && byte <= '9';
        return (digit ? byte - std::size_t{'0'} : byte) % limit;
    }
    bool yes() noexcept { return below(2) == 1; }

    /// Up to the next line feed, which is dropped.
    std::string_view line() noexcept {
        const std::string_view found = rest_.substr(0, rest_.find('\n'));
        rest_.remove_prefix(found.size() < rest_.size() ? found.size() + 1 : found.size());
        return found;
    }
    [[nodiscard]] bool at_end() const noexcept { return rest_.empty(); }
    [[nodiscard]] std::string_view rest() const noexcept { return rest_; }

private:
    std::string_view rest_;
};

/// One line that a terminal shows as it is.
inline bool is_plain_line(std::string_view text) noexcept {
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (byte < 0x20 || byte == 0x7F) return false;
    }
    return true;
}

}  // namespace getty::connect::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

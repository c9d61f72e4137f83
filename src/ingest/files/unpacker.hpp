// gzip and zstd, unpacked in pieces, member by member.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace getty::connect::ingest {

/// How the bytes of a file are packed.
enum class coding { plain, gzip, zstd };

/// By the first bytes; `plain` for what is neither, packed otherwise included.
[[nodiscard]] coding coding_of(std::string_view beginning) noexcept;
/// Whether `coding_of` may be another one with more bytes: the first line of a terminal can be shorter than
/// what packed files begin with.
[[nodiscard]] bool may_be_packed(std::string_view beginning) noexcept;

/// "gzip", "zstd", "plain text".
[[nodiscard]] std::string_view name_of(coding how) noexcept;

/// Unpacks any number of members (gzip) or frames (zstd, skippable ones included) that stand one behind the
/// other. No look-ahead: `consumed` is exact at the end of each. Memory: what the library needs for a window:
/// 32 KiB for gzip; for zstd what a frame asks for, at most 128 MiB as with the program zstd, 8 MiB up to its
/// level 19.
class unpacker {
public:
    /// Throws `std::bad_alloc`.
    explicit unpacker(coding how);
    ~unpacker();
    unpacker(unpacker&&) noexcept;
    unpacker& operator=(unpacker&&) noexcept;

    struct step {
        std::size_t consumed = 0;
        std::size_t produced = 0;
        bool member_ended = false;  ///< right behind what was consumed
    };
    /// Goes on until `from` is used up, `to` is full or a member has ended. Nothing more once `broken()`.
    [[nodiscard]] step unpack(std::string_view from, std::span<char> to);

    /// Nothing of a member was consumed yet: a file may end here.
    [[nodiscard]] bool between_members() const noexcept;
    /// What is wrong with the bytes, "is damaged: …"; empty as long as nothing is.
    [[nodiscard]] const std::string& broken() const noexcept;

private:
    struct state;
    std::unique_ptr<state> state_;
};

}  // namespace getty::connect::ingest

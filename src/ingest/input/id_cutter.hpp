// Bytes of an input, cut into ids: what every form of input has in common.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>

namespace getty::connect::ingest {

/// One line or record that asks for something: an id, or the reason why it is none.
struct id_line {
    std::uint64_t number = 0;  ///< of the line it begins on, from 1
    std::string id;            ///< empty when `trouble` is not
    std::string trouble;       ///< why it names no id, as "it holds a comma; …"; repeats nothing of it
};

/// Fed with pieces of any size, yields one `id_line` for each line that asks for something. No I/O: whoever
/// reads puts the bytes in. Not safe for concurrent use.
class id_cutter {
public:
    /// A longer line or record is reported and skipped.
    static constexpr std::size_t max_line_bytes = 64 * 1024;

    id_cutter() = default;
    id_cutter(id_cutter&&) noexcept = default;
    id_cutter& operator=(id_cutter&&) noexcept = default;
    virtual ~id_cutter() = default;

    /// Room for more bytes. Never empty after `next()` returned nothing, unless `wrong()`. Invalidated by any
    /// other call.
    [[nodiscard]] virtual std::span<char> room() = 0;
    /// The first `count` bytes of the last `room()` were filled.
    virtual void filled(std::size_t count) noexcept = 0;
    /// No more bytes will come: what is left counts as the last line.
    virtual void finish() noexcept = 0;

    /// The next line with an id or a trouble; nothing when more bytes are needed or, finished, at the end.
    [[nodiscard]] virtual std::optional<id_line> next() = 0;

    /// Bytes that were put in and not handed out yet.
    [[nodiscard]] virtual std::size_t held_bytes() const noexcept = 0;

    /// What the input is instead of one of ids, and the mend: "it is packed with xz; …". Empty unless it is
    /// wrong as a whole.
    [[nodiscard]] virtual const std::string& wrong() const noexcept = 0;
};

}  // namespace getty::connect::ingest

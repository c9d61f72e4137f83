// The bytes of one input to ids: unpacked where they are packed.
#pragma once

#include "ingest/files/unpacker.hpp"
#include "ingest/input/id_cutter.hpp"

#include <getty/connect/ingest/input.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace getty::connect::ingest {

/// What reads an input of this name. Throws `unusable` for options that do not fit.
[[nodiscard]] std::unique_ptr<id_cutter> cutter_for(std::string_view name, const input_options& options);

/// Fed with bytes as they are on disk, yields lines; no I/O. Not safe for concurrent use.
class intake {
public:
    explicit intake(std::unique_ptr<id_cutter> cutter);

    /// Room for more bytes. Never empty after `next()` returned nothing, unless `wrong()`. Invalidated by any
    /// other call.
    [[nodiscard]] std::span<char> room();
    void filled(std::size_t count);
    void finish();
    /// The next line; nothing when more bytes are needed or, finished, at the end.
    [[nodiscard]] std::optional<id_line> next();
    /// Bytes as they are on disk that were put in and not handed out yet; of packed ones that were unpacked,
    /// by the ratio so far.
    [[nodiscard]] std::size_t held_bytes() const noexcept;
    /// As `id_cutter::wrong`; also for packed bytes that are damaged or end too early.
    [[nodiscard]] const std::string& wrong() const noexcept { return wrong_; }

private:
    void decide();
    [[nodiscard]] bool unpack_some();

    std::unique_ptr<id_cutter> cutter_;
    std::optional<coding> coding_;  // not known before the first bytes
    std::optional<unpacker> unpacker_;
    std::vector<char> packed_;
    std::size_t begin_ = 0;
    std::size_t end_ = 0;
    std::uint64_t packed_taken_ = 0;    // by the unpacker
    std::uint64_t unpacked_given_ = 0;  // by it
    bool more_inside_ = false;          // the unpacker had no room for all it has
    bool finished_ = false;
    bool passed_on_ = false;  // that it is finished
    std::string wrong_;
};

}  // namespace getty::connect::ingest

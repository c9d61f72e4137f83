// What faults make of a body, and of the bytes that carry it. No I/O.
#pragma once

#include "sandbox/faults/fault.hpp"
#include "sandbox/http/delivery.hpp"

#include <string>
#include <string_view>

namespace getty::connect::sandbox {

/// `body` after a fault of the kinds `wrong_image` to `gzip_broken`; all other kinds leave it alone. Those
/// that `needs_success` tells of want the answer with image `id`, or one with a token. What becomes of the
/// set of images in an answer of v3 is decided before there is a body: see `v3::spoil`.
[[nodiscard]] std::string spoiled_body(const fault& what, std::string_view id, std::string body);
/// Whether the spoiled body is coded with gzip.
[[nodiscard]] bool is_coded(fault_kind kind) noexcept;

/// An answer's body on the wire.
struct framed_body {
    std::string before;        ///< whole responses that come first
    std::string announcement;  ///< field lines that tell where the body ends
    std::string bytes;
    bool says_close = false;  ///< the header has `Connection: close`
    bool answered = true;     ///< false: not even the header is sent
    delivery how;
};

/// As a fault of the kinds `slow_start` to `reset` sends it; as it should be for all other kinds.
[[nodiscard]] framed_body framed(const fault& what, std::string body);

}  // namespace getty::connect::sandbox

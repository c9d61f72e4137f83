// What becomes of one id.
#pragma once

#include <getty/connect/image.hpp>
#include <getty/connect/result.hpp>

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#pragma GCC visibility push(default)

namespace getty::connect::inline GETTY_CONNECT_ABI {

/// An image in the forms that were asked for.
struct document {
    /// Filled for `decode::typed` and `decode::both`.
    connect::image image;
    /// Filled for `decode::raw` and `decode::both`: the image's JSON object, byte for byte as the service
    /// sent it, line breaks between its tokens included (see `append_single_line`). It is JSON by RFC 8259 in
    /// UTF-8, at most 32 levels deep, with no escape that is half of a surrogate pair: a body that is not
    /// fails its lookup with `errc::malformed_body`. What the values are, how large its numbers, and whether
    /// a key comes twice, is not looked at.
    std::string raw;
    /// The service's `CoordinationId`, empty when it sent none or for `decode::raw`.
    std::string coordination_id;
};

/// Appends the JSON text `raw`, `document::raw` for example, to `out` as one line without a line end, as
/// NDJSON wants it: runs of white space between tokens that hold CR, LF or TAB are dropped, all other bytes
/// stay as they are.
///
/// In text that is no JSON no two tokens become one either: a blank stays between them. What is in quotes is
/// never touched, line breaks that must not be there included.
///
///     std::string line;
///     append_single_line(line, one.value->raw);
///     file << line << '\n';
void append_single_line(std::string& out, std::string_view raw);

/// Exactly one per id that a batch pulled.
struct outcome {
    outcome();

    std::string id;
    /// Position of the id in the source, from 0.
    std::uint64_t index = 0;
    result<document> value;
    /// Requests that went out for it, authentication rounds included; 0 when none did.
    unsigned attempts = 0;
    std::chrono::nanoseconds elapsed{0};
};

inline outcome::outcome() : value(document{}) {}

}  // namespace getty::connect::inline GETTY_CONNECT_ABI

#pragma GCC visibility pop

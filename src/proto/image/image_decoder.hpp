// The body of an image lookup, straight into the typed image.
#pragma once

#include "proto/json/decode_failure.hpp"

#include <getty/connect/image.hpp>

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace getty::connect::proto {

/// Reads `{"CoordinationId": text, "Images": [image, ...]}`, or the bare array of images, into an `image`.
///
/// - Key names are exact. Unknown keys are skipped at any depth; of duplicate keys the last one counts. A
///   byte order mark before the document is skipped (RFC 8259 8.1).
/// - `null`, a missing key, and `""` for anything but a text leave the field absent; `""` for a text is
///   present. `null` entries of a list are skipped.
/// - Integers may be written in any exact way ("3.0", "1e3"); `EventId` and the entries of `EventIds` also as
///   decimal text. All else is `wrong_type` or `out_of_range`, never a rounded value. Unknown numbers may
///   have any size, but an exponent beyond 2^31 is `out_of_range` everywhere.
/// - Of several images the first whose `ImageId` equals the wanted id is taken, and those after it are only
///   checked for syntax. One image alone may have no id (missing, null or blank). Otherwise: `wrong_image`.
///
/// Reusable, and without allocations of its own once its buffers have grown to the largest body seen: what
/// `decode` allocates belongs to the image. One decoder serves one thread at a time.
class image_decoder {
public:
    static constexpr std::size_t max_depth = 32;
    static constexpr std::size_t max_text_bytes = std::size_t{1} << 20;
    static constexpr std::size_t max_key_bytes = 1024;
    static constexpr std::size_t max_list_entries = 65'536;
    static constexpr std::size_t max_object_keys = 4096;

    image_decoder();
    ~image_decoder();
    image_decoder(image_decoder&&) noexcept;
    image_decoder& operator=(image_decoder&&) noexcept;

    /// Decodes the whole `body`; keeps no view into it. Returns nothing on success.
    ///
    /// On failure `out` is untouched. `coordination_id` is overwritten with the document's, or emptied; on
    /// failure it holds what had been read by then. Throws only `std::bad_alloc`.
    [[nodiscard]] std::optional<decode_failure> decode(std::string_view body, std::string_view wanted_id,
                                                       image& out, std::string& coordination_id);

private:
    struct impl;
    std::unique_ptr<impl> impl_;
};

}  // namespace getty::connect::proto

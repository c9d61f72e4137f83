// The body of a v3 lookup: several images, and the ids of those that there are not.
#pragma once

#include "proto/json/decode_failure.hpp"

#include <getty/connect/image.hpp>

#include <memory>
#include <optional>
#include <string_view>

namespace getty::connect::proto {

/// Who takes what a body of several images holds. Texts are good for the call alone.
class image_set_sink {
public:
    /// Where the image that says this id goes; null: nobody wants it (a stranger, or a second one).
    virtual image* place_for(std::string_view id) = 0;
    /// An id of `images_not_found`.
    virtual void not_found(std::string_view id) = 0;
    /// An image without an id (absent, null, blank).
    virtual void nameless() = 0;

protected:
    ~image_set_sink() = default;
};

/// Why a document without either list is none.
[[nodiscard]] decode_failure no_image_lists();

/// Reads `{"images": [image, ...], "images_not_found": [id, ...]}`.
///
/// - Each of the two lists may be missing, or be `null`, `""` or `[]`; both missing is `no_images`. `null`
///   entries, and blank ids, are skipped. A list that comes twice is told twice.
/// - What is said of keys and of values in `image_decoder` holds here too; the limits are the same.
/// - Each image has what v3 has by other names under the names of `image`, and the rest in `v3()`. A date
///   without a zone is UTC. What is derived: `event_id` is the first of `event_ids`,
///   `authorization_constraints` has "CallForImage" when `call_for_image` is true, and the addresses
///   `url_comp` to `url_watermark_preview` are those of the first display size with that name that is or is
///   not watermarked; one that does not say is not.
/// - `collection_id` and the source's id are numbers that become text; texts are taken as well. `event_ids`
///   may be written as decimal text. Rights to download that stand where sizes do are each a size with that
///   one download. A system that is named twice in `alternative_ids` is there twice.
///
/// Reusable, and without allocations of its own once its buffers have grown to the largest body seen: what
/// `decode` allocates belongs to the images. One decoder serves one thread at a time.
class image_set_decoder {
public:
    image_set_decoder();
    ~image_set_decoder();
    image_set_decoder(image_set_decoder&&) noexcept;
    image_set_decoder& operator=(image_set_decoder&&) noexcept;

    /// Decodes the whole `body`; keeps no view into it. Returns nothing on success. Images and ids are told
    /// in the order of the body, as they are read: on failure those before the place of the fault have been
    /// told already. Throws only `std::bad_alloc` and what the sink throws.
    [[nodiscard]] std::optional<decode_failure> decode(std::string_view body, image_set_sink& into);

private:
    struct impl;
    std::unique_ptr<impl> impl_;
};

/// As `image_set_sink`, for the bytes of each image's object, braces included: a view into the body. The ids
/// are good for the call alone.
class raw_set_sink {
public:
    virtual void object(std::string_view id, std::string_view bytes) = 0;
    virtual void not_found(std::string_view id) = 0;
    virtual void nameless() = 0;

protected:
    ~raw_set_sink() = default;
};

/// Tells the images of the same documents as `image_set_decoder` reads, without looking at what is in them
/// but the id: see `find_raw_image` for what is checked, and what is not. What the decoder accepts is
/// accepted, with the same ids in the same order; the reverse does not hold. On failure those before the
/// place of the fault have been told already.
///
/// Allocates only to report a failure, or for an id or key that is written with escapes.
[[nodiscard]] std::optional<decode_failure> find_raw_images(std::string_view body, raw_set_sink& into);

}  // namespace getty::connect::proto

#include "proto/image/raw_image.hpp"

#include "core/sanitize.hpp"
#include "proto/image/image_scanner.hpp"

#include <cstddef>
#include <string>
#include <utility>

namespace getty::connect::proto {
namespace {

/// Keeps the image that is wanted, or the last one seen.
class one_image {
public:
    static constexpr std::string_view images_key = "Images";
    static constexpr std::string_view id_key = "ImageId";
    static constexpr std::string_view missing_key = {};
    static constexpr bool takes_bare_array = true;

    explicit one_image(std::string_view wanted_id) noexcept : wanted_id_(wanted_id) {}

    void begin_images() noexcept {
        images_ = 0;
        chosen_ = false;
    }
    void image(std::string_view object, const raw_string* id) {
        ++images_;
        object_ = object;
        id_ = id != nullptr ? *id : raw_string{};
        chosen_ = id != nullptr && means(*id, wanted_id_);
    }
    [[nodiscard]] bool done() const noexcept { return chosen_; }

    std::optional<decode_failure> choose(std::string_view images_name, std::string_view& object) const {
        if (images_ == 0) return decode_failure{decode_kind::no_images, 0, std::string(images_name), {}};
        if (!chosen_ && !(images_ == 1 && id_.source.empty())) {
            std::string detail = "asked for " + core::printable(wanted_id_, 64);
            if (images_ == 1) detail += ", got " + core::printable(id_.source, 64);
            if (images_ > 1) detail += ", got " + std::to_string(images_) + " others";
            return decode_failure{decode_kind::wrong_image, 0, std::string(images_name), std::move(detail)};
        }
        object = object_;
        return std::nullopt;
    }

private:
    std::string_view wanted_id_;
    std::size_t images_ = 0;  ///< image objects seen, up to the chosen one
    std::string_view object_;
    raw_string id_;
    bool chosen_ = false;
};

}  // namespace

std::optional<decode_failure> find_raw_image(std::string_view body, std::string_view wanted_id,
                                             std::string_view& object, bool* unnamed) {
    const readable_body readable(body);
    one_image taker(wanted_id);
    image_scanner<one_image> over(readable.text(), taker);
    std::optional<decode_failure> failure = over.run();
    if (!failure) failure = taker.choose(over.images_name(), object);
    if (unnamed != nullptr) *unnamed = !failure && !taker.done();
    return failure;
}

}  // namespace getty::connect::proto

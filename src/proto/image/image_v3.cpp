#include "proto/image/image_v3_fields.hpp"

#include <getty/connect/image.hpp>

namespace getty::connect::inline GETTY_CONNECT_ABI {

image_v3::image_v3() = default;

member_state image_v3::state(std::string_view key) const noexcept {
    const std::size_t index = proto::image_v3_key(key);
    return index < keys ? states[index] : member_state::absent;
}

}  // namespace getty::connect::inline GETTY_CONNECT_ABI

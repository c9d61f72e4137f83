#include <getty/connect/image.hpp>

namespace getty::connect::inline GETTY_CONNECT_ABI {

image_v3::image_v3() = default;

}  // namespace getty::connect::inline GETTY_CONNECT_ABI

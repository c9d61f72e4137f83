// What of a batch depends on the dialect.
#pragma once

#include <cstddef>

namespace getty::connect::lookup {

struct batch_shape {
    std::size_t max_in_flight = 64;
    std::size_t ids_per_request = 1;  ///< more than one: ids are gathered, and asked for in groups
};

}  // namespace getty::connect::lookup

// What of a batch depends on the dialect.
#pragma once

#include <cstddef>

namespace getty::connect::lookup {

struct batch_shape {
    std::size_t max_in_flight = 64;
    std::size_t ids_per_request = 1;
    bool in_groups = false;  ///< ids are asked for in groups, of one id perhaps
};

}  // namespace getty::connect::lookup

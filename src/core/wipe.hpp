// Forgetting what was in memory.
#pragma once

#include <span>

namespace getty::connect::core {

/// Overwrites the bytes, also where nobody reads them any more.
inline void wipe(std::span<char> bytes) noexcept {
    // volatile: the compiler may not drop stores to memory that is about to be freed
    volatile char* p = bytes.data();
    for (std::size_t i = 0; i < bytes.size(); ++i) p[i] = 0;
}

}  // namespace getty::connect::core

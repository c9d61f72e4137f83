// Memory for coroutine frames.
#pragma once

#include <cstddef>

namespace getty::connect::async {

/// A block of at least `bytes`, of those that this thread has released if one fits: a lookup takes and
/// releases the same few frames as the one before it. A thread keeps 270 KiB at most. Throws
/// `std::bad_alloc`.
[[nodiscard]] void* allocate_frame(std::size_t bytes);
/// On any thread. `bytes` as it was asked for.
void release_frame(void* block, std::size_t bytes) noexcept;

}  // namespace getty::connect::async

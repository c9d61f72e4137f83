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

/// The same for the standard library, for what lives about as long as a frame.
template <class T>
struct frame_allocator {
    using value_type = T;

    frame_allocator() = default;
    template <class U>
    frame_allocator(const frame_allocator<U>& /*other*/) noexcept {}

    [[nodiscard]] T* allocate(std::size_t count) {
        static_assert(alignof(T) <= alignof(std::max_align_t));
        return static_cast<T*>(allocate_frame(count * sizeof(T)));
    }
    void deallocate(T* block, std::size_t count) noexcept { release_frame(block, count * sizeof(T)); }

    template <class U>
    friend bool operator==(const frame_allocator&, const frame_allocator<U>&) noexcept {
        return true;
    }
};

}  // namespace getty::connect::async

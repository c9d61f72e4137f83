// How the bytes of one answer go out.
#pragma once

#include <chrono>
#include <cstddef>

namespace getty::connect::sandbox {

/// Has a constructor of its own: see the coroutine rules of g++ 12.
struct delivery {
    delivery() {}

    enum class ending {
        keep,
        close,  ///< after the last byte, with TLS's own end
        reset,  ///< after the last byte, as a process that dies would
    };

    std::chrono::milliseconds wait{0};  ///< before the first byte
    std::size_t body_at = 0;            ///< where the body begins in the answer
    std::size_t piece_bytes = 0;        ///< bytes of the body per write; 0: all at once
    std::chrono::milliseconds piece_wait{0};
    ending end = ending::keep;

    [[nodiscard]] bool is_plain() const noexcept {
        return wait == wait.zero() && piece_bytes == 0 && end != ending::reset;
    }
};

}  // namespace getty::connect::sandbox

#include "async/frame_pool.hpp"

#include <array>
#include <new>

namespace getty::connect::async {
namespace {

#if defined(__SANITIZE_ADDRESS__)
constexpr bool recycles = false;  // a frame that is used after its end must be seen
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(memory_sanitizer)
constexpr bool recycles = false;
#else
constexpr bool recycles = true;
#endif
#else
constexpr bool recycles = true;
#endif

constexpr std::size_t granule = 64;
constexpr std::size_t classes = 32;   // larger frames are not kept
constexpr std::size_t most_kept = 8;  // of each class

struct free_block {
    free_block* next;
};

struct free_list {
    free_block* first = nullptr;
    std::size_t size = 0;
};

// Trivial, so that it can be used before and after everything else of the thread.
constinit thread_local std::array<free_list, classes> kept{};
constinit thread_local bool ending = false;
constinit thread_local bool cleans = false;

/// Gives back at the thread's end what it kept.
struct cleaner {
    void arm() noexcept {}
    ~cleaner() {
        ending = true;
        for (free_list& list : kept) {
            while (free_block* block = list.first) {
                list.first = block->next;
                ::operator delete(block);
            }
            list.size = 0;
        }
    }
};
thread_local cleaner at_end;

constexpr std::size_t class_of(std::size_t bytes) noexcept { return (bytes - 1) / granule; }

}  // namespace

void* allocate_frame(std::size_t bytes) {
    const std::size_t which = class_of(bytes);
    if (!recycles || which >= classes) return ::operator new(bytes);
    free_list& list = kept[which];
    free_block* const block = list.first;
    if (block == nullptr) return ::operator new((which + 1) * granule);
    list.first = block->next;
    --list.size;
    return block;
}

void release_frame(void* block, std::size_t bytes) noexcept {
    const std::size_t which = class_of(bytes);
    if (recycles && which < classes && !ending) {
        free_list& list = kept[which];
        if (list.size < most_kept) {
            if (!cleans) {
                cleans = true;
                at_end.arm();
            }
            list.first = ::new (block) free_block{list.first};
            ++list.size;
            return;
        }
    }
    ::operator delete(block);
}

}  // namespace getty::connect::async

// Many deadlines behind one timer.
#pragma once

#include "core/time.hpp"

#include <cstddef>
#include <vector>

namespace getty::connect::core {

/// A binary heap of deadlines. Adding and removing cost O(log n) and allocate only while the heap grows.
///
/// Vocabulary: an *entry* is owned by whoever waits and is in at most one queue; it is *due* when its time
/// has come. Invariants: `entry.position_` is its index in the heap, or `absent`; no entry is earlier than
/// its parent. Not safe for concurrent calls.
class deadline_queue {
public:
    class entry {
    public:
        entry() = default;
        entry(const entry&) = delete;
        entry& operator=(const entry&) = delete;
        [[nodiscard]] bool queued() const noexcept { return position_ != absent; }
        [[nodiscard]] time_point when() const noexcept { return when_; }

    protected:
        ~entry() = default;

    private:
        friend class deadline_queue;
        /// Called once the time has come; the entry is no longer queued and may be added again.
        virtual void due() noexcept = 0;

        static constexpr std::size_t absent = static_cast<std::size_t>(-1);
        time_point when_ = never;
        std::size_t position_ = absent;
    };

    deadline_queue() = default;
    deadline_queue(const deadline_queue&) = delete;
    deadline_queue& operator=(const deadline_queue&) = delete;
    ~deadline_queue();

    /// Queues `e`, or moves it when it is queued already.
    void set(entry& e, time_point when);
    /// No effect when `e` is not queued.
    void remove(entry& e) noexcept;
    /// The earliest deadline, `never` when there is none.
    [[nodiscard]] time_point next() const noexcept { return heap_.empty() ? never : heap_.front()->when_; }
    [[nodiscard]] std::size_t size() const noexcept { return heap_.size(); }
    /// Calls `due()` of every entry with `when <= now`, earliest first; entries may be set and removed
    /// meanwhile.
    void run(time_point now) noexcept;

private:
    void place(std::size_t position, entry* e) noexcept;
    void sift_up(std::size_t position, entry* e) noexcept;
    void sift_down(std::size_t position, entry* e) noexcept;

    std::vector<entry*> heap_;
};

}  // namespace getty::connect::core

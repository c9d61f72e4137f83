// Many deadlines behind one timer.
#pragma once

#include "core/time.hpp"

#include <cstddef>
#include <vector>

namespace getty::connect::core {

/// A binary heap of deadlines. Adding and removing cost O(log n) and allocate only while the heap grows;
/// to postpone costs nothing: most deadlines are postponed, or taken back, before their time.
///
/// Vocabulary: an *entry* is owned by whoever waits and is in at most one queue; it is *due* when its time
/// has come; its *key* is where it stands in the heap, at its time or before it. Invariants:
/// `entry.position_` is its index in the heap, or `absent`; no entry's key is earlier than its parent's; no
/// key is later than its entry's time. Not safe for concurrent calls.
class deadline_queue {
public:
    class entry {
    public:
        entry() = default;
        entry(const entry&) = delete;
        entry& operator=(const entry&) = delete;
        [[nodiscard]] bool queued() const noexcept { return position_ != absent && when_ != never; }
        [[nodiscard]] time_point when() const noexcept { return when_; }

    protected:
        ~entry() = default;

    private:
        friend class deadline_queue;
        /// Called once the time has come; the entry is no longer queued and may be added again.
        virtual void due() noexcept = 0;

        static constexpr std::size_t absent = static_cast<std::size_t>(-1);
        time_point when_ = never;
        time_point key_ = never;
        std::size_t position_ = absent;
    };

    deadline_queue() = default;
    deadline_queue(const deadline_queue&) = delete;
    deadline_queue& operator=(const deadline_queue&) = delete;
    ~deadline_queue();

    /// Queues `e`, or moves it when it is queued already. With `never` it is not queued any more, but keeps
    /// its place in the heap for the next time: only `remove` lets go of it.
    void set(entry& e, time_point when);
    /// `e` is not queued any more and has no place; it may go. No effect when it has none.
    void remove(entry& e) noexcept;
    /// No entry is due before; `never` when there is none. It may be early: `run` then finds nothing to do,
    /// and afterwards it is later.
    [[nodiscard]] time_point next() const noexcept { return heap_.empty() ? never : heap_.front()->key_; }
    /// How many are queued.
    [[nodiscard]] std::size_t size() const noexcept { return queued_; }
    /// Calls `due()` of every entry with `when <= now`, earliest first; entries may be set and removed
    /// meanwhile.
    void run(time_point now) noexcept;

private:
    void place(std::size_t position, entry* e) noexcept;
    void sift_up(std::size_t position, entry* e) noexcept;
    void sift_down(std::size_t position, entry* e) noexcept;

    std::vector<entry*> heap_;
    std::size_t queued_ = 0;
};

}  // namespace getty::connect::core

#include "core/deadline_queue.hpp"

namespace getty::connect::core {

deadline_queue::~deadline_queue() {
    for (entry* e : heap_) e->position_ = entry::absent;
}

void deadline_queue::set(entry& e, time_point when) {
    if (!e.queued()) {
        heap_.push_back(&e);
        e.when_ = when;
        sift_up(heap_.size() - 1, &e);
        return;
    }
    const bool earlier = when < e.when_;
    e.when_ = when;
    if (earlier) {
        sift_up(e.position_, &e);
    } else {
        sift_down(e.position_, &e);
    }
}

void deadline_queue::remove(entry& e) noexcept {
    if (!e.queued()) return;
    const std::size_t hole = e.position_;
    e.position_ = entry::absent;
    entry* last = heap_.back();
    heap_.pop_back();
    if (last == &e) return;
    if (hole > 0 && last->when_ < heap_[(hole - 1) / 2]->when_) {
        sift_up(hole, last);
    } else {
        sift_down(hole, last);
    }
}

void deadline_queue::run(time_point now) noexcept {
    while (!heap_.empty() && heap_.front()->when_ <= now) {
        entry* e = heap_.front();
        remove(*e);
        e->due();
    }
}

void deadline_queue::place(std::size_t position, entry* e) noexcept {
    heap_[position] = e;
    e->position_ = position;
}

void deadline_queue::sift_up(std::size_t position, entry* e) noexcept {
    while (position > 0) {
        const std::size_t parent = (position - 1) / 2;
        if (heap_[parent]->when_ <= e->when_) break;
        place(position, heap_[parent]);
        position = parent;
    }
    place(position, e);
}

void deadline_queue::sift_down(std::size_t position, entry* e) noexcept {
    for (;;) {
        std::size_t child = 2 * position + 1;
        if (child >= heap_.size()) break;
        if (child + 1 < heap_.size() && heap_[child + 1]->when_ < heap_[child]->when_) ++child;
        if (heap_[child]->when_ >= e->when_) break;
        place(position, heap_[child]);
        position = child;
    }
    place(position, e);
}

}  // namespace getty::connect::core

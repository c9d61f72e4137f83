#include "core/deadline_queue.hpp"

namespace getty::connect::core {

deadline_queue::~deadline_queue() {
    for (entry* e : heap_) {
        e->position_ = entry::absent;
        e->when_ = never;
    }
}

void deadline_queue::set(entry& e, time_point when) {
    if (e.position_ == entry::absent) {
        if (when == never) return;
        heap_.push_back(&e);
        ++queued_;
        e.when_ = e.key_ = when;
        sift_up(heap_.size() - 1, &e);
        return;
    }
    if (e.when_ != never) --queued_;
    if (when != never) ++queued_;
    e.when_ = when;
    if (when >= e.key_) return;
    e.key_ = when;
    sift_up(e.position_, &e);
}

void deadline_queue::remove(entry& e) noexcept {
    if (e.position_ == entry::absent) return;
    const std::size_t hole = e.position_;
    e.position_ = entry::absent;
    if (e.when_ != never) --queued_;
    e.when_ = never;
    entry* last = heap_.back();
    heap_.pop_back();
    if (last == &e) return;
    if (hole > 0 && last->key_ < heap_[(hole - 1) / 2]->key_) {
        sift_up(hole, last);
    } else {
        sift_down(hole, last);
    }
}

void deadline_queue::run(time_point now) noexcept {
    while (!heap_.empty() && heap_.front()->key_ <= now) {
        entry* e = heap_.front();
        if (e->when_ != e->key_ && e->when_ != never) {  // postponed: to its place among the others
            e->key_ = e->when_;
            sift_down(0, e);
            continue;
        }
        const bool is_due = e->when_ != never;
        remove(*e);
        if (is_due) e->due();
    }
}

void deadline_queue::place(std::size_t position, entry* e) noexcept {
    heap_[position] = e;
    e->position_ = position;
}

void deadline_queue::sift_up(std::size_t position, entry* e) noexcept {
    while (position > 0) {
        const std::size_t parent = (position - 1) / 2;
        if (heap_[parent]->key_ <= e->key_) break;
        place(position, heap_[parent]);
        position = parent;
    }
    place(position, e);
}

void deadline_queue::sift_down(std::size_t position, entry* e) noexcept {
    for (;;) {
        std::size_t child = 2 * position + 1;
        if (child >= heap_.size()) break;
        if (child + 1 < heap_.size() && heap_[child + 1]->key_ < heap_[child]->key_) ++child;
        if (heap_[child]->key_ >= e->key_) break;
        place(position, heap_[child]);
        position = child;
    }
    place(position, e);
}

}  // namespace getty::connect::core

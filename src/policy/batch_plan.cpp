#include "policy/batch_plan.hpp"

#include <algorithm>
#include <cassert>

namespace getty::connect::policy {

batch_plan::batch_plan(const batch_limits& limits, const core::hash_key& key) : limits_(limits), key_(key) {
    limits_.max_in_flight = std::clamp<std::size_t>(limits_.max_in_flight, 1, none / 2);
    limits_.ids_per_request = std::clamp<std::size_t>(limits_.ids_per_request, 1, 1'000);
    limits_.max_in_flight = std::min(limits_.max_in_flight, none / 2 / limits_.ids_per_request);
    limits_.max_buffered = std::min<std::size_t>(limits_.max_buffered, none / 2);
}

bool batch_plan::may_pull(std::size_t window) const noexcept {
    return outstanding_ + limits_.ids_per_request <= capacity() &&
           in_flight() < std::min(limits_.max_in_flight, window) + aside_;
}

/// The first of the free entries, or a new one.
batch_plan::entry batch_plan::vacancy() {
    if (free_ == none) {
        assert(entries_.size() < capacity());
        entries_.emplace_back();
        free_ = static_cast<entry>(entries_.size() - 1);
    }
    return free_;
}

batch_plan::admitted batch_plan::pulled(std::string_view id) {
    // What allocates comes first: where there is no memory, nothing has changed.
    const entry at = vacancy();
    slot& e = entries_[at];
    e.id.assign(id);
    if (limits_.merge_duplicates) leaders_.reserve(flying_ + 1);
    e.first_follower = e.last_follower = e.next_follower = none;
    e.sequence = sequence_++;
    free_ = e.next;
    ++outstanding_;
    if (limits_.order == delivery_order::input) queue(at);
    if (limits_.merge_duplicates) {
        e.hash = core::keyed_hash(key_, id);
        const entry leader =
            leaders_.find(e.hash, [&](std::uint32_t other) { return entries_[other].id == id; });
        if (leader != none) {
            slot& l = entries_[leader];
            (l.last_follower == none ? l.first_follower : entries_[l.last_follower].next_follower) = at;
            l.last_follower = at;
            e.is = state::joined;
            return {at, leader};
        }
        leaders_.insert(e.hash, at);
    }
    e.is = state::flying;
    ++flying_;
    assert(flying_ <= (limits_.max_in_flight + aside_ + 1) * limits_.ids_per_request);
    return {at, std::nullopt};
}

void batch_plan::finished(entry at, std::vector<entry>& followers) {
    slot& leader = entries_[at];
    assert(leader.is == state::flying);
    for (entry f = leader.first_follower; f != none; f = entries_[f].next_follower) followers.push_back(f);
    --flying_;
    if (limits_.merge_duplicates) leaders_.erase(leader.hash, at);
    const bool by_completion = limits_.order == delivery_order::completion;
    leader.is = state::ready;
    if (by_completion) queue(at);
    for (entry f = leader.first_follower; f != none; f = entries_[f].next_follower) {
        entries_[f].is = state::ready;
        if (by_completion) queue(f);
    }
}

std::optional<batch_plan::entry> batch_plan::front() const noexcept {
    if (first_ == none || entries_[first_].is != state::ready) return std::nullopt;
    return first_;
}

batch_plan::entry batch_plan::hand_out() noexcept {
    assert(front());
    const entry at = first_;
    first_ = entries_[at].next;
    if (first_ == none) last_ = none;
    entries_[at].is = state::handed;
    return at;
}

void batch_plan::give_back(entry at) noexcept {
    assert(entries_[at].is == state::handed);
    entries_[at].is = state::ready;
    entry before = none;
    entry after = first_;
    if (limits_.order == delivery_order::input) {
        while (after != none && entries_[after].sequence < entries_[at].sequence) {
            before = after;
            after = entries_[after].next;
        }
    }
    entries_[at].next = after;
    (before == none ? first_ : entries_[before].next) = at;
    if (after == none) last_ = at;
}

void batch_plan::delivered(entry at) noexcept {
    assert(entries_[at].is == state::handed);
    entries_[at].is = state::free;
    entries_[at].next = free_;
    free_ = at;
    --outstanding_;
}

std::string_view batch_plan::id(entry at) const noexcept {
    assert(entries_[at].is != state::free);
    return entries_[at].id;
}

std::size_t batch_plan::buffered() const noexcept {
    const auto holds_outcome = [](const slot& s) { return s.is == state::ready || s.is == state::handed; };
    return static_cast<std::size_t>(std::count_if(entries_.begin(), entries_.end(), holds_outcome));
}

void batch_plan::queue(entry at) noexcept {
    entries_[at].next = none;
    (last_ == none ? first_ : entries_[last_].next) = at;
    last_ = at;
}

}  // namespace getty::connect::policy

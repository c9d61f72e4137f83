#include "policy/batch_plan.hpp"

#include <algorithm>
#include <cassert>
#include <functional>

namespace getty::connect::policy {

batch_plan::batch_plan(const batch_limits& limits) : limits_(limits) {
    limits_.max_in_flight = std::clamp<std::size_t>(limits_.max_in_flight, 1, none / 2);
    limits_.max_buffered = std::min<std::size_t>(limits_.max_buffered, none / 2);
    entries_.resize(limits_.max_in_flight + limits_.max_buffered);
    for (std::size_t i = entries_.size(); i-- > 0;) {
        entries_[i].next = free_;
        free_ = static_cast<entry>(i);
    }
    if (limits_.merge_duplicates) leaders_.reserve(limits_.max_in_flight);
}

bool batch_plan::may_pull(std::size_t window) const noexcept {
    return outstanding_ < entries_.size() && in_flight_ < std::min(limits_.max_in_flight, window);
}

batch_plan::admitted batch_plan::pulled(std::string_view id) {
    assert(free_ != none);
    const entry at = free_;
    slot& e = entries_[at];
    e.id.assign(id);
    e.first_follower = e.last_follower = e.next_follower = none;
    free_ = e.next;
    ++outstanding_;
    if (limits_.order == delivery_order::input) queue(at);
    if (limits_.merge_duplicates) {
        e.hash = spread(std::hash<std::string_view>{}(id));
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
    ++in_flight_;
    assert(in_flight_ <= limits_.max_in_flight);
    return {at, std::nullopt};
}

void batch_plan::finished(entry at, std::vector<entry>& followers) {
    slot& leader = entries_[at];
    assert(leader.is == state::flying);
    --in_flight_;
    if (limits_.merge_duplicates) leaders_.erase(leader.hash, at);
    const bool by_completion = limits_.order == delivery_order::completion;
    leader.is = state::ready;
    if (by_completion) queue(at);
    for (entry f = leader.first_follower; f != none; f = entries_[f].next_follower) {
        entries_[f].is = state::ready;
        if (by_completion) queue(f);
        followers.push_back(f);
    }
}

std::optional<batch_plan::entry> batch_plan::front() const noexcept {
    if (first_ == none || entries_[first_].is != state::ready) return std::nullopt;
    return first_;
}

void batch_plan::delivered() noexcept {
    assert(front());
    const entry at = first_;
    first_ = entries_[at].next;
    if (first_ == none) last_ = none;
    entries_[at].is = state::free;
    entries_[at].next = free_;
    free_ = at;
    --outstanding_;
}

std::string_view batch_plan::id(entry at) const noexcept {
    assert(entries_[at].is != state::free);
    return entries_[at].id;
}

void batch_plan::queue(entry at) noexcept {
    entries_[at].next = none;
    (last_ == none ? first_ : entries_[last_].next) = at;
    last_ = at;
}

}  // namespace getty::connect::policy

#include "policy/group_split.hpp"

#include <cassert>

namespace getty::connect::policy {

group_verdict judge_group(errc why, int status, std::size_t ids, const group_habits& habits) noexcept {
    if (ids < 2) return group_verdict::fail_all;
    if (why == errc::not_found) {
        return habits.not_found_means_all() ? group_verdict::fail_all : group_verdict::halve;
    }
    switch (why) {
        case errc::body_too_large:
        case errc::malformed_body:
        case errc::wrong_image:
        case errc::bad_request:
            return group_verdict::halve;
        default:
            break;
    }
    return status == 404 || status == 413 || status == 414 || status == 422 ? group_verdict::halve
                                                                            : group_verdict::fail_all;
}

void group_parts::begin(std::size_t ids) {
    assert(ids > 0);
    waiting_.clear();
    waiting_.push_back({0, ids});
}

std::optional<group_parts::part> group_parts::next() noexcept {
    if (waiting_.empty()) return std::nullopt;
    last_ = waiting_.back();
    waiting_.pop_back();
    return last_;
}

void group_parts::halve() {
    assert(last_.count > 1);
    const std::size_t left = last_.count / 2;
    waiting_.push_back({last_.first + left, last_.count - left});
    waiting_.push_back({last_.first, left});
}

}  // namespace getty::connect::policy

#include "cli/report/tally.hpp"

namespace getty::connect::cli {
namespace {

bool network_trouble(const error& why) noexcept {
    return why.kind() == condition::unreachable || why.stage() == stage::resolve ||
           why.stage() == stage::connect || why.stage() == stage::tls;
}

}  // namespace

void tally::add_accepted(const error& why) noexcept {
    ++failed_;
    ++accepted_;
    ++by_kind_[static_cast<std::size_t>(why.kind())];
}

void tally::add_failure(const error& why) noexcept {
    ++failed_;
    ++by_kind_[static_cast<std::size_t>(why.kind())];
    if (why.value() == errc::quota_exhausted) ++quota_;
    if (why.kind() == condition::auth_failed) ++authentication_;
    if (why.kind() == condition::invalid_input) ++invalid_;
    if (network_trouble(why)) ++no_answer_;
}

std::uint64_t tally::failed(condition kind) const noexcept {
    return by_kind_[static_cast<std::size_t>(kind)];
}

exit_code tally::verdict() const noexcept {
    if (failed_ == accepted_) return exit_code::success;
    if (quota_ > 0) return exit_code::quota;
    if (authentication_ > 0) return exit_code::authentication;
    // Ids that were refused before any I/O say nothing about the network.
    const bool nothing_reached = no_answer_ > 0 && no_answer_ + invalid_ == total();
    return nothing_reached ? exit_code::unreachable : exit_code::some_failed;
}

exit_code verdict(const error& why) noexcept {
    tally one;
    one.add_failure(why);
    return one.verdict();
}

exit_code verdict_on_end(const error& why) noexcept {
    if (why.value() == errc::quota_exhausted) return exit_code::quota;
    // It ends a run only where it means the key.
    if (why.kind() == condition::auth_failed || why.value() == errc::forbidden) {
        return exit_code::authentication;
    }
    // The latter two: every id was refused alike, so it is what they were asked with, or where.
    if (why.value() == errc::invalid_option || why.value() == errc::bad_request ||
        why.value() == errc::unexpected_status) {
        return exit_code::usage;
    }
    return why.value() == errc::throttled ? exit_code::limit : exit_code::unreachable;
}

exit_code verdict_on_start(const error& why) noexcept {
    const exit_code code = verdict_on_end(why);
    return code == exit_code::limit ? exit_code::unreachable : code;
}

exit_code first_that_applies(exit_code a, exit_code b) noexcept {
    for (const exit_code one :
         {exit_code::hung_up, exit_code::interrupted, exit_code::terminated, exit_code::local_failure,
          exit_code::usage, exit_code::quota, exit_code::authentication, exit_code::unreachable,
          exit_code::limit, exit_code::some_failed}) {
        if (a == one || b == one) return one;
    }
    return exit_code::success;
}

}  // namespace getty::connect::cli

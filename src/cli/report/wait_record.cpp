#include "cli/report/wait_record.hpp"

#include <algorithm>

namespace getty::connect::cli {

void wait_record::paused(core::time_point now, core::duration length, std::string reason) {
    if (now >= pause_ends_) {
        earlier_pauses_ += pause_ends_ - pause_began_;
        pause_began_ = now;
    }
    pause_ends_ = std::max(pause_ends_, core::later(now, length));
    pause_reason_ = std::move(reason);
}

void wait_record::outage_began(core::time_point now, std::string reason) {
    if (!in_outage_) outage_since_ = now;
    in_outage_ = true;
    outage_reason_ = std::move(reason);
}

void wait_record::outage_ended(core::duration length) noexcept {
    in_outage_ = false;
    earlier_outages_ += length;
}

core::duration wait_record::paused_until(core::time_point now) const noexcept {
    return earlier_pauses_ + (std::clamp(now, pause_began_, pause_ends_) - pause_began_);
}

core::duration wait_record::in_outage_until(core::time_point now) const noexcept {
    return earlier_outages_ + (in_outage_ ? std::max(now, outage_since_) - outage_since_ : core::duration(0));
}

waiting wait_record::at(core::time_point now, std::chrono::sys_seconds wall,
                        core::duration max_outage) const {
    using std::chrono::seconds;
    waiting found;
    if (in_outage_) {
        found.what = waits_for::outage;
        found.reason = outage_reason_;
        found.since = wall - std::chrono::floor<seconds>(now - outage_since_);
        if (max_outage.count() > 0) found.until = found.since + std::chrono::ceil<seconds>(max_outage);
    } else if (const auto left = pause_ends_ - now; left >= seconds(2)) {
        found.what = waits_for::pause;
        found.reason = pause_reason_;
        found.until = wall + std::chrono::ceil<seconds>(left);
    }
    return found;
}

}  // namespace getty::connect::cli

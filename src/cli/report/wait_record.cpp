#include "cli/report/wait_record.hpp"

#include <algorithm>

namespace getty::connect::cli {

void wait_record::paused(moment now, core::duration length, std::string reason) {
    if (now.steady >= pause_ends_) {
        earlier_pauses_ += pause_ends_ - pause_began_;
        pause_began_ = now.steady;
    }
    if (const auto end = core::later(now.steady, length); end > pause_ends_) {
        pause_ends_ = end;
        pause_ends_wall_ = now.wall + std::chrono::ceil<std::chrono::seconds>(length);
    }
    pause_reason_ = std::move(reason);
}

void wait_record::outage_began(moment now, std::string reason) {
    if (!in_outage_) {
        outage_since_ = now.steady;
        outage_since_wall_ = now.wall;
    }
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

waiting wait_record::at(core::time_point now, core::duration max_outage) const {
    using std::chrono::seconds;
    waiting found;
    if (in_outage_) {
        found.what = waits_for::outage;
        found.reason = outage_reason_;
        found.since = outage_since_wall_;
        if (max_outage.count() > 0) found.until = found.since + std::chrono::ceil<seconds>(max_outage);
    } else if (pause_ends_ - now >= seconds(2)) {
        found.what = waits_for::pause;
        found.reason = pause_reason_;
        found.until = pause_ends_wall_;
    }
    return found;
}

}  // namespace getty::connect::cli

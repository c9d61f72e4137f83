// How long a run has waited for the service.
#pragma once

#include "cli/report/snapshot.hpp"
#include "core/time.hpp"

#include <chrono>
#include <string>
#include <utility>

namespace getty::connect::cli {

/// One moment on both clocks.
struct moment {
    core::time_point steady;
    std::chrono::sys_seconds wall;
};

/// Pauses and outages, added up; what overlaps counts once. No clock: handed the time.
class wait_record {
public:
    void paused(moment now, core::duration length, std::string reason);
    void outage_began(moment now, std::string reason);
    /// `length` as it turned out, which goes back to before the outage was noticed.
    void outage_ended(core::duration length) noexcept;

    /// All pauses up to now, without what is left of the one that is on.
    [[nodiscard]] core::duration paused_until(core::time_point now) const noexcept;
    [[nodiscard]] core::duration in_outage_until(core::time_point now) const noexcept;

    /// What is waited for: nothing when it is over in less than two seconds. An outage that lasts longer than
    /// `max_outage` ends the run; 0: none does. Moments are those that were seen when it began, so that they
    /// stay the same.
    [[nodiscard]] waiting at(core::time_point now, core::duration max_outage) const;

private:
    core::duration earlier_pauses_{0};
    core::time_point pause_began_{};
    core::time_point pause_ends_{};
    std::chrono::sys_seconds pause_ends_wall_{};
    core::duration earlier_outages_{0};
    core::time_point outage_since_{};
    std::chrono::sys_seconds outage_since_wall_{};
    bool in_outage_ = false;
    std::string pause_reason_;
    std::string outage_reason_;
};

}  // namespace getty::connect::cli

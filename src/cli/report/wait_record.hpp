// How long a run has waited for the service.
#pragma once

#include "cli/report/snapshot.hpp"
#include "core/time.hpp"

#include <chrono>
#include <string>
#include <utility>

namespace getty::connect::cli {

/// Pauses and outages, added up; what overlaps counts once. No clock: handed the time.
class wait_record {
public:
    void paused(core::time_point now, core::duration length, std::string reason);
    void outage_began(core::time_point now, std::string reason);
    /// `length` as it turned out, which goes back to before the outage was noticed.
    void outage_ended(core::duration length) noexcept;

    /// All pauses up to now, without what is left of the one that is on.
    [[nodiscard]] core::duration paused_until(core::time_point now) const noexcept;
    [[nodiscard]] core::duration in_outage_until(core::time_point now) const noexcept;

    /// What is waited for at `now`, which the wall clock calls `wall`: nothing when it is over in less than
    /// two seconds. An outage that lasts longer than `max_outage` ends the run; 0: none does.
    [[nodiscard]] waiting at(core::time_point now, std::chrono::sys_seconds wall,
                             core::duration max_outage) const;

private:
    core::duration earlier_pauses_{0};
    core::time_point pause_began_{};
    core::time_point pause_ends_{};
    core::duration earlier_outages_{0};
    core::time_point outage_since_{};
    bool in_outage_ = false;
    std::string pause_reason_;
    std::string outage_reason_;
};

}  // namespace getty::connect::cli

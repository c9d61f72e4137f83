#include "cli/report/progress.hpp"

#include "cli/report/tally.hpp"

#include <cmath>
#include <cstdio>

namespace getty::connect::cli {

void rate_meter::sample(duration at, std::uint64_t done) {
    samples_.emplace_back(at, done);
    // The oldest kept sample is the last one outside the window: the rate covers at least the window.
    while (samples_.size() > 2 && at - samples_[1].first >= window) samples_.pop_front();
}

double rate_meter::per_second() const noexcept {
    if (samples_.size() < 2) return 0;
    const duration length = samples_.back().first - samples_.front().first;
    if (length.count() <= 0) return 0;
    return static_cast<double>(samples_.back().second - samples_.front().second) / length.count();
}

std::string progress_line(const progress_state& now) {
    const auto seconds = now.elapsed.count();
    char clock[32];
    if (seconds >= 3600) {
        std::snprintf(clock, sizeof clock, "%lld:%02d:%02d", static_cast<long long>(seconds / 3600),
                      static_cast<int>(seconds / 60 % 60), static_cast<int>(seconds % 60));
    } else {
        std::snprintf(clock, sizeof clock, "%d:%02d", static_cast<int>(seconds / 60),
                      static_cast<int>(seconds % 60));
    }
    std::string line = now.waits_for.empty() ? std::string() : now.waits_for + "  ";
    line += grouped(now.done) + " done  " + grouped(now.failed) + " failed  " + grouped(now.in_flight) +
            " in flight  " + grouped(static_cast<std::uint64_t>(std::llround(now.per_second))) + "/s  " +
            clock;
    if (now.percent_read) line += "  " + std::to_string(*now.percent_read) + " % read";
    return line;
}

}  // namespace getty::connect::cli

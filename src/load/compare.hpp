// Two measurements of the same plan, side by side.
#pragma once

#include "load/measurement.hpp"

#include <string>
#include <vector>

namespace getty::connect::load {

/// What makes two measurements no pair, each as "duration: 30 s, was 10 s"; empty where they are one. Seeds,
/// hosts, versions and addresses may differ: they are what is compared.
[[nodiscard]] std::vector<std::string> differences(const measurement& before, const measurement& after);

enum class verdict {
    same,
    better,
    worse,
    unclear,  ///< too few samples: it may be better or worse by more than the tolerance
};

/// One figure of one load, before and after.
struct figure_change {
    std::string load;    ///< "2,000/s"
    std::string figure;  ///< p50, p90, p99, p99.9, mean, answered, errors
    double before = 0;   ///< microseconds, answers per second, or a share
    double after = 0;
    double change = 0;  ///< after / before - 1; of shares after - before
    double low = 0;     ///< 95 of 100 resamples lie between these
    double high = 0;
    verdict is = verdict::same;
    std::string words;  ///< "same", "slower by 12 %", "faster by 8 %", "unclear: -20 % to +31 %"
};

/// Of every load that both have. An interval is that of 1,000 bootstrap resamples of all requests (of rounds
/// first, where there are several); seconds are resampled for the rate of answers. What has changed is
/// beyond `tolerance`, a share, with 0 outside of its interval; errors by more than a tenth of a percent.
/// The same documents give the same text. Throws `unusable` where no load is in both.
///
/// An interval tells of the chance within two runs, not of what differs from hour to hour on one machine:
/// several rounds do.
[[nodiscard]] std::vector<figure_change> changes(const measurement& before, const measurement& after,
                                                 double tolerance);

}  // namespace getty::connect::load

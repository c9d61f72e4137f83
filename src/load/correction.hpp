// What a closed loop does not measure.
#pragma once

#include "core/time.hpp"
#include "load/step_recorder.hpp"

#include <cstdint>
#include <optional>

namespace getty::connect::load {

/// The duration that `part` of `whole` do not exceed, had requests been made every `interval` for each of
/// those that were under way: one that takes ten intervals kept nine from being made, which would have taken
/// nine, eight, ... of them (coordinated omission; as HdrHistogram corrects it).
/// Precondition: something was recorded, `interval` > 0.
[[nodiscard]] core::duration corrected_quantile(const latency_histogram& measured, core::duration interval,
                                                std::uint64_t part, std::uint64_t whole);

/// Of a closed loop whose requests usually take their median; nothing where nothing was recorded.
[[nodiscard]] std::optional<double> corrected_p99_us(const latency_histogram& measured);

}  // namespace getty::connect::load

#include "ingest/job/job_limits.hpp"

namespace getty::connect::ingest {

job_limits::job_limits(const job_options& options, core::time_point start) noexcept
    : deadline_(options.max_time().count() == 0 ? core::never : core::later(start, options.max_time())),
      max_requests_(options.max_requests()),
      max_failures_(options.max_failures()),
      max_failed_percent_(options.max_failed_percent()) {}

void job_limits::found(unsigned requests) noexcept {
    --under_way_;
    requests_ += requests;
    ++outcomes_;
    alike_ = false;
}

void job_limits::failed(unsigned requests, errc why, bool accepted) noexcept {
    --under_way_;
    requests_ += requests;
    ++outcomes_;
    if (!first_) first_ = why;
    alike_ = alike_ && !accepted && why == *first_;
    if (!accepted) ++failures_;
}

bool job_limits::too_many_failures() const noexcept {
    if (max_failures_ && failures_ > *max_failures_) return true;
    return max_failed_percent_ && outcomes_ >= first_outcomes &&
           failures_ * 100 > outcomes_ * *max_failed_percent_;
}

std::optional<ended> job_limits::reached(core::time_point now) const noexcept {
    if (now >= deadline_) return ended::max_time;
    if (max_requests_ != 0 && requests_ + under_way_ >= max_requests_) return ended::max_requests;
    if (too_many_failures()) return ended::max_failures;
    if (outcomes_ >= first_outcomes && alike_) return ended::all_alike;
    return std::nullopt;
}

}  // namespace getty::connect::ingest

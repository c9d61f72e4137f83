#include <getty/connect/ingest/job.hpp>

#include <algorithm>

namespace getty::connect::ingest {

job_options::job_options() = default;
job_options& job_options::fetch(fetch_options options) {
    fetch_ = std::move(options);
    return *this;
}
job_options& job_options::lines(line_style style) {
    lines_ = style;
    return *this;
}
job_options& job_options::with_meta(bool wanted) {
    with_meta_ = wanted;
    return *this;
}
job_options& job_options::watch(std::function<void(const record&)> watcher) {
    watch_ = std::move(watcher);
    return *this;
}
job_options& job_options::retry(retry_failed which) {
    retry_ = which;
    return *this;
}
job_options& job_options::sync_every(std::chrono::milliseconds period) {
    sync_ = sync_when::every;
    sync_period_ = period;
    return *this;
}
job_options& job_options::sync(sync_when when) {
    sync_ = when;
    return *this;
}
job_options& job_options::accept(condition kind) {
    accepted_.push_back(kind);
    return *this;
}
job_options& job_options::max_time(std::chrono::milliseconds length) {
    max_time_ = length;
    return *this;
}
job_options& job_options::max_requests(std::uint64_t count) {
    max_requests_ = count;
    return *this;
}
job_options& job_options::max_failures(std::uint64_t count) {
    max_failures_ = count;
    return *this;
}
job_options& job_options::max_failed_percent(unsigned percent) {
    max_failed_percent_ = percent;
    return *this;
}
bool job_options::accepts(condition kind) const noexcept {
    return std::ranges::find(accepted_, kind) != accepted_.end();
}

summary::summary() = default;

}  // namespace getty::connect::ingest

namespace getty::connect::ingest::inline GETTY_CONNECT_ABI {

std::string_view to_string(ended why) noexcept {
    switch (why) {
        case ended::input_end:
            return "input_end";
        case ended::stopped:
            return "stopped";
        case ended::max_time:
            return "max_time";
        case ended::max_requests:
            return "max_requests";
        case ended::max_failures:
            return "max_failures";
        case ended::all_alike:
            return "all_alike";
        case ended::service:
            return "service";
        case ended::source_failed:
            return "source_failed";
        case ended::sink_failed:
            return "sink_failed";
    }
    return "unknown";
}

}  // namespace getty::connect::ingest::inline GETTY_CONNECT_ABI

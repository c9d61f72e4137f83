// When a job stops before its input ends.
#pragma once

#include "core/time.hpp"

#include <getty/connect/ingest/job.hpp>

#include <cstdint>
#include <optional>

namespace getty::connect::ingest {

/// Counts what bounds a job, and says when it is to take no further id. Pure: handed the time.
class job_limits {
public:
    /// So many outcomes must be there before a share of failures, or that all are alike, says something.
    static constexpr std::uint64_t first_outcomes = 1000;

    job_limits(const job_options& options, core::time_point start) noexcept;

    /// An id is asked for.
    void pulled() noexcept { ++under_way_; }
    /// It never was.
    void handed_back() noexcept { --under_way_; }
    void found(unsigned requests) noexcept;
    /// `accepted`: counts as a success.
    void failed(unsigned requests, errc why, bool accepted) noexcept;

    /// Why nothing further is to be asked for; nothing as long as there is no reason.
    [[nodiscard]] std::optional<ended> reached(core::time_point now) const noexcept;
    /// When `reached` becomes true by time alone; `never` where there is no such limit.
    [[nodiscard]] core::time_point deadline() const noexcept { return deadline_; }

private:
    [[nodiscard]] bool too_many_failures() const noexcept;

    core::time_point deadline_;
    std::uint64_t max_requests_;
    std::optional<std::uint64_t> max_failures_;
    std::optional<unsigned> max_failed_percent_;
    std::uint64_t under_way_ = 0;
    std::uint64_t requests_ = 0;
    std::uint64_t outcomes_ = 0;
    std::uint64_t failures_ = 0;
    std::optional<errc> first_;
    bool alike_ = true;  // all outcomes so far failed as the first did
};

/// When what was written is made durable. Pure: handed the time.
class sync_policy {
public:
    sync_policy(sync_when when, core::duration every) noexcept : when_(when), every_(every) {}

    /// Something was written that is not durable.
    void written(core::time_point now) noexcept {
        if (!oldest_) oldest_ = now;
    }
    void synced() noexcept { oldest_.reset(); }
    [[nodiscard]] bool due(core::time_point now) const noexcept {
        return when_ == sync_when::every && oldest_ && now >= core::later(*oldest_, every_);
    }
    [[nodiscard]] bool at_the_end() const noexcept { return when_ != sync_when::never; }

private:
    sync_when when_;
    core::duration every_;
    std::optional<core::time_point> oldest_;  // of what is not durable
};

}  // namespace getty::connect::ingest

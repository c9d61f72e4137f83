// Sees what happens to a client, for the reports of a run.
#pragma once

#include "cli/report/latency_record.hpp"
#include "cli/report/narrator.hpp"
#include "cli/report/wait_record.hpp"

#include <string>

namespace getty::connect::cli {

/// A narrator that also keeps the latency of requests, and pauses and outages.
class run_watcher final : public narrator {
public:
    using narrator::narrator;

    void attempt_finished(const attempt_event& e) noexcept override;
    void paused(std::chrono::milliseconds wait, const error& why) noexcept override;
    void outage_began(const error& why) noexcept override;
    void outage_ended(std::chrono::milliseconds length) noexcept override;

    /// Of requests that were answered, from the request to the last byte.
    [[nodiscard]] const latency_record& latency() const noexcept { return latency_; }
    [[nodiscard]] const wait_record& waits() const noexcept { return waits_; }

private:
    latency_record latency_;
    wait_record waits_;
};

/// What went wrong, on one line and without where: "the service asks for fewer requests (HTTP 429)".
[[nodiscard]] std::string reason_of(const error& why);

}  // namespace getty::connect::cli

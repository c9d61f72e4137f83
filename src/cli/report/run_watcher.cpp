#include "cli/report/run_watcher.hpp"

#include "core/clock.hpp"
#include "core/quietly.hpp"

#include <algorithm>

namespace getty::connect::cli {

void run_watcher::attempt_finished(const attempt_event& e) noexcept {
    if (e.status != 0) latency_.record(e.phases.first_byte + e.phases.body);
    narrator::attempt_finished(e);
}

// Without memory for a reason the line is left out: watching must not stop the work.
void run_watcher::paused(std::chrono::milliseconds wait, const error& why) noexcept {
    core::quietly([&] { waits_.paused({core::steady_now(), core::wall_now()}, wait, reason_of(why)); });
    narrator::paused(wait, why);
}

void run_watcher::outage_began(const error& why) noexcept {
    core::quietly([&] { waits_.outage_began({core::steady_now(), core::wall_now()}, reason_of(why)); });
    narrator::outage_began(why);
}

void run_watcher::outage_ended(std::chrono::milliseconds length) noexcept {
    waits_.outage_ended(length);
    narrator::outage_ended(length);
}

std::string reason_of(const error& why) {
    std::string text(to_string(why.value()));
    if (why.http_status() != 0) text += " (HTTP " + std::to_string(why.http_status()) + ")";
    if (!why.message().empty()) text += ": " + why.message();
    text = harmless(text);
    std::replace(text.begin(), text.end(), '\n', ' ');
    return text;
}

}  // namespace getty::connect::cli

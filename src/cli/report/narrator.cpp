#include "cli/report/narrator.hpp"

#include "cli/report/time_words.hpp"

#include <string>

namespace getty::connect::cli {

// A line that there is no memory for is left out: watching must not stop the work.
template <class Text>
void narrator::tell(Text text) noexcept {
    if (silent_) return;
    try {
        if (all_) {
            console_.note(text());
        } else {
            console_.hint(text());
        }
    } catch (...) {
        return;
    }
}

void narrator::connection_established(const connection_event& e) noexcept {
    if (!all_) return;
    tell([&] {
        return "connection to " + std::string(e.origin) + " opened, " + std::string(e.tls_version) +
               (e.resumed ? ", session resumed" : "");
    });
}

void narrator::connection_failed(std::string_view origin, const error& why) noexcept {
    if (!all_ || why.value() == errc::canceled) return;  // no longer needed, as at the end of a run
    tell([&] { return "connection to " + std::string(origin) + " failed: " + why.describe(); });
}

void narrator::connection_closed(std::string_view origin) noexcept {
    if (!all_) return;
    tell([&] { return "connection to " + std::string(origin) + " closed"; });
}

void narrator::pipelining_stopped(std::string_view origin, std::string_view why) noexcept {
    if (!all_) return;
    tell([&] { return "no more pipelining with " + std::string(origin) + ": " + std::string(why); });
}

void narrator::token_issued(std::chrono::seconds lifetime) noexcept {
    if (!all_) return;
    tell([&] {
        return std::string("token obtained") +
               (lifetime.count() > 0 ? ", good for " + std::to_string(lifetime.count()) + " s" : "");
    });
}

void narrator::token_failed(const error& why) noexcept {
    if (!all_) return;
    tell([&] { return "no token: " + why.describe(); });
}

void narrator::retry_scheduled(const retry_event& e) noexcept {
    if (!all_) return;
    tell([&] {
        return std::string(e.id) + ": attempt " + std::to_string(e.attempt) + " in " +
               std::to_string(e.delay.count()) + " ms, because: " + e.why.describe();
    });
}

void narrator::paused(std::chrono::milliseconds wait, const error& why) noexcept {
    const auto long_enough = std::chrono::seconds(5);
    if (!all_ && wait < long_enough) return;
    tell([&] {
        const auto whole = std::chrono::ceil<std::chrono::seconds>(wait);
        return "paused until " + time_of_day_in(whole) + ": " + why.describe();
    });
}

void narrator::outage_began(const error& why) noexcept {
    tell([&] { return "every lookup fails now: " + why.describe(); });
}

void narrator::outage_ended(std::chrono::milliseconds length) noexcept {
    tell([&] {
        return "lookups succeed again, after " +
               std::to_string(std::chrono::ceil<std::chrono::seconds>(length).count()) + " s";
    });
}

}  // namespace getty::connect::cli

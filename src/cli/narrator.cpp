#include "cli/narrator.hpp"

#include <string>

namespace getty::connect::cli {

// A line that there is no memory for is left out: watching must not stop the work.
template <class Text>
void narrator::tell(Text text) noexcept {
    try {
        console_.note(text());
    } catch (...) {
        return;
    }
}

void narrator::connection_opened(std::string_view origin, bool resumed) noexcept {
    tell([&] {
        return "connection to " + std::string(origin) + " opened" + (resumed ? ", TLS session resumed" : "");
    });
}

void narrator::connection_failed(std::string_view origin, const error& why) noexcept {
    if (why.value() == errc::canceled) return;  // no longer needed, as at the end of a run
    tell([&] { return "connection to " + std::string(origin) + " failed: " + why.describe(); });
}

void narrator::connection_closed(std::string_view origin) noexcept {
    tell([&] { return "connection to " + std::string(origin) + " closed"; });
}

void narrator::pipelining_stopped(std::string_view origin, std::string_view why) noexcept {
    tell([&] { return "no more pipelining with " + std::string(origin) + ": " + std::string(why); });
}

void narrator::token_issued(std::chrono::seconds lifetime) noexcept {
    tell([&] {
        return std::string("token obtained") +
               (lifetime.count() > 0 ? ", good for " + std::to_string(lifetime.count()) + " s" : "");
    });
}

void narrator::token_failed(const error& why) noexcept {
    tell([&] { return "no token: " + why.describe(); });
}

void narrator::retrying(std::string_view id, unsigned attempt, std::chrono::milliseconds delay,
                        const error& why) noexcept {
    tell([&] {
        return std::string(id) + ": attempt " + std::to_string(attempt) + " in " +
               std::to_string(delay.count()) + " ms, because: " + why.describe();
    });
}

}  // namespace getty::connect::cli

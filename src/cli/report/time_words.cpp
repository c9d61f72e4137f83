#include "cli/report/time_words.hpp"

#include "core/clock.hpp"

#include <ctime>

namespace getty::connect::cli {

stopwatch::stopwatch() : start_(core::steady_now()) {}

std::chrono::duration<double> stopwatch::elapsed() const { return core::steady_now() - start_; }

std::string time_of_day_in(std::chrono::seconds away) {
    const std::time_t then = std::chrono::system_clock::to_time_t(core::wall_now() + away);
    std::tm here{};
    ::localtime_r(&then, &here);
    char text[16];
    (void)std::strftime(text, sizeof text, away < std::chrono::minutes(5) ? "%H:%M:%S" : "%H:%M", &here);
    return text;
}

std::optional<std::chrono::seconds> time_until(std::chrono::steady_clock::time_point then) {
    const auto left = then - core::steady_now();
    if (left.count() <= 0) return std::nullopt;
    return std::chrono::ceil<std::chrono::seconds>(left);
}

}  // namespace getty::connect::cli

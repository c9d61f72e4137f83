#include "cli/clock.hpp"

#include <ctime>

namespace getty::connect::cli {

stopwatch::stopwatch() : start_(std::chrono::steady_clock::now()) {}

std::chrono::duration<double> stopwatch::elapsed() const { return std::chrono::steady_clock::now() - start_; }

std::string time_of_day_in(std::chrono::seconds away) {
    const std::time_t then = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now() + away);
    std::tm here{};
    ::localtime_r(&then, &here);
    char text[16];
    (void)std::strftime(text, sizeof text, away < std::chrono::minutes(5) ? "%H:%M:%S" : "%H:%M", &here);
    return text;
}

std::optional<std::chrono::seconds> time_until(std::chrono::steady_clock::time_point then) {
    const auto left = then - std::chrono::steady_clock::now();
    if (left.count() <= 0) return std::nullopt;
    return std::chrono::ceil<std::chrono::seconds>(left);
}

}  // namespace getty::connect::cli

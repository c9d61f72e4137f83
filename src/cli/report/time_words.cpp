#include "cli/report/time_words.hpp"

#include "core/clock.hpp"

#include <cstdio>
#include <ctime>

namespace getty::connect::cli {

stopwatch::stopwatch() : start_(core::steady_now()) {}

std::chrono::duration<double> stopwatch::elapsed() const { return core::steady_now() - start_; }

std::string time_of_day(std::chrono::sys_seconds then, std::chrono::sys_seconds now) {
    const std::time_t when = std::chrono::system_clock::to_time_t(then);
    std::tm here{};
    ::localtime_r(&when, &here);
    const auto away = std::chrono::abs(then - now);
    const char* form = "%H:%M";
    if (away < std::chrono::minutes(5)) form = "%H:%M:%S";
    if (away >= std::chrono::hours(12)) form = "%a %H:%M";
    char text[32];
    (void)std::strftime(text, sizeof text, form, &here);
    return text;
}

std::string time_of_day_in(std::chrono::seconds away) {
    const std::chrono::sys_seconds now = core::wall_now();
    return time_of_day(now + away, now);
}

std::optional<std::chrono::seconds> time_until(std::chrono::steady_clock::time_point then) {
    const auto left = then - core::steady_now();
    if (left.count() <= 0) return std::nullopt;
    return std::chrono::ceil<std::chrono::seconds>(left);
}

std::string clock_length(std::chrono::seconds length) {
    const auto seconds = static_cast<long long>(length.count());
    char text[40];
    if (seconds >= 3600) {
        std::snprintf(text, sizeof text, "%lld:%02d:%02d", seconds / 3600,
                      static_cast<int>(seconds / 60 % 60), static_cast<int>(seconds % 60));
    } else {
        std::snprintf(text, sizeof text, "%d:%02d", static_cast<int>(seconds / 60),
                      static_cast<int>(seconds % 60));
    }
    return text;
}

std::string length_words(std::chrono::duration<double> length) {
    const double seconds = length.count();
    char text[40];
    if (seconds < 1) {
        std::snprintf(text, sizeof text, seconds < 0.1 ? "%.1f ms" : "%.0f ms", seconds * 1e3);
    } else if (seconds < 120) {
        std::snprintf(text, sizeof text, seconds < 10 ? "%.2f s" : "%.0f s", seconds);
    } else if (seconds < 7200) {
        std::snprintf(text, sizeof text, "%.0f min", seconds / 60);
    } else {
        std::snprintf(text, sizeof text, "%.1f h", seconds / 3600);
    }
    return text;
}

}  // namespace getty::connect::cli

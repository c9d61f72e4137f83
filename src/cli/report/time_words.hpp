// How long something took, and when something will be, for people.
#pragma once

#include <chrono>
#include <optional>
#include <string>

namespace getty::connect::cli {

/// Time since it was made, on the steady clock.
class stopwatch {
public:
    stopwatch();
    [[nodiscard]] std::chrono::duration<double> elapsed() const;

private:
    std::chrono::steady_clock::time_point start_;
};

/// The time of day, here, of a moment seen from `now`: "14:05", "14:05:30" where it is less than five minutes
/// away, "Mon 14:05" where it is half a day away.
[[nodiscard]] std::string time_of_day(std::chrono::sys_seconds then, std::chrono::sys_seconds now);
/// The same of so much time from now.
[[nodiscard]] std::string time_of_day_in(std::chrono::seconds away);
/// How long it is until `then`; nothing when it has passed.
[[nodiscard]] std::optional<std::chrono::seconds> time_until(std::chrono::steady_clock::time_point then);

/// As a watch shows it: "1:12", "1:00:05".
[[nodiscard]] std::string clock_length(std::chrono::seconds length);
/// For people, of what may be short or long: "12.3 ms", "1.24 s", "45 s", "12 min", "3.5 h".
[[nodiscard]] std::string length_words(std::chrono::duration<double> length);

}  // namespace getty::connect::cli

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

/// The time of day, here, at which so much time from now will have passed: "14:05", or "14:05:30" where it is
/// less than five minutes away.
[[nodiscard]] std::string time_of_day_in(std::chrono::seconds away);
/// How long it is until `then`; nothing when it has passed.
[[nodiscard]] std::optional<std::chrono::seconds> time_until(std::chrono::steady_clock::time_point then);

}  // namespace getty::connect::cli

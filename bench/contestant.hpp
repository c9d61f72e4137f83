// What every client under measurement is given, and what it gives back.
#pragma once

#include "bench/allocations.hpp"
#include "bench/system.hpp"

#include <array>
#include <atomic>
#include <charconv>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace bench {

enum class answer_times { not_kept, kept };

struct job {
    std::uint16_t port = 0;
    std::string ca_pem, ca_file;
    /// Requests at a time, each on a connection of its own but for the pipelined.
    std::size_t in_flight = 32;
    /// Requests of this library on one connection.
    std::size_t depth = 1;
    /// Images in a request, where a client can ask for several.
    std::size_t ids_per_request = 1;
    /// Images before the measurement: connections are opened and caches filled meanwhile. Multiples of
    /// `ids_per_request`.
    std::uint64_t warm_up = 2'000;
    std::uint64_t requests = 50'000;
    /// Whether the time from each answer to the next is kept.
    answer_times times = answer_times::not_kept;
};

struct cost {
    double cpu_us = 0;   ///< all images together
    double wall_us = 0;  ///< likewise
    std::uint64_t requests = 0;
    std::optional<allocations> mallocs;  ///< all images together, when they are counted
    std::vector<float> times_us;         ///< from each answer to the next, when they are kept
};

/// Returns the cost of `job::requests` images, in answers each of which was a 200 with a body. Throws
/// otherwise.
using runner = cost (*)(const job&);

/// `one`: its threads, if it has several, take turns.
enum class cores_used { one, all };

struct contestant {
    std::string_view name;
    std::string_view title;
    runner run;
    cores_used runs_on = cores_used::one;
};

/// Those that run inside this program; the tight loop comes first.
[[nodiscard]] std::span<const contestant> contestants();
/// Those that ask the v3 interface for `job::ids_per_request` images at a time; the tight loop comes first.
[[nodiscard]] std::span<const contestant> group_contestants();

/// Counts the images of one run, and measures from the end of the warm-up to the last answer.
class meter {
public:
    explicit meter(const job& of);

    /// Whether one more request is to be sent, for so many images; the number of the first, from 0, goes to
    /// `number`.
    [[nodiscard]] bool next(std::uint64_t& number, std::uint64_t images = 1) noexcept {
        number = issued_.fetch_add(images, std::memory_order_relaxed);
        return number < total_;
    }
    void answered(std::uint64_t images = 1) {
        const std::uint64_t count = answered_.fetch_add(images, std::memory_order_relaxed) + images;
        if (keeps_times_ && count > warm_up_) keep_time();
        if (count == warm_up_) begin();
        if (count == total_) end();
    }
    [[nodiscard]] bool done() const noexcept { return answered_.load(std::memory_order_relaxed) >= total_; }
    /// Throws when answers are missing.
    [[nodiscard]] cost result() const;

private:
    void begin();
    void end();
    void keep_time();

    std::uint64_t warm_up_, total_;
    bool keeps_times_;  // from one thread
    std::atomic<std::uint64_t> issued_ = 0, answered_ = 0;
    std::chrono::microseconds cpu_{0};
    std::chrono::steady_clock::time_point began_, last_;
    cost cost_;
};

/// The id of the n-th request: nine digits, every time another one.
class id_text {
public:
    explicit id_text(std::uint64_t number) noexcept {
        std::to_chars(digits_.data(), digits_.data() + digits_.size(), 100'000'000 + number % 900'000'000);
    }
    [[nodiscard]] std::string_view view() const noexcept { return {digits_.data(), digits_.size()}; }

private:
    std::array<char, 9> digits_;
};

/// What `co_spawn` is told to do in the end: a failed run ends the program.
inline void rethrow(std::exception_ptr failed) {
    if (failed) std::rethrow_exception(failed);
}

[[noreturn]] inline void bad_answer(std::string_view client) {
    throw std::runtime_error(std::string(client) + ": an answer is not a 200 with an image");
}

}  // namespace bench

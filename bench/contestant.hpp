// What every client under measurement is given, and what it gives back.
#pragma once

#include "bench/system.hpp"

#include <array>
#include <atomic>
#include <charconv>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>

namespace bench {

struct job {
    std::uint16_t port = 0;
    std::string ca_pem, ca_file;
    /// Requests at a time, each on a connection of its own.
    std::size_t in_flight = 32;
    /// Before the measurement: connections are opened and caches filled meanwhile.
    std::uint64_t warm_up = 2'000;
    std::uint64_t requests = 50'000;
};

struct cost {
    double cpu_us = 0;   ///< all requests together
    double wall_us = 0;  ///< likewise
    std::uint64_t requests = 0;
};

/// Returns the cost of `job::requests` answers, each of which was a 200 with a body. Throws otherwise.
using runner = cost (*)(const job&);

struct contestant {
    std::string_view name;
    std::string_view title;
    runner run;
};

/// Those that run inside this program; the tight loop comes first.
[[nodiscard]] std::span<const contestant> contestants();

/// Counts the requests of one run, and measures from the end of the warm-up to the last answer.
class meter {
public:
    explicit meter(const job& of) : warm_up_(of.warm_up), total_(of.warm_up + of.requests) {
        if (warm_up_ == 0) throw std::runtime_error("a run needs a warm-up of at least one request");
    }

    /// Whether one more request is to be sent; its number, from 0, goes to `number`.
    [[nodiscard]] bool next(std::uint64_t& number) noexcept {
        number = issued_.fetch_add(1, std::memory_order_relaxed);
        return number < total_;
    }
    void answered() {
        const std::uint64_t count = answered_.fetch_add(1, std::memory_order_relaxed) + 1;
        if (count == warm_up_) begin();
        if (count == total_) end();
    }
    [[nodiscard]] bool done() const noexcept { return answered_.load(std::memory_order_relaxed) >= total_; }
    /// Throws when answers are missing.
    [[nodiscard]] cost result() const;

private:
    void begin();
    void end();

    std::uint64_t warm_up_, total_;
    std::atomic<std::uint64_t> issued_ = 0, answered_ = 0;
    std::chrono::microseconds cpu_{0};
    std::chrono::steady_clock::time_point began_;
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

[[noreturn]] inline void bad_answer(std::string_view client) {
    throw std::runtime_error(std::string(client) + ": an answer is not a 200 with an image");
}

}  // namespace bench

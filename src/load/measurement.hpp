// What was measured: the document `getty-connect-bench/1` as C++.
#pragma once

#include "core/time.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace getty::connect::load {

/// What a document of this form says of itself; another number is another form.
inline constexpr std::string_view document_schema = "getty-connect-bench/1";

/// As documents have lengths of time.
[[nodiscard]] inline double in_seconds(core::duration d) noexcept {
    return std::chrono::duration<double>(d).count();
}

/// Of durations, in microseconds. p50 to p99 are there when there are any at all, p99.9 and p99.99 when ten
/// samples lie beyond them; the others are 0 for none.
struct latency_figures {
    std::uint64_t count = 0;
    std::optional<double> p50;
    std::optional<double> p90;
    std::optional<double> p99;
    std::optional<double> p99_9;
    std::optional<double> p99_99;
    double min = 0;
    double max = 0;
    double mean = 0;
    double sd = 0;
};

/// Of one phase of a lookup, in microseconds; those that it took no time in count as 0.
struct phase_figures {
    double mean = 0;
    double p50 = 0;
    double p99 = 0;
    double max = 0;
};

/// What the time of a lookup went into: `attempt_phases` of the public headers.
struct phases_figures {
    phase_figures credentials;
    phase_figures rate;
    phase_figures connection;
    phase_figures first_byte;
    phase_figures body;
    phase_figures decode;
};

/// How many lookups ended like this: "ok", or the name of a `condition`.
struct outcome_count {
    std::string name;
    std::uint64_t count = 0;
    std::string message;  ///< of the first one; empty for "ok"
};

/// So many took at most so long, and longer than those of the bucket before.
struct bucket {
    double up_to_us = 0;
    std::uint64_t count = 0;
    friend bool operator==(const bucket&, const bucket&) = default;
};

/// Which part of a step a second is of.
enum class step_part { warm_up, counted, cool_down, after };

/// A second of a step. The counted part begins one and ends one, so the first of a warm-up and the last of a
/// part can be shorter.
struct second_figures {
    std::uint64_t second = 0;  ///< its number, from 0
    step_part part = step_part::counted;
    double length_s = 1;
    std::uint64_t sent = 0;
    std::uint64_t answered = 0;  ///< found or not found
    std::uint64_t failed = 0;    ///< of those, neither found nor not found
    std::uint64_t dropped = 0;
    std::uint64_t in_flight = 0;  ///< at its end
    std::uint64_t throttled = 0;  ///< answers of 429
    std::uint64_t reconnects = 0;
    std::optional<double> p50_us;  ///< of what was due in this second
    std::optional<double> p99_us;
};

/// What this program and this machine were busy with during a step.
struct client_figures {
    double cpu_s = 0;
    double cpu_share = 0;      ///< of one core: 1 is a core
    double loop_stall_us = 0;  ///< the longest that the event loop did not come round
    double steal_share = 0;    ///< of the machine's time, taken by its host
    double stood_still_s = 0;  ///< that this program, or the machine, was stopped or slept
};

/// Of the counted part; `opened` and `resumed` of the whole step.
struct connection_figures {
    std::uint64_t opened = 0;
    std::uint64_t resumed = 0;
    std::uint64_t handshakes = 0;
    std::uint64_t nonce_renewals = 0;
};

struct byte_figures {
    std::uint64_t received = 0;  ///< of bodies, as they came
};

/// One load, once. Counts are of the requests that were due in the counted part; rates of what happened in
/// it, whenever that was due.
struct step_result {
    std::optional<double> asked_per_s;         ///< of an open loop
    std::optional<std::uint64_t> concurrency;  ///< of a closed one
    std::uint64_t round = 1;
    double counted_s = 0;
    std::uint64_t due = 0;
    std::uint64_t sent = 0;     ///< handed to the client
    std::uint64_t dropped = 0;  ///< due while too many were under way
    std::uint64_t unfinished = 0;
    double due_per_s = 0;
    double sent_per_s = 0;
    double answered_per_s = 0;  ///< found or not found
    std::vector<outcome_count> outcomes;
    latency_figures latency_due_us;          ///< of answers and time-outs, from when they were due
    latency_figures latency_send_us;         ///< of the same, from when they left
    std::optional<double> corrected_p99_us;  ///< of a closed loop
    latency_figures lateness_us;             ///< from when requests were due to when they were handed over
    phases_figures phases_us;
    std::vector<bucket> histogram;  ///< of `latency_due_us`
    std::optional<double> first_third_p50_us;
    std::optional<double> last_third_p50_us;
    std::uint64_t throttled = 0;
    std::uint64_t retries = 0;
    std::vector<second_figures> per_second;
    client_figures client;
    connection_figures connections;
    byte_figures bytes;
};

/// How requests come about.
enum class loop_kind { open, closed };

/// What was to be done.
struct plan_figures {
    loop_kind loop = loop_kind::closed;
    std::vector<double> rates;               ///< of an open loop, a step each
    std::vector<std::uint64_t> concurrency;  ///< of a closed loop, a step each
    std::string arrivals;                    ///< of an open loop: even or poisson
    std::uint64_t max_in_flight = 0;         ///< of an open loop
    double warm_up_s = 0;
    double duration_s = 0;
    double cool_down_s = 0;
    std::uint64_t rounds = 1;
    std::uint64_t ids = 0;  ///< different ones
    std::string order;      ///< cycle or random
    double missing_share = 0;
    std::uint64_t seed = 0;
    std::uint64_t connections = 0;
    std::uint64_t pipeline = 1;
    bool compressed = false;
    bool cold = false;  ///< connections were not opened beforehand
    std::uint64_t retries = 0;
    double timeout_s = 0;          ///< of a lookup
    double attempt_timeout_s = 0;  ///< of each of its tries
};

struct tool_figures {
    std::string name;
    std::string version;
    std::string compiler;
    std::string boost;
    std::string openssl;
};

struct host_figures {
    std::string name;
    std::string system;
    std::string cpu;
    std::uint64_t cores = 0;
};

struct target_figures {
    std::string url;
    std::string dialect;
    std::string tls;  ///< "TLSv1.3, TLS_AES_128_GCM_SHA256"
    std::string auth;
    std::string address;
    bool this_machine = false;
};

/// What keeps a figure from meaning what it seems to.
struct warning {
    std::string code;                   ///< the same for the same trouble, for programs
    std::optional<std::uint64_t> step;  ///< from 0; nothing: all of them
    std::string text;
};

/// One limit on one step.
struct slo_verdict {
    std::string limit;  ///< as it was given: "p99<50ms"
    std::uint64_t step = 0;
    bool held = false;
    std::string measured;
};

struct measurement {
    std::string schema{document_schema};
    std::string started;  ///< of UTC: 2026-11-29T08:30:00Z
    tool_figures tool;
    host_figures host;
    target_figures target;
    plan_figures plan;
    std::vector<step_result> steps;
    std::vector<warning> warnings;
    std::vector<slo_verdict> slo;
    std::vector<std::string> argv;  ///< no secret: the tool takes none on its command line
    /// What a shorter copy of the document does not have; empty for a whole one.
    std::vector<std::string> left_out;
};

/// How many lookups of the step ended as `name` says; 0 where none did.
[[nodiscard]] std::uint64_t outcomes_of(const step_result& step, std::string_view name);
/// Neither found nor not found.
[[nodiscard]] std::uint64_t failures_of(const step_result& step);
/// Lookups that ended, whichever way.
[[nodiscard]] std::uint64_t ended_of(const step_result& step);
/// Of the lookups that ended; 0 of none.
[[nodiscard]] double failed_share(const step_result& step);

/// Whether ten of so many samples lie beyond the quantile of `part` of `whole` (99 of 100): with fewer it is
/// hardly more than the longest of all.
[[nodiscard]] bool tells_quantile(std::uint64_t samples, std::uint64_t part, std::uint64_t whole) noexcept;
/// Whether as much is answered as falls due, to 95 %; always in a closed loop. Answers that can only come
/// behind the counted part, for lack of a warm-up, are not missed.
[[nodiscard]] bool answers_keep_up(const step_result& step, const plan_figures& plan) noexcept;

/// Of the same rate or concurrency.
[[nodiscard]] bool same_load(const step_result& a, const step_result& b) noexcept;
/// "2,000/s", or "32 at a time" without a rate.
[[nodiscard]] std::string load_words(const std::optional<double>& per_second, std::uint64_t at_a_time);
/// The same of a step, with its round where there are several.
[[nodiscard]] std::string load_of(const step_result& step, const plan_figures& plan);

}  // namespace getty::connect::load

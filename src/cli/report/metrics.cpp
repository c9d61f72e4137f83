#include "cli/report/metrics.hpp"

#include <getty/connect/version.hpp>

#include <charconv>
#include <initializer_list>
#include <utility>

namespace getty::connect::cli {
namespace {

using label = std::pair<std::string_view, std::string_view>;

/// Writes samples below the HELP and TYPE of their metric.
class exposition {
public:
    explicit exposition(std::string_view run) : run_(run) {}

    /// Begins a metric; `sample` adds to it.
    exposition& metric(std::string_view name, std::string_view type, std::string_view help) {
        name_ = "getty_connect_" + std::string(name);
        text_ += "# HELP " + name_ + " " + std::string(help) + "\n# TYPE " + name_ + " " + std::string(type) +
                 "\n";
        return *this;
    }

    template <class Number>
    exposition& sample(Number value, std::initializer_list<label> labels = {}, std::string_view ending = {}) {
        text_ += name_;
        text_ += ending;
        text_ += '{';
        append_label({"run", run_});
        for (const label& one : labels) {
            text_ += ',';
            append_label(one);
        }
        text_ += '}';
        text_ += ' ';
        append_number(value);
        text_ += '\n';
        return *this;
    }

    template <class Number>
    exposition& counter(std::string_view name, std::string_view help, Number value) {
        return metric(name, "counter", help).sample(value);
    }
    template <class Number>
    exposition& gauge(std::string_view name, std::string_view help, Number value) {
        return metric(name, "gauge", help).sample(value);
    }

    [[nodiscard]] std::string take() { return std::move(text_); }

private:
    void append_label(const label& one) {
        text_ += one.first;
        text_ += "=\"";
        append_escaped(one.second);
        text_ += '"';
    }
    void append_escaped(std::string_view value) {
        for (const char c : value) {
            if (c == '\\' || c == '"') text_ += '\\';
            if (c == '\n') {
                text_ += "\\n";
            } else {
                text_ += c;
            }
        }
    }
    template <class Number>
    void append_number(Number value) {
        char digits[64];
        const auto done = std::to_chars(digits, digits + sizeof digits, value);
        text_.append(digits, done.ptr);
    }

    std::string_view run_;
    std::string text_;
    std::string name_;
};

double seconds(std::chrono::duration<double> length) noexcept { return length.count(); }

void add_run(exposition& to, const run_snapshot& now, const std::optional<metrics_end>& end) {
    to.metric("build_info", "gauge", "Version of getty-connect, always 1.").sample(1, {{"version", version}});
    to.gauge("start_time_seconds", "When the run began, since the epoch.",
             now.started.time_since_epoch().count());
    to.gauge("update_time_seconds", "When this was written, since the epoch.",
             now.at.time_since_epoch().count());
    to.gauge("running", "1 while the run goes on, 0 once it has ended.", end ? 0 : 1);
    if (!end) return;
    to.gauge("exit_code", "Exit code of the run, once it has ended.", end->exit_code);
    to.metric("end_info", "gauge", "Why the run ended, once it has, always 1.")
        .sample(1, {{"reason", end->ended.empty() ? std::string_view("never_began") : end->ended}});
}

void add_ids(exposition& to, const run_snapshot& now) {
    const run_counts& counts = now.counts;
    to.metric("ids_total", "counter", "Ids with an outcome in this run, by what it is.");
    to.sample(counts.job.found, {{"outcome", "found"}});
    for (std::size_t kind = 1; kind < counts.failed.size(); ++kind) {
        to.sample(counts.failed[kind], {{"outcome", to_string(static_cast<condition>(kind))}});
    }
    to.counter("ids_already_there_total", "Ids that had their outcome from an earlier run.",
               counts.job.already_there);
    to.gauge("ids_in_flight", "Ids that were taken from the input and have no outcome yet.",
             counts.job.under_way);
    if (counts.job.percent_read) {
        to.gauge("input_read_ratio", "Share of the input that was read, 0 to 1.",
                 *counts.job.percent_read / 100.0);
    }
    to.gauge("lag_seconds", "Time since the last outcome, or since the start.", seconds(now.since_outcome));
    to.gauge("recovery_read_bytes", "Bytes of earlier output that were read before going on, while they are.",
             counts.job.recovered_bytes);
    to.gauge("recovery_size_bytes", "Bytes of earlier output to read before going on, while they are read.",
             counts.job.recovery_bytes);
}

void add_latency(exposition& to, const run_snapshot& now) {
    static constexpr std::string_view edges[latency_record::bounds.size()] = {
        "0.001", "0.002", "0.005", "0.01", "0.02", "0.05", "0.1", "0.2",
        "0.5",   "1",     "2",     "5",    "10",   "30",   "60"};
    if (now.latency == nullptr) return;
    to.metric("request_duration_seconds", "histogram",
              "Time from an image request to the last byte of its answer, of those that were answered.");
    for (std::size_t i = 0; i < latency_record::bounds.size(); ++i) {
        to.sample(now.latency->within(i), {{"le", edges[i]}}, "_bucket");
    }
    to.sample(now.latency->total(), {{"le", "+Inf"}}, "_bucket");
    to.sample(seconds(now.latency->sum()), {}, "_sum");
    to.sample(now.latency->total(), {}, "_count");
}

void add_requests(exposition& to, const run_snapshot& now) {
    const client_stats& s = now.counts.client;
    to.counter("requests_total", "Requests on the wire, those for tokens included.", s.requests);
    to.counter("retries_total", "Further tries of an id that were charged to the retry budget.", s.retries);
    to.counter("replays_total", "Requests sent again since a kept connection had gone stale.", s.replays);
    to.counter("hedges_total", "Ids that were asked a second time while the first request was under way.",
               s.hedges);
    to.counter("auth_challenges_total", "401 answers that led to another request.", s.auth_challenges);
    to.counter("response_bytes_total", "Bytes of answers, without headers, as they came.", s.bytes_received);
    to.counter("tokens_total", "Tokens obtained.", s.tokens_issued);
    to.counter("token_failures_total", "Requests for a token that failed.", s.token_failures);
    if (now.counts.window) {
        to.gauge("batch_window", "Requests that may be under way at a time.", *now.counts.window);
    }
}

void add_connections(exposition& to, const run_snapshot& now) {
    const client_stats& s = now.counts.client;
    to.counter("connections_opened_total", "Connections opened.", s.connections_opened);
    to.counter("connections_resumed_total", "Of these, with the TLS session of an earlier one.",
               s.connections_resumed);
    to.counter("connections_failed_total", "Connections that could not be opened.", s.connections_failed);
    to.counter("connections_closed_total", "Connections that have ended.", s.connections_closed);
    to.metric("pool_connections", "gauge", "Connections of the pool, by what they do.")
        .sample(s.connections_idle, {{"state", "idle"}})
        .sample(s.connections_leased, {{"state", "leased"}})
        .sample(s.connections_opening, {{"state", "opening"}});
    to.metric("waiting", "gauge", "Requests that wait for something of the client's own, by what it is.")
        .sample(s.waiters, {{"for", "connection"}})
        .sample(s.waiting_for_token, {{"for", "token"}})
        .sample(s.waiting_for_rate, {{"for", "rate"}});
}

void add_waits(exposition& to, const run_snapshot& now) {
    const client_stats& s = now.counts.client;
    to.counter("pauses_total", "Pauses that the service asked for.", s.pauses);
    to.counter("pause_seconds_total", "Time in such pauses.", seconds(now.paused));
    to.gauge("paused", "1 during a pause.", now.waits.what == waits_for::pause ? 1 : 0);
    to.counter("outages_total", "Outages that were noticed.", s.outages);
    to.counter("outage_seconds_total", "Time in outages.", seconds(now.in_outage));
    to.gauge("in_outage", "1 during an outage.", now.waits.what == waits_for::outage ? 1 : 0);
}

}  // namespace

std::string_view run_name(std::string_view metrics_file) noexcept {
    metrics_file.remove_prefix(metrics_file.rfind('/') + 1);
    constexpr std::string_view ending = ".prom";
    if (metrics_file.size() > ending.size() && metrics_file.ends_with(ending)) {
        metrics_file.remove_suffix(ending.size());
    }
    return metrics_file;
}

std::string metrics_text(const run_snapshot& now, std::string_view run, std::optional<metrics_end> end) {
    exposition all(run);
    add_run(all, now, end);
    add_ids(all, now);
    add_requests(all, now);
    add_latency(all, now);
    add_connections(all, now);
    add_waits(all, now);
    return all.take();
}

}  // namespace getty::connect::cli

// What the command line asks for.
#pragma once

#include "cli/args/settings.hpp"
#include "cli/bench/bench_arguments.hpp"

#include <getty/connect/error.hpp>
#include <getty/connect/ingest/input.hpp>
#include <getty/connect/ingest/job.hpp>
#include <getty/connect/options.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace getty::connect::cli {

enum class action { get, fetch, bench, serve, token, config, version };
enum class output_format { ndjson, raw, csv };
enum class order { as_completed, as_input };
enum class summary_form { none, text, json };
enum class log_format { text, json };

/// How to reach the service and prove who asks.
struct connection_arguments {
    connect::dialect api = connect::dialect::connect;
    std::string base_url;   // empty: the library's default
    std::string token_url;  // empty: derived from the base URL
    std::optional<auth_scheme> auth;
    connect::digest_order digest_order = connect::digest_order::any;
    std::string credentials_file;
    std::string ca_file;
    std::string certificate_file;
    std::string private_key_file;
    std::string proxy;  // empty: that of the environment
    std::chrono::milliseconds timeout = std::chrono::seconds(30);
    std::chrono::milliseconds attempt_timeout = std::chrono::seconds(10);
    std::chrono::milliseconds connect_timeout = std::chrono::seconds(5);
    unsigned retries = 3;
};

/// What makes a run one that can be gone on with, and what ends it early.
struct job_arguments {
    ingest::existing if_existing = ingest::existing::refused;
    std::optional<ingest::retry_failed> retry;  // default: transient
    ingest::sync_when sync = ingest::sync_when::every;
    std::chrono::milliseconds sync_period = std::chrono::seconds(5);
    std::vector<condition> accepted;
    std::optional<std::uint64_t> max_failures;
    std::optional<unsigned> max_failed_percent;
    std::chrono::milliseconds max_time{0};
    std::uint64_t max_requests = 0;
    bool dry_run = false;
};

/// What to look up, how fast, and where the answers go.
struct lookup_arguments {
    std::vector<std::string> ids;     // of `get`
    std::vector<std::string> inputs;  // of `fetch`; none: standard input
    ingest::input_options input;
    job_arguments job;
    std::optional<std::size_t> concurrency;      // requests; default: that of the interface
    std::optional<std::size_t> ids_per_request;  // default: as many as the interface takes
    std::vector<std::string> fields;             // empty: all that fill a member
    connect::concurrency adapts = connect::concurrency::fixed;
    connect::hedging hedging = connect::hedging::off;
    connect::redirects redirects = connect::redirects::refuse;
    connect::compression compression = connect::compression::off;
    std::optional<std::size_t> connections;               // default: as many as `concurrency` needs
    std::size_t depth = 1;                                // requests on one connection
    std::optional<std::chrono::milliseconds> max_outage;  // default: 10 min, once something has worked
    std::chrono::milliseconds max_pause = std::chrono::minutes(15);
    double rate = 0;  // per second, 0: no limit
    std::uint32_t burst = 1;
    double rate_ids = 0;  // ids per second, 0: no limit
    std::string language;
    std::string coordination_id;
    output_format format = output_format::ndjson;
    cli::order order = cli::order::as_completed;
    std::vector<std::string> columns;  // empty: the whole image
    ingest::array_form arrays = ingest::array_form::joined;
    std::optional<std::uint64_t> lines_per_file;
    bool with_meta = false;
    std::string output_file;  // empty: standard output
    std::string errors_file;  // empty: with the images (ndjson) or on standard error (raw, csv)
};

/// What is told of a run while it runs, and where its results go. More of it is in `arguments`.
struct report_arguments {
    bool progress = true;
    std::chrono::milliseconds progress_period = std::chrono::seconds(60);  // where no line is redrawn
    log_format log = log_format::text;
    std::string metrics_file;  // empty: none
    std::string summary_file;  // empty: none
};

/// Whether the output has columns in the place of JSON.
[[nodiscard]] bool is_table(const lookup_arguments& wanted);
/// Whether failures have a file of their own, or stand between the images.
[[nodiscard]] bool has_place_for_failures(const lookup_arguments& wanted);

/// The sandbox. `scheme` is the spelling of the command line: the library's type stays in `serve`'s source.
struct serve_arguments {
    std::string address = "127.0.0.1";
    std::uint16_t port = 0;
    bool allow_remote = false;
    std::string scheme = "digest";
    std::string key;  // empty: that of the environment, or the sandbox's own
    std::chrono::milliseconds token_lifetime = std::chrono::minutes(30);
    std::chrono::milliseconds nonce_lifetime = std::chrono::minutes(5);
    std::chrono::milliseconds latency{0};
    double max_rate = 0;
    std::vector<std::string> faults;
    std::vector<std::string> v3_rules;
    std::optional<std::uint64_t> seed;
    std::string catalogue_file;
    std::string ca_file;
    std::string ready_file;
    std::string request_log;
};

/// Where flags come from that are not on the command line.
struct config_sources {
    std::string file;        // of --config; empty: none
    bool none_else = false;  // no other file than that
};

/// What holds for a flag, and from where: "default" where nothing is given. `values` is empty where what holds
/// can only be told in words, which are in `fallback` then.
struct held_value {
    std::string name;
    std::vector<std::string> values;
    std::string from;
    std::string fallback;
};

struct held_values {
    std::string command;
    std::vector<held_value> flags;
};

/// What `config` is to print.
struct config_arguments {
    std::string command;  // empty: all, and of each what is set
    bool leaves_files_out = false;
    std::vector<std::string> files_read;
    std::vector<std::string> files_absent;
    std::vector<held_values> held;
};

struct arguments {
    std::vector<std::string> words;  // as they were given, the program's name first
    cli::action action = action::version;
    config_sources sources;
    config_arguments config;
    connection_arguments connection;
    lookup_arguments lookup;
    report_arguments report;
    serve_arguments serve;
    bench_arguments bench;
    summary_form summary = summary_form::text;
    bool quiet = false;  // of JSON too, unless there is something to tell
    bool verbose = false;
    std::vector<std::string> flags_given;  // on the command line
    std::vector<std::string> warnings;     // of variables and files that flags are taken from
    /// Flags that were not taken from the command line, and from where instead.
    std::vector<std::pair<std::string, std::string>> origins;

    [[nodiscard]] bool is_from_elsewhere(std::string_view flag) const {
        return std::ranges::any_of(origins, [&](const auto& one) { return one.first == flag; });
    }
};

/// Text that was asked for instead of an action: a help.
struct help_text {
    std::string text;
};

/// Reads the command line, `words[0]` being the program's name, and takes flags that are not on it from
/// variables and configuration files. Throws `usage_error` naming the flag, variable or line, the value, the
/// rule and the mend; the value of a flag that looks like a secret is never repeated.
[[nodiscard]] std::variant<arguments, help_text> read_arguments(const std::vector<std::string>& words,
                                                                const surroundings& around = {});

/// `message`, and where the flags that it names come from when that is not the command line.
[[nodiscard]] std::string with_origins(std::string message, const arguments& read);

/// Whether --json is asked for by these words or by its variable: to know how to tell that they cannot be
/// read.
[[nodiscard]] bool asks_for_json(const std::vector<std::string>& words, const environment& variables);
/// Whether --log-format json is.
[[nodiscard]] bool asks_for_json_log(const std::vector<std::string>& words, const environment& variables);

}  // namespace getty::connect::cli

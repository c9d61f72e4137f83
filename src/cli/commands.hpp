// What the tool does, one function per sub-command.
#pragma once

#include "cli/args/arguments.hpp"
#include "cli/args/proxy_setting.hpp"
#include "cli/exit_code.hpp"
#include "cli/report/console.hpp"
#include "cli/report/run_watcher.hpp"

#include <getty/connect/options.hpp>

#include <chrono>
#include <memory>
#include <string>
#include <string_view>

namespace getty::connect::cli {

/// Each runs to its end on the calling thread and throws `usage_error` or `local_failure` for what stops it
/// before it has begun.
[[nodiscard]] exit_code run_lookups(const arguments& wanted, console& tell);
/// `fetch --dry-run`.
[[nodiscard]] exit_code run_dry(const arguments& wanted, console& tell);
[[nodiscard]] exit_code run_bench(const arguments& wanted, console& tell);
[[nodiscard]] exit_code run_token(const arguments& wanted, console& tell);
[[nodiscard]] exit_code run_serve(const serve_arguments& wanted, const std::string& program, console& tell);

/// Prints what holds for the flags.
[[nodiscard]] exit_code run_config(const arguments& wanted, console& tell);

/// Writes text to standard output, all of it. Throws `local_failure`.
void print_text(std::string_view text);

/// What a command that talks to the service needs, checked.
struct ready_options {
    client_options client;
    proxy_setting proxy;
    std::shared_ptr<run_watcher> watcher;  ///< what `client` tells of its work
};
/// Throws as the commands do.
[[nodiscard]] ready_options ready_client_options(const arguments& wanted, console& tell);

/// Tells why no token was to be had, or nothing reached, and what may help.
void tell_no_token(console& tell, const error& why, const proxy_setting& proxy);

/// Writes the object of `--json` of a run that looked up nothing, with the messages that were kept; `reason`
/// as in `run_result`.
void tell_summary_json(console& tell, const client_stats& stats, std::chrono::duration<double> elapsed,
                       exit_code code, std::string reason);

}  // namespace getty::connect::cli

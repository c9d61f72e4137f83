// `get` and `fetch`: from ids to lines.
#pragma once

#include "cli/args/arguments.hpp"
#include "cli/commands.hpp"
#include "cli/exit_code.hpp"
#include "cli/interrupt.hpp"
#include "cli/job/outputs.hpp"
#include "cli/report/console.hpp"
#include "cli/report/run_reporter.hpp"
#include "cli/report/tally.hpp"

#include <getty/connect/client.hpp>
#include <getty/connect/ingest/job.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/io_context.hpp>

#include <exception>
#include <optional>
#include <string>

namespace getty::connect::cli {

/// One run of `get` or `fetch`: a token first, then the job; a signal stops it.
///
/// Everything belongs to this object, which outlives the context's `run()`.
class lookup_run {
public:
    /// Opens files and checks options. Throws `usage_error` or `local_failure`.
    lookup_run(boost::asio::io_context& context, const arguments& wanted, console& tell);

    [[nodiscard]] exit_code run();

private:
    lookup_run(boost::asio::io_context& context, const arguments& wanted, console& tell, ready_options ready);
    [[nodiscard]] run_surroundings surroundings() const;
    [[nodiscard]] run_counts counts() const;
    boost::asio::awaitable<void> session();
    boost::asio::awaitable<bool> authenticated();
    void count(const ingest::record& one);
    void drain();
    void judge();
    void judge_failure(const std::exception_ptr& failed);
    void judge_limit();
    [[nodiscard]] bool something_is_left() const;
    [[nodiscard]] std::string go_on_command() const;
    void tell_end();
    exit_code report(exit_code code, std::string reason);
    void leave_at_once();

    boost::asio::io_context& context_;
    const arguments& wanted_;
    console& console_;
    proxy_setting proxy_;
    client client_;
    run_files files_;
    std::optional<ingest::job> job_;
    boost::asio::cancellation_signal preflight_;
    bool running_ = false;  // the job
    bool ran_ = false;      // it has, and `done_` says what came of it
    bool began_ = false;    // there was a token
    std::optional<interrupt> interrupt_;

    tally tally_;
    std::optional<run_reporter> reporter_;
    ingest::summary done_;
    std::exception_ptr broken_;         // what the job threw, or the session
    std::optional<error> not_reached_;  // the first that never got as far as an answer
    std::string reason_;                // why it ended before its ids did
    exit_code code_ = exit_code::success;
};

}  // namespace getty::connect::cli

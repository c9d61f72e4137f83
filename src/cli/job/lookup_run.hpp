// `get` and `fetch`: from ids to lines.
#pragma once

#include "cli/args/arguments.hpp"
#include "cli/commands.hpp"
#include "cli/exit_code.hpp"
#include "cli/interrupt.hpp"
#include "cli/job/outputs.hpp"
#include "cli/report/console.hpp"
#include "cli/report/progress.hpp"
#include "cli/report/tally.hpp"
#include "cli/report/time_words.hpp"

#include <getty/connect/client.hpp>
#include <getty/connect/ingest/job.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

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
    [[nodiscard]] bool may_show_progress() const;
    boost::asio::awaitable<void> session();
    boost::asio::awaitable<bool> authenticated();
    void count(const ingest::record& one);
    void arm();
    void draw();
    void drain();
    [[nodiscard]] std::string what_is_waited_for(const client_stats& stats) const;
    void judge();
    void judge_failure(const std::exception_ptr& failed);
    void judge_limit();
    void tell_go_on();
    void tell_end();
    void leave_at_once();

    boost::asio::io_context& context_;
    const arguments& wanted_;
    console& console_;
    proxy_setting proxy_;
    client client_;
    run_files files_;
    std::optional<ingest::job> job_;
    boost::asio::cancellation_signal preflight_;
    boost::asio::steady_timer ticker_;
    bool over_ = false;
    bool running_ = false;         // the job
    bool shows_progress_ = false;  // with `fetch` alone
    std::optional<interrupt> interrupt_;

    stopwatch watch_;
    tally tally_;
    rate_meter rate_;
    ingest::summary done_;
    std::exception_ptr broken_;         // what the job threw, or the session
    std::optional<error> not_reached_;  // the first that never got as far as an answer
    std::string reason_;                // why it ended before its ids did
    exit_code code_ = exit_code::success;
};

}  // namespace getty::connect::cli

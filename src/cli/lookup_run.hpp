// `get` and `fetch`: from ids to lines.
#pragma once

#include "cli/args/arguments.hpp"
#include "cli/commands.hpp"
#include "cli/exit_code.hpp"
#include "cli/interrupt.hpp"
#include "cli/lines/files.hpp"
#include "cli/lines/id_reader.hpp"
#include "cli/report/console.hpp"
#include "cli/report/progress.hpp"
#include "cli/report/tally.hpp"
#include "cli/report/time_words.hpp"

#include <getty/connect/client.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include <optional>
#include <string>

namespace getty::connect::cli {

/// One run of `get` or `fetch`.
///
/// One coroutine pulls outcomes and writes their lines, waiting for the readers of the lines; a timer flushes
/// what lies around and draws the progress line; a signal ends the input. Everything belongs to this object,
/// which outlives the context's `run()`.
class lookup_run {
public:
    /// Opens files and checks options. Throws `usage_error` or `local_failure`.
    lookup_run(boost::asio::io_context& context, const arguments& wanted, console& tell);

    [[nodiscard]] exit_code run();

private:
    lookup_run(boost::asio::io_context& context, const arguments& wanted, console& tell, ready_options ready);
    void open_files();
    void require_distinct_files() const;
    [[nodiscard]] bool may_show_progress() const;
    boost::asio::awaitable<void> session();
    boost::asio::awaitable<bool> authenticated();
    boost::asio::awaitable<void> look_up();
    [[nodiscard]] id_source source();
    void record(const outcome& one);
    void record_failure(const outcome& one, const pulled_line& line);
    [[nodiscard]] pulled_line line_behind(std::uint64_t index);
    [[nodiscard]] std::string place_of(const pulled_line& line) const;
    void begin_output();
    void tell_stop();
    [[nodiscard]] std::string how_to_go_on() const;
    [[nodiscard]] std::string what_is_waited_for(const client_stats& stats) const;
    [[nodiscard]] std::string reader_trouble() const;
    [[nodiscard]] bool lines_lost() const noexcept;
    void tick();
    void arm();
    void draw();
    void drain();
    void end_input();
    void end_waits();
    [[nodiscard]] bool was_not_asked(const error& why) const noexcept;
    void judge();
    void tell_end();
    void leave_at_once();

    boost::asio::io_context& context_;
    const arguments& wanted_;
    console& console_;
    proxy_setting proxy_;
    client client_;
    std::optional<id_reader> reader_;  // of `fetch`
    std::optional<line_writer> output_;
    std::optional<line_writer> errors_;
    std::optional<outcome_stream> stream_;
    boost::asio::cancellation_signal preflight_;
    boost::asio::steady_timer ticker_;
    bool over_ = false;
    bool draining_ = false;
    bool shows_progress_ = false;  // with `fetch` alone
    std::optional<interrupt> interrupt_;

    stopwatch watch_;
    tally tally_;
    rate_meter rate_;
    std::string line_;
    std::optional<error> stopped_;      // why the batch ended before the ids did
    std::optional<error> not_reached_;  // the first that never got as far as an answer
    exit_code code_ = exit_code::success;
};

}  // namespace getty::connect::cli

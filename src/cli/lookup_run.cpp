#include "cli/lookup_run.hpp"

#include "cli/client_setup.hpp"
#include "cli/commands.hpp"
#include "cli/json_text.hpp"
#include "cli/trouble.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <chrono>
#include <exception>
#include <unistd.h>
#include <utility>

namespace getty::connect::cli {
namespace {

constexpr std::chrono::milliseconds tick_length{200};

}  // namespace

lookup_run::lookup_run(boost::asio::io_context& context, const arguments& wanted, console& tell)
    : context_(context),
      wanted_(wanted),
      console_(tell),
      client_(context.get_executor(), ready_client_options(wanted, tell)),
      ticker_(context) {
    const result<void> checked = fetch_options_for(wanted.lookup).validate();
    if (!checked) throw usage_error(in_flags(checked.error().message()));
    open_files();
}

void lookup_run::open_files() {
    const lookup_arguments& l = wanted_.lookup;
    const auto executor = context_.get_executor();
    if (wanted_.action == action::fetch) {
        reader_.emplace(executor, l.input);
        // Opening for writing empties the file: never the one that is about to be read.
        for (const auto& [flag, path] :
             {std::pair<std::string, const std::string&>{"--output", l.output_file},
              {"--errors", l.errors_file}}) {
            if (path.empty() || !same_file(reader_->descriptor(), path)) continue;
            throw usage_error(flag + " " + path + ": is the file that the ids are read from; name another");
        }
        if (reader_->terminal() && console_.terminal()) {
            console_.note("reading ids from the terminal, one a line; end with Ctrl-D");
        }
        // Where ids are typed or images appear, a line that is redrawn would be in the way.
        const bool images_shown = l.output_file.empty() && ::isatty(STDOUT_FILENO) == 1;
        shows_progress_ = console_.terminal() && !wanted_.quiet && !reader_->terminal() && !images_shown;
    }
    if (l.output_file.empty()) {
        output_.emplace(executor, STDOUT_FILENO, "standard output");
    } else {
        output_.emplace(executor, l.output_file);
    }
    if (!l.errors_file.empty()) errors_.emplace(executor, l.errors_file);
}

exit_code lookup_run::run() {
    interrupt_.emplace(context_.get_executor(), console_, [this] { drain(); });
    arm();
    std::exception_ptr broken;
    boost::asio::co_spawn(context_, session(), [&](std::exception_ptr failed) {
        broken = failed;
        over_ = true;
        ticker_.cancel();
        interrupt_->stop();
        output_->stop();
        if (errors_) errors_->stop();
        if (reader_) reader_->stop();
    });
    context_.run();
    console_.clear_status();
    if (broken) std::rethrow_exception(broken);
    report();
    return code_;
}

boost::asio::awaitable<void> lookup_run::session() {
    const bool ready = co_await authenticated();
    if (ready) co_await look_up();
    stream_.reset();
    co_await client_.close();
}

// Asked for once before any id is read, so that credentials that do not work are told once and not per id.
boost::asio::awaitable<bool> lookup_run::authenticated() {
    const auto executor = co_await boost::asio::this_coro::executor;
    auto token = boost::asio::co_spawn(
        executor, client_.authenticate(),
        boost::asio::bind_cancellation_slot(preflight_.slot(), boost::asio::use_awaitable));
    const result<token_info> got = co_await std::move(token);
    if (interrupt_->happened()) co_return false;
    if (got) co_return true;
    code_ = verdict(got.error());
    if (code_ == exit_code::some_failed) code_ = exit_code::authentication;
    tell_no_token(console_, got.error());
    co_return false;
}

id_source lookup_run::source() {
    if (reader_) return id_source([this] { return reader_->next(); });
    return id_source([this, next = std::size_t{0}]() mutable -> std::optional<std::string> {
        if (draining_ || next == wanted_.lookup.ids.size()) return std::nullopt;
        return wanted_.lookup.ids[next++];
    });
}

boost::asio::awaitable<void> lookup_run::look_up() {
    stream_.emplace(client_.fetch(source(), fetch_options_for(wanted_.lookup)));
    for (;;) {
        std::optional<outcome> one = stream_->try_next();
        if (!one) one = co_await stream_->next();
        if (!one) break;
        record(*one);
        if (output_->full()) co_await output_->room();
        if (errors_ && errors_->full()) co_await errors_->room();
        if (lines_lost()) break;
    }
    co_await output_->drained();
    if (errors_) co_await errors_->drained();
}

void lookup_run::record(const outcome& one) {
    const pulled_line line = reader_ ? reader_->take(one.index) : pulled_line{};
    if (!one.value) {
        record_failure(one, line);
        return;
    }
    tally_.add_success();
    line_.clear();
    if (wanted_.lookup.format == output_format::raw) {
        append_single_line(line_, one.value->raw);
    } else {
        append_image_line(line_, one.id, one.value->raw);
    }
    output_->append(line_, one.id);
}

void lookup_run::record_failure(const outcome& one, const pulled_line& line) {
    const bool unusable = !line.trouble.empty();
    const error why = unusable ? error(errc::invalid_id, stage::queue, line.trouble) : one.value.error();
    tally_.add_failure(why);
    if (!errors_ && wanted_.lookup.format == output_format::raw) {
        console_.note((unusable ? std::string() : one.id + ": ") + why.describe());
        return;
    }
    std::optional<std::string_view> id;
    if (!unusable) id = one.id;
    std::optional<std::uint64_t> number;
    if (reader_ && why.kind() == condition::invalid_input) number = line.number;
    line_.clear();
    append_error_line(line_, id, why, one.attempts, number);
    line_writer& to = errors_ ? *errors_ : *output_;
    to.append(line_, unusable ? "of line " + std::to_string(line.number) : one.id);
}

bool lookup_run::lines_lost() const noexcept { return output_->failed() || (errors_ && errors_->failed()); }

void lookup_run::arm() {
    ticker_.expires_after(tick_length);
    ticker_.async_wait([this](const boost::system::error_code& failed) {
        if (failed || over_) return;
        tick();
        arm();
    });
}

void lookup_run::tick() {
    output_->pump();
    if (errors_) errors_->pump();
    // Otherwise nobody would notice before the next outcome, which may be far away.
    if (lines_lost()) end_input();
    draw();
}

void lookup_run::draw() {
    const auto elapsed = watch_.elapsed();
    rate_.sample(elapsed, tally_.total());
    if (!shows_progress_) return;
    const client_stats stats = client_.stats();
    const std::uint64_t finished = stats.lookups_succeeded + stats.lookups_failed;
    progress_state now;
    now.done = tally_.total();
    now.failed = tally_.failed();
    now.in_flight = stats.lookups_started > finished ? stats.lookups_started - finished : 0;
    now.per_second = rate_.per_second();
    now.elapsed = std::chrono::duration_cast<std::chrono::seconds>(elapsed);
    now.percent_read = reader_->percent_read();
    console_.status(progress_line(now));
}

/// Takes no further id; what is under way gets its answer.
void lookup_run::drain() {
    draining_ = true;
    preflight_.emit(boost::asio::cancellation_type::terminal);
    if (reader_) reader_->stop();
    if (stream_) console_.note("finishing what is under way; interrupt again to end at once");
}

void lookup_run::end_input() {
    preflight_.emit(boost::asio::cancellation_type::terminal);
    if (reader_) reader_->stop();
    if (stream_) stream_->cancel();
}

void lookup_run::report() {
    const exit_code told = code_;
    if (told == exit_code::success) code_ = tally_.verdict();
    for (const std::optional<line_writer>* writer : {&output_, &errors_}) {
        if (!*writer || !(*writer)->failed()) continue;
        console_.error((*writer)->failure() +
                       "; mend that and run again with the ids that are missing from the output");
        code_ = exit_code::local_failure;
    }
    if (reader_ && !reader_->failure().empty()) {
        console_.error(reader_->failure() + "; the ids before were looked up");
        code_ = exit_code::local_failure;
    }
    if (interrupt_->happened()) {
        console_.note("interrupted: what was under way has been finished, nothing further was looked up");
        code_ = interrupt_->code();
    }
    if (wanted_.summary == summary_form::json) {
        console_.print(summary_json(tally_, client_.stats(), watch_.elapsed(), code_) + "\n");
    } else if (wanted_.summary == summary_form::text &&
               (wanted_.action == action::fetch || wanted_.verbose)) {
        console_.note(summary_text(tally_, client_.stats(), watch_.elapsed()));
    }
}

exit_code run_lookups(const arguments& wanted, console& tell) {
    boost::asio::io_context context(1);
    lookup_run one(context, wanted, tell);
    return one.run();
}

}  // namespace getty::connect::cli

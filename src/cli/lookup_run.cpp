#include "cli/lookup_run.hpp"

#include "cli/args/client_setup.hpp"
#include "cli/commands.hpp"
#include "cli/lines/file_roles.hpp"
#include "cli/lines/files.hpp"
#include "cli/report/time_words.hpp"
#include "cli/trouble.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <chrono>
#include <exception>
#include <string>
#include <unistd.h>
#include <utility>
#include <vector>

namespace getty::connect::cli {
namespace {

constexpr std::chrono::milliseconds tick_length{200};

std::string words_of(const std::exception_ptr& broken) {
    try {
        std::rethrow_exception(broken);
    } catch (const std::exception& why) {
        return why.what();
    }
}

/// As a word of a command line.
std::string in_shell(const std::string& text) {
    const auto plain = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               std::string_view("._-/+,:@%").find(c) != std::string_view::npos;
    };
    if (!text.empty() && text[0] != '-' && std::all_of(text.begin(), text.end(), plain)) return text;
    std::string quoted = text.starts_with('-') ? "./" : "";
    quoted += '\'';
    for (const char c : text) quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
    return quoted + '\'';
}

}  // namespace

lookup_run::lookup_run(boost::asio::io_context& context, const arguments& wanted, console& tell)
    : lookup_run(context, wanted, tell, ready_client_options(wanted, tell)) {}

lookup_run::lookup_run(boost::asio::io_context& context, const arguments& wanted, console& tell,
                       ready_options ready)
    : context_(context),
      wanted_(wanted),
      console_(tell),
      proxy_(std::move(ready.proxy)),
      client_(context.get_executor(), std::move(ready.client)),
      ticker_(context) {
    const result<void> checked = fetch_options_for(wanted.lookup).validate();
    if (!checked) throw usage_error(in_flags(checked.error().message()));
    open_files();
    require_distinct_files();
    if (!reader_) return;
    if (reader_->terminal() && console_.terminal()) {
        console_.hint("reading ids from the terminal, one a line; end with Ctrl-D");
    }
    shows_progress_ = may_show_progress();
}

void lookup_run::open_files() {
    const lookup_arguments& l = wanted_.lookup;
    const auto executor = context_.get_executor();
    if (wanted_.action == action::fetch) reader_.emplace(executor, l.input);
    if (l.output_file.empty()) {
        output_.emplace(executor, STDOUT_FILENO, "standard output");
    } else {
        output_.emplace(executor, l.output_file);
    }
    if (!l.errors_file.empty()) errors_.emplace(executor, l.errors_file);
}

// Asked of the open files, so that none can be exchanged before it is used. Nothing was written to them yet.
void lookup_run::require_distinct_files() const {
    const lookup_arguments& l = wanted_.lookup;
    const connection_arguments& c = wanted_.connection;
    std::vector<file_in_use> files;
    if (reader_) {
        files.push_back({reader_->name(), "the file that the ids are read from", file_role::ids,
                         l.input == "-", identity_of(reader_->descriptor())});
    }
    const auto read = [&](const char* flag, const std::string& path, file_role role) {
        if (path.empty()) return;
        files.push_back({std::string(flag) + " " + path, std::string("the file of ") + flag, role, false,
                         identity_of(path)});
    };
    read("--cacert", c.ca_file, file_role::input);
    read("--cert", c.certificate_file, file_role::input);
    read("--key", c.private_key_file, file_role::secret);
    read("--credentials", c.credentials_file, file_role::secret);
    const auto written = [&](const char* flag, const line_writer& to, file_role role) {
        files.push_back({std::string(flag) + " " + to.name(), std::string("the file of ") + flag, role, false,
                         identity_of(to.descriptor())});
    };
    if (l.output_file.empty()) {
        files.push_back({output_->name(), "where standard output goes", file_role::output, true,
                         identity_of(output_->descriptor())});
    } else {
        written("--output", *output_, file_role::output);
    }
    if (errors_) written("--errors", *errors_, file_role::output);
    require_distinct(files);
    files.push_back({"standard error", "where standard error goes", file_role::messages, true,
                     identity_of(STDERR_FILENO)});
    try {
        require_distinct(files);
    } catch (const usage_error&) {
        console_.fall_silent();  // the words would stand in the very file that is to stay as it is
        throw;
    }
}

// Where ids are typed or images appear, a line that is redrawn would be in the way.
bool lookup_run::may_show_progress() const {
    const bool images_shown = wanted_.lookup.output_file.empty() && ::isatty(STDOUT_FILENO) == 1;
    return console_.terminal() && !wanted_.quiet && wanted_.summary != summary_form::json &&
           !reader_->terminal() && !images_shown;
}

exit_code lookup_run::run() {
    interrupt_.emplace(context_.get_executor(), console_, [this] { drain(); }, [this] { leave_at_once(); });
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
    judge();
    if (broken) {
        code_ = exit_code::local_failure;
        console_.error(words_of(broken));
    }
    tell_end();
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
    code_ = verdict_on_start(got.error());
    if (code_ == exit_code::unreachable && wanted_.lookup.max_outage) {
        // An outage like any other, and how long it may last was said.
        code_ = exit_code::success;
        co_return true;
    }
    tell_no_token(console_, got.error(), proxy_);
    co_return false;
}

id_source lookup_run::source() {
    if (reader_) return id_source([this] { return reader_->next(); });
    return id_source([this, next = std::size_t{0}]() mutable -> std::optional<std::string> {
        if (draining_ || next == wanted_.lookup.ids.size()) return std::nullopt;
        const std::string& id = wanted_.lookup.ids[next++];
        return id_trouble(id) ? std::string() : id;  // the client refuses an empty one, in its place
    });
}

pulled_line lookup_run::line_behind(std::uint64_t index) {
    if (reader_) return reader_->take(index);
    pulled_line argument;
    argument.number = index + 1;
    const auto trouble = id_trouble(wanted_.lookup.ids[index]);
    if (trouble) argument.trouble = "it " + *trouble;
    return argument;
}

std::string lookup_run::place_of(const pulled_line& line) const {
    const std::string number = std::to_string(line.number);
    return reader_ ? reader_->name() + ":" + number : "id " + number + " of the command line";
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
    stopped_ = stream_->stopped();
    const bool whole = !interrupt_->happened() && reader_trouble().empty() && !stopped_;
    if (whole) begin_output();
    co_await output_->drained();
    if (errors_) co_await errors_->drained();
}

/// Also what was given up since an interruption met a pause or an outage.
bool lookup_run::was_not_asked(const error& why) const noexcept {
    return why.value() == errc::not_asked || (draining_ && why.value() == errc::canceled);
}

/// Both at once: failures of an earlier run beside images of this one would be taken for one run's.
void lookup_run::begin_output() {
    output_->begin();
    if (errors_) errors_->begin();
}

std::string lookup_run::reader_trouble() const {
    if (!reader_) return {};
    return reader_->wrong().empty() ? reader_->failure() : reader_->wrong();
}

void lookup_run::record(const outcome& one) {
    const pulled_line line = line_behind(one.index);
    if (!one.value && line.trouble.empty() && was_not_asked(one.value.error())) {
        tally_.add_unasked();
        return;
    }
    begin_output();
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
    const error why = unusable ? error(errc::invalid_id, stage::queue, place_of(line) + ": " + line.trouble)
                               : one.value.error();
    tally_.add_failure(why);
    if (!not_reached_ && verdict(why) == exit_code::unreachable) not_reached_ = why;
    const bool is_message = !errors_ && wanted_.lookup.format == output_format::raw;
    if (is_message && wanted_.summary != summary_form::json) {
        console_.note((unusable ? std::string() : one.id + ": ") + why.describe());
        return;
    }
    std::optional<std::string_view> id;
    if (!unusable) id = one.id;
    std::optional<std::uint64_t> number;
    if (reader_ && why.kind() == condition::invalid_input) number = line.number;
    line_.clear();
    append_error_line(line_, id, why, one.attempts, number);
    if (is_message) {
        console_.print(line_ + "\n");
        return;
    }
    line_writer& to = errors_ ? *errors_ : *output_;
    to.append(line_, unusable ? "of " + place_of(line) : one.id);
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
    if (draining_) end_waits();
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
    now.waits_for = what_is_waited_for(stats);
    console_.status(progress_line(now));
}

std::string lookup_run::what_is_waited_for(const client_stats& stats) const {
    if (stats.in_outage) return "every lookup fails, waiting for that to end";
    const auto left = time_until(stats.paused_until);
    if (!left || *left < std::chrono::seconds(2)) return {};
    return "paused until " + time_of_day_in(*left) + ", asked for by the service";
}

/// Takes no further id; what is under way gets its answer.
void lookup_run::drain() {
    draining_ = true;
    preflight_.emit(boost::asio::cancellation_type::terminal);
    if (reader_) reader_->stop();
    if (stream_) console_.hint("finishing what is under way; interrupt again to end at once");
    end_waits();
}

/// Nobody waits for the end of a pause or an outage to let what is under way finish.
void lookup_run::end_waits() {
    if (!stream_) return;
    const client_stats stats = client_.stats();
    if (stats.in_outage || time_until(stats.paused_until)) stream_->cancel();
}

void lookup_run::end_input() {
    preflight_.emit(boost::asio::cancellation_type::terminal);
    if (reader_) reader_->stop();
    if (stream_) stream_->cancel();
}

/// What the run amounts to, and the errors that were not told yet.
void lookup_run::judge() {
    const bool began = code_ == exit_code::success;
    if (began) code_ = tally_.verdict();
    if (began && stopped_ && !interrupt_->happened()) {
        code_ = first_that_applies(code_, verdict_on_end(*stopped_));
        tell_stop();
    } else if (began && code_ == exit_code::unreachable) {
        tell_no_token(console_, *not_reached_, proxy_);
    }
    for (const std::optional<line_writer>* writer : {&output_, &errors_}) {
        if (!*writer || !(*writer)->failed()) continue;
        console_.error((*writer)->failure() +
                       "; mend that and run again with the ids that are missing from the output");
        code_ = exit_code::local_failure;
    }
    if (const std::string trouble = reader_trouble(); !trouble.empty()) {
        console_.error(trouble + (tally_.total() > 0 ? "; the ids before were looked up" : ""));
        code_ = reader_->wrong().empty() ? exit_code::local_failure : exit_code::usage;
    }
    if (interrupt_->happened()) code_ = interrupt_->code();
}

/// Why no further id was asked for, and how the rest is to be had.
void lookup_run::tell_stop() {
    tell_no_token(console_, *stopped_, proxy_);
    if (wanted_.action == action::fetch && tally_.succeeded() > 0) console_.hint(how_to_go_on());
}

std::string lookup_run::how_to_go_on() const {
    const lookup_arguments& l = wanted_.lookup;
    const std::string what =
        "the run stopped before its last id; to go on, look up the ids that have no line in the output";
    const bool plain = l.format == output_format::ndjson && !l.output_file.empty() && l.input != "-";
    if (!plain) return what;
    const std::string written =
        in_shell(l.output_file) + (l.errors_file.empty() ? "" : " " + in_shell(l.errors_file));
    return what + ":\n  jq -r .id " + written + " | sort -u | comm -13 - <(sort -u " + in_shell(l.input) +
           ") | getty-connect fetch [the same flags, but --output and --errors] >> " +
           in_shell(l.output_file);
}

void lookup_run::tell_end() {
    const bool interrupted = interrupt_->happened();
    if (wanted_.summary == summary_form::json) {
        const console::kept_messages& kept = console_.kept();
        const bool eventful = interrupted || !kept.errors.empty() || !kept.warnings.empty();
        if (wanted_.quiet && !eventful) return;
        std::string reason = kept.errors.empty() ? std::string() : kept.errors.front();
        if (interrupted) reason = "interrupted by " + std::string(interrupt_->name());
        tell_summary_json(console_, tally_, client_.stats(), watch_.elapsed(), code_, std::move(reason));
        return;
    }
    if (interrupted) {
        console_.note("interrupted: what was under way has been finished, nothing further was looked up");
    }
    if (wanted_.summary == summary_form::text && (wanted_.action == action::fetch || wanted_.verbose)) {
        console_.note(summary_text(tally_, client_.stats(), watch_.elapsed()));
    }
}

/// The process ends behind this. What the shell does not tell is told; files that were not begun go again,
/// and shared descriptors get their flags back.
void lookup_run::leave_at_once() {
    if (wanted_.summary == summary_form::json) {
        tell_summary_json(console_, tally_, client_.stats(), watch_.elapsed(), interrupt_->code(),
                          "interrupted twice, the second time by " + std::string(interrupt_->name()));
    }
    output_.reset();
    errors_.reset();
    reader_.reset();
}

exit_code run_lookups(const arguments& wanted, console& tell) {
    boost::asio::io_context context(1);
    lookup_run one(context, wanted, tell);
    return one.run();
}

}  // namespace getty::connect::cli

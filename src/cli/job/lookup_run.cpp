#include "cli/job/lookup_run.hpp"

#include "cli/args/client_setup.hpp"
#include "cli/args/duration.hpp"
#include "cli/commands.hpp"
#include "cli/job/go_on.hpp"
#include "cli/report/time_words.hpp"
#include "cli/trouble.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <chrono>
#include <exception>
#include <string>
#include <unistd.h>
#include <utility>

namespace getty::connect::cli {
namespace {

constexpr std::chrono::milliseconds tick_length{200};

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
    files_ = open_files(context_.get_executor(), wanted, tell);
    ingest::job_options options = job_options_for(wanted.lookup);
    options.watch([this](const ingest::record& one) { count(one); });
    try {
        job_.emplace(client_, *files_.ids, *files_.output, files_.errors.get(), options);
    } catch (const usage_error& why) {
        throw usage_error(job_words_in_flags(why.what()));
    }
    if (files_.ids_are_typed && console_.terminal()) {
        console_.hint("reading ids from the terminal, one a line; end with Ctrl-D");
    }
    shows_progress_ = wanted.action == action::fetch && may_show_progress();
}

// Where ids are typed or images appear, a line that is redrawn would be in the way.
bool lookup_run::may_show_progress() const {
    const bool images_shown = wanted_.lookup.output_file.empty() && ::isatty(STDOUT_FILENO) == 1;
    return console_.terminal() && !wanted_.quiet && wanted_.summary != summary_form::json &&
           !files_.ids_are_typed && !images_shown;
}

exit_code lookup_run::run() {
    interrupt_.emplace(context_.get_executor(), console_, [this] { drain(); }, [this] { leave_at_once(); });
    arm();
    boost::asio::co_spawn(context_, session(), [&](std::exception_ptr failed) {
        broken_ = failed;
        over_ = true;
        ticker_.cancel();
        interrupt_->stop();
    });
    context_.run();
    console_.clear_status();
    judge();
    tell_end();
    return code_;
}

boost::asio::awaitable<void> lookup_run::session() {
    const bool ready = co_await authenticated();
    std::exception_ptr failed;
    if (ready) {
        running_ = true;
        try {
            done_ = co_await job_->run();
        } catch (...) {
            failed = std::current_exception();
        }
        running_ = false;
    }
    co_await client_.close();
    if (failed) std::rethrow_exception(failed);
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

void lookup_run::count(const ingest::record& one) {
    if (one.why == nullptr) {
        tally_.add_success();
        return;
    }
    const auto& accepted = wanted_.lookup.job.accepted;
    if (std::ranges::find(accepted, one.why->kind()) != accepted.end()) {
        tally_.add_accepted(*one.why);
        return;
    }
    tally_.add_failure(*one.why);
    if (!not_reached_ && verdict(*one.why) == exit_code::unreachable) not_reached_ = *one.why;
}

void lookup_run::arm() {
    ticker_.expires_after(tick_length);
    ticker_.async_wait([this](const boost::system::error_code& failed) {
        if (failed || over_) return;
        draw();
        arm();
    });
}

void lookup_run::draw() {
    const auto elapsed = watch_.elapsed();
    rate_.sample(elapsed, tally_.total());
    if (!shows_progress_) return;
    const client_stats stats = client_.stats();
    const ingest::job_progress job = job_->progress();
    progress_state now;
    now.done = tally_.total();
    now.failed = tally_.failed();
    now.in_flight = job.under_way;
    now.per_second = rate_.per_second();
    now.elapsed = std::chrono::duration_cast<std::chrono::seconds>(elapsed);
    now.percent_read = job.percent_read;
    now.waits_for = what_is_waited_for(stats);
    console_.status(progress_line(now));
}

std::string lookup_run::what_is_waited_for(const client_stats& stats) const {
    if (stats.in_outage) return "every lookup fails, waiting for that to end";
    const auto left = time_until(stats.paused_until);
    if (!left || *left < std::chrono::seconds(2)) return {};
    return "paused until " + time_of_day_in(*left) + ", asked for by the service";
}

/// Takes no further id; what is on the wire gets its answer.
void lookup_run::drain() {
    preflight_.emit(boost::asio::cancellation_type::terminal);
    job_->stop();
    if (running_) console_.hint("finishing what is under way; interrupt again to end at once");
}

void lookup_run::judge_failure(const std::exception_ptr& failed) {
    try {
        std::rethrow_exception(failed);
    } catch (const usage_error& why) {
        reason_ = job_words_in_flags(why.what());
        code_ = exit_code::usage;
    } catch (const std::exception& why) {
        reason_ = why.what();
        code_ = exit_code::local_failure;
    }
    std::string rest;
    if (done_.why == ingest::ended::source_failed && tally_.total() > 0) {
        rest = "; the ids before were looked up";
    }
    const bool counted = reason_.find("written completely") != std::string::npos;
    if (done_.why == ingest::ended::sink_failed && !counted) {
        const std::uint64_t lines = files_.output->written() + (files_.errors ? files_.errors->written() : 0);
        rest = "; " + grouped(lines) + (lines == 1 ? " line was" : " lines were") + " written completely";
    }
    console_.error(reason_ + rest);
}

/// A limit that its user has set, or the one that everybody has.
void lookup_run::judge_limit() {
    const lookup_arguments& l = wanted_.lookup;
    using ingest::ended;
    switch (done_.why) {
        case ended::max_time:
            reason_ = "--max-time " + to_text(l.job.max_time) + " is over";
            break;
        case ended::max_requests:
            reason_ = grouped(client_.stats().requests) + " requests were sent, and --max-requests is " +
                      grouped(l.job.max_requests);
            break;
        case ended::max_failures:
            reason_ = l.job.max_failed_percent
                          ? "more than the " + std::to_string(*l.job.max_failed_percent) +
                                " % of --max-failures have failed"
                          : "more than the " + grouped(l.job.max_failures.value_or(0)) +
                                " of --max-failures have failed";
            break;
        case ended::all_alike:
            reason_ = "the first " + grouped(tally_.failed()) + " ids have all failed alike";
            break;
        default:
            return;
    }
    const bool of_failures = done_.why == ended::max_failures || done_.why == ended::all_alike;
    if (of_failures && !done_.failures.empty()) {
        const auto most =
            std::ranges::max_element(done_.failures, {}, [](const auto& one) { return one.second.count; });
        reason_ += ", most of them of this: " + most->second.first_message;
    }
    code_ = first_that_applies(code_, exit_code::limit);
    console_.error(reason_);
}

/// What the run amounts to, and the errors that were not told yet.
void lookup_run::judge() {
    const bool began = code_ == exit_code::success;
    tally_.add_unasked(done_.handed_back);
    if (began) code_ = tally_.verdict();
    const std::exception_ptr failed = broken_ ? broken_ : done_.failure;
    if (failed) {
        judge_failure(failed);
    } else if (began && done_.why == ingest::ended::service && !interrupt_->happened()) {
        code_ = first_that_applies(code_, verdict_on_end(*done_.service_error));
        tell_no_token(console_, *done_.service_error, proxy_);
    } else if (began && done_.why != ingest::ended::input_end && done_.why != ingest::ended::stopped) {
        judge_limit();
    } else if (began && code_ == exit_code::unreachable) {
        tell_no_token(console_, *not_reached_, proxy_);
    }
    if (interrupt_->happened()) code_ = interrupt_->code();
    if (began) tell_go_on();
}

/// Where something is left to be asked for, and something is there already.
void lookup_run::tell_go_on() {
    const bool whole = done_.why == ingest::ended::input_end && !broken_;
    const std::uint64_t final_ones =
        tally_.failed(condition::not_found) + tally_.failed(condition::invalid_input);
    const bool asks_again = whole && tally_.failed() > final_ones;
    const bool began = tally_.total() + done_.already_there > 0;
    if (wanted_.action != action::fetch || !began || broken_ || (whole && !asks_again)) return;
    if (asks_again && command_that_goes_on(wanted_).empty()) return;
    console_.hint(how_to_go_on(wanted_));
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
    files_.output.reset();
    files_.errors.reset();
    files_.ids.reset();
}

exit_code run_lookups(const arguments& wanted, console& tell) {
    if (wanted.lookup.job.dry_run) return run_dry(wanted, tell);
    boost::asio::io_context context(1);
    lookup_run one(context, wanted, tell);
    return one.run();
}

}  // namespace getty::connect::cli

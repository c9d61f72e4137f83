#include "cli/job/lookup_run.hpp"

#include "cli/args/client_setup.hpp"
#include "cli/args/duration.hpp"
#include "cli/commands.hpp"
#include "cli/job/go_on.hpp"
#include "cli/trouble.hpp"
#include "core/numerals.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <chrono>
#include <exception>
#include <string>
#include <unistd.h>
#include <utility>

namespace getty::connect::cli {

lookup_run::lookup_run(boost::asio::io_context& context, const arguments& wanted, console& tell)
    : lookup_run(context, wanted, tell, ready_client_options(wanted, tell)) {}

lookup_run::lookup_run(boost::asio::io_context& context, const arguments& wanted, console& tell,
                       ready_options ready)
    : context_(context),
      wanted_(wanted),
      console_(tell),
      proxy_(std::move(ready.proxy)),
      client_(context.get_executor(), std::move(ready.client)) {
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
    reporter_.emplace(context_.get_executor(), tell, plan_for(wanted, surroundings()),
                      std::move(ready.watcher), [this] { return counts(); });
}

// Where ids are typed or images appear, a line that is redrawn would be in the way.
run_surroundings lookup_run::surroundings() const {
    const bool images_shown = wanted_.lookup.output_file.empty() && ::isatty(STDOUT_FILENO) == 1;
    return {console_.terminal(), files_.ids_are_typed || images_shown};
}

run_counts lookup_run::counts() const {
    run_counts now;
    now.job = job_->progress();
    now.client = client_.stats();
    for (std::size_t kind = 0; kind < now.failed.size(); ++kind) {
        now.failed[kind] = tally_.failed(static_cast<condition>(kind));
    }
    if (wanted_.action == action::get) now.total = wanted_.lookup.ids.size();
    if (now.job.batch.window > 0) now.window = now.job.batch.window;
    return now;
}

exit_code lookup_run::run() {
    interrupt_.emplace(context_.get_executor(), console_, [this] { drain(); }, [this] { leave_at_once(); });
    reporter_->start();
    boost::asio::co_spawn(context_, session(), [&](std::exception_ptr failed) {
        broken_ = failed;
        reporter_->stop();
        interrupt_->stop();
    });
    context_.run();
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
            ran_ = true;
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
        rest =
            "; " + core::grouped(lines) + (lines == 1 ? " line was" : " lines were") + " written completely";
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
            reason_ = core::grouped(client_.stats().requests) +
                      " requests were sent, and --max-requests is " + core::grouped(l.job.max_requests);
            break;
        case ended::max_failures:
            reason_ = l.job.max_failures == 0U
                          ? std::string("an id has failed, and none may (--fail-early, --max-failures 0)")
                      : l.job.max_failed_percent
                          ? "more than the " + std::to_string(*l.job.max_failed_percent) +
                                " % of --max-failures have failed"
                          : "more than the " + core::grouped(l.job.max_failures.value_or(0)) +
                                " of --max-failures have failed";
            break;
        case ended::all_alike:
            reason_ = "the first 1,000 ids have all failed alike";
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
    began_ = code_ == exit_code::success;
    tally_.add_unasked(done_.handed_back);
    if (began_) code_ = tally_.verdict();
    const std::exception_ptr failed = broken_ ? broken_ : done_.failure;
    if (failed) {
        judge_failure(failed);
    } else if (began_ && done_.why == ingest::ended::service && !interrupt_->happened()) {
        code_ = first_that_applies(code_, verdict_on_end(*done_.service_error));
        tell_no_token(console_, *done_.service_error, proxy_);
    } else if (began_ && done_.why != ingest::ended::input_end && done_.why != ingest::ended::stopped) {
        judge_limit();
    } else if (began_ && code_ == exit_code::unreachable) {
        tell_no_token(console_, *not_reached_, proxy_);
    }
    if (interrupt_->happened()) code_ = interrupt_->code();
}

/// Empty where there is nothing to go on with, or no command that does.
std::string lookup_run::go_on_command() const {
    const lookup_arguments& l = wanted_.lookup;
    const bool are_files =
        can_be_gone_on_with(l.output_file) && (l.errors_file.empty() || can_be_gone_on_with(l.errors_file));
    if (!are_files || !something_is_left()) return {};
    // Once the cause is mended they are no misses.
    const bool all_failed = done_.why == ingest::ended::all_alike;
    return command_that_goes_on(wanted_, all_failed ? ask_again::all : ask_again::as_wanted);
}

/// Ids are left to be asked for, or to be asked for again.
bool lookup_run::something_is_left() const {
    const bool whole = done_.why == ingest::ended::input_end && !broken_;
    const std::uint64_t final_ones =
        tally_.failed(condition::not_found) + tally_.failed(condition::invalid_input);
    const bool asks_again = whole && tally_.failed() > final_ones;
    const bool is_there = tally_.total() + done_.already_there + done_.handed_back > 0;
    if (wanted_.action != action::fetch || !began_ || !is_there || broken_) return false;
    return !whole || (asks_again && !command_that_goes_on(wanted_).empty());
}

void lookup_run::tell_end() {
    const bool interrupted = interrupt_->happened();
    if (interrupted) {
        console_.hint("interrupted: what was under way has been finished, nothing further was looked up");
    }
    const std::vector<std::string>& errors = console_.kept().errors;
    std::string reason = errors.empty() ? std::string() : errors.front();
    if (interrupted) reason = "interrupted by " + std::string(interrupt_->name());
    code_ = report(code_, std::move(reason));
    // The last on a screen; in a log of JSON the summary has it.
    const bool in_summary = wanted_.report.log == log_format::json;
    if (something_is_left() && !in_summary) console_.hint(how_to_go_on(wanted_, go_on_command()));
}

exit_code lookup_run::report(exit_code code, std::string reason) {
    run_result result;
    result.code = code;
    result.reason = std::move(reason);
    if (ran_) result.ended = to_string(done_.why);
    result.go_on = go_on_command();
    result.not_asked = tally_.unasked();
    result.accepted = done_.accepted;
    result.failures = done_.failures;
    return reporter_->finished(std::move(result));
}

/// The process ends behind this. What the shell does not tell is told; files that were not begun go again,
/// and shared descriptors get their flags back.
void lookup_run::leave_at_once() {
    (void)report(interrupt_->code(),
                 "interrupted twice, the second time by " + std::string(interrupt_->name()));
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

#include "cli/bench/bench_run.hpp"

#include "cli/trouble.hpp"
#include "core/clock.hpp"
#include "core/numerals.hpp"

#include <boost/asio/co_spawn.hpp>

#include <chrono>
#include <utility>

namespace getty::connect::cli {

bench_run::bench_run(boost::asio::io_context& context, const arguments& wanted, console& tell,
                     ready_options ready, const load::id_plan& ids)
    : context_(context),
      console_(tell),
      ready_(std::move(ready)),
      plan_(steps_of(wanted.bench)),
      around_{context,
              ready_.client,
              ids,
              nullptr,
              processors() >= 2,  // one for the service, should it be here
              [this](const step_progress& now) { tell_second(now); }} {
    if (!wanted.bench.record_file.empty()) {
        log_.emplace(context.get_executor(), wanted.bench.record_file);
        around_.log = &*log_;
    }
}

void bench_run::run(load::measurement& into) {
    interrupt_.emplace(context_.get_executor(), console_, [this] { stop(); });
    boost::asio::co_spawn(context_, session(into), [this](std::exception_ptr failed) {
        broken_ = failed;
        interrupt_->stop();
    });
    run_context();
    console_.clear_status();
    if (broken_) std::rethrow_exception(broken_);
    if (interrupt_->happened()) {
        code_ = interrupt_->code();
        into.warnings.push_back({"interrupted", {}, interrupted_words(into)});
    }
    if (log_ && !log_->failure().empty()) {
        console_.error(log_->failure());
        code_ = exit_code::local_failure;
    }
}

/// A sleep ends late, on a virtual machine by a tenth of a millisecond, so there is none before a request
/// that is due soon.
void bench_run::run_context() {
    bool is_idle = false;
    core::duration idle_since{};  // by the processor's clock
    while (!context_.stopped()) {
        const core::time_point now = core::steady_now();
        if (!around_.is_watched || !step_ || !step_->is_due_soon(now)) {
            is_idle = false;
            if (context_.run_one() > 0) context_.poll();
            continue;
        }
        const bool sent = step_->send_due(now);
        if (context_.poll() > 0 || sent) {
            is_idle = false;
            continue;
        }
        const core::duration used = thread_cpu();
        if (is_idle && step_) step_->watched(used - idle_since);
        idle_since = used;
        is_idle = true;
    }
}

boost::asio::awaitable<void> bench_run::session(load::measurement& into) {
    std::uint64_t first = 0;
    for (step_number_ = 0; step_number_ < plan_.size() && !stopped_; ++step_number_) {
        step_ = std::make_unique<step_run>(around_, plan_[step_number_], first);
        if (log_) log_->begin_step(step_number_);
        co_await step_->run();
        end_step(into);
        first = step_->next_number();
        if (step_->not_begun() || step_->was_stopped()) break;
    }
    step_.reset();
    if (log_) co_await log_->drained();
}

void bench_run::end_step(load::measurement& into) {
    if (step_->not_begun()) {
        code_ = first_that_applies(code_, verdict_on_start(*step_->not_begun()));
        console_.clear_status();
        tell_no_token(console_, *step_->not_begun(), ready_.proxy);
    }
    const exit_code of_lookups = step_->outcomes().verdict();
    if (of_lookups != exit_code::some_failed) code_ = first_that_applies(code_, of_lookups);
    if (step_->counts()) into.steps.push_back(step_->figures());
    if (!step_->tls().empty()) into.target.tls = step_->tls();
}

void bench_run::stop() {
    stopped_ = true;
    if (step_) step_->stop();
    console_.hint("waiting for answers that are under way; interrupt again to end at once, without a report");
}

std::string bench_run::interrupted_words(const load::measurement& m) const {
    std::string text = "Ended early by " + std::string(interrupt_->name()) + ": " +
                       core::grouped(m.steps.size()) + " of " + core::grouped(plan_.size()) +
                       (plan_.size() == 1 ? " step" : " steps");
    if (m.steps.empty()) return text + " had begun to count.";
    text += m.steps.size() == 1 ? " was measured" : " were measured";
    const double counted = m.steps.back().counted_s;
    const double planned = load::in_seconds(plan_.front().counted);
    if (counted < planned) {
        text += ", the last one for " + core::microseconds_text(counted * 1e6) + " of " +
                core::microseconds_text(planned * 1e6);
    }
    return text + ".";
}

/// One line on a terminal, drawn again each second, and nothing elsewhere.
void bench_run::tell_second(const step_progress& now) {
    if (!console_.terminal()) return;
    console_.status(step_line(plan_[step_number_], {step_number_, plan_.size()}, now, console_.columns()));
}

}  // namespace getty::connect::cli

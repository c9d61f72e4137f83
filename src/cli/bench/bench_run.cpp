#include "cli/bench/bench_run.hpp"

#include "cli/trouble.hpp"
#include "core/numerals.hpp"

#include <boost/asio/co_spawn.hpp>

#include <chrono>
#include <utility>

namespace getty::connect::cli {
namespace {

std::string load_words(const step_plan& plan) {
    return plan.per_second ? core::three_digits(*plan.per_second) + "/s"
                           : core::grouped(plan.max_in_flight) + " at a time";
}

std::string part_words(step_progress::part part) {
    switch (part) {
        case step_progress::part::opening:
            return "opening connections";
        case step_progress::part::warm_up:
            return "warm-up";
        case step_progress::part::counting:
            return "counting";
        case step_progress::part::cool_down:
            return "cool-down";
        case step_progress::part::waiting:
            break;
    }
    return "waiting for answers";
}

std::string seconds(core::duration d) {
    return std::to_string(std::chrono::round<std::chrono::seconds>(d).count());
}

}  // namespace

bench_run::bench_run(boost::asio::io_context& context, const arguments& wanted, console& tell,
                     ready_options ready, const load::id_plan& ids)
    : context_(context),
      wanted_(wanted),
      console_(tell),
      ready_(std::move(ready)),
      plan_(steps_of(wanted.bench)),
      around_{context, ready_.client, ids, nullptr, [this](const step_progress& now) { tell_second(now); }} {
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
    context_.run();
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
    const double planned = std::chrono::duration<double>(plan_.front().counted).count();
    if (counted < planned) {
        text += ", the last one for " + core::microseconds_text(counted * 1e6) + " of " +
                core::microseconds_text(planned * 1e6);
    }
    return text + ".";
}

/// One line on a terminal, drawn again each second, and nothing elsewhere.
void bench_run::tell_second(const step_progress& now) {
    if (!console_.terminal()) return;
    std::string text = "bench: ";
    if (plan_.size() > 1)
        text += "step " + core::grouped(step_number_ + 1) + " of " + core::grouped(plan_.size()) + ", ";
    text += load_words(plan_[step_number_]) + ": " + part_words(now.now);
    if (now.now != step_progress::part::opening) {
        text += ", " + seconds(now.gone) + " of " + seconds(now.whole) + " s, sent " +
                core::grouped(now.sent) + "/s, answered " + core::grouped(now.answered) + "/s, " +
                core::grouped(now.in_flight) + " under way, " + core::grouped(now.failed) + " failed";
        if (now.counted->latency().total() > 0) {
            const auto quantile = [&](std::uint64_t part) {
                return core::microseconds_text(
                    static_cast<double>(now.counted->latency().quantile(part, 100).count()) / 1e3);
            };
            text += ", p50 " + quantile(50) + ", p99 " + quantile(99);
        }
    }
    console_.status(text);
}

}  // namespace getty::connect::cli

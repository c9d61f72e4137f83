#include "cli/report/run_reporter.hpp"

#include "cli/process_setup.hpp"
#include "cli/report/cadence.hpp"
#include "cli/report/metrics.hpp"
#include "cli/report/progress.hpp"
#include "cli/report/published_file.hpp"
#include "cli/report/run_watcher.hpp"
#include "cli/report/tally.hpp"
#include "cli/trouble.hpp"
#include "core/clock.hpp"
#include "core/quietly.hpp"

#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <csignal>
#include <optional>
#include <utility>

namespace getty::connect::cli {
namespace {

constexpr std::chrono::milliseconds tick_length{200};
constexpr std::chrono::seconds metrics_period{15};
constexpr std::chrono::seconds forecast_window{60};

}  // namespace

class run_reporter::impl {
public:
    impl(boost::asio::any_io_executor executor, console& tell, const report_plan& plan,
         std::shared_ptr<const run_watcher> watched, std::function<run_counts()> counts)
        : console_(tell),
          plan_(plan),
          watched_(std::move(watched)),
          counts_(std::move(counts)),
          started_(core::wall_now()),
          start_(core::steady_now()),
          last_outcome_(start_),
          every_line_(start_, plan.lines.value_or(std::chrono::hours(24))),
          every_metrics_(start_, metrics_period),
          ticker_(executor),
          signals_(executor) {
        if (!plan_.metrics_file.empty()) {
            metrics_.emplace("--metrics-file", plan_.metrics_file, published_file::special::refused);
        }
        if (!plan_.summary_file.empty()) {
            summary_.emplace("--summary", plan_.summary_file, published_file::special::written);
        }
        if (!is_ignored(SIGUSR1)) signals_.add(SIGUSR1);
        if (plan_.draws) signals_.add(SIGWINCH);
        release_progress_signal();
    }
    ~impl() { hold_progress_signal(); }
    impl(const impl&) = delete;
    impl& operator=(const impl&) = delete;

    void start() {
        write_metrics(std::nullopt);
        wait_for_signal();
        arm();
    }

    void stop() {
        stopped_ = true;
        core::quietly([this] { ticker_.cancel(); });
        core::quietly([this] { signals_.cancel(); });
        console_.clear_status();
    }

    exit_code finished(run_result result) {
        stop();
        const run_snapshot last = snapshot();
        take_messages(result);
        if (!publish_summary(last, result)) {
            result.code = first_that_applies(result.code, exit_code::local_failure);
        }
        write_metrics(metrics_end{static_cast<int>(result.code), result.ended});
        take_messages(result);
        tell_summary(last, result);
        return result.code;
    }

    [[nodiscard]] run_snapshot snapshot() const {
        const core::time_point now = core::steady_now();
        run_snapshot made;
        made.counts = counts_();
        made.started = started_;
        made.at = core::wall_now();
        made.elapsed = now - start_;
        made.per_second = rate_.per_second();
        made.per_second_lately = long_rate_.per_second();
        made.since_outcome = now - last_outcome_;
        const wait_record& waits = watched_->waits();
        made.waits = waits.at(now, plan_.max_outage);
        made.paused = waits.paused_until(now);
        made.in_outage = waits.in_outage_until(now);
        made.latency = &watched_->latency();
        return made;
    }

private:
    void arm() {
        ticker_.expires_after(tick_length);
        ticker_.async_wait([this](const boost::system::error_code& failed) {
            if (failed || stopped_) return;
            tick();
            arm();
        });
    }

    void wait_for_signal() {
        signals_.async_wait([this](const boost::system::error_code& failed, int number) {
            if (failed || stopped_) return;
            if (number == SIGUSR1) tell_progress();
            if (plan_.draws) draw();
            wait_for_signal();
        });
    }

    void tick() {
        const core::time_point now = core::steady_now();
        sample(now);
        if (plan_.draws) draw();
        if (plan_.lines && every_line_.due(now)) tell_progress();
        if (metrics_ && every_metrics_.due(now)) write_metrics(std::nullopt);
    }

    void sample(core::time_point now) {
        const std::uint64_t outcomes = outcomes_of(counts_());
        if (outcomes != outcomes_) last_outcome_ = now;
        outcomes_ = outcomes;
        rate_.sample(now - start_, outcomes);
        long_rate_.sample(now - start_, outcomes);
    }

    void draw() { console_.status(progress_line(snapshot(), console_.columns())); }

    void tell_progress() {
        const run_snapshot now = snapshot();
        if (plan_.progress_as_json) {
            console_.object("progress", progress_members(now));
        } else {
            console_.progress(progress_message(now));
        }
    }

    // The run is not ended by what only watches it.
    void write_metrics(std::optional<metrics_end> end) {
        if (!metrics_) return;
        try {
            metrics_->publish(metrics_text(snapshot(), run_name(plan_.metrics_file), end));
        } catch (const local_failure& why) {
            if (!std::exchange(metrics_failed_, true)) {
                console_.warning(std::string(why.what()) + "; it is tried again");
            }
        }
    }

    [[nodiscard]] bool publish_summary(const run_snapshot& last, const run_result& result) {
        if (!summary_) return true;
        try {
            summary_->publish(summary_members(last, result).object() + "\n");
            return true;
        } catch (const local_failure& why) {
            console_.error(why.what());
            return false;
        }
    }

    void take_messages(run_result& result) const {
        result.errors = console_.kept().errors;
        result.warnings = console_.kept().warnings;
    }

    void tell_summary(const run_snapshot& last, const run_result& result) {
        const bool eventful = !result.reason.empty() || !result.errors.empty() || !result.warnings.empty();
        if (plan_.only_if_eventful && !eventful) return;
        if (plan_.summary == summary_form::json) {
            console_.object("summary", summary_members(last, result));
        } else if (plan_.summary == summary_form::text) {
            console_.note(summary_text(last, result));
        }
    }

    console& console_;
    report_plan plan_;
    std::shared_ptr<const run_watcher> watched_;
    std::function<run_counts()> counts_;
    std::chrono::sys_seconds started_;
    core::time_point start_;
    core::time_point last_outcome_;
    std::uint64_t outcomes_ = 0;
    rate_meter rate_;
    rate_meter long_rate_{forecast_window};
    cadence every_line_;
    cadence every_metrics_;
    std::optional<published_file> metrics_;
    std::optional<published_file> summary_;
    bool metrics_failed_ = false;
    bool stopped_ = false;
    boost::asio::steady_timer ticker_;
    boost::asio::signal_set signals_;
};

run_reporter::run_reporter(boost::asio::any_io_executor executor, console& tell, const report_plan& plan,
                           std::shared_ptr<const run_watcher> watched, std::function<run_counts()> counts)
    : impl_(std::make_unique<impl>(std::move(executor), tell, plan, std::move(watched), std::move(counts))) {}

run_reporter::~run_reporter() = default;

void run_reporter::start() { impl_->start(); }
void run_reporter::stop() { impl_->stop(); }
exit_code run_reporter::finished(run_result result) { return impl_->finished(std::move(result)); }
run_snapshot run_reporter::snapshot() const { return impl_->snapshot(); }

}  // namespace getty::connect::cli

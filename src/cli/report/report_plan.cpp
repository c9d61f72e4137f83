#include "cli/report/report_plan.hpp"

#include "cli/args/client_setup.hpp"

namespace getty::connect::cli {
namespace {

summary_form summary_for(const arguments& wanted) {
    const bool as_json =
        wanted.summary == summary_form::json || (wanted.report.log == log_format::json && !wanted.quiet);
    if (as_json) return summary_form::json;
    // Who looks up a few ids sees them.
    const bool worth_it = wanted.action == action::fetch || wanted.verbose;
    return worth_it ? wanted.summary : summary_form::none;
}

}  // namespace

report_plan plan_for(const arguments& wanted, run_surroundings where) {
    const bool json_lines = wanted.report.log == log_format::json;
    const bool summary_alone = wanted.summary == summary_form::json && !json_lines;
    const bool shows =
        wanted.action == action::fetch && wanted.report.progress && !wanted.quiet && !summary_alone;
    report_plan plan;
    plan.draws = shows && !json_lines && where.messages_on_terminal && !where.lines_in_the_way;
    if (shows && (json_lines || !where.messages_on_terminal)) plan.lines = wanted.report.progress_period;
    plan.progress_as_json = json_lines || summary_alone;
    plan.summary = summary_for(wanted);
    plan.only_if_eventful = wanted.quiet;
    plan.summary_file = wanted.report.summary_file;
    plan.metrics_file = wanted.report.metrics_file;
    plan.max_outage = fetch_options_for(wanted.lookup).max_outage();
    return plan;
}

}  // namespace getty::connect::cli

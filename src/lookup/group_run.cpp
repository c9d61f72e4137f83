#include "lookup/lookup_runner.hpp"

#include <algorithm>
#include <exception>
#include <utility>

namespace getty::connect::lookup {

using role = calls::call_runner::role;

/// One group on its way through the parts that it has to be taken apart into.
class lookup_runner::group_run {
public:
    group_run(lookup_runner& in, image_request& by, lookup_group& group, const lookup_options& options,
              async::cancel_scope& scope, const calls::batch_terms& batch, calls::call_report& report)
        : of_(in), by_(by), group_(group), options_(options), scope_(scope), batch_(batch), report_(report) {}
    ~group_run() {
        if (!splits_) return;
        of_.splitting_ = false;
        of_.split_over_.notify_all();
    }
    group_run(const group_run&) = delete;
    group_run& operator=(const group_run&) = delete;

    async::task<void> to_the_end() {
        parts_.begin(group_.items.size());
        while (const std::optional<policy::group_parts::part> next = parts_.next()) {
            role as = role::part;
            if (next->count == group_.items.size()) as = role::whole_call;
            const result<void> done = co_await ask(*next, as);
            if (done) {
                note_answer(*next);
                continue;
            }
            const error why = done.error();
            if (policy::judge_group(why.value(), why.http_status(), next->count, of_.habits_) ==
                policy::group_verdict::fail_all) {
                fail(*next, why);
                continue;
            }
            const bool may_split = co_await turn_to_split();
            if (may_split) {
                of_.telemetry_.groups_split.add();
                parts_.halve();
            } else {
                fail(*next, error(errc::canceled, stage::queue));
            }
        }
        for (std::size_t i = 0; i < group_.items.size(); ++i) {
            if (!group_.fates[i].passed_over) continue;
            of_.telemetry_.ids_asked_again.add();
            const policy::group_parts::part one{i, 1};
            const result<void> done = co_await ask(one, role::part);
            if (!done) {
                fail(one, done.error());
            } else if (group_.items[i].is == item::state::open) {
                fail(one, of_.absent(group_.fates[i].requests));
            }
        }
        stop_where_all_are_refused();
    }

private:
    using part = policy::group_parts::part;

    async::task<result<void>> ask(part which, role as) {
        if (report_.stops_batch) {
            co_return error(errc::not_asked, stage::queue, report_.stops_batch->describe());
        }
        const calls::call_terms terms(of_.scheduler_.now(), of_.timeout(options_), &batch_);
        calls::call_report one;
        const std::span<item> items = std::span(group_.items).subspan(which.first, which.count);
        const result<void> done = co_await of_.ask(by_, items, options_, scope_, terms, as, one);
        if (as == role::whole_call) report_.last_exchange = one.last_exchange;
        report_.requests += one.requests;
        report_.overloaded = report_.overloaded || one.overloaded;
        if (one.stops_batch) report_.stops_batch = one.stops_batch;
        if (which.count > 1) of_.telemetry_.groups_sent.add(one.requests);
        for (std::size_t i = which.first; i < which.first + which.count; ++i) {
            group_.fates[i].requests += one.requests;
        }
        co_return done;
    }

    void note_answer(part which) {
        bool found = false;
        bool missed = false;
        for (std::size_t i = which.first; i < which.first + which.count; ++i) {
            switch (group_.items[i].is) {
                case item::state::found:
                    found = true;
                    break;
                case item::state::not_found: {
                    missed = true;
                    error why(errc::not_found, stage::read, "the answer names it as not found");
                    group_.fates[i].why = why.with_status(200).with_origin(of_.calls_.origin());
                    break;
                }
                case item::state::open:
                    group_.fates[i].passed_over = true;
                    break;
            }
        }
        if (found && missed) of_.habits_.saw_partial_miss();
    }

    void fail(part which, const error& why) {
        for (std::size_t i = which.first; i < which.first + which.count; ++i) group_.fates[i].why = why;
    }

    /// So that a service in trouble is not asked by all at once. False: the wait was cancelled.
    async::task<bool> turn_to_split() {
        if (splits_) co_return true;
        scope_.expires_at(core::never);
        while (of_.splitting_) {
            if (scope_.stopped()) co_return false;
            co_await of_.split_over_.wait(scope_);
        }
        splits_ = of_.splitting_ = true;
        co_return true;
    }

    /// It is the request or the address, then, and not the ids: every other group would be taken apart for
    /// nothing. That ids do not exist is an answer.
    void stop_where_all_are_refused() {
        const auto& fates = group_.fates;
        if (fates.size() < 2 || !fates.front().why || of_.telemetry_.lookups_succeeded.get() > 0) return;
        const errc first = fates.front().why->value();
        const bool of_the_request = first == errc::bad_request || first == errc::unexpected_status ||
                                    first == errc::malformed_body || first == errc::body_too_large ||
                                    first == errc::wrong_image;
        const auto alike = [first](const lookup_group::fate& f) { return f.why && f.why->value() == first; };
        if (!of_the_request || !std::all_of(fates.begin(), fates.end(), alike)) return;
        report_.stops_batch = calls::reworded(
            *fates.front().why, "every id of a request failed alike, and nothing has been answered yet");
    }

    lookup_runner& of_;
    image_request& by_;
    lookup_group& group_;
    const lookup_options& options_;
    async::cancel_scope& scope_;
    const calls::batch_terms& batch_;
    calls::call_report& report_;
    policy::group_parts parts_;
    bool splits_ = false;
};

async::task<void> lookup_runner::run(image_request& by, lookup_group& group, const lookup_options& options,
                                     async::cancel_scope& scope, const calls::batch_terms& batch,
                                     lookup_report& report) {
    const core::time_point began = scheduler_.now();
    telemetry_.lookups_started.add(group.items.size());
    std::optional<error> broken;
    try {
        group_run parts(*this, by, group, options, scope, batch, report.calls);
        co_await parts.to_the_end();
    } catch (const std::exception& e) {
        broken.emplace(errc::internal_failure, stage::queue, e.what());
    }
    report.elapsed = scheduler_.now() - began;
    for (std::size_t i = 0; i < group.items.size(); ++i) {
        lookup_group::fate& fate = group.fates[i];
        if (broken && !fate.why && group.items[i].is != item::state::found) fate.why = *broken;
        if (fate.why) fate.why->with_attempts(fate.requests).with_elapsed(report.elapsed);
        count_end(group.items[i].id, options, fate.requests, report.elapsed, fate.why ? &*fate.why : nullptr);
    }
}

}  // namespace getty::connect::lookup

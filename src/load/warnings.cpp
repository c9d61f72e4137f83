#include "load/warnings.hpp"

#include "core/numerals.hpp"

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>

namespace getty::connect::load {
namespace {

using core::grouped;
using core::microseconds_text;
using core::percent_text;
using core::rate_text;
using core::three_digits;
using text = std::optional<std::string>;

double share(std::uint64_t part, std::uint64_t whole) {
    return whole == 0 ? 0 : static_cast<double>(part) / static_cast<double>(whole);
}

// --- Of all steps ---

text same_machine(const measurement& m) {
    if (!m.target.this_machine) return {};
    return "The service runs on this machine (" + m.target.address +
           "): it and this program take each other's processor time. Run them on two machines.";
}

text retries_on(const measurement& m) {
    if (m.plan.retries == 0) return {};
    std::uint64_t retries = 0;
    for (const step_result& s : m.steps) retries += s.retries;
    return "Retries are on (up to " + grouped(m.plan.retries) + " for an id), and " + grouped(retries) +
           (retries == 1 ? " was" : " were") +
           " made: an answer may be that of a later try, and failures look like slow answers. Use --retries "
           "0 to see them.";
}

text few_ids(const measurement& m) {
    std::uint64_t sent = 0;
    for (const step_result& s : m.steps) sent += s.sent;
    if (sent <= m.plan.ids || m.plan.ids == 0) return {};
    return grouped(sent) + " requests asked for " + grouped(m.plan.ids) + " different ids (" +
           three_digits(static_cast<double>(sent) / static_cast<double>(m.plan.ids)) +
           " for each): a cache may have answered. Give more ids with --ids.";
}

// --- Of one step ---

text client_late(const measurement&, const step_result& s) {
    const double limit = std::max(1'000.0, s.latency_send_us.p50.value_or(0) / 10);
    if (s.lateness_us.p99.value_or(0) <= limit) return {};
    return "This program was late: one request of a hundred left " + microseconds_text(*s.lateness_us.p99) +
           " or more after it was due, where " + microseconds_text(limit) +
           " would pass. Latency from the due time has that in it; ask at a lower rate, or from an idle or "
           "faster machine.";
}

text client_busy(const measurement&, const step_result& s) {
    if (s.client.cpu_share <= 0.8) return {};
    return "This program used " + percent_text(s.client.cpu_share) +
           " of a core, where 80 % would pass: it may have been the bottleneck. Ask at a lower rate, or from "
           "several machines.";
}

text few_connections(const measurement& m, const step_result& s) {
    const double limit = std::max(1'000.0, s.latency_send_us.p50.value_or(0) / 10);
    if (m.plan.cold || s.phases_us.connection.p99 <= limit) return {};
    return "Requests waited for a connection, one of a hundred " +
           microseconds_text(s.phases_us.connection.p99) + " or longer, where " + microseconds_text(limit) +
           " would pass: " + grouped(m.plan.connections) + (m.plan.connections == 1 ? " was" : " were") +
           " not enough, or had to be opened anew. What keeps up with fewer is faster than this shows; raise "
           "--connections.";
}

text stalls_hidden(const measurement& m, const step_result& s) {
    if (m.plan.loop != loop_kind::closed || !s.corrected_p99_us || !s.latency_due_us.p99) return {};
    if (*s.corrected_p99_us <= 1.1 * *s.latency_due_us.p99) return {};
    return "A closed loop asks nothing while it waits, so stalls are hardly counted: p99 is " +
           microseconds_text(*s.latency_due_us.p99) + ", with the requests that were not made " +
           microseconds_text(*s.corrected_p99_us) + ". Use --rate to see what users would.";
}

text dropped(const measurement& m, const step_result& s) {
    if (s.dropped == 0) return {};
    return grouped(s.dropped) + " of " + grouped(s.due) + " requests (" +
           percent_text(share(s.dropped, s.due)) + ") were not sent, since " + grouped(m.plan.max_in_flight) +
           (m.plan.max_in_flight == 1 ? " was" : " were") +
           " under way: they have no latency, and would have had the longest. Raise --max-in-flight, or "
           "ask at a lower rate.";
}

text rate_not_reached(const measurement& m, const step_result& s) {
    if (m.plan.loop != loop_kind::open) return {};
    if (s.sent_per_s >= 0.99 * s.due_per_s && answers_keep_up(s, m.plan)) return {};
    return "The rate was not reached: " + rate_text(s.due_per_s) + " fell due, " + rate_text(s.sent_per_s) +
           " were sent, " + rate_text(s.answered_per_s) +
           " answered. Latency then grows with the length of the step; the service's capacity is below this "
           "rate.";
}

text not_steady(const measurement& m, const step_result& s) {
    // The medians of fewer differ by a fifth by chance.
    if (s.latency_due_us.count < 1'000 || !s.first_third_p50_us || !s.last_third_p50_us) return {};
    const double first = *s.first_third_p50_us;
    const double last = *s.last_third_p50_us;
    if (std::max(first, last) <= 1.2 * std::min(first, last)) return {};
    return "It was not steady: p50 was " + microseconds_text(first) + " in the first third and " +
           microseconds_text(last) +
           " in the last. Figures of the whole are of neither; use a longer --warm-up" +
           (m.plan.loop == loop_kind::open ? ", or a lower rate where it grew." : ".");
}

text few_samples(const measurement&, const step_result& s) {
    if (tells_quantile(s.latency_due_us.count, 99, 100)) return {};
    return "There are " + grouped(s.latency_due_us.count) +
           " samples, so fewer than ten lie beyond p99, which takes 1,000. Use a longer --duration.";
}

text failures(const measurement&, const step_result& s) {
    if (failed_share(s) <= 0.01) return {};
    return grouped(failures_of(s)) + " requests failed (" + percent_text(failed_share(s)) +
           " of those that ended), where 1 % would pass. They are not among those answered, and in no "
           "latency but time-outs: a "
           "service that refuses work looks fast. Limit them with --slo 'errors<1%'.";
}

text throttled(const measurement&, const step_result& s) {
    if (s.throttled == 0) return {};
    return "The service answered " + grouped(s.throttled) +
           " times that there were too many requests (429): this is the capacity of the quota, not of the "
           "service.";
}

text steal(const measurement&, const step_result& s) {
    if (s.client.steal_share <= 0.02) return {};
    return "The host took " + percent_text(s.client.steal_share) +
           " of this machine's time (steal), where 2 % would pass: delays may be this machine's.";
}

text stood_still(const measurement&, const step_result& s) {
    if (s.client.stood_still_s <= 0.01) return {};
    return "This program stood still for " + microseconds_text(s.client.stood_still_s * 1e6) +
           ": it was stopped, or the machine slept or gave it no processor. Measure again.";
}

text handshakes(const measurement& m, const step_result& s) {
    if (m.plan.cold || s.connections.handshakes == 0) return {};
    return grouped(s.connections.handshakes) +
           " connections were opened while it counted: their handshakes are within the figures. Use a longer "
           "--warm-up; where the service closes connections, this is what users meet.";
}

text nonce_renewals(const measurement&, const step_result& s) {
    if (s.connections.nonce_renewals == 0) return {};
    return "The service changed its Digest nonce " + grouped(s.connections.nonce_renewals) +
           (s.connections.nonce_renewals == 1 ? " time" : " times") +
           " while it counted: each costs the requests under way another round trip, which is within the "
           "figures.";
}

struct of_all {
    std::string_view code;
    text (*check)(const measurement&);
};
struct of_step {
    std::string_view code;
    text (*check)(const measurement&, const step_result&);
};

constexpr of_all general[] = {
    {"same_machine", same_machine}, {"retries_on", retries_on}, {"few_ids", few_ids}};
constexpr of_step each_step[] = {
    {"client_late", client_late},
    {"client_busy", client_busy},
    {"few_connections", few_connections},
    {"stalls_hidden", stalls_hidden},
    {"dropped", dropped},
    {"rate_not_reached", rate_not_reached},
    {"failures", failures},
    {"not_steady", not_steady},
    {"few_samples", few_samples},
    {"throttled", throttled},
    {"steal", steal},
    {"stood_still", stood_still},
    {"handshakes", handshakes},
    {"nonce_renewals", nonce_renewals},
};

}  // namespace

std::vector<warning> warnings_of(const measurement& m) {
    std::vector<warning> all;
    for (const of_all& one : general) {
        if (text words = one.check(m)) all.push_back({std::string(one.code), {}, std::move(*words)});
    }
    for (std::size_t i = 0; i < m.steps.size(); ++i) {
        for (const of_step& one : each_step) {
            if (text words = one.check(m, m.steps[i])) {
                all.push_back({std::string(one.code), i, std::move(*words)});
            }
        }
    }
    return all;
}

}  // namespace getty::connect::load

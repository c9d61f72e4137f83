#include "core/telemetry.hpp"

#include <algorithm>
#include <iterator>

namespace getty::connect::core {
namespace {

/// A number that is counted here and shown there.
template <class Shown>
struct row {
    counter telemetry::* counted;
    Shown client_stats::* shown;
};

constexpr row<std::uint64_t> totals[] = {
    {&telemetry::lookups_started, &client_stats::lookups_started},
    {&telemetry::lookups_succeeded, &client_stats::lookups_succeeded},
    {&telemetry::lookups_failed, &client_stats::lookups_failed},
    {&telemetry::lookups_canceled, &client_stats::lookups_canceled},
    {&telemetry::lookups_merged, &client_stats::lookups_merged},
    {&telemetry::requests, &client_stats::requests},
    {&telemetry::requests_pipelined, &client_stats::requests_pipelined},
    {&telemetry::pipelining_stopped, &client_stats::pipelining_stopped},
    {&telemetry::retries, &client_stats::retries},
    {&telemetry::replays, &client_stats::replays},
    {&telemetry::confirmations, &client_stats::confirmations},
    {&telemetry::auth_challenges, &client_stats::auth_challenges},
    {&telemetry::hedges, &client_stats::hedges},
    {&telemetry::hedges_won, &client_stats::hedges_won},
    {&telemetry::tokens_issued, &client_stats::tokens_issued},
    {&telemetry::token_failures, &client_stats::token_failures},
    {&telemetry::connections_opened, &client_stats::connections_opened},
    {&telemetry::connections_resumed, &client_stats::connections_resumed},
    {&telemetry::connections_failed, &client_stats::connections_failed},
    {&telemetry::connections_closed, &client_stats::connections_closed},
    {&telemetry::bytes_received, &client_stats::bytes_received},
    {&telemetry::pauses, &client_stats::pauses},
    {&telemetry::outages, &client_stats::outages},
    {&telemetry::groups_sent, &client_stats::groups_sent},
    {&telemetry::groups_split, &client_stats::groups_split},
    {&telemetry::ids_asked_again, &client_stats::ids_asked_again},
    {&telemetry::strangers, &client_stats::strangers},
};
constexpr row<std::size_t> gauges[] = {
    {&telemetry::connections_idle, &client_stats::connections_idle},
    {&telemetry::connections_leased, &client_stats::connections_leased},
    {&telemetry::connections_opening, &client_stats::connections_opening},
    {&telemetry::waiters, &client_stats::waiters},
    {&telemetry::waiting_for_token, &client_stats::waiting_for_token},
    {&telemetry::waiting_for_rate, &client_stats::waiting_for_rate},
};

// None is forgotten: beside them there are the ends of the pause and of the token, the retry budget, which is
// not counted here, and the sign of an outage.
static_assert(sizeof(client_stats) == sizeof(std::uint64_t) * std::size(totals) +
                                          sizeof(std::size_t) * std::size(gauges) + 2 * sizeof(time_point) +
                                          sizeof(double) + alignof(client_stats));

}  // namespace

client_stats telemetry::snapshot() const noexcept {
    client_stats s;
    for (const auto& [counted, shown] : totals) s.*shown = (this->*counted).get();
    for (const auto& [counted, shown] : gauges) s.*shown = static_cast<std::size_t>((this->*counted).get());
    s.paused_until = time_point(duration(paused_until.load(std::memory_order_relaxed)));
    s.token_expires = time_point(duration(token_expires.load(std::memory_order_relaxed)));
    s.in_outage = in_outage.load(std::memory_order_relaxed);
    return s;
}

client_stats sum_of(client_stats one, const client_stats& other) noexcept {
    for (const auto& [counted, shown] : totals) one.*shown += other.*shown;
    for (const auto& [counted, shown] : gauges) one.*shown += other.*shown;
    one.paused_until = std::max(one.paused_until, other.paused_until);
    one.token_expires = std::max(one.token_expires, other.token_expires);
    one.retry_budget_left = std::max(one.retry_budget_left, other.retry_budget_left);  // they share it
    one.in_outage = one.in_outage || other.in_outage;
    return one;
}

}  // namespace getty::connect::core

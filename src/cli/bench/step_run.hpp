// One step of a measurement: a client, and requests as its plan says.
#pragma once

#include "cli/bench/bench_plan.hpp"
#include "cli/bench/machine.hpp"
#include "cli/bench/request_log.hpp"
#include "cli/bench/step_line.hpp"
#include "cli/report/tally.hpp"
#include "core/time.hpp"
#include "load/id_plan.hpp"
#include "load/measurement.hpp"
#include "load/schedule.hpp"
#include "load/step_recorder.hpp"

#include <getty/connect/client.hpp>
#include <getty/connect/observer.hpp>
#include <getty/connect/options.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include <array>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace getty::connect::cli {

/// What all steps of a measurement share.
struct step_surroundings {
    boost::asio::io_context& context;
    const client_options& options;
    const load::id_plan& ids;
    request_log* log = nullptr;  ///< may be null
    /// Whoever runs the event loop asks `is_due_soon` and does not sleep then.
    bool is_watched = false;
    std::function<void(const step_progress&)> each_second;
};

/// Sends what is due and counts what comes of it.
///
/// *place*: what is known of a lookup under way. *Handing over* is the call of the client. Open loop:
/// whatever is due is handed over, at most `max_in_flight` of them under way, and beyond that dropped; each
/// loop of the event loop looks for what is due, not the timer alone. Closed loop: a place hands over its
/// next lookup when one has ended; after one that reached nobody with the next beat, so that a service that
/// is down is not asked without a pause.
///
/// One thread. Outlives its client, and its `run` the object's use of the context.
class step_run final : private observer {
public:
    /// `first`: the number of the first request, for `id_plan`.
    step_run(const step_surroundings& around, const step_plan& plan, std::uint64_t first);
    ~step_run() override = default;
    step_run(const step_run&) = delete;
    step_run& operator=(const step_run&) = delete;

    /// Connections and a token, then the step, then all answers; the client is closed in the end.
    boost::asio::awaitable<void> run();
    /// Ends it early: hands over nothing more, and waits for what is under way.
    void stop();
    /// Whether a request is due so soon that a sleep until then would end late.
    [[nodiscard]] bool is_due_soon(core::time_point now) const noexcept;
    /// Whether anything was.
    bool send_due(core::time_point now);
    /// Processor time of looking while there was nothing to be done.
    void watched(core::duration idle) noexcept { watched_ += idle; }

    /// Why it has not begun: no token, or nobody answered.
    [[nodiscard]] const std::optional<error>& not_begun() const noexcept { return not_begun_; }
    /// Whether any time of it counts.
    [[nodiscard]] bool counts() const noexcept;
    [[nodiscard]] bool was_stopped() const noexcept { return stopped_; }
    /// Precondition: `run` has ended, and it `counts`.
    [[nodiscard]] load::step_result figures() const;
    [[nodiscard]] std::uint64_t next_number() const noexcept { return number_; }
    [[nodiscard]] const tally& outcomes() const noexcept { return tally_; }
    /// "TLSv1.3, TLS_AES_128_GCM_SHA256", of the first connection; empty where none was opened.
    [[nodiscard]] const std::string& tls() const noexcept { return tls_; }

private:
    struct place {
        core::time_point due;
        core::time_point sent;
        bool was_sent = false;
        bool reached = false;
        std::uint64_t number = 0;
        attempt_phases phases;
    };
    struct reading {
        core::time_point at;
        machine_reading machine;
        std::uint64_t received = 0;
        core::duration watched;
    };

    boost::asio::awaitable<bool> authenticated();
    boost::asio::awaitable<void> open_connections();
    boost::asio::awaitable<void> measure();
    boost::asio::awaitable<void> changed();

    void ask_for_opening(std::size_t count);
    void hand_over(place& in, core::time_point due, core::time_point now);
    void ended(place& of, const error* why);
    void await_due();
    void start_place(core::time_point now);
    void await_beat();
    void beat(core::time_point now, core::duration late);
    void tell_second(core::time_point now);
    void read_edges(core::time_point now);
    void take_reading(std::size_t edge, core::time_point now);
    [[nodiscard]] place& free_place();
    [[nodiscard]] bool is_closed_loop() const noexcept { return !plan_.per_second; }
    [[nodiscard]] step_progress::part part_at(core::time_point now) const noexcept;
    [[nodiscard]] load::client_figures client_figures() const;

    // Of `observer`:
    void attempt_finished(const attempt_event& e) noexcept override;
    void retry_scheduled(const retry_event& e) noexcept override;
    void connection_established(const connection_event& e) noexcept override;
    void connection_failed(std::string_view origin, const error& why) noexcept override;

    step_surroundings around_;
    step_plan plan_;
    std::uint64_t number_;
    lookup_options each_;
    boost::asio::steady_timer due_timer_;
    boost::asio::steady_timer beat_timer_;
    boost::asio::steady_timer changed_;  ///< cancelled for whoever waits
    boost::asio::cancellation_signal preflight_;

    std::optional<load::step_recorder> recorder_;
    std::optional<load::schedule> schedule_;
    core::time_point begin_;
    core::time_point from_;  ///< of what counts
    core::time_point to_;
    core::time_point end_;
    core::time_point next_due_;
    core::time_point next_beat_;
    core::time_point next_second_;
    bool beats_ = false;
    bool measuring_ = false;  ///< requests may still be handed over
    bool stopped_ = false;

    std::deque<place> places_;
    std::vector<place*> free_;
    std::vector<place*> resting_;
    std::uint64_t opening_ = 0;  ///< lookups under way that only open connections
    std::uint64_t opening_answered_ = 0;
    std::uint64_t opened_before_ = 0;  ///< connections
    std::uint64_t resumed_before_ = 0;
    std::optional<error> not_begun_;
    std::string tls_;

    tally tally_;
    std::uint64_t sent_ = 0;
    std::uint64_t answered_ = 0;
    std::uint64_t sent_before_ = 0;  ///< of both, when the last second was told
    std::uint64_t answered_before_ = 0;
    std::array<std::optional<reading>, 2> edges_;
    core::duration watched_{};
    core::duration stall_{};
    core::duration stood_still_{};
    core::duration cpu_at_beat_{};

    std::optional<client> client_;  ///< destroyed first: it tells this object
};

}  // namespace getty::connect::cli

// Many ids, a bounded number at a time, at the consumer's pace.
#pragma once

#include "policy/batch_plan.hpp"
#include "policy/window.hpp"
#include "runtime/image_lookups.hpp"
#include "runtime/task_group.hpp"

#include <getty/connect/id_source.hpp>
#include <getty/connect/options.hpp>
#include <getty/connect/outcome.hpp>

#include <boost/asio/cancellation_signal.hpp>

#include <chrono>
#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace getty::connect::runtime {

/// Vocabulary: a *worker* is a coroutine that pulls an id, looks it up, and takes the next; it is *idle*
/// while nothing may be pulled. Workers come into being as they are needed, up to max_in_flight.
///
/// Invariants: `policy::batch_plan` says when an id may be pulled and what becomes of it; an id is pulled by
/// one worker at a time; every id pulled has one outcome, also after `cancel`. Used on one executor.
class batch final : public std::enable_shared_from_this<batch> {
public:
    /// `lookups` and `tasks` belong to `keep`, which is held while a worker runs.
    batch(image_lookups& lookups, task_group& tasks, id_source ids, const fetch_options& options,
          std::weak_ptr<void> keep);
    ~batch();

    /// Begins to pull; false, and no effect, the second time.
    bool start();
    /// An outcome can be taken.
    [[nodiscard]] bool ready() const noexcept { return plan_.front().has_value(); }
    /// Precondition: `ready()`. (Optional because whoever asks needs one: an outcome is dear to move.)
    std::optional<outcome> take();
    /// All outcomes were taken and none will follow.
    [[nodiscard]] bool exhausted() const noexcept {
        return ended_ && !pulling_ && !pulled_id_ && plan_.outstanding() == 0;
    }
    /// Why the batch ended before its source did; nothing the second time.
    [[nodiscard]] std::optional<error> take_end_error();
    /// Completes when `ready()` or `exhausted()` may have become true, or when `op` stops.
    auto wait(io::operation& op) { return consumer_.wait(op); }

    /// Pulls nothing more and cancels the lookups under way.
    void cancel();
    /// Pulls nothing more; `take_end_error` gives `why` when the source was not at its end.
    void stop(error why);
    /// Cancels the lookups under way; what was pulled still gets its outcome.
    void cancel_lookups();

private:
    struct worker;

    io::task<void> work(std::shared_ptr<batch> self);
    io::task<void> look_up(worker& w, policy::batch_plan::entry at);
    void finish(policy::batch_plan::entry at, const lookup_report& report);
    [[nodiscard]] bool may_pull() const noexcept {
        return !ended_ && !pulling_ && !pulled_id_ && plan_.may_pull(window_.limit());
    }
    bool pull_now(std::string& id);
    void start_pull(worker& w);
    void pulled(std::exception_ptr thrown, std::optional<std::string> id);
    void source_failed(const std::exception_ptr& thrown);
    void engage_another();
    void end();

    image_lookups& lookups_;
    task_group& tasks_;
    std::weak_ptr<void> keep_;
    std::unique_ptr<detail::id_producer> source_;
    lookup_options each_;
    std::size_t max_workers_;
    policy::batch_plan plan_;
    policy::window window_;
    std::vector<outcome> slots_;  // by entry
    std::vector<policy::batch_plan::entry> followers_;
    std::uint64_t next_index_ = 0;

    std::vector<worker*> workers_;
    std::vector<worker*> idle_;
    bool started_ = false;
    bool ended_ = false;     // nothing will be pulled any more
    bool pulling_ = false;   // a source that waits was asked
    bool canceled_ = false;  // lookups are not to go on
    std::optional<std::string> pulled_id_;
    worker* puller_ = nullptr;
    boost::asio::cancellation_signal cancel_pull_;
    std::optional<error> end_error_;
    io::wait_point consumer_;
};

}  // namespace getty::connect::runtime

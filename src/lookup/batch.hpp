// Many ids, a bounded number at a time, at the consumer's pace.
#pragma once

#include "async/task_group.hpp"
#include "lookup/batch_list.hpp"
#include "lookup/batch_shape.hpp"
#include "lookup/lookup_runner.hpp"
#include "policy/batch_plan.hpp"
#include "policy/gathering.hpp"
#include "policy/window.hpp"

#include <getty/connect/id_source.hpp>
#include <getty/connect/observer.hpp>
#include <getty/connect/options.hpp>
#include <getty/connect/outcome.hpp>

#include <boost/asio/cancellation_signal.hpp>

#include <atomic>
#include <chrono>
#include <deque>
#include <exception>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace getty::connect::lookup {

/// Vocabulary: a *worker* is a coroutine that pulls an id, looks it up, and takes the next, or that *gathers*
/// several and looks them up together; it is *idle* while nothing may be pulled, or what is pulled could not
/// leave yet. Workers come into being as they are needed, up to max_in_flight. A *taker* waits for an
/// outcome; takers are served first come, first served. What a taker gets is a *delivery*: the outcome stays
/// in its place until the delivery has arrived where the caller runs.
///
/// Invariants: `policy::batch_plan` says when an id may be pulled and what becomes of it; an id is pulled by
/// one worker at a time, and gathered by one, who takes what was pulled for another that has left since;
/// every id pulled has one outcome, also after `cancel`; while an outcome is ready, no taker waits. Used on
/// one executor, but for what says otherwise.
class batch final : public std::enable_shared_from_this<batch> {
public:
    enum class used_by { one_executor, many_threads };

    /// `batches`, `lookups` and `tasks` belong to `keep`, which is held while a worker runs.
    batch(batch_list& batches, lookup_runner& lookups, async::task_group& tasks, id_source ids,
          const fetch_options& options, const batch_shape& shape, const core::hash_key& key, used_by users,
          std::weak_ptr<void> keep);
    ~batch();

    /// The right to one outcome, or what ended the batch. Given back unless it is accepted. With
    /// `used_by::many_threads`, on any thread.
    class delivery {
    public:
        delivery() noexcept = default;
        delivery(delivery&& other) noexcept
            : from_(std::move(other.from_)), at_(other.at_), why_(std::move(other.why_)) {}
        delivery& operator=(delivery&&) = delete;
        ~delivery();

        /// The outcome; nothing at the end of the batch. Errors: why the batch ended before its source did,
        /// or `canceled`.
        result<std::optional<outcome>> accept();

    private:
        friend class batch;
        delivery(std::shared_ptr<batch> from, policy::batch_plan::entry at) noexcept
            : from_(std::move(from)), at_(at) {}
        explicit delivery(error why) : why_(std::move(why)) {}

        std::shared_ptr<batch> from_;
        policy::batch_plan::entry at_ = 0;
        std::optional<error> why_;
    };

    /// Completes with an outcome, or at the end of the batch, or, `canceled`, when `scope` stops.
    /// Any number of calls at a time; the first begins to pull.
    async::task<delivery> next(async::cancel_scope& scope);
    /// An outcome that is ready; nothing when none is. With `used_by::many_threads`, on any thread.
    std::optional<outcome> try_next();
    /// Whether `try_next` would have one now.
    [[nodiscard]] bool ready() const noexcept {
        const auto held = lock();
        return plan_.front().has_value();
    }

    /// With `used_by::many_threads`, on any thread.
    [[nodiscard]] batch_stats stats() const;

    /// Pulls nothing more and cancels the lookups under way.
    void cancel();
    /// Pulls nothing more; `next` throws `why` in the end when the source was not at its own.
    void stop(error why);
    /// What befalls one befalls all: nothing more is pulled or sent, what is on the wire finishes.
    /// `stopped()` is `why` from now on.
    void give_up(const error& why);
    /// Why it has stopped before its source ended, by itself. On any thread.
    [[nodiscard]] std::optional<error> stopped() const {
        const std::unique_lock held(mutex_);
        return terms_.stopped;
    }
    /// Cancels the lookups under way; what was pulled still gets its outcome.
    void cancel_lookups();

private:
    struct worker;
    struct taker;

    async::task<void> work(std::shared_ptr<batch> self);
    async::task<void> work_on_group(worker& w);
    async::task<void> look_up(worker& w, policy::batch_plan::entry at);
    async::task<void> gather(worker& w);
    async::task<void> look_up_group(worker& w);
    async::task<void> give_source_its_turns(worker& w);
    [[nodiscard]] bool take_at_hand(worker& w);
    void take_in(worker& w, policy::gathering& group);
    void note_window(const calls::call_report& report, bool counts, const async::cancel_scope& scope,
                     std::size_t in_flight);
    void finish(policy::batch_plan::entry at, unsigned requests, std::chrono::nanoseconds elapsed);
    /// Whether a worker could begin with an id now; one that is here already must be taken at the end, too.
    [[nodiscard]] bool may_pull() const noexcept {
        if (gatherer_) return false;
        if (in_groups_ ? !pulled_id_ && (ended_ || pulling_) : ended_ || pulling_ || pulled_id_) return false;
        const auto held = lock();
        return plan_.may_pull(window_.limit());
    }
    [[nodiscard]] bool has_room() const noexcept {
        const auto held = lock();
        return plan_.has_room();
    }
    /// Workers may leave.
    [[nodiscard]] bool over() const noexcept { return ended_ && !(in_groups_ && pulled_id_); }
    /// All outcomes have arrived and none will follow.
    [[nodiscard]] bool exhausted() const noexcept {
        if (!ended_ || pulling_ || pulled_id_) return false;
        const auto held = lock();
        return plan_.outstanding() == 0;
    }
    [[nodiscard]] delivery the_end();
    void begin();
    void serve();
    void give_back(policy::batch_plan::entry at) noexcept;
    std::optional<outcome> deliver(policy::batch_plan::entry at);
    void entry_left();
    void go_on();
    [[nodiscard]] std::unique_lock<std::mutex> lock() const {
        if (users_ == used_by::one_executor) return std::unique_lock(mutex_, std::defer_lock);
        return std::unique_lock(mutex_);
    }
    bool pull_now(std::string& id);
    bool pull_at_hand(std::string& id);
    void start_pull(worker& w);
    void pulled(std::exception_ptr thrown, std::optional<std::string> id);
    void source_failed(const std::exception_ptr& thrown);
    void engage_another();
    void wake_gatherer() noexcept;
    [[nodiscard]] core::time_point turn() {
        const core::time_point now = lookups_.scheduler().now();
        return lookups_.turn(terms_, plan_.in_flight() == 0, now);
    }
    policy::batch_plan::admitted admit(const std::string& id);
    void end();

    batch_list& batches_;
    lookup_runner& lookups_;
    async::task_group& tasks_;
    std::weak_ptr<void> keep_;
    std::unique_ptr<detail::id_producer> source_;
    lookup_options each_;
    calls::batch_terms terms_;
    std::size_t max_workers_;
    std::size_t ids_per_request_;
    bool in_groups_;
    core::duration max_linger_;
    bool separates_;  // equal ids are not merged, and no id is twice in a request
    used_by users_;
    // For the plan, the slots that are ready or handed out, `going_on_` and `terms_.stopped`.
    mutable std::mutex mutex_;
    policy::batch_plan plan_;
    policy::window window_;
    std::atomic<std::size_t> window_now_;  // what it allows, for whoever looks
    std::deque<outcome> slots_;            // by entry; they stay where they are
    bool going_on_ = false;                // `go_on` is on its way
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
    worker* gatherer_ = nullptr;  // who makes a group
    boost::asio::cancellation_signal cancel_pull_;
    std::optional<error> end_error_;
    taker* first_taker_ = nullptr;
    taker* last_taker_ = nullptr;
};

}  // namespace getty::connect::lookup

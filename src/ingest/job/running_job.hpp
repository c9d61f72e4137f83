// A job under way.
#pragma once

#include "core/time.hpp"
#include "ingest/job/job_limits.hpp"
#include "ingest/job/journal_book.hpp"

#include <getty/connect/ingest/job.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

namespace getty::connect::ingest {

/// One sink of a job, and whose lines it has not settled.
class outlet {
public:
    explicit outlet(sink& to) noexcept : to_(to) {}

    [[nodiscard]] sink& to() const noexcept { return to_; }
    /// It has not failed, and nobody waits for it.
    [[nodiscard]] bool is_usable() const noexcept { return !has_failed_ && !is_busy_; }
    /// Calls `what`, which is of this sink; one that throws has failed.
    template <class What>
    void guarded(What what) {
        try {
            what();
        } catch (...) {
            has_failed_ = true;
            throw;
        }
    }
    void begin();
    void write();
    /// Where something was handed over since the last time.
    void sync();
    /// Awaits `room` or `drained`; nobody else writes meanwhile.
    boost::asio::awaitable<void> wait(boost::asio::awaitable<void> (sink::*until)());
    /// Hands over a record of the occurrence with this ticket.
    void append(const record& one, std::optional<std::uint64_t> ticket);
    /// Moves the tickets of lines that are settled: durable, or written when that is enough.
    void settle(std::vector<std::uint64_t>& tickets, sync_when sync);

private:
    sink& to_;
    std::deque<std::uint64_t> waiting_;  // of the records behind the first `settled_`
    std::uint64_t settled_ = 0;
    bool is_busy_ = false;
    bool is_synced_ = true;
    bool has_failed_ = false;
};

/// Throws `unusable` when they do not fit each other.
void check_job(const source& ids, const sink& output, const sink* errors, const job_options& options);

/// All of it runs on the client's executor.
///
/// One coroutine pulls outcomes and hands records to the sinks; the batch calls `next_id`; a timer writes
/// what lies around, makes it durable and looks at the clock; another coroutine tells the source what is
/// settled.
class running_job {
public:
    running_job(client& images, source& ids, sink& output, sink* errors, const job_options& options);

    boost::asio::awaitable<summary> run();
    void stop();
    [[nodiscard]] job_progress progress() const;

private:
    /// An occurrence that was pulled and has no outcome yet.
    struct pulled {
        std::uint64_t ticket = 0;
        std::uint64_t line = 0;
        std::string trouble;
    };
    class recovered;
    enum class found { id, nothing, many_known, end };

    boost::asio::awaitable<void> recover();
    boost::asio::awaitable<void> consume();
    boost::asio::awaitable<void> make_room();
    boost::asio::awaitable<void> finish();
    boost::asio::awaitable<std::optional<std::string>> next_id();
    std::optional<std::string> id_at_hand();
    found take_at_hand(std::string& id);
    boost::asio::awaitable<void> acknowledge_all();
    boost::asio::awaitable<void> others_done();
    [[nodiscard]] bool take(occurrence&& one, std::string& id);
    void record_outcome(const outcome& one);
    void hand_over(const outcome& one, const pulled& behind, const error* why);
    void append_meta_of(record& made);
    void count_failure(const outcome& one, const error& why);
    void begin();
    void end(ended why);
    void end_with(ended why, std::exception_ptr failure);
    void ended_by(const std::exception_ptr& failed);
    template <class What>
    void in_order(What what) {
        try {
            what();
        } catch (...) {
            end_with(ended::sink_failed, std::current_exception());
        }
    }
    void arm();
    boost::asio::awaitable<void> tick_on();
    void tick();
    void write_and_sync();
    void collect_tickets();
    [[nodiscard]] bool all_is_over(const error& why) const noexcept;
    [[nodiscard]] bool some_full() const noexcept;

    client& client_;
    source& source_;
    job_options options_;
    boost::asio::any_io_executor executor_;
    outlet output_;
    std::optional<outlet> errors_;
    std::vector<outlet*> outlets_;  // both, or the one
    bool acknowledges_;

    core::time_point start_;
    job_limits limits_;
    sync_policy sync_;
    journal_book book_;
    job_progress progress_;
    summary sum_;
    std::optional<outcome_stream> stream_;
    std::unordered_map<std::uint64_t, pulled> pulled_;
    std::uint64_t next_index_ = 0;
    std::string line_;
    std::string image_;
    std::string meta_;
    std::string key_;
    bool begun_ = false;
    bool ending_ = false;
    bool lost_ = false;  // a sink failed: no further outcome has a place
    bool over_ = false;
    std::vector<std::uint64_t> tickets_;  // settled, not told yet
    bool telling_ = false;
    bool ticking_ = false;
    boost::asio::steady_timer ticker_;
    boost::asio::steady_timer changed_;  // one of the two has ended
};

}  // namespace getty::connect::ingest

#include "ingest/job/running_job.hpp"

#include "core/clock.hpp"
#include "core/rfc3339.hpp"
#include "ingest/input/file_source.hpp"
#include "ingest/text/json_text.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <chrono>
#include <utility>

namespace getty::connect::ingest {
namespace {

namespace asio = boost::asio;

/// What lies around is written after so long.
constexpr std::chrono::milliseconds tick_length{200};
/// So many occurrences are skipped before others have their turn.
constexpr std::uint64_t turn = 1000;

error trouble_error(std::string_view trouble) { return {errc::invalid_id, stage::queue, trouble}; }

/// See `record::key`.
std::string key_of_trouble(std::string_view trouble) { return '\n' + trouble_error(trouble).message(); }

}  // namespace

void outlet::append(const record& one, std::optional<std::uint64_t> ticket) {
    guarded([&] { to_.append(one); });
    is_synced_ = false;
    if (ticket) waiting_.push_back(*ticket);
}

void outlet::begin() {
    guarded([&] { to_.begin(); });
    is_synced_ = false;
}

void outlet::write() {
    if (is_usable()) guarded([&] { to_.write(); });
}

void outlet::sync() {
    if (!is_usable() || is_synced_) return;
    guarded([&] { to_.sync(); });
    is_synced_ = true;
}

asio::awaitable<void> outlet::wait(asio::awaitable<void> (sink::*until)()) {
    is_busy_ = true;
    std::exception_ptr failed;
    try {
        co_await (to_.*until)();
    } catch (...) {
        failed = std::current_exception();
    }
    is_busy_ = false;
    if (!failed) co_return;
    has_failed_ = true;
    std::rethrow_exception(failed);
}

void outlet::settle(std::vector<std::uint64_t>& tickets, sync_when sync) {
    const std::uint64_t settled = sync == sync_when::never ? to_.written() : to_.durable();
    for (; settled_ < settled && !waiting_.empty(); ++settled_) {
        tickets.push_back(waiting_.front());
        waiting_.pop_front();
    }
}

/// Thrown through a sink that reads what is there: nobody waits for the rest.
struct stopped_reading {};

/// What the journals say goes into the book.
class running_job::recovered final : public recovery {
public:
    explicit recovered(running_job& to) noexcept : to_(to) {}
    void entry(std::string_view key, journaled what, std::uint64_t count) override {
        if (to_.source_.starts_over()) to_.book_.entry(key, what, count);
    }
    void progress(std::uint64_t bytes, std::uint64_t of_bytes) override {
        to_.progress_.recovered_bytes = bytes;
        to_.progress_.recovery_bytes = of_bytes;
        if (to_.ending_) throw stopped_reading();
    }

private:
    running_job& to_;
};

void check_job(const source& ids, const sink& output, const sink* errors, const job_options& options) {
    const bool asks_again = options.retry() != retry_failed::none && ids.starts_over();
    if (errors == nullptr && output.resumes() && asks_again) {
        throw unusable(
            output.name() +
            ": failures that are to be asked for again cannot be taken out of it; name a file for failures, "
            "or ask for none of them again");
    }
    if (errors != nullptr && errors->resumes() && !errors->forgets() && asks_again) {
        throw unusable(
            errors->name() +
            ": failures that are to be asked for again cannot be taken out of it; name one file for "
            "failures, or ask for none of them again");
    }
    if (errors == nullptr && options.lines() == line_style::raw) {
        throw unusable(output.name() +
                       ": raw images have no place for failures beside them; name a file for these");
    }
    if (options.with_meta() && options.lines() == line_style::raw) {
        throw unusable(output.name() +
                       ": raw images have no place for more than the image; leave out one of them");
    }
    const auto percent = options.max_failed_percent();
    if (percent && *percent > 100) throw unusable("a share of failures has 0 to 100 percent");
    if (options.sync_period() < std::chrono::milliseconds(10)) {
        throw unusable("fsync every " + std::to_string(options.sync_period().count()) +
                       " ms; at least 10 ms, or never");
    }
    if (options.max_time().count() < 0)
        throw unusable("a job cannot end before it begins; the least time is 0, no limit");
    if (const result<void> good = options.fetch().validate(); !good) throw unusable(good.error().message());
}

running_job::running_job(client& images, source& ids, sink& output, sink* errors, const job_options& options)
    : client_(images),
      source_(ids),
      options_(options),
      executor_(images.get_executor()),
      output_(output),
      acknowledges_(ids.wants_acknowledgement()),
      start_(core::steady_now()),
      limits_(options, start_),
      sync_(options.sync(), options.sync_period()),
      book_(options.retry(), random_keys()),
      ticker_(executor_),
      changed_(executor_) {
    outlets_.push_back(&output_);
    if (errors != nullptr) outlets_.push_back(&errors_.emplace(*errors));
}

bool running_job::some_full() const noexcept {
    return std::ranges::any_of(outlets_, [](const outlet* one) { return one->to().full(); });
}

asio::awaitable<summary> running_job::run() {
    co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
    co_await recover();
    if (ending_) {
        sum_.elapsed = core::steady_now() - start_;
        co_return std::move(sum_);
    }
    fetch_options how = options_.fetch();
    how.decode(decode::raw);
    auto ids = [this] { return next_id(); };
    auto at_hand = [this] { return id_at_hand(); };
    stream_.emplace(client_.fetch(id_source(std::move(ids), std::move(at_hand)), how));
    arm();
    co_await consume();
    co_await finish();
    co_await others_done();
    stream_.reset();
    sum_.elapsed = core::steady_now() - start_;
    co_return std::move(sum_);
}

asio::awaitable<void> running_job::recover() {
    recovered into(*this);
    for (outlet* one : outlets_) {
        if (!one->to().resumes() || ending_) continue;
        progress_.recovering = one->to().name();
        try {
            co_await one->to().recover(into);
        } catch (const stopped_reading&) {
            break;
        }
    }
    progress_.recovered_bytes = progress_.recovery_bytes = 0;
    progress_.recovering.clear();
}

/// What the source has at hand, those left out that have their outcome.
running_job::found running_job::take_at_hand(std::string& id) {
    for (std::uint64_t skipped = 0; skipped < turn; ++skipped) {
        if (const auto why = limits_.reached(core::steady_now())) end(*why);
        if (ending_) return found::end;
        try {
            std::optional<occurrence> one = source_.try_next();
            if (!one) return found::nothing;
            if (take(std::move(*one), id)) return found::id;
        } catch (...) {
            end_with(ended::source_failed, std::current_exception());
            return found::end;
        }
    }
    return found::many_known;
}

std::optional<std::string> running_job::id_at_hand() {
    std::string id;
    if (take_at_hand(id) != found::id) return std::nullopt;
    return id;
}

asio::awaitable<std::optional<std::string>> running_job::next_id() {
    std::string id;
    for (;;) {
        const found at_hand = take_at_hand(id);
        if (at_hand == found::id) co_return id;
        if (at_hand == found::end) co_return std::nullopt;
        if (at_hand == found::many_known) {
            co_await asio::post(executor_, asio::use_awaitable);
            continue;
        }
        std::optional<occurrence> one;
        std::exception_ptr failed;
        try {
            one = co_await source_.next();
        } catch (...) {
            failed = std::current_exception();
        }
        if (ending_ && !one) co_return std::nullopt;
        if (failed) {
            end_with(ended::source_failed, failed);
            co_return std::nullopt;
        }
        if (!one) {
            book_.input_ended();
            co_return std::nullopt;
        }
        if (take(std::move(*one), id)) co_return id;
    }
}

// False when the occurrence has its outcome already.
bool running_job::take(occurrence&& one, std::string& id) {
    const bool known =
        one.trouble.empty() ? book_.skip(one.id) : !book_.empty() && book_.skip(key_of_trouble(one.trouble));
    if (known) {
        ++sum_.already_there;
        if (acknowledges_) tickets_.push_back(one.ticket);
        return false;
    }
    limits_.pulled();
    pulled_[next_index_++] = {one.ticket, one.line, std::move(one.trouble)};
    id = std::move(one.id);
    return true;
}

/// What a batch throws is its source's, but where the client goes away under it.
void running_job::ended_by(const std::exception_ptr& failed) {
    try {
        std::rethrow_exception(failed);
    } catch (const connect::failure& why) {
        if (why.error().value() != errc::client_closed) return end_with(ended::source_failed, failed);
        if (!ending_) sum_.service_error = why.error();
        end(ended::service);
    } catch (...) {
        end_with(ended::source_failed, failed);
    }
}

asio::awaitable<void> running_job::consume() {
    for (;;) {
        std::optional<outcome> one = stream_->try_next();
        std::exception_ptr failed;
        if (!one) {
            try {
                one = co_await stream_->next();
            } catch (...) {
                failed = std::current_exception();
            }
        }
        if (failed) {
            ended_by(failed);
            break;
        }
        if (!one) break;
        record_outcome(*one);
        if (!lost_ && some_full()) co_await make_room();
    }
    const std::optional<error> stopped = stream_->stopped();
    if (!stopped || ending_) co_return;
    sum_.service_error = stopped;
    end(ended::service);
}

asio::awaitable<void> running_job::make_room() {
    for (outlet* one : outlets_) {
        if (lost_ || !one->to().full()) continue;
        std::exception_ptr failed;
        try {
            co_await one->wait(&sink::room);
        } catch (...) {
            failed = std::current_exception();
        }
        if (failed) end_with(ended::sink_failed, failed);
    }
}

/// Also what was given up since the job ended: it is asked for by whoever goes on.
bool running_job::all_is_over(const error& why) const noexcept {
    return why.value() == errc::not_asked || why.value() == errc::canceled ||
           why.value() == errc::client_closed;
}

void running_job::record_outcome(const outcome& one) {
    auto node = pulled_.extract(one.index);
    const pulled behind = node.empty() ? pulled() : std::move(node.mapped());
    std::optional<error> why;
    if (!behind.trouble.empty()) {
        why = trouble_error(behind.trouble);
    } else if (!one.value) {
        why = one.value.error();
    }
    key_ = behind.trouble.empty() ? one.id : key_of_trouble(behind.trouble);
    if (lost_ || (why && behind.trouble.empty() && all_is_over(*why))) {
        ++sum_.handed_back;
        limits_.handed_back();
        book_.handed_back(key_);
        return;
    }
    try {
        begin();
        hand_over(one, behind, why ? &*why : nullptr);
    } catch (...) {
        ++sum_.handed_back;
        limits_.handed_back();
        end_with(ended::sink_failed, std::current_exception());
        return;
    }
    book_.answered(key_);
    if (why) {
        count_failure(one, *why);
    } else {
        ++sum_.found;
        limits_.found(one.attempts);
    }
    // With the last outcome nobody asks for an id that would show it. The clock is looked at elsewhere.
    if (const auto reached = limits_.reached(start_)) end(*reached);
}

void running_job::hand_over(const outcome& one, const pulled& behind, const error* why) {
    const bool unusable_line = !behind.trouble.empty();
    record made;
    if (!unusable_line) made.id = one.id;
    made.key = key_;
    made.why = why;
    made.attempts = one.attempts;
    made.at = core::wall_now_ms();
    made.elapsed = one.elapsed;
    line_.clear();
    image_.clear();
    meta_.clear();
    if (options_.with_meta()) append_meta_of(made);
    if (why != nullptr) {
        std::optional<std::string_view> id;
        if (!unusable_line) id = one.id;
        std::optional<std::uint64_t> number;
        if (behind.line != 0 && why->kind() == condition::invalid_input) number = behind.line;
        append_error_line(line_, id, *why, one.attempts, number, meta_);
    } else {
        append_single_line(image_, one.value->raw);
        made.image = image_;
        if (options_.lines() == line_style::typed) {
            append_image_line(line_, one.id, image_, meta_);
        }
    }
    made.line = why == nullptr && options_.lines() == line_style::raw ? std::string_view(image_) : line_;
    outlet& to = why != nullptr && errors_ ? *errors_ : output_;
    std::optional<std::uint64_t> ticket;
    if (acknowledges_) ticket = behind.ticket;
    to.append(made, ticket);
    if (options_.watch()) options_.watch()(made);
    sync_.written(core::steady_now());
}

void running_job::append_meta_of(record& made) {
    const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(made.elapsed).count();
    meta_ += "{\"at\":\"" + core::rfc3339(made.at) + "\",\"ms\":" + std::to_string(ms) +
             ",\"attempts\":" + std::to_string(made.attempts) + "}";
    made.meta = meta_;
}

void running_job::count_failure(const outcome& one, const error& why) {
    const bool accepted = options_.accepts(why.kind());
    ++sum_.failed;
    if (accepted) ++sum_.accepted;
    limits_.failed(one.attempts, why.value(), accepted);
    failure_count& of = sum_.failures[why.value()];
    if (of.count++ > 0) return;
    of.first_message = why.describe();
    of.first_id = one.id;
}

/// Both at once: failures of an earlier run beside images of this one would be taken for one run's.
void running_job::begin() {
    if (begun_) return;
    for (outlet* one : outlets_) one->begin();
    begun_ = true;
}

void running_job::end(ended why) {
    if (std::exchange(ending_, true)) return;
    sum_.why = why;
    source_.stop();
    // Elsewhere what was taken is looked up: it is what the limit was counted by, or what was there before.
    const bool at_once = why == ended::stopped || why == ended::max_time || why == ended::max_failures ||
                         why == ended::all_alike;
    if (at_once && stream_) stream_->stop();
}

void running_job::end_with(ended why, std::exception_ptr failure) {
    // What cannot be written any more is worse than what could not be read.
    if (why == ended::sink_failed && !std::exchange(lost_, true)) {
        ending_ = false;
        if (stream_) stream_->cancel();
    }
    if (ending_) return;
    sum_.failure = std::move(failure);
    end(why);
}

void running_job::stop() {
    end(ended::stopped);
    for (outlet* one : outlets_) {
        if (lost_) one->to().stop();
    }
}

void running_job::arm() {
    ticking_ = true;
    asio::co_spawn(executor_, tick_on(), [this](std::exception_ptr failed) {
        ticking_ = false;
        if (failed) end_with(ended::sink_failed, failed);
        changed_.cancel();
    });
}

asio::awaitable<void> running_job::tick_on() {
    while (!over_) {
        ticker_.expires_after(tick_length);
        boost::system::error_code woken;
        co_await ticker_.async_wait(asio::redirect_error(asio::use_awaitable, woken));
        if (!over_) tick();
    }
}

void running_job::tick() {
    if (const auto why = limits_.reached(core::steady_now())) end(*why);
    if (begun_) write_and_sync();
    // Nobody waits for answers that do not come in an outage.
    if (ending_ && stream_ && client_.stats().in_outage) stream_->cancel();
    collect_tickets();
}

void running_job::write_and_sync() {
    const bool due = sync_.due(core::steady_now());
    bool all = true;
    for (outlet* one : outlets_) {
        try {
            one->write();
            if (due) one->sync();
        } catch (...) {
            end_with(ended::sink_failed, std::current_exception());
        }
        all = all && one->is_usable();
    }
    if (due && all) sync_.synced();  // else what waits for its reader is made durable later
}

void running_job::collect_tickets() {
    if (!acknowledges_) return;
    for (outlet* one : outlets_) one->settle(tickets_, options_.sync());
    if (tickets_.empty() || std::exchange(telling_, true)) return;
    asio::co_spawn(executor_, acknowledge_all(), [this](std::exception_ptr failed) {
        telling_ = false;
        if (failed) end_with(ended::source_failed, failed);
        changed_.cancel();
    });
}

asio::awaitable<void> running_job::acknowledge_all() {
    while (!tickets_.empty()) {
        std::vector<std::uint64_t> now = std::exchange(tickets_, {});
        co_await source_.acknowledge(std::move(now));
    }
}

/// Whoever works for this job beside `run` has ended, and everything that is settled is told.
asio::awaitable<void> running_job::others_done() {
    over_ = true;
    ticker_.cancel();
    for (;;) {
        collect_tickets();
        if (!telling_ && !ticking_) co_return;
        changed_.expires_at(asio::steady_timer::time_point::max());
        boost::system::error_code woken;
        co_await changed_.async_wait(asio::redirect_error(asio::use_awaitable, woken));
    }
}

/// Where one sink has failed the others hold what they were handed all the same.
asio::awaitable<void> running_job::finish() {
    const bool whole = !ending_;
    if (whole && !lost_) in_order([&] { begin(); });
    for (outlet* one : outlets_) {
        if (!one->is_usable() || !begun_) continue;
        std::exception_ptr failed;
        try {
            co_await one->wait(&sink::drained);
            if (sync_.at_the_end()) one->sync();
        } catch (...) {
            failed = std::current_exception();
        }
        if (failed) end_with(ended::sink_failed, failed);
    }
    if (errors_ && !lost_ && begun_ && book_.has_open()) {
        const auto drop = [this](std::string_view key, journaled what) { return book_.drop(key, what); };
        in_order([&] { errors_->to().forget(drop); });
    }
    for (outlet* one : outlets_) {
        if (whole && !lost_) in_order([&] { one->to().finish(); });
    }
}

job_progress running_job::progress() const {
    job_progress now = progress_;
    now.found = sum_.found;
    now.failed = sum_.failed;
    now.already_there = sum_.already_there;
    now.under_way = pulled_.size();
    now.percent_read = source_.percent_read();
    if (stream_) now.batch = stream_->stats();
    return now;
}

}  // namespace getty::connect::ingest

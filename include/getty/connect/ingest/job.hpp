// A job: all ids of a source, each with its outcome in a sink, that can be killed at any moment and gone on
// with.
#pragma once

#include <getty/connect/client.hpp>
#include <getty/connect/ingest/sink.hpp>
#include <getty/connect/ingest/source.hpp>
#include <getty/connect/ingest/trouble.hpp>

#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <cstdint>
#include <exception>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#pragma GCC visibility push(default)

namespace getty::connect::ingest::inline GETTY_CONNECT_ABI {

/// Which failures of earlier runs are asked for again.
enum class retry_failed {
    all,
    transient,  ///< but not those that asking again would not change: not_found, invalid_input
    none,
};

/// When what was written is made durable by fsync.
enum class sync_when { never, end, every };

/// What becomes of images in a record's line.
enum class line_style {
    typed,  ///< `{"id":"…","image":{…}}`
    raw,    ///< the image alone; failures need a sink of their own
};

/// Why a job ended.
enum class ended {
    input_end,      ///< every occurrence has its outcome
    stopped,        ///< `job::stop`
    max_time,       ///< the limit of this name
    max_requests,   ///< the limit of this name
    max_failures,   ///< the limit of this name, or the share of failures
    all_alike,      ///< the first 1,000 outcomes were failures of one code
    service,        ///< the batch stopped, or its client was closed: `summary::service_error`
    source_failed,  ///< `summary::failure`
    sink_failed,    ///< `summary::failure`
};

/// The name of the enumerator.
[[nodiscard]] std::string_view to_string(ended why) noexcept;

/// Settings of a job; every one has a default that works.
class job_options {
public:
    job_options();

    /// How lookups are made. `decode` is raw in any case, as lines are made of the service's own bytes.
    job_options& fetch(fetch_options options);
    /// Whether images are lines with an id, or stand alone. Default: typed.
    job_options& lines(line_style style);
    /// Lines end with `"meta":{"at":"…Z","ms":12,"attempts":1}`: when the outcome was there, how long its lookup
    /// took, and the requests for it. Typed lines alone. Default: false.
    job_options& with_meta(bool wanted);
    /// Called with each record behind `sink::append`, on the client's executor; what it throws ends the job
    /// as a sink that throws does.
    job_options& watch(std::function<void(const record&)> watcher);
    /// Which failures that a sink has from earlier runs are asked for again. Default: transient.
    job_options& retry(retry_failed which);
    /// fsync so long after something was written. At least 10 ms.
    job_options& sync_every(std::chrono::milliseconds period);
    /// Durable at the end alone, or not at all.
    job_options& sync(sync_when when);
    /// Failures of this kind count as successes. May be called for several. Default: none.
    job_options& accept(condition kind);

    /// The job stops taking ids after so long. 0 (default): unlimited.
    job_options& max_time(std::chrono::milliseconds length);
    /// It stops once so many requests have gone out or are about to; tries again of these go beyond. 0
    /// (default): unlimited.
    job_options& max_requests(std::uint64_t count);
    /// It stops when more than so many outcomes are failures. Default: unlimited.
    job_options& max_failures(std::uint64_t count);
    /// It stops when more than this share are failures, counted from 1,000 outcomes on. 0 to 100. Default:
    /// unlimited.
    job_options& max_failed_percent(unsigned percent);

    [[nodiscard]] const fetch_options& fetch() const noexcept { return fetch_; }
    [[nodiscard]] line_style lines() const noexcept { return lines_; }
    [[nodiscard]] bool with_meta() const noexcept { return with_meta_; }
    [[nodiscard]] const std::function<void(const record&)>& watch() const noexcept { return watch_; }
    [[nodiscard]] retry_failed retry() const noexcept { return retry_; }
    [[nodiscard]] sync_when sync() const noexcept { return sync_; }
    [[nodiscard]] std::chrono::milliseconds sync_period() const noexcept { return sync_period_; }
    /// Whether `accept` was called for it.
    [[nodiscard]] bool accepts(condition kind) const noexcept;
    [[nodiscard]] std::chrono::milliseconds max_time() const noexcept { return max_time_; }
    [[nodiscard]] std::uint64_t max_requests() const noexcept { return max_requests_; }
    [[nodiscard]] std::optional<std::uint64_t> max_failures() const noexcept { return max_failures_; }
    [[nodiscard]] std::optional<unsigned> max_failed_percent() const noexcept { return max_failed_percent_; }

private:
    fetch_options fetch_;
    line_style lines_ = line_style::typed;
    bool with_meta_ = false;
    std::function<void(const record&)> watch_;
    retry_failed retry_ = retry_failed::transient;
    sync_when sync_ = sync_when::every;
    std::chrono::milliseconds sync_period_{5000};
    std::chrono::milliseconds max_time_{0};
    std::uint64_t max_requests_ = 0;
    std::optional<std::uint64_t> max_failures_;
    std::optional<unsigned> max_failed_percent_;
    std::vector<condition> accepted_;
};

/// Failures of one code.
struct failure_count {
    std::uint64_t count = 0;
    /// Of the first one, `error::describe()`.
    std::string first_message;
    /// Empty where the input had none.
    std::string first_id;
};

/// What a job amounts to.
struct summary {
    summary();

    ended why = ended::input_end;
    /// Outcomes of this run that are images. Where a sink failed, it wrote the first `sink::written()` of
    /// what it was handed.
    std::uint64_t found = 0;
    /// Outcomes of this run that are failures, those that were accepted included.
    std::uint64_t failed = 0;
    std::uint64_t accepted = 0;
    /// Occurrences that had their outcome from an earlier run.
    std::uint64_t already_there = 0;
    /// Occurrences that were taken from the source and lack an outcome; whoever goes on asks for them.
    std::uint64_t handed_back = 0;
    std::map<errc, failure_count> failures;
    /// Why the batch stopped, with `ended::service`; `errc::client_closed` where the client was closed.
    std::optional<error> service_error;
    /// What the source or the sink threw: `unusable` or `local_failure` from those of this library.
    std::exception_ptr failure;
    std::chrono::nanoseconds elapsed{0};

    /// Nothing is left to do: the input was read to its end, and every failure is an accepted one.
    [[nodiscard]] bool complete() const noexcept {
        return why == ended::input_end && handed_back == 0 && failed == accepted;
    }
};

/// What a running job has done so far.
struct job_progress {
    std::uint64_t found = 0;
    std::uint64_t failed = 0;
    std::uint64_t already_there = 0;
    std::uint64_t under_way = 0;
    /// While journals are read: so much of so much. `of_bytes` is 0 before and after.
    std::uint64_t recovered_bytes = 0;
    std::uint64_t recovery_bytes = 0;
    /// Then the name of the sink that is read; else empty.
    std::string recovering;
    std::optional<unsigned> percent_read;
    /// Of the batch, see there; nothing before it begins.
    batch_stats batch;
};

/// Looks up every occurrence that a source yields and hands each outcome to a sink, at the pace of the slower
/// of service and sink.
///
/// The output is the journal: with sinks that resume, what they hold is read first, each occurrence of an id
/// that has its line there is skipped, and the rest is added. So a job that was killed at any moment, any
/// number of times, and then run to its end, has each occurrence in one of its sinks exactly once. Until that
/// end a failure that is asked for again may stand beside its successor. Of a source that does not start
/// over, see there.
///
///     auto input = ingest::open_input(executor, {"ids.txt"});
///     auto resumed = ingest::sink_options().if_existing(ingest::existing::resumed);
///     auto images = ingest::open_sink(executor, "images.ndjson.zst", resumed);
///     auto errors = ingest::open_sink(executor, "errors.ndjson", resumed);
///     ingest::job job(client, *input, *images, errors.get());
///     const ingest::summary done = co_await job.run();
///
/// - Lifetime: client, source and sinks are the caller's and outlive the run. The job may go while it runs,
///   and before or after the client's execution context.
/// - Concurrency: source and sinks are called on the client's executor alone, one call at a time. `stop` may
///   be called on any thread; `progress` on the client's executor.
/// - Memory: what the batch needs (see `client`), what the sinks buffer, and for sinks that resume at most 40
///   bytes for each id they hold.
class job {
public:
    /// `errors` may be null: then failures go to `output`, whose failures of earlier runs cannot be asked for
    /// again (`retry_failed::none`). They are two. Throws `unusable` when options do not fit each other.
    job(client& images, source& ids, sink& output, sink* errors, job_options options = job_options());
    ~job();
    job(const job&) = delete;
    job& operator=(const job&) = delete;

    /// Runs it, once.
    ///
    /// - Afterwards: everything that has an outcome is written, and durable unless `sync` is `never`, but for
    ///   what a sink that failed was handed; with `ended::input_end` failures that were replaced have gone,
    ///   and files of a series have their names.
    /// - Completes: when the input has ended, or something has ended the job, and what was under way is done.
    /// - Errors: throws what `recover` of a sink throws, and then nothing was asked or changed; `unusable`
    ///   when it is called again. What happens later is told by the summary.
    /// - Cancellation: none; `stop` ends it.
    boost::asio::awaitable<summary> run();

    /// Stops taking ids. Requests on the wire get their answers, unless the service is out; what waits for
    /// its turn, for the end of a pause or for another try is handed back. Limits of time and of failures end
    /// a job in the same way. A sink that waits for its reader is waited for; `sink::stop` gives that up.
    void stop() noexcept;

    [[nodiscard]] job_progress progress() const;

private:
    class [[gnu::visibility("hidden")]] impl;
    std::shared_ptr<impl> impl_;
};

}  // namespace getty::connect::ingest::inline GETTY_CONNECT_ABI

#pragma GCC visibility pop

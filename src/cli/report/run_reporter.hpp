// Tells how a run fares while it runs, and what became of it.
#pragma once

#include "cli/args/arguments.hpp"
#include "cli/exit_code.hpp"
#include "cli/report/console.hpp"
#include "cli/report/report_plan.hpp"
#include "cli/report/run_summary.hpp"
#include "cli/report/snapshot.hpp"

#include <boost/asio/any_io_executor.hpp>

#include <functional>
#include <memory>

namespace getty::connect::cli {

class run_watcher;

/// Draws the status line, logs lines, writes the file of metrics, answers SIGUSR1 and SIGWINCH; at the end,
/// the summary.
///
/// Owned by the run, which calls `start` before anything is asked of the service, `stop` when its work is
/// done, so that the executor runs out of work, and `finished` once it knows its exit code.
///
/// - The executor is that of one thread, the client's.
/// - From construction on SIGUSR1 does not end the process.
class run_reporter {
public:
    /// `counts` is called on the executor, or under `finished`. Tries out whether the files that it is to
    /// write can be written, and leaves them as they were: throws `local_failure`, or `usage_error` for a
    /// path that is no file.
    run_reporter(boost::asio::any_io_executor executor, console& tell, const report_plan& plan,
                 std::shared_ptr<const run_watcher> watched, std::function<run_counts()> counts);
    ~run_reporter();
    run_reporter(const run_reporter&) = delete;
    run_reporter& operator=(const run_reporter&) = delete;

    void start();
    void stop();

    /// Final metrics, the summary file, and the summary where it was asked for. Gives the exit code of the
    /// process: `result.code`, or `local_failure` when the summary file could not be written. Clears the
    /// status line; works without an executor that runs.
    exit_code finished(run_result result);

    [[nodiscard]] run_snapshot snapshot() const;

private:
    class impl;
    std::unique_ptr<impl> impl_;
};

}  // namespace getty::connect::cli

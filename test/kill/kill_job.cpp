// One run of a job, for kill_test.py to kill: goes on with whatever an earlier one has left.
//
// Usage: kill_job BASE-URL CA-FILE IDS OUTPUT ERRORS
#include <getty/connect/ingest/input.hpp>
#include <getty/connect/ingest/job.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <cstdio>
#include <exception>
#include <memory>
#include <string>

namespace asio = boost::asio;
namespace gc = getty::connect;
namespace ingest = getty::connect::ingest;

namespace {

asio::awaitable<void> run(gc::client& images, ingest::job& job, ingest::summary& done) {
    std::exception_ptr failed;
    try {
        done = co_await job.run();
    } catch (...) {
        failed = std::current_exception();
    }
    co_await images.close();
    if (failed) std::rethrow_exception(failed);
}

void print(const ingest::summary& done) {
    std::printf(
        "{\"why\":\"%s\",\"found\":%llu,\"failed\":%llu,\"already_there\":%llu,\"handed_back\":%llu}\n",
        std::string(to_string(done.why)).c_str(), static_cast<unsigned long long>(done.found),
        static_cast<unsigned long long>(done.failed), static_cast<unsigned long long>(done.already_there),
        static_cast<unsigned long long>(done.handed_back));
    if (done.failure) std::rethrow_exception(done.failure);
}

int look_up(char** words) {
    asio::io_context context(1);
    gc::client images(context, gc::client_options()
                                   .base_url(words[1])
                                   .ca_file(words[2])
                                   .credentials("sandbox-key", gc::secret("sandbox-secret"))
                                   .threading(gc::threading::single_thread));
    const auto ids = ingest::open_input(context.get_executor(), {words[3]});
    ingest::sink_options how;
    how.if_existing(ingest::existing::resumed).member_bytes(64 * 1024).lines_per_file(100);
    const std::string output_name = words[4];
    ingest::sink_options of_output = how;
    if (output_name.find(".csv") != std::string::npos)
        of_output.columns({"id", "Title", "Keywords.Text", "Caption"});
    if (output_name.find("raw") != std::string::npos) of_output.lines(ingest::line_kind::raw);
    const auto output = ingest::open_sink(context.get_executor(), output_name, of_output);
    const auto errors = ingest::open_sink(context.get_executor(), words[5], how);
    ingest::job_options options;
    options.sync_every(std::chrono::milliseconds(50));
    if (of_output.lines() == ingest::line_kind::raw) options.lines(ingest::line_style::raw);
    ingest::job job(images, *ids, *output, errors.get(), options);
    ingest::summary done;
    std::exception_ptr failed;
    asio::co_spawn(context, run(images, job, done), [&](std::exception_ptr broken) { failed = broken; });
    context.run();
    if (failed) std::rethrow_exception(failed);
    print(done);
    return done.why == ingest::ended::input_end && done.handed_back == 0 ? 0 : 1;
}

}  // namespace

int main(int count, char** words) {
    if (count != 6) return 2;
    try {
        return look_up(words);
    } catch (const std::exception& why) {
        std::fprintf(stderr, "kill_job: %s\n", why.what());
        return 2;
    }
}

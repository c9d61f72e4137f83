// A job over a file of ids that is killed with SIGKILL, time and again, and goes on with what it has written.
#include <getty/connect.hpp>
#include <getty/connect/ingest/input.hpp>
#include <getty/connect/ingest/job.hpp>
#include <getty/connect/sandbox.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <csignal>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <memory>
#include <string>
#include <sys/wait.h>
#include <unistd.h>

namespace asio = boost::asio;
namespace gc = getty::connect;
namespace ingest = getty::connect::ingest;

constexpr int number_of_ids = 4000;

// What a program of its own would be: the job with its files. `dies_after`: kills itself, without a chance to
// tidy up, after so many requests; 0: does not.
class own_end final : public gc::observer {
public:
    explicit own_end(int dies_after) : left_(dies_after) {}
    void attempt_finished(const gc::attempt_event&) noexcept override {
        if (left_ > 0 && --left_ == 0) ::kill(::getpid(), SIGKILL);
    }

private:
    int left_;
};

asio::awaitable<void> run(gc::client& images, ingest::job& job, ingest::summary& done) {
    done = co_await job.run();
    co_await images.close();
}

int look_up(const std::string& folder, const gc::sandbox::server& service, int dies_after) {
    asio::io_context context;
    gc::client_options options;
    options.base_url(service.base_url())
        .ca_pem(service.ca_pem())
        .observer(std::make_shared<own_end>(dies_after));
    options.credentials("sandbox-key", gc::secret("sandbox-secret"));
    gc::client images(context, std::move(options));

    const auto executor = context.get_executor();
    const auto resumed =
        ingest::sink_options().if_existing(ingest::existing::resumed).member_bytes(64 * 1024);
    const auto ids = ingest::open_input(executor, {folder + "/ids.csv"});
    const auto output = ingest::open_sink(executor, folder + "/images.ndjson.gz", resumed);
    const auto errors = ingest::open_sink(executor, folder + "/errors.ndjson", resumed);
    ingest::job job(images, *ids, *output, errors.get());
    ingest::summary done;
    asio::co_spawn(context, run(images, job, done), [](std::exception_ptr failed) {
        if (failed) std::rethrow_exception(failed);
    });
    context.run();
    std::cout << done.found << " found, " << done.failed << " failed, " << done.already_there
              << " were there already; it ended: " << to_string(done.why) << std::endl;
    return done.complete() ? EXIT_SUCCESS : EXIT_FAILURE;
}

// In a process of its own; whether it ended well.
bool ends_well(const std::string& folder, const gc::sandbox::server& service, int dies_after) {
    const pid_t child = ::fork();
    if (child == 0) ::_exit(look_up(folder, service, dies_after));
    int status = 0;
    ::waitpid(child, &status, 0);
    if (WIFSIGNALED(status)) std::cout << "killed" << std::endl;
    return WIFEXITED(status) && WEXITSTATUS(status) == EXIT_SUCCESS;
}

int main() {
    std::string folder = (std::filesystem::temp_directory_path() / "resumable-XXXXXX").string();
    if (::mkdtemp(folder.data()) == nullptr) return EXIT_FAILURE;
    {
        std::ofstream ids(folder + "/ids.csv");
        ids << "title,id\n";
        for (int i = 0; i < number_of_ids; ++i) ids << "\"one, of many\"," << 10'000'001 + 1000 * i << "\r\n";
    }
    const gc::sandbox::background_server service;
    for (int i = 0; i < 2; ++i) {
        if (ends_well(folder, *service, 1500)) return EXIT_FAILURE;
    }
    const bool complete = ends_well(folder, *service, 0);
    // Ids that had their lines were not asked for again; those that were lost with a kill were.
    const std::uint64_t images = service->snapshot().images;
    std::cout << images << " images were asked for, of " << number_of_ids << std::endl;
    std::filesystem::remove_all(folder);
    return complete && images < 2 * number_of_ids ? EXIT_SUCCESS : EXIT_FAILURE;
}

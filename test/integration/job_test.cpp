#include "support/client_and_service.hpp"
#include "unit/ingest/scratch.hpp"

#include <getty/connect/ingest/input.hpp>
#include <getty/connect/ingest/job.hpp>
#include <getty/connect/testing.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <doctest/doctest.h>

#include <algorithm>
#include <deque>
#include <fcntl.h>
#include <fstream>
#include <functional>
#include <map>
#include <memory>
#include <regex>
#include <set>
#include <string>
#include <thread>
#include <unistd.h>
#include <vector>

using namespace getty::connect;
using namespace getty::connect::ingest;
using namespace std::chrono_literals;
using test::client_and_service;
using test::scratch;
namespace asio = boost::asio;

namespace {

sink_options again() { return sink_options().if_existing(existing::resumed); }

std::vector<std::string> lines_of(const scratch& folder, std::string_view name) {
    std::ifstream file(folder.path(name));
    std::vector<std::string> lines;
    for (std::string line; std::getline(file, line);) lines.push_back(line);
    return lines;
}

/// A queue as a program's own source would be: what was claimed and not acknowledged is still in it.
class queue final : public source {
public:
    explicit queue(std::vector<std::string> ids) : ids_(ids.begin(), ids.end()) {}

    asio::awaitable<std::optional<occurrence>> next() override {
        if (fails_at == claimed_) throw std::runtime_error("the queue is down");
        if (stopped_ || ids_.empty()) co_return std::nullopt;
        occurrence one(ids_.front());
        ids_.pop_front();
        one.ticket = 100 + claimed_++;
        if (on_claim) on_claim(claimed_);
        open_[one.ticket] = one.id;
        co_return one;
    }
    void stop() noexcept override { stopped_ = true; }
    bool wants_acknowledgement() const noexcept override { return true; }
    asio::awaitable<void> acknowledge(std::vector<std::uint64_t> tickets) override {
        for (const std::uint64_t ticket : tickets) {
            CHECK(open_.count(ticket) == 1);
            if (on_acknowledge) on_acknowledge(open_[ticket]);
            open_.erase(ticket);
            ++acknowledged;
        }
        co_return;
    }

    std::size_t fails_at = static_cast<std::size_t>(-1);
    std::function<void(std::size_t)> on_claim;
    std::function<void(const std::string&)> on_acknowledge;
    std::size_t acknowledged = 0;
    std::map<std::uint64_t, std::string> open_;
    std::deque<std::string> ids_;

private:
    std::size_t claimed_ = 0;
    bool stopped_ = false;
};

/// Counts what a job does to a sink; fails when it is told to.
class counting_sink final : public sink {
public:
    const std::string& name() const noexcept override { return name_; }
    void begin() override { ++begun; }
    void append(const record& one) override {
        if (lines.size() == fails_at) throw local_failure("counting sink: no room");
        lines.emplace_back(one.line);
        ids.emplace_back(one.id);
    }
    bool full() const noexcept override { return lines.size() - written_ >= 10; }
    void write() override { written_ = lines.size(); }
    asio::awaitable<void> drained() override {
        write();
        co_return;
    }
    void sync() override {
        write();
        ++syncs;
        durable_ = written_;
    }
    std::uint64_t written() const noexcept override { return written_; }
    std::uint64_t durable() const noexcept override { return durable_; }
    void finish() override { ++finished; }

    std::size_t fails_at = static_cast<std::size_t>(-1);
    int begun = 0;
    int syncs = 0;
    int finished = 0;
    std::vector<std::string> lines;
    std::vector<std::string> ids;
    std::uint64_t written_ = 0;
    std::uint64_t durable_ = 0;

private:
    std::string name_ = "counting sink";
};

std::vector<std::string> found_ids(std::size_t count) {
    std::vector<std::string> ids;
    for (std::size_t i = 0; i < count; ++i) ids.push_back(std::to_string(10'000'001 + 1'000 * i));
    return ids;
}

std::string message_of(const std::exception_ptr& failed) {
    try {
        if (failed) std::rethrow_exception(failed);
    } catch (const std::exception& why) {
        return why.what();
    }
    return {};
}

}  // namespace

TEST_CASE("J7: a job that goes on asks for what has no line, and the files have each occurrence once") {
    client_and_service world;
    const scratch folder;
    const std::string ids = folder.write("ids.txt", "10000001\n1404\nx y\n10001001\n10000001\n10002001\n");
    for (int run = 0; run < 2; ++run) {
        const auto input = open_input(world.callers.get_executor(), {ids});
        const auto output = open_sink(world.callers.get_executor(), folder.path("images.ndjson"), again());
        const auto errors = open_sink(world.callers.get_executor(), folder.path("errors.ndjson"), again());
        job one(world.c, *input, *output, errors.get());
        const summary done = world.run(one.run());
        CHECK(done.why == ended::input_end);
        CHECK(done.found == (run == 0 ? 4 : 0));
        CHECK(done.failed == (run == 0 ? 2 : 0));
        CHECK(done.already_there == (run == 0 ? 0 : 6));
        CHECK(done.handed_back == 0);
        CHECK(one.progress().percent_read == 100);
    }
    CHECK(lines_of(folder, "images.ndjson").size() == 4);
    const auto errors = lines_of(folder, "errors.ndjson");
    CHECK(errors.size() == 2);
    const auto bad =
        std::ranges::find_if(errors, [](auto& line) { return line.starts_with("{\"id\":null"); });
    REQUIRE(bad != errors.end());
    CHECK(bad->ends_with(",\"line\":3}"));
    // At a time the client asks once for both.
    CHECK(world.server->requests_for("10000001") <= 2);
    CHECK(world.server->requests_for("10001001") == 1);
}

TEST_CASE("J4: a failure that passes is asked for again, and its old line goes at the end of the run") {
    client_and_service world;
    const scratch folder;
    world.server->add_fault("status-500:id=10001001");
    const auto run = [&](job_options options = job_options()) {
        queue input({"10000001", "10001001", "10002001"});
        const auto output = open_sink(world.callers.get_executor(), folder.path("images.ndjson"), again());
        const auto errors = open_sink(world.callers.get_executor(), folder.path("errors.ndjson"), again());
        job one(world.c, input, *output, errors.get(), options);
        return world.run(one.run());
    };
    CHECK(run().failed == 1);
    CHECK(lines_of(folder, "errors.ndjson").size() == 1);
    CHECK(run(job_options().retry(retry_failed::none)).already_there == 3);
    CHECK(run().failed == 1);
    CHECK(lines_of(folder, "errors.ndjson").size() == 1);
    world.server->clear_faults();
    const summary last = run();
    CHECK(last.found == 1);
    CHECK(last.already_there == 2);
    CHECK(last.complete());
    CHECK(lines_of(folder, "images.ndjson").size() == 3);
    CHECK(lines_of(folder, "errors.ndjson").empty());
}

TEST_CASE(
    "J8: an occurrence is acknowledged once, when its line is durable, or written where that is enough") {
    for (const sync_when sync : {sync_when::never, sync_when::end, sync_when::every}) {
        client_and_service world;
        queue input(found_ids(55));
        counting_sink output;
        std::size_t early = 0;
        input.on_acknowledge = [&](const std::string& id) {
            const auto at =
                static_cast<std::uint64_t>(std::ranges::find(output.ids, id) - output.ids.begin());
            if (at >= (sync == sync_when::never ? output.written_ : output.durable_)) ++early;
        };
        job one(world.c, input, output, nullptr, job_options().sync(sync));
        const summary done = world.run(one.run());
        CHECK(done.complete());
        CHECK(early == 0);
        CHECK(input.acknowledged == 55);
        CHECK(input.open_.empty());
        CHECK(output.finished == 1);
        CHECK((output.syncs > 0) == (sync != sync_when::never));
    }
}

TEST_CASE("J8: what a job does not get to is handed back, not failed, and not acknowledged") {
    client_and_service world;
    queue input(found_ids(500));
    counting_sink output;
    job one(world.c, input, output, nullptr, job_options().max_requests(40));
    const summary done = world.run(one.run());
    CHECK(done.why == ended::max_requests);
    CHECK(done.failed == 0);
    CHECK(done.found >= 30);
    CHECK(done.found + done.handed_back <= 40);
    CHECK_FALSE(done.complete());
    CHECK(output.finished == 0);
    CHECK(input.acknowledged == done.found);
    CHECK(input.open_.size() == done.handed_back);
}

TEST_CASE("J8: a job ends where more fails than may, with the first message of each kind") {
    client_and_service world;
    std::vector<std::string> ids;
    for (int i = 0; i < 300; ++i) ids.push_back(std::to_string(20'000'404 + 1000 * i));
    {
        queue input(ids);
        counting_sink output;
        job one(world.c, input, output, nullptr,
                job_options().max_failures(20).fetch(fetch_options().max_in_flight(4)));
        const summary done = world.run(one.run());
        CHECK(done.why == ended::max_failures);
        CHECK(done.failed > 20);
        CHECK(done.failed < 60);
        REQUIRE(done.failures.count(errc::not_found) == 1);
        CHECK(done.failures.at(errc::not_found).count == done.failed);
        CHECK_FALSE(done.failures.at(errc::not_found).first_message.empty());
    }
    queue input(ids);
    counting_sink output;
    job one(world.c, input, output, nullptr, job_options().max_failures(20).accept(condition::not_found));
    const summary done = world.run(one.run());
    CHECK(done.complete());
    CHECK(done.accepted == 300);
}

TEST_CASE("J5: a sink that fails ends the job, and what has no line is handed back") {
    client_and_service world;
    queue input(found_ids(200));
    counting_sink output;
    output.fails_at = 33;
    job one(world.c, input, output, nullptr);
    const summary done = world.run(one.run());
    CHECK(done.why == ended::sink_failed);
    CHECK(message_of(done.failure) == "counting sink: no room");
    CHECK(done.found == 33);
    CHECK(output.finished == 0);
    CHECK(input.acknowledged + input.open_.size() + input.ids_.size() == 200);
    CHECK(input.acknowledged <= 33);
}

TEST_CASE("J7: of a queue nothing is skipped, since the same id is another occurrence") {
    class forgetful final : public source {
    public:
        explicit forgetful(queue& of) : of_(of) {}
        asio::awaitable<std::optional<occurrence>> next() override { return of_.next(); }
        void stop() noexcept override { of_.stop(); }
        bool wants_acknowledgement() const noexcept override { return true; }
        asio::awaitable<void> acknowledge(std::vector<std::uint64_t> tickets) override {
            return of_.acknowledge(std::move(tickets));
        }
        bool starts_over() const noexcept override { return false; }

    private:
        queue& of_;
    };
    const scratch folder;
    client_and_service world;
    const std::string id = found_ids(1)[0];
    const std::string none = "10000404";
    for (const std::vector<std::string>& ids : {std::vector{id, none}, std::vector{id, id, none}}) {
        queue claimed(ids);
        forgetful input(claimed);
        const auto images = open_sink(world.c.get_executor(), folder.path("a.ndjson"), again());
        const auto errors = open_sink(world.c.get_executor(), folder.path("e.ndjson"), again());
        job one(world.c, input, *images, errors.get(), job_options().retry(retry_failed::all));
        const summary done = world.run(one.run());
        CHECK(done.already_there == 0);
        CHECK(claimed.acknowledged == ids.size());
    }
    CHECK(lines_of(folder, "a.ndjson").size() == 3);
    CHECK(lines_of(folder, "e.ndjson").size() == 2);
}

TEST_CASE("J5: where one sink fails the other holds what it was handed") {
    const scratch folder;
    client_and_service world;
    std::vector<std::string> ids;
    for (int i = 0; i < 100; ++i) {
        ids.push_back(std::to_string(10'000'001 + 1'000 * i));
        ids.push_back(std::to_string(10'000'404 + 1'000 * i));
    }
    queue input(ids);
    counting_sink output;
    output.fails_at = 33;
    const auto errors = open_sink(world.c.get_executor(), folder.path("e.ndjson"), sink_options());
    job one(world.c, input, output, errors.get());
    const summary done = world.run(one.run());
    CHECK(done.why == ended::sink_failed);
    CHECK(done.failed > 0);
    CHECK(lines_of(folder, "e.ndjson").size() == done.failed);
    CHECK(input.acknowledged >= done.failed);
}

TEST_CASE("J5: a sink that waits for its reader holds up no other, and is given up when it is stopped") {
    class waiting_sink final : public sink {
    public:
        explicit waiting_sink(const asio::any_io_executor& on)
            : never_(on, asio::steady_timer::time_point::max()) {}
        const std::string& name() const noexcept override { return name_; }
        void begin() override {}
        void append(const record&) override { ++appended_; }
        bool full() const noexcept override { return true; }
        void write() override { FAIL("written while it waits"); }
        asio::awaitable<void> room() override {
            if (on_wait) on_wait();
            boost::system::error_code woken;
            co_await never_.async_wait(asio::redirect_error(asio::use_awaitable, woken));
            throw local_failure("given up");
        }
        asio::awaitable<void> drained() override { co_return; }
        void sync() override {}
        std::uint64_t written() const noexcept override { return 0; }
        std::uint64_t durable() const noexcept override { return 0; }
        void stop() noexcept override { never_.cancel(); }
        std::function<void()> on_wait;

    private:
        std::string name_ = "waiting sink";
        std::uint64_t appended_ = 0;
        asio::steady_timer never_;
    };
    client_and_service world;
    queue input({found_ids(1)[0], "10000404"});
    counting_sink output;
    waiting_sink errors(world.c.get_executor());
    const auto in_order = fetch_options().delivery(delivery::in_input_order);
    job one(world.c, input, output, &errors, job_options().fetch(in_order).sync_every(10ms));
    // Only once the image is acknowledged, which takes a write and an fsync of the other sink.
    input.on_acknowledge = [&](const std::string&) { errors.stop(); };
    const summary done = world.run(one.run());
    CHECK(done.why == ended::sink_failed);
    CHECK(message_of(done.failure) == "given up");
    CHECK(input.acknowledged == 1);
}

TEST_CASE(
    "J5: a pipe that nobody reads is given up by stopping its sink, and no line is torn from its reader") {
    client_and_service world;
    int ends[2];
    REQUIRE(::pipe2(ends, O_CLOEXEC) == 0);
    queue input(found_ids(500));
    const auto output = open_stream_sink(world.c.get_executor(), ends[1], "the pipe", sink_options());
    job one(world.c, input, *output, nullptr);
    asio::steady_timer later(world.c.get_executor(), 300ms);
    later.async_wait([&](const boost::system::error_code&) {
        one.stop();
        output->stop();
    });
    const summary done = world.run(one.run());
    CHECK(done.why == ended::sink_failed);
    CHECK(message_of(done.failure).find("the pipe: ") == 0);
    ::close(ends[0]);
    ::close(ends[1]);
}

TEST_CASE("J8: a job whose client is closed says so, and blames nobody's source") {
    client_and_service world;
    queue input(found_ids(5'000));
    counting_sink output;
    job one(world.c, input, output, nullptr);
    input.on_claim = [&](std::size_t count) {
        if (count == 300) asio::co_spawn(world.c.get_executor(), world.c.close(), asio::detached);
    };
    const summary done = world.run(one.run());
    CHECK(done.why == ended::service);
    REQUIRE(done.service_error.has_value());
    CHECK(done.service_error->value() == errc::client_closed);
    CHECK(done.found + done.failed + done.handed_back == 5'000 - input.ids_.size());
}

TEST_CASE("J8: a job runs once, and its options are looked at when it is made") {
    client_and_service world;
    queue input(found_ids(2));
    counting_sink output;
    job one(world.c, input, output, nullptr);
    CHECK(world.run(one.run()).found == 2);
    CHECK(one.progress().found == 2);
    CHECK_THROWS_AS((void)world.run(one.run()), unusable);
    const auto none = job_options().fetch(fetch_options().max_in_flight(0));
    CHECK_THROWS_AS(job(world.c, input, output, nullptr, none), unusable);
}

TEST_CASE("J8: a job may outlive its execution context, run or not, and go before it is awaited") {
    sandbox::background_server server{sandbox::options().scheme(sandbox::auth::bearer)};
    for (const int how : {0, 1, 2, 3}) {
        CAPTURE(how);
        queue input(found_ids(50));
        counting_sink output;
        std::optional<client> c;
        std::optional<job> one;
        asio::io_context context(1);
        c.emplace(context.get_executor(), client_options()
                                              .base_url(server->base_url())
                                              .ca_pem(server->ca_pem())
                                              .credentials("sandbox-key", secret("sandbox-secret"))
                                              .auth(auth_scheme::bearer));
        one.emplace(*c, input, output, nullptr);
        auto run = one->run();
        if (how == 3) one.reset();
        if (how > 0) asio::co_spawn(context, std::move(run), asio::detached);
        const std::size_t enough = how == 1 ? 20 : 50;
        while (how > 0 && output.lines.size() < enough) context.run_one();
        // The end of a run comes a little behind its last line.
        if (how == 2) context.run_for(500ms);
        CHECK(output.lines.size() >= (how > 0 ? enough : 0));
    }
}

TEST_CASE("J8: a source that fails ends the job after what was under way") {
    client_and_service world;
    queue input(found_ids(200));
    input.fails_at = 50;
    counting_sink output;
    job one(world.c, input, output, nullptr);
    const summary done = world.run(one.run());
    CHECK(done.why == ended::source_failed);
    CHECK(message_of(done.failure) == "the queue is down");
    CHECK(done.found == 50);
    CHECK(input.acknowledged == 50);
    CHECK(output.finished == 0);
}

TEST_CASE("J8: stop ends the reading of what is there, and nothing is begun") {
    /// Takes long to read.
    class long_journal final : public sink {
    public:
        const std::string& name() const noexcept override { return name_; }
        bool resumes() const noexcept override { return true; }
        asio::awaitable<void> recover(recovery& into) override {
            const auto executor = co_await asio::this_coro::executor;
            while (steps < 1'000) {
                into.progress(++steps, 1'000);
                if (steps == 3) in_the_middle();
                co_await asio::post(executor, asio::use_awaitable);
            }
        }
        void begin() override { begun = true; }
        void append(const record&) override {}
        bool full() const noexcept override { return false; }
        void write() override {}
        asio::awaitable<void> drained() override { co_return; }
        void sync() override {}
        std::uint64_t written() const noexcept override { return 0; }
        std::uint64_t durable() const noexcept override { return 0; }

        std::function<void()> in_the_middle;
        unsigned steps = 0;
        bool begun = false;

    private:
        std::string name_ = "a long journal";
    };
    client_and_service world;
    long_journal output;
    queue input(found_ids(3));
    job one(world.c, input, output, nullptr, job_options().retry(retry_failed::none));
    output.in_the_middle = [&one] { one.stop(); };
    const summary done = world.run(one.run());
    CHECK(done.why == ended::stopped);
    CHECK(output.steps < 10);
    CHECK_FALSE(output.begun);
    CHECK(world.server->snapshot().image_requests == 0);
}

TEST_CASE("J8: ids that are at hand and ids that are waited for are one sequence, in which none is lost") {
    /// Some are at hand, some have to be waited for; one in ten fails.
    class mixed final : public source {
    public:
        std::optional<occurrence> try_next() override {
            if (next_ % 3 == 0) return std::nullopt;
            return one();
        }
        asio::awaitable<std::optional<occurrence>> next() override { co_return one(); }
        void stop() noexcept override { next_ = 10'000; }

    private:
        std::optional<occurrence> one() {
            if (next_ >= 1'000) return std::nullopt;
            occurrence made(std::to_string(next_));
            if (next_ % 10 == 7) made.trouble = "line " + made.id;
            ++next_;
            return made;
        }
        std::size_t next_ = 1;
    };
    testing::scripted_client script;
    mixed input;
    counting_sink output;
    job one(script.client(), input, output, nullptr);
    const summary done = script.run(one.run());
    CHECK(done.found == 899);
    CHECK(done.failed == 100);
    CHECK(std::set<std::string>(output.lines.begin(), output.lines.end()).size() == 999);
}

TEST_CASE("J8: stop ends the ids, also from another thread, and what is on the wire finishes") {
    client_and_service world;
    queue input(found_ids(100'000));
    counting_sink output;
    job one(world.c, input, output, nullptr);
    std::thread other;
    input.on_claim = [&](std::size_t count) {
        if (count == 300) other = std::thread([&] { one.stop(); });
    };
    const summary done = world.run(one.run());
    other.join();
    CHECK(done.why == ended::stopped);
    CHECK(done.failed == 0);
    CHECK(done.found >= 200);
    CHECK(done.found == output.lines.size());
    CHECK(input.acknowledged == done.found);
}

TEST_CASE("J8: a job that is stopped hands back what waits for its turn, however far that is away") {
    client_and_service world(threading::single_thread, client_options().rate(0.01));
    queue input(found_ids(5));
    counting_sink output;
    job one(world.c, input, output, nullptr, job_options().watch([&](const record&) { one.stop(); }));
    const summary done = world.run(one.run());
    CHECK(done.why == ended::stopped);
    CHECK(done.found == 1);
    CHECK(done.failed == 0);
    CHECK(done.elapsed < 60s);
}

TEST_CASE("X8: a line has the image as it came, no two tokens joined, and what is known of its lookup") {
    testing::scripted_client script;
    script.on("1", testing::reply::image("\n\"EventIds\":[1,\n2,\r\n\t24], \"a\":\n\"b\""));
    script.on("2", testing::reply::status(404));
    queue input({"1", "2"});
    counting_sink output;
    std::vector<std::string> watched;
    job one(script.client(), input, output, nullptr,
            job_options().with_meta(true).watch([&](const record& r) { watched.emplace_back(r.line); }));
    const summary done = script.run(one.run());
    CHECK(done.found == 1);
    CHECK(watched == output.lines);
    REQUIRE(output.lines.size() == 2);
    std::ranges::sort(output.lines);
    const auto is_like = [](const std::string& line, const char* pattern) {
        return std::regex_match(line, std::regex(pattern));
    };
    constexpr const char* at =
        R"("meta":\{"at":"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z","ms":\d+,"attempts":1\}\})";
    CHECK(is_like(
        output.lines[0],
        (std::string(R"(\{"id":"1","image":\{"ImageId":"1",.*"EventIds":\[1,2,24\], "a":"b"\},)") + at)
            .c_str()));
    CHECK(is_like(output.lines[1], (std::string(R"(\{"id":"2","error":\{.*"attempts":1\},)") + at).c_str()));
}

TEST_CASE("J3: a job does not go on with a file of the other interface's images") {
    const scratch folder;
    client_and_service world;
    for (const char* name : {"images.ndjson", "images.ndjson.zst", "images.sqlite"}) {
        for (const bool other : {false, true}) {
            const auto output = open_sink(world.callers.get_executor(), folder.path(name),
                                          again().images_of(other ? dialect::v3 : dialect::connect));
            const auto errors =
                open_sink(world.callers.get_executor(), folder.path("errors.ndjson"), again());
            queue input(found_ids(3));
            job one(world.c, input, *output, errors.get());
            std::string refused;
            try {
                (void)world.run(one.run());
            } catch (const unusable& why) {
                refused = why.what();
            }
            CHECK((refused.find("is an image of Connect, and this run asks the v3 interface") !=
                   std::string::npos) == other);
            CHECK((refused.find(name) != std::string::npos) == other);
        }
    }
}

TEST_CASE("J8: what the service refuses for every id stops the job, resumable") {
    client_and_service world;
    world.server->add_fault("over-quota:id=10020001");
    queue input(found_ids(300));
    counting_sink output;
    job one(world.c, input, output, nullptr, job_options().fetch(fetch_options().max_in_flight(2)));
    const summary done = world.run(one.run());
    CHECK(done.why == ended::service);
    REQUIRE(done.service_error);
    CHECK(done.service_error->value() == errc::quota_exhausted);
    CHECK_FALSE(done.complete());
    CHECK(input.open_.size() == done.handed_back);
}

TEST_CASE("J7: a job over nothing empties what it was to overwrite, one that cannot begin changes nothing") {
    client_and_service world;
    const scratch folder;
    const std::string images = folder.write("images.ndjson", "{\"id\":\"1\",\"image\":{}}\n");
    const std::string errors = folder.write("errors.ndjson", "no journal\n");
    const auto executor = world.callers.get_executor();
    {
        queue input({"10000001"});
        const auto output = open_sink(executor, images, again());
        const auto failures = open_sink(executor, errors, again());
        job one(world.c, input, *output, failures.get());
        CHECK_THROWS_AS((void)world.run(one.run()), unusable);
    }
    CHECK(folder.read("images.ndjson").size() == 22);
    CHECK(folder.read("errors.ndjson") == "no journal\n");
    CHECK(world.server->requests_for("10000001") == 0);
    queue nothing({});
    const auto output = open_sink(executor, images, sink_options().if_existing(existing::overwritten));
    job one(world.c, nothing, *output, nullptr);
    CHECK(world.run(one.run()).complete());
    CHECK(folder.read("images.ndjson").empty());
}

TEST_CASE("J4: failures that are asked for again do not go to a series, which never loses a line") {
    const scratch folder;
    client_and_service world;
    queue input(found_ids(3));
    const auto output = open_sink(world.callers.get_executor(), folder.path("x"), again());
    const auto errors = open_sink(world.callers.get_executor(), folder.path("e-%03d.ndjson"), again());
    CHECK_THROWS_WITH_AS(job(world.c, input, *output, errors.get()),
                         doctest::Contains("name one file for failures"), unusable);
    const job one(world.c, input, *output, errors.get(), job_options().retry(retry_failed::none));
}

TEST_CASE("J4: options that do not fit the sinks are refused with the mend") {
    client_and_service world;
    const scratch folder;
    queue input({});
    const auto output = open_sink(world.callers.get_executor(), folder.path("a.ndjson"), again());
    const auto refused = [&](const job_options& options) {
        try {
            job one(world.c, input, *output, nullptr, options);
        } catch (const unusable& why) {
            return std::string(why.what());
        }
        return std::string();
    };
    CHECK(refused({}).find("name a file for failures, or ask for none of them again") != std::string::npos);
    CHECK(refused(job_options().retry(retry_failed::none)).empty());
    CHECK(refused(job_options().retry(retry_failed::none).lines(line_style::raw))
              .find("no place for failures") != std::string::npos);
    CHECK(refused(job_options().retry(retry_failed::none).sync_every(1ms)) ==
          "fsync every 1 ms; at least 10 ms, or never");
    CHECK(refused(job_options().retry(retry_failed::none).max_failed_percent(101)) ==
          "a share of failures has 0 to 100 percent");
}

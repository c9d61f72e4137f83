#include "async/task.hpp"

#include "async/event.hpp"
#include "async/frame_pool.hpp"
#include "async/spawn.hpp"
#include "support/world.hpp"

#include <doctest/doctest.h>

#include <csignal>
#include <memory>
#include <stdexcept>
#include <string>
#include <sys/resource.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>
#include <vector>

using namespace getty::connect;

namespace {

/// Notes its end.
struct trace {
    trace(std::string& l, char n) : log(l), name(n) {}
    ~trace() { log += name; }
    trace(const trace&) = delete;
    trace& operator=(const trace&) = delete;
    std::string& log;
    char name;
};

async::task<int> at_once(int value) { co_return value; }

async::task<int> sum(int count) {
    int total = 0;
    for (int i = 0; i < count; ++i) {
        const int one = co_await at_once(1);
        total += one;
    }
    co_return total;
}

async::task<int> deep(int levels) {
    if (levels == 0) co_return 0;
    const int below = co_await deep(levels - 1);
    co_return below + 1;
}

async::task<int> failing(std::string& log) {
    const trace ended(log, 'f');
    throw std::runtime_error("broken");
    co_return 1;
}

async::task<int> catching(std::string& log) {
    const trace ended(log, 'c');
    int got = 0;
    try {
        got = co_await failing(log);
    } catch (const std::runtime_error&) {
        got = -1;
    }
    co_return got;
}

async::task<int> parked(async::event& at, async::cancel_scope& scope, std::string& log) {
    const trace ended(log, '3');
    co_await at.wait(scope);
    log += "woken ";
    co_return 3;
}

async::task<int> waiting(async::event& at, async::cancel_scope& scope, std::string& log) {
    const trace ended(log, '2');
    const int got = co_await parked(at, scope, log);
    co_return got;
}

async::task<int> outermost(async::event& at, async::cancel_scope& scope, std::string& log) {
    const trace ended(log, '1');
    const int got = co_await waiting(at, scope, log);
    co_return got;
}

}  // namespace

TEST_CASE("task: a million awaits that never wait, and a thousand levels, take no stack") {
    test::world w;
    int total = 0;
    int depth = 0;
    w.spawn<int>(sum(1'000'000), [&](int got) { total = got; });
    w.spawn<int>(deep(1'000), [&](int got) { depth = got; });
    w.settle();
    CHECK(total == 1'000'000);
    CHECK(depth == 1'000);
}

TEST_CASE("task: an exception reaches whoever awaits, after the locals have ended") {
    test::world w;
    std::string log;
    int got = 0;
    w.spawn<int>(catching(log), [&](int value) { got = value; });
    w.settle();
    CHECK(got == -1);
    CHECK(log == "fc");
}

TEST_CASE("task: what nobody catches is told at the end, and what the end throws leaves through run()") {
    test::world w;
    std::string log;
    bool told = false;
    async::spawn(w.context.get_executor(), failing(log), [&](const std::exception_ptr& thrown, int value) {
        told = thrown != nullptr && value == 0;
        throw std::logic_error("from the end");
    });
    CHECK(log.empty());  // never within the call
    CHECK_THROWS_AS(w.settle(), std::logic_error);
    CHECK(told);
    CHECK(log == "f");
}

TEST_CASE("task: a parked stack goes on where it waited, by a handler or within the call") {
    for (const bool within : {false, true}) {
        test::world w;
        async::event at(*w.scheduler);
        async::cancel_scope scope(*w.scheduler);
        std::string log;
        int got = 0;
        w.spawn<int>(outermost(at, scope, log), [&](int value) { got = value; });
        w.settle();
        CHECK(at.parked());
        CHECK_FALSE(w.context.stopped());  // there is work as long as it waits
        if (within) {
            at.wake_inline();
        } else {
            at.wake();
            CHECK(log.empty());
            w.settle();
        }
        CHECK(got == 3);
        CHECK(log == "woken 321");
        w.settle();
        CHECK(w.context.stopped());
    }
}

TEST_CASE("task: destroying where a stack is parked destroys its coroutines, the innermost first") {
    test::world w;
    auto at = std::make_unique<async::event>(*w.scheduler);
    async::cancel_scope scope(*w.scheduler);
    std::string log;
    bool ended = false;
    w.spawn<int>(outermost(*at, scope, log), [&](int) { ended = true; });
    w.settle();
    at.reset();
    CHECK(log == "321");
    w.settle();
    CHECK(w.context.stopped());
    CHECK_FALSE(ended);
}

TEST_CASE("task: a stack that was woken goes with its execution context") {
    auto w = std::make_unique<test::world>();
    std::string log;
    {
        async::event at(*w->scheduler);
        async::cancel_scope scope(*w->scheduler);
        w->spawn<int>(outermost(at, scope, log), nullptr);
        w->settle();
        at.wake();
    }
    CHECK(log.empty());
    w.reset();
    CHECK(log == "321");
}

TEST_CASE("task: one that never begins ends nothing but itself") {
    std::string log;
    {
        const async::task<int> never = failing(log);
    }
    CHECK(log.empty());
}

TEST_CASE("S8: a second coroutine at one wait point is an assertion, or the first one goes on") {
    const pid_t child = ::fork();
    if (child == 0) {
        const rlimit none{0, 0};
        ::setrlimit(RLIMIT_CORE, &none);
        ::signal(SIGABRT, SIG_DFL);
        ::close(STDERR_FILENO);
        ::alarm(10);  // a loop without end was what this did
        auto w = std::make_unique<test::world>();
        auto at = std::make_unique<async::event>(*w->scheduler);
        async::cancel_scope first(*w->scheduler);
        async::cancel_scope second(*w->scheduler);
        std::string log_first, log_second;
        w->spawn<int>(outermost(*at, first, log_first), nullptr);
        w->spawn<int>(outermost(*at, second, log_second), nullptr);
        w->settle();
        const bool good = log_first == "woken 321" && log_second.empty() && at->parked();
        w.reset();  // abandons the second
        ::_exit(good && log_second == "321" ? 0 : 1);
    }
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    const bool asserted = WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT;
    const bool went_on = WIFEXITED(status) && WEXITSTATUS(status) == 0;
    CHECK((asserted || went_on));
}

namespace {

/// A peer that always has something more to say.
struct talker final : async::context_part {
    explicit talker(async::scheduler& on) : in(on) { in.adopt(*this); }
    ~talker() { in.disown(*this); }
    talker(const talker&) = delete;
    talker& operator=(const talker&) = delete;
    async::scheduler& in;
    int turns = 0;

private:
    void context_ends() noexcept override {}
    void forked() noexcept override {}
    [[nodiscard]] bool has_news() noexcept override { return ++turns > 0; }
};

struct bell final : core::deadline_queue::entry {
    bool rang = false;

private:
    void due() noexcept override { rang = true; }
};

}  // namespace

TEST_CASE("S7: what keeps coming after a gap holds up the deadlines for a bounded number of turns") {
    test::world w;
    talker peer(*w.scheduler);
    bell b;
    for (const bool gap : {false, true, true}) {
        CAPTURE(gap);
        b.rang = false;
        peer.turns = 0;
        w.scheduler->set_deadline(b, w.scheduler->now() + std::chrono::seconds(1));
        w.scheduler->set(w.scheduler->now() + std::chrono::seconds(gap ? 60 : 1));
        w.scheduler->ring();
        CHECK(b.rang != gap);
        w.advance(core::duration::zero());
        CHECK(b.rang);
        CHECK(peer.turns == (gap ? 255 : 0));
    }
    w.scheduler->remove_deadline(b);
}

TEST_CASE("frame pool: blocks are aligned, apart from each other, and may be released on another thread") {
    std::vector<std::pair<void*, std::size_t>> taken;
    for (std::size_t bytes = 1; bytes < 5'000; bytes += 61) {
        void* const block = async::allocate_frame(bytes);
        CHECK(reinterpret_cast<std::uintptr_t>(block) % alignof(std::max_align_t) == 0);
        std::fill_n(static_cast<unsigned char*>(block), bytes, static_cast<unsigned char>(bytes));
        taken.emplace_back(block, bytes);
    }
    for (const auto& [block, bytes] : taken) {
        const auto* const first = static_cast<unsigned char*>(block);
        CHECK(std::count(first, first + bytes, static_cast<unsigned char>(bytes)) ==
              static_cast<std::ptrdiff_t>(bytes));
    }
    std::thread other([&] {
        for (const auto& [block, bytes] : taken) async::release_frame(block, bytes);
    });
    other.join();
}

// The n-th allocation of a client's thread fails, for each n: an error, an exception or the end of the
// program, but never a call that does not end, and never another id's image.
#include <getty/connect.hpp>
#include <getty/connect/sandbox.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <doctest/doctest.h>

#include <chrono>
#include <cstdlib>
#include <exception>
#include <map>
#include <new>
#include <optional>
#include <string>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

using namespace getty::connect;
namespace asio = boost::asio;
using namespace std::chrono_literals;

namespace {

thread_local std::size_t failing_in = 0;  // 0: none fails
thread_local bool has_failed = false;

}  // namespace

void* operator new(std::size_t bytes) {
    if (failing_in > 0 && --failing_in == 0) {
        has_failed = true;
        throw std::bad_alloc();
    }
    if (void* p = std::malloc(bytes == 0 ? 1 : bytes)) return p;
    throw std::bad_alloc();
}
void* operator new[](std::size_t bytes) { return operator new(bytes); }
void operator delete(void* p) noexcept { std::free(p); }
void operator delete(void* p, std::size_t) noexcept { std::free(p); }
void operator delete[](void* p) noexcept { std::free(p); }
void operator delete[](void* p, std::size_t) noexcept { std::free(p); }

namespace {

enum ending : int {
    all_found = 0,    // the failure had no effect on any outcome
    told = 1,         // an error value or an exception told of it
    wrong_image = 2,  // stale or another's
    never_ended = 3,  // a call did not complete
    lost = 4,         // the batch ended without a word, and without all outcomes
    not_reached = 5,  // there were fewer allocations
    terminated = 77,  // std::terminate
};

const std::vector<std::string> wanted{"10000001", "10001001", "10002001", "10001001",
                                      "10003001", "10004001", "10005001", "10006001"};

struct progress {
    bool single_done = false;
    bool batch_done = false;
    bool told = false;
    bool wrong = false;
    std::size_t outcomes = 0;
};

void note(progress& p, const std::string& id, const result<image>& got) {
    if (!got) {
        p.told = true;
    } else if (got->image_id() != id) {
        p.wrong = true;
    }
}

asio::awaitable<void> take(outcome_stream& stream, progress& p) {
    for (;;) {
        const std::optional<outcome> one = co_await stream.next();
        if (!one) co_return;
        ++p.outcomes;
        if (!one->value) {
            p.told = true;
        } else if (one->value->image.image_id() != one->id || wanted.at(one->index) != one->id) {
            p.wrong = true;
        }
    }
}

/// Runs until both are done; an exception that leaves `run()` is a way to tell.
bool run(asio::io_context& context, progress& p) {
    const auto patience = std::chrono::steady_clock::now() + 5s;
    while (!(p.single_done && p.batch_done) && std::chrono::steady_clock::now() < patience) {
        try {
            context.restart();
            context.run_one_for(100ms);
        } catch (const std::bad_alloc&) {
            p.told = true;
        }
    }
    return p.single_done && p.batch_done;
}

ending live(const sandbox::server& server, std::size_t n) {
    client_options options;
    options.base_url(server.base_url()).ca_pem(server.ca_pem()).threading(threading::single_thread);
    options.credentials("sandbox-key", secret("sandbox-secret"));
    progress p;
    asio::io_context context;
    client c(context.get_executor(), std::move(options));
    outcome_stream stream = c.fetch(std::vector<std::string>(wanted), fetch_options().max_in_flight(3));
    failing_in = n;
    try {
        asio::co_spawn(context, c.get(wanted[0]),
                       [&p](const std::exception_ptr& thrown, const result<image>& r) {
                           p.single_done = true;
                           if (thrown) {
                               p.told = true;
                           } else {
                               note(p, wanted[0], r);
                           }
                       });
    } catch (const std::bad_alloc&) {
        p.single_done = p.told = true;
    }
    try {
        asio::co_spawn(context, take(stream, p), [&p](const std::exception_ptr& thrown) {
            p.batch_done = true;
            p.told = p.told || thrown;
        });
    } catch (const std::bad_alloc&) {
        p.batch_done = p.told = true;
    }
    const bool ended = run(context, p);
    failing_in = 0;
    if (p.wrong) return wrong_image;
    if (!ended) return never_ended;
    if (!has_failed) return not_reached;
    if (p.outcomes != wanted.size() && !p.told) return lost;
    // Whatever had happened, the client can be closed, and the context runs out of work.
    progress closing;
    closing.single_done = true;
    asio::co_spawn(context, c.close(), [&](const std::exception_ptr&) { closing.batch_done = true; });
    if (!run(context, closing)) return never_ended;
    return p.told ? told : all_found;
}

int outcome_of(const sandbox::server& server, std::size_t n) {
    const pid_t child = ::fork();
    if (child == 0) {
        const rlimit none{0, 0};
        ::setrlimit(RLIMIT_CORE, &none);
        std::set_terminate([] { ::_exit(terminated); });
        ::alarm(30);
        ::_exit(live(server, n));
    }
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
}

}  // namespace

TEST_CASE("S10: whichever allocation fails, nothing hangs and no image is another's") {
    const sandbox::background_server server;
    std::map<int, std::size_t> seen;
    std::string bad;
    std::size_t n = 1;
    for (;; ++n) {
        const int how = outcome_of(*server, n);
        if (how == not_reached) break;
        ++seen[how];
        if (how != all_found && how != told && how != terminated) {
            bad += std::to_string(n) + ":" + std::to_string(how) + " ";
        }
        REQUIRE(n < 20'000);
    }
    CHECK(bad == "");
    CHECK(n > 100);
    CHECK(seen[told] > 0);
    MESSAGE("of ", n - 1, " allocations, ", seen[told], " were told, ", seen[terminated],
            " ended the program, ", seen[all_found], " went unnoticed");
}

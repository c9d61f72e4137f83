// Many ids in one request, under every kind of trouble in turn: `groups_soak IDS`.
//
// Each round has one kind of trouble. Every id that exists must have its image, exactly once, whatever the
// service does to single answers; one of a thousand does not exist, and must be told as not found. The
// requests that this took are held against what splitting may take. Exits with 1 at the first violation.
#include <getty/connect.hpp>
#include <getty/connect/sandbox.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <vector>

using namespace getty::connect;
using namespace std::chrono_literals;
namespace asio = boost::asio;

namespace {

struct trouble {
    const char* name;
    std::vector<const char*> faults;
};

// What is at fault with an id is so the first time, or times, that it is asked for.
const trouble troubles[] = {
    {"none", {}},
    {"order", {"reorder:every=2", "chunked:every=3"}},
    {"omissions", {"omit:first=1,id=*5"}},
    {"strangers", {"stranger:every=5", "duplicate-image:every=7"}},
    {"broken bodies", {"half-malformed:first=2,id=*77"}},
    {"refusals", {"status-400:first=4,id=*33"}},
    {"too long", {"status-414:first=1,id=*44", "status-413:first=1,id=*88"}},
    {"statuses", {"status-503:every=7", "status-500:every=11", "status-502:every=13"}},
    {"connections",
     {"close:every=7", "reset:every=11,at=half", "length-long:every=13", "connection-close:every=5"}},
    {"tokens", {"token-expired:every=19"}},
    {"throttles", {"throttle:every=97", "over-qps:every=131"}},
    {"slow members", {"slow-start:every=7,wait=20ms", "drip:every=11,bytes=20000,wait=1ms"}},
};

[[noreturn]] void violated(const std::string& what) {
    std::fflush(stdout);
    std::fprintf(stderr, "VIOLATED: %s\n", what.c_str());
    std::_Exit(1);
}

constexpr std::size_t first_id = 100'000'001;

/// Which ids of a round have had their outcome.
class ledger {
public:
    ledger(std::size_t first, std::size_t count) : first_(first), seen_(count, false) {}

    std::optional<std::string> next() {
        if (pulled_ == seen_.size()) return std::nullopt;
        return std::to_string(first_ + pulled_++);
    }
    void take(const outcome& one) {
        const std::size_t number = std::stoul(one.id) - first_;
        if (number >= seen_.size()) violated("an outcome for an id that nobody asked for: " + one.id);
        if (seen_[number]) violated("a second outcome for " + one.id);
        seen_[number] = true;
        const bool exists = !one.id.ends_with("404");
        if (!one.value) {
            if (exists || one.value.error().value() != errc::not_found) {
                violated(one.id + ": " + one.value.error().describe());
            }
            return;
        }
        const image& found = one.value->image;
        const std::string place = "/" + one.id + ".jpg";
        const auto& sizes = found.v3()->display_sizes;
        const bool its_own = std::all_of(sizes.begin(), sizes.end(), [&](const display_size& s) {
            return s.uri && s.uri->find(place) != std::string_view::npos;
        });
        if (!exists || found.image_id() != one.id || sizes.empty() || !its_own) {
            violated("a wrong image for " + one.id);
        }
        if (one.value->raw.find("\"id\":\"" + one.id + "\"") == std::string::npos) {
            violated("the bytes of another image for " + one.id);
        }
    }
    void check() const {
        if (!std::all_of(seen_.begin(), seen_.end(), [](bool b) { return b; }))
            violated("an id without an outcome");
    }

private:
    std::size_t first_;
    std::size_t pulled_ = 0;
    std::vector<bool> seen_;
};

struct counting final : observer {
    void attempt_finished(const attempt_event& e) noexcept override {
        if (!e.why) ++ended;
    }
    std::atomic<std::size_t> ended{0};  // requests that were answered as wanted
};

asio::awaitable<void> take_all(outcome_stream stream, ledger& into) {
    while (std::optional<outcome> one = co_await stream.next()) into.take(*one);
}

void rethrow(std::exception_ptr e) {
    if (e) std::rethrow_exception(e);
}

asio::awaitable<void> close(client& c) { co_await c.close(); }

}  // namespace

int main(int count, char** words) {
    const std::size_t ids = count > 1 ? std::strtoul(words[1], nullptr, 10) : 0;
    if (ids < std::size(troubles)) {
        std::fprintf(stderr, "Usage: groups_soak IDS\n");
        return 2;
    }
    sandbox::background_server server;
    const auto watcher = std::make_shared<counting>();
    asio::io_context context(1);
    client c(context, client_options()
                          .dialect(dialect::v3)
                          .base_url(server->v3_base_url())
                          .ca_pem(server->ca_pem())
                          .credentials("sandbox-key", secret("sandbox-secret"))
                          .observer(watcher)
                          .max_attempts(8)
                          .backoff(1ms, 20ms)
                          .threading(threading::single_thread));
    const std::size_t each = ids / std::size(troubles);
    std::size_t first = first_id;
    for (const trouble& t : troubles) {
        server->clear_faults();
        for (const char* spec : t.faults) server->add_fault(spec);
        const client_stats before = c.stats();
        ledger round(first, each);
        outcome_stream stream =
            c.fetch([&round] { return round.next(); }, fetch_options().decode(decode::both).max_outage(60s));
        asio::co_spawn(context, take_all(std::move(stream), round), rethrow);
        context.restart();
        // The client's connections keep it running: it goes on until the batch has its end.
        while (c.stats().lookups_started - before.lookups_started < each ||
               c.stats().lookups_succeeded + c.stats().lookups_failed - before.lookups_succeeded -
                       before.lookups_failed <
                   each) {
            context.run_one();
        }
        context.poll();
        round.check();
        const client_stats now = c.stats();
        const std::size_t groups = (each + 99) / 100;
        const std::size_t requests = now.requests - before.requests;
        const std::size_t split = now.groups_split - before.groups_split;
        const std::size_t again = now.ids_asked_again - before.ids_asked_again;
        // A part that fails makes two of itself. What was tried again is the answers' affair, not the
        // splitting's.
        const std::size_t ended = watcher->ended.exchange(0);
        if (ended > groups + 2 * split + again) {
            violated(std::string(t.name) + ": " + std::to_string(ended) +
                     " requests were answered as wanted");
        }
        const auto faults = server->snapshot().faults;
        if (!t.faults.empty() && faults.empty()) violated(std::string(t.name) + ": no fault happened");
        std::printf(
            "%-14s %zu ids, %zu groups, %zu requests, %zu taken apart, %zu asked again, %zu strangers\n",
            t.name, each, groups, requests, split, again, now.strangers - before.strangers);
        std::fflush(stdout);
        first += each;
    }
    asio::co_spawn(context, close(c), rethrow);
    context.restart();
    context.run();
    const client_stats end = c.stats();
    if (end.connections_leased + end.connections_idle + end.waiters != 0)
        violated("a closed client has connections");
    if (end.connections_opened != end.connections_closed)
        violated("a connection was opened and never closed");
    std::printf("%zu ids, each with its own; %llu requests\n", each * std::size(troubles),
                static_cast<unsigned long long>(end.requests));
    return 0;
}

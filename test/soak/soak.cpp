// Load for as long as one likes, with every fault in turn: `soak SECONDS [SECONDS-PER-ROUND
// [TROUBLE]]`, TROUBLE being the name of the only one to have.
//
// Each round has one kind of trouble, for one client or for two shards on two threads. Every answer is held
// against the catalogue, every id must have its image, exactly once, and after each round, with the client
// closed, the process must be as it was before: descriptors, threads, memory. Exits with 1 at the first
// violation.
#include "support/gate/fault_gate.hpp"
#include "support/known_images.hpp"

#include <getty/connect.hpp>
#include <getty/connect/sandbox.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>
#include <utility>
#include <vector>

using namespace getty::connect;
using namespace getty::connect::test;
using namespace std::chrono_literals;
namespace asio = boost::asio;
using steady = std::chrono::steady_clock;

namespace {

// --- What may happen in a round ---

struct trouble {
    const char* name;
    fault (*at_gate)(std::size_t connection);
    std::vector<const char*> at_service;
    /// Befalls everybody from a quarter of the round to a half of it.
    std::vector<const char*> outage;
    bool nobody_there = false;  // likewise: no connection is taken
    trouble(const char* n, fault (*g)(std::size_t), std::vector<const char*> s,
            std::vector<const char*> o = {}, bool nobody = false)
        : name(n), at_gate(g), at_service(std::move(s)), outage(std::move(o)), nobody_there(nobody) {}
};

fault none(std::size_t) { return {}; }

/// Every n-th connection meets `harm`; all end some time, so that there are new ones throughout the round.
template <class Harm>
fault every(std::size_t n, std::size_t connection, Harm harm) {
    fault f;
    f.to_client.cut_at = 100'000 + connection % 7 * 20'000;
    if (connection % n == n - 1) harm(f.to_client);
    return f;
}

fault delayed(std::size_t n) {
    return every(3, n, [](flow& f) { f.delay = 100ms; });
}
fault reset(std::size_t n) {
    return every(1, n, [](flow& f) { f.how = flow::ending::reset; });
}
fault sliced(std::size_t n) {
    return every(2, n, [](flow& f) { f.slice_bytes = 7; });
}
fault stalled(std::size_t n) {
    return every(4, n, [](flow& f) { f.stall_at = 30'000; });
}
fault cut(std::size_t n) {
    return every(2, n, [](flow& f) { f.cut_at = 25'000; });
}
fault throttled(std::size_t n) {
    return every(3, n, [](flow& f) { f.bytes_per_second = 200'000; });
}
fault garbage(std::size_t n) {
    return every(2, n, [](flow& f) { f.corrupt_at = 20'000; });
}
fault surplus(std::size_t n) {
    return every(2, n, [](flow& f) {
        f.surplus_at = 20'000;
        f.surplus = "HTTP/1.1 200 OK\r\n\r\n";
    });
}
fault refused(std::size_t n) {
    fault f = every(2, n, [](flow&) {});
    if (n % 6 == 5) f.on_arrival = fault::arrival::refuse;
    return f;
}
fault unreachable(std::size_t) {
    fault f;
    f.on_arrival = fault::arrival::refuse;
    f.to_client.cut_at = 1;
    return f;
}
fault ignored(std::size_t n) {
    fault f = every(2, n, [](flow&) {});
    if (n % 6 == 5) f.on_arrival = fault::arrival::ignore;
    return f;
}
fault mixed(std::size_t n) {
    return every(4, n, [](flow& f) { f.slice_bytes = 100; });
}

std::vector<trouble> all_troubles() {
    return {
        {"none", none, {}},
        {"delay", delayed, {}},
        {"reset", reset, {}},
        {"slice", sliced, {}},
        {"stall", stalled, {}},
        {"cut", cut, {}},
        {"throttle", throttled, {}},
        {"garbage", garbage, {}},
        {"surplus", surplus, {}},
        {"refuse", refused, {}},
        {"silence", ignored, {}},
        {"service: statuses",
         none,
         {"status-503:rate=0.02,body=html", "status-502:rate=0.01", "status-504:rate=0.01",
          "redirect:rate=0.02", "status-429:every=5000,retry-after=0", "over-qps:every=7000"}},
        {"service: bodies",
         none,
         {"json-duplicate:rate=0.05", "chunked:rate=0.1", "drip:rate=0.01,bytes=200,wait=1ms",
          "slow-start:rate=0.01,wait=20ms", "length-long:rate=0.02", "chunk-unfinished:rate=0.02",
          "surplus:rate=0.05", "close:rate=0.02,at=half", "reset:rate=0.02,at=half",
          "connection-close:rate=0.05"}},
        {"service: tokens",
         none,
         {"nonce-stale:rate=0.01", "token-expired:every=2000", "token-rotated:every=3000",
          "status-503:on=token,every=2"}},
        {"everything",
         mixed,
         {"status-503:rate=0.01", "reset:rate=0.01", "chunked:rate=0.05", "nonce-stale:rate=0.005"}},
        {"pauses", none, {"status-429:rate=0.001,retry-after=1", "status-503:rate=0.001,retry-after=1"}},
        {"burst: 429", none, {"over-qps:rate=0.001"}, {"status-429:rate=0.5"}},
        {"burst: 503", none, {}, {"status-503:rate=0.5"}},
        {"outage: 503", none, {"status-502:rate=0.01"}, {"status-503"}},
        {"outage: 500", none, {}, {"status-500"}},
        {"outage: closes", none, {"chunked:rate=0.05"}, {"close"}},
        {"outage: tokens", none, {"token-rotated:every=500"}, {"status-503:on=token", "token-expired"}},
        {"outage: network", none, {"reset:rate=0.01"}, {}, true},
    };
}

// --- The process itself ---

struct footprint {
    std::size_t descriptors = 0;
    std::size_t threads = 0;
    std::size_t resident_kib = 0;
};

std::size_t entries(const char* folder) {
    const std::filesystem::directory_iterator all(folder);
    return static_cast<std::size_t>(std::distance(begin(all), end(all)));
}

footprint look() {
    footprint f;
    f.descriptors = entries("/proc/self/fd");
    f.threads = entries("/proc/self/task");
    std::ifstream status("/proc/self/status");
    for (std::string line; std::getline(status, line);) {
        if (line.starts_with("VmRSS:")) f.resident_kib = std::strtoul(line.c_str() + 6, nullptr, 10);
    }
    return f;
}

[[noreturn]] void violated(const std::string& what) {
    std::fflush(stdout);
    std::fprintf(stderr, "VIOLATED: %s\n", what.c_str());
    std::_Exit(1);
}

// --- One round ---

/// Hands out ids until the round is over, and marks each when its outcome comes. Used by several threads.
class ledger {
public:
    explicit ledger(steady::time_point end) : end_(end) {}

    std::optional<std::string> next() {
        if (steady::now() >= end_) return std::nullopt;
        const std::lock_guard hold(lock_);
        seen_.push_back(false);
        return known_id(seen_.size() - 1);
    }

    void take(const outcome& one) {
        const std::size_t number = (std::stoul(one.id) - 10'000'001) / 1'000;
        const std::lock_guard hold(lock_);
        if (number >= seen_.size()) violated("an outcome for an id that nobody asked for: " + one.id);
        if (seen_[number]) violated("a second outcome for " + one.id);
        seen_[number] = true;
        if (!one.value) {
            // Whatever happens to single requests or to all, the image exists.
            violated(one.id + ": " + one.value.error().describe());
        }
        if (one.value->image.image_id() != one.id || !is_image(one.value->raw, one.id))
            violated("a wrong image for " + one.id);
        ++good_;
    }

    void check() const {
        if (!std::all_of(seen_.begin(), seen_.end(), [](bool b) { return b; }))
            violated("an id without an outcome");
    }
    [[nodiscard]] std::size_t asked() const noexcept { return seen_.size(); }
    [[nodiscard]] std::size_t good() const noexcept { return good_; }

private:
    steady::time_point end_;
    std::mutex lock_;
    std::vector<bool> seen_;
    std::size_t good_ = 0;
};

client_options options_for(const fault_gate& gate, const sandbox::server& server, std::size_t depth) {
    client_options options;
    options.base_url(gate.in_place_of(server.base_url())).ca_pem(server.ca_pem());
    options.credentials("sandbox-key", secret("sandbox-secret")).threading(threading::single_thread);
    return options.max_connections(16 / depth)
        .pipeline_depth(depth)
        .max_attempts(8)
        .backoff(1ms, 20ms)
        .attempt_timeout(1s)
        .connect_timeout(1s)
        .redirects(redirects::same_origin)
        .timeout(60s);
}

fetch_options batch() { return fetch_options().max_in_flight(32).decode(decode::both).max_outage(60s); }

void rethrow(std::exception_ptr e) {
    if (e) std::rethrow_exception(e);
}

asio::awaitable<void> take_all(outcome_stream stream, ledger& into) {
    while (std::optional<outcome> one = co_await stream.next()) into.take(*one);
}

void check_stats(const client_stats& s) {
    if (s.connections_leased + s.connections_idle + s.waiters != 0)
        violated("a closed client has connections");
    if (s.connections_opened != s.connections_closed) violated("a connection was opened and never closed");
}

asio::awaitable<void> run_and_close(client& c, outcome_stream stream, ledger& into) {
    co_await take_all(std::move(stream), into);
    co_await c.close();
}

client_stats run_single(const client_options& options, ledger& ids) {
    asio::io_context context(1);
    client c(context.get_executor(), options);
    outcome_stream stream = c.fetch([&ids] { return ids.next(); }, batch());
    asio::co_spawn(context, run_and_close(c, std::move(stream), ids), rethrow);
    context.run();
    return c.stats();
}

asio::awaitable<void> close(sharded_client& c) { co_await c.close(); }

client_stats run_sharded(const client_options& options, ledger& ids) {
    std::array<asio::io_context, 2> contexts{asio::io_context(1), asio::io_context(1)};
    sharded_client c({contexts[0].get_executor(), contexts[1].get_executor()}, options);
    std::vector<outcome_stream> streams = c.fetch([&ids] { return ids.next(); }, batch());
    std::atomic<int> busy = 2;
    for (std::size_t i = 0; i < contexts.size(); ++i) {
        auto done = [&c, &busy, &on = contexts[i]](std::exception_ptr e) {
            rethrow(std::move(e));
            if (--busy == 0) asio::co_spawn(on, close(c), rethrow);
        };
        asio::co_spawn(contexts[i], take_all(std::move(streams[i]), ids), std::move(done));
    }
    std::thread second([&contexts] { contexts[1].run(); });
    contexts[0].run();
    second.join();
    return c.stats();
}

std::string listed(const std::map<std::string, std::size_t>& counts) {
    std::string text;
    for (const auto& [name, count] : counts)
        text += (text.empty() ? "" : ", ") + std::to_string(count) + " " + name;
    return text.empty() ? "none" : text;
}

/// The gate and the sandbox learn of the last connections' end a moment after the client.
void wait_for_quiet(const fault_gate& gate, const sandbox::server& server) {
    const auto end = steady::now() + 30s;
    while ((gate.snapshot().open > 0 || server.snapshot().open_connections > 0) && steady::now() < end)
        std::this_thread::yield();
    if (gate.snapshot().open > 0) violated("a connection outlived its client");
}

struct totals {
    std::size_t lookups = 0;
    std::size_t good = 0;
    std::size_t max_resident_kib = 0;
};

void run_round(const std::vector<trouble>& troubles, std::size_t number, std::chrono::seconds length,
               fault_gate& gate, sandbox::server& server, totals& all) {
    const trouble& t = troubles[number % troubles.size()];
    const bool sharded = number / troubles.size() % 2 == 1;
    server.clear_faults();
    for (const char* spec : t.at_service) server.add_fault(spec);
    gate.choose(t.at_gate);
    ledger ids(steady::now() + length);
    std::jthread befalls_all([&](const std::stop_token& over) {
        if (t.outage.empty() && !t.nobody_there) return;
        const auto until = [&, began = steady::now()](std::chrono::milliseconds when) {
            std::mutex m;
            std::unique_lock hold(m);
            std::condition_variable_any().wait_until(hold, over, began + when, [] { return false; });
        };
        const std::chrono::milliseconds whole = length;
        until(whole / 4);
        for (const char* spec : t.outage) server.add_fault(spec);
        if (t.nobody_there) gate.choose(unreachable);
        until(whole / 2);
        server.clear_faults();
        for (const char* spec : t.at_service) server.add_fault(spec);
        gate.choose(t.at_gate);
    });
    // Every other one, and another one in later passes.
    const bool pipelined = (number + number / (2 * troubles.size())) % 2 == 1;
    const client_options options = options_for(gate, server, pipelined ? 4 : 1);
    const client_stats stats = sharded ? run_sharded(options, ids) : run_single(options, ids);
    befalls_all.request_stop();
    befalls_all.join();
    ids.check();
    check_stats(stats);
    wait_for_quiet(gate, server);
    const footprint now = look();
    all.lookups += ids.asked();
    all.good += ids.good();
    all.max_resident_kib = std::max(all.max_resident_kib, now.resident_kib);
    std::printf(
        "%-18s %-8s %-9s %8zu lookups, %7llu connections, %6llu retries, %2llu pauses, %llu outages, %3zu "
        "fds, "
        "%zu threads, %6zu KiB\n",
        t.name, sharded ? "2 shards" : "1 client", pipelined ? "pipelined" : "", ids.asked(),
        static_cast<unsigned long long>(stats.connections_opened),
        static_cast<unsigned long long>(stats.retries), static_cast<unsigned long long>(stats.pauses),
        static_cast<unsigned long long>(stats.outages), now.descriptors, now.threads, now.resident_kib);
    std::fflush(stdout);
    constexpr std::size_t few = 20;
    if (ids.good() < few) violated("hardly a lookup succeeded");
}

}  // namespace

int main(int count, char** words) {
    const auto seconds = std::chrono::seconds(count > 1 ? std::strtol(words[1], nullptr, 10) : 0);
    const auto round = std::chrono::seconds(count > 2 ? std::strtol(words[2], nullptr, 10) : 10);
    std::vector<trouble> troubles = all_troubles();
    if (count > 3) std::erase_if(troubles, [&](const trouble& t) { return t.name != std::string(words[3]); });
    if (seconds < 1s || round < 1s || troubles.empty()) {
        std::fprintf(stderr, "usage: soak SECONDS [SECONDS-PER-ROUND [TROUBLE]], both at least 1\n");
        return 2;
    }
    sandbox::background_server server(sandbox::options().max_counted_ids(1'000));
    fault_gate gate(server->port());
    const auto end = steady::now() + seconds;
    totals all;
    std::optional<footprint> first;
    std::size_t number = 0;
    for (; steady::now() < end || number < troubles.size(); ++number) {
        run_round(troubles, number, round, gate, *server, all);
        const footprint now = look();
        // One rotation of all for each kind of client makes the caches of allocator and OpenSSL as large as
        // they get.
        if (number == 2 * all_troubles().size() - 1) first = now;
        if (!first) continue;
        if (now.descriptors != first->descriptors) violated("descriptors leak");
        if (now.threads != first->threads) violated("threads leak");
        constexpr std::size_t slack_kib = 64 * 1024;
        if (now.resident_kib > first->resident_kib + slack_kib) violated("memory grows");
    }
    std::printf("%zu rounds, %zu lookups, %zu images; at most %zu KiB resident\n", number, all.lookups,
                all.good, all.max_resident_kib);
    std::map<std::string, std::size_t> faults;
    for (const auto& [name, times] : server->snapshot().faults) faults[name] = times;
    std::printf("faults of the service: %s; connections through the gate: %llu\n", listed(faults).c_str(),
                static_cast<unsigned long long>(gate.snapshot().accepted));
    return 0;
}

#include "bench/library_client.hpp"
#include "bench/probes.hpp"
#include "bench/report.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <utility>

namespace bench {
namespace {

namespace asio = boost::asio;
namespace gc = getty::connect;

/// Runs `Measure` over a client of its own.
template <asio::awaitable<void> (*Measure)(gc::client&, const job&, figures&)>
figures run_with_client(const job& of, gc::client_options options) {
    figures found;
    asio::io_context context(1);
    const auto began = steady::now();
    gc::client client(context.get_executor(), std::move(options));
    found["made"] = microseconds_since(began);
    asio::co_spawn(context, Measure(client, of, found), rethrow);
    context.run();
    return found;
}

void require_idle(const gc::client& client, std::size_t connections) {
    const gc::client_stats now = client.stats();
    if (now.connections_idle != connections || now.connections_opened != connections) {
        throw std::runtime_error(std::to_string(now.connections_opened) + " connections were opened and " +
                                 std::to_string(now.connections_idle) + " are idle instead of " +
                                 std::to_string(connections));
    }
}

asio::awaitable<void> measure_idle(gc::client& client, const job& of, figures& found) {
    co_await fetch_some(client, few_connections, few_connections);
    require_idle(client, few_connections);
    note_memory(found, "few");
    co_await fetch_some(client, of.in_flight, of.in_flight);
    require_idle(client, of.in_flight);
    note_memory(found, "all");
    found["connections"] = static_cast<double>(of.in_flight - few_connections);
    co_await client.close();
}

asio::awaitable<void> measure_first(gc::client& client, const job& of, figures& found) {
    job cold = of;
    cold.warm_up = 1;
    cold.requests = of.in_flight - 1;
    meter counting(cold);
    const auto began = steady::now();
    gc::outcome_stream stream = client.fetch(meter_ids(counting), batch_for(of.in_flight, gc::decode::typed));
    const std::optional<gc::outcome> first = co_await stream.next();
    found["cold"] = microseconds_since(began);
    if (!first || !first->value) bad_answer("getty-connect");
    co_await take_all(std::move(stream), counting);

    sample warm;
    for (std::uint64_t i = 0; i < of.requests; ++i) {
        const auto asked = steady::now();
        gc::outcome_stream one = client.fetch(std::vector<std::string>{std::string(id_text(i).view())},
                                              batch_for(1, gc::decode::typed));
        const std::optional<gc::outcome> answer = co_await one.next();
        warm.add(microseconds_since(asked));
        if (!answer || !answer->value) bad_answer("getty-connect");
    }
    found["warm"] = warm.median();
    co_await client.close();
}

asio::awaitable<void> measure_reconnect(gc::client& client, const job& of, figures& found) {
    co_await fetch_some(client, of.in_flight, of.in_flight);
    const gc::client_stats before = client.stats();
    const std::chrono::microseconds cpu_before = cpu_time();
    co_await fetch_some(client, of.in_flight, of.requests);
    const auto cpu = static_cast<double>((cpu_time() - cpu_before).count());
    const gc::client_stats after = client.stats();
    const auto opened = static_cast<double>(after.connections_opened - before.connections_opened);
    found["cpu_us"] = cpu / opened;
    found["resumed"] = static_cast<double>(after.connections_resumed - before.connections_resumed) / opened;
    found["opened"] = opened;
    co_await client.close();
}

/// Handshakes of a thousand connections at a time take longer than is usual.
gc::client_options patient(gc::client_options options) {
    constexpr std::chrono::seconds long_enough(100);
    return options.timeout(long_enough)
        .attempt_timeout(long_enough)
        .connect_timeout(long_enough)
        .acquire_timeout(long_enough)
        .idle_ttl(long_enough);
}

}  // namespace

figures measure_idle_library(const job& of) {
    // At most so many dials at a time as by default: what a thousand handshakes at once leave in the heap is
    // malloc's.
    return run_with_client<measure_idle>(of, patient(options_for(of)).max_dials(16));
}

figures measure_first_library(const job& of) { return run_with_client<measure_first>(of, options_for(of)); }

figures measure_reconnects(const job& of) {
    return run_with_client<measure_reconnect>(of, patient(options_for(of)));
}

}  // namespace bench

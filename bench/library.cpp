#include "bench/contestants.hpp"

#include <getty/connect.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <exception>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

namespace bench {
namespace {

namespace asio = boost::asio;
namespace gc = getty::connect;

void rethrow(std::exception_ptr failed) {
    if (failed) std::rethrow_exception(failed);
}

enum class scheme { bearer, digest };

gc::client_options options_for(const job& of, scheme with) {
    const bool digest = with == scheme::digest;
    return gc::client_options()
        .base_url("https://127.0.0.1:" + std::to_string(of.port) + (digest ? "/digest" : "/api"))
        .ca_pem(of.ca_pem)
        .auth(digest ? gc::auth_scheme::digest : gc::auth_scheme::bearer)
        .credentials("bench-key", gc::secret("bench-secret"))
        .token(gc::secret("bench-token"))
        .max_connections(of.in_flight)
        .max_dials(of.in_flight)
        .threading(gc::threading::single_thread);
}

gc::fetch_options batch_for(std::size_t in_flight, gc::decode form) {
    return gc::fetch_options().max_in_flight(in_flight).decode(form);
}

auto ids_of(meter& counting) {
    return [&counting]() -> std::optional<std::string> {
        std::uint64_t number = 0;
        if (!counting.next(number)) return std::nullopt;
        return std::string(id_text(number).view());
    };
}

asio::awaitable<void> take_all(gc::outcome_stream stream, meter& counting) {
    while (std::optional<gc::outcome> one = co_await stream.next()) {
        if (!one->value) throw gc::failure(one->value.error());
        if (one->value->raw.empty() && !one->value->image.image_id) bad_answer("getty-connect");
        counting.answered();
    }
}

asio::awaitable<void> take_all_and_close(gc::client& client, gc::outcome_stream stream, meter& counting) {
    co_await take_all(std::move(stream), counting);
    co_await client.close();
}

cost run_one(const job& of, scheme with, gc::decode form) {
    meter counting(of);
    asio::io_context context(1);
    gc::client client(context.get_executor(), options_for(of, with));
    gc::outcome_stream stream = client.fetch(ids_of(counting), batch_for(of.in_flight, form));
    asio::co_spawn(context, take_all_and_close(client, std::move(stream), counting), rethrow);
    context.run();
    return counting.result();
}

asio::awaitable<void> close(gc::sharded_client& client) { co_await client.close(); }

}  // namespace

cost run_library_raw(const job& of) { return run_one(of, scheme::bearer, gc::decode::raw); }
cost run_library_typed(const job& of) { return run_one(of, scheme::bearer, gc::decode::typed); }
cost run_library_digest_raw(const job& of) { return run_one(of, scheme::digest, gc::decode::raw); }
cost run_library_digest_typed(const job& of) { return run_one(of, scheme::digest, gc::decode::typed); }

cost run_library_2_shards(const job& of) {
    meter counting(of);
    std::array<asio::io_context, 2> contexts{asio::io_context(1), asio::io_context(1)};
    gc::sharded_client client({contexts[0].get_executor(), contexts[1].get_executor()},
                              options_for(of, scheme::bearer));
    std::vector<gc::outcome_stream> streams =
        client.fetch(ids_of(counting), batch_for(of.in_flight / contexts.size(), gc::decode::typed));
    std::atomic<int> busy = 2;
    for (std::size_t i = 0; i < contexts.size(); ++i) {
        auto done = [&client, &busy, &on = contexts[i]](std::exception_ptr failed) {
            rethrow(std::move(failed));
            if (--busy == 0) asio::co_spawn(on, close(client), rethrow);
        };
        asio::co_spawn(contexts[i], take_all(std::move(streams[i]), counting), std::move(done));
    }
    std::thread second([&contexts] { contexts[1].run(); });
    contexts[0].run();
    second.join();
    return counting.result();
}

}  // namespace bench

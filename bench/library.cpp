#include "bench/contestants.hpp"
#include "bench/library_client.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <thread>
#include <utility>
#include <vector>

namespace bench {
namespace {

namespace asio = boost::asio;
namespace gc = getty::connect;

asio::awaitable<void> take_all_and_close(gc::client& client, gc::outcome_stream stream, meter& counting) {
    co_await take_all(std::move(stream), counting);
    co_await client.close();
}

cost run_one(const job& of, scheme with, gc::decode form) {
    meter counting(of);
    asio::io_context context(1);
    gc::client client(context.get_executor(), options_for(of, with));
    gc::fetch_options batch = batch_for(of.in_flight, form).ids_per_request(of.ids_per_request);
    gc::outcome_stream stream = client.fetch(meter_ids(counting), std::move(batch));
    asio::co_spawn(context, take_all_and_close(client, std::move(stream), counting), rethrow);
    context.run();
    return counting.result();
}

asio::awaitable<void> close(gc::sharded_client& client) { co_await client.close(); }

cost run_2_shards(const job& of, gc::decode form) {
    meter counting(of);
    std::array<asio::io_context, 2> contexts{asio::io_context(1), asio::io_context(1)};
    gc::sharded_client client({contexts[0].get_executor(), contexts[1].get_executor()}, options_for(of));
    std::vector<gc::outcome_stream> streams =
        client.fetch(meter_ids(counting), batch_for(of.in_flight / contexts.size(), form));
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

}  // namespace

cost run_library_raw(const job& of) { return run_one(of, scheme::bearer, gc::decode::raw); }
cost run_library_typed(const job& of) { return run_one(of, scheme::bearer, gc::decode::typed); }
cost run_library_v3_raw(const job& of) { return run_one(of, scheme::bearer_v3, gc::decode::raw); }
cost run_library_v3_typed(const job& of) { return run_one(of, scheme::bearer_v3, gc::decode::typed); }
cost run_library_digest_raw(const job& of) { return run_one(of, scheme::digest, gc::decode::raw); }
cost run_library_digest_typed(const job& of) { return run_one(of, scheme::digest, gc::decode::typed); }
cost run_library_2_shards_raw(const job& of) { return run_2_shards(of, gc::decode::raw); }
cost run_library_2_shards(const job& of) { return run_2_shards(of, gc::decode::typed); }

}  // namespace bench

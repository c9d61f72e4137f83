#include "bench/library_client.hpp"

#include <utility>

namespace bench {

namespace gc = getty::connect;

gc::client_options options_for(const job& of, scheme with) {
    const bool digest = with == scheme::digest;
    const bool v3 = with == scheme::bearer_v3;
    return gc::client_options()
        .dialect(v3 ? gc::dialect::v3 : gc::dialect::connect)
        .base_url("https://127.0.0.1:" + std::to_string(of.port) +
                  (v3       ? "/v3"
                   : digest ? "/digest"
                            : "/api"))
        .ca_pem(of.ca_pem)
        .auth(digest ? gc::auth_scheme::digest : gc::auth_scheme::bearer)
        .credentials("bench-key", gc::secret("bench-secret"))
        .token(gc::secret("bench-token"))
        .max_connections((of.in_flight + of.depth - 1) / of.depth)
        .pipeline_depth(of.depth)
        .max_dials(of.in_flight)
        .threading(gc::threading::single_thread);
}

gc::fetch_options batch_for(std::size_t in_flight, gc::decode form) {
    return gc::fetch_options().max_in_flight(in_flight).decode(form);
}

boost::asio::awaitable<void> take_all(gc::outcome_stream stream, meter& counting) {
    for (;;) {
        std::optional<gc::outcome> one = stream.try_next();
        if (!one) one = co_await stream.next();
        if (!one) break;
        if (!one->value) throw gc::failure(one->value.error());
        if (one->value->raw.empty() && !one->value->image.image_id()) bad_answer("getty-connect");
        counting.answered();
    }
}

boost::asio::awaitable<void> fetch_some(gc::client& client, std::size_t in_flight, std::uint64_t count) {
    job some;
    some.warm_up = 1;
    some.requests = count - 1;
    meter counting(some);
    gc::outcome_stream stream = client.fetch(meter_ids(counting), batch_for(in_flight, gc::decode::raw));
    co_await take_all(std::move(stream), counting);
}

}  // namespace bench

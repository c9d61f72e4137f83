// This library as the benchmarks use it.
#pragma once

#include "bench/contestant.hpp"

#include <getty/connect.hpp>

#include <boost/asio/awaitable.hpp>

#include <cstdint>
#include <optional>
#include <string>

namespace bench {

enum class scheme { bearer, digest, bearer_v3 };

/// A client of one thread that may have `job::in_flight` connections and open them all at a time.
[[nodiscard]] getty::connect::client_options options_for(const job& of, scheme with = scheme::bearer);

[[nodiscard]] getty::connect::fetch_options batch_for(std::size_t in_flight, getty::connect::decode form);

/// The ids of a meter's requests, as a source for a batch.
class meter_ids {
public:
    explicit meter_ids(meter& counting) : meter_(&counting) {}
    std::optional<std::string> operator()() const {
        std::uint64_t number = 0;
        if (!meter_->next(number)) return std::nullopt;
        return std::string(id_text(number).view());
    }

private:
    meter* meter_;
};

/// Takes every outcome. Throws for one that is no image.
boost::asio::awaitable<void> take_all(getty::connect::outcome_stream stream, meter& counting);

/// Looks up so many images, so many at a time, as bytes.
boost::asio::awaitable<void> fetch_some(getty::connect::client& client, std::size_t in_flight,
                                        std::uint64_t count);

}  // namespace bench

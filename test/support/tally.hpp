// What came out of a stream, counted.
#pragma once

#include "support/known_images.hpp"

#include <getty/connect/client.hpp>

#include <boost/asio/awaitable.hpp>

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>

namespace getty::connect::test {

struct tally {
    std::size_t good = 0;
    std::size_t wrong = 0;  ///< another id's image, or not the bytes of it
    std::size_t failed = 0;
    std::map<std::string, std::size_t> failures;  ///< by code
    std::string first_error;
    std::multiset<std::string> ids;
    std::set<std::uint64_t> indexes;

    void add(const outcome& one) {
        ids.insert(one.id);
        indexes.insert(one.index);
        if (!one.value) {
            if (failed++ == 0) first_error = one.value.error().describe();
            ++failures[std::string(to_string(one.value.error().value()))];
            return;
        }
        const document& found = *one.value;
        const bool right =
            found.image.image_id() == one.id && (found.raw.empty() || is_image(found.raw, one.id));
        ++(right ? good : wrong);
    }
};

/// All outcomes of a batch, to its end.
inline boost::asio::awaitable<tally> collect(client& c, id_source ids, fetch_options options) {
    tally t;
    auto stream = c.fetch(std::move(ids), std::move(options));
    for (;;) {
        std::optional<outcome> one = stream.try_next();
        if (!one) one = co_await stream.next();
        if (!one) break;
        t.add(*one);
    }
    co_return t;
}

}  // namespace getty::connect::test

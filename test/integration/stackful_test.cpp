// The calls of a client in stackful coroutines, which need Boost.Context.
#include "support/client_and_service.hpp"

#include <getty/connect.hpp>

#include <boost/asio/detached.hpp>
#include <boost/asio/spawn.hpp>
#include <doctest/doctest.h>

#include <optional>

using namespace getty::connect;
using namespace getty::connect::test;
using boost::system::error_code;

TEST_CASE("E1: a stackful coroutine waits for images and takes from a stream") {
    for (const auto how : {threading::single_thread, threading::strand}) {
        client_and_service s(how);
        std::size_t outcomes = 0;
        bool ended = false;
        const auto body = [&](asio::yield_context yield) {
            const result<image> one = s.c.async_get(known, yield);
            CHECK(one->image_id() == known);
            error_code failed;
            const image none = s.c.async_get(absent, as_error_code(yield[failed]));
            CHECK(failed == errc::not_found);
            outcome_stream stream = s.c.fetch(ids(50));
            for (;;) {
                const result<std::optional<outcome>> next = stream.async_next(yield);
                if (!next.value()) break;
                ++outcomes;
            }
            ended = true;
        };
        asio::spawn(s.callers, body, asio::detached);
        s.run_until([&] { return ended; });
        CHECK(outcomes == 50);
    }
}

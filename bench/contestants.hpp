// The clients that run inside this program.
#pragma once

#include "bench/contestant.hpp"

namespace bench {

/// The least that a client can do: prebuilt bytes, one read for each response, nothing parsed.
cost run_floor(const job& of);
/// The same with `job::ids_per_request` images of v3 in each response, into a buffer of each connection's
/// own.
cost run_floor_v3(const job& of);

/// This library with a fixed token, on one thread.
cost run_library_raw(const job& of);
cost run_library_typed(const job& of);
/// In its v3 dialect, `job::ids_per_request` images in each request.
cost run_library_v3_raw(const job& of);
cost run_library_v3_typed(const job& of);
cost run_library_digest_raw(const job& of);
cost run_library_digest_typed(const job& of);
/// Two threads, each with a half of the requests in flight.
cost run_library_2_shards_raw(const job& of);
cost run_library_2_shards(const job& of);

/// Coroutines on `http::async_write` and `http::async_read` as the documentation has them, without deadlines.
cost run_beast_raw(const job& of);
cost run_beast_dom(const job& of);

cost run_curl_raw(const job& of);
cost run_curl_dom(const job& of);
cost run_curl_v3_dom(const job& of);

/// cpp-httplib, where it is installed: a thread for each request at a time, as its calls block.
cost run_httplib_raw(const job& of);
cost run_httplib_dom(const job& of);

}  // namespace bench

// What the options of a client mean to the layers below.
#pragma once

#include "async/scheduler.hpp"
#include "calls/call_runner.hpp"
#include "calls/shared_limits.hpp"
#include "core/random.hpp"
#include "core/telemetry.hpp"
#include "credentials/shared_token.hpp"
#include "credentials/token_dialect.hpp"
#include "credentials/token_refresher.hpp"
#include "http/connection_pool.hpp"
#include "net/dialer.hpp"
#include "net/origin.hpp"
#include "proto/auth/digest_challenge.hpp"
#include "proto/http/request_writer.hpp"
#include "proto/http/url.hpp"

#include <getty/connect/options.hpp>
#include <getty/connect/result.hpp>

#include <memory>
#include <utility>

namespace getty::connect::detail {

template <class T>
T value_or_throw(result<T> r) {
    if (!r) throw failure(r.error());
    return std::move(*r);
}

[[nodiscard]] net::origin origin_of(const proto::https_url& url);
/// Throws `failure` (`errc::invalid_option`), as all that follow here. `s` is in full, here and below.
[[nodiscard]] std::shared_ptr<net::dialer> make_dialer(async::scheduler& on, const client_settings& s,
                                                       const proto::https_url& url);
/// Only images are large enough to be compressed, and only their requests may be pipelined.
[[nodiscard]] calls::call_settings image_settings_of(const client_settings& s, calls::call_settings call);
[[nodiscard]] proto::challenge_policy challenge_policy_of(const client_settings& s);
/// Token requests wait for nobody; v3 counts them against the rate.
[[nodiscard]] calls::admission_rule token_rule_of(const client_settings& s) noexcept;
[[nodiscard]] credentials::token_settings token_settings_of(const client_settings& s);
/// `s` must outlive it.
[[nodiscard]] std::unique_ptr<credentials::token_dialect> make_token_dialect(const client_settings& s,
                                                                             const proto::https_url& url);

/// One origin with its pool and how it is called.
struct endpoint_access {
    endpoint_access(async::scheduler& on, const client_settings& settings, const proto::https_url& url,
                    core::random_source& random, core::telemetry& watch, std::shared_ptr<net::dialer> dialer);

    proto::request_writer writer;
    http::connection_pool pool;
    calls::call_settings call_settings;
};

/// What the shards of one client have in common.
struct shared_parts {
    shared_parts(const client_settings& settings, calls::shared_limits::used_by users);
    calls::shared_limits limits;
    std::shared_ptr<credentials::shared_token> token;
};

}  // namespace getty::connect::detail

// Names to addresses.
#pragma once

#include "io/loop.hpp"
#include "io/operation.hpp"

#include <getty/connect/result.hpp>

#include <boost/asio/ip/tcp.hpp>

#include <memory>
#include <string>
#include <vector>

namespace getty::connect::io {

using endpoints = std::vector<asio::ip::tcp::endpoint>;

class resolver {
public:
    virtual ~resolver() = default;
    /// At least one endpoint, or `resolve_failed`, `connect_timeout` or `canceled`.
    virtual task<result<endpoints>> resolve(const std::string& host, std::uint16_t port, operation& op) = 0;
};

/// The system's resolver. getaddrinfo cannot be interrupted: when `op` stops, the call is left alone and its
/// answer is dropped.
[[nodiscard]] std::shared_ptr<resolver> system_resolver(loop& on);

/// Families take turns, beginning with that of the first endpoint; the order within each stays (RFC 8305 4).
[[nodiscard]] endpoints interleave(const endpoints& found);

/// What a stopped operation means while a connection is being opened.
[[nodiscard]] error dial_stopped(const operation& op, stage at);

}  // namespace getty::connect::io

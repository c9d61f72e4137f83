// Names to addresses.
#pragma once

#include "async/cancel_scope.hpp"
#include "async/condition_variable.hpp"
#include "async/scheduler.hpp"

#include <getty/connect/options.hpp>
#include <getty/connect/result.hpp>

#include <boost/asio/ip/tcp.hpp>

#include <memory>
#include <string>
#include <vector>

namespace getty::connect::net {

using endpoints = std::vector<asio::ip::tcp::endpoint>;

class resolver {
public:
    virtual ~resolver() = default;
    /// At least one endpoint, or `resolve_failed`, `connect_timeout` or `canceled`. Calls may overlap.
    virtual async::task<result<endpoints>> resolve(const std::string& host, std::uint16_t port,
                                                   async::cancel_scope& scope) = 0;
    /// Nobody answered at the endpoints that were given last.
    virtual void unreachable() noexcept {}
};

/// Runs `lookup` (null: the system's getaddrinfo, and `localhost` without it) on a thread of its own for each
/// call: it may block, nothing can interrupt it, and another origin's must not stand behind it. When `scope`
/// stops, the thread is left alone and its answer is dropped. At most four such threads at a time; one more
/// is `resolve_failed`.
[[nodiscard]] std::shared_ptr<resolver> thread_resolver(async::scheduler& on, address_lookup lookup);

/// Remembers the endpoints of one origin for `lifetime`, and lets whoever comes meanwhile wait for the one
/// call of `behind` that is under way. Failures are not remembered, endpoints where nobody answers are
/// forgotten.
///
/// Invariant: a call that is under way belongs to one waiter; when that one stops, another takes over.
class name_cache final : public resolver {
public:
    name_cache(async::scheduler& on, std::shared_ptr<resolver> behind, core::duration lifetime)
        : scheduler_(on), behind_(std::move(behind)), lifetime_(lifetime), landed_(on) {}

    async::task<result<endpoints>> resolve(const std::string& host, std::uint16_t port,
                                           async::cancel_scope& scope) override;
    void unreachable() noexcept override { found_.clear(); }

private:
    struct flight;

    async::scheduler& scheduler_;
    std::shared_ptr<resolver> behind_;
    core::duration lifetime_;
    endpoints found_;
    core::time_point fresh_until_{};
    bool flying_ = false;
    std::uint64_t landings_ = 0;
    result<endpoints> last_{endpoints()};  // what the last call that was not given up brought
    async::condition_variable landed_;
};

/// Families take turns, beginning with that of the first endpoint; the order within each stays (RFC 8305 4).
[[nodiscard]] endpoints interleave(const endpoints& found);

/// What a stopped scope means while a connection is being opened.
[[nodiscard]] error dial_stopped(const async::cancel_scope& scope, stage at);

}  // namespace getty::connect::net

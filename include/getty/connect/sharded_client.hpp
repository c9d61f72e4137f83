// One client on several threads, a shard on each.
#pragma once

#include <getty/connect/client.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <cstddef>
#include <memory>
#include <string_view>
#include <vector>

#pragma GCC visibility push(default)

namespace getty::connect::detail::inline GETTY_CONNECT_ABI {
/// Of all at once; completes with the last.
void begin_close(std::vector<core_ptr> shards, completion<boost::system::error_code>::owner then);
}  // namespace getty::connect::detail::inline GETTY_CONNECT_ABI

namespace getty::connect::inline GETTY_CONNECT_ABI {

/// N clients, the *shards*, each on an executor of its own, that share the token, the rate limit and the
/// retry budget: one token request for all, `rate` for all together. Connections, Digest nonces and TLS
/// sessions are each shard's own: with a token at hand no lookup waits for another shard's thread.
///
/// - Options: `max_connections` is divided among the shards and must be at least their number; all other
///   limits are each shard's own. An `observer` is called on all shards' threads at once.
/// - Concurrency: the members may be called on any thread. With `threading::single_thread` each executor must
///   be run by one thread; then use `shard(i)` on the i-th executor's thread alone.
/// - Lifetime: as for `client`, for every execution context; those that are still there must run until
///   `close()` has completed.
class sharded_client {
public:
    /// Throws `failure` (`errc::invalid_option`) when an option cannot work or `executors` is empty.
    sharded_client(std::vector<boost::asio::any_io_executor> executors, client_options options);
    sharded_client(sharded_client&&) noexcept;
    sharded_client& operator=(sharded_client&&) noexcept;
    ~sharded_client();

    [[nodiscard]] std::size_t size() const noexcept;
    /// The client on the i-th executor, for those who run there. Precondition: i < size().
    [[nodiscard]] client& shard(std::size_t i) noexcept;

    /// As `client::get`, on the shards in turn.
    boost::asio::awaitable<result<image>> get(std::string_view id, lookup_options options = lookup_options());
    /// As `client::lookup`, on the shards in turn.
    boost::asio::awaitable<result<document>> lookup(std::string_view id,
                                                    lookup_options options = lookup_options());

    /// A stream for each shard, fed from one source: every id that is pulled comes out of exactly one of
    /// them. Take from the i-th stream on the i-th shard's thread, from all of them at once; one that nobody
    /// takes from pulls no more than its bound of ids. `outcome::index` counts within a stream. `options` are
    /// those of each stream: order and merging are a stream's own.
    ///
    /// The source is called by one shard at a time: on any of their threads, or, one that is awaited, on the
    /// first shard's executor, whichever stream the id is for; it is destroyed on any of them. When a stream
    /// ends, its id goes to another. Throws `failure` (`errc::invalid_option`) when an option cannot work.
    [[nodiscard]] std::vector<outcome_stream> fetch(id_source ids, fetch_options options = fetch_options());

    /// As `client::authenticate`; the token is everybody's.
    boost::asio::awaitable<result<token_info>> authenticate();
    /// As `client::close`, for all shards at once.
    boost::asio::awaitable<void> close();
    ///@{

    /// As `client::async_get` and its kin, on the shards in turn.
    template <boost::asio::completion_token_for<void(result<image>)> Token = boost::asio::deferred_t>
    auto async_get(std::string_view id, lookup_options options, Token&& token = Token()) {
        return detail::async_get(turn(), id, std::move(options), std::forward<Token>(token));
    }
    template <boost::asio::completion_token_for<void(result<image>)> Token = boost::asio::deferred_t>
    auto async_get(std::string_view id, Token&& token = Token()) {
        return detail::async_get(turn(), id, lookup_options(), std::forward<Token>(token));
    }
    template <boost::asio::completion_token_for<void(result<document>)> Token = boost::asio::deferred_t>
    auto async_lookup(std::string_view id, lookup_options options, Token&& token = Token()) {
        return detail::async_lookup(turn(), id, std::move(options), std::forward<Token>(token));
    }
    template <boost::asio::completion_token_for<void(result<document>)> Token = boost::asio::deferred_t>
    auto async_lookup(std::string_view id, Token&& token = Token()) {
        return detail::async_lookup(turn(), id, lookup_options(), std::forward<Token>(token));
    }
    template <boost::asio::completion_token_for<void(result<token_info>)> Token = boost::asio::deferred_t>
    auto async_authenticate(Token&& token = Token()) {
        return detail::async_authenticate(turn(), std::forward<Token>(token));
    }
    ///@}
    /// As `client::async_close`; without an executor of its own the handler is called on the first shard's.
    template <
        boost::asio::completion_token_for<void(boost::system::error_code)> Token = boost::asio::deferred_t>
    auto async_close(Token&& token = Token()) {
        std::vector<detail::core_ptr> shards = all();
        detail::core_ptr first = shards.front();
        detail::expect_client(first);
        auto begin = [s = std::move(shards)](
                         const detail::core_ptr&,
                         detail::completion<boost::system::error_code>::owner then) mutable {
            detail::begin_close(std::move(s), std::move(then));
        };
        return detail::initiate<boost::system::error_code>(std::move(first), std::move(begin),
                                                           std::forward<Token>(token));
    }
    /// The sums over all shards.
    [[nodiscard]] client_stats stats() const noexcept;

private:
    struct state;
    static client nobody();
    /// The next in turn; null when this was moved from.
    [[nodiscard]] detail::core_ptr turn() const noexcept;
    /// One at least, which is null when this was moved from.
    [[nodiscard]] std::vector<detail::core_ptr> all() const;
    std::unique_ptr<state> state_;
};

}  // namespace getty::connect::inline GETTY_CONNECT_ABI

#pragma GCC visibility pop

// The client: image metadata by id, over pooled HTTPS connections.
#pragma once

#include <getty/connect/completion.hpp>
#include <getty/connect/id_source.hpp>
#include <getty/connect/image.hpp>
#include <getty/connect/observer.hpp>
#include <getty/connect/options.hpp>
#include <getty/connect/outcome.hpp>
#include <getty/connect/outcome_stream.hpp>
#include <getty/connect/result.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/execution_context.hpp>

#include <chrono>
#include <concepts>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#pragma GCC visibility push(default)

namespace getty::connect::inline GETTY_CONNECT_ABI {

/// How a client came by its token.
enum class token_source {
    none,           ///< there is none: a client of v3 without a secret goes by its key alone
    fixed,          ///< `client_options::token`
    credentials,    ///< issued for the application's key and secret
    user,           ///< issued for a user's password
    refresh_token,  ///< issued for a refresh token
};

/// What is known of the current token, without the token.
struct token_info {
    /// From now, not negative; zero when the client has not been issued one.
    std::chrono::seconds remaining{0};
    token_source source = token_source::none;
};

}  // namespace getty::connect::inline GETTY_CONNECT_ABI

namespace getty::connect::detail {

class client_core;
struct client_access;
using core_ptr = std::shared_ptr<client_core>;

}  // namespace getty::connect::detail

namespace getty::connect::detail::inline GETTY_CONNECT_ABI {

/// Where calls are initiated: the client's executor, empty when it has gone.
[[nodiscard]] boost::asio::any_io_executor executor_of(const core_ptr& core) noexcept;
/// Stops a library built without NDEBUG when there is none.
void expect_client(const core_ptr& core) noexcept;
void begin_get(core_ptr on, std::string&& id, lookup_options&& options,
               completion<result<image>>::owner then);
void begin_lookup(core_ptr on, std::string&& id, lookup_options&& options,
                  completion<result<document>>::owner then);
void begin_authenticate(core_ptr on, completion<result<token_info>>::owner then);
void begin_close(core_ptr on, completion<boost::system::error_code>::owner then);

// What the clients' members of these names do. `core` null: the client was moved from.

template <class Token>
auto async_get(core_ptr core, std::string_view id, lookup_options&& options, Token&& token) {
    expect_client(core);
    auto begin = [i = std::string(id), o = std::move(options)](
                     core_ptr on, completion<result<image>>::owner then) mutable {
        begin_get(std::move(on), std::move(i), std::move(o), std::move(then));
    };
    return initiate<result<image>>(std::move(core), std::move(begin), std::forward<Token>(token));
}

template <class Token>
auto async_lookup(core_ptr core, std::string_view id, lookup_options&& options, Token&& token) {
    expect_client(core);
    auto begin = [i = std::string(id), o = std::move(options)](
                     core_ptr on, completion<result<document>>::owner then) mutable {
        begin_lookup(std::move(on), std::move(i), std::move(o), std::move(then));
    };
    return initiate<result<document>>(std::move(core), std::move(begin), std::forward<Token>(token));
}

template <class Token>
auto async_authenticate(core_ptr core, Token&& token) {
    expect_client(core);
    auto begin = [](core_ptr on, completion<result<token_info>>::owner then) {
        begin_authenticate(std::move(on), std::move(then));
    };
    return initiate<result<token_info>>(std::move(core), std::move(begin), std::forward<Token>(token));
}

}  // namespace getty::connect::detail::inline GETTY_CONNECT_ABI

namespace getty::connect::inline GETTY_CONNECT_ABI {

/// Looks up images. Holds connections, the token and the digest state; shares them among all its lookups.
///
/// - Afterwards: nothing is opened until the first call.
/// - Concurrency: all members may be called on any thread unless `threading::single_thread` was chosen, in
///   which case they are called on the executor's thread. Calls may overlap freely. Coroutines complete on
///   the caller's executor. Moving and destroying are for one thread alone.
/// - Lifetime: destroying a client cancels its work without waiting; `close()` first to wait. While
///   connections are pooled, `io_context::run()` does not return: `close()` ends that. The execution context
///   may go first: what is under way goes with it, its handlers uncalled wherever they belong, and calls that
///   are made later end with `client_closed`.
/// - Moved from: every call ends with `client_closed`, `fetch` throws it and `close` completes at once; a
///   library built without NDEBUG stops with an assertion.
/// - Fork: a child may destroy what it has inherited, and the parent notices nothing. To go on in both, call
///   `notify_fork` of the execution context as Asio describes it: the child then has connections, numbers and
///   Digest nonces of its own. Lookups that were under way are under way in both. Programs that are started
///   inherit no descriptor.
/// - Memory: max_connections * (about 36 KiB + one response while it is read), plus, per batch, one outcome
///   for each of max_in_flight + max_buffered that was ever needed at a time. Where there is none left for a
///   lookup, that fails; where there is none for the bookkeeping of all, `std::terminate` is called.
class client {
public:
    /// Throws `failure` (`errc::invalid_option`) when an option cannot work, naming it.
    client(boost::asio::any_io_executor executor, client_options options);
    /// The same on the executor of `context`.
    template <class Context>
        requires std::derived_from<Context, boost::asio::execution_context>
    client(Context& context, client_options options) : client(context.get_executor(), std::move(options)) {}
    client(client&&) noexcept;
    client& operator=(client&&) noexcept;
    ~client();

    /// What `get_executor` returns.
    using executor_type = boost::asio::any_io_executor;
    /// Where the client's own work runs: a strand over the executor that it was given, or that executor.
    /// Empty once the execution context has gone; not to be called while that is being destroyed.
    [[nodiscard]] executor_type get_executor() const noexcept;

    /// The metadata of one image.
    ///
    /// - Parameters: `id`, 1 to 128 bytes of UTF-8, sent as one encoded path segment; read within this call.
    /// - Result: the image, or an error value; throws nothing of its own.
    /// - Errors: invalid_input (nothing sent), not_found, auth_failed, overloaded, timeout, unreachable,
    ///   peer_closed, protocol_violation, rejected, canceled; `error::processed()` tells whether the service
    ///   may have seen it.
    /// - Deadline: `timeout` over all attempts, on the steady clock.
    /// - Cancellation: every type that the caller's own coroutine lets through (by default `terminal` alone)
    ///   ends the lookup with `canceled` and closes its connection; other lookups and a token refresh under
    ///   way are not touched. As ever with Asio, the caller's next `co_await` throws `operation_aborted`
    ///   then.
    boost::asio::awaitable<result<image>> get(std::string_view id, lookup_options options = lookup_options());

    /// As `get`, in the form that `options.decode()` names.
    boost::asio::awaitable<result<document>> lookup(std::string_view id,
                                                    lookup_options options = lookup_options());

    /// The metadata of many images: a stream with exactly one outcome per id.
    /// Throws `failure` (`errc::invalid_option`) when an option cannot work.
    [[nodiscard]] outcome_stream fetch(id_source ids, fetch_options options = fetch_options());

    /// Makes sure of a token now, instead of with the first lookup; where none is to be asked for, completes
    /// at once (`token_source::none`, `fixed`). Errors: as for `get`, auth_failed above all.
    boost::asio::awaitable<result<token_info>> authenticate();

    /// Ends the client: new calls fail with `client_closed`, lookups under way get `drain_timeout`, then are
    /// canceled; completes when no socket, timer or coroutine of this client is left. May be called more than
    /// once. Cannot be canceled, and waits for a source of ids that is being awaited; a name resolution under
    /// way is left behind, and the execution context ends after it.
    boost::asio::awaitable<void> close();

    ///@{

    /// The same calls for any completion token: callbacks, futures, `deferred` (the default), other
    /// coroutines, and whatever `bind_executor`, `bind_cancellation_slot` and `as_tuple` make of them. What
    /// is wrong is told by the result, or, see `as_error_code`, by a code.
    ///
    /// - Completes: on the handler's associated executor, or without one on the client's, and never within
    ///   this call, unless there is no memory even to begin. That executor has work until then.
    /// - Cancellation: terminal, partial and total all end the call, as described at the coroutine of the
    ///   name.
    /// - Memory: the handler is kept in memory of its associated allocator.
    template <boost::asio::completion_token_for<void(result<image>)> Token = boost::asio::deferred_t>
    auto async_get(std::string_view id, lookup_options options, Token&& token = Token()) {
        return detail::async_get(core_, id, std::move(options), std::forward<Token>(token));
    }
    template <boost::asio::completion_token_for<void(result<image>)> Token = boost::asio::deferred_t>
    auto async_get(std::string_view id, Token&& token = Token()) {
        return detail::async_get(core_, id, lookup_options(), std::forward<Token>(token));
    }
    template <boost::asio::completion_token_for<void(result<document>)> Token = boost::asio::deferred_t>
    auto async_lookup(std::string_view id, lookup_options options, Token&& token = Token()) {
        return detail::async_lookup(core_, id, std::move(options), std::forward<Token>(token));
    }
    template <boost::asio::completion_token_for<void(result<document>)> Token = boost::asio::deferred_t>
    auto async_lookup(std::string_view id, Token&& token = Token()) {
        return detail::async_lookup(core_, id, lookup_options(), std::forward<Token>(token));
    }
    template <boost::asio::completion_token_for<void(result<token_info>)> Token = boost::asio::deferred_t>
    auto async_authenticate(Token&& token = Token()) {
        return detail::async_authenticate(core_, std::forward<Token>(token));
    }
    ///@}
    /// The code is that of `errc::internal_failure` where memory was exhausted, and else none.
    template <
        boost::asio::completion_token_for<void(boost::system::error_code)> Token = boost::asio::deferred_t>
    auto async_close(Token&& token = Token()) {
        detail::expect_client(core_);
        auto begin = [](detail::core_ptr on, detail::completion<boost::system::error_code>::owner then) {
            detail::begin_close(std::move(on), std::move(then));
        };
        return detail::initiate<boost::system::error_code>(core_, begin, std::forward<Token>(token));
    }

    /// A snapshot; each number is consistent in itself.
    [[nodiscard]] client_stats stats() const noexcept;

private:
    friend struct detail::client_access;
    explicit client(detail::core_ptr core) noexcept;

    detail::core_ptr core_;
};

}  // namespace getty::connect::inline GETTY_CONNECT_ABI

#pragma GCC visibility pop

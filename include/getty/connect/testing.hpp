// A client for tests, with scripted answers and a clock that stands still.
#pragma once

#include <getty/connect/client.hpp>
#include <getty/connect/config.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <chrono>
#include <cstddef>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#pragma GCC visibility push(default)

namespace getty::connect::testing::inline GETTY_CONNECT_ABI {

/// What the service says to one request. A plain value.
class reply {
public:
    /// The image that was asked for, with an id and a title.
    reply();
    /// The image that was asked for, with these JSON members beside its id: `"Title":"Sunset","EventId":7`,
    /// under v3 `"title":"Sunset"`.
    [[nodiscard]] static reply image(std::string members);
    /// 200 with this body, whatever it is.
    [[nodiscard]] static reply body(std::string text);
    /// Another status, 200 to 599, with a body in the service's own words. Throws std::invalid_argument for
    /// other codes.
    [[nodiscard]] static reply status(int code, std::string text = "");
    /// For `on_token`: this token, good for so long; made of visible ASCII. Throws std::invalid_argument.
    [[nodiscard]] static reply token(std::string_view value,
                                     std::chrono::minutes lifetime = std::chrono::minutes(30));
    /// The connection ends, without an answer.
    [[nodiscard]] static reply close();
    /// Silence.
    [[nodiscard]] static reply nothing();

    /// One more field of the answer: `header("Retry-After", "2")`. Throws std::invalid_argument for what
    /// cannot be a field.
    reply& header(std::string_view name, std::string_view value);
    /// So long after the request came. Default 0.
    reply& after(std::chrono::nanoseconds wait);

private:
    friend class scripted_client;
    enum class kind { image, body, close, nothing };
    kind kind_ = kind::image;
    int status_ = 200;
    std::string text_;
    std::string fields_;
    std::chrono::nanoseconds after_{0};
};

/// A client whose service is a script.
///
///     testing::scripted_client script;
///     script.on("83454800", testing::reply::status(503));
///     script.on("83454800", testing::reply::image("\"Title\":\"Sunset\""));
///     const result<image> got = script.run(script.client().get("83454800"));
///     CHECK(got->title() == "Sunset");
///     CHECK(script.requests("83454800") == 2);
///
/// Everything but the wire is as in production: retries, deadlines, the token, batches. No socket is opened,
/// no thread started. Time stands still but for `run` and `advance`, which jump to whatever the client waits
/// for next; timers of the program's own do not see that time.
///
/// - Options: as given, but for what has a meaning on the wire alone: `base_url` and `token_url` are the
///   script's, `auth` is bearer, `threading` single_thread; credentials are made up where there are none.
/// - Concurrency: one thread.
class scripted_client {
public:
    /// Throws `failure` (`errc::invalid_option`) when an option cannot work.
    explicit scripted_client(client_options options = client_options());
    scripted_client(const scripted_client&) = delete;
    scripted_client& operator=(const scripted_client&) = delete;
    ~scripted_client();

    /// Lives as long as this object.
    [[nodiscard]] connect::client& client() noexcept;
    /// What the client runs on; lives as long as this object.
    [[nodiscard]] boost::asio::io_context& context() noexcept;

    /// Requests for `id` are answered by what was given for it, in that order, the last one again and again.
    /// A request of v3 for many ids brings their images, and names those whose reply is a 404; where one has
    /// another reply, that is the answer to all.
    scripted_client& on(std::string_view id, reply says);
    /// All other requests, by what `says` returns for the id and how often it was asked for, from 1. Default:
    /// `reply()`.
    scripted_client& otherwise(std::function<reply(std::string_view id, std::size_t time)> says);
    /// Requests for a token, in the same way, by `reply::token`; default: a new one for 30 minutes each time.
    scripted_client& on_token(reply says);
    /// Whether new connections are refused from now on. Those that there are stay.
    scripted_client& refuse_connections(bool refused = true);
    /// Ends all connections that there are.
    scripted_client& drop_connections();

    [[nodiscard]] std::size_t requests(std::string_view id) const;
    /// For images, of all ids; a request for many counts once.
    [[nodiscard]] std::size_t requests() const noexcept;
    [[nodiscard]] std::size_t token_requests() const noexcept;
    /// The last request as it was sent, credentials included; empty before the first.
    [[nodiscard]] const std::string& last_request() const noexcept;
    /// So much time has passed since the beginning.
    [[nodiscard]] std::chrono::nanoseconds elapsed() const noexcept;

    /// Lets everything happen that can without time passing.
    void settle();
    /// Lets time pass, and what becomes due happen. Throws std::invalid_argument for a negative time, and for
    /// more than a year.
    void advance(std::chrono::nanoseconds by);

    /// Runs `work` on the context until it has ended, letting time pass when nothing else is to be done, and
    /// returns its result; throws what it throws. Throws std::logic_error when it waits for something that
    /// will not come.
    template <class T>
    T run(boost::asio::awaitable<T> work) {
        // Shared with the coroutine, which may outlive this call when that throws.
        struct ending {
            std::optional<std::conditional_t<std::is_void_v<T>, char, T>> value;
            std::exception_ptr thrown;
            bool done = false;
        };
        const auto end = std::make_shared<ending>();
        if constexpr (std::is_void_v<T>) {
            boost::asio::co_spawn(context(), std::move(work), [end](const std::exception_ptr& e) {
                end->thrown = e;
                end->done = true;
            });
        } else {
            boost::asio::co_spawn(context(), std::move(work), [end](const std::exception_ptr& e, T got) {
                end->thrown = e;
                if (!e) end->value.emplace(std::move(got));
                end->done = true;
            });
        }
        run_until(end->done);
        if (end->thrown) std::rethrow_exception(end->thrown);
        if constexpr (!std::is_void_v<T>) return std::move(*end->value);
    }

private:
    struct state;
    void run_until(const bool& done);
    std::unique_ptr<state> state_;
};

}  // namespace getty::connect::testing::inline GETTY_CONNECT_ABI

#pragma GCC visibility pop

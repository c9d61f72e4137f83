// How a call completes: any completion token of Asio's.
#pragma once

#include <getty/connect/result.hpp>

#include <boost/asio/any_completion_executor.hpp>
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/associated_allocator.hpp>
#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/associated_executor.hpp>
#include <boost/asio/associator.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/system/error_code.hpp>

#include <memory>
#include <new>
#include <type_traits>
#include <utility>

#pragma GCC visibility push(default)

namespace getty::connect::detail {

/// A caller's completion handler without its type: what is behind a call need not be a template then.
template <class T>
class completion {
public:
    completion(const completion&) = delete;
    completion& operator=(const completion&) = delete;

    struct destroyer {
        void operator()(completion* which) const noexcept { which->destroy(); }
    };
    using owner = std::unique_ptr<completion, destroyer>;

    /// Where the handler is to be called: its associated executor, or `otherwise`.
    [[nodiscard]] virtual boost::asio::any_io_executor executor(
        const boost::asio::any_io_executor& otherwise) const = 0;
    [[nodiscard]] virtual boost::asio::cancellation_slot slot() const noexcept = 0;
    /// Frees the handler's memory, then calls it.
    static void complete(owner of, T&& value) { of.release()->call(std::move(value)); }

protected:
    completion() = default;
    ~completion() = default;

private:
    virtual void call(T&& value) = 0;
    virtual void destroy() noexcept = 0;
};

/// In memory of the handler's associated allocator.
template <class T, class Handler>
class typed_completion final : public completion<T> {
    using allocator = typename std::allocator_traits<
        boost::asio::associated_allocator_t<Handler>>::template rebind_alloc<typed_completion>;
    using traits = std::allocator_traits<allocator>;
    using executor_type = boost::asio::associated_executor_t<Handler, boost::asio::any_io_executor>;
    // One without `blocking.never`, that of an `any_completion_handler` for example, cannot be posted to: the
    // handler is handed to it from the client's executor.
    static constexpr bool posts = std::is_convertible_v<executor_type, boost::asio::any_io_executor>;

public:
    /// `handler` is as it was when this throws.
    static typename completion<T>::owner make(Handler& handler) {
        allocator memory(boost::asio::get_associated_allocator(handler));
        typed_completion* place = traits::allocate(memory, 1);
        return typename completion<T>::owner(::new (static_cast<void*>(place))
                                                 typed_completion(std::move(handler)));
    }

    boost::asio::any_io_executor executor(const boost::asio::any_io_executor& otherwise) const override {
        if constexpr (posts) {
            return boost::asio::get_associated_executor(handler_, otherwise);
        } else {
            return otherwise;
        }
    }
    boost::asio::cancellation_slot slot() const noexcept override {
        return boost::asio::get_associated_cancellation_slot(handler_);
    }

private:
    explicit typed_completion(Handler&& handler) : handler_(std::move(handler)) {}

    /// The handler alone, without its memory, whose allocator may refer to something of the handler's.
    Handler freed() noexcept {
        allocator memory(boost::asio::get_associated_allocator(handler_));
        Handler out(std::move(handler_));
        this->~typed_completion();
        traits::deallocate(memory, this, 1);
        return out;
    }
    void destroy() noexcept override { (void)freed(); }
    void call(T&& value) override {
        Handler handler = freed();
        if constexpr (posts) {
            std::move(handler)(std::move(value));
        } else {
            // Empty where it has none of its own: then this is the place.
            using any_executor = boost::asio::any_completion_executor;
            const any_executor there = boost::asio::get_associated_executor(handler, any_executor());
            if (!there) return std::move(handler)(std::move(value));
            there.execute(
                [h = std::move(handler), v = std::move(value)]() mutable { std::move(h)(std::move(v)); });
        }
    }

    Handler handler_;
};

/// What a call gives that could not begin for lack of memory.
template <class T>
T out_of_memory() {
    if constexpr (std::is_same_v<T, boost::system::error_code>) {
        return make_error_code(errc::internal_failure);
    } else {
        return error(errc::internal_failure, stage::queue, "out of memory");
    }
}

/// Begins a call when Asio has the handler: `Begin` takes it as `completion<T>::owner`.
///
/// Keeps what the call is made of (`Of`, to which there is an `executor_of`) in the place of an executor: one
/// that is left over in the frame of a coroutine would be destroyed after its execution context.
template <class T, class Of, class Begin>
class initiation {
public:
    template <class Given>
    initiation(Of&& of, Given&& begin) : of_(std::move(of)), begin_(std::forward<Given>(begin)) {}

    using executor_type = boost::asio::any_io_executor;
    [[nodiscard]] executor_type get_executor() const noexcept { return executor_of(of_); }

    template <class Handler>
    void operator()(Handler&& handler) {
        using handler_type = std::decay_t<Handler>;
        handler_type own(std::forward<Handler>(handler));
        typename completion<T>::owner made;
        try {
            made = typed_completion<T, handler_type>::make(own);
        } catch (...) {
            // What an initiation throws takes a whole coroutine with it, so it is told within this call.
            return std::move(own)(out_of_memory<T>());
        }
        begin_(std::move(of_), std::move(made));
    }

private:
    Of of_;
    Begin begin_;
};

/// `async_initiate` for a call that completes with one `T`: `begin(of, then)` begins it.
template <class T, class Of, class Token, class Begin>
auto initiate(Of of, Begin&& begin, Token&& token) {
    using initiation_type = initiation<T, Of, std::decay_t<Begin>>;
    return boost::asio::async_initiate<Token, void(T)>(
        initiation_type(std::move(of), std::forward<Begin>(begin)), token);
}

template <class Token>
struct error_code_token {
    Token token;
};

/// Gives `Handler`, which takes an error_code and perhaps a value, what a call completes with.
template <class Handler>
struct error_code_handler {
    Handler handler;

    void operator()(boost::system::error_code ec) { std::move(handler)(ec); }
    template <class T>
    void operator()(result<T> got) {
        const boost::system::error_code ec = got ? boost::system::error_code() : got.error().code();
        std::move(handler)(ec, got ? std::move(*got) : T());
    }
};

/// Begins a call with an `error_code_handler`.
template <class Initiation>
struct error_code_initiation {
    Initiation first;

    using executor_type = boost::asio::associated_executor_t<Initiation>;
    [[nodiscard]] executor_type get_executor() const noexcept {
        return boost::asio::get_associated_executor(first);
    }

    template <class Handler, class... Args>
    void operator()(Handler&& handler, Args&&... args) {
        using handler_type = error_code_handler<std::decay_t<Handler>>;
        std::move(first)(handler_type{std::forward<Handler>(handler)}, std::forward<Args>(args)...);
    }
};

template <class Signature>
struct with_error_code;
template <class T>
struct with_error_code<void(result<T>)> {
    using type = void(boost::system::error_code, T);
};
template <>
struct with_error_code<void(boost::system::error_code)> {
    using type = void(boost::system::error_code);
};

}  // namespace getty::connect::detail

namespace getty::connect::inline GETTY_CONNECT_ABI {

/// What stands behind `token` is called with `(error_code, T)` where the call completes with `result<T>`, as
/// Asio's own operations do and `redirect_error` and `wait_for_one_success` expect. The code is
/// `error::code()`; what else the error knows is not passed on. `T` is empty after an error.
///
///     boost::system::error_code failed;
///     auto token = as_error_code(asio::redirect_error(asio::use_awaitable, failed));
///     image found = co_await images.async_get("83454800", token);
template <class Token>
[[nodiscard]] constexpr detail::error_code_token<std::decay_t<Token>> as_error_code(Token&& token) {
    return {std::forward<Token>(token)};
}

}  // namespace getty::connect::inline GETTY_CONNECT_ABI

/// What is associated with the handler behind stays associated.
template <template <class, class> class Associator, class Handler, class Default>
struct boost::asio::associator<Associator, getty::connect::detail::error_code_handler<Handler>, Default>
    : Associator<Handler, Default> {
    static typename Associator<Handler, Default>::type get(
        const getty::connect::detail::error_code_handler<Handler>& of) noexcept {
        return Associator<Handler, Default>::get(of.handler);
    }
    static auto get(const getty::connect::detail::error_code_handler<Handler>& of,
                    const Default& otherwise) noexcept {
        return Associator<Handler, Default>::get(of.handler, otherwise);
    }
};

template <class Token, class Signature>
struct boost::asio::async_result<getty::connect::detail::error_code_token<Token>, Signature> {
    using signature = typename getty::connect::detail::with_error_code<Signature>::type;

    template <class Initiation>
    using adapted = getty::connect::detail::error_code_initiation<std::decay_t<Initiation>>;

    // The type is spelled out lest a look at it, of a concept's, compiles what is behind.
    template <class Initiation, class GivenToken, class... Args>
    static auto initiate(Initiation&& initiation, GivenToken&& given, Args&&... args)
        -> decltype(boost::asio::async_initiate<Token, signature>(
            adapted<Initiation>{std::forward<Initiation>(initiation)}, given.token,
            std::forward<Args>(args)...)) {
        return boost::asio::async_initiate<Token, signature>(
            adapted<Initiation>{std::forward<Initiation>(initiation)}, given.token,
            std::forward<Args>(args)...);
    }
};

#pragma GCC visibility pop

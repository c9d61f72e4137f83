#include "client/batch_handle.hpp"
#include "client/launch.hpp"

#include <getty/connect/client.hpp>

#include <boost/asio/use_awaitable.hpp>

#include <cassert>
#include <utility>
#include <variant>

namespace getty::connect::detail {
namespace {
constexpr const char* moved_from = "the client was moved from";
}
}  // namespace getty::connect::detail

namespace getty::connect {

namespace asio = boost::asio;
using detail::client_core;
using detail::moved_from;

client::client(asio::any_io_executor executor, client_options options) {
    const result<void> good = options.validate();
    if (!good) throw failure(good.error());
    core_ = client_core::make(std::move(executor), options.settings());
}

client::client(std::shared_ptr<detail::client_core> core) noexcept : core_(std::move(core)) {}

client::client(client&&) noexcept = default;

client& client::operator=(client&& other) noexcept {
    if (this != &other) client_core::release(std::exchange(core_, std::move(other.core_)));
    return *this;
}

client::~client() { client_core::release(std::move(core_)); }

asio::awaitable<result<image>> client::get(std::string_view id, lookup_options options) {
    return async_get(id, std::move(options), asio::use_awaitable_t<>());
}

asio::awaitable<result<document>> client::lookup(std::string_view id, lookup_options options) {
    return async_lookup(id, std::move(options), asio::use_awaitable_t<>());
}

outcome_stream client::fetch(id_source ids, fetch_options options) {
    assert(core_ && moved_from);
    if (!core_) throw failure(error(errc::client_closed, stage::queue, moved_from));
    const result<void> good = options.validate();
    if (!good) throw failure(good.error());
    auto batch = core_->make_batch(std::move(ids), options);
    return outcome_stream(std::make_shared<detail::batch_handle>(core_, std::move(batch)));
}

asio::awaitable<result<token_info>> client::authenticate() {
    return async_authenticate(asio::use_awaitable_t<>());
}

asio::awaitable<void> client::close() { return async_close(asio::use_awaitable_t<>()); }

client::executor_type client::get_executor() const noexcept {
    detail::expect_client(core_);
    return detail::executor_of(core_);
}

client_stats client::stats() const noexcept {
    assert(core_ && moved_from);
    return core_ ? core_->stats() : client_stats();
}

}  // namespace getty::connect

namespace getty::connect::detail {
namespace {

/// For a call whose value is the caller's as it is.
struct as_it_is {
    template <class T>
    T operator()(T&& value, bool) const {
        return std::move(value);
    }
};

}  // namespace

}  // namespace getty::connect::detail

namespace getty::connect::detail::inline GETTY_CONNECT_ABI {

void expect_client([[maybe_unused]] const core_ptr& core) noexcept { assert(core && moved_from); }

asio::any_io_executor executor_of(const core_ptr& core) noexcept {
    return core && !core->scheduler().ended() ? core->executor() : asio::any_io_executor();
}

void begin_lookup(core_ptr on, std::string&& id, lookup_options&& options,
                  completion<result<document>>::owner then) {
    auto work = [i = std::move(id), o = std::move(options)](client_core& core,
                                                            async::cancel_scope& scope) mutable {
        return core.lookup(std::move(i), std::move(o), scope);
    };
    launch<result<document>>(std::move(on), std::move(work), as_it_is(), std::move(then));
}

void begin_get(core_ptr on, std::string&& id, lookup_options&& options,
               completion<result<image>>::owner then) {
    options.decode(decode::typed);
    auto work = [i = std::move(id), o = std::move(options)](client_core& core,
                                                            async::cancel_scope& scope) mutable {
        return core.lookup(std::move(i), std::move(o), scope);
    };
    auto image_alone = [](result<document>&& whole, bool) -> result<image> {
        if (!whole) return whole.error();
        return std::move(whole->image);
    };
    launch<result<image>>(std::move(on), std::move(work), std::move(image_alone), std::move(then));
}

void begin_authenticate(core_ptr on, completion<result<token_info>>::owner then) {
    auto work = [](client_core& core, async::cancel_scope& scope) { return core.authenticate(scope); };
    launch<result<token_info>>(std::move(on), std::move(work), as_it_is(), std::move(then));
}

void begin_close(core_ptr on, completion<boost::system::error_code>::owner then) {
    using boost::system::error_code;
    // A client that is not there any more is closed.
    if (!on || on->scheduler().ended()) return refuse(std::move(then), error_code());
    auto work = [](client_core& core, async::cancel_scope&) { return core.close(); };
    auto closed = [](std::monostate, bool) { return error_code(); };
    launch<error_code>(std::move(on), std::move(work), std::move(closed), std::move(then));
}

}  // namespace getty::connect::detail::inline GETTY_CONNECT_ABI

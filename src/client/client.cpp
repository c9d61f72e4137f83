#include "client/batch_handle.hpp"
#include "client/launch.hpp"

#include <getty/connect/client.hpp>

#include <cassert>
#include <utility>
#include <variant>

namespace getty::connect {

namespace asio = boost::asio;
using detail::client_core;

namespace {
constexpr const char* moved_from = "the client was moved from";
}

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

// Free functions with their own hold on the core: a coroutine reads its parameters when it is awaited, and by
// then the client may have been moved or destroyed.
namespace {

asio::awaitable<result<document>> look_up(std::shared_ptr<client_core> core, std::string id,
                                          lookup_options options) {
    auto work = [i = std::move(id), o = std::move(options)](client_core& on,
                                                            async::cancel_scope& scope) mutable {
        return on.lookup(std::move(i), std::move(o), scope);
    };
    return detail::launch<result<document>>(std::move(core), std::move(work));
}

asio::awaitable<result<image>> image_alone(asio::awaitable<result<document>> found) {
    result<document> whole = co_await std::move(found);
    if (!whole) co_return whole.error();
    co_return std::move(whole->image);
}

asio::awaitable<void> close_core(std::shared_ptr<client_core> core) {
    auto work = [](client_core& on, async::cancel_scope&) { return on.close(); };
    co_await detail::launch<std::monostate>(core, work);
}

}  // namespace

asio::awaitable<result<image>> client::get(std::string_view id, lookup_options options) {
    assert(core_ && moved_from);
    options.decode(decode::typed);
    return image_alone(look_up(core_, std::string(id), std::move(options)));
}

asio::awaitable<result<document>> client::lookup(std::string_view id, lookup_options options) {
    assert(core_ && moved_from);
    return look_up(core_, std::string(id), std::move(options));
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
    assert(core_ && moved_from);
    auto work = [](client_core& core, async::cancel_scope& scope) { return core.authenticate(scope); };
    return detail::launch<result<token_info>>(core_, work);
}

asio::awaitable<void> client::close() {
    assert(core_ && moved_from);
    return close_core(core_);
}

client::executor_type client::get_executor() const noexcept {
    assert(core_ && moved_from);
    return core_ && !core_->scheduler().ended() ? core_->executor() : executor_type();
}

client_stats client::stats() const noexcept {
    assert(core_ && moved_from);
    return core_ ? core_->stats() : client_stats();
}

}  // namespace getty::connect

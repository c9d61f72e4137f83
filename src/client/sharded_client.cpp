#include "client/client_core.hpp"
#include "client/divided_source.hpp"
#include "core/telemetry.hpp"

#include <getty/connect/sharded_client.hpp>

#include <boost/asio/system_executor.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <atomic>
#include <memory>
#include <string>
#include <utility>

namespace getty::connect {
namespace {

namespace asio = boost::asio;

error cannot(std::string text) { return {errc::invalid_option, stage::queue, std::move(text)}; }

}  // namespace

struct sharded_client::state {
    std::vector<client> shards;
    std::atomic<std::size_t> turn{0};

    client& next() noexcept { return shards[turn.fetch_add(1, std::memory_order_relaxed) % shards.size()]; }
};

/// Answers for a `sharded_client` that was moved from as a client does that was moved from.
client sharded_client::nobody() { return detail::client_access::make(nullptr); }

sharded_client::sharded_client(std::vector<asio::any_io_executor> executors, client_options options)
    : state_(std::make_unique<state>()) {
    const result<void> good = options.validate();
    if (!good) throw failure(good.error());
    const std::size_t count = executors.size();
    const std::size_t connections = options.settings().max_connections;
    if (count == 0) throw failure(cannot("executors: there must be at least one"));
    if (connections < count) {
        throw failure(cannot("max_connections " + std::to_string(connections) +
                             ": must be at least the number of shards, " + std::to_string(count)));
    }
    const auto shared = std::make_shared<detail::shared_parts>(options.settings(),
                                                               calls::shared_limits::used_by::many_threads);
    for (std::size_t i = 0; i < count; ++i) {
        client_settings own = options.settings();
        own.max_connections = connections / count + (i < connections % count ? 1 : 0);
        auto core = detail::client_core::make(executors[i], std::move(own), shared, i);
        state_->shards.push_back(detail::client_access::make(std::move(core)));
    }
}

sharded_client::sharded_client(sharded_client&&) noexcept = default;
sharded_client& sharded_client::operator=(sharded_client&&) noexcept = default;
sharded_client::~sharded_client() = default;

std::size_t sharded_client::size() const noexcept { return state_ ? state_->shards.size() : 0; }

client& sharded_client::shard(std::size_t i) noexcept { return state_->shards[i]; }

asio::awaitable<result<image>> sharded_client::get(std::string_view id, lookup_options options) {
    return async_get(id, std::move(options), asio::use_awaitable_t<>());
}

asio::awaitable<result<document>> sharded_client::lookup(std::string_view id, lookup_options options) {
    return async_lookup(id, std::move(options), asio::use_awaitable_t<>());
}

std::vector<outcome_stream> sharded_client::fetch(id_source ids, fetch_options options) {
    if (!state_) (void)nobody().fetch(std::move(ids), std::move(options));  // throws
    auto source = std::move(ids).take();
    std::vector<outcome_stream> streams;
    if (source->waits()) {
        const auto divided = std::make_shared<detail::divided_waiting_source>(
            state_->shards.front().get_executor(), std::move(source));
        for (client& shard : state_->shards) {
            auto next = [divided] { return detail::divided_waiting_source::next(divided); };
            streams.push_back(shard.fetch(next, options));
        }
        return streams;
    }
    const auto divided = std::make_shared<detail::divided_source>(std::move(source));
    for (client& shard : state_->shards) {
        auto next = [divided] { return divided->next(); };
        streams.push_back(shard.fetch(next, options));
    }
    return streams;
}

asio::awaitable<result<token_info>> sharded_client::authenticate() {
    return async_authenticate(asio::use_awaitable_t<>());
}

asio::awaitable<void> sharded_client::close() { return async_close(asio::use_awaitable_t<>()); }

detail::core_ptr sharded_client::turn() const noexcept {
    return state_ ? detail::client_access::core(state_->next()) : nullptr;
}

std::vector<detail::core_ptr> sharded_client::all() const {
    if (!state_) return {nullptr};
    std::vector<detail::core_ptr> cores;
    for (const client& shard : state_->shards) cores.push_back(detail::client_access::core(shard));
    return cores;
}

client_stats sharded_client::stats() const noexcept {
    if (!state_) return nobody().stats();
    client_stats sum;
    for (const client& shard : state_->shards) sum = core::sum_of(sum, shard.stats());
    return sum;
}

}  // namespace getty::connect

namespace getty::connect::detail {
namespace {

using boost::system::error_code;

/// Completes what it is given when as many calls have been completed as it was made for.
struct join {
    join(completion<error_code>::owner t, std::size_t count) : then(std::move(t)), left(count) {}
    completion<error_code>::owner then;
    std::atomic<std::size_t> left;
    std::atomic<bool> all_well{true};
};

/// The handler of one of them, on the executor of the whole.
struct part_of {
    std::shared_ptr<join> whole;
    asio::any_io_executor on;

    using executor_type = asio::any_io_executor;
    [[nodiscard]] executor_type get_executor() const noexcept { return on; }

    void operator()(error_code ec) const {
        if (ec) whole->all_well = false;
        if (whole->left.fetch_sub(1) != 1) return;
        completion<error_code>::complete(std::move(whole->then),
                                         whole->all_well ? error_code() : out_of_memory<error_code>());
    }
};

}  // namespace

}  // namespace getty::connect::detail

namespace getty::connect::detail::inline GETTY_CONNECT_ABI {

void begin_close(std::vector<core_ptr> shards, completion<error_code>::owner then) {
    if (shards.size() == 1) return begin_close(std::move(shards.front()), std::move(then));
    const asio::any_io_executor first = executor_of(shards.front());
    const asio::any_io_executor on = then->executor(first ? first : asio::system_executor());
    std::shared_ptr<join> whole;
    try {
        whole = std::make_shared<join>(std::move(then), shards.size());
    } catch (const std::bad_alloc&) {
        return completion<error_code>::complete(std::move(then), out_of_memory<error_code>());
    }
    for (core_ptr& shard : shards) {
        part_of part{whole, on};
        try {
            begin_close(std::move(shard), typed_completion<error_code, part_of>::make(part));
        } catch (const std::bad_alloc&) {
            part_of{whole, on}(out_of_memory<error_code>());
        }
    }
}

}  // namespace getty::connect::detail::inline GETTY_CONNECT_ABI

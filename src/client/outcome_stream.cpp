#include "client/batch_handle.hpp"
#include "client/launch.hpp"

#include <getty/connect/outcome_stream.hpp>

#include <boost/asio/post.hpp>

#include <utility>

namespace getty::connect {

namespace asio = boost::asio;
using detail::client_core;

namespace {

asio::awaitable<std::optional<outcome>> next_of(std::shared_ptr<client_core> core,
                                                std::shared_ptr<runtime::batch> batch) {
    // On the client's own thread an outcome that is there is taken without a detour.
    if (core->single_threaded() && batch->ready()) co_return batch->take();
    auto work = [batch](client_core& c, io::operation& op) { return c.next(batch, op); };
    auto waiting = detail::launch<std::optional<outcome>>(core, std::move(work));
    std::optional<outcome> got = co_await std::move(waiting);
    co_return got;
}

}  // namespace

outcome_stream::outcome_stream(std::unique_ptr<detail::batch_handle> batch) noexcept
    : batch_(std::move(batch)) {}
outcome_stream::outcome_stream(outcome_stream&&) noexcept = default;

outcome_stream& outcome_stream::operator=(outcome_stream&& other) noexcept {
    outcome_stream old(std::move(*this));
    batch_ = std::move(other.batch_);
    return *this;
}

outcome_stream::~outcome_stream() {
    if (!batch_) return;
    const io::executor on = batch_->core->executor();
    asio::post(on, [held = std::move(batch_)] { held->batch->cancel(); });
}

asio::awaitable<std::optional<outcome>> outcome_stream::next() {
    return next_of(batch_->core, batch_->batch);
}

std::optional<outcome> outcome_stream::try_next() {
    if (!batch_->core->single_threaded() || !batch_->batch->ready()) return std::nullopt;
    return batch_->batch->take();
}

void outcome_stream::cancel() noexcept {
    const io::executor on = batch_->core->executor();
    asio::post(on, [batch = batch_->batch] { batch->cancel(); });
}

}  // namespace getty::connect

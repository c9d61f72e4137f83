// A client without network, clock or chance: time moves when somebody says so, streams are scripts.
#pragma once

#include "async/event.hpp"
#include "async/scheduler.hpp"
#include "core/random.hpp"
#include "net/byte_stream.hpp"
#include "net/dialer.hpp"

#include <boost/asio/error.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>

#include <chrono>
#include <deque>
#include <exception>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace getty::connect::testing {

namespace asio = boost::asio;
using namespace std::chrono_literals;

/// A scheduler whose time stands still until `world::advance`.
class virtual_scheduler final : public async::scheduler {
public:
    explicit virtual_scheduler(async::executor ex) : scheduler(std::move(ex)) {}
    [[nodiscard]] core::time_point now() const noexcept override { return now_; }
    [[nodiscard]] std::chrono::sys_seconds wall_clock() const noexcept override {
        return std::chrono::sys_seconds(std::chrono::seconds(1'760'000'000)) +
               std::chrono::floor<std::chrono::seconds>(now_.time_since_epoch());
    }
    [[nodiscard]] core::time_point armed() const noexcept { return armed_; }
    void set(core::time_point to) noexcept { now_ = to; }
    void ring() noexcept {
        armed_ = core::never;
        elapsed();
    }

private:
    void arm(core::time_point when) override { armed_ = when; }
    void disarm() noexcept override { armed_ = core::never; }
    void let_go() noexcept override {}

    core::time_point now_{};
    core::time_point armed_ = core::never;
};

/// Executor, time and the order of events.
class world {
public:
    world() : scheduler(std::make_shared<virtual_scheduler>(context.get_executor())) {
        async::follow_context(scheduler);
    }

    /// Runs everything that can run without time passing.
    void settle() {
        context.restart();
        context.poll();
    }

    /// Lets time pass, deadline by deadline.
    void advance(core::duration by) {
        settle();
        const core::time_point end = scheduler->now() + by;
        while (next_event() <= end) step();
        scheduler->set(end);
        settle();
    }

    /// Calls `what` when it is time.
    void at(core::time_point when, std::function<void()> what) { due_.emplace(when, std::move(what)); }
    /// When something will happen; `never` when nothing waits for time to pass.
    [[nodiscard]] core::time_point next_event() const noexcept {
        return due_.empty() ? scheduler->armed() : std::min(scheduler->armed(), due_.begin()->first);
    }
    /// Jumps there. Precondition: there is one.
    void step() {
        const core::time_point to = std::max(scheduler->now(), next_event());
        scheduler->set(to);
        if (!due_.empty() && due_.begin()->first <= to) {
            const auto what = due_.extract(due_.begin());
            what.mapped()();
        } else {
            scheduler->ring();
        }
        settle();
    }

    /// Starts a coroutine; its end is noted in `*done` (optional).
    template <class T>
    void spawn(async::task<T> work, std::function<void(T)> done) {
        async::spawn(context.get_executor(), std::move(work),
                     [done = std::move(done)](const std::exception_ptr& e, T value) {
                         if (e) std::rethrow_exception(e);
                         if (done) done(std::move(value));
                     });
    }

    asio::io_context context;
    std::shared_ptr<virtual_scheduler> scheduler;

private:
    std::multimap<core::time_point, std::function<void()>> due_;
};

/// One connection, client's side. What the peer does is called on this object by the test or by its
/// `service`.
class scripted_stream final : public net::byte_stream {
public:
    /// Called with each complete request, from the executor.
    using service = std::function<void(scripted_stream&, const std::string& request)>;
    /// Asked before each transfer of the client; what it returns happens in its place.
    using disturbance = std::function<std::optional<net::transfer>(scripted_stream&, net::direction)>;

    scripted_stream(world& in, service answer, disturbance disturb = nullptr)
        : world_(in), answer_(std::move(answer)), disturb_(std::move(disturb)) {}

    // The peer's side.
    void deliver(std::string_view bytes) {
        if (ended_) return;
        inbox_ += bytes;
        notify();
    }
    /// As `deliver`, but a record of its own that the stream has not fetched from the network yet.
    void deliver_later_record(std::string_view bytes) {
        network_ += bytes;
        notify();
    }
    /// The peer says close_notify (clean) or is just gone.
    void end(bool clean = true) {
        ended_ = true;
        clean_ = clean;
        notify();
    }
    /// The peer is gone, and with it what it had sent.
    void vanish() {
        inbox_.clear();
        end(false);
    }
    /// Connection reset: what was delivered and not read is lost.
    void reset() {
        inbox_.clear();
        reset_ = true;
        notify();
    }
    /// At most so many bytes per read.
    void slice(std::size_t bytes) { slice_ = bytes; }
    /// At most so many bytes before the next `watch`, as if the rest were the next turn's.
    void slice_turns(std::size_t bytes) { turn_ = turn_left_ = bytes; }
    /// Nothing can be written any more until further notice.
    void block_writes(bool blocked) {
        write_blocked_ = blocked;
        if (!blocked && write_watched_) notify_writable();
    }
    void disturb_with(disturbance by) { disturb_ = std::move(by); }
    [[nodiscard]] bool closed_by_client() const noexcept { return closed_; }
    [[nodiscard]] std::size_t requests() const noexcept { return requests_; }
    [[nodiscard]] const std::string& written() const noexcept { return written_; }

    // The client's side.
    net::transfer read_some(std::span<char> into) noexcept override {
        using outcome = net::transfer::outcome;
        if (closed_) return {outcome::failed, 0, asio::error::bad_descriptor};
        if (disturb_) {
            if (const auto instead = disturb_(*this, net::direction::read)) return *instead;
        }
        if (reset_) return {outcome::failed, 0, asio::error::connection_reset};
        if (inbox_.empty()) inbox_.swap(network_);
        if (inbox_.empty()) {
            if (ended_) return {clean_ ? outcome::closed : outcome::truncated, 0, {}};
            return {outcome::want_read, 0, {}};
        }
        const std::size_t bytes = std::min({into.size(), inbox_.size(), slice_, turn_left_});
        if (bytes == 0) return {outcome::want_read, 0, {}};
        if (turn_ != unlimited) turn_left_ -= bytes;
        std::copy_n(inbox_.data(), bytes, into.data());
        inbox_.erase(0, bytes);
        return {outcome::done, bytes, {}};
    }

    net::transfer write_some(std::span<const char> from) noexcept override {
        using outcome = net::transfer::outcome;
        if (closed_) return {outcome::failed, 0, asio::error::bad_descriptor};
        if (disturb_) {
            if (const auto instead = disturb_(*this, net::direction::write)) return *instead;
        }
        if (reset_) return {outcome::failed, 0, asio::error::broken_pipe};
        if (write_blocked_) return {outcome::want_write, 0, {}};
        written_.append(from.data(), from.size());
        asio::post(world_.context,
                   [self = std::static_pointer_cast<scripted_stream>(shared_from_this())] { self->serve(); });
        return {outcome::done, from.size(), {}};
    }

    void watch(net::direction which) override {
        if (which == net::direction::write) {
            write_watched_ = true;
            if (!write_blocked_) notify_writable();
            return;
        }
        watched_ = true;
        turn_left_ = turn_;
        if (!inbox_.empty() || !network_.empty() || ended_ || reset_) notify();
    }

    [[nodiscard]] bool has_buffered() const noexcept override { return !inbox_.empty(); }
    void close() noexcept override {
        closed_ = true;
        listen(nullptr);
    }

private:
    void notify() {
        if (!std::exchange(watched_, false)) return;
        auto tell = [self = std::static_pointer_cast<scripted_stream>(shared_from_this())] {
            if (auto* to = self->current_listener()) to->ready(net::direction::read);
        };
        if (turn_ == unlimited) return asio::post(world_.context, tell);
        // With the next turn of the loop, after all that this one has posted.
        asio::post(world_.context, [this, tell] { asio::post(world_.context, tell); });
    }

    void notify_writable() {
        write_watched_ = false;
        asio::post(world_.context, [self = std::static_pointer_cast<scripted_stream>(shared_from_this())] {
            if (auto* to = self->current_listener()) to->ready(net::direction::write);
        });
    }

    /// Hands complete requests to the service.
    void serve() {
        while (!closed_) {
            const std::size_t end = written_.find("\r\n\r\n");
            if (end == std::string::npos) return;
            std::size_t length = end + 4;
            if (const auto at = written_.find("Content-Length: "); at < end) {
                length += std::stoul(written_.substr(at + 16));
            }
            if (written_.size() < length) return;
            const std::string request = written_.substr(0, length);
            written_.erase(0, length);
            ++requests_;
            if (answer_) answer_(*this, request);
        }
    }

    world& world_;
    service answer_;
    disturbance disturb_;
    std::string inbox_;
    std::string network_;
    std::string written_;
    static constexpr auto unlimited = static_cast<std::size_t>(-1);
    std::size_t slice_ = unlimited;
    std::size_t turn_ = unlimited;
    std::size_t turn_left_ = unlimited;
    std::size_t requests_ = 0;
    bool ended_ = false;
    bool clean_ = true;
    bool reset_ = false;
    bool closed_ = false;
    bool watched_ = false;
    bool write_watched_ = false;
    bool write_blocked_ = false;
};

/// Opens scripted streams; fails, or hangs until its scope stops, when told so.
class scripted_dialer final : public net::dialer {
public:
    scripted_dialer(world& in, scripted_stream::service answer) : world_(in), answer_(std::move(answer)) {}

    async::task<result<net::dialled>> dial(async::cancel_scope& scope) override {
        ++dials;
        ++dialling;
        max_dialling = std::max(max_dialling, dialling);
        if (hang) {
            async::event never_signalled(*world_.scheduler);
            while (!scope.stopped() && hang) {
                co_await never_signalled.wait(scope);
            }
        }
        --dialling;
        if (scope.stopped()) co_return net::dial_stopped(scope, stage::connect);
        if (refuse) {
            std::optional<error> why = refuse();
            if (why) co_return std::move(*why);
        }
        if (!failures.empty()) {
            error why = failures.front();
            failures.pop_front();
            co_return why;
        }
        net::dialled made;
        auto stream = std::make_shared<scripted_stream>(world_, answer_, disturb);
        streams.push_back(stream);
        made.stream = std::move(stream);
        co_return made;
    }

    /// Connections that the client has not closed.
    [[nodiscard]] std::size_t open() const {
        std::size_t count = 0;
        for (const auto& s : streams) count += s->closed_by_client() ? 0 : 1;
        return count;
    }

    bool hang = false;
    std::deque<error> failures;
    /// Asked before each connection is made; an error stands for it.
    std::function<std::optional<error>()> refuse;
    /// Of every connection made from now on.
    scripted_stream::disturbance disturb;
    std::size_t dials = 0;
    std::size_t dialling = 0;
    std::size_t max_dialling = 0;
    std::vector<std::shared_ptr<scripted_stream>> streams;

private:
    world& world_;
    scripted_stream::service answer_;
};

}  // namespace getty::connect::testing

#include "support/gate/fault_gate.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include <algorithm>
#include <atomic>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace getty::connect::test {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

namespace {

constexpr auto quietly = asio::as_tuple(asio::use_awaitable);

void reset(tcp::socket& s) {
    error_code ignored;
    s.set_option(asio::socket_base::linger(true, 0), ignored);
    s.close(ignored);
}

}  // namespace

struct fault_gate::state {
    state(std::uint16_t origin, script s)
        : acceptor(context, tcp::endpoint(asio::ip::address_v4::loopback(), 0)),
          port(acceptor.local_endpoint().port()),
          origin_port(origin),
          choose(std::move(s)) {
        asio::co_spawn(context, listen(), asio::detached);
        thread = std::thread([this] { context.run(); });
    }

    ~state() {
        asio::post(context, [this] {
            error_code ignored;
            acceptor.close(ignored);
            for (pair* p : open) p->end(flow::ending::reset);
            context.stop();
        });
        thread.join();
    }

    struct pair {
        explicit pair(state& in, tcp::socket accepted)
            : of(in), client(std::move(accepted)), origin(in.context) {
            of.open.insert(this);
            of.max_open = std::max<std::uint64_t>(of.max_open, of.open.size());
            of.open_now = of.open.size();
        }
        ~pair() {
            end(flow::ending::fin);  // before it counts as gone
            of.open.erase(this);
            of.open_now = of.open.size();
        }
        pair(const pair&) = delete;
        pair& operator=(const pair&) = delete;

        void end(flow::ending how) {
            error_code ignored;
            if (how == flow::ending::reset) {
                reset(client);
                reset(origin);
            } else {
                client.close(ignored);
                origin.close(ignored);
            }
        }

        state& of;
        tcp::socket client;
        tcp::socket origin;
        fault what;
    };

    asio::awaitable<void> listen() {
        for (std::size_t number = 0;; ++number) {
            auto [failed, socket] = co_await acceptor.async_accept(quietly);
            if (failed == asio::error::operation_aborted || failed == asio::error::bad_descriptor) co_return;
            if (failed) {  // out of descriptors, say
                asio::steady_timer pause(context, std::chrono::milliseconds(20));
                co_await pause.async_wait(quietly);
                continue;
            }
            ++accepted;
            auto one = std::make_shared<pair>(*this, std::move(socket));
            {
                const std::lock_guard lock(mutex);
                if (choose) one->what = choose(number);
            }
            asio::co_spawn(context, serve(std::move(one)), asio::detached);
        }
    }

    asio::awaitable<void> serve(std::shared_ptr<pair> p) {
        if (p->what.on_arrival == fault::arrival::refuse) {
            reset(p->client);
            co_return;
        }
        if (p->what.on_arrival == fault::arrival::ignore) {
            // Reads, so that it is noticed when the client leaves.
            char buffer[4096];
            for (;;) {
                auto [failed, bytes] = co_await p->client.async_read_some(asio::buffer(buffer), quietly);
                if (failed) co_return;
            }
        }
        const tcp::endpoint to(asio::ip::address_v4::loopback(), origin_port);
        auto [failed] = co_await p->origin.async_connect(to, quietly);
        if (failed) {
            reset(p->client);
            co_return;
        }
        error_code ignored;
        p->client.set_option(tcp::no_delay(true), ignored);
        p->origin.set_option(tcp::no_delay(true), ignored);
        asio::co_spawn(context, pump(p, p->origin, p->client, p->what.to_client, to_client), asio::detached);
        asio::co_spawn(context, pump(p, p->client, p->origin, p->what.to_origin, to_origin), asio::detached);
    }

    asio::awaitable<void> wait(std::chrono::nanoseconds span) {
        asio::steady_timer timer(context, std::chrono::duration_cast<asio::steady_timer::duration>(span));
        co_await timer.async_wait(quietly);
    }

    // `p` keeps the connection alive.
    asio::awaitable<void> pump(std::shared_ptr<pair> p, tcp::socket& from, tcp::socket& to, const flow& how,
                               std::atomic<std::uint64_t>& counted) {
        std::uint64_t passed = 0;
        bool begun = false;
        std::vector<char> buffer(64 * 1024);
        for (;;) {
            auto [failed, bytes] = co_await from.async_read_some(asio::buffer(buffer), quietly);
            if (failed) {
                if (failed == asio::error::eof && how.hold_end) co_return;
                error_code ignored;
                if (failed == asio::error::eof) {
                    to.shutdown(tcp::socket::shutdown_send, ignored);
                } else {
                    p->end(flow::ending::reset);
                }
                co_return;
            }
            if (!std::exchange(begun, true) && how.delay.count() > 0) {
                co_await wait(how.delay);
            }
            while (frozen) {
                co_await wait(std::chrono::milliseconds(2));
            }
            std::size_t at = 0;
            while (at < bytes) {
                if (passed == how.cut_at) {
                    p->end(how.how);
                    co_return;
                }
                if (passed == how.stall_at) {
                    at = bytes;  // taken and never passed on
                    break;
                }
                if (passed == how.surplus_at && !how.surplus.empty()) {
                    auto [lost, written] = co_await asio::async_write(to, asio::buffer(how.surplus), quietly);
                    if (lost) co_return;
                }
                if (passed == how.corrupt_at) buffer[at] = static_cast<char>(~buffer[at]);
                std::uint64_t next = passed + std::min<std::uint64_t>(bytes - at, how.slice_bytes);
                for (const std::uint64_t event : {how.cut_at, how.stall_at, how.surplus_at, how.corrupt_at}) {
                    if (event > passed) next = std::min(next, event);
                }
                const auto size = static_cast<std::size_t>(next - passed);
                auto [lost, written] =
                    co_await asio::async_write(to, asio::buffer(buffer.data() + at, size), quietly);
                if (lost) {
                    p->end(flow::ending::reset);
                    co_return;
                }
                counted += written;
                passed = next;
                at += size;
                if (how.bytes_per_second > 0) {
                    co_await wait(std::chrono::nanoseconds(1'000'000'000 * size / how.bytes_per_second));
                }
            }
        }
    }

    // Outlive the context, with which the connections go that are still open.
    std::set<pair*> open;
    std::atomic<std::uint64_t> accepted{0}, open_now{0}, max_open{0}, to_client{0}, to_origin{0};
    std::atomic<bool> frozen{false};
    asio::io_context context{1};
    tcp::acceptor acceptor;
    std::uint16_t port;
    std::uint16_t origin_port;
    std::mutex mutex;
    script choose;
    std::thread thread;
};

fault_gate::fault_gate(std::uint16_t origin_port, script choose)
    : state_(std::make_unique<state>(origin_port, std::move(choose))) {}

fault_gate::~fault_gate() = default;

std::uint16_t fault_gate::port() const noexcept { return state_->port; }

std::string fault_gate::in_place_of(const std::string& url) const {
    const std::string before = ":" + std::to_string(state_->origin_port);
    std::string changed = url;
    return changed.replace(changed.find(before), before.size(), ":" + std::to_string(port()));
}

void fault_gate::choose(script from_now_on) {
    const std::lock_guard lock(state_->mutex);
    state_->choose = std::move(from_now_on);
}

void fault_gate::freeze(bool frozen) { state_->frozen = frozen; }

void fault_gate::reset_all() {
    asio::post(state_->context, [s = state_.get()] {
        for (state::pair* p : s->open) p->end(flow::ending::reset);
    });
}

fault_gate::counters fault_gate::snapshot() const {
    counters c;
    c.accepted = state_->accepted;
    c.open = state_->open_now;
    c.max_open = state_->max_open;
    c.bytes_to_client = state_->to_client;
    c.bytes_to_origin = state_->to_origin;
    return c;
}

}  // namespace getty::connect::test

// A program with sockets of its own, as its user compiles it: every Asio function whose return type depends
// on BOOST_ASIO_NO_DEPRECATED is used here, beside a client that is refused, served, and raced with timers.
#include <getty/connect.hpp>
#include <getty/connect/sandbox.hpp>

#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/connect.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/use_future.hpp>
#include <boost/asio/write.hpp>

#include <chrono>
#include <csignal>
#include <future>
#include <iostream>
#include <optional>
#include <set>
#include <string>
#include <unistd.h>
#include <utility>
#include <variant>

namespace asio = boost::asio;
namespace gc = getty::connect;
using namespace std::chrono_literals;
using tcp = asio::ip::tcp;

namespace {

int failures = 0;

void check(bool good, const char* what) {
    if (good) return;
    ++failures;
    std::cerr << "failed: " << what << '\n';
}

gc::client_options options(const std::string& base_url, const std::string& ca_pem) {
    gc::client_options wanted;
    wanted.base_url(base_url).ca_pem(ca_pem).max_attempts(1);
    wanted.credentials("sandbox-key", gc::secret("sandbox-secret"));
    return wanted;
}

/// The spellings with an error_code, on the very types that the library has inside.
void use_own_sockets(const asio::any_io_executor& executor) {
    boost::system::error_code ec;
    using acceptor_type = asio::basic_socket_acceptor<tcp, asio::any_io_executor>;
    using socket_type = asio::basic_stream_socket<tcp, asio::any_io_executor>;
    acceptor_type acceptor(executor);
    acceptor.open(tcp::v4(), ec);
    acceptor.set_option(tcp::acceptor::reuse_address(true), ec);
    acceptor.bind({asio::ip::address_v4::loopback(), 0}, ec);
    acceptor.listen(5, ec);
    check(!ec, "listen");
    socket_type out(executor), in(executor);
    out.open(tcp::v4(), ec);
    out.connect(acceptor.local_endpoint(), ec);
    acceptor.accept(in, ec);
    check(!ec, "accept");
    in.non_blocking(true, ec);
    in.native_non_blocking(true, ec);
    out.set_option(tcp::no_delay(true), ec);
    tcp::no_delay delay;
    out.get_option(delay, ec);
    check(!ec && delay.value(), "get_option");
    asio::write(out, asio::buffer("x", 1), ec);
    out.wait(tcp::socket::wait_write, ec);
    out.shutdown(tcp::socket::shutdown_both, ec);
    out.cancel(ec);
    out.close(ec);
    in.close(ec);
    const std::uint16_t port = acceptor.local_endpoint().port();
    acceptor.close(ec);
    check(!ec, "close");
    // Nobody listens there any more.
    socket_type refused(executor);
    refused.open(tcp::v4(), ec);
    refused.connect({asio::ip::address_v4::loopback(), port}, ec);
    check(ec == asio::error::connection_refused, "refused");
    refused.close(ec);
    int ends[2];
    if (::pipe(ends) == 0) {
        asio::posix::basic_stream_descriptor<asio::any_io_executor> end(executor);
        end.assign(ends[0], ec);
        end.non_blocking(true, ec);
        end.cancel(ec);
        end.close(ec);
        check(!ec, "descriptor");
        ::close(ends[1]);
    }
    asio::basic_signal_set<asio::any_io_executor> signals(executor);
    signals.add(SIGUSR1, ec);
    signals.clear(ec);
    signals.cancel(ec);
    asio::ssl::context tls(asio::ssl::context::tls_client);
    tls.set_default_verify_paths(ec);
    tls.set_verify_mode(asio::ssl::verify_peer, ec);
    check(!ec, "TLS context");
}

asio::awaitable<bool> is_refused(gc::client& client) {
    const gc::result<gc::image> one = co_await client.get("10000001");
    co_return !one && one.error().code() == gc::condition::unreachable;
}

asio::awaitable<std::size_t> raced(gc::client& client, std::size_t count) {
    using namespace asio::experimental::awaitable_operators;
    auto next = [n = std::size_t{0}, count]() mutable -> std::optional<std::string> {
        if (n == count) return std::nullopt;
        return std::to_string(10'000'001 + 1'000 * n++);
    };
    gc::outcome_stream stream = client.fetch(std::move(next), gc::fetch_options().max_in_flight(4));
    asio::steady_timer timer(co_await asio::this_coro::executor);
    std::set<std::uint64_t> found;
    for (std::size_t round = 0;; ++round) {
        timer.expires_after(std::chrono::microseconds(round * 37 % 250));
        auto either = co_await (stream.next() || timer.async_wait(asio::use_awaitable));
        if (either.index() == 1) continue;
        const std::optional<gc::outcome>& one = std::get<0>(either);
        if (!one) co_return found.size();
        if (one->value && one->value->image.image_id() == one->id) found.insert(one->index);
    }
}

template <class T>
T run(asio::io_context& context, asio::awaitable<T> work) {
    std::future<T> done = asio::co_spawn(context, std::move(work), asio::use_future);
    context.restart();
    while (done.wait_for(0s) != std::future_status::ready && context.run_one() > 0) {
    }
    return done.get();
}

}  // namespace

int main() {
    asio::io_context context;
    use_own_sockets(context.get_executor());
    {
        gc::client nobody(context.get_executor(), options("https://127.0.0.1:9/api", ""));
        check(run(context, is_refused(nobody)), "a refused connection is an error");
    }
    const gc::sandbox::background_server server;
    {
        gc::client client(context.get_executor(), options(server->base_url(), server->ca_pem()));
        check(run(context, raced(client, 2'000)) == 2'000, "every outcome arrives once");
    }
    {
        asio::thread_pool pool(2);
        gc::client client(pool.get_executor(), options(server->base_url(), server->ca_pem()));
        asio::io_context own;
        check(run(own, raced(client, 2'000)) == 2'000, "every outcome arrives once, with threads");
        asio::co_spawn(pool, client.close(), asio::use_future).get();
        pool.join();
    }
    use_own_sockets(context.get_executor());
    static_assert(GETTY_CONNECT_VERSION >= 200);
    std::cout << (failures == 0 ? "good" : "bad") << ", with getty-connect " << gc::version << '\n';
    return failures == 0 ? 0 : 1;
}

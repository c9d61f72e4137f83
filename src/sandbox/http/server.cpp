#include "core/clock.hpp"
#include "core/descriptor.hpp"
#include "core/quietly.hpp"
#include "core/signals_blocked.hpp"
#include "sandbox/http/authority.hpp"
#include "sandbox/http/connection.hpp"
#include "sandbox/service.hpp"
#include "sandbox/settings_check.hpp"

#include <getty/connect/sandbox.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/execution_context.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include <algorithm>
#include <cerrno>
#include <exception>
#include <mutex>
#include <netinet/in.h>
#include <optional>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>
#include <unordered_set>
#include <utility>
#include <vector>

namespace getty::connect::sandbox {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;
using tcp = asio::ip::tcp;

constexpr std::chrono::seconds handshake_limit(10);
constexpr std::chrono::seconds closing_limit(1);
constexpr std::chrono::milliseconds accept_pause(20);
constexpr std::size_t read_bytes = 8 * 1024;
constexpr std::size_t flush_bytes = 32 * 1024;

error unusable(std::string_view why) { return {errc::invalid_option, stage::queue, why}; }

std::vector<std::string> certificate_names(const settings& s) {
    std::vector<std::string> names = {"localhost", "127.0.0.1", "::1"};
    names.push_back(s.address);
    names.insert(names.end(), s.server_names.begin(), s.server_names.end());
    return names;
}

boost::system::system_error last_system_error(const char* what) {
    return boost::system::system_error(errno, boost::system::system_category(), what);
}

/// Not inherited by programs that are started, as Asio's own would be.
int listening_socket(const tcp::endpoint& at) {
    core::descriptor made(::socket(at.protocol().family(), SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    const int fd = made.get();
    if (!made.is_open()) throw last_system_error("socket");
    const int on = 1;
    ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (::bind(fd, at.data(), static_cast<socklen_t>(at.size())) != 0 || ::listen(fd, SOMAXCONN) != 0) {
        throw last_system_error("listen");
    }
    return made.release();
}

moment this_moment() { return {core::steady_now(), core::wall_now()}; }

}  // namespace

/// Vocabulary: a *task* is one of the coroutines: the acceptor, the sweeper, and one for each connection.
/// Each holds this object alive, and `tasks_` counts them; `stop` waits for the last. Invariant: all but
/// construction happens on `executor_`, which runs one handler at a time.
class server::impl : public std::enable_shared_from_this<server::impl> {
public:
    class registry;

    impl(asio::any_io_executor serial, settings with);

    static std::shared_ptr<impl> start(asio::any_io_executor serial, const options& wanted);
    static asio::awaitable<void> stop(std::shared_ptr<impl> self);
    static asio::awaitable<void> drain(std::shared_ptr<impl> self);
    void shut_down();

    /// In the list of connections as long as it lives.
    class member {
    public:
        member(std::shared_ptr<impl> owner, tcp::socket accepted);
        ~member();
        member(const member&) = delete;
        member& operator=(const member&) = delete;

        std::shared_ptr<impl> owner;
        connection link;
    };

    /// The execution context goes: lets go of what belongs to it.
    void context_ends() noexcept;
    [[nodiscard]] bool ended() const noexcept { return !io_; }

    const settings settings_;
    const certificates certificates_;
    service service_;
    std::uint16_t port_ = 0;
    tcp protocol_ = tcp::v4();
    std::string base_url_, v3_base_url_;
    asio::any_io_executor executor_;

private:
    static asio::awaitable<void> accept(std::shared_ptr<impl> self);
    static asio::awaitable<void> sweep(std::shared_ptr<impl> self);
    static asio::awaitable<void> serve(std::unique_ptr<member> one);
    static asio::awaitable<bool> greet(member& one);
    static asio::awaitable<void> exchange(member& one);
    static asio::awaitable<bool> pause(member& one, std::chrono::milliseconds wait);
    static asio::awaitable<bool> send(member& one, std::string_view bytes);
    static asio::awaitable<bool> flush(member& one);
    static asio::awaitable<bool> deliver(member& one, std::size_t begin, delivery how);
    static asio::awaitable<void> turn_away(member& one);
    void listen();
    void spawn(asio::awaitable<void> task);
    [[nodiscard]] core::time_point idle_deadline() const {
        return core::later(core::steady_now(), settings_.idle_timeout);
    }

    /// What must not outlive the execution context.
    struct io_objects {
        explicit io_objects(const asio::any_io_executor& on)
            : acceptor(on), sweep_timer(on), room(on, core::never), silent(on, core::never) {}
        tcp::acceptor acceptor;
        asio::steady_timer sweep_timer;
        asio::steady_timer room;    // cancelled when a connection ends
        asio::steady_timer silent;  // cancelled when the last task ends
    };

    asio::ssl::context tls_;
    std::optional<io_objects> io_;  // none without an execution context
    std::unordered_set<connection*> connections_;
    std::size_t tasks_ = 0;
    bool closing_ = false;
};

server::impl::impl(asio::any_io_executor serial, settings with)
    : settings_(std::move(with)),
      certificates_(make_certificates(certificate_names(settings_), *core::system_random())),
      service_(settings_, certificates_.ca_pem),
      executor_(std::move(serial)),
      tls_(make_server_context(certificates_).release()),
      io_(std::in_place, executor_) {
    listen();
}

void server::impl::listen() {
    const tcp::endpoint wanted(asio::ip::make_address(settings_.address), settings_.port);
    try {
        const int listening = listening_socket(wanted);
        io_->acceptor.assign(wanted.protocol(), listening);
        protocol_ = wanted.protocol();
        port_ = io_->acceptor.local_endpoint().port();
    } catch (const boost::system::system_error& e) {
        throw failure(unusable("cannot listen on " + settings_.address + " port " +
                               std::to_string(settings_.port) + " (" + e.code().message() +
                               "); choose another address or port, or port 0 for any free one"));
    }
    const bool v6 = wanted.address().is_v6();
    const std::string host = wanted.address().is_loopback() ? "localhost"
                             : v6                           ? "[" + settings_.address + "]"
                                                            : settings_.address;
    const std::string origin = "https://" + host + ":" + std::to_string(port_);
    base_url_ = origin + "/api";
    v3_base_url_ = origin + "/v3";
}

/// One per execution context; tells the servers on it when it goes.
class server::impl::registry final : public asio::execution_context::service {
public:
    using key_type = registry;
    inline static asio::execution_context::id id;

    explicit registry(asio::execution_context& context) : service(context) {}

    void add(const std::shared_ptr<impl>& one) {
        const std::lock_guard lock(mutex_);
        std::erase_if(servers_, [](const auto& other) { return other.expired(); });
        servers_.push_back(one);
    }

private:
    void shutdown() noexcept override {
        for (const auto& weak : servers_) {
            if (const auto one = weak.lock()) one->context_ends();
        }
    }

    std::mutex mutex_;
    std::vector<std::weak_ptr<impl>> servers_;
};

void server::impl::context_ends() noexcept {
    closing_ = true;
    io_.reset();
    executor_ = asio::any_io_executor();
}

std::shared_ptr<server::impl> server::impl::start(asio::any_io_executor serial, const options& wanted) {
    if (const std::string why = why_unusable(wanted.values()); !why.empty()) throw failure(unusable(why));
    auto self = std::make_shared<impl>(std::move(serial), wanted.values());
    asio::execution_context& context = asio::query(self->executor_, asio::execution::context);
    asio::use_service<registry>(context).add(self);
    self->spawn(accept(self));
    self->spawn(sweep(self));
    return self;
}

void server::impl::spawn(asio::awaitable<void> task) {
    ++tasks_;
    // an exception in a task (no memory left) ends that connection and nothing else
    asio::co_spawn(executor_, std::move(task), [self = shared_from_this()](const std::exception_ptr&) {
        if (--self->tasks_ == 0 && self->io_) self->io_->silent.cancel();
    });
}

server::impl::member::member(std::shared_ptr<impl> to, tcp::socket accepted)
    : owner(std::move(to)), link(std::move(accepted), owner->tls_, owner->settings_) {
    link.deadline = std::min(owner->idle_deadline(), core::later(core::steady_now(), handshake_limit));
    owner->connections_.insert(&link);
    owner->service_.connection_opened();
}

server::impl::member::~member() {
    owner->service_.requests_ended(link.pending);
    owner->service_.connection_closed();
    owner->connections_.erase(&link);
    if (owner->io_) owner->io_->room.cancel();
}

asio::awaitable<void> server::impl::accept(std::shared_ptr<impl> self) {
    error_code ec;
    while (!self->closing_) {
        if (self->connections_.size() >= self->settings_.max_connections) {
            co_await self->io_->room.async_wait(asio::redirect_error(asio::use_awaitable, ec));
            continue;
        }
        // Not async_accept: it calls the spelling of `assign` that is two functions, see core/quietly.hpp.
        tcp::acceptor& acceptor = self->io_->acceptor;
        const int fd = ::accept4(acceptor.native_handle(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
        if (fd < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
            co_await acceptor.async_wait(tcp::acceptor::wait_read,
                                         asio::redirect_error(asio::use_awaitable, ec));
            continue;
        }
        if (fd < 0) {
            // no descriptor left, or the peer has gone already: pause, then go on
            asio::steady_timer pause(self->executor_, accept_pause);
            co_await pause.async_wait(asio::redirect_error(asio::use_awaitable, ec));
            continue;
        }
        tcp::socket accepted(self->executor_, self->protocol_, fd);
        core::quietly([&accepted] { accepted.set_option(tcp::no_delay(true)); });
        auto one = std::make_unique<member>(self, std::move(accepted));
        self->spawn(serve(std::move(one)));
    }
}

asio::awaitable<void> server::impl::sweep(std::shared_ptr<impl> self) {
    const auto interval = std::clamp(self->settings_.idle_timeout / 4, std::chrono::milliseconds(1),
                                     std::chrono::milliseconds(500));
    error_code ec;
    while (!self->closing_) {
        self->io_->sweep_timer.expires_after(interval);
        co_await self->io_->sweep_timer.async_wait(asio::redirect_error(asio::use_awaitable, ec));
        const core::time_point now = core::steady_now();
        for (connection* link : self->connections_) {
            if (now >= link->deadline) link->abort();
        }
    }
}

asio::awaitable<void> server::impl::serve(std::unique_ptr<member> one) {
    const bool secure = co_await greet(*one);
    if (!secure) co_return;
    co_await exchange(*one);
    one->link.deadline = core::later(core::steady_now(), closing_limit);
    error_code ignored;
    co_await one->link.stream.async_shutdown(asio::redirect_error(asio::use_awaitable, ignored));
}

/// The handshake; false when the connection is over. A plain HTTP request gets the 404 that the service
/// gives.
asio::awaitable<bool> server::impl::greet(member& one) {
    connection& link = one.link;
    tcp::socket& socket = link.stream.next_layer();
    error_code ec;
    co_await socket.async_wait(tcp::socket::wait_read, asio::redirect_error(asio::use_awaitable, ec));
    if (ec) co_return false;
    char first = 0;
    core::quietly([&socket] { socket.non_blocking(true); });
    const std::size_t seen = socket.receive(asio::buffer(&first, 1), tcp::socket::message_peek, ec);
    if (seen == 1 && first >= 'A' && first <= 'Z') {
        co_await turn_away(one);
        co_return false;
    }
    co_await link.stream.async_handshake(asio::ssl::stream_base::server,
                                         asio::redirect_error(asio::use_awaitable, ec));
    const bool resumed = SSL_session_reused(link.stream.native_handle()) == 1;
    one.owner->service_.handshake_ended(ec        ? service::handshake::failed
                                        : resumed ? service::handshake::resumed
                                                  : service::handshake::full);
    co_return !ec;
}

asio::awaitable<void> server::impl::turn_away(member& one) {
    connection& link = one.link;
    tcp::socket& socket = link.stream.next_layer();
    one.owner->service_.refuse(404, this_moment(), link.out);
    link.deadline = core::later(core::steady_now(), closing_limit);
    error_code ec;
    co_await asio::async_write(socket, asio::buffer(link.out), asio::redirect_error(asio::use_awaitable, ec));
    core::quietly([&socket] { socket.shutdown(tcp::socket::shutdown_send); });
    // closing with unread bytes would reset the connection and take the answer with it
    char rest[1024];
    while (!ec) {
        co_await socket.async_read_some(asio::buffer(rest), asio::redirect_error(asio::use_awaitable, ec));
    }
}

/// Requests and answers, in order, until either side wants to end.
asio::awaitable<void> server::impl::exchange(member& one) {
    connection& link = one.link;
    service& answers = one.owner->service_;
    error_code ec;
    for (bool last = false; !last;) {
        const connection::parsed how = link.parse();
        if (how == connection::parsed::need_more) {
            const bool sent = co_await flush(one);
            if (!sent) co_return;
            link.deadline = one.owner->idle_deadline();
            const auto room = link.buffer.prepare(read_bytes);
            const std::size_t got =
                co_await link.stream.async_read_some(room, asio::redirect_error(asio::use_awaitable, ec));
            if (ec) co_return;
            link.buffer.commit(got);
            continue;
        }
        if (how == connection::parsed::malformed) {
            answers.refuse(link.refusal(), this_moment(), link.out);
            last = true;
        } else {
            const request_view request = link.view();
            ++link.pending;
            answers.requests_begun(1);
            const auto wait = answers.latency_of(request.target);
            const bool waited = co_await pause(one, wait);
            if (!waited) co_return;
            const std::size_t begin = link.out.size();
            const delivery to_send = answers.answer(request, this_moment(), link.out);
            last = to_send.end != delivery::ending::keep;
            if (!to_send.is_plain()) {
                const bool delivered = co_await deliver(one, begin, to_send);
                if (!delivered) co_return;
                continue;
            }
            const bool hold = !last && wait == wait.zero() && link.out.size() < flush_bytes;
            if (hold) continue;  // perhaps the next request is here already: one write for both
        }
        const bool sent = co_await flush(one);
        if (!sent) co_return;
    }
}

/// False when the connection is to end now.
asio::awaitable<bool> server::impl::pause(member& one, std::chrono::milliseconds wait) {
    connection& link = one.link;
    if (one.owner->closing_) co_return false;  // nobody would cancel the timer any more
    if (wait == wait.zero()) co_return true;
    link.deadline = core::later(one.owner->idle_deadline(), wait);
    link.timer.expires_after(wait);
    error_code ec;
    co_await link.timer.async_wait(asio::redirect_error(asio::use_awaitable, ec));
    co_return !ec;
}

/// False when the peer is gone.
asio::awaitable<bool> server::impl::send(member& one, std::string_view bytes) {
    if (bytes.empty()) co_return true;
    one.link.deadline = one.owner->idle_deadline();
    error_code ec;
    co_await asio::async_write(one.link.stream, asio::buffer(bytes),
                               asio::redirect_error(asio::use_awaitable, ec));
    co_return !ec;
}

/// Sends what is answered; false when the peer is gone.
asio::awaitable<bool> server::impl::flush(member& one) {
    connection& link = one.link;
    const bool sent = co_await send(one, link.out);
    link.out.clear();
    one.owner->service_.requests_ended(std::exchange(link.pending, 0));
    co_return sent;
}

/// Sends what is answered, the part from `begin` on as `how` says; false when the connection is to end now.
asio::awaitable<bool> server::impl::deliver(member& one, std::size_t begin, delivery how) {
    connection& link = one.link;
    const std::string_view all = link.out;
    const bool in_pieces = how.piece_bytes > 0;
    std::size_t done = begin;
    bool good = co_await send(one, all.substr(0, begin));
    if (good) good = co_await pause(one, how.wait);
    while (good && done < all.size()) {
        const std::size_t body = begin + how.body_at;
        std::size_t bytes = all.size() - done;
        if (in_pieces) bytes = done < body ? body - done : std::min(how.piece_bytes, bytes);
        good = co_await send(one, all.substr(done, bytes));
        done += bytes;
        if (good && in_pieces) good = co_await pause(one, how.piece_wait);
    }
    link.out.clear();
    one.owner->service_.requests_ended(std::exchange(link.pending, 0));
    if (how.end == delivery::ending::reset) link.reset();
    co_return good;
}

void server::impl::shut_down() {
    if (ended()) return;
    closing_ = true;
    core::quietly([this] { io_->acceptor.close(); });
    io_->sweep_timer.cancel();
    io_->room.cancel();
    for (connection* link : connections_) link->abort();
}

asio::awaitable<void> server::impl::drain(std::shared_ptr<impl> self) {
    self->shut_down();
    error_code ec;
    while (self->tasks_ > 0) {
        co_await self->io_->silent.async_wait(asio::redirect_error(asio::use_awaitable, ec));
    }
}

asio::awaitable<void> server::impl::stop(std::shared_ptr<impl> self) {
    if (self->ended()) co_return;
    const auto executor = self->executor_;
    co_await asio::co_spawn(executor, drain(self), asio::use_awaitable);
}

server::server(asio::any_io_executor executor, options wanted)
    : impl_(impl::start(asio::make_strand(std::move(executor)), wanted)) {}

server::server(std::shared_ptr<impl> running) noexcept : impl_(std::move(running)) {}

server::~server() {
    if (!impl_ || impl_->ended()) return;
    const auto executor = impl_->executor_;
    asio::post(executor, [last = std::move(impl_)] { last->shut_down(); });
}

server::server(server&&) noexcept = default;

server& server::operator=(server&& other) noexcept {
    std::swap(impl_, other.impl_);
    return *this;
}

std::uint16_t server::port() const noexcept { return impl_->port_; }
const std::string& server::base_url() const noexcept { return impl_->base_url_; }
const std::string& server::v3_base_url() const noexcept { return impl_->v3_base_url_; }
const std::string& server::ca_pem() const noexcept { return impl_->certificates_.ca_pem; }
counters server::snapshot() const { return impl_->service_.snapshot(); }
std::uint64_t server::requests_for(std::string_view id) const { return impl_->service_.requests_for(id); }
void server::expire_tokens() { impl_->service_.expire_tokens(); }
void server::rotate_tokens() { impl_->service_.rotate_tokens(); }
void server::expire_nonces() { impl_->service_.expire_nonces(); }
void server::advance(std::chrono::milliseconds step) { impl_->service_.advance(step); }

void server::fail_next(std::uint64_t count, int status, std::optional<std::chrono::seconds> retry_after) {
    impl_->service_.fail_next(count, status, retry_after);
}

void server::add_fault(std::string_view spec) { impl_->service_.add_fault(spec).value(); }
void server::clear_faults() { impl_->service_.clear_faults(); }

asio::awaitable<void> server::stop() { return impl::stop(impl_); }

struct background_server::state {
    explicit state(const options& wanted)
        // one thread alone runs this context, so its executor is serial by itself
        : running(server::impl::start(context.get_executor(), wanted)) {}

    asio::io_context context{1};
    server running;
    std::thread thread;
};

background_server::background_server(options wanted) : state_(std::make_unique<state>(wanted)) {
    const core::signals_blocked during_start;
    state_->thread = std::thread([context = &state_->context] { context->run(); });
}

background_server::~background_server() {
    // the context runs out of work when the last task has ended
    asio::post(state_->context, [running = state_->running.impl_] { running->shut_down(); });
    state_->thread.join();
}

server* background_server::operator->() noexcept { return &state_->running; }
const server* background_server::operator->() const noexcept { return &state_->running; }
server& background_server::operator*() noexcept { return state_->running; }
const server& background_server::operator*() const noexcept { return state_->running; }

}  // namespace getty::connect::sandbox

#include "bench/origin.hpp"

#include "bench/image_json.hpp"
#include "bench/image_set_json.hpp"
#include "bench/image_set_target.hpp"
#include "bench/system.hpp"
#include "core/random.hpp"
#include "sandbox/http/authority.hpp"

#include <openssl/bio.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <algorithm>
#include <arpa/inet.h>
#include <array>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstdint>
#include <cstring>
#include <deque>
#include <memory>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <optional>
#include <string>
#include <string_view>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <unistd.h>
#include <vector>

namespace bench {
namespace {

using clock = std::chrono::steady_clock;
constexpr std::size_t max_id_bytes = 128;

/// Prebuilt bytes with room for an id of one length: answering is a copy and a few patches.
class id_form {
public:
    /// `bytes` has "@" for each byte of an id, and none else.
    id_form(std::string bytes, std::size_t id_bytes) : bytes_(std::move(bytes)) {
        const std::string id(id_bytes, '@');
        for (std::size_t at = 0; (at = bytes_.find(id, at)) != bytes_.npos; at += id_bytes)
            places_.push_back(at);
    }

    [[nodiscard]] std::size_t size() const noexcept { return bytes_.size(); }
    void append(std::string& out, std::string_view id) const {
        const std::size_t start = out.size();
        out += bytes_;
        for (const std::size_t place : places_) std::copy(id.begin(), id.end(), out.data() + start + place);
    }

private:
    std::string bytes_;
    std::vector<std::size_t> places_;
};

/// By the length of the id.
class id_forms {
public:
    /// `make(id)` is what goes out for `id`.
    template <class Make>
    const id_form& at(std::size_t id_bytes, Make make) {
        auto& form = forms_[id_bytes];
        if (!form) form.emplace(make(std::string(id_bytes, '@')), id_bytes);
        return *form;
    }

private:
    std::array<std::optional<id_form>, max_id_bytes + 1> forms_;
};

std::string response_head(std::size_t body_bytes, std::string_view more_fields) {
    std::string head =
        "HTTP/1.1 200 OK\r\nContent-Type: application/json; charset=utf-8\r\nContent-Length: " +
        std::to_string(body_bytes) + "\r\n";
    head += more_fields;
    return head += "\r\n";
}

struct peer {
    peer(int descriptor, SSL* of, std::uint64_t number) : fd(descriptor), ssl(of), serial(number) {}
    ~peer() {
        SSL_free(ssl);
        close(fd);
    }
    peer(const peer&) = delete;
    peer& operator=(const peer&) = delete;

    int fd;
    SSL* ssl;
    std::uint64_t serial;
    std::string in;   // a request that is not complete
    std::string out;  // what the socket did not take yet, from `sent` on
    std::size_t sent = 0;
    bool waits_to_write = false;
    bool ends = false;  // once all is sent
};

/// An answer whose time has not come. The peer's descriptor may have been closed and used again.
struct delayed {
    clock::time_point due;
    int fd;
    std::uint64_t serial;
    std::string target;
};

class origin {
public:
    explicit origin(const origin_options& options);
    [[noreturn]] void run();

private:
    void announce(const std::string& ca_pem) const;
    void accept_all();
    void serve_peer(peer& p, std::uint32_t events);
    [[nodiscard]] bool read_requests(peer& p);
    [[nodiscard]] std::optional<std::size_t> answer_first(peer& p, std::string_view input);
    void answer(peer& p, std::string_view target);
    void append_answer(peer& p, std::string_view target);
    void append_image(peer& p, std::string_view id);
    void append_images(peer& p, std::string_view ids);
    [[nodiscard]] bool flush(peer& p);
    void flush_delayed();
    void arm_timer();
    [[nodiscard]] bool closes() const noexcept {
        return options_.then == origin_options::after_answer::close;
    }
    [[nodiscard]] std::string_view last_field() const noexcept {
        return closes() ? "Connection: close\r\n" : "";
    }
    void watch(int fd, std::uint32_t events, int how) const;

    origin_options options_;
    SSL_CTX* tls_;
    int epoll_, listener_, timer_;
    std::uint64_t serial_ = 0;
    std::vector<std::unique_ptr<peer>> peers_;  // by descriptor
    std::deque<delayed> delayed_;               // by time, as every delay is the same
    id_forms responses_, images_v3_;
    std::vector<std::string_view> ids_;  // of the request that is answered
    std::string challenge_, token_;
    std::array<char, 16 * 1024> buffer_{};
};

SSL_CTX* make_tls(const getty::connect::sandbox::certificates& with) {
    SSL_CTX* tls = getty::connect::sandbox::make_server_context(with).release();
    SSL_CTX_set_session_cache_mode(tls, SSL_SESS_CACHE_SERVER);
    SSL_CTX_set_min_proto_version(tls, TLS1_3_VERSION);
    // One suite for everybody, else the contestants' own preferences would be measured.
    require(SSL_CTX_set_ciphersuites(tls, "TLS_AES_128_GCM_SHA256") == 1, "choose the cipher suite");
    SSL_CTX_set_mode(tls, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    SSL_CTX_set_read_ahead(tls, 1);
    const unsigned char context[] = "bench";
    SSL_CTX_set_session_id_context(tls, context, sizeof context);
    return tls;
}

std::string plain_response(std::string_view status, std::string_view field, std::string_view body) {
    std::string text = "HTTP/1.1 ";
    text += status;
    text += "\r\nContent-Type: application/json\r\n";
    text += field;
    text += "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n";
    return text += body;
}

const std::string not_found = plain_response("404 Not Found", "", "[]");

origin::origin(const origin_options& options) : options_(options) {
    const auto random = getty::connect::core::seeded_random(
        static_cast<std::uint64_t>(clock::now().time_since_epoch().count()));
    const auto pems = getty::connect::sandbox::make_certificates({"localhost", "127.0.0.1"}, *random);
    tls_ = make_tls(pems);
    if (options.tickets == origin_options::session_tickets::withheld) SSL_CTX_set_num_tickets(tls_, 0);
    challenge_ = plain_response("401 Unauthorized",
                                "WWW-Authenticate: Digest realm=\"bench\", nonce=\"" + std::string(32, 'f') +
                                    "\", algorithm=" + options.digest + ", qop=\"auth\"\r\n",
                                "[]");
    token_ = plain_response("200 OK", "", R"({"Token":"bench-token","TokenDurationMinutes":60})");

    listener_ = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const auto* any_port = reinterpret_cast<const sockaddr*>(&address);
    require(bind(listener_, any_port, sizeof address) == 0 && listen(listener_, 4096) == 0, "listen");
    timer_ = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
    epoll_ = epoll_create1(EPOLL_CLOEXEC);
    watch(listener_, EPOLLIN, EPOLL_CTL_ADD);
    watch(timer_, EPOLLIN, EPOLL_CTL_ADD);
    announce(pems.ca_pem);
}

void origin::announce(const std::string& ca_pem) const {
    sockaddr_in address{};
    socklen_t size = sizeof address;
    getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
    const std::string text = std::to_string(ntohs(address.sin_port)) + "\n" + ca_pem;
    require(write(STDOUT_FILENO, text.data(), text.size()) == static_cast<ssize_t>(text.size()), "announce");
    close(STDOUT_FILENO);
}

void origin::watch(int fd, std::uint32_t events, int how) const {
    epoll_event event{};
    event.events = events;
    event.data.fd = fd;
    require(epoll_ctl(epoll_, how, fd, &event) == 0, "watch a descriptor");
}

void origin::run() {
    std::array<epoll_event, 256> events;
    clock::time_point awake_until;
    for (;;) {
        const bool spins = options_.idle == origin_options::idling::awake && clock::now() < awake_until;
        const int count = epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), spins ? 0 : -1);
        if (count > 0) awake_until = clock::now() + std::chrono::milliseconds(50);
        for (int i = 0; i < count; ++i) {
            const epoll_event& event = events[static_cast<std::size_t>(i)];
            const int fd = event.data.fd;
            if (fd == listener_) {
                accept_all();
            } else if (fd == timer_) {
                flush_delayed();
            } else if (peer* p = peers_[static_cast<std::size_t>(fd)].get()) {
                serve_peer(*p, event.events);
            }
        }
    }
}

void origin::accept_all() {
    for (;;) {
        const int fd = accept4(listener_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd < 0) return;
        const int on = 1;
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        SSL* ssl = SSL_new(tls_);
        SSL_set_fd(ssl, fd);
        SSL_set_accept_state(ssl);
        const auto place = static_cast<std::size_t>(fd);
        if (place >= peers_.size()) peers_.resize(2 * place + 1);
        peers_[place] = std::make_unique<peer>(fd, ssl, ++serial_);
        watch(fd, EPOLLIN, EPOLL_CTL_ADD);
    }
}

void origin::serve_peer(peer& p, std::uint32_t events) {
    const bool alive = ((events & EPOLLIN) == 0 || read_requests(p)) && flush(p) && (events & EPOLLERR) == 0;
    if (!alive) peers_[static_cast<std::size_t>(p.fd)].reset();
}

/// False when the peer has left. Level-triggered: what is still in the socket is reported again.
bool origin::read_requests(peer& p) {
    do {
        const int got = SSL_read(p.ssl, buffer_.data(), static_cast<int>(buffer_.size()));
        if (got <= 0) {
            const int why = SSL_get_error(p.ssl, got);
            return why == SSL_ERROR_WANT_READ || why == SSL_ERROR_WANT_WRITE;
        }
        std::string_view input(buffer_.data(), static_cast<std::size_t>(got));
        const bool continues = !p.in.empty();
        if (continues) input = p.in += input;
        while (const auto taken = answer_first(p, input)) input.remove_prefix(*taken);
        if (!continues || input.size() != p.in.size()) p.in = std::string(input);
        if (p.in.size() > buffer_.size()) return false;
    } while (SSL_has_pending(p.ssl) == 1);
    return true;
}

/// Answers the first request of `input` and returns its size; nothing when it is not complete.
std::optional<std::size_t> origin::answer_first(peer& p, std::string_view input) {
    const std::size_t end = input.find("\r\n\r\n");
    if (end == input.npos) return std::nullopt;
    const std::string_view head = input.substr(0, end + 2);
    std::size_t size = end + 4;
    constexpr std::string_view length_field = "\r\nContent-Length: ";
    if (const std::size_t at = head.find(length_field); at != head.npos) {
        std::size_t body = 0;
        std::from_chars(head.data() + at + length_field.size(), head.data() + head.size(), body);
        size += body;
        if (input.size() < size) return std::nullopt;
    }
    constexpr std::string_view get = "GET ";
    if (head.starts_with("POST /api/token ")) {
        p.out += token_;
    } else if (head.starts_with("GET /digest/") && head.find("\r\nAuthorization: Digest ") == head.npos) {
        p.out += challenge_;
    } else if (head.starts_with(get)) {
        const std::string_view rest = head.substr(get.size());
        answer(p, rest.substr(0, rest.find(' ')));
    } else {
        p.out += not_found;
    }
    return size;
}

void origin::answer(peer& p, std::string_view target) {
    if (options_.delay.count() == 0) return append_answer(p, target);
    delayed_.push_back({clock::now() + options_.delay, p.fd, p.serial, std::string(target)});
    if (delayed_.size() == 1) arm_timer();
}

void origin::append_answer(peer& p, std::string_view target) {
    for (const std::string_view image :
         {std::string_view("/api/images/"), std::string_view("/digest/images/")}) {
        if (!target.starts_with(image)) continue;
        const std::string_view rest = target.substr(image.size());
        return append_image(p, rest.substr(0, rest.find('?')));
    }
    for (const std::string_view images : {v3_one, v3_several}) {
        if (!target.starts_with(images)) continue;
        const std::string_view rest = target.substr(images.size());
        return append_images(p, rest.substr(0, rest.find_first_of("?&")));
    }
    p.out += not_found;
}

void origin::append_image(peer& p, std::string_view id) {
    if (id.empty() || id.size() > max_id_bytes) {
        p.out += not_found;
        return;
    }
    const auto make = [this](const std::string& any) {
        const std::string body = image_json(any);
        return response_head(body.size(), last_field()) + body;
    };
    responses_.at(id.size(), make).append(p.out, id);
    p.ends = closes();
}

/// The answer of v3 with an image for each of `ids`.
void origin::append_images(peer& p, std::string_view ids) {
    constexpr std::string_view begin = "{\"images\":[", end = "],\"images_not_found\":[]}";
    const auto form = [this](std::string_view id) -> const id_form& {
        return images_v3_.at(id.size(), [](const std::string& any) {
            std::string image;
            append_with_id(image, image_v3_template, any);
            return image;
        });
    };
    ids_.clear();
    if (ids.empty()) {
        p.out += not_found;
        return;
    }
    std::size_t size = begin.size() + end.size();
    for (std::string_view rest = ids; !rest.empty();) {
        const std::string_view id = rest.substr(0, rest.find(v3_comma));
        rest.remove_prefix(std::min(rest.size(), id.size() + v3_comma.size()));
        if (id.empty() || id.size() > max_id_bytes) {
            p.out += not_found;
            return;
        }
        ids_.push_back(id);
        size += form(id).size() + 1;
    }
    p.out += response_head(size - 1, last_field());
    p.out += begin;
    for (std::size_t i = 0; i < ids_.size(); ++i) {
        if (i > 0) p.out += ',';
        form(ids_[i]).append(p.out, ids_[i]);
    }
    p.out += end;
    p.ends = closes();
}

/// False when the peer has left, or has been sent all that it gets.
bool origin::flush(peer& p) {
    while (p.sent < p.out.size()) {
        const int done = SSL_write(p.ssl, p.out.data() + p.sent, static_cast<int>(p.out.size() - p.sent));
        if (done <= 0) {
            if (SSL_get_error(p.ssl, done) != SSL_ERROR_WANT_WRITE) return false;
            if (!p.waits_to_write) watch(p.fd, EPOLLIN | EPOLLOUT, EPOLL_CTL_MOD);
            p.waits_to_write = true;
            return true;
        }
        p.sent += static_cast<std::size_t>(done);
    }
    p.out.clear();
    p.sent = 0;
    if (p.waits_to_write) watch(p.fd, EPOLLIN, EPOLL_CTL_MOD);
    p.waits_to_write = false;
    if (p.ends) SSL_shutdown(p.ssl);
    return !p.ends;
}

void origin::flush_delayed() {
    std::uint64_t expirations = 0;
    (void)!read(timer_, &expirations, sizeof expirations);
    const auto now = clock::now();
    for (; !delayed_.empty() && delayed_.front().due <= now; delayed_.pop_front()) {
        const delayed& first = delayed_.front();
        auto& owner = peers_[static_cast<std::size_t>(first.fd)];
        if (!owner || owner->serial != first.serial) continue;
        append_answer(*owner, first.target);
        if (!flush(*owner)) owner.reset();
    }
    if (!delayed_.empty()) arm_timer();
}

void origin::arm_timer() {
    const auto since_boot = delayed_.front().due.time_since_epoch();
    itimerspec at{};
    at.it_value.tv_sec = std::chrono::duration_cast<std::chrono::seconds>(since_boot).count();
    at.it_value.tv_nsec = (since_boot % std::chrono::seconds(1)).count();
    timerfd_settime(timer_, TFD_TIMER_ABSTIME, &at, nullptr);
}

}  // namespace

void serve(const origin_options& options) {
    std::signal(SIGPIPE, SIG_IGN);
    origin(options).run();
}

}  // namespace bench

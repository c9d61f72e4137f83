#include "bench/contestants.hpp"
#include "bench/tls_socket.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <sys/epoll.h>
#include <unistd.h>
#include <vector>

namespace bench {
namespace {

struct line {
    explicit line(tls_socket s) : socket(std::move(s)) {}
    tls_socket socket;
    std::size_t received = 0;  // of the response under way
};

class tight_loop {
public:
    explicit tight_loop(const job& of)
        : meter_(of), context_(make_client_context(of.ca_pem)), epoll_(epoll_create1(0)) {
        const std::string host = "127.0.0.1:" + std::to_string(of.port);
        request_ = "GET /api/images/" + std::string(id_text(0).view()) + " HTTP/1.1\r\nHost: " + host +
                   "\r\nUser-Agent: bench\r\nAuthorization: Bearer bench-token\r\n\r\n";
        for (std::size_t i = 0; i < of.in_flight; ++i) {
            lines_.emplace_back(tls_socket(context_.get(), of.port));
            epoll_event event{};
            event.events = EPOLLIN;
            event.data.u64 = i;
            require(epoll_ctl(epoll_, EPOLL_CTL_ADD, lines_.back().socket.descriptor(), &event) == 0,
                    "watch a descriptor");
        }
    }
    ~tight_loop() { close(epoll_); }
    tight_loop(const tight_loop&) = delete;
    tight_loop& operator=(const tight_loop&) = delete;

    cost run() {
        for (line& l : lines_) send(l);
        std::array<epoll_event, 128> events;
        while (!meter_.done()) {
            const int count = epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), -1);
            for (int i = 0; i < count; ++i) receive(lines_[events[static_cast<std::size_t>(i)].data.u64]);
        }
        return meter_.result();
    }

private:
    void send(line& l) {
        std::uint64_t number = 0;
        if (!meter_.next(number)) return;
        constexpr std::size_t id_at = std::string_view("GET /api/images/").size();
        const id_text id(number);
        std::copy(id.view().begin(), id.view().end(), request_.begin() + id_at);
        l.socket.write(request_);
    }

    void receive(line& l) {
        const std::size_t got = l.socket.read(buffer_.data(), buffer_.size());
        if (got == 0) return;  // a session ticket
        const std::string_view bytes(buffer_.data(), got);
        if (l.received == 0 && !bytes.starts_with("HTTP/1.1 200 ")) bad_answer("floor");
        // All responses have one size, which the first one tells.
        if (!response_bytes_) response_bytes_ = size_of(bytes);
        l.received += got;
        if (l.received < *response_bytes_) return;
        if (l.received > *response_bytes_) bad_answer("floor");
        l.received = 0;
        meter_.answered();
        send(l);
    }

    static std::size_t size_of(std::string_view response) {
        constexpr std::string_view length = "Content-Length: ";
        const std::size_t at = response.find(length), end = response.find("\r\n\r\n");
        if (at == response.npos || end == response.npos) bad_answer("floor");
        std::size_t body = 0;
        std::from_chars(response.data() + at + length.size(), response.data() + end, body);
        return end + 4 + body;
    }

    meter meter_;
    tls_context_ptr context_;
    int epoll_;
    std::vector<line> lines_;
    std::string request_;
    std::optional<std::size_t> response_bytes_;
    std::array<char, 16 * 1024> buffer_;
};

}  // namespace

cost run_floor(const job& of) { return tight_loop(of).run(); }

}  // namespace bench

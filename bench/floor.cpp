#include "bench/contestants.hpp"
#include "bench/image_set_target.hpp"
#include "bench/tls_socket.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <sys/epoll.h>
#include <unistd.h>
#include <vector>

namespace bench {
namespace {

/// A request as it is sent, with the places for its ids.
struct request_form {
    std::string bytes;
    std::size_t first_id = 0;  // and the next ones at equal distances
    std::size_t distance = 0;
    std::size_t ids = 1;

    void ask_for(std::uint64_t number) {
        for (std::size_t i = 0; i < ids; ++i) {
            const id_text id(number + i);
            std::copy(id.view().begin(), id.view().end(),
                      bytes.begin() + static_cast<std::ptrdiff_t>(first_id + i * distance));
        }
    }
};

request_form make_form(const job& of, const std::string& target, std::string_view more_fields) {
    const std::string first(id_text(0).view());
    request_form form;
    form.bytes = "GET " + target + " HTTP/1.1\r\nHost: 127.0.0.1:" + std::to_string(of.port) +
                 "\r\nUser-Agent: bench\r\nAuthorization: Bearer bench-token\r\n";
    form.bytes += more_fields;
    form.bytes += "\r\n";
    form.first_id = form.bytes.find(first);
    form.distance = first.size() + v3_comma.size();
    form.ids = of.ids_per_request;
    return form;
}

struct line {
    line(tls_socket s, char* where) : socket(std::move(s)), into(where) {}
    tls_socket socket;
    char* into;
    std::size_t received = 0;  // of the response under way
};

/// One for all connections, where a response is read at once, or one for each.
enum class buffers { shared, own };

class tight_loop {
public:
    tight_loop(const job& of, request_form request, buffers which)
        : meter_(of),
          context_(make_client_context(of.ca_pem)),
          epoll_(epoll_create1(0)),
          request_(std::move(request)),
          buffer_bytes_(which == buffers::shared ? 16 * 1024 : 16 * 1024 + of.ids_per_request * 8 * 1024),
          buffers_((which == buffers::shared ? 1 : of.in_flight) * buffer_bytes_) {
        for (std::size_t i = 0; i < of.in_flight; ++i) {
            char* const into = buffers_.data() + (which == buffers::shared ? 0 : i * buffer_bytes_);
            lines_.emplace_back(tls_socket(context_.get(), of.port), into);
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
        if (!meter_.next(number, request_.ids)) return;
        request_.ask_for(number);
        l.socket.write(request_.bytes);
    }

    /// A response is a record, or as many as it takes.
    void receive(line& l) {
        do {
            const std::size_t got = l.socket.read(l.into + l.received, buffer_bytes_ - l.received);
            if (got == 0) return;  // a session ticket, or the rest is still to come
            const std::string_view bytes(l.into + l.received, got);
            if (l.received == 0 && !bytes.starts_with("HTTP/1.1 200 ")) bad_answer("floor");
            // All responses have one size, which the first one tells.
            if (!response_bytes_) response_bytes_ = size_of(bytes);
            l.received += got;
        } while (l.received < *response_bytes_);
        if (l.received > *response_bytes_) bad_answer("floor");
        l.received = 0;
        meter_.answered(request_.ids);
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
    request_form request_;
    std::optional<std::size_t> response_bytes_;
    std::size_t buffer_bytes_;
    std::vector<char> buffers_;
};

}  // namespace

cost run_floor(const job& of) {
    const std::string target = "/api/images/" + std::string(id_text(0).view());
    return tight_loop(of, make_form(of, target, ""), buffers::shared).run();
}

cost run_floor_v3(const job& of) {
    const std::string target = image_set_target(0, of.ids_per_request);
    return tight_loop(of, make_form(of, target, "Api-Key: bench-key\r\n"), buffers::own).run();
}

}  // namespace bench

#include "proto/http/tunnel.hpp"

#include "core/ascii.hpp"
#include "proto/auth/basic_auth.hpp"

#include <algorithm>

namespace getty::connect::proto {
namespace {

constexpr std::string_view pattern = "HTTP/1.# ### ";  // '#': a digit; the last blank may be missing
constexpr std::size_t status_at = 9;

/// `begin` is the beginning of a status line, as far as it goes.
bool may_become_status_line(std::string_view begin) {
    const std::size_t length = std::min(begin.size(), pattern.size());
    for (std::size_t i = 0; i < length; ++i) {
        const char c = begin[i];
        const bool fits = pattern[i] == '#' ? c >= '0' && c <= '9' : c == pattern[i];
        const bool line_end = i == pattern.size() - 1 && c == '\r';
        if (!fits && !line_end) return false;
    }
    return true;
}

/// The value of the first field of this name, empty when there is none.
std::string_view field_of(std::string_view header, std::string_view name) {
    while (!header.empty()) {
        const std::string_view line = header.substr(0, header.find('\n'));
        header.remove_prefix(std::min(line.size() + 1, header.size()));
        const std::size_t colon = line.find(':');
        if (colon == std::string_view::npos || !core::equals_ignoring_case(line.substr(0, colon), name))
            continue;
        const std::size_t begin = line.find_first_not_of(" \t", colon + 1);
        const std::size_t end = line.find_last_not_of(" \t\r");
        return begin > end ? std::string_view() : line.substr(begin, end - begin + 1);
    }
    return {};
}

}  // namespace

void append_tunnel_request(std::string& out, std::string_view host, std::uint16_t port, std::string_view user,
                           const secret& password) {
    std::string authority;
    const bool bare_ipv6 = host.find(':') != std::string_view::npos;
    authority += bare_ipv6 ? "[" : "";
    authority += host;
    authority += bare_ipv6 ? "]:" : ":";
    authority += std::to_string(port);
    // At once in its whole length: growing would leave copies of the credentials behind.
    constexpr std::size_t fixed_bytes = 128;
    out.reserve(out.size() + fixed_bytes + 2 * authority.size() +
                2 * (user.size() + password.expose().size()));
    out += "CONNECT ";
    out += authority;
    out += " HTTP/1.1\r\nHost: ";
    out += authority;
    out += "\r\n";
    if (!user.empty()) {
        out += "Proxy-Authorization: ";
        append_basic(out, user, password);
        out += "\r\n";
    }
    out += "\r\n";
}

tunnel_reply::state tunnel_reply::received(std::string_view bytes) {
    do {
        const std::size_t searched = text_.size();
        text_ += bytes.substr(0, max_bytes - text_.size());
        if (!may_become_status_line(text_)) return fail("did not answer with an HTTP/1 status line");
        constexpr std::string_view end_of_header = "\r\n\r\n";
        const std::size_t end =
            text_.find(end_of_header, searched < end_of_header.size() ? 0 : searched - end_of_header.size());
        if (end == std::string::npos) {
            if (text_.size() == max_bytes) return fail("answered with a header of more than 16 KiB");
            return state::need_more;
        }
        bytes.remove_prefix(end + end_of_header.size() - searched);
        const state verdict = judge(std::string_view(text_).substr(0, end), bytes.size());
        if (verdict != state::need_more) return verdict;
        text_.clear();
    } while (!bytes.empty());
    return state::need_more;
}

tunnel_reply::state tunnel_reply::ended() {
    return fail(text_.empty() && interim_ == 0 ? "closed the connection without an answer"
                                               : "closed the connection in the middle of its answer",
                state::busy);
}

/// `need_more`: an interim one.
tunnel_reply::state tunnel_reply::judge(std::string_view header, std::size_t surplus) {
    const std::string_view line = header.substr(0, header.find('\r'));
    const std::string_view status = line.substr(status_at);
    switch (status.front()) {
        case '1':
            if (status.starts_with("101")) break;  // to another protocol, but not to the origin
            if (interim_++ < max_interim) return state::need_more;
            return fail("sent more than 16 interim answers");
        case '2':
            return surplus == 0 ? state::open : fail("sent more than its answer before the tunnel was used");
        case '5':
            return fail("answered " + std::string(status), state::busy);
        default:
            break;
    }
    std::string words = "answered " + std::string(status);
    if (status.starts_with("407")) {
        const std::string_view asked = field_of(header, "Proxy-Authenticate");
        words += asked.empty() ? ", asking for credentials" : ", asking for " + std::string(asked);
    }
    return fail(words);
}

tunnel_reply::state tunnel_reply::fail(std::string_view why, state as) {
    why_ = why;
    return as;
}

}  // namespace getty::connect::proto

// A tunnel through an HTTP proxy: the request for it and what the proxy answers.
#pragma once

#include <getty/connect/secret.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace getty::connect::proto {

/// Appends a CONNECT request (RFC 9110 9.3.6) for `host`, IPv6 without brackets, and `port`. With a user, the
/// credentials go along as Basic (RFC 7617): the caller wipes `out`. Precondition: the host can be sent, and
/// so can the user (`is_basic_user`).
void append_tunnel_request(std::string& out, std::string_view host, std::uint16_t port, std::string_view user,
                           const secret& password);

/// Reads the proxy's answer, in whatever pieces it comes.
///
/// Interim answers (1xx) are passed over, as RFC 9110 15.2 asks. Stricter than HTTP asks for: not a byte
/// behind a header that opens the tunnel, since nobody but the proxy could have sent it. The body of a
/// refusal is not waited for. Memory: at most `max_bytes`, an answer's header at most. A decision is final.
class tunnel_reply {
public:
    static constexpr std::size_t max_bytes = 16 * 1024;
    static constexpr int max_interim = 16;

    enum class state {
        need_more,
        open,     ///< every further byte comes from the origin
        busy,     ///< the proxy cannot reach the origin, or not now: 5xx
        refused,  ///< by the proxy's rules, or this is no proxy
    };

    /// Precondition: `need_more` so far.
    state received(std::string_view bytes);
    /// The proxy closed the connection. Precondition: `need_more` so far.
    state ended();

    /// After `busy` or `refused`: what the proxy did, as in "answered 403 Forbidden".
    [[nodiscard]] const std::string& why() const noexcept { return why_; }

private:
    state judge(std::string_view header, std::size_t surplus);
    state fail(std::string_view why, state as = state::refused);

    std::string text_;
    int interim_ = 0;
    std::string why_;
};

}  // namespace getty::connect::proto

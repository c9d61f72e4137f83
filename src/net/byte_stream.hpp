// A connected, non-blocking stream of bytes: TLS in production, scripted in tests.
#pragma once

#include "net/readiness_listener.hpp"

#include <boost/system/error_code.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

namespace getty::connect::net {

/// What to say of a stream that was `flooded`.
inline constexpr std::string_view flood_text = "TLS messages without end, and no content";

/// What one attempt to read or write came to.
struct transfer {
    enum class outcome : std::uint8_t {
        done,        ///< `bytes` > 0 were moved
        want_read,   ///< nothing moved; try again once the stream is readable
        want_write,  ///< nothing moved; try again once the stream is writable
        closed,      ///< the peer said that it sends no more (close_notify)
        truncated,   ///< the peer is gone without having said so
        failed,      ///< see `error`
        flooded,     ///< given up: the peer sends what is no content, on and on
    };
    outcome what = outcome::failed;
    std::size_t bytes = 0;
    boost::system::error_code error;
};

/// Invariants: after `close()` every transfer fails and the listener is not called any more. One listener at
/// most; it is called from the executor, never within a call of the stream. Used on one executor.
class byte_stream : public std::enable_shared_from_this<byte_stream> {
public:
    virtual ~byte_stream() = default;

    void listen(readiness_listener* to) noexcept { listener_ = to; }

    virtual transfer read_some(std::span<char> into) noexcept = 0;
    virtual transfer write_some(std::span<const char> from) noexcept = 0;
    /// Has the listener told when the stream becomes ready; no effect while that is under way already. What
    /// can be read before the next call of it for reading is bounded, so that others have their turn.
    virtual void watch(direction which) = 0;
    /// Bytes that arrived and were not handed out yet, whether they are content or not.
    [[nodiscard]] virtual bool has_buffered() const noexcept = 0;
    /// Says goodbye as far as that is possible at once, then closes. No effect the second time.
    virtual void close() noexcept = 0;

protected:
    [[nodiscard]] readiness_listener* current_listener() const noexcept { return listener_; }

private:
    readiness_listener* listener_ = nullptr;
};

}  // namespace getty::connect::net

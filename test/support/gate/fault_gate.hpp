// A proxy of bytes between a client and any origin on this machine that does them harm on request.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <string>

namespace getty::connect::test {

/// What happens to the bytes of one direction of a connection.
struct flow {
    flow() {}  // user-provided: see the coroutine rules of g++ 12

    static constexpr std::uint64_t never = std::numeric_limits<std::uint64_t>::max();
    enum class ending { fin, reset };

    std::chrono::milliseconds delay{0};   ///< before the first byte
    std::size_t slice_bytes = 64 * 1024;  ///< bytes per write at most
    std::uint64_t bytes_per_second = 0;   ///< 0: as fast as they come
    std::uint64_t stall_at = never;       ///< nothing from this byte on, for ever
    std::uint64_t cut_at = never;         ///< the whole connection ends before this byte...
    ending how = ending::fin;             ///< ...like this
    std::uint64_t corrupt_at = never;     ///< this byte has all its bits turned
    std::uint64_t surplus_at = never;     ///< before this byte come some that nobody sent
    std::string surplus;
    bool hold_end = false;  ///< the sender's end is not passed on
};

/// What happens to one connection.
struct fault {
    fault() {}  // user-provided: see the coroutine rules of g++ 12

    enum class arrival {
        forward,
        refuse,  ///< reset at once
        ignore,  ///< accepted, and nothing ever comes
    };
    arrival on_arrival = arrival::forward;
    flow to_client;
    flow to_origin;
};

/// Listens on 127.0.0.1, on a port of its own. Its faults are chosen per connection by `script`, which is
/// called on the gate's thread with the number of the connection, from 0. All members may be called on any
/// thread.
class fault_gate {
public:
    using script = std::function<fault(std::size_t connection)>;

    /// Throws std::system_error.
    explicit fault_gate(std::uint16_t origin_port, script choose = nullptr);
    /// Ends all connections and joins.
    ~fault_gate();
    fault_gate(const fault_gate&) = delete;
    fault_gate& operator=(const fault_gate&) = delete;

    [[nodiscard]] std::uint16_t port() const noexcept;
    /// `url` with the gate's port in place of the origin's.
    [[nodiscard]] std::string in_place_of(const std::string& url) const;

    /// For connections from now on.
    void choose(script from_now_on);
    /// Nothing is passed on, on any connection, until it is thawed: a peer that was stopped.
    void freeze(bool frozen);
    /// Resets every connection that is open.
    void reset_all();

    struct counters {
        std::uint64_t accepted = 0;
        std::uint64_t open = 0;
        std::uint64_t max_open = 0;
        std::uint64_t bytes_to_client = 0;
        std::uint64_t bytes_to_origin = 0;
    };
    [[nodiscard]] counters snapshot() const;

private:
    struct state;
    std::unique_ptr<state> state_;
};

}  // namespace getty::connect::test

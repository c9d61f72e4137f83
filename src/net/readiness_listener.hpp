// Who is told that something can be read or written.
#pragma once

#include <cstdint>

namespace getty::connect::net {

enum class direction : std::uint8_t { read, write };

/// Listens to a socket or a stream; told once for each `watch`, from the executor and never within a call of
/// what it listens to.
class readiness_listener {
public:
    /// A try in this direction is worth while now; an error or hang-up counts as both. What is listened to
    /// may end within this call. What it throws leaves through the `run()` of the execution context.
    virtual void ready(direction which) = 0;
    /// Of a socket, in the child after a fork: the descriptor is a copy of the parent process's, to be closed
    /// without a word. Who watches it is told that it is ready, later and from the executor.
    virtual void lost() noexcept {}

protected:
    ~readiness_listener() = default;
};

}  // namespace getty::connect::net

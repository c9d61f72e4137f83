// Something goes wrong at one step, and only there.
#pragma once

#include "support/client_world.hpp"

#include <cstddef>
#include <optional>

namespace getty::connect::test {

enum class fault { reset, truncate, blocked, unreadable };

/// Lets the n-th operation on a connection, dials included, go wrong; all others go well.
class saboteur {
public:
    saboteur(client_world& in, fault what, std::size_t at) : what_(what), at_(at) {
        in.dialer->disturb = [this](scripted_stream& s, net::direction d) { return transfer(s, d); };
        in.dialer->refuse = [this] { return dial(); };
    }
    [[nodiscard]] bool reached() const noexcept { return step_ > at_; }

private:
    std::optional<net::transfer> transfer(scripted_stream& s, net::direction which) {
        if (step_++ != at_) return std::nullopt;
        switch (what_) {
            case fault::reset:
                s.reset();
                return std::nullopt;
            case fault::truncate:
                s.vanish();
                if (which == net::direction::write) {
                    return net::transfer{net::transfer::outcome::failed, 0, boost::asio::error::broken_pipe};
                }
                return std::nullopt;
            // What TLS can ask for at any time.
            case fault::blocked:
                return net::transfer{net::transfer::outcome::want_write, 0, {}};
            case fault::unreadable:
                return net::transfer{net::transfer::outcome::want_read, 0, {}};
        }
        return std::nullopt;
    }

    std::optional<error> dial() {
        if (step_++ != at_) return std::nullopt;
        return error(errc::connect_failed, stage::connect, "Connection refused");
    }

    fault what_;
    std::size_t at_;
    std::size_t step_ = 0;
};

}  // namespace getty::connect::test

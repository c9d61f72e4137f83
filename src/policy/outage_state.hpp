// When what fails for one fails for all.
#pragma once

#include "core/time.hpp"

#include <getty/connect/error.hpp>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace getty::connect::policy {

/// What all requests may fail of alike.
enum class shared_cause : std::uint8_t {
    none,        ///< it concerns one request
    name,        ///< the host's name does not resolve
    connection,  ///< nobody there, or whoever is there closes
    tls,
    proxy,
    token,    ///< the token endpoint brings none
    server,   ///< answers of 5xx
    silence,  ///< no answer in time
    machine,  ///< descriptors, ports or threads of this machine run out
};

/// Of one failure, with the status of the answer, 0 when there was none.
[[nodiscard]] shared_cause shared_cause_of(errc code, int http_status) noexcept;

/// Whether what failed cannot be a request's own: none was sent, since nobody was there to take it, or there
/// was no token to send.
[[nodiscard]] bool reached_nobody(errc code) noexcept;

/// Notices an outage, and says who may look whether it is over.
///
/// Vocabulary: an *outage* is on once the last 20 finished requests have failed of one cause, or all that
/// finished within 2 s and were of at least 5 different ids; it is over with the first request that does not
/// fail so. Where only a few are left, fewer will do (`failed_alone`). While it is on, one request at a time
/// is a *probe*, with a backoff of 1 s to 30 s between two (at random, a half to all of 1 s, 2 s, 4 s, ...).
///
/// Not safe for concurrent calls.
class outage_state {
public:
    static constexpr std::size_t enough = 20;
    static constexpr std::size_t enough_ids = 5;
    static constexpr core::duration at_once = std::chrono::seconds(2);
    static constexpr core::duration first_backoff = std::chrono::seconds(1);
    static constexpr core::duration last_backoff = std::chrono::seconds(30);

    /// A request ended otherwise than by a shared cause. True when an outage is over with it.
    bool succeeded(core::time_point now) noexcept {
        last_success_ = now;
        worked_ = true;
        run_ = 0;
        const bool was_on = on_;
        on_ = false;
        return was_on;
    }

    /// A request for `who` (a hash of the id) failed of `why`, which is not `none`. True when an outage
    /// begins. `random` in [0, 1) spreads the first probe.
    bool failed(shared_cause why, std::uint64_t who, core::time_point now, double random) noexcept;

    /// Nobody is left whose failure could add to those so far: they make an outage, however few they are. For
    /// what `reached_nobody`. True when one begins, which it does not before anything has succeeded.
    bool failed_alone(core::time_point now, double random) noexcept;

    [[nodiscard]] bool on() const noexcept { return on_; }
    /// Somebody else than `who` has failed too since anything succeeded.
    [[nodiscard]] bool others_failed(std::uint64_t who) const noexcept;
    [[nodiscard]] shared_cause cause() const noexcept { return cause_; }
    /// When the first of the failures came that it consists of.
    [[nodiscard]] core::time_point began() const noexcept { return began_; }
    /// Anything has succeeded so far.
    [[nodiscard]] bool worked() const noexcept { return worked_; }
    void note_worked() noexcept { worked_ = true; }

    /// The right to probe; then `probe_ended` must follow, after `succeeded` or `failed`.
    [[nodiscard]] bool try_probe(core::time_point now) noexcept {
        if (!on_ || probing_ || now < next_probe_) return false;
        probing_ = true;
        return true;
    }
    void probe_ended(core::time_point now, double random) noexcept {
        probing_ = false;
        if (on_) schedule(now, random);
    }
    /// Not before this; while somebody probes, not before it has ended.
    [[nodiscard]] core::time_point next_probe() const noexcept { return next_probe_; }

private:
    struct failure {
        core::time_point at;
        std::uint64_t who = 0;
    };
    [[nodiscard]] bool all_at_once(core::time_point now) const noexcept;
    void begin(core::time_point now, double random) noexcept;
    void schedule(core::time_point now, double random) noexcept;

    std::array<failure, enough> last_{};
    std::size_t run_ = 0;  // failures of `cause_` since anything else happened
    shared_cause cause_ = shared_cause::none;
    core::time_point last_success_ = core::time_point::min();  // or failure of another cause
    core::time_point began_ = core::time_point::min();
    bool on_ = false;
    bool worked_ = false;
    bool probing_ = false;
    unsigned probes_ = 0;
    core::time_point next_probe_ = core::time_point::min();
};

}  // namespace getty::connect::policy

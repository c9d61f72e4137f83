// Which nonce of a Digest challenge a request uses, when many requests share one (RFC 7616, section 3.3).
#pragma once

#include <cstdint>

namespace getty::connect::policy {

/// The challenge shared by all connections of an origin, as a state machine; the strings live with the
/// caller.
///
/// Vocabulary: a *probe* is the one request that goes out without credentials to fetch the challenge. A
/// *generation* numbers the challenges and nonces adopted, 0 means none; **whenever `generation()` has
/// changed over a call, the caller stores the nonce (or challenge) of the answer it reported**.
///
///     state     acquire()   event                                     becomes
///     unknown   probe       (acquire)                                 probing
///     probing   wait        challenged                                known
///                           probe_failed                              unknown
///                           probe_answered_without_challenge          open
///     known     use         challenged with the current nonce         known, next generation
///                           adopted_next_nonce                        known, next generation
///                           nonce counts used up                      unknown
///     open      send_plain  challenged                                known
///
/// In `order::strict`, for a service that takes the counts of a nonce only one after the other, `use` is the
/// right to sign one request, a *turn*: while somebody has it, `acquire` says wait.
///
/// Counts of one nonce form one sequence over all connections, from 1 without gaps. Every change of state
/// ends the wait of those told to wait: they ask again. Not safe for concurrent calls.
class nonce_state {
public:
    using generation_number = std::uint64_t;

    enum class verdict {
        probe,       ///< send without credentials; then report challenged(0, ...) or one of the probe_ events
        wait,        ///< for the probe, or for one's turn
        use,         ///< the nonce of `generation()` with `next_count()`
        send_plain,  ///< the service asks for no credentials
    };
    enum class answer {
        adopt,               ///< the new nonce is adopted: retry with it
        retry_with_current,  ///< an older nonce was refused: retry with the one held
        refused,             ///< the credentials were judged wrong, not the nonce
    };

    enum class order : std::uint8_t { any, strict };

    /// `max_count`: requests per nonce, at least 1. The format of `nc` ends at 2^32 - 1.
    explicit nonce_state(order counts = order::any, std::uint32_t max_count = 0xFFFF'FFFF) noexcept;

    [[nodiscard]] verdict acquire() noexcept;

    /// In `order::strict`: the request that was told `use` has ended, or will not be sent.
    void end_turn() noexcept { turn_taken_ = false; }
    [[nodiscard]] bool takes_turns() const noexcept { return order_ == order::strict; }
    /// There is a nonce to sign with.
    [[nodiscard]] bool known() const noexcept { return state_ == state::known; }

    /// The next count for the nonce held (`nc`, RFC 7616 section 3.4), from 1; 0 when all are used up, or no
    /// nonce is held: `acquire` again.
    [[nodiscard]] std::uint32_t next_count() noexcept;

    /// A 401 with a challenge, to a request with the nonce of generation `used` (0: without credentials).
    /// `stale`: the challenge says so. Refused credentials adopt the new nonce too (once per generation), for
    /// the retry with other credentials.
    [[nodiscard]] answer challenged(generation_number used, bool stale) noexcept;

    /// The nonce held is another's, who goes on counting: the next request is a probe.
    void forget() noexcept {
        if (state_ == state::known) state_ = state::unknown;
    }

    /// An answer carried `nextnonce` (RFC 7616 section 3.5).
    void adopted_next_nonce() noexcept;

    /// The probe ended without a usable answer; no effect when the nonce is known by now.
    void probe_failed() noexcept;
    /// The probe was answered, and not with a challenge; no effect when the nonce is known by now.
    void probe_answered_without_challenge() noexcept;

    [[nodiscard]] generation_number generation() const noexcept { return generation_; }

private:
    enum class state : std::uint8_t { unknown, probing, known, open };
    void adopt() noexcept;

    order order_;
    bool turn_taken_ = false;
    std::uint32_t max_count_;
    state state_ = state::unknown;
    std::uint32_t count_ = 0;
    generation_number generation_ = 0;
    generation_number refused_ = 0;  // the last generation sent with credentials that were judged wrong
};

}  // namespace getty::connect::policy

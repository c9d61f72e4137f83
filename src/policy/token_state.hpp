// When a token is used, refreshed, waited for or given up.
#pragma once

#include "core/time.hpp"

#include <chrono>
#include <cstdint>
#include <optional>

namespace getty::connect::policy {

struct token_limits {
    /// A token is refreshed ahead of its end by min(slack_max, slack_fraction of its life).
    core::duration slack_max = std::chrono::seconds(300);
    double slack_fraction = 0.2;  ///< in [0, 1]
    /// While no token is held, how long a failed flight answers for those who ask after it.
    core::duration negative_cache = std::chrono::seconds(1);
    /// While a token is held, the pause after a failed flight: between min_backoff and
    /// min(max_backoff, min_backoff * 2^failures).
    core::duration min_backoff = std::chrono::seconds(1);
    core::duration max_backoff = std::chrono::seconds(60);
    /// Life of a token whose answer names none.
    core::duration default_lifetime = std::chrono::minutes(30);
};

/// The life of one token shared by many lookups, as a state machine without tokens or requests.
///
/// Vocabulary: a *flight* is one token request; at most one runs. A *generation* numbers the tokens, 0 means
/// none yet. *Slack* is the last part of a token's life, in which it is still used while a flight renews it.
///
///     token           flight runs  credentials rejected  in a pause   acquire()
///     valid           -            -                     -            use
///     valid, slack    no           no                    no           use_and_refresh
///     valid, slack    any yes                                         use
///     none, expired   yes          -                     -            wait
///     none, expired   no           yes                   -            fail
///     none, expired   no           no                    yes          fail
///     none, expired   no           no                    no           wait_and_refresh
///
///     event                  token       flight  generation  then
///     begin                  -           runs    -           -
///     issued                 the new one ends    + 1         no pause, failures forgotten
///     failed                 -           ends    -           pause
///     failed, rejected       -           ends    -           fail once no valid token is left
///     abandoned              -           ends    -           as if it had not begun
///     rejected(current)      none        -       -           no pause
///
/// A waiter notes `generation()` before it waits. Woken, it may use the token if `brought(noted)` says so,
/// even one that expired on the way (a lifetime of 0 is thus good for exactly those who waited for it);
/// otherwise it gets the flight's error, or asks again if the flight was abandoned. A failed flight answers
/// for all who waited for it. Not safe for concurrent calls: `acquire` and the `begin` it calls for belong
/// under one lock or strand.
class token_state {
public:
    using generation_number = std::uint64_t;

    enum class verdict {
        use,               ///< the token of `generation()`
        use_and_refresh,   ///< the same, and the caller calls `begin` and starts a flight
        wait,              ///< for the flight that runs
        wait_and_refresh,  ///< the caller calls `begin`, starts a flight and waits for it
        fail,              ///< with the error of the last flight
    };
    enum class rejection {
        retry_with_current,  ///< the token sent was an old one; a newer one is held
        refresh,             ///< that token is dropped: `acquire` again, once
        give_up,             ///< a fresh token was refused, or none can be had: another would not help
    };

    explicit token_state(const token_limits& limits) noexcept;

    /// What a lookup does now that it needs a token.
    [[nodiscard]] verdict acquire(core::time_point now) const noexcept;

    /// A flight starts; none runs, and the credentials are not refused. Its token's life counts from here,
    /// which errs on the safe side.
    void begin(core::time_point now) noexcept;

    /// The flight brought a token. `lifetime`: as announced by the service (negative counts as 0), nullopt
    /// when it announced none.
    void issued(core::time_point now, std::optional<core::duration> lifetime) noexcept;

    /// The flight failed. `credentials_rejected`: the token endpoint refused them (400, 401, 403), so no
    /// flight starts any more. `random` in [0, 1) spreads the pause.
    void failed(core::time_point now, bool credentials_rejected, double random) noexcept;

    /// Whoever ran the flight has gone away without a result.
    void abandoned() noexcept;

    /// The service answered 401 to a token of generation `used`. N such answers to one generation lead to one
    /// flight. While no token has been accepted since the last one was dropped, `give_up` for min_backoff: a
    /// service that refuses every token must not cost a flight per lookup.
    [[nodiscard]] rejection rejected(generation_number used, core::time_point now) noexcept;

    /// The service accepted a token of generation `used`: any answer that is not a 401.
    void accepted(generation_number used) noexcept;

    [[nodiscard]] generation_number generation() const noexcept { return generation_; }
    /// Whether a flight brought a token since `generation()` was `before`, and it was not refused since.
    [[nodiscard]] bool brought(generation_number before) const noexcept;
    [[nodiscard]] bool flying() const noexcept { return flying_; }
    /// End of the token held; the clock's smallest value when there is none.
    [[nodiscard]] core::time_point expires_at() const noexcept { return expires_at_; }

private:
    static constexpr core::time_point long_ago = core::time_point::min();

    [[nodiscard]] bool valid(core::time_point now) const noexcept { return held_ && now < expires_at_; }
    void drop() noexcept;

    token_limits limits_;
    generation_number generation_ = 0;
    bool held_ = false;  // a token of generation_ that was not refused; may have expired
    bool flying_ = false;
    bool refused_ = false;
    bool accepted_ = false;  // the service accepted a token since the last one was dropped
    unsigned failures_ = 0;
    core::time_point started_ = long_ago;
    core::time_point refresh_at_ = long_ago;
    core::time_point expires_at_ = long_ago;
    core::time_point not_before_ = long_ago;      // end of the pause
    std::optional<core::time_point> dropped_at_;  // when the service last refused the current token
};

}  // namespace getty::connect::policy

// Which nonce of a Digest challenge a request uses, when many requests share one (RFC 7616, section 3.3).
#pragma once

#include <cstdint>

namespace getty::connect::policy {

/// The challenge shared by all connections of an origin, as a state machine; the strings live with the
/// caller.
///
/// Vocabulary: a *probe* is the one request that goes out without credentials to fetch the challenge for all.
/// A *generation* numbers the challenges and nonces adopted, 0 means none; **whenever `generation()` has
/// changed over a call, the caller stores the nonce (or challenge) of the answer it reported**. A *turn* is
/// the right to have one request signed and under way.
///
///     state     acquire()   event                                     becomes
///     unknown   probe       (acquire)                                 probing
///     probing   wait        challenged                                known
///                           probe_failed                              unknown
///                           probe_answered_without_challenge          open
///     known     use, fetch  challenged with the current nonce         known, next generation
///               or wait     adopted_next_nonce                        known, next generation
///                           nonce counts used up                      unknown
///     open      send_plain  challenged                                known
///
/// Whoever is challenged, or told that its nonce is stale, answers with the nonce of that very answer, at
/// count 1 (*an own nonce*): it is right for a service that ties nonces to a target, or takes each once, too.
///
/// How many turns there are is learned. There is no limit until nonces go stale that have hardly been used,
/// while several requests were under way: then the limit is half of those, and so on down to 1, which serves
/// a service that takes counts one after the other. Where a nonce does not last at 1 either, nonces are no
/// longer *shared*: each request fetches its own, without a limit at first, with a quarter of it when those
/// go stale (the service keeps few). While all is well the limit grows slowly, and sharing is tried again
/// after ever more requests. In `order::strict` shared nonces have a limit of 1 from the start.
///
/// Turns go to those who wait in the order in which they came; those whose own nonce was stale are first.
/// Counts of one nonce form one sequence over all connections, from 1 without gaps. Not safe for concurrent
/// calls.
class nonce_state {
public:
    using generation_number = std::uint64_t;

    enum class verdict {
        probe,       ///< send without credentials; then report challenged or one of the probe_ events
        wait,        ///< for the probe, or for one's turn
        use,         ///< a turn: the nonce of `generation()` with `next_count()`
        fetch,       ///< a turn: send without credentials, to be challenged
        send_plain,  ///< the service asks for no credentials
    };
    enum class answer {
        adopt,    ///< the nonce is adopted, its count 1 is for this request: retry with it
        own,      ///< the nonce is this request's alone: retry with it
        refused,  ///< the credentials were judged wrong, not the nonce
    };

    enum class order : std::uint8_t { any, strict };

    /// With what a request was sent.
    struct use {
        generation_number generation = 0;  ///< of the nonce; 0: one that was not adopted, or none
        bool own = false;                  ///< it came with the answer to this request's former try
        use() noexcept {}                  // user-provided: see the coroutine rules of g++ 12
        use(generation_number of, bool its_own) noexcept : generation(of), own(its_own) {}
        [[nodiscard]] bool credentials() const noexcept { return own || generation != 0; }
    };

    /// Where somebody waits, in line or not; leaves the line when destroyed.
    class place {
    public:
        place() noexcept = default;
        ~place() { leave(); }
        place(const place&) = delete;
        place& operator=(const place&) = delete;
        void leave() noexcept;
        [[nodiscard]] bool in_line() const noexcept { return next_ != this; }

    private:
        friend class nonce_state;
        void enter_before(place& other) noexcept;
        place* next_ = this;
        place* previous_ = this;
    };

    /// `max_count`: requests per nonce, at least 1. The format of `nc` ends at 2^32 - 1.
    explicit nonce_state(order counts = order::any, std::uint32_t max_count = 0xFFFF'FFFF) noexcept;

    /// `who` is in line afterwards when told to wait, otherwise not: ask again with it, or let it `leave`.
    [[nodiscard]] verdict acquire(place& who) noexcept;
    /// A turn for a request with its own nonce: at once, or when its own nonce has been stale before
    /// (`failed_before`) as soon as there is one. False: wait.
    [[nodiscard]] bool acquire_own(place& who, bool failed_before) noexcept;
    /// The request that had a turn has ended, or will not be sent. After what is reported of it.
    void end_turn() noexcept;
    /// Who waits, and need not: the first in line, or nobody. Look after every call, `leave` included.
    [[nodiscard]] place* who_may_go() noexcept {
        return free_turns() > 0 && line_.in_line() ? line_.next_ : nullptr;
    }
    /// All who wait and need not, in the order of the line, which `tell` must not change.
    template <class Tell>
    void for_all_who_may_go(Tell tell) {
        place* who = line_.next_;
        for (std::uint32_t n = free_turns(); n > 0 && who != &line_; --n, who = who->next_) tell(*who);
    }

    /// There is a nonce to sign with, for all.
    [[nodiscard]] bool known() const noexcept { return state_ == state::known && shared_; }

    /// The next count for the nonce held (`nc`, RFC 7616 section 3.4); 0 when all are used up, or no nonce is
    /// held: `acquire` again.
    [[nodiscard]] std::uint32_t next_count() noexcept;

    /// A 401 with a challenge. `stale`: the challenge says so. Refused credentials adopt the new nonce too
    /// (once per generation), for the retry with other credentials.
    [[nodiscard]] answer challenged(use sent, bool stale) noexcept;
    /// An answer of the service that took the credentials.
    void accepted(use sent) noexcept;

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
    /// Requests that may be signed and under way at a time.
    [[nodiscard]] std::uint32_t limit() const noexcept { return limit_; }
    /// Whether requests share nonces, or each fetches its own.
    [[nodiscard]] bool shared() const noexcept { return shared_; }

    static constexpr std::uint32_t unlimited = 0xFFFF'FFFF;

private:
    enum class state : std::uint8_t { unknown, probing, known, open };
    void adopt(std::uint32_t counts_taken) noexcept;
    [[nodiscard]] std::uint32_t free_turns() const noexcept;
    [[nodiscard]] bool take_turn(place& who) noexcept;
    void learn_from_stale(use sent) noexcept;
    void step_down() noexcept;
    void step_up() noexcept;

    order order_;
    bool shared_ = true;
    state state_ = state::unknown;
    std::uint32_t max_count_;
    std::uint32_t count_ = 0;
    generation_number generation_ = 0;
    generation_number refused_ = 0;  // the last generation sent with credentials that were judged wrong

    place line_;  // head of the ring of those in line
    std::uint32_t turns_ = 0;
    std::uint32_t limit_;
    std::uint64_t served_ = 0;    // by this generation, but for own uses
    std::uint64_t calm_ = 0;      // answers since the last stale one, or since the limit grew
    std::uint32_t settling_ = 0;  // requests still to end that left under a higher limit
    std::uint64_t until_trial_ = 0;
    std::uint64_t next_trial_;
};

}  // namespace getty::connect::policy

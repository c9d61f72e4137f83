// The one token of all shards of a client.
#pragma once

#include "credentials/grant_choice.hpp"
#include "policy/token_state.hpp"
#include "proto/auth/token_body.hpp"

#include <getty/connect/error.hpp>
#include <getty/connect/secret.hpp>

#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

namespace getty::connect::credentials {

/// The token with its state machine, and the refresh token, for any number of threads at once; whoever is
/// told to refresh it does so for all. A client without shards has its own.
class shared_token {
public:
    using token_state = policy::token_state;

    /// `refresh_token`: one that is held already; empty: none.
    explicit shared_token(const policy::token_limits& limits, secret refresh_token = secret())
        : state_(limits), refresh_token_(std::move(refresh_token)) {}

    /// A shard's own copy of the token, brought up to date by the calls that take it.
    struct copy {
        copy() {}  // user-provided: see the coroutine rules of g++ 12
        secret value;
        secret refresh_token;  ///< that was held when it was issued
        token_grant by = token_grant::client_credentials;
        std::uint64_t generation = 0;
        core::time_point expires_at = core::time_point::min();
    };

    /// Whether a flight begins when there is no token to use: for those only who will wait for it.
    enum class purpose { to_use, to_wait };

    /// What `token_state::acquire` says. The flight that it calls for has begun and `run_flight` is set: the
    /// caller must run it.
    [[nodiscard]] token_state::verdict acquire(core::time_point now, purpose why, copy& mine,
                                               bool& run_flight) {
        const std::lock_guard lock(mutex_);
        const token_state::verdict verdict = state_.acquire(now);
        run_flight = verdict == token_state::verdict::use_and_refresh ||
                     (verdict == token_state::verdict::wait_and_refresh && why == purpose::to_wait);
        if (run_flight) state_.begin(now);
        update(mine);
        return verdict;
    }
    /// As `token_state::brought`; then `mine` is the token that came.
    [[nodiscard]] bool brought(std::uint64_t before, copy& mine) {
        const std::lock_guard lock(mutex_);
        update(mine);
        return state_.brought(before);
    }
    [[nodiscard]] error last_error() {
        const std::lock_guard lock(mutex_);
        return last_error_;
    }
    [[nodiscard]] token_state::rejection rejected(std::uint64_t generation, core::time_point now) {
        const std::lock_guard lock(mutex_);
        return state_.rejected(generation, now);
    }
    void accepted(std::uint64_t generation) {
        const std::lock_guard lock(mutex_);
        state_.accepted(generation);
    }

    /// What the next flight may ask with; empty: none is held.
    [[nodiscard]] secret refresh_token() {
        const std::lock_guard lock(mutex_);
        return refresh_token_;
    }
    /// The service refuses it.
    void forget_refresh_token() {
        const std::lock_guard lock(mutex_);
        refresh_token_ = secret();
    }
    /// Without a refresh token of its own, `token` leaves the one that is held.
    void issued(core::time_point now, proto::issued_token token, token_grant by) {
        const std::lock_guard lock(mutex_);
        state_.issued(now, token.lifetime);
        token_ = std::move(token.value);
        if (!token.refresh_token.empty()) refresh_token_ = std::move(token.refresh_token);
        by_ = by;
    }
    void failed(core::time_point now, const error& why, bool hopeless, double random) {
        const std::lock_guard lock(mutex_);
        last_error_ = why;
        state_.failed(now, hopeless, random);
    }
    /// Whoever ran the flight went away; somebody else may.
    void abandoned() {
        const std::lock_guard lock(mutex_);
        state_.abandoned();
    }

    /// `ended` is called, on any thread, after each flight of another shard; it must not call back.
    void subscribe(const void* who, std::function<void()> ended) {
        const std::lock_guard lock(mutex_);
        listeners_.emplace_back(who, std::move(ended));
    }
    void unsubscribe(const void* who) {
        const std::lock_guard lock(mutex_);
        std::erase_if(listeners_, [who](const auto& one) { return one.first == who; });
    }
    void tell_the_others(const void* who) {
        const std::lock_guard lock(mutex_);
        for (const auto& [other, ended] : listeners_) {
            if (other != who) ended();
        }
    }

private:
    void update(copy& mine) const {
        if (mine.generation != state_.generation()) {
            mine.value = token_;
            mine.refresh_token = refresh_token_;
            mine.by = by_;
        }
        mine.generation = state_.generation();
        mine.expires_at = state_.expires_at();
    }

    std::mutex mutex_;
    token_state state_;
    secret token_;
    secret refresh_token_;
    token_grant by_ = token_grant::client_credentials;
    error last_error_{errc::token_unavailable, stage::auth};
    std::vector<std::pair<const void*, std::function<void()>>> listeners_;
};

}  // namespace getty::connect::credentials

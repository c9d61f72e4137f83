// Which tokens are out, and until when.
#pragma once

#include "core/random.hpp"
#include "core/time.hpp"

#include <getty/connect/secret.hpp>

#include <array>
#include <cstdint>
#include <deque>
#include <optional>
#include <string_view>

namespace getty::connect::sandbox {

/// What made-up tokens look like. OAuth's are longer than 200 bytes and hold `+`, `/`, `=` and `|`, as the
/// service's may: who takes them apart, or knows them by their letters, is found out.
enum class token_shape { plain, oauth };

/// Pure: time and randomness are parameters. Not thread-safe. Keeps at most `max_tokens`, the oldest goes
/// first.
class token_book {
public:
    static constexpr std::size_t key_slots = 6;

    struct token {
        std::uint64_t number = 0;  ///< from 1
        secret for_https;
        secret for_http;  ///< another value; not accepted, as plain HTTP is not served
        core::time_point expires;
        std::array<secret, key_slots> digest_keys;  ///< H(A1) by algorithm, once computed
    };

    token_book(core::duration lifetime, std::size_t max_tokens, std::optional<secret> fixed,
               core::random_source& random, token_shape shape = token_shape::plain);

    const token& issue(core::time_point now);

    /// The unexpired token with this value; null when there is none.
    [[nodiscard]] const token* find(std::string_view value, core::time_point now);

    /// Calls `accepts(token&)` for each unexpired token until it returns true: first for number `hint`, then
    /// from the newest on. Returns the accepted one or null.
    template <class Accepts>
    token* find_if(std::uint64_t hint, core::time_point now, Accepts accepts) {
        drop_expired(now);
        for (token& t : tokens_) {
            if (t.number == hint && accepts(t)) return &t;
        }
        for (auto t = tokens_.rbegin(); t != tokens_.rend(); ++t) {
            if (t->number != hint && accepts(*t)) return &*t;
        }
        return nullptr;
    }

    void expire_all() noexcept { tokens_.clear(); }
    /// Random tokens from now on.
    void forget_fixed() noexcept { fixed_.reset(); }

private:
    void drop_expired(core::time_point now) noexcept;

    core::duration lifetime_;
    std::size_t max_tokens_;
    std::optional<secret> fixed_;
    core::random_source& random_;
    token_shape shape_;
    std::uint64_t issued_ = 0;
    std::deque<token> tokens_;  // in the order of issue, which is the order of expiry
};

}  // namespace getty::connect::sandbox

// Which server nonces are out, and which of their counts have been used.
#pragma once

#include "core/random.hpp"
#include "core/time.hpp"

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace getty::connect::sandbox {

/// Book-keeping of RFC 7616 3.3 and 3.4. Pure: time and randomness are parameters. Not thread-safe.
///
/// Invariants: `order_` names the entries of `entries_` from the oldest on; at most `max_nonces` are kept,
/// the oldest one goes first and is then unknown, which means stale.
class nonce_book {
public:
    struct rules {
        core::duration lifetime{};
        std::uint64_t uses = 0;        ///< 0: unlimited
        std::uint64_t next_every = 0;  ///< 0: never
        std::uint32_t window = 64;
        bool strict = false;
        std::size_t max_nonces = 4096;
    };

    struct entry {
        core::time_point expires;
        std::uint64_t uses = 0;
        std::uint32_t highest = 0;        ///< count
        std::vector<std::uint64_t> seen;  ///< one bit for each of the last `window` counts, as a ring
        std::string session;              ///< the nonce that H(A1) of a -sess form was made with
        std::uint64_t password_hint = 0;  ///< the token that the user proved to know last
    };

    nonce_book(rules with, core::random_source& random);

    /// A new nonce of 32 hex digits. One that follows another (`nextnonce`) belongs to the same session.
    [[nodiscard]] std::string issue(core::time_point now, const entry* follows = nullptr);

    /// The entry of a nonce that is out and has not expired; null otherwise.
    [[nodiscard]] entry* find(std::string_view nonce, core::time_point now);

    enum class verdict { accepted, accepted_and_next, stale };
    /// Uses the nonce once with this count; without `counted` (RFC 2069) `nc` is ignored.
    [[nodiscard]] verdict use(entry& nonce, std::uint32_t nc, bool counted);

    void expire_all() noexcept;
    [[nodiscard]] std::size_t size() const noexcept { return entries_.size(); }

private:
    [[nodiscard]] bool take_count(entry& nonce, std::uint32_t nc) const;

    rules rules_;
    core::random_source& random_;
    std::unordered_map<std::string, entry> entries_;
    std::deque<std::string> order_;
};

/// `bytes` (a multiple of 8) random bytes as lower-case hex.
[[nodiscard]] std::string random_hex(core::random_source& random, std::size_t bytes);

}  // namespace getty::connect::sandbox

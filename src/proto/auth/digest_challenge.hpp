// What a server offers to authenticate with, and which of it is taken.
#pragma once

#include "proto/auth/auth_header.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>

namespace getty::connect::proto {

/// The algorithms of RFC 7616 6.1.
enum class digest_algorithm : std::uint8_t {
    md5,
    md5_sess,
    sha256,
    sha256_sess,
    sha512_256,
    sha512_256_sess
};

/// The registered spelling, as it goes on the wire.
[[nodiscard]] std::string_view name(digest_algorithm algorithm) noexcept;
/// The algorithm named by a parameter value, in any case; nothing when it is unknown.
[[nodiscard]] std::optional<digest_algorithm> parse_digest_algorithm(std::string_view text) noexcept;
/// 1 for MD5, 2 for SHA-256, 3 for SHA-512-256; a -sess form is as strong as its base.
[[nodiscard]] int strength(digest_algorithm algorithm) noexcept;
[[nodiscard]] bool is_session_algorithm(digest_algorithm algorithm) noexcept;
/// Whether this process's OpenSSL provides the hash: a FIPS configuration has no MD5.
[[nodiscard]] bool is_available(digest_algorithm algorithm) noexcept;

/// Quality of protection. `none` is the form of RFC 2069: neither nonce count nor client nonce.
enum class digest_qop : std::uint8_t { none, auth, auth_int };

/// The parameter value; empty for `none`.
[[nodiscard]] std::string_view name(digest_qop qop) noexcept;

/// Longest realm, nonce and opaque that are accepted: each is echoed in every request.
inline constexpr std::size_t max_digest_value_bytes = 2048;

/// A Digest challenge of which all parameters are understood (RFC 7616 3.3).
struct digest_challenge {
    // user-provided: g++ 12 destroys an aggregate temporary twice when it is passed in a co_await expression
    digest_challenge() noexcept;

    std::string realm;
    std::string nonce;  ///< not empty
    std::optional<std::string> opaque;
    digest_algorithm algorithm = digest_algorithm::md5;
    digest_qop qop = digest_qop::none;  ///< the one to use: auth before auth-int
    bool offers_auth = false;
    bool offers_auth_int = false;  ///< neither: the server sent no qop at all
    bool stale = false;
    bool userhash = false;
    bool utf8 = false;  ///< charset="UTF-8"
};

/// Reads a challenge of scheme "digest" into `out`. Returns why it cannot be used (supported, not policy),
/// empty when it can: realm or nonce missing, algorithm unknown or unavailable, no known qop, -sess without
/// qop, a value above `max_digest_value_bytes`.
[[nodiscard]] std::string_view read_digest_challenge(const challenge& from, digest_challenge& out);

/// Which offers are acceptable. Defaults: any digest algorithm, qop required. Bearer is reported, and Basic,
/// which sends the password itself, refused.
class challenge_policy {
public:
    // user-provided: g++ 12 destroys an aggregate temporary twice when it is passed in a co_await expression
    challenge_policy() noexcept;

    /// Refuse digests weaker than this; -sess forms count as their base.
    challenge_policy& minimum(digest_algorithm algorithm) noexcept;
    /// Accept challenges without qop (RFC 2069): replay protection rests on the nonce alone.
    challenge_policy& allow_no_qop() noexcept;

    [[nodiscard]] digest_algorithm minimum() const noexcept { return minimum_; }
    [[nodiscard]] bool allows_no_qop() const noexcept { return no_qop_; }

private:
    digest_algorithm minimum_ = digest_algorithm::md5;
    bool no_qop_ = false;
};

/// Nothing that is offered is both supported and allowed.
struct no_challenge {
    /// One printable line, at most 256 bytes: "offered: Basic; allowed: Digest with at least SHA-256".
    std::string reason;
};

struct bearer_challenge {
    std::string realm;
    std::string scope;
    std::string error;  ///< RFC 6750 3.1: `invalid_token` and the like; empty on a first challenge
};

using challenge_choice = std::variant<no_challenge, digest_challenge, bearer_challenge>;

/// The best usable offer: the strongest digest (the server's order among equals, one with qop before one
/// without), else Bearer. Unknown schemes and algorithms are skipped.
[[nodiscard]] challenge_choice select_challenge(std::span<const challenge> offered,
                                                const challenge_policy& policy);

}  // namespace getty::connect::proto

// The client's side of HTTP Digest authentication.
#pragma once

#include "core/random.hpp"
#include "proto/auth/digest_challenge.hpp"
#include "proto/auth/digest_hash.hpp"

#include <getty/connect/result.hpp>
#include <getty/connect/secret.hpp>

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace getty::connect::proto {

/// A client nonce: 128 random bits as 32 lower-case hex digits. Make a fresh one for every request.
class cnonce {
public:
    explicit cnonce(core::random_source& random);
    [[nodiscard]] std::string_view view() const noexcept { return {digits_.data(), digits_.size()}; }
    operator std::string_view() const noexcept { return view(); }  // NOLINT(google-explicit-constructor)

private:
    std::array<char, 32> digits_;
};

/// What one request was sent with; needed again to check the server's answer to it.
struct digest_exchange {
    // user-provided: g++ 12 destroys an aggregate temporary twice when it is passed in a co_await expression
    digest_exchange(std::string_view target_sent, std::string_view nonce_sent, std::uint32_t nc_sent,
                    std::string_view cnonce_sent) noexcept;

    std::string_view target;
    std::string_view nonce;  ///< a later `adopt_nonce` changes nothing for requests already sent
    std::uint32_t nc;
    std::string_view client_nonce;
};

enum class rspauth_verdict { absent, verified, mismatch };

/// The credentials of one user for one challenge, ready to sign requests (RFC 7616, with the forms of RFC
/// 2617 and RFC 2069).
///
/// Vocabulary: *H(A1)*, the hash of user, realm and password, which is a password for this realm and is wiped
/// with the object; *session nonces*, the nonce of the challenge and the client nonce of the first request,
/// which enter H(A1) when the algorithm is a -sess form.
///
/// A -sess form ties H(A1) to the first request (RFC 7616 3.4.2). The session therefore sends that one client
/// nonce with every request, whatever nonce `authorize` is given, so that a server which derives H(A1) anew
/// from each request computes the same. Invariant: everything in the header but target, response, nc and
/// cnonce is prebuilt. Pure: no clock, no randomness, no I/O. Not safe for concurrent calls, const ones
/// included: each thread has its own session. Moved-from: assign or destroy only.
class digest_session {
public:
    /// `user` is sent as UTF-8: bytes as they are (no normalisation), at most `max_digest_value_bytes`. It
    /// goes in `username*` when it is not ASCII and the challenge says charset=UTF-8, and hashed under
    /// userhash. `session_nonce` matters to -sess forms only. The password is read here and not kept.
    ///
    /// Errors: `invalid_option` when the user name holds a control character, is too long, or is to be UTF-8
    /// and is not; `challenge_unsupported` when the hash is not available or the challenge has values that
    /// cannot be sent.
    [[nodiscard]] static result<digest_session> start(const digest_challenge& from, std::string_view user,
                                                      const secret& password, std::string_view session_nonce);

    /// Appends the value of an Authorization header. Allocates only to grow `out`.
    ///
    /// `target` is the request target exactly as on the wire (`is_target`); `nc` counts the requests made
    /// with the current nonce from 1; `client_nonce` is fresh, of `is_token68` characters; `entity_body` is
    /// hashed for auth-int only. Without qop, nc and cnonce are not sent.
    void authorize(std::string& out, std::string_view method, std::string_view target, std::uint32_t nc,
                   std::string_view client_nonce, std::string_view entity_body = {});

    /// Goes on with the `nextnonce` of an Authentication-Info header; count from 1 again. H(A1) stays, also
    /// for a -sess form: the session lasts until the next challenge (RFC 7616 3.6). False, and nothing
    /// changed, when the value is empty, longer than `max_digest_value_bytes` or not quotable.
    [[nodiscard]] bool adopt_nonce(std::string_view next);

    /// The `rspauth` that a server which knows H(A1) answers with. `body` enters under `auth_int` only: the
    /// content before any transfer coding, after any content coding (RFC 7616 3.4.3, 3.5).
    [[nodiscard]] hex_digest expected_rspauth(const digest_exchange& sent, digest_qop qop,
                                              std::string_view body = {});

    /// Checks the parameters of an Authentication-Info header in constant time. `mismatch` also when nc,
    /// cnonce or qop are there and are not those of the request; an answer may be better protected than the
    /// request (auth-int to auth), not worse.
    [[nodiscard]] rspauth_verdict verify_rspauth(std::span<const auth_param> info,
                                                 const digest_exchange& sent, std::string_view body = {});

    [[nodiscard]] const std::string& nonce() const noexcept { return nonce_; }
    [[nodiscard]] digest_qop qop() const noexcept { return qop_; }
    /// The client nonce that goes out when `authorize` is given `client_nonce`.
    [[nodiscard]] std::string_view nonce_to_send(std::string_view client_nonce) const noexcept;

private:
    digest_session(const digest_challenge& from, std::string user_parameter, secret credentials_hash,
                   std::string_view session_nonce);
    void build_fixed_parts();
    [[nodiscard]] hex_digest respond(std::string_view nonce, std::uint32_t nc, std::string_view client_nonce,
                                     digest_qop qop, std::string_view a2_hash);

    digest_hash hash_;
    digest_algorithm algorithm_;
    digest_qop qop_;
    bool userhash_;
    std::string realm_;
    std::string nonce_;
    std::optional<std::string> opaque_;
    std::string user_parameter_;  // `username="..."` or `username*=...`
    std::string session_nonce_;   // the client nonce of a -sess form, else empty
    secret key_;                  // H(A1) in hex
    std::string head_;            // up to the target
    std::string tail_;            // from after the response to before the nonce count
};

}  // namespace getty::connect::proto

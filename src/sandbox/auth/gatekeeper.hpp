// Who is let in: the Digest, Bearer and open schemes of both endpoints.
#pragma once

#include "core/random.hpp"
#include "core/time.hpp"
#include "proto/auth/digest_server.hpp"
#include "sandbox/auth/nonce_book.hpp"
#include "sandbox/auth/token_book.hpp"

#include <getty/connect/sandbox.hpp>

#include <optional>
#include <string>
#include <string_view>

namespace getty::connect::sandbox {

/// The parts of a request that authentication looks at. All views are the caller's.
struct signed_request {
    std::string_view method, target;
    std::string_view authorization;  ///< empty: none
    std::string_view body;
};

/// What became of one request.
struct admission {
    int status = 401;         ///< 200, 400 or 401
    std::string_view reason;  ///< unless 200
    bool stale = false;
    bool with_next_nonce = false;
    std::string spent_nonce;                         ///< the one that the next follows
    std::optional<proto::digest_credentials> proof;  ///< Digest, when granted
    secret key;                                      ///< H(A1) of `proof`
};

/// Decides by the nonces and tokens it has given out. Pure: time and randomness are parameters. Not
/// thread-safe.
class gatekeeper {
public:
    /// Both arguments must outlive this object.
    gatekeeper(const settings& with, core::random_source& random);

    [[nodiscard]] admission admit_to_images(const signed_request& request, core::time_point now);
    [[nodiscard]] admission admit_to_token(const signed_request& request, core::time_point now);

    /// The header lines that belong to an answer with this body: challenges, or Authentication-Info.
    void append_image_headers(std::string& out, const admission& became, std::string_view body,
                              core::time_point now);
    void append_token_headers(std::string& out, const admission& became, std::string_view body,
                              core::time_point now);

    [[nodiscard]] token_book& tokens() noexcept { return tokens_; }
    [[nodiscard]] nonce_book& nonces() noexcept { return nonces_; }

private:
    template <class KnowsPassword>
    admission admit_digest(const signed_request& request, core::time_point now, KnowsPassword knows);
    [[nodiscard]] std::string_view why_misfit(const proto::digest_credentials& given) const;
    [[nodiscard]] secret key_for(const proto::digest_credentials& given, const secret& password,
                                 std::string_view session_nonce) const;
    void append_challenges(std::string& out, bool stale, core::time_point now);
    void append_info(std::string& out, const admission& became, std::string_view body, core::time_point now);
    void append_digest_headers(std::string& out, const admission& became, std::string_view body,
                               core::time_point now);

    const settings& settings_;
    token_book tokens_;
    nonce_book nonces_;
    std::string opaque_;
};

}  // namespace getty::connect::sandbox

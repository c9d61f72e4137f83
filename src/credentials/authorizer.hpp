// How image requests are authorised: one strategy per scheme.
#pragma once

#include "calls/request.hpp"
#include "credentials/digest_auth.hpp"
#include "credentials/token_refresher.hpp"

#include <memory>
#include <string>
#include <string_view>

namespace getty::connect::credentials {

/// Brings token and scheme together. For one request: `prepared` or `prepare`, `sign`, then one of
/// `accepted`, `refused` and `unanswered`. Used on one executor.
class authorizer {
public:
    /// What one request was sent with.
    struct stamp {
        stamp() {}                     // user-provided: see the coroutine rules of g++ 12
        std::uint64_t token = 0;       ///< generation sent
        std::uint64_t waited_for = 0;  ///< generation that the request waited for
        digest_auth::ticket digest;
    };

    virtual ~authorizer() = default;

    [[nodiscard]] bool prepared(stamp& s) { return tokens_.ready(s.waited_for) && scheme_ready(s); }
    async::task<result<void>> prepare(stamp& s, async::cancel_scope& scope);
    /// Appends the Authorization field.
    virtual result<void> sign(std::string& out, std::string_view method, std::string_view target,
                              stamp& s) = 0;
    /// A 401: what it was about, or in `failed.why` why nothing can be done.
    virtual void refused(stamp& s, const http::response& answer, calls::attempt_failure& failed) = 0;
    /// Any other answer; false when the service failed to prove itself.
    [[nodiscard]] virtual bool accepted(stamp& s, const http::response& answer) = 0;
    virtual void unanswered(stamp& s) noexcept = 0;
    /// What no message may quote.
    [[nodiscard]] std::string_view token() const noexcept { return tokens_.value().expose(); }

protected:
    explicit authorizer(token_refresher& tokens) : tokens_(tokens) {}

    [[nodiscard]] virtual bool scheme_ready(stamp& s) = 0;
    virtual async::task<void> wait_for_scheme(stamp& s, async::cancel_scope& scope) = 0;
    /// The token was refused: notes whether another may help.
    void token_refused(stamp& s, calls::attempt_failure& failed);

    token_refresher& tokens_;
};

/// `Authorization: Bearer TOKEN` (RFC 6750).
[[nodiscard]] std::unique_ptr<authorizer> make_bearer_authorizer(token_refresher& tokens);
/// Digest with the token as password (RFC 7616). `digest` must outlive it.
[[nodiscard]] std::unique_ptr<authorizer> make_digest_authorizer(token_refresher& tokens, digest_auth& digest,
                                                                 std::string user);

}  // namespace getty::connect::credentials

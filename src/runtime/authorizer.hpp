// How image requests are authorised: one strategy per scheme.
#pragma once

#include "runtime/digest_auth.hpp"
#include "runtime/requester.hpp"
#include "runtime/token_source.hpp"

#include <memory>
#include <string>
#include <string_view>

namespace getty::connect::runtime {

/// Brings token and scheme together. For one request: `prepared` or `prepare`, `sign`, then one of
/// `accepted`, `refused` and `unanswered`. Used on one executor.
class authorizer {
public:
    /// What one request was sent with.
    struct stamp {
        stamp() {}                     // user-provided: see the coroutine rules of g++ 12
        std::uint64_t token = 0;       ///< generation sent
        std::uint64_t waited_for = 0;  ///< generation that the request waited for
        digest_auth::stamp digest;
    };

    virtual ~authorizer() = default;

    [[nodiscard]] bool prepared(stamp& s) { return tokens_.ready(s.waited_for) && scheme_ready(s); }
    io::task<result<void>> prepare(stamp& s, io::operation& op);
    /// Appends the Authorization field.
    virtual result<void> sign(std::string& out, std::string_view method, std::string_view target,
                              stamp& s) = 0;
    /// A 401: what it was about, or in `failed.why` why nothing can be done.
    virtual void refused(stamp& s, const io::response& answer, setback& failed) = 0;
    /// Any other answer; false when the service failed to prove itself.
    [[nodiscard]] virtual bool accepted(stamp& s, const io::response& answer) = 0;
    virtual void unanswered(stamp& s) noexcept = 0;
    /// What no message may quote.
    [[nodiscard]] std::string_view token() const noexcept { return tokens_.value().expose(); }

protected:
    explicit authorizer(token_source& tokens) : tokens_(tokens) {}

    [[nodiscard]] virtual bool scheme_ready(stamp& s) = 0;
    virtual io::task<void> wait_for_scheme(stamp& s, io::operation& op) = 0;
    /// The token was refused: notes whether another may help.
    void token_refused(stamp& s, setback& failed);

    token_source& tokens_;
};

/// `Authorization: Bearer TOKEN` (RFC 6750).
[[nodiscard]] std::unique_ptr<authorizer> make_bearer_authorizer(token_source& tokens);
/// Digest with the token as password (RFC 7616). `digest` must outlive it.
[[nodiscard]] std::unique_ptr<authorizer> make_digest_authorizer(token_source& tokens, digest_auth& digest,
                                                                 std::string user);

}  // namespace getty::connect::runtime

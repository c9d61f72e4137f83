// How image requests are authorised: one strategy per scheme.
#pragma once

#include "calls/attempt_failure.hpp"
#include "calls/grant.hpp"
#include "credentials/digest_auth.hpp"
#include "credentials/token_refresher.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace getty::connect::credentials {

/// Brings token and scheme together, for all requests of a client. Used on one executor.
class authorizer {
public:
    virtual ~authorizer() = default;

    class session;

protected:
    /// What one request was sent with, and what its next try is to be sent with.
    struct ticket {
        ticket() {}                    // user-provided: see the coroutine rules of g++ 12
        std::uint64_t token = 0;       ///< generation sent
        std::uint64_t waited_for = 0;  ///< generation that the request waited for
        digest_auth::ticket digest;
    };

    explicit authorizer(token_refresher& tokens) : tokens_(tokens) {}

    /// Beyond the token, what the scheme needs is at hand.
    [[nodiscard]] virtual bool scheme_ready(ticket& t) = 0;
    virtual async::task<void> wait_for_scheme(ticket& t, async::cancel_scope& scope) = 0;
    virtual result<void> sign(std::string& out, std::string_view method, std::string_view target,
                              ticket& t) = 0;
    virtual void refused(ticket& t, const http::response& answer, calls::attempt_failure& failed) = 0;
    [[nodiscard]] virtual bool accepted(ticket& t, const http::response& answer) = 0;
    virtual void unanswered(ticket& t) noexcept = 0;
    /// The token was refused: notes whether another may help.
    void token_refused(ticket& t, calls::attempt_failure& failed);

    token_refresher& tokens_;
};

/// One request's credentials, over all its tries.
class authorizer::session final : public calls::grantor {
public:
    /// `by` must outlive the session.
    explicit session(authorizer& by) : by_(by) {}

    /// The next request begins.
    void restart() noexcept {
        ticket_.token = 0;
        ticket_.waited_for = 0;
        ticket_.digest.restart();
    }
    /// Appends the Authorization field. The grant is acquired.
    result<void> sign(std::string& out, std::string_view method, std::string_view target) {
        return by_.sign(out, method, target, ticket_);
    }
    /// A 401: what it was about, or in `failed.why` why nothing can be done.
    void refused(const http::response& answer, calls::attempt_failure& failed) {
        by_.refused(ticket_, answer, failed);
    }
    /// Any other answer; false when the service failed to prove itself.
    [[nodiscard]] bool accepted(const http::response& answer) { return by_.accepted(ticket_, answer); }
    /// Appends what no message may quote. Views into what outlives the session.
    void append_secrets(std::vector<std::string_view>& to) const { by_.tokens_.append_secrets(to); }

private:
    bool at_hand() override { return by_.tokens_.ready(ticket_.waited_for) && by_.scheme_ready(ticket_); }
    async::task<result<void>> wait(async::cancel_scope& scope) override;
    void unanswered() noexcept override { by_.unanswered(ticket_); }

    authorizer& by_;
    ticket ticket_;
};

/// What a token has to be to go as `Bearer`.
enum class bearer_form {
    token68,  ///< as RFC 6750 2.1 has it
    opaque,   ///< whatever does not break the field
};
/// `Authorization: Bearer TOKEN` (RFC 6750).
[[nodiscard]] std::unique_ptr<authorizer> make_bearer_authorizer(token_refresher& tokens, bearer_form form);
/// No Authorization: the key that goes with every request is all there is. `tokens` has none.
[[nodiscard]] std::unique_ptr<authorizer> make_key_authorizer(token_refresher& tokens);
/// Digest with the token as password (RFC 7616). `digest` must outlive it.
[[nodiscard]] std::unique_ptr<authorizer> make_digest_authorizer(token_refresher& tokens, digest_auth& digest,
                                                                 std::string user);

}  // namespace getty::connect::credentials

// Digest authentication shared by all requests to one protection space.
#pragma once

#include "async/cancel_scope.hpp"
#include "async/event.hpp"
#include "calls/attempt_failure.hpp"
#include "calls/grant.hpp"
#include "core/random.hpp"
#include "http/response_reader.hpp"
#include "policy/nonce_state.hpp"
#include "proto/auth/digest.hpp"

#include <getty/connect/options.hpp>
#include <getty/connect/result.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace getty::connect::credentials {

/// Who signs: a user name and a password that has a generation, so that a new password is noticed.
struct digest_user {
    digest_user(std::string_view user, const secret& key, std::uint64_t key_generation) noexcept
        : name(user), password(key), generation(key_generation) {}
    std::string_view name;
    const secret& password;
    std::uint64_t generation;
};

/// Holds the current challenge and the keys derived from it.
///
/// The first request goes out alone and without credentials, to fetch the challenge (the *probe*); all others
/// wait for its answer. From then on every request is signed ahead, with one sequence of counts for all
/// connections: no further round trip but for nonces that have aged. Where nonces do not last that long,
/// fewer are signed at a time, down to one request per nonce. `policy::nonce_state` decides, this class holds
/// the strings. Used on one executor.
class digest_auth {
public:
    digest_auth(async::scheduler& on, core::random_source& random, proto::challenge_policy accepts,
                mutual_authentication proof, digest_order order);

    /// What one request was sent with, and what its next try is to be sent with.
    struct ticket : policy::nonce_state::place {
        ticket() {}  // user-provided: see the coroutine rules of g++ 12
        /// The next request begins.
        void restart() noexcept {
            probe = false;
            own.reset();
            own_failures = 0;
            doubts = 0;
        }
        [[nodiscard]] bool credentials() const noexcept { return sent.credentials(); }

        policy::nonce_state::use sent;
        bool probe = false;
        bool turn = false;
        std::uint32_t count = 0;
        std::optional<proto::cnonce> client_nonce;
        std::string nonce;
        std::string target;
        std::shared_ptr<proto::digest_session> session;
        std::uint64_t password = 0;  ///< generation
        std::uint64_t proofs = 0;    ///< that it is right, when the request was signed

        std::optional<proto::digest_challenge> own;  ///< of the last answer, for the next try
        std::uint64_t own_generation = 0;            ///< when it was adopted for all as well
        unsigned own_failures = 0;  ///< answers that own nonces were worn out, one after the other
        unsigned doubts = 0;        ///< refusals that were not believed for want of proof
        async::event* parked = nullptr;
    };

    enum class verdict {
        challenged,  ///< try again: there is a challenge to answer now
        stale,       ///< try again with the nonce of this answer, or that is current by now
        refused,     ///< the credentials are judged wrong
        unusable,    ///< nothing offered is supported and allowed, see `offers()`
    };

    /// Whether a request may go out now; the ticket notes whether it is the probe.
    [[nodiscard]] bool claim(ticket& s);
    /// Waits for the probe under way, or for one's turn. Precondition: `claim(s)` was false.
    async::task<void> wait(ticket& s, async::cancel_scope& scope);
    /// Appends the Authorization field, or nothing when the service asks for none. `body` is the request's,
    /// which auth-int protects. Precondition: `claim(s)`.
    result<void> sign(std::string& out, std::string_view method, std::string_view target,
                      const digest_user& user, ticket& s, std::string_view body = {});

    /// The answer was a 401; notes in `failed` what that means for the next try. What `refused` means is up
    /// to whoever knows the credentials.
    verdict refused(ticket& s, const http::response& answer, calls::attempt_failure& failed);
    /// The answer was another; false when the service failed to prove that it knows the password.
    [[nodiscard]] bool accepted(ticket& s, const http::response& answer);
    /// There was no answer.
    void unanswered(ticket& s) noexcept;

    class session;

    /// This process is a child: the parent goes on with the nonce and its counts.
    void forked() noexcept { state_.forget(); }

private:
    [[nodiscard]] verdict judge(ticket& s, const http::response& answer);
    void note(verdict of, calls::attempt_failure& failed) const;
    [[nodiscard]] bool is_about_the_nonce(ticket& s) const noexcept;
    void end_turn(ticket& s) noexcept;
    void wake_next() noexcept;
    void wake_all() noexcept;
    void wake(policy::nonce_state::place& who) noexcept;
    result<void> sign_with_own(const digest_user& user, ticket& s);
    result<void> share_session(const digest_user& user, const ticket& s);
    [[nodiscard]] bool proven(const ticket& s, const std::vector<proto::auth_param>& info,
                              std::string_view body) const;

    core::random_source& random_;
    proto::challenge_policy accepts_;
    mutual_authentication proof_;
    policy::nonce_state state_;
    async::scheduler& scheduler_;
    proto::digest_challenge challenge_;
    std::shared_ptr<proto::digest_session> session_;
    std::uint64_t session_password_ = 0;  // generation of the password behind session_
    std::uint64_t proven_password_ = 0;   // generation that was taken last,
    std::uint64_t proofs_ = 0;            // and how often it was
    std::string offers_;                  // after `unusable`: what was offered and what would do
};

/// One request's part in it, over all its tries.
class digest_auth::session final : public calls::grantor {
public:
    /// `in` must outlive the session.
    explicit session(digest_auth& in) : in_(in) {}

    result<void> sign(std::string& out, std::string_view method, std::string_view target,
                      const digest_user& user, std::string_view body = {}) {
        return in_.sign(out, method, target, user, ticket_, body);
    }
    /// As `digest_auth::refused`.
    verdict refused(const http::response& answer, calls::attempt_failure& failed) {
        return in_.refused(ticket_, answer, failed);
    }
    /// Any other answer; false when the service failed to prove that it knows the password.
    [[nodiscard]] bool accepted(const http::response& answer) { return in_.accepted(ticket_, answer); }

private:
    bool at_hand() override { return in_.claim(ticket_); }
    async::task<result<void>> wait(async::cancel_scope& scope) override {
        co_await in_.wait(ticket_, scope);
        co_return result<void>();
    }
    void unanswered() noexcept override { in_.unanswered(ticket_); }

    digest_auth& in_;
    ticket ticket_;
};

}  // namespace getty::connect::credentials

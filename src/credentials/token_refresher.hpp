// The token, refreshed once for everybody.
#pragma once

#include "async/condition_variable.hpp"
#include "async/task_group.hpp"
#include "calls/call_runner.hpp"
#include "credentials/digest_auth.hpp"
#include "credentials/grant_choice.hpp"
#include "credentials/shared_token.hpp"
#include "credentials/token_dialect.hpp"
#include "proto/http/request_writer.hpp"

#include <getty/connect/options.hpp>
#include <getty/connect/secret.hpp>

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace getty::connect::credentials {

struct token_settings {
    std::chrono::milliseconds timeout{30'000};  ///< of one flight, its retries included
    /// Where the token comes from.
    enum class supply {
        endpoint,
        caller,  ///< it is `fixed`
        none,    ///< there is none: whatever is to be had goes without
    };
    supply from = supply::endpoint;
    secret fixed;
    grant_choice grants{grant_choice::beside::application};
    refresh_token_keeper keeper;
    /// What a token request is signed with where the endpoint wants Digest.
    std::string user;
    bool user_is_secret = false;  ///< an API key by itself opens lookups
    secret password;
    secret user_password;  ///< sent as well, and never to be quoted
};

/// One shard's hand on the token: knows its value, renews it. `policy::token_state` decides, in the
/// `shared_token` of all shards; this class fetches.
///
/// A *flight* is one token request with its retries, and another where a refresh token is refused. It belongs
/// to this object: whoever asked first may go away, the flight goes on for the others, on this shard and
/// elsewhere. Used on one executor.
class token_refresher final : private async::context_part {
public:
    /// All references must outlive the source.
    token_refresher(async::scheduler& on, std::shared_ptr<shared_token> shared, calls::call_runner& calls,
                    const token_dialect& dialect, const proto::request_writer& writer, digest_auth* auth,
                    core::random_source& random, core::telemetry& watch, token_settings settings);
    ~token_refresher();

    /// Whether a token may be used now; a refresh that is due starts in the background. `waited_for`: a
    /// generation that the request waited for may be used even if it has expired since.
    [[nodiscard]] bool ready(std::uint64_t waited_for);
    /// Waits for a token. Completes with its generation, or with the flight's error; ends early, with 0, when
    /// `scope` stops.
    async::task<result<std::uint64_t>> wait(async::cancel_scope& scope);

    [[nodiscard]] const secret& value() const noexcept { return token_.value; }
    /// Appends what no message may quote: the tokens and the secrets that they are fetched with. Views into
    /// this.
    void append_secrets(std::vector<std::string_view>& to) const;
    [[nodiscard]] token_settings::supply source() const noexcept { return settings_.from; }
    /// What `value()` was issued for.
    [[nodiscard]] token_grant grant() const noexcept { return token_.by; }
    /// Of `value()`.
    [[nodiscard]] std::uint64_t generation() const noexcept { return token_.generation; }
    /// Zero unless it was issued.
    [[nodiscard]] std::chrono::seconds remaining() const;

    /// A 401 to a request with the token of this generation.
    [[nodiscard]] policy::token_state::rejection rejected(std::uint64_t generation);
    void accepted(std::uint64_t generation) {
        if (asks()) shared_->accepted(generation);
    }

    /// Cancels the flight, for good.
    void close();
    async::task<void> closed(async::cancel_scope& scope) { return tasks_.join(scope); }
    /// The owner, held while a flight or news of one are under way. Call it once, before anything else.
    void set_keep_alive(std::weak_ptr<void> whole);

private:
    class token_request;
    struct fetched;

    [[nodiscard]] bool asks() const noexcept { return settings_.from == token_settings::supply::endpoint; }
    void context_ends() noexcept override;
    void forked() noexcept override {}

    policy::token_state::verdict acquire(shared_token::purpose why);
    /// The right to the flight under way. Whoever has it ends it, or the shared token hears that nobody does.
    class flight_right;
    async::task<void> run_flight(std::unique_ptr<flight_right> right);
    async::task<result<fetched>> fetch(async::cancel_scope& scope);
    void end_flight(result<fetched> brought) noexcept;
    void hand_out(const secret& refresh_token);

    async::scheduler& scheduler_;
    calls::call_runner& calls_;
    const token_dialect& dialect_;
    const proto::request_writer& writer_;
    digest_auth* auth_;
    core::random_source& random_;
    core::telemetry& telemetry_;
    token_settings settings_;
    std::shared_ptr<shared_token> shared_;
    shared_token::copy token_;
    async::cancel_scope* flight_ = nullptr;
    bool closed_ = false;
    async::condition_variable flight_ended_;
    async::task_group tasks_;
    std::weak_ptr<void> keep_alive_;
};

}  // namespace getty::connect::credentials

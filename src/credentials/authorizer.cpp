#include "credentials/authorizer.hpp"

#include "proto/http/field_rules.hpp"

#include <utility>

namespace getty::connect::credentials {
namespace {

class bearer final : public authorizer {
public:
    bearer(token_refresher& tokens, bearer_form form) : authorizer(tokens), form_(form) {}

    result<void> sign(std::string& out, std::string_view, std::string_view, ticket& t) override {
        const std::string_view token = tokens_.value().expose();
        if (form_ == bearer_form::token68 && !proto::is_token68(token)) {
            return error(
                errc::invalid_option, stage::auth,
                "auth: the token holds characters that a Bearer credential cannot carry (RFC 6750 2.1); "
                "use Digest on image requests");
        }
        if (token.empty() || !proto::is_field_value(token)) {
            return error(errc::invalid_option, stage::auth,
                         "token: it holds a character that no header field can carry, or a blank at an end");
        }
        t.token = tokens_.generation();
        out += "Authorization: Bearer ";
        out += token;
        out += "\r\n";
        return {};
    }

    void refused(ticket& t, const http::response&, calls::attempt_failure& failed) override {
        token_refused(t, failed);
    }
    bool accepted(ticket& t, const http::response&) override {
        tokens_.accepted(t.token);
        return true;
    }
    void unanswered(ticket&) noexcept override {}

private:
    bool scheme_ready(ticket&) override { return true; }
    async::task<void> wait_for_scheme(ticket&, async::cancel_scope&) override { co_return; }

    bearer_form form_;
};

class key_only final : public authorizer {
public:
    explicit key_only(token_refresher& tokens) : authorizer(tokens) {}

    result<void> sign(std::string&, std::string_view, std::string_view, ticket&) override { return {}; }
    void refused(ticket&, const http::response&, calls::attempt_failure& failed) override {
        failed.why = calls::reworded(
            failed.why,
            "the key is not good, or not enough without a token: check it, or set credentials(key, secret) "
            "to have tokens fetched");
    }
    bool accepted(ticket&, const http::response&) override { return true; }
    void unanswered(ticket&) noexcept override {}

private:
    bool scheme_ready(ticket&) override { return true; }
    async::task<void> wait_for_scheme(ticket&, async::cancel_scope&) override { co_return; }
};

class digest final : public authorizer {
public:
    digest(token_refresher& tokens, digest_auth& auth, std::string user)
        : authorizer(tokens), auth_(auth), user_(std::move(user)) {}

    result<void> sign(std::string& out, std::string_view method, std::string_view target,
                      ticket& t) override {
        t.token = tokens_.generation();
        return auth_.sign(out, method, target, digest_user(user_, tokens_.value(), t.token), t.digest);
    }

    void refused(ticket& t, const http::response& answer, calls::attempt_failure& failed) override {
        const digest_auth::verdict verdict = auth_.refused(t.digest, answer, failed);
        if (verdict == digest_auth::verdict::refused) token_refused(t, failed);
    }

    bool accepted(ticket& t, const http::response& answer) override {
        if (t.digest.credentials()) tokens_.accepted(t.token);
        return auth_.accepted(t.digest, answer);
    }

    void unanswered(ticket& t) noexcept override { auth_.unanswered(t.digest); }

private:
    bool scheme_ready(ticket& t) override { return auth_.claim(t.digest); }
    async::task<void> wait_for_scheme(ticket& t, async::cancel_scope& scope) override {
        return auth_.wait(t.digest, scope);
    }

    digest_auth& auth_;
    std::string user_;
};

}  // namespace

async::task<result<void>> authorizer::session::wait(async::cancel_scope& scope) {
    if (!by_.tokens_.ready(ticket_.waited_for)) {
        const result<std::uint64_t> brought = co_await by_.tokens_.wait(scope);
        if (!brought) co_return brought.error();
        ticket_.waited_for = *brought;
    }
    if (!scope.stopped() && !by_.scheme_ready(ticket_)) {
        co_await by_.wait_for_scheme(ticket_, scope);
    }
    co_return result<void>();
}

void authorizer::token_refused(ticket& t, calls::attempt_failure& failed) {
    using rejection = policy::token_state::rejection;
    switch (tokens_.rejected(t.token)) {
        case rejection::retry_with_current:
            failed.facts.authentication = policy::refusal::stale;
            break;
        case rejection::refresh:
            failed.facts.authentication = policy::refusal::credentials;
            break;
        case rejection::give_up:
            break;
    }
}

std::unique_ptr<authorizer> make_bearer_authorizer(token_refresher& tokens, bearer_form form) {
    return std::make_unique<bearer>(tokens, form);
}

std::unique_ptr<authorizer> make_key_authorizer(token_refresher& tokens) {
    return std::make_unique<key_only>(tokens);
}

std::unique_ptr<authorizer> make_digest_authorizer(token_refresher& tokens, digest_auth& auth,
                                                   std::string user) {
    return std::make_unique<digest>(tokens, auth, std::move(user));
}

}  // namespace getty::connect::credentials

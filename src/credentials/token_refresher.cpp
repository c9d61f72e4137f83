#include "credentials/token_refresher.hpp"

#include "calls/response_status.hpp"
#include "core/wipe.hpp"
#include "proto/auth/request_secrets.hpp"
#include "proto/image/error_body.hpp"

#include <boost/asio/post.hpp>

#include <algorithm>
#include <exception>
#include <optional>
#include <utility>
#include <vector>

namespace getty::connect::credentials {

using policy::token_state;

/// What a flight has brought.
struct token_refresher::fetched {
    fetched(proto::issued_token t, token_grant g) : token(std::move(t)), by(g) {}
    proto::issued_token token;
    token_grant by;
};

/// One request for a token.
class token_refresher::token_request final : public calls::request {
public:
    /// `digest`: what it is signed with; null: nothing.
    token_request(token_refresher& source, token_grant by, const secret& refresh_token,
                  digest_auth::session* digest)
        : source_(source), by_(by), refresh_token_(refresh_token), digest_(digest) {
        if (digest_) authorise_with(*digest_);
    }
    ~token_request() override { core::wipe(buffer()); }  // the credentials are in it
    token_request(const token_request&) = delete;
    token_request& operator=(const token_request&) = delete;

    result<void> write(std::string& out) override {
        spent = false;  // of the last try alone: what a doubtful answer said does not count
        const std::string_view target = source_.dialect_.target();
        if (!source_.writer_.begin(out, "POST", target)) {
            return error(errc::invalid_option, stage::auth, "token_url: its path cannot be sent");
        }
        const secret body = source_.dialect_.body(by_, refresh_token_);
        source_.dialect_.append_fields(out);
        if (digest_) {
            const digest_user user(source_.settings_.user, source_.settings_.password, 1);
            const result<void> done = digest_->sign(out, "POST", target, user, body.expose());
            if (!done) return done;
        }
        proto::request_writer::end(out, source_.dialect_.content_type(), body.expose());
        return {};
    }

    std::optional<calls::attempt_failure> interpret(const http::response& answer) override {
        if (answer.status == 401 && digest_) {
            calls::attempt_failure failed = refusal(answer);
            if (digest_->refused(answer, failed) == digest_auth::verdict::stale) {
                // Says nothing against the credentials: the endpoint is to be asked again, later.
                failed.why = error(errc::token_unavailable, stage::auth, failed.why.message());
                failed.why.with_status(answer.status);
            }
            return failed;
        }
        if (digest_ && !digest_->accepted(answer)) {
            return calls::attempt_failure(
                error(errc::server_not_authentic, stage::auth).with_status(answer.status));
        }
        const bool success = answer.status >= 200 && answer.status < 300;
        if (!success) return refusal(answer);
        proto::token_result read = source_.dialect_.read(answer.body);
        if (!read) {
            const std::string said = refusal(answer).why.message();
            const std::string text = read.error().describe() + (said.empty() ? "" : "; the answer: ") + said;
            return calls::attempt_failure(
                error(errc::token_unavailable, stage::auth, text).with_status(answer.status));
        }
        brought = std::move(*read);
        return std::nullopt;
    }

    [[nodiscard]] std::vector<std::string_view> secrets() const override {
        std::vector<std::string_view> all = proto::credentials_in(bytes());
        all.push_back(refresh_token_.expose());
        source_.append_secrets(all);
        return all;
    }
    [[nodiscard]] std::string_view name() const noexcept override { return "token"; }

    std::optional<proto::issued_token> brought;
    bool spent = false;  ///< what it asked with is no good any more; another grant may be

private:
    calls::attempt_failure refusal(const http::response& answer) {
        calls::attempt_failure failed = calls::from_status(answer, source_.scheduler_.wall_clock(), secrets(),
                                                           calls::body_of::token_endpoint);
        if (failed.why.value() == errc::quota_exhausted) return failed;
        const bool about_credentials = answer.status == 400 || answer.status == 401 || answer.status == 403;
        std::string words = failed.why.message();
        // What a gateway says of a path that it does not know; it means no token.
        const bool no_route =
            answer.status == 403 && words.find("Missing Authentication Token") != std::string::npos;
        if (no_route) words = "the service has nothing at this path, check token_url: " + words;
        const bool credentials = about_credentials && !no_route && !failed.facts.over_queries_per_second;
        const errc code = credentials ? errc::credentials_rejected : errc::token_unavailable;
        const auto wait = failed.why.retry_after();
        if (wait) {
            words += (words.empty() ? "" : ": ") + std::string("it asks to come back in ") +
                     std::to_string(wait->count()) + " s";
        }
        failed.why = error(code, stage::auth, words).with_status(answer.status).with_retry_after(wait);
        failed.facts.code = code;
        spent = credentials && grant_choice::is_spent(by_, answer.status, proto::error_name(answer.body));
        return failed;
    }

    token_refresher& source_;
    token_grant by_;
    secret refresh_token_;
    digest_auth::session* digest_;
};

token_refresher::token_refresher(async::scheduler& on, std::shared_ptr<shared_token> shared,
                                 calls::call_runner& calls, const token_dialect& dialect,
                                 const proto::request_writer& writer, digest_auth* auth,
                                 core::random_source& random, core::telemetry& watch, token_settings settings)
    : scheduler_(on),
      calls_(calls),
      dialect_(dialect),
      writer_(writer),
      auth_(auth),
      random_(random),
      telemetry_(watch),
      settings_(std::move(settings)),
      shared_(std::move(shared)),
      flight_ended_(on),
      tasks_(on) {
    if (settings_.from == token_settings::supply::caller) token_.value = settings_.fixed;
    token_.refresh_token = shared_->refresh_token();
}

token_refresher::~token_refresher() {
    scheduler_.disown(*this);
    shared_->unsubscribe(this);
}

/// Other shards, whose contexts go on, must not call this one's.
void token_refresher::context_ends() noexcept { shared_->unsubscribe(this); }

void token_refresher::set_keep_alive(std::weak_ptr<void> whole) {
    keep_alive_ = std::move(whole);
    scheduler_.adopt(*this);
    shared_->subscribe(this, [this, on = scheduler_.get_executor(), weak = keep_alive_] {
        boost::asio::post(on, [this, weak] {
            const std::shared_ptr<void> alive = weak.lock();
            if (alive) flight_ended_.notify_all();
        });
    });
}

/// Also where the flight's coroutine goes with its execution context, begun or not: other shards go on, and
/// one of them is to begin it then.
class token_refresher::flight_right {
public:
    explicit flight_right(token_refresher& of) noexcept : shared_(of.shared_), who_(&of) {}
    ~flight_right() {
        if (flight_ended_) return;
        shared_->abandoned();
        shared_->tell_the_others(who_);
    }
    flight_right(const flight_right&) = delete;
    flight_right& operator=(const flight_right&) = delete;
    void ended() noexcept { flight_ended_ = true; }

private:
    std::shared_ptr<shared_token> shared_;
    const void* who_;
    bool flight_ended_ = false;
};

/// The shared token's verdict, carried out as far as that does not wait.
token_state::verdict token_refresher::acquire(shared_token::purpose why) {
    bool must_begin = false;
    const token_state::verdict verdict = shared_->acquire(scheduler_.now(), why, token_, must_begin);
    if (!must_begin) return verdict;
    std::unique_ptr<flight_right> right;
    try {
        right = std::make_unique<flight_right>(*this);
    } catch (...) {
        shared_->abandoned();  // no memory to begin with; somebody else may have more luck
        throw;
    }
    tasks_.spawn(run_flight(std::move(right)), keep_alive_.lock());
    return verdict;
}

bool token_refresher::ready(std::uint64_t waited_for) {
    if (!asks()) return true;
    const token_state::verdict verdict = acquire(shared_token::purpose::to_use);
    if (verdict == token_state::verdict::use || verdict == token_state::verdict::use_and_refresh) return true;
    return waited_for != 0 && waited_for == token_.generation && shared_->brought(waited_for - 1, token_);
}

async::task<result<std::uint64_t>> token_refresher::wait(async::cancel_scope& scope) {
    for (;;) {
        if (closed_) co_return error(errc::client_closed, stage::auth);
        switch (acquire(shared_token::purpose::to_wait)) {
            case token_state::verdict::use:
            case token_state::verdict::use_and_refresh:
                co_return token_.generation;
            case token_state::verdict::fail:
                co_return shared_->last_error();
            case token_state::verdict::wait_and_refresh:
            case token_state::verdict::wait:
                break;
        }
        const std::uint64_t before = token_.generation;
        if (scope.stopped()) co_return std::uint64_t{0};
        co_await flight_ended_.wait(scope);
        if (scope.stopped()) co_return std::uint64_t{0};
        if (shared_->brought(before, token_)) co_return token_.generation;
    }
}

void token_refresher::append_secrets(std::vector<std::string_view>& to) const {
    for (const secret* one :
         {&token_.value, &token_.refresh_token, &settings_.password, &settings_.user_password}) {
        to.push_back(one->expose());
    }
    if (settings_.user_is_secret) to.push_back(settings_.user);
}

std::chrono::seconds token_refresher::remaining() const {
    if (!asks()) return std::chrono::seconds(0);
    const auto left = std::chrono::duration_cast<std::chrono::seconds>(token_.expires_at - scheduler_.now());
    return std::max(left, std::chrono::seconds(0));
}

token_state::rejection token_refresher::rejected(std::uint64_t generation) {
    if (!asks()) return token_state::rejection::give_up;
    return shared_->rejected(generation, scheduler_.now());
}

void token_refresher::close() {
    closed_ = true;
    if (flight_) flight_->cancel();
    flight_ended_.notify_all();
}

async::task<void> token_refresher::run_flight(std::unique_ptr<flight_right> right) {
    async::cancel_scope scope(scheduler_);
    flight_ = &scope;
    if (closed_) scope.cancel();
    result<fetched> brought = error(errc::internal_failure, stage::auth);
    try {
        brought = co_await fetch(scope);
    } catch (const std::exception& e) {
        brought = error(errc::internal_failure, stage::auth, e.what());
    }
    flight_ = nullptr;
    right->ended();
    end_flight(std::move(brought));
}

/// Asks with what is held, and, once that is refused, with what there is beside it.
async::task<result<token_refresher::fetched>> token_refresher::fetch(async::cancel_scope& scope) {
    std::optional<digest_auth::session> digest;
    if (auth_) digest.emplace(*auth_);
    calls::call_report report;
    const calls::call_terms terms(scheduler_.now(), settings_.timeout, nullptr);
    std::optional<error> refused;  // the refresh token was
    for (;;) {
        const secret refresh_token = shared_->refresh_token();
        const std::optional<token_grant> by = settings_.grants.first(!refresh_token.empty());
        if (!by) {
            const error why = refused.value_or(error(errc::credentials_rejected, stage::auth));
            co_return calls::reworded(why,
                                      "the refresh token is refused, and there is no other way to a token: "
                                      "set refresh_token(...) to one that is good, or user(id, password)");
        }
        token_request asked(*this, *by, refresh_token, digest ? &*digest : nullptr);
        const result<void> done = co_await calls_.run(asked, scope, terms, report);
        if (done) co_return fetched(std::move(*asked.brought), *by);
        if (!asked.spent) {
            if (!refused) co_return done.error();
            co_return calls::reworded(done.error(), "after the refresh token was refused");
        }
        shared_->forget_refresh_token();
        refused = done.error();
    }
}

namespace {

/// What happens to a request for a token is no trouble of the lookups that wait for it.
error as_token_trouble(const error& why) {
    switch (why.value()) {
        case errc::peer_closed:
        case errc::attempt_timeout:
        case errc::deadline_exceeded:
        case errc::malformed_response:
        case errc::header_too_large:
        case errc::body_too_large: {
            std::string words(to_string(why.value()));
            if (!why.message().empty()) words += ": " + why.message();
            return calls::instead_of(why, errc::token_unavailable, why.stage(), words);
        }
        default:
            return why;
    }
}

}  // namespace

// Where there is no memory for this, the program ends: everybody would wait for ever.
void token_refresher::end_flight(result<fetched> brought) noexcept {
    const core::time_point now = scheduler_.now();
    if (brought) {
        const proto::token_lifetime lifetime = brought->token.lifetime;
        hand_out(brought->token.refresh_token);
        shared_->issued(now, std::move(brought->token), brought->by);
        telemetry_.tokens_issued.add();
        if (lifetime) {
            telemetry_.token_expires.store(core::later(now, *lifetime).time_since_epoch().count(),
                                           std::memory_order_relaxed);
        }
        telemetry_.tell([&](observer& o) { o.token_issued(lifetime.value_or(std::chrono::seconds(0))); });
    } else if (closed_) {
        shared_->abandoned();
    } else {
        const error why = as_token_trouble(brought.error());
        const bool hopeless = why.value() == errc::credentials_rejected ||
                              why.value() == errc::challenge_unsupported ||
                              why.value() == errc::quota_exhausted;
        shared_->failed(now, why, hopeless, random_.unit());
        telemetry_.token_failures.add();
        telemetry_.tell([&](observer& o) { o.token_failed(why); });
    }
    flight_ended_.notify_all();
    shared_->tell_the_others(this);
}

/// Before the flight has ended: no other, on another shard's thread, can bring a later one meanwhile. What
/// the keeper throws is its own affair: the token is good, and whoever waits for it gets it.
void token_refresher::hand_out(const secret& refresh_token) {
    if (!settings_.keeper || refresh_token.empty() || refresh_token.equals(shared_->refresh_token())) return;
    try {
        settings_.keeper(refresh_token);
    } catch (...) {  // NOLINT(bugprone-empty-catch)
    }
}

}  // namespace getty::connect::credentials

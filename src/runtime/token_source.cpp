#include "runtime/token_source.hpp"

#include "core/wipe.hpp"
#include "runtime/answers.hpp"
#include "runtime/hidden.hpp"

#include <boost/asio/post.hpp>

#include <algorithm>
#include <exception>
#include <utility>
#include <vector>

namespace getty::connect::runtime {

using policy::token_state;

/// `POST token`.
class token_source::request final : public requester {
public:
    explicit request(token_source& source) : source_(source) {}
    ~request() override { core::wipe(buffer()); }  // the credentials are in it
    request(const request&) = delete;
    request& operator=(const request&) = delete;

    bool prepared() override { return !source_.auth_ || source_.auth_->claim(stamp_); }

    io::task<result<void>> prepare(io::operation& op) override {
        co_await source_.auth_->wait(stamp_, op);
        co_return result<void>();
    }

    result<void> write(std::string& out) override {
        const std::string_view target = source_.dialect_.token_target();
        if (!source_.writer_.begin(out, "POST", target)) {
            return error(errc::invalid_option, stage::auth, "token_url: its path cannot be sent");
        }
        const secret body = source_.dialect_.token_body();
        if (source_.auth_) {
            const digest_user user(source_.settings_.user, source_.settings_.password, 1);
            const result<void> done = source_.auth_->sign(out, "POST", target, user, stamp_, body.expose());
            if (!done) return done;
        }
        proto::request_writer::end(out, source_.dialect_.token_content_type(), body.expose());
        return {};
    }

    std::optional<setback> interpret(const io::response& answer) override {
        if (answer.status == 401 && source_.auth_) {
            setback failed = refusal(answer);
            const digest_auth::verdict verdict = source_.auth_->refused(stamp_, answer);
            source_.auth_->note(verdict, failed);
            if (verdict == digest_auth::verdict::stale) {
                // Says nothing against the credentials: the endpoint is to be asked again, later.
                failed.why = error(errc::token_unavailable, stage::auth, failed.why.message());
                failed.why.with_status(answer.status);
            }
            return failed;
        }
        if (source_.auth_ && !source_.auth_->accepted(stamp_, answer)) {
            return setback(error(errc::server_not_authentic, stage::auth).with_status(answer.status));
        }
        const bool success = answer.status >= 200 && answer.status < 300;
        if (!success) return refusal(answer);
        proto::token_result read = source_.dialect_.read_token(answer.body);
        if (!read) {
            const std::string said = refusal(answer).why.message();
            const std::string text = read.error().describe() + (said.empty() ? "" : "; the answer: ") + said;
            return setback(error(errc::token_unavailable, stage::auth, text).with_status(answer.status));
        }
        brought = std::move(*read);
        return std::nullopt;
    }

    void unanswered() noexcept override {
        if (source_.auth_) source_.auth_->unanswered(stamp_);
    }

    [[nodiscard]] std::string_view name() const noexcept override { return "token"; }

    std::optional<proto::issued_token> brought;

private:
    setback refusal(const io::response& answer) {
        std::vector<std::string_view> secrets = credentials_in(buffer());
        secrets.push_back(source_.settings_.password.expose());
        secrets.push_back(source_.settings_.user_password.expose());
        secrets.push_back(source_.token_.value.expose());
        setback failed = from_status(answer, source_.loop_.wall_clock(), secrets, body_of::token_endpoint);
        if (failed.why.value() == errc::quota_exhausted) return failed;
        const bool about_credentials = answer.status == 400 || answer.status == 401 || answer.status == 403;
        const bool credentials = about_credentials && !failed.facts.over_queries_per_second;
        const errc code = credentials ? errc::credentials_rejected : errc::token_unavailable;
        std::string words = failed.why.message();
        if (failed.facts.retry_after) {
            const auto wait = std::chrono::ceil<std::chrono::seconds>(*failed.facts.retry_after);
            words += (words.empty() ? "" : ": ") + std::string("it asks to come back in ") +
                     std::to_string(wait.count()) + " s";
        }
        failed.why = error(code, stage::auth, words).with_status(answer.status);
        failed.facts.code = code;
        return failed;
    }

    token_source& source_;
    digest_auth::stamp stamp_;
};

token_source::token_source(io::loop& on, std::shared_ptr<token_vault> vault, caller& calls,
                           const dialect& speech, const proto::request_writer& writer, digest_auth* auth,
                           core::random_source& random, telemetry& watch, token_settings settings)
    : loop_(on),
      caller_(calls),
      dialect_(speech),
      writer_(writer),
      auth_(auth),
      random_(random),
      telemetry_(watch),
      settings_(std::move(settings)),
      vault_(std::move(vault)),
      landed_(on),
      tasks_(on) {
    if (settings_.fixed) token_.value = *settings_.fixed;
}

token_source::~token_source() {
    loop_.disown(*this);
    vault_->unsubscribe(this);
}

/// Other shards, whose contexts go on, must not call this one's.
void token_source::context_ends() noexcept { vault_->unsubscribe(this); }

void token_source::set_keep_alive(std::weak_ptr<void> whole) {
    keep_alive_ = std::move(whole);
    loop_.adopt(*this);
    vault_->subscribe(this, [this, on = loop_.get_executor(), weak = keep_alive_] {
        io::asio::post(on, [this, weak] {
            const std::shared_ptr<void> alive = weak.lock();
            if (alive) landed_.notify_all();
        });
    });
}

/// Also where the flight's coroutine goes with its execution context, begun or not: other shards go on, and
/// one of them is to fly then.
class token_source::flight_right {
public:
    explicit flight_right(token_source& of) noexcept : vault_(of.vault_), who_(&of) {}
    ~flight_right() {
        if (landed_) return;
        vault_->abandoned();
        vault_->tell_the_others(who_);
    }
    flight_right(const flight_right&) = delete;
    flight_right& operator=(const flight_right&) = delete;
    void landed() noexcept { landed_ = true; }

private:
    std::shared_ptr<token_vault> vault_;
    const void* who_;
    bool landed_ = false;
};

/// The vault's verdict, carried out as far as that does not wait.
token_state::verdict token_source::acquire(token_vault::purpose why) {
    bool must_fly = false;
    const token_state::verdict verdict = vault_->acquire(loop_.now(), why, token_, must_fly);
    if (!must_fly) return verdict;
    std::unique_ptr<flight_right> right;
    try {
        right = std::make_unique<flight_right>(*this);
    } catch (...) {
        vault_->abandoned();  // no memory to begin with; somebody else may have more luck
        throw;
    }
    tasks_.spawn(fly(std::move(right)), keep_alive_.lock());
    return verdict;
}

bool token_source::ready(std::uint64_t waited_for) {
    if (settings_.fixed) return true;
    const token_state::verdict verdict = acquire(token_vault::purpose::to_use);
    if (verdict == token_state::verdict::use || verdict == token_state::verdict::use_and_refresh) return true;
    return waited_for != 0 && waited_for == token_.generation && vault_->brought(waited_for - 1, token_);
}

io::task<result<std::uint64_t>> token_source::wait(io::operation& op) {
    for (;;) {
        if (closed_) co_return error(errc::client_closed, stage::auth);
        switch (acquire(token_vault::purpose::to_wait)) {
            case token_state::verdict::use:
            case token_state::verdict::use_and_refresh:
                co_return token_.generation;
            case token_state::verdict::fail:
                co_return vault_->last_error();
            case token_state::verdict::wait_and_refresh:
            case token_state::verdict::wait:
                break;
        }
        const std::uint64_t before = token_.generation;
        if (op.stopped()) co_return std::uint64_t{0};
        co_await landed_.wait(op);
        if (op.stopped()) co_return std::uint64_t{0};
        if (vault_->brought(before, token_)) co_return token_.generation;
    }
}

std::chrono::seconds token_source::remaining() const {
    if (settings_.fixed) return std::chrono::seconds(0);
    const auto left = std::chrono::duration_cast<std::chrono::seconds>(token_.expires_at - loop_.now());
    return std::max(left, std::chrono::seconds(0));
}

token_state::rejection token_source::rejected(std::uint64_t generation) {
    if (settings_.fixed) return token_state::rejection::give_up;
    return vault_->rejected(generation, loop_.now());
}

void token_source::close() {
    closed_ = true;
    if (flight_) flight_->cancel();
    landed_.notify_all();
}

io::task<void> token_source::fly(std::unique_ptr<flight_right> right) {
    io::operation op(loop_);
    flight_ = &op;
    if (closed_) op.cancel();
    request asked(*this);
    call_report report;
    const call_terms terms(core::later(loop_.now(), settings_.timeout), nullptr);
    result<void> done = error(errc::internal_failure, stage::auth);
    try {
        done = co_await caller_.run(asked, op, terms, report);
    } catch (const std::exception& e) {
        done = error(errc::internal_failure, stage::auth, e.what());
    }
    flight_ = nullptr;
    right->landed();
    if (done) {
        land(std::move(*asked.brought));
    } else {
        land(done.error());
    }
}

// Where there is no memory for this, the program ends: everybody would wait for ever.
void token_source::land(result<proto::issued_token> brought) noexcept {
    const core::time_point now = loop_.now();
    if (brought) {
        const bool https = settings_.choice == token_choice::ssl_token;
        vault_->issued(now, brought->lifetime,
                       std::move(https ? brought->value_for_https : brought->value_for_http));
        telemetry_.tokens_issued.add();
        telemetry_.tell(
            [&](observer& o) { o.token_issued(brought->lifetime.value_or(std::chrono::seconds(0))); });
    } else if (closed_) {
        vault_->abandoned();
    } else {
        const error& why = brought.error();
        const bool hopeless = why.value() == errc::credentials_rejected ||
                              why.value() == errc::challenge_unsupported ||
                              why.value() == errc::quota_exhausted;
        vault_->failed(now, why, hopeless, random_.unit());
        telemetry_.token_failures.add();
        telemetry_.tell([&](observer& o) { o.token_failed(why); });
    }
    landed_.notify_all();
    vault_->tell_the_others(this);
}

}  // namespace getty::connect::runtime

#include "credentials/digest_auth.hpp"

#include "async/event.hpp"
#include "proto/auth/auth_header.hpp"

#include <utility>
#include <variant>

namespace getty::connect::credentials {

using policy::nonce_state;

digest_auth::digest_auth(async::scheduler& on, core::random_source& random, proto::challenge_policy accepts,
                         mutual_authentication proof, digest_order order)
    : random_(random),
      accepts_(accepts),
      proof_(proof),
      state_(order == digest_order::strict ? nonce_state::order::strict : nonce_state::order::any),
      scheduler_(on) {}

bool digest_auth::claim(ticket& s) {
    if (s.probe || s.turn) return true;
    if (s.own) {
        s.turn = state_.acquire_own(s, s.own_failures > 0);
    } else {
        switch (state_.acquire(s)) {
            case nonce_state::verdict::wait:
                return false;
            case nonce_state::verdict::probe:
                s.probe = true;
                return true;
            case nonce_state::verdict::use:
            case nonce_state::verdict::fetch:
                s.turn = true;
                break;
            case nonce_state::verdict::send_plain:
                wake_next();
                return true;
        }
    }
    wake_next();
    return s.turn;
}

async::task<void> digest_auth::wait(ticket& s, async::cancel_scope& scope) {
    struct parking {
        parking(ticket& of, async::event& at) noexcept : who(of) { who.parked = &at; }
        ~parking() { who.parked = nullptr; }
        parking(const parking&) = delete;
        parking& operator=(const parking&) = delete;
        ticket& who;
    };
    async::event turn(scheduler_);
    const parking here(s, turn);
    co_await turn.wait(scope);
}

result<void> digest_auth::sign(std::string& out, std::string_view method, std::string_view target,
                               const digest_user& user, ticket& s, std::string_view body) {
    s.sent = {};
    s.session.reset();
    if (s.own) {
        const result<void> done = sign_with_own(user, s);
        if (!done) return done;
    } else {
        if (s.probe || !state_.known()) return {};
        const std::uint32_t count = state_.next_count();
        if (count == 0) return {};  // all 2^32 used up: this request fetches the next challenge
        s.client_nonce.emplace(random_);
        const result<void> done = share_session(user, s);
        if (!done) return done;
        s.session = session_;
        s.sent = nonce_state::use(state_.generation(), false);
        s.count = count;
    }
    if (s.password == user.generation && proofs_ > s.proofs) s.doubts = 0;  // they were right
    s.password = user.generation;
    s.proofs = proofs_;
    s.nonce = s.session->nonce();
    s.target = target;
    out += "Authorization: ";
    s.session->authorize(out, method, target, s.count, *s.client_nonce, body);
    out += "\r\n";
    return {};
}

/// Once only: a nonce whose request brought no answer may have been used up.
result<void> digest_auth::sign_with_own(const digest_user& user, ticket& s) {
    s.client_nonce.emplace(random_);
    const bool shared = s.own_generation != 0 && s.own_generation == state_.generation();
    if (shared) {
        const result<void> done = share_session(user, s);
        if (!done) return done;
        s.session = session_;
    } else {
        auto made = proto::digest_session::start(*s.own, user.name, user.password, *s.client_nonce);
        if (!made) return made.error();
        s.session = std::make_shared<proto::digest_session>(std::move(*made));
    }
    s.sent = nonce_state::use(shared ? s.own_generation : 0, true);
    s.count = 1;
    s.own.reset();
    return {};
}

result<void> digest_auth::share_session(const digest_user& user, const ticket& s) {
    if (session_ && session_password_ == user.generation) return {};
    auto made = proto::digest_session::start(challenge_, user.name, user.password, *s.client_nonce);
    if (!made) return made.error();
    session_ = std::make_shared<proto::digest_session>(std::move(*made));
    session_password_ = user.generation;
    return {};
}

digest_auth::verdict digest_auth::refused(ticket& s, const http::response& answer,
                                          calls::attempt_failure& failed) {
    const verdict what = judge(s, answer);
    note(what, failed);
    return what;
}

digest_auth::verdict digest_auth::judge(ticket& s, const http::response& answer) {
    // What needs memory comes first: until then the probe may still be given up.
    std::vector<proto::challenge> offered;
    for (const std::string_view line : answer.www_authenticate) {
        // A line that cannot be read offers nothing; another may.
        (void)proto::parse_challenges(line, offered);
    }
    proto::challenge_choice choice = proto::select_challenge(offered, accepts_);
    auto* digest = std::get_if<proto::digest_challenge>(&choice);
    if (!digest) {
        const auto* none = std::get_if<proto::no_challenge>(&choice);
        offers_ = none ? none->reason : "the service asks for Bearer; see the options for auth_scheme";
        unanswered(s);
        // Without any challenge the answer speaks of the credentials, when there were any.
        return offered.empty() && s.credentials() ? verdict::refused : verdict::unusable;
    }
    proto::digest_challenge for_all = *digest;
    s.own = std::move(*digest);
    s.own_generation = 0;
    s.probe = false;
    const std::uint64_t before = state_.generation();
    const bool refuses = s.credentials() && !s.own->stale;
    const bool lost = refuses && is_about_the_nonce(s);
    const auto meaning = state_.challenged(s.sent, s.own->stale || lost);
    if (state_.generation() != before) {
        challenge_ = std::move(for_all);
        session_.reset();
        s.own_generation = state_.generation();
    } else if (state_.known() && s.own->nonce == challenge_.nonce) {
        s.own.reset();  // one nonce for many: its counts are everybody's
    }
    const bool failed_again = (s.sent.own || lost) && meaning != nonce_state::answer::refused;
    s.own_failures = failed_again ? s.own_failures + 1 : 0;
    end_turn(s);
    wake_all();
    if (meaning == nonce_state::answer::refused) return verdict::refused;
    return s.credentials() ? verdict::stale : verdict::challenged;
}

/// Some services that keep few nonces do not call one stale that they have dropped, but refuse it as they do
/// a wrong password (libmicrohttpd 0.9.75). A password that has been taken since this request was signed is
/// right; one that was taken before may have been withdrawn, or not. Where nonces are known not to last it is
/// doubted for longer: until few requests at a time are left.
bool digest_auth::is_about_the_nonce(ticket& s) const noexcept {
    const bool all_was_well = state_.shared() && state_.limit() == nonce_state::unlimited;
    const unsigned max_doubts = all_was_well ? 2 : 5;
    if (proofs_ == 0 || s.password != proven_password_) return false;
    return proofs_ > s.proofs || s.doubts++ < max_doubts;
}

void digest_auth::note(verdict of, calls::attempt_failure& failed) const {
    switch (of) {
        case verdict::challenged:
            failed.facts.authentication = policy::refusal::challenge;
            break;
        case verdict::stale:
            // It proves the credentials right: were it to last, more tries would help, not another token.
            failed.facts.authentication = policy::refusal::stale;
            failed.why = error(errc::throttled, stage::auth,
                               "the service calls nonces stale that it has just given: " +
                                   std::string(failed.why.message()))
                             .with_status(401);
            break;
        case verdict::refused:
            break;
        case verdict::unusable:
            failed.why = error(errc::challenge_unsupported, stage::auth, offers_).with_status(401);
            failed.facts.code = errc::challenge_unsupported;
            break;
    }
}

bool digest_auth::accepted(ticket& s, const http::response& answer) {
    // A gateway in trouble answers for the service, and proves nothing.
    const bool gateway = answer.status == 429 || answer.status >= 500;
    if (gateway) {
        unanswered(s);
        return true;
    }
    const bool probed = std::exchange(s.probe, false);
    if (probed) state_.probe_answered_without_challenge();
    state_.accepted(s.sent);
    if (s.credentials() && (proofs_ == 0 || s.password >= proven_password_)) {
        proven_password_ = s.password;
        ++proofs_;
    }
    end_turn(s);
    probed ? wake_all() : wake_next();
    const bool no_proof_is_fine = proof_ == mutual_authentication::when_offered;
    if (!s.credentials() || answer.authentication_info.empty()) return no_proof_is_fine;
    const auto info = proto::parse_auth_info(answer.authentication_info);
    if (!info || !proven(s, *info, answer.coded_body)) return false;
    for (const proto::auth_param& parameter : *info) {
        if (parameter.name != "nextnonce" || s.session != session_ ||
            s.sent.generation != state_.generation())
            continue;
        if (session_->adopt_nonce(parameter.value)) {
            challenge_.nonce = parameter.value;
            state_.adopted_next_nonce();
        }
    }
    return true;
}

bool digest_auth::proven(const ticket& s, const std::vector<proto::auth_param>& info,
                         std::string_view body) const {
    const proto::digest_exchange sent(s.target, s.nonce, s.count, s.client_nonce->view());
    switch (s.session->verify_rspauth(info, sent, body)) {
        case proto::rspauth_verdict::verified:
            return true;
        case proto::rspauth_verdict::mismatch:
            return false;
        case proto::rspauth_verdict::absent:
            break;
    }
    return proof_ == mutual_authentication::when_offered;
}

void digest_auth::unanswered(ticket& s) noexcept {
    s.leave();
    end_turn(s);
    if (std::exchange(s.probe, false)) state_.probe_failed();
    wake_next();
}

void digest_auth::end_turn(ticket& s) noexcept {
    if (std::exchange(s.turn, false)) state_.end_turn();
}

/// Each who goes on its way wakes the next.
void digest_auth::wake_next() noexcept {
    if (auto* const next = state_.who_may_go()) wake(*next);
}

void digest_auth::wake_all() noexcept {
    state_.for_all_who_may_go([this](nonce_state::place& who) { wake(who); });
}

void digest_auth::wake(nonce_state::place& who) noexcept {
    // Without an execution context, whoever wakes would go, and the line with it.
    async::event* const at = static_cast<ticket&>(who).parked;
    if (at && !scheduler_.ended()) at->wake();
}

}  // namespace getty::connect::credentials

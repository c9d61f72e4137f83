#include "runtime/digest_auth.hpp"

#include "proto/auth_header.hpp"

#include <utility>
#include <variant>

namespace getty::connect::runtime {

using policy::nonce_state;

digest_auth::digest_auth(io::loop& on, core::random_source& random, proto::challenge_policy accepts,
                         server_proof proof, digest_order order)
    : random_(random),
      accepts_(accepts),
      proof_(proof),
      state_(order == digest_order::strict ? nonce_state::order::strict : nonce_state::order::any),
      changed_(on) {}

bool digest_auth::claim(stamp& s) {
    if (s.probe || s.turn) return true;
    switch (state_.acquire()) {
        case nonce_state::verdict::wait:
            return false;
        case nonce_state::verdict::probe:
            s.probe = true;
            return true;
        case nonce_state::verdict::use:
            s.turn = state_.takes_turns();
            return true;
        case nonce_state::verdict::send_plain:
            return true;
    }
    return true;
}

io::task<void> digest_auth::wait(io::operation& op) { return changed_.wait(op); }

result<void> digest_auth::sign(std::string& out, std::string_view method, std::string_view target,
                               const digest_user& user, stamp& s, std::string_view body) {
    s.generation = 0;
    if (s.probe || !state_.known()) return {};
    const std::uint32_t count = state_.next_count();
    if (count == 0) return {};  // all 2^32 used up: this request fetches the next challenge
    s.client_nonce.emplace(random_);
    if (!session_ || session_password_ != user.generation) {
        auto made = proto::digest_session::start(challenge_, user.name, user.password, *s.client_nonce);
        if (!made) return made.error();
        session_ = std::make_shared<proto::digest_session>(std::move(*made));
        session_password_ = user.generation;
    }
    s.generation = state_.generation();
    s.count = count;
    s.nonce = session_->nonce();
    s.target = target;
    s.session = session_;
    out += "Authorization: ";
    session_->authorize(out, method, target, count, *s.client_nonce, body);
    out += "\r\n";
    return {};
}

digest_auth::verdict digest_auth::refused(stamp& s, const io::response& answer) {
    // What needs memory comes first: until then the probe may still be given up.
    end_turn(s);
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
        s.probe = false;
        state_.probe_failed();
        changed_.notify_all();
        // Without any challenge the answer speaks of the credentials, when there were any.
        return offered.empty() && s.generation != 0 ? verdict::refused : verdict::unusable;
    }
    s.probe = false;
    const std::uint64_t before = state_.generation();
    const auto meaning = state_.challenged(s.generation, digest->stale);
    if (state_.generation() != before) {
        challenge_ = std::move(*digest);
        session_.reset();
    }
    changed_.notify_all();
    if (meaning == nonce_state::answer::refused) return verdict::refused;
    return s.generation == 0 ? verdict::challenged : verdict::stale;
}

void digest_auth::note(verdict of, setback& failed) const {
    switch (of) {
        case verdict::challenged:
            failed.facts.authentication = policy::refusal::challenge;
            break;
        case verdict::stale:
            failed.facts.authentication = policy::refusal::stale;
            break;
        case verdict::refused:
            break;
        case verdict::unusable:
            failed.why = error(errc::challenge_unsupported, stage::auth, offers_).with_status(401);
            failed.facts.code = errc::challenge_unsupported;
            break;
    }
}

bool digest_auth::accepted(stamp& s, const io::response& answer) {
    end_turn(s);
    // A gateway in trouble answers for the service, and proves nothing.
    const bool gateway = answer.status == 429 || answer.status >= 500;
    if (std::exchange(s.probe, false)) {
        if (gateway) {
            state_.probe_failed();
        } else {
            state_.probe_answered_without_challenge();
        }
        changed_.notify_all();
    }
    if (gateway) return true;
    const bool no_proof_is_fine = proof_ == server_proof::when_offered;
    if (s.generation == 0 || answer.authentication_info.empty()) return no_proof_is_fine;
    const auto info = proto::parse_auth_info(answer.authentication_info);
    if (!info || !proven(s, *info, answer.coded_body)) return false;
    for (const proto::auth_param& parameter : *info) {
        if (parameter.name != "nextnonce" || s.session != session_ || s.generation != state_.generation())
            continue;
        if (session_->adopt_nonce(parameter.value)) {
            challenge_.nonce = parameter.value;
            state_.adopted_next_nonce();
        }
    }
    return true;
}

bool digest_auth::proven(const stamp& s, const std::vector<proto::auth_param>& info,
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
    return proof_ == server_proof::when_offered;
}

void digest_auth::unanswered(stamp& s) noexcept {
    end_turn(s);
    if (!std::exchange(s.probe, false)) return;
    state_.probe_failed();
    changed_.notify_all();
}

void digest_auth::end_turn(stamp& s) noexcept {
    if (!std::exchange(s.turn, false)) return;
    state_.end_turn();
    changed_.notify_all();
}

}  // namespace getty::connect::runtime

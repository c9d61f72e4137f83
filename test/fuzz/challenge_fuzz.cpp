// Challenges, from the header lines of a 401 to the Authorization that answers them, and back on the server's
// side.
//
// An input is a choice of policy and user; then a user name; then the lines.
#include "core/utf8.hpp"
#include "fuzz/support/fuzz.hpp"
#include "proto/auth/basic_auth.hpp"
#include "proto/auth/digest.hpp"
#include "proto/auth/digest_server.hpp"
#include "proto/http/field_rules.hpp"

#include <algorithm>
#include <string>
#include <tuple>
#include <vector>

using namespace getty::connect;
using namespace getty::connect::fuzz;
using namespace getty::connect::proto;

namespace {

constexpr std::string_view session_nonce = "0123456789abcdef0123456789abcdef";
constexpr std::string_view fresh_nonce = "fedcba9876543210fedcba9876543210";
constexpr std::string_view target = "/v1/images/a%20b?q=\"x\\y\"";
constexpr std::string_view body = "entity";

bool same(const auth_param& a, const auth_param& b) {
    return std::tie(a.name, a.value, a.quoted) == std::tie(b.name, b.value, b.quoted);
}

bool same(const challenge& a, const challenge& b) {
    return a.scheme == b.scheme && a.token68 == b.token68 &&
           std::ranges::equal(a.params, b.params,
                              [](const auth_param& x, const auth_param& y) { return same(x, y); });
}

bool same(const std::vector<challenge>& a, const std::vector<challenge>& b) {
    return std::ranges::equal(a, b, [](const challenge& x, const challenge& y) { return same(x, y); });
}

bool is_lower_token(std::string_view text) {
    return is_token(text) && std::ranges::none_of(text, [](char c) { return c >= 'A' && c <= 'Z'; });
}

void check_params(const std::vector<auth_param>& params) {
    must(params.size() <= max_auth_params);
    for (const auth_param& p : params) {
        must(is_lower_token(p.name) && is_quotable(p.value));
        must(p.quoted || is_token(p.value));
        must(1 == std::ranges::count_if(params, [&](const auth_param& o) { return o.name == p.name; }));
    }
}

std::string written(const std::vector<auth_param>& params) {
    std::string out;
    for (const auth_param& p : params) {
        out += out.empty() ? "" : ", ";
        out += p.name + "=";
        if (p.quoted) {
            append_quoted(out, p.value);
        } else {
            out += p.value;
        }
    }
    return out;
}

std::string written(const std::vector<challenge>& challenges) {
    std::string out;
    for (const challenge& c : challenges) {
        out += out.empty() ? "" : ", ";
        out += c.scheme;
        if (!c.token68.empty()) out += " " + c.token68;
        if (!c.params.empty()) out += " " + written(c.params);
    }
    return out;
}

std::vector<challenge> check_line(std::string_view line) {
    std::vector<challenge> found(1);  // what was there before stays
    found.front().scheme = "before";
    const auth_syntax verdict = parse_challenges(line, found);
    must(!found.empty() && found.front().scheme == "before");
    found.erase(found.begin());
    must((verdict == auth_syntax::ok) == !found.empty());
    must(!to_string(verdict).empty());
    const auto credentials = parse_credentials(line);
    must(credentials.has_value() == (found.size() == 1));
    if (verdict != auth_syntax::ok) return found;
    must(line.size() <= max_auth_field_bytes && is_quotable(line) && found.size() <= max_challenges);
    for (const challenge& c : found) {
        must(is_lower_token(c.scheme));
        must(c.token68.empty() || (c.params.empty() && is_token68(c.token68)));
        check_params(c.params);
    }
    const std::string again = written(found);
    if (again.size() > max_auth_field_bytes) return found;  // more escapes and blanks than it came with
    std::vector<challenge> reread;
    must(parse_challenges(again, reread) == auth_syntax::ok);
    must(same(found, reread));
    return found;
}

void check_auth_info(std::string_view line) {
    const auto info = parse_auth_info(line);
    if (!info) return;
    check_params(*info);
    const std::string again = written(*info);
    if (again.size() > max_auth_field_bytes) return;
    const auto reread = parse_auth_info(again);
    must(reread && std::ranges::equal(*info, *reread,
                                      [](const auth_param& x, const auth_param& y) { return same(x, y); }));
}

/// What the server makes of a header: the same values, and the proof holds.
void check_as_server(const std::string& header, digest_session& session, const digest_challenge& from,
                     std::string_view user, const secret& password) {
    if (header.size() > max_auth_field_bytes) return;  // values that grew by their escapes
    const auto parsed = parse_credentials(header);
    must(parsed.has_value());
    const auto read = read_digest_credentials(*parsed);
    must(read.has_value());
    must(read->realm == from.realm && read->nonce == session.nonce() && read->uri == target);
    must(read->algorithm == from.algorithm && read->qop == from.qop && read->userhash == from.userhash);
    must(read->opaque == from.opaque.value_or(""));
    must(read->user ==
         (from.userhash ? digest_user_hash(from.algorithm, user, from.realm) : std::string(user)));
    if (from.qop != digest_qop::none) must(read->nc == 7 && read->client_nonce.size() == fresh_nonce.size());
    const secret key = digest_key(from.algorithm, user, from.realm, password, from.nonce, read->client_nonce);
    must(verify_response(*read, key, "GET", body));
    must(!verify_response(*read, key, "PUT", body));

    std::vector<auth_param> info(1);
    info[0].name = "rspauth";
    info[0].value = make_rspauth(*read, key, body);
    const digest_exchange sent(target, session.nonce(), 7, fresh_nonce);
    must(session.verify_rspauth(info, sent, body) == rspauth_verdict::verified);
    info[0].value[0] = info[0].value[0] == '0' ? '1' : '0';
    must(session.verify_rspauth(info, sent, body) == rspauth_verdict::mismatch);
}

std::string signed_by(digest_session& session) {
    std::string header;
    session.authorize(header, "GET", target, 7, fresh_nonce, body);
    must(is_field_value(header) && header.starts_with("Digest "));
    return header;
}

void check_digest(const digest_challenge& from, std::string_view user, std::string_view next_nonce) {
    const secret password("pass:word");
    auto session = digest_session::start(from, user, password, session_nonce);
    const bool fits = user.size() <= max_digest_value_bytes && is_quotable(user);
    if (!fits) must(!session);
    if (!session) {
        must(session.error().value() == errc::invalid_option);
        must(!fits || from.utf8);  // else only a name that is not UTF-8 is refused
        return;
    }
    const std::string header = signed_by(*session);
    check_as_server(header, *session, from, user, password);

    const bool adopted = session->adopt_nonce(next_nonce);
    must(adopted ==
         (!next_nonce.empty() && next_nonce.size() <= max_digest_value_bytes && is_quotable(next_nonce)));
    const std::string next = signed_by(*session);
    if (!adopted) must(next == header);
    if (!is_session_algorithm(from.algorithm)) check_as_server(next, *session, from, user, password);
}

void check_basic(std::string_view user) {
    if (!is_basic_user(user)) return;
    std::string header;
    append_basic(header, user, secret("pass:word"));
    must(is_field_value(header));
    if (header.size() > max_auth_field_bytes) return;
    const auto parsed = parse_credentials(header);
    must(parsed && parsed->scheme == "basic");
    must(parsed->token68.size() == (user.size() + std::string_view(":pass:word").size() + 2) / 3 * 4);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    input in(data, size);
    challenge_policy policy;
    policy.minimum(static_cast<digest_algorithm>(in.below(6)));
    if (in.yes()) policy.allow_no_qop();
    const std::string_view user = in.line();
    must(check_line(in.rest()).empty() || is_quotable(in.rest()));
    std::vector<challenge> offered;
    std::string_view last;
    while (!in.at_end()) {
        last = in.line();
        for (challenge& c : check_line(last)) offered.push_back(std::move(c));
        check_auth_info(last);
    }
    for (const challenge& c : offered) (void)read_digest_credentials(c);
    check_basic(user);
    const challenge_choice choice = select_challenge(offered, policy);
    if (const auto* none = std::get_if<no_challenge>(&choice)) {
        must(!none->reason.empty() && none->reason.size() <= 256 && is_plain_line(none->reason));
    } else if (const auto* digest = std::get_if<digest_challenge>(&choice)) {
        must(strength(digest->algorithm) >= strength(policy.minimum()));
        must(digest->qop != digest_qop::none || policy.allows_no_qop());
        check_digest(*digest, user, last);
    }
    return 0;
}

#include "sandbox/auth/gatekeeper.hpp"

#include "proto/auth/digest_hash.hpp"
#include "sandbox/auth/algorithms.hpp"

#include <algorithm>
#include <utility>

namespace getty::connect::sandbox {
namespace {

nonce_book::rules rules_of(const settings& s) {
    nonce_book::rules rules;
    rules.lifetime = s.nonce_lifetime;
    rules.uses = s.nonce_uses;
    rules.next_every = s.next_nonce_every;
    rules.window = s.nc_window;
    rules.strict = s.nc_strict;
    rules.max_nonces = s.max_nonces;
    return rules;
}

std::string_view qop_list(digest_qop offered) noexcept {
    switch (offered) {
        case digest_qop::auth:
            return "auth";
        case digest_qop::auth_int:
            return "auth-int";
        case digest_qop::both:
            return "auth,auth-int";
        case digest_qop::none:
            break;
    }
    return {};
}

bool is_offered(digest_qop offered, proto::digest_qop used) noexcept {
    switch (used) {
        case proto::digest_qop::auth:
            return offered == digest_qop::auth || offered == digest_qop::both;
        case proto::digest_qop::auth_int:
            return offered == digest_qop::auth_int || offered == digest_qop::both;
        case proto::digest_qop::none:
            break;
    }
    return offered == digest_qop::none;
}

admission refused(int status, std::string_view reason) {
    admission out;
    out.status = status;
    out.reason = reason;
    return out;
}

}  // namespace

gatekeeper::gatekeeper(const settings& with, core::random_source& random)
    : settings_(with),
      tokens_(with.token_lifetime, with.max_tokens, with.static_token, random),
      nonces_(rules_of(with), random),
      opaque_(random_hex(random, 16)) {}

admission gatekeeper::admit_to_images(const signed_request& request, core::time_point now) {
    if (settings_.scheme == auth::none) {
        admission open;
        open.status = 200;
        return open;
    }
    if (settings_.scheme == auth::digest) {
        return admit_digest(
            request, now, [&](const proto::digest_credentials& given, nonce_book::entry* nonce) {
                const std::string_view session = nonce ? std::string_view(nonce->session) : given.nonce;
                secret key;
                const auto accepts = [&](token_book::token& t) {
                    secret& kept = t.digest_keys[static_cast<std::size_t>(given.algorithm)];
                    if (kept.empty() || proto::is_session_algorithm(given.algorithm)) {
                        kept = key_for(given, t.for_https, session);
                    }
                    if (!proto::verify_response(given, kept, request.method, request.body)) return false;
                    key = kept;
                    if (nonce) nonce->password_hint = t.number;
                    return true;
                };
                tokens_.find_if(nonce ? nonce->password_hint : 0, now, accepts);
                return key;
            });
    }
    if (request.authorization.empty()) return refused(401, "a bearer token is needed");
    const auto given = proto::parse_credentials(request.authorization);
    if (!given || given->scheme != "bearer") return refused(401, "a bearer token is needed");
    if (!tokens_.find(given->token68, now)) return refused(401, "the token is not valid or has expired");
    admission granted;
    granted.status = 200;
    return granted;
}

admission gatekeeper::admit_to_token(const signed_request& request, core::time_point now) {
    if (settings_.scheme != auth::digest_token_endpoint) {
        admission open;
        open.status = 200;
        return open;
    }
    return admit_digest(request, now, [&](const proto::digest_credentials& given, nonce_book::entry* nonce) {
        const std::string_view session = nonce ? std::string_view(nonce->session) : given.nonce;
        secret key = key_for(given, settings_.application_secret, session);
        if (!proto::verify_response(given, key, request.method, request.body)) key = secret();
        return key;
    });
}

/// `knows` gives H(A1) when the response proves a password, an empty secret otherwise. The password is
/// checked before the nonce: stale=true tells a client that its password is right (RFC 7616 3.3).
template <class KnowsPassword>
admission gatekeeper::admit_digest(const signed_request& request, core::time_point now, KnowsPassword knows) {
    if (request.authorization.empty()) return refused(401, "Digest authentication is needed");
    const auto parsed = proto::parse_credentials(request.authorization);
    if (!parsed) return refused(400, "the Authorization header is malformed");
    if (parsed->scheme != "digest") return refused(401, "Digest authentication is needed");
    auto given = proto::read_digest_credentials(*parsed);
    if (!given) return refused(400, "the Digest credentials are malformed");
    if (given->uri != request.target) return refused(400, "the Digest uri is not the request target");
    if (const std::string_view why = why_misfit(*given); !why.empty()) return refused(401, why);

    nonce_book::entry* nonce = nonces_.find(given->nonce, now);
    secret key = knows(*given, nonce);
    if (key.empty()) return refused(401, "the user name or the password is wrong, or the token has expired");
    const auto verdict = nonce ? nonces_.use(*nonce, given->nc, given->qop != proto::digest_qop::none)
                               : nonce_book::verdict::stale;
    if (verdict == nonce_book::verdict::stale) {
        admission out = refused(401, "the nonce is stale");
        out.stale = true;
        return out;
    }
    admission granted;
    granted.status = 200;
    granted.with_next_nonce = verdict == nonce_book::verdict::accepted_and_next;
    granted.spent_nonce = given->nonce;
    granted.proof = *std::move(given);
    granted.key = std::move(key);
    return granted;
}

std::string_view gatekeeper::why_misfit(const proto::digest_credentials& given) const {
    if (given.realm != settings_.realm) return "the realm is another one";
    if (given.opaque != opaque_) return "opaque did not come back as it was sent";
    const auto offers = [&](digest_algorithm a) { return to_proto(a) == given.algorithm; };
    if (std::none_of(settings_.digest_algorithms.begin(), settings_.digest_algorithms.end(), offers)) {
        return "the algorithm was not offered";
    }
    if (!is_offered(settings_.qop, given.qop)) return "the qop was not offered";
    if (given.userhash && !settings_.userhash) return "userhash was not offered";
    const bool known = given.userhash
                           ? given.user == proto::digest_user_hash(given.algorithm, settings_.application_key,
                                                                   settings_.realm)
                           : given.user == settings_.application_key;
    return known ? std::string_view() : "the user name or the password is wrong, or the token has expired";
}

secret gatekeeper::key_for(const proto::digest_credentials& given, const secret& password,
                           std::string_view session_nonce) const {
    return proto::digest_key(given.algorithm, settings_.application_key, settings_.realm, password,
                             session_nonce, given.client_nonce);
}

void gatekeeper::append_image_headers(std::string& out, const admission& became, std::string_view body,
                                      core::time_point now) {
    if (settings_.scheme == auth::none) return;
    if (settings_.scheme == auth::digest) return append_digest_headers(out, became, body, now);
    if (became.status != 401) return;
    out += "WWW-Authenticate: Bearer realm=";
    proto::append_quoted(out, settings_.realm);
    if (became.reason.starts_with("the token")) out += ", error=\"invalid_token\"";
    out += "\r\n";
}

void gatekeeper::append_token_headers(std::string& out, const admission& became, std::string_view body,
                                      core::time_point now) {
    if (settings_.scheme == auth::digest_token_endpoint) append_digest_headers(out, became, body, now);
}

void gatekeeper::append_digest_headers(std::string& out, const admission& became, std::string_view body,
                                       core::time_point now) {
    if (became.status == 401) {
        append_challenges(out, became.stale, now);
    } else if (became.proof) {
        append_info(out, became, body, now);
    }
}

void gatekeeper::append_challenges(std::string& out, bool stale, core::time_point now) {
    const std::string nonce = nonces_.issue(now);
    const std::string_view qop = qop_list(settings_.qop);
    for (const digest_algorithm algorithm : settings_.digest_algorithms) {
        out += "WWW-Authenticate: Digest realm=";
        proto::append_quoted(out, settings_.realm);
        if (!qop.empty()) out.append(", qop=\"").append(qop).append("\"");
        out.append(", algorithm=").append(proto::name(to_proto(algorithm)));
        out.append(", nonce=\"").append(nonce).append("\", opaque=\"").append(opaque_).append("\"");
        if (stale) out += ", stale=true";
        out += ", charset=UTF-8";
        if (settings_.userhash) out += ", userhash=true";
        out += "\r\n";
    }
}

void gatekeeper::append_info(std::string& out, const admission& became, std::string_view body,
                             core::time_point now) {
    const bool prove = settings_.rspauth && became.proof->qop != proto::digest_qop::none;
    if (!prove && !became.with_next_nonce) return;
    out += "Authentication-Info: ";
    if (prove) {
        out.append("qop=").append(proto::name(became.proof->qop)).append(", rspauth=\"");
        out.append(proto::make_rspauth(*became.proof, became.key, body)).append("\", cnonce=");
        proto::append_quoted(out, became.proof->client_nonce);
        constexpr std::string_view digits = "0123456789abcdef";
        out += ", nc=";
        for (int shift = 28; shift >= 0; shift -= 4) out += digits[(became.proof->nc >> shift) & 0x0F];
    }
    if (became.with_next_nonce) {
        if (prove) out += ", ";
        const std::string next = nonces_.issue(now, nonces_.find(became.spent_nonce, now));
        out.append("nextnonce=\"").append(next).append("\"");
    }
    out += "\r\n";
}

}  // namespace getty::connect::sandbox

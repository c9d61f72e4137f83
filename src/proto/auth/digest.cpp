#include "proto/auth/digest.hpp"

#include "core/ascii.hpp"
#include "core/utf8.hpp"
#include "proto/auth/digest_text.hpp"
#include "proto/http/field_rules.hpp"

#include <utility>

namespace getty::connect::proto {
namespace {

bool is_ascii(std::string_view text) noexcept {
    for (const char c : text) {
        if (static_cast<unsigned char>(c) >= 0x80) return false;
    }
    return true;
}

bool is_sendable(std::string_view value) noexcept {
    return value.size() <= max_digest_value_bytes && is_quotable(value);
}

bool is_sendable(const digest_challenge& from) noexcept {
    return is_sendable(from.realm) && is_sendable(from.nonce) && !from.nonce.empty() &&
           (!from.opaque || is_sendable(*from.opaque));
}

/// ext-value of RFC 8187 3.2.1.
void append_extended(std::string& out, std::string_view text) {
    constexpr std::string_view digits = "0123456789ABCDEF";
    out += "UTF-8''";
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        // attr-char is tchar without these three
        if (detail::has_class(c, detail::token_byte) && c != '*' && c != '\'' && c != '%') {
            out += c;
        } else {
            out += '%';
            out += digits[byte >> 4];
            out += digits[byte & 0x0F];
        }
    }
}

std::string make_user_parameter(const digest_challenge& from, std::string_view user, digest_hash& hash) {
    std::string out;
    if (from.userhash) {
        out = "username=";
        append_quoted(out, hash({user, ":", from.realm}).view());
    } else if (from.utf8 && !is_ascii(user)) {
        out = "username*=";
        append_extended(out, user);
    } else {
        out = "username=";
        append_quoted(out, user);
    }
    return out;
}

/// Whether an answer's `qop` is one that may answer the request's.
std::optional<digest_qop> answering_qop(const std::string* answered, digest_qop asked) noexcept {
    if (answered == nullptr) return asked;
    if (core::equals_ignoring_case(*answered, name(digest_qop::auth_int)) && asked != digest_qop::none) {
        return digest_qop::auth_int;
    }
    if (core::equals_ignoring_case(*answered, name(digest_qop::auth)) && asked == digest_qop::auth)
        return asked;
    return std::nullopt;
}

}  // namespace

cnonce::cnonce(core::random_source& random) {
    for (std::size_t half = 0; half < 2; ++half) {
        std::uint64_t bits = random.next();
        for (std::size_t i = 0; i < 16; ++i, bits >>= 4) {
            digits_[16 * half + i] = lower_hex_digits[bits & 0x0F];
        }
    }
}

digest_exchange::digest_exchange(std::string_view target_sent, std::string_view nonce_sent,
                                 std::uint32_t nc_sent, std::string_view cnonce_sent) noexcept
    : target(target_sent), nonce(nonce_sent), nc(nc_sent), client_nonce(cnonce_sent) {}

result<digest_session> digest_session::start(const digest_challenge& from, std::string_view user,
                                             const secret& password, std::string_view session_nonce) {
    if (!is_sendable(user)) {
        return error(errc::invalid_option, stage::auth,
                     "the user name is too long or holds a control character");
    }
    if (from.utf8 && !core::is_utf8(user)) {
        return error(errc::invalid_option, stage::auth,
                     "the user name is not valid UTF-8, which the server asks for");
    }
    if (!is_available(from.algorithm) || !is_sendable(from)) {
        return error(errc::challenge_unsupported, stage::auth, "the digest challenge cannot be answered");
    }
    digest_hash hash(from.algorithm);
    std::string user_parameter = make_user_parameter(from, user, hash);
    secret credentials_hash(hash({user, ":", from.realm, ":", password.expose()}).view());
    return digest_session(from, std::move(user_parameter), std::move(credentials_hash), session_nonce);
}

digest_session::digest_session(const digest_challenge& from, std::string user_parameter,
                               secret credentials_hash, std::string_view session_nonce)
    : hash_(from.algorithm),
      algorithm_(from.algorithm),
      qop_(from.qop),
      userhash_(from.userhash),
      realm_(from.realm),
      nonce_(from.nonce),
      opaque_(from.opaque),
      user_parameter_(std::move(user_parameter)),
      key_(std::move(credentials_hash)) {
    if (is_session_algorithm(algorithm_)) {
        session_nonce_ = session_nonce;
        key_ = secret(hash_({key_.expose(), ":", nonce_, ":", session_nonce_}).view());
    }
    build_fixed_parts();
}

void digest_session::build_fixed_parts() {
    head_ = "Digest ";
    head_ += user_parameter_;
    head_ += ", realm=";
    append_quoted(head_, realm_);
    head_ += ", nonce=";
    append_quoted(head_, nonce_);
    head_ += ", uri=\"";

    tail_ = "\", algorithm=";
    tail_ += name(algorithm_);
    if (opaque_) {
        tail_ += ", opaque=";
        append_quoted(tail_, *opaque_);
    }
    if (userhash_) tail_ += ", userhash=true";
    if (qop_ != digest_qop::none) ((tail_ += ", qop=") += name(qop_)) += ", nc=";
}

std::string_view digest_session::nonce_to_send(std::string_view client_nonce) const noexcept {
    return is_session_algorithm(algorithm_) ? std::string_view(session_nonce_) : client_nonce;
}

hex_digest digest_session::respond(std::string_view nonce, std::uint32_t nc, std::string_view client_nonce,
                                   digest_qop qop, std::string_view a2_hash) {
    if (qop == digest_qop::none) return hash_({key_.expose(), ":", nonce, ":", a2_hash});
    return hash_({key_.expose(), ":", nonce, ":", nonce_count_digits(nc).view(), ":", client_nonce, ":",
                  name(qop), ":", a2_hash});
}

void digest_session::authorize(std::string& out, std::string_view method, std::string_view target,
                               std::uint32_t nc, std::string_view client_nonce,
                               std::string_view entity_body) {
    client_nonce = nonce_to_send(client_nonce);
    const hex_digest a2 = qop_ == digest_qop::auth_int
                              ? hash_({method, ":", target, ":", hash_({entity_body}).view()})
                              : hash_({method, ":", target});
    const hex_digest response = respond(nonce_, nc, client_nonce, qop_, a2.view());
    out += head_;
    append_escaped(out, target);
    out += "\", response=\"";
    out += response.view();
    out += tail_;
    if (qop_ == digest_qop::none) return;
    out += nonce_count_digits(nc).view();
    out += ", cnonce=\"";
    out += client_nonce;
    out += '"';
}

bool digest_session::adopt_nonce(std::string_view next) {
    if (next.empty() || !is_sendable(next)) return false;
    nonce_ = next;
    build_fixed_parts();
    return true;
}

hex_digest digest_session::expected_rspauth(const digest_exchange& sent, digest_qop qop,
                                            std::string_view body) {
    const hex_digest a2 = qop == digest_qop::auth_int ? hash_({":", sent.target, ":", hash_({body}).view()})
                                                      : hash_({":", sent.target});
    return respond(sent.nonce, sent.nc, nonce_to_send(sent.client_nonce), qop, a2.view());
}

rspauth_verdict digest_session::verify_rspauth(std::span<const auth_param> info, const digest_exchange& sent,
                                               std::string_view body) {
    const auto find = [&](std::string_view wanted) -> const std::string* {
        for (const auth_param& param : info) {
            if (param.name == wanted) return &param.value;
        }
        return nullptr;
    };
    const std::string* rspauth = find("rspauth");
    if (rspauth == nullptr) return rspauth_verdict::absent;
    const std::optional<digest_qop> qop = answering_qop(find("qop"), qop_);
    if (!qop) return rspauth_verdict::mismatch;
    const std::string* nc = find("nc");
    if (nc != nullptr && !core::equals_ignoring_case(*nc, nonce_count_digits(sent.nc).view())) {
        return rspauth_verdict::mismatch;
    }
    const std::string* client_nonce = find("cnonce");
    if (client_nonce != nullptr && *client_nonce != nonce_to_send(sent.client_nonce)) {
        return rspauth_verdict::mismatch;
    }
    const hex_digest expected = expected_rspauth(sent, *qop, body);
    return equal_in_constant_time(expected.view(), *rspauth) ? rspauth_verdict::verified
                                                             : rspauth_verdict::mismatch;
}

}  // namespace getty::connect::proto

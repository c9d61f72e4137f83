#include "proto/auth/digest_server.hpp"

#include "core/ascii.hpp"
#include "core/percent_encoding.hpp"
#include "core/utf8.hpp"
#include "proto/auth/digest_hash.hpp"
#include "proto/auth/digest_text.hpp"
#include "proto/http/field_rules.hpp"

#include <charconv>

namespace getty::connect::proto {
namespace {

enum class spelling { quoted, bare };

/// Looks parameters up and remembers whether any of them was spelled the wrong way.
class strict_lookup {
public:
    explicit strict_lookup(const challenge& from) noexcept : from_(from) {}

    const std::string* find(std::string_view name, spelling wanted) noexcept {
        for (const auth_param& param : from_.params) {
            if (param.name != name) continue;
            if (param.quoted != (wanted == spelling::quoted)) misspelled_ = true;
            return &param.value;
        }
        return nullptr;
    }

    [[nodiscard]] bool misspelled() const noexcept { return misspelled_; }

private:
    const challenge& from_;
    bool misspelled_ = false;
};

/// Decodes `UTF-8''J%C3%A4s%C3%B8n` (RFC 8187 3.2.1); nothing when it is malformed or not UTF-8.
std::optional<std::string> decode_extended(std::string_view text) {
    constexpr std::size_t charset_length = 5;
    if (!core::equals_ignoring_case(text.substr(0, charset_length), "UTF-8")) return std::nullopt;
    text.remove_prefix(charset_length);
    const std::size_t language_end = text.find('\'', 1);
    if (!text.starts_with('\'') || language_end == std::string_view::npos) return std::nullopt;
    text.remove_prefix(language_end + 1);
    if (text.find_first_of("'*") != std::string_view::npos) return std::nullopt;
    auto out = core::percent_decoded(text);
    if (!out || !core::is_utf8(*out)) return std::nullopt;
    return out;
}

/// False unless it is eight lower-case hex digits that count from 1.
bool read_nonce_count(std::string_view text, std::uint32_t& out) noexcept {
    if (text.size() != 8 || text.find_first_not_of(lower_hex_digits) != std::string_view::npos) return false;
    const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), out, 16);
    return failure == std::errc() && out != 0;
}

bool read_user(strict_lookup& in, digest_credentials& out) {
    const std::string* plain = in.find("username", spelling::quoted);
    const std::string* extended = in.find("username*", spelling::bare);
    if ((plain == nullptr) == (extended == nullptr)) return false;
    if (plain != nullptr) {
        out.user = *plain;
        return true;
    }
    std::optional<std::string> decoded = decode_extended(*extended);
    if (!decoded || out.userhash) return false;
    out.user = *decoded;
    return true;
}

bool read_protection(strict_lookup& in, digest_credentials& out) {
    const std::string* qop = in.find("qop", spelling::bare);
    const std::string* nc = in.find("nc", spelling::bare);
    const std::string* client_nonce = in.find("cnonce", spelling::quoted);
    if (qop == nullptr) return nc == nullptr && client_nonce == nullptr;
    if (nc == nullptr || client_nonce == nullptr || client_nonce->empty()) return false;
    if (*qop == name(digest_qop::auth)) {
        out.qop = digest_qop::auth;
    } else if (*qop == name(digest_qop::auth_int)) {
        out.qop = digest_qop::auth_int;
    } else {
        return false;
    }
    out.client_nonce = *client_nonce;
    return read_nonce_count(*nc, out.nc);
}

std::string respond(digest_hash& hash, const digest_credentials& credentials, const secret& key,
                    std::string_view a2_hash) {
    if (credentials.qop == digest_qop::none) {
        return std::string(hash({key.expose(), ":", credentials.nonce, ":", a2_hash}).view());
    }
    return std::string(
        hash({key.expose(), ":", credentials.nonce, ":", nonce_count_digits(credentials.nc).view(), ":",
              credentials.client_nonce, ":", name(credentials.qop), ":", a2_hash})
            .view());
}

/// The response for A2 = `method ":" uri [":" H(body)]`; rspauth is that of the empty method.
std::string respond_to(const digest_credentials& credentials, const secret& key, std::string_view method,
                       std::string_view body) {
    digest_hash hash(credentials.algorithm);
    const hex_digest a2 = credentials.qop == digest_qop::auth_int
                              ? hash({method, ":", credentials.uri, ":", hash({body}).view()})
                              : hash({method, ":", credentials.uri});
    return respond(hash, credentials, key, a2.view());
}

}  // namespace

digest_credentials::digest_credentials() noexcept {}

std::optional<digest_credentials> read_digest_credentials(const challenge& from) {
    if (from.scheme != "digest") return std::nullopt;
    strict_lookup in(from);
    digest_credentials out;
    const std::string* realm = in.find("realm", spelling::quoted);
    const std::string* nonce = in.find("nonce", spelling::quoted);
    const std::string* uri = in.find("uri", spelling::quoted);
    const std::string* response = in.find("response", spelling::quoted);
    const std::string* opaque = in.find("opaque", spelling::quoted);
    const std::string* algorithm = in.find("algorithm", spelling::bare);
    const std::string* userhash = in.find("userhash", spelling::bare);
    if (realm == nullptr || nonce == nullptr || uri == nullptr || response == nullptr) return std::nullopt;
    if (algorithm != nullptr) {
        const auto known = parse_digest_algorithm(*algorithm);
        if (!known || !is_available(*known)) return std::nullopt;
        out.algorithm = *known;
    }
    out.realm = *realm;
    out.nonce = *nonce;
    out.uri = *uri;
    out.response = *response;
    if (opaque != nullptr) out.opaque = *opaque;
    out.userhash = userhash != nullptr && core::equals_ignoring_case(*userhash, "true");
    if (!read_user(in, out) || !read_protection(in, out) || in.misspelled()) return std::nullopt;
    return out;
}

secret digest_key(digest_algorithm algorithm, std::string_view user, std::string_view realm,
                  const secret& password, std::string_view nonce, std::string_view client_nonce) {
    digest_hash hash(algorithm);
    const hex_digest base = hash({user, ":", realm, ":", password.expose()});
    if (!is_session_algorithm(algorithm)) return secret(base.view());
    return secret(hash({base.view(), ":", nonce, ":", client_nonce}).view());
}

std::string digest_user_hash(digest_algorithm algorithm, std::string_view user, std::string_view realm) {
    digest_hash hash(algorithm);
    return std::string(hash({user, ":", realm}).view());
}

std::string expected_response(const digest_credentials& credentials, const secret& key,
                              std::string_view method, std::string_view entity_body) {
    return respond_to(credentials, key, method, entity_body);
}

std::string make_rspauth(const digest_credentials& credentials, const secret& key,
                         std::string_view response_body) {
    return respond_to(credentials, key, {}, response_body);
}

bool verify_response(const digest_credentials& credentials, const secret& key, std::string_view method,
                     std::string_view entity_body) {
    return equal_in_constant_time(expected_response(credentials, key, method, entity_body),
                                  credentials.response);
}

}  // namespace getty::connect::proto

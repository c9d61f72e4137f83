// A service that asks for Digest, with the server's side of the library's own arithmetic (which is tested
// against published vectors and curl).
#pragma once

#include "proto/auth/auth_header.hpp"
#include "proto/auth/digest_server.hpp"
#include "support/world.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace getty::connect::test {

/// The value of a field of a request; empty when it is not there.
[[nodiscard]] inline std::string request_field(const std::string& request, std::string_view name) {
    const std::string start = "\r\n" + std::string(name) + ": ";
    const std::size_t at = request.find(start);
    if (at == std::string::npos) return "";
    return request.substr(at + start.size(), request.find("\r\n", at + 2) - at - start.size());
}

/// The second word of a request.
[[nodiscard]] inline std::string request_target(const std::string& request) {
    const std::size_t at = request.find(' ') + 1;
    return request.substr(at, request.find(' ', at) - at);
}

/// Checks requests against one nonce at a time. Put it in a `client_world`'s `on_image` or `on_token`.
class digest_service {
public:
    std::string user = "key";
    std::string realm = "api";
    std::string algorithm = "SHA-256";
    std::string nonce = "nonce-1";
    std::string password = "token-1";
    bool always_stale = false;
    bool tells_stale = true;    ///< in the challenge
    bool a_nonce_each = false;  ///< for each challenge, in place of `nonce`
    bool once = false;          ///< each nonce is good for one request,
    bool bound = false;         ///< or for one target
    std::string next_nonce;     ///< in every answer, when not empty
    enum class proof { right, wrong, none } shows = proof::right;

    std::size_t challenges = 0;  ///< sent without `stale`
    std::size_t stale = 0;
    std::size_t refused = 0;  ///< of the challenges, those to credentials that were wrong
    std::map<std::string, std::vector<std::uint32_t>> counts;  ///< by nonce, of what was served

    /// Fields to answer with, or nothing when a challenge was sent.
    std::optional<std::string> check(scripted_stream& s, const std::string& request, std::string_view body) {
        const std::string field = request_field(request, "Authorization");
        const auto parsed = proto::parse_credentials(field);
        const auto sent = parsed ? proto::read_digest_credentials(*parsed) : std::nullopt;
        if (!sent) {
            challenge(s, false, request_target(request));
            return std::nullopt;
        }
        if (a_nonce_each ? !holds(*sent) : always_stale || sent->nonce != nonce) {
            challenge(s, true, request_target(request));
            return std::nullopt;
        }
        const secret key = proto::digest_key(sent->algorithm, user, realm, secret(password), sent->nonce,
                                             sent->client_nonce);
        const std::string method = request.substr(0, request.find(' '));
        const bool good = sent->user == user && sent->realm == realm &&
                          sent->uri == request_target(request) && proto::name(sent->algorithm) == algorithm &&
                          proto::verify_response(*sent, key, method);
        if (!good) {
            ++refused;
            challenge(s, false);
            return std::nullopt;
        }
        counts[sent->nonce].push_back(sent->nc);
        return info(*sent, key, body);
    }

private:
    bool holds(const proto::digest_credentials& sent) {
        const auto issued = issued_.find(sent.nonce);
        if (issued == issued_.end() || (bound && issued->second != sent.uri)) return false;
        return !once || counts[sent.nonce].empty();
    }

    void challenge(scripted_stream& s, bool is_stale, const std::string& target = {}) {
        ++(is_stale ? stale : challenges);
        if (a_nonce_each) {
            nonce = "nonce-" + std::to_string(issued_.size());
            issued_[nonce] = target;
        }
        s.deliver(http_response(401, R"({"status":401,"error":"who are you"})",
                                "WWW-Authenticate: Digest realm=\"" + realm + "\", nonce=\"" + nonce +
                                    "\", algorithm=" + algorithm + ", qop=\"auth\"" +
                                    (is_stale && tells_stale ? ", stale=true" : "") + "\r\n"));
    }

    std::string info(const proto::digest_credentials& sent, const secret& key, std::string_view body) {
        std::string value = "Authentication-Info: qop=auth, cnonce=\"" + sent.client_nonce + "\", nc=";
        constexpr std::string_view digits = "0123456789abcdef";
        for (int shift = 28; shift >= 0; shift -= 4) value += digits[(sent.nc >> shift) & 15U];
        std::string rspauth = proto::make_rspauth(sent, key, body);
        if (shows == proof::wrong) rspauth[0] = rspauth[0] == '0' ? '1' : '0';
        if (shows != proof::none) value += ", rspauth=\"" + rspauth + "\"";
        if (!next_nonce.empty()) {
            value += ", nextnonce=\"" + next_nonce + "\"";
            nonce = next_nonce;
        }
        return shows == proof::none && next_nonce.empty() ? "" : value + "\r\n";
    }

    std::map<std::string, std::string> issued_;  // with the target each was issued for
};

}  // namespace getty::connect::test

#include "proto/auth/digest_challenge.hpp"

#include "core/ascii.hpp"
#include "core/sanitize.hpp"
#include "proto/auth/digest_hash.hpp"

#include <array>
#include <utility>

namespace getty::connect::proto {
namespace {

constexpr std::size_t max_reason_bytes = 256;

constexpr std::array<std::string_view, 6> algorithm_names = {
    "MD5", "MD5-sess", "SHA-256", "SHA-256-sess", "SHA-512-256", "SHA-512-256-sess"};

bool says(const challenge& from, std::string_view name, std::string_view expected) noexcept {
    const std::string* value = from.find(name);
    return value != nullptr && core::equals_ignoring_case(*value, expected);
}

std::string value_or_empty(const challenge& from, std::string_view name) {
    const std::string* value = from.find(name);
    return value == nullptr ? std::string() : *value;
}

/// `qop="auth,auth-int"`; unknown options are ignored (RFC 7616 3.3).
void read_qop_options(std::string_view list, digest_challenge& out) noexcept {
    while (!list.empty()) {
        const std::size_t comma = list.find(',');
        std::string_view option = list.substr(0, comma);
        list.remove_prefix(comma == std::string_view::npos ? list.size() : comma + 1);
        const auto blank = [](char c) { return c == ' ' || c == '\t'; };
        while (!option.empty() && blank(option.front())) option.remove_prefix(1);
        while (!option.empty() && blank(option.back())) option.remove_suffix(1);
        if (core::equals_ignoring_case(option, "auth")) out.offers_auth = true;
        if (core::equals_ignoring_case(option, "auth-int")) out.offers_auth_int = true;
    }
}

/// Sees all offers once; keeps the best of them and words for the case that there is none.
class selection {
public:
    explicit selection(const challenge_policy& policy) noexcept : policy_(policy) {}

    void consider(const challenge& offer) {
        if (offer.scheme == "digest") {
            consider_digest(offer);
        } else if (offer.scheme == "bearer") {
            if (!bearer_) {
                bearer_.emplace(bearer_challenge{value_or_empty(offer, "realm"),
                                                 value_or_empty(offer, "scope"),
                                                 value_or_empty(offer, "error")});
            }
        } else {
            note(offer.scheme == "basic" ? "Basic" : std::string_view(offer.scheme), {});
        }
    }

    challenge_choice take() {
        if (digest_) return std::move(*digest_);
        if (bearer_) return std::move(*bearer_);
        std::string reason = "offered: ";
        reason += offered_.empty() ? "nothing" : offered_;
        reason = core::printable(reason, max_reason_bytes - allowed().size());
        return no_challenge{reason + allowed()};
    }

private:
    void consider_digest(const challenge& offer) {
        digest_challenge candidate;
        std::string_view refusal = read_digest_challenge(offer, candidate);
        if (refusal.empty()) refusal = refused_by_policy(candidate);
        const std::string* algorithm = offer.find("algorithm");
        note("Digest", refusal, algorithm == nullptr ? name(digest_algorithm::md5) : *algorithm);
        if (!refusal.empty()) return;
        if (!digest_ || rank(candidate) > rank(*digest_)) digest_ = std::move(candidate);
    }

    [[nodiscard]] std::string_view refused_by_policy(const digest_challenge& candidate) const noexcept {
        if (strength(candidate.algorithm) < strength(policy_.minimum())) return "too weak";
        if (candidate.qop == digest_qop::none && !policy_.allows_no_qop()) return "no qop";
        return {};
    }

    static int rank(const digest_challenge& candidate) noexcept {
        return 2 * strength(candidate.algorithm) + (candidate.qop == digest_qop::none ? 0 : 1);
    }

    /// As such names are, so that no text of a service's own is quoted.
    static bool is_algorithm_name(std::string_view text) noexcept {
        constexpr std::size_t longest = 20;
        const auto begins_with = [text](std::string_view family) {
            return core::equals_ignoring_case(text.substr(0, family.size()), family);
        };
        return text.size() <= longest && (begins_with("SHA") || begins_with("MD"));
    }

    void note(std::string_view scheme, std::string_view refusal, std::string_view algorithm = {}) {
        // a hostile list must not grow a long text of which a line is kept
        if (offered_.size() > max_reason_bytes) return;
        if (!offered_.empty()) offered_ += ", ";
        offered_ += scheme;
        if (!algorithm.empty()) (offered_ += ' ') += is_algorithm_name(algorithm) ? algorithm : "(not shown)";
        if (!refusal.empty()) ((offered_ += " (") += refusal) += ')';
    }

    [[nodiscard]] std::string allowed() const {
        std::string text = "; allowed: Digest";
        if (policy_.minimum() != digest_algorithm::md5)
            (text += " with at least ") += name(policy_.minimum());
        if (!policy_.allows_no_qop()) {
            text += policy_.minimum() == digest_algorithm::md5 ? " with qop" : " and qop";
        }
        return text + ", Bearer";
    }

    const challenge_policy& policy_;
    std::optional<digest_challenge> digest_;
    std::optional<bearer_challenge> bearer_;
    std::string offered_;
};

}  // namespace

digest_challenge::digest_challenge() noexcept {}
challenge_policy::challenge_policy() noexcept {}

std::string_view name(digest_algorithm algorithm) noexcept {
    return algorithm_names[static_cast<std::size_t>(algorithm)];
}

std::optional<digest_algorithm> parse_digest_algorithm(std::string_view text) noexcept {
    for (std::size_t i = 0; i < algorithm_names.size(); ++i) {
        if (core::equals_ignoring_case(text, algorithm_names[i])) return static_cast<digest_algorithm>(i);
    }
    return std::nullopt;
}

int strength(digest_algorithm algorithm) noexcept { return 1 + static_cast<int>(algorithm) / 2; }

bool is_session_algorithm(digest_algorithm algorithm) noexcept {
    return static_cast<int>(algorithm) % 2 != 0;
}

std::string_view name(digest_qop qop) noexcept {
    switch (qop) {
        case digest_qop::none:
            return {};
        case digest_qop::auth:
            return "auth";
        case digest_qop::auth_int:
            return "auth-int";
    }
    return {};
}

std::string_view read_digest_challenge(const challenge& from, digest_challenge& out) {
    out = digest_challenge();
    const std::string* realm = from.find("realm");
    const std::string* nonce = from.find("nonce");
    const std::string* opaque = from.find("opaque");
    const std::string* algorithm = from.find("algorithm");
    const std::string* qop = from.find("qop");
    if (realm == nullptr) return "no realm";
    if (nonce == nullptr || nonce->empty()) return "no nonce";
    for (const std::string* value : {realm, nonce, opaque}) {
        if (value != nullptr && value->size() > max_digest_value_bytes) return "oversized value";
    }
    if (algorithm != nullptr) {
        const auto known = parse_digest_algorithm(*algorithm);
        if (!known) return "unknown algorithm";
        out.algorithm = *known;
    }
    if (!is_available(out.algorithm)) return "algorithm not available";
    if (qop != nullptr) {
        read_qop_options(*qop, out);
        if (!out.offers_auth && !out.offers_auth_int) return "unknown qop";
        out.qop = out.offers_auth ? digest_qop::auth : digest_qop::auth_int;
    } else if (is_session_algorithm(out.algorithm)) {
        return "session algorithm without qop";  // its key needs the client nonce, which goes with qop alone
    }
    out.realm = *realm;
    out.nonce = *nonce;
    if (opaque != nullptr) out.opaque = *opaque;
    out.stale = says(from, "stale", "true");
    out.userhash = says(from, "userhash", "true");
    out.utf8 = says(from, "charset", "UTF-8");
    return {};
}

challenge_policy& challenge_policy::minimum(digest_algorithm algorithm) noexcept {
    minimum_ = algorithm;
    return *this;
}

challenge_policy& challenge_policy::allow_no_qop() noexcept {
    no_qop_ = true;
    return *this;
}

challenge_choice select_challenge(std::span<const challenge> offered, const challenge_policy& policy) {
    selection best(policy);
    for (const challenge& offer : offered) best.consider(offer);
    return best.take();
}

}  // namespace getty::connect::proto

#include "core/sanitize.hpp"
#include "proto/http/field_rules.hpp"
#include "sandbox/auth/algorithms.hpp"
#include "sandbox/http/authority.hpp"
#include "sandbox/settings_check.hpp"

#include <getty/connect/sandbox.hpp>

#include <boost/asio/ip/address.hpp>

#include <cmath>
#include <utility>

namespace getty::connect::sandbox {
namespace {

std::string why_unusable_address(const settings& s) {
    boost::system::error_code ec;
    const auto address = boost::asio::ip::make_address(s.address, ec);
    if (ec) return "address must be an IP address such as 127.0.0.1, not a name";
    if (!address.is_loopback() && !s.remote_clients) {
        return "address is not a loopback one: call allow_remote_clients() if strangers may reach the "
               "sandbox";
    }
    for (const std::string& name : s.server_names) {
        if (!is_certificate_name(name))
            return "server_names holds what is neither a host name nor an IP address";
    }
    return {};
}

std::string why_unusable_digest(const settings& s) {
    if (!proto::is_quotable(s.realm) || s.realm.size() > proto::max_digest_value_bytes) {
        return "realm must be at most 2048 bytes without control characters";
    }
    if (s.digest_algorithms.empty()) return "digest_algorithms must name at least one";
    for (const digest_algorithm a : s.digest_algorithms) {
        if (!proto::is_available(to_proto(a)))
            return "digest_algorithms names one that OpenSSL does not have here";
        const bool session = proto::is_session_algorithm(to_proto(a));
        if (session && s.qop == digest_qop::none) return "a -sess algorithm needs a qop";
    }
    if (s.nonce_lifetime < std::chrono::milliseconds(1)) return "nonce_lifetime must be at least 1 ms";
    if (s.nc_window < 1 || s.nc_window > 65'536) return "nc_window must be 1 to 65536";
    return {};
}

std::string why_unusable_faults(const settings& s) {
    if (s.faults.size() > max_faults) return "fault can be there 64 times at most";
    for (const std::string& spec : s.faults) {
        const result<fault> read = parse_fault(spec);
        if (!read) return read.error().message();
        if (std::string why = why_unfit(*read, s.scheme); !why.empty()) return why;
    }
    return {};
}

}  // namespace

options::options() {}

options& options::address(std::string_view ip) {
    values_.address = ip;
    return *this;
}

options& options::port(std::uint16_t number) {
    values_.port = number;
    return *this;
}

options& options::allow_remote_clients() {
    values_.remote_clients = true;
    return *this;
}

options& options::without_admin() {
    values_.admin = false;
    return *this;
}

options& options::scheme(auth wanted) {
    values_.scheme = wanted;
    return *this;
}

options& options::application(std::string_view key, secret password) {
    values_.application_key = key;
    values_.application_secret = std::move(password);
    return *this;
}

options& options::user(std::string_view id, secret password) {
    values_.user_id = std::string(id);
    values_.user_password = std::move(password);
    return *this;
}

options& options::static_token(secret value) {
    values_.static_token = std::move(value);
    return *this;
}

options& options::token_lifetime(std::chrono::milliseconds length) {
    values_.token_lifetime = length;
    return *this;
}

options& options::max_tokens(std::size_t count) {
    values_.max_tokens = count;
    return *this;
}

options& options::realm(std::string_view text) {
    values_.realm = text;
    return *this;
}

options& options::digest_algorithms(std::vector<digest_algorithm> offered) {
    values_.digest_algorithms = std::move(offered);
    return *this;
}

options& options::qop(digest_qop offered) {
    values_.qop = offered;
    return *this;
}

options& options::offer_userhash() {
    values_.userhash = true;
    return *this;
}

options& options::send_rspauth() {
    values_.rspauth = true;
    return *this;
}

options& options::nonce_lifetime(std::chrono::milliseconds length) {
    values_.nonce_lifetime = length;
    return *this;
}

options& options::nonce_uses(std::uint64_t count) {
    values_.nonce_uses = count;
    return *this;
}

options& options::next_nonce_every(std::uint64_t count) {
    values_.next_nonce_every = count;
    return *this;
}

options& options::nc_window(std::uint32_t width) {
    values_.nc_window = width;
    return *this;
}

options& options::strict_nc() {
    values_.nc_strict = true;
    return *this;
}

options& options::max_nonces(std::size_t count) {
    values_.max_nonces = count;
    return *this;
}

options& options::catalogue_file(std::string_view path) {
    values_.catalogue_file = path;
    return *this;
}

options& options::latency(std::chrono::milliseconds wait) {
    values_.latency = wait;
    return *this;
}

options& options::max_requests_per_second(double rate) {
    values_.max_requests_per_second = rate;
    return *this;
}

options& options::fault(std::string_view spec) {
    values_.faults.emplace_back(spec);
    return *this;
}

options& options::request_log(std::string_view path, std::function<void(const error&)> on_failure) {
    values_.request_log = path;
    values_.on_log_failure = std::move(on_failure);
    return *this;
}

options& options::server_names(std::vector<std::string> names) {
    values_.server_names = std::move(names);
    return *this;
}

options& options::max_connections(std::size_t count) {
    values_.max_connections = count;
    return *this;
}

options& options::idle_timeout(std::chrono::milliseconds length) {
    values_.idle_timeout = length;
    return *this;
}

options& options::max_header_bytes(std::size_t bytes) {
    values_.max_header_bytes = bytes;
    return *this;
}

options& options::max_body_bytes(std::size_t bytes) {
    values_.max_body_bytes = bytes;
    return *this;
}

options& options::max_counted_ids(std::size_t count) {
    values_.max_counted_ids = count;
    return *this;
}

options& options::seed(std::uint64_t value) {
    values_.seed = value;
    return *this;
}

result<void> options::validate() const {
    const std::string why = why_unusable(values_);
    if (why.empty()) return {};
    return error(errc::invalid_option, stage::queue, why);
}

std::string why_unfit(const fault& what, auth scheme) {
    const std::string start = "fault \"" + what.spec + "\": ";
    const bool about_tokens =
        what.kind == fault_kind::token_expired || what.kind == fault_kind::token_rotated;
    if (about_tokens && scheme == auth::none) {
        return start + "lookups need no token here; choose another scheme than none";
    }
    if (what.kind != fault_kind::nonce_stale) return {};
    if (what.on == fault_target::images && scheme != auth::digest) {
        return start + "lookups have no nonce here; choose the scheme digest";
    }
    if (what.on == fault_target::token && scheme != auth::digest_token_endpoint) {
        return start +
               "token requests have no nonce here; choose the scheme in which they answer a Digest challenge";
    }
    return {};
}

std::string why_unusable(const settings& s) {
    constexpr std::chrono::milliseconds shortest(1);
    constexpr std::chrono::milliseconds longest = std::chrono::hours(24 * 365);
    if (std::string why = why_unusable_address(s); !why.empty()) return why;
    if (std::string why = why_unusable_digest(s); !why.empty()) return why;
    if (std::string why = why_unusable_faults(s); !why.empty()) return why;
    if (!s.v3_complaint.empty()) return s.v3_complaint;
    if (s.application_key.empty()) return "application needs a key that is not empty";
    if (s.application_secret.empty()) return "application needs a secret that is not empty";
    if (core::has_control(s.application_secret.expose())) {
        return "application_secret " + std::string(core::control_in_secret);
    }
    if (s.user_id && s.user_id->empty()) return "user needs an id that is not empty";
    if (core::has_control(s.user_password.expose())) {
        return "user_password " + std::string(core::control_in_secret);
    }
    if (s.static_token && !proto::is_token68(s.static_token->expose())) {
        return "static_token must be letters, digits and -._~+/ only";
    }
    if (s.token_lifetime < shortest || s.token_lifetime > longest)
        return "token_lifetime must be 1 ms to a year";
    if (s.nonce_lifetime > longest) return "nonce_lifetime must be at most a year";
    if (s.latency < std::chrono::milliseconds(0) || s.latency > std::chrono::minutes(10)) {
        return "latency must be 0 to 10 minutes";
    }
    if (!std::isfinite(s.max_requests_per_second) || s.max_requests_per_second < 0) {
        return "max_requests_per_second must be 0 (no limit) or more";
    }
    if (s.max_tokens < 1) return "max_tokens must be at least 1";
    if (s.max_nonces < 1) return "max_nonces must be at least 1";
    if (s.max_connections < 1) return "max_connections must be at least 1";
    if (s.idle_timeout < shortest || s.idle_timeout > longest) return "idle_timeout must be 1 ms to a year";
    if (s.max_header_bytes < 256 || s.max_header_bytes > 1024 * 1024)
        return "max_header_bytes must be 256 to 1 MiB";
    if (s.max_body_bytes > 64 * 1024 * 1024) return "max_body_bytes must be at most 64 MiB";
    return {};
}

}  // namespace getty::connect::sandbox

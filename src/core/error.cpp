#include "core/sanitize.hpp"

#include <getty/connect/error.hpp>

#include <algorithm>
#include <ostream>
#include <utility>

namespace getty::connect::inline GETTY_CONNECT_ABI {
namespace {

struct entry {
    errc code;
    condition kind;
    std::string_view words;
};

constexpr entry table[] = {
    {errc::invalid_id, condition::invalid_input, "the id cannot name an image"},
    {errc::invalid_option, condition::invalid_input, "an option has a value that cannot work"},
    {errc::invalid_source, condition::invalid_input, "the source of ids failed"},
    {errc::client_closed, condition::canceled, "the client is closed"},
    {errc::too_many_waiters, condition::overloaded, "too many lookups wait for a connection"},
    {errc::acquire_timeout, condition::timeout, "no connection became free in time"},
    {errc::canceled, condition::canceled, "canceled"},
    {errc::deadline_exceeded, condition::timeout, "the deadline passed"},
    {errc::attempt_timeout, condition::timeout, "the service did not answer in time"},
    {errc::internal_failure, condition::internal, "internal failure"},
    {errc::not_asked, condition::canceled, "not asked for: the batch stopped before its turn came"},
    {errc::out_of_resources, condition::unreachable,
     "this machine has no descriptor, port or thread left for a connection"},
    {errc::resolve_failed, condition::unreachable, "the host name does not resolve"},
    {errc::connect_failed, condition::unreachable, "no connection to the service"},
    {errc::connect_timeout, condition::timeout, "connecting took too long"},
    {errc::tls_failed, condition::unreachable, "the TLS handshake failed"},
    {errc::certificate_rejected, condition::unreachable, "the service's certificate is not acceptable"},
    {errc::proxy_refused, condition::unreachable, "the proxy opens no tunnel to the service"},
    {errc::credentials_rejected, condition::auth_failed, "the token endpoint refuses the credentials"},
    {errc::token_unavailable, condition::unreachable, "no token to be had"},
    {errc::unauthorized, condition::auth_failed, "the service refuses the token"},
    {errc::challenge_unsupported, condition::auth_failed,
     "no authentication the service offers is both supported and allowed"},
    {errc::server_not_authentic, condition::auth_failed, "the service did not prove that it knows the token"},
    {errc::peer_closed, condition::peer_closed, "the service closed the connection"},
    {errc::malformed_response, condition::protocol_violation, "the response breaks HTTP"},
    {errc::header_too_large, condition::protocol_violation, "the response header is too large"},
    {errc::body_too_large, condition::protocol_violation, "the response body is too large"},
    {errc::bad_request, condition::rejected, "the service calls the request malformed"},
    {errc::forbidden, condition::rejected, "the service forbids the request"},
    {errc::not_found, condition::not_found, "no such image"},
    {errc::throttled, condition::overloaded, "the service asks for fewer requests"},
    {errc::quota_exhausted, condition::overloaded, "the account's quota is used up"},
    {errc::server_error, condition::rejected, "the service failed"},
    {errc::unexpected_status, condition::rejected, "the service answered with an unexpected status"},
    {errc::malformed_body, condition::protocol_violation, "the body is not what was asked for"},
    {errc::wrong_image, condition::protocol_violation,
     "the service sent another image than the one asked for"},
};

const entry* find(int code) noexcept {
    for (const entry& e : table) {
        if (static_cast<int>(e.code) == code) return &e;
    }
    return nullptr;
}

class code_category final : public boost::system::error_category {
public:
    const char* name() const noexcept override { return "getty.connect"; }
    std::string message(int code) const override {
        const entry* e = find(code);
        return e ? std::string(e->words) : "unknown getty.connect error " + std::to_string(code);
    }
    boost::system::error_condition default_error_condition(int code) const noexcept override {
        const entry* e = find(code);
        return e ? make_error_condition(e->kind) : boost::system::error_condition(code, *this);
    }
};

class kind_category final : public boost::system::error_category {
public:
    const char* name() const noexcept override { return "getty.connect.condition"; }
    std::string message(int code) const override {
        return std::string(to_string(static_cast<condition>(code)));
    }
};

}  // namespace

std::string_view to_string(errc code) noexcept {
    const entry* e = find(static_cast<int>(code));
    return e ? e->words : "unknown error";
}

std::string_view to_string(condition kind) noexcept {
    switch (kind) {
        case condition::timeout:
            return "timeout";
        case condition::canceled:
            return "canceled";
        case condition::overloaded:
            return "overloaded";
        case condition::auth_failed:
            return "auth_failed";
        case condition::not_found:
            return "not_found";
        case condition::protocol_violation:
            return "protocol_violation";
        case condition::peer_closed:
            return "peer_closed";
        case condition::invalid_input:
            return "invalid_input";
        case condition::unreachable:
            return "unreachable";
        case condition::rejected:
            return "rejected";
        case condition::internal:
            return "internal";
    }
    return "unknown";
}

std::string_view to_string(stage at) noexcept {
    switch (at) {
        case stage::queue:
            return "queue";
        case stage::resolve:
            return "resolve";
        case stage::connect:
            return "connect";
        case stage::tls:
            return "tls";
        case stage::auth:
            return "auth";
        case stage::write:
            return "write";
        case stage::read:
            return "read";
        case stage::decode:
            return "decode";
    }
    return "unknown";
}

const boost::system::error_category& error_category() noexcept {
    static const code_category category;
    return category;
}

const boost::system::error_category& condition_category() noexcept {
    static const kind_category category;
    return category;
}

boost::system::error_code make_error_code(errc code) noexcept {
    return {static_cast<int>(code), error_category()};
}

boost::system::error_condition make_error_condition(condition kind) noexcept {
    return {static_cast<int>(kind), condition_category()};
}

error::error(errc code, connect::stage at, std::string_view message)
    : code_(code), stage_(at), message_(core::printable(message, max_message_bytes)) {}

condition error::kind() const noexcept {
    const entry* e = find(static_cast<int>(code_));
    return e ? e->kind : condition::internal;
}

error& error::with_status(int http_status) noexcept {
    http_status_ = http_status;
    return *this;
}

error& error::with_origin(std::string_view origin) {
    origin_ = core::printable(origin, max_message_bytes);
    return *this;
}

error& error::with_attempts(unsigned attempts) noexcept {
    attempts_ = attempts;
    return *this;
}

error& error::with_elapsed(std::chrono::nanoseconds elapsed) noexcept {
    elapsed_ = elapsed;
    return *this;
}

error& error::with_processed(connect::processed processed) noexcept {
    processed_ = processed;
    return *this;
}

error& error::with_retry_after(std::optional<std::chrono::seconds> wait) noexcept {
    constexpr std::chrono::seconds longest = std::chrono::hours(24);
    constexpr std::chrono::seconds none(-1);
    retry_after_ = static_cast<std::int32_t>(
        (wait ? std::clamp(*wait, std::chrono::seconds(0), longest) : none).count());
    return *this;
}

error& error::with_request_id(std::string_view id) {
    constexpr std::size_t longest = 128;
    request_id_ = core::printable(id, longest);
    return *this;
}

std::optional<std::chrono::seconds> error::retry_after() const noexcept {
    if (retry_after_ < 0) return std::nullopt;
    return std::chrono::seconds(retry_after_);
}

std::string error::describe() const {
    std::string line(to_string(code_));
    if (http_status_ != 0) line += " (HTTP " + std::to_string(http_status_) + ")";
    if (!message_.empty()) line += ": " + message_;
    line += " [";
    line += to_string(stage_);
    if (!origin_.empty()) line += ", " + origin_;
    if (!request_id_.empty()) line += ", request " + request_id_;
    if (attempts_ > 1) line += ", " + std::to_string(attempts_) + " attempts";
    line += "]";
    return line;
}

std::ostream& operator<<(std::ostream& out, const error& e) { return out << e.describe(); }

}  // namespace getty::connect::inline GETTY_CONNECT_ABI

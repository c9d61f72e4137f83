// Why a lookup failed: a value that a program can switch on and a person can read.
#pragma once

#include <getty/connect/abi.hpp>

#include <boost/system/error_code.hpp>
#include <boost/system/error_condition.hpp>

#include <chrono>
#include <cstdint>
#include <iosfwd>
#include <optional>
#include <string>
#include <string_view>

#pragma GCC visibility push(default)

namespace getty::connect::inline GETTY_CONNECT_ABI {

/// What exactly went wrong. Converts to `boost::system::error_code` in category "getty.connect".
enum class errc {
    // input: refused before any I/O
    invalid_id = 1,
    invalid_option,
    invalid_source,
    // the client itself
    client_closed,
    too_many_waiters,
    acquire_timeout,
    canceled,
    deadline_exceeded,
    attempt_timeout,   ///< one request took too long; there was time left for another
    internal_failure,  ///< an exception (out of memory, say) inside the library
    not_asked,         ///< the batch stopped before its turn came; see `outcome_stream::stopped`
    out_of_resources,  ///< this machine has no descriptor, port or thread left for a connection
    // reaching the service
    resolve_failed,
    connect_failed,
    connect_timeout,
    tls_failed,
    certificate_rejected,
    proxy_refused,  ///< opens no tunnel: its rules, its credentials, or it is no HTTP proxy
    // authentication
    credentials_rejected,   ///< the token endpoint does not know these credentials
    token_unavailable,      ///< the token endpoint fails; the token that was held is gone
    unauthorized,           ///< the service refuses a fresh token
    challenge_unsupported,  ///< nothing the server offers is both supported and allowed
    server_not_authentic,   ///< rspauth missing though required, or wrong
    // the exchange
    peer_closed,
    malformed_response,
    header_too_large,
    body_too_large,
    // the answer
    bad_request,
    forbidden,
    not_found,
    throttled,
    quota_exhausted,  ///< the account has used up its requests, of a day for example; waiting a little is no
                      ///< use
    server_error,
    unexpected_status,
    malformed_body,
    wrong_image,
};

/// What kind of trouble it is; compare with `error == condition::timeout`.
enum class condition {
    timeout = 1,
    canceled,
    overloaded,
    auth_failed,
    not_found,
    protocol_violation,
    peer_closed,
    invalid_input,
    unreachable,
    rejected,
    internal,
};

/// How far the lookup had come.
enum class stage { queue, resolve, connect, tls, auth, write, read, decode };

/// Whether the service may have acted on the request.
enum class processed { no, maybe };

/// What is wrong, in words.
[[nodiscard]] std::string_view to_string(errc code) noexcept;
/// The name of the enumerator.
[[nodiscard]] std::string_view to_string(condition kind) noexcept;
/// The name of the enumerator.
[[nodiscard]] std::string_view to_string(stage at) noexcept;

/// Of `errc`, "getty.connect".
[[nodiscard]] const boost::system::error_category& error_category() noexcept;
/// Of `condition`, "getty.connect.condition".
[[nodiscard]] const boost::system::error_category& condition_category() noexcept;
/// Found by `boost::system::error_code`.
[[nodiscard]] boost::system::error_code make_error_code(errc code) noexcept;
/// Found by `boost::system::error_condition`.
[[nodiscard]] boost::system::error_condition make_error_condition(condition kind) noexcept;

/// One failure, with everything known about it.
///
/// Holds no secret of the client (of four bytes or more), however the service quotes it: messages
/// are built from what the service or the system said, bounded to `max_message_bytes` and stripped of control
/// characters. A plain value: copying it is safe on any thread.
class error {
public:
    static constexpr std::size_t max_message_bytes = 512;

    /// No error: what `result::error()` gives for a success.
    error() noexcept = default;
    error(errc code, connect::stage at, std::string_view message = {});

    [[nodiscard]] errc value() const noexcept { return code_; }
    [[nodiscard]] boost::system::error_code code() const noexcept { return make_error_code(code_); }
    [[nodiscard]] condition kind() const noexcept;
    [[nodiscard]] connect::stage stage() const noexcept { return stage_; }
    /// The service's or the system's own words; may be empty.
    [[nodiscard]] const std::string& message() const noexcept { return message_; }
    /// HTTP status of the answer behind this error, 0 when there was none.
    [[nodiscard]] int http_status() const noexcept { return http_status_; }
    /// `host:port` that was talked to, empty before that was known.
    [[nodiscard]] const std::string& origin() const noexcept { return origin_; }
    /// Tries on the wire, 0 when nothing was sent.
    [[nodiscard]] unsigned attempts() const noexcept { return attempts_; }
    [[nodiscard]] std::chrono::nanoseconds elapsed() const noexcept { return elapsed_; }
    [[nodiscard]] connect::processed processed() const noexcept { return processed_; }
    /// What the service calls the request in its own logs (`x-amzn-requestid`, `x-amz-cf-id`); empty when it
    /// did not say.
    [[nodiscard]] const std::string& request_id() const noexcept { return request_id_; }
    /// How long the service asked to be left alone (RFC 9110 10.2.3), at most a day, counted from its answer;
    /// nothing when it did not say.
    [[nodiscard]] std::optional<std::chrono::seconds> retry_after() const noexcept;

    /// Whether it is this error; whether it is of this kind.
    friend bool operator==(const error& e, errc code) noexcept { return e.code_ == code; }
    friend bool operator==(const error& e, condition kind) noexcept {
        return e.code() == make_error_condition(kind);
    }

    ///@{

    /// What is known beyond the code; for whoever makes an error.
    error& with_status(int http_status) noexcept;
    error& with_origin(std::string_view origin);
    error& with_attempts(unsigned attempts) noexcept;
    error& with_elapsed(std::chrono::nanoseconds elapsed) noexcept;
    error& with_processed(connect::processed processed) noexcept;
    error& with_request_id(std::string_view id);
    error& with_retry_after(std::optional<std::chrono::seconds> wait) noexcept;
    ///@}

    /// One line: what, at which stage, status, the service's words, its name for the request,
    /// origin, attempts.
    [[nodiscard]] std::string describe() const;

private:
    errc code_{};
    connect::stage stage_ = connect::stage::queue;
    connect::processed processed_ = connect::processed::no;
    int http_status_ = 0;
    unsigned attempts_ = 0;
    std::int32_t retry_after_ = -1;  // in seconds; negative: not said
    std::chrono::nanoseconds elapsed_{0};
    std::string message_;
    std::string origin_;
    std::string request_id_;
};

/// Writes `describe()`.
std::ostream& operator<<(std::ostream& out, const error& e);

}  // namespace getty::connect::inline GETTY_CONNECT_ABI

template <>
struct boost::system::is_error_code_enum<getty::connect::errc> : std::true_type {};
template <>
struct boost::system::is_error_condition_enum<getty::connect::condition> : std::true_type {};

#pragma GCC visibility pop

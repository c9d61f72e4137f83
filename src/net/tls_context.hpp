// Whom a client trusts, what it shows of itself, and the TLS sessions it can take up again.
#pragma once

#include "net/trust_store.hpp"

#include <getty/connect/result.hpp>
#include <getty/connect/secret.hpp>

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

// OpenSSL's own names, so that its headers stay out of ours.
struct ssl_ctx_st;
struct ssl_st;
struct ssl_session_st;

namespace getty::connect::net {

struct tls_settings {
    std::string ca_file;  ///< empty: the system's trust store
    std::string ca_pem;   ///< in place of `ca_file`
    std::string certificate_file;
    std::string private_key_file;
    secret private_key_password;  ///< empty: the key is not encrypted
};

/// The TLS side of one origin and one client identity: TLS 1.2 and 1.3, the peer verified against the trust
/// store.
///
/// Sessions are kept per context, and a context serves one host and one identity: none is ever offered to
/// another. TLS 1.3 tickets are used newest first and once (RFC 8446 C.4), but for the last one, which is
/// used until it is replaced, as a TLS 1.2 session is: docs/decisions/0011. Used on one executor.
class tls_context {
public:
    static constexpr std::size_t max_sessions = 64;

    /// Errors: `invalid_option` with the file that cannot be used and OpenSSL's reason.
    [[nodiscard]] static result<std::unique_ptr<tls_context>> make(const tls_settings& settings,
                                                                   std::string host);
    ~tls_context();
    tls_context(const tls_context&) = delete;
    tls_context& operator=(const tls_context&) = delete;

    struct free_ssl {
        void operator()(ssl_st* ssl) const noexcept;
    };
    using ssl_handle = std::unique_ptr<ssl_st, free_ssl>;

    /// A client connection, set up to verify the host and to resume a session when one is at hand; without a
    /// BIO. `now` is the wall clock: a peer that is not asked for its certificate again must not be trusted
    /// for longer than that was good for.
    [[nodiscard]] result<ssl_handle> new_connection(std::chrono::sys_seconds now);

    /// After a handshake that failed: one of the sessions may have been the reason.
    void forget_sessions() noexcept {
        sessions_.clear();
        lent_ = false;
    }

    [[nodiscard]] std::size_t sessions() const noexcept { return sessions_.size(); }
    [[nodiscard]] const trust_store& trust() const noexcept { return trust_; }

private:
    struct free_ctx {
        void operator()(ssl_ctx_st* ctx) const noexcept;
    };
    struct free_session {
        void operator()(ssl_session_st* session) const noexcept;
    };

    tls_context(std::unique_ptr<ssl_ctx_st, free_ctx> ctx, trust_store trust, std::string host);
    static int on_new_session(ssl_st* ssl, ssl_session_st* session);
    void keep(ssl_session_st* session);
    [[nodiscard]] std::unique_ptr<ssl_session_st, free_session> take_session(std::chrono::sys_seconds now);

    std::unique_ptr<ssl_ctx_st, free_ctx> ctx_;
    trust_store trust_;
    std::string host_;
    bool host_is_address_ = false;
    std::vector<std::unique_ptr<ssl_session_st, free_session>> sessions_;
    bool lent_ = false;  // copies of the only session are in use: the next one takes its place
};

/// Why OpenSSL's last call failed, as text; its queue of errors is emptied.
[[nodiscard]] std::string tls_error_text();

/// `what "value": `, the reason and how to mend it; `invalid_option`.
[[nodiscard]] error refused_option(std::string_view what, std::string_view value,
                                   std::string_view why_and_mend);
/// The same with OpenSSL's reason; its queue of errors is emptied.
[[nodiscard]] error unusable_option(std::string_view what, std::string_view value, std::string_view mend);

}  // namespace getty::connect::net

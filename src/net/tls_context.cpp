#include "net/tls_context.hpp"

#include <boost/asio/ip/address.hpp>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <ctime>
#include <utility>

namespace getty::connect::net {
namespace {

bool certificate_lasts(SSL_SESSION* session, std::chrono::sys_seconds now) {
    const X509* const shown = SSL_SESSION_get0_peer(session);
    std::time_t then = now.time_since_epoch().count();
    return shown && X509_cmp_time(X509_get0_notAfter(shown), &then) > 0;
}

/// What OpenSSL is given for an encrypted key, in place of its own way: to ask at the terminal and wait.
class pass_phrase {
public:
    explicit pass_phrase(const secret& value) : value_(value.expose()) {}

    static int give(char* to, int room, int, void* self) {
        auto* const mine = static_cast<pass_phrase*>(self);
        if (!mine) return -1;
        mine->asked_ = true;
        if (mine->value_.empty() || mine->value_.size() > static_cast<std::size_t>(room)) return -1;
        std::copy(mine->value_.begin(), mine->value_.end(), to);
        return static_cast<int>(mine->value_.size());
    }
    [[nodiscard]] bool asked() const noexcept { return asked_; }

private:
    std::string_view value_;
    bool asked_ = false;
};

/// OpenSSL's last error is that the key is not the certificate's.
bool of_another() {
    const unsigned long code = ERR_peek_last_error();
    return ERR_GET_LIB(code) == ERR_LIB_X509 && (ERR_GET_REASON(code) == X509_R_KEY_VALUES_MISMATCH ||
                                                 ERR_GET_REASON(code) == X509_R_KEY_TYPE_MISMATCH);
}

error unusable_key(const tls_settings& settings, bool encrypted) {
    const std::string_view name = "private_key_file";
    if (!encrypted || of_another()) {
        return unusable_option(name, settings.private_key_file,
                               "it must be a readable PEM file with the key of the client certificate");
    }
    ERR_clear_error();
    return refused_option(
        name, settings.private_key_file,
        settings.private_key_password.empty()
            ? "is encrypted; set its pass phrase with private_key_password()"
            : "private_key_password() does not open it; it must be the one that it was encrypted "
              "with");
}

result<void> show_identity(SSL_CTX* ctx, const tls_settings& settings) {
    pass_phrase phrase(settings.private_key_password);
    SSL_CTX_set_default_passwd_cb(ctx, &pass_phrase::give);
    SSL_CTX_set_default_passwd_cb_userdata(ctx, &phrase);
    ERR_clear_error();
    if (SSL_CTX_use_certificate_chain_file(ctx, settings.certificate_file.c_str()) != 1) {
        return unusable_option("certificate_file", settings.certificate_file,
                               "it must be a readable PEM file, the client's own certificate first");
    }
    if (SSL_CTX_use_PrivateKey_file(ctx, settings.private_key_file.c_str(), SSL_FILETYPE_PEM) != 1 ||
        SSL_CTX_check_private_key(ctx) != 1) {
        return unusable_key(settings, phrase.asked());
    }
    SSL_CTX_set_default_passwd_cb_userdata(ctx, nullptr);
    return {};
}

}  // namespace

std::string tls_error_text() {
    // The newest error names the cause, but for files, where it only says that the system refused.
    const unsigned long first = ERR_peek_error();
    const unsigned long code = ERR_peek_last_error();
    std::string text = "no reason given";
    if (ERR_SYSTEM_ERROR(first)) {
        text = boost::system::system_category().message(ERR_GET_REASON(first));
    } else if (code != 0) {
        const char* reason = ERR_reason_error_string(code);
        text = reason ? reason : "OpenSSL error " + std::to_string(code);
    }
    ERR_clear_error();
    return text;
}

error refused_option(std::string_view what, std::string_view value, std::string_view why_and_mend) {
    std::string text(what);
    text += " \"";
    text += value;
    text += "\": ";
    text += why_and_mend;
    return {errc::invalid_option, stage::tls, text};
}

error unusable_option(std::string_view what, std::string_view value, std::string_view mend) {
    return refused_option(what, value, tls_error_text() + "; " + std::string(mend));
}

void tls_context::free_ssl::operator()(ssl_st* ssl) const noexcept { SSL_free(ssl); }
void tls_context::free_ctx::operator()(ssl_ctx_st* ctx) const noexcept { SSL_CTX_free(ctx); }
void tls_context::free_session::operator()(ssl_session_st* session) const noexcept {
    SSL_SESSION_free(session);
}

tls_context::tls_context(std::unique_ptr<ssl_ctx_st, free_ctx> ctx, trust_store trust, std::string host)
    : ctx_(std::move(ctx)), trust_(std::move(trust)), host_(std::move(host)) {
    boost::system::error_code ec;
    boost::asio::ip::make_address(host_, ec);
    host_is_address_ = !ec;
    SSL_CTX_set_app_data(ctx_.get(), this);
}

tls_context::~tls_context() = default;

result<std::unique_ptr<tls_context>> tls_context::make(const tls_settings& settings, std::string host) {
    std::unique_ptr<ssl_ctx_st, free_ctx> ctx(SSL_CTX_new(TLS_client_method()));
    if (!ctx) return error(errc::tls_failed, stage::tls, tls_error_text());
    SSL_CTX_set_min_proto_version(ctx.get(), TLS1_2_VERSION);
    SSL_CTX_set_verify(ctx.get(), SSL_VERIFY_PEER, nullptr);
    // Idle connections give their record buffers back: 17 KiB each, and most connections are idle most of the
    // time.
    SSL_CTX_set_mode(ctx.get(), SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
                                    SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    // One read from the socket fetches header and content of a record.
    SSL_CTX_set_read_ahead(ctx.get(), 1);
    SSL_CTX_set_session_cache_mode(ctx.get(), SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
    SSL_CTX_sess_set_new_cb(ctx.get(), &tls_context::on_new_session);

    result<trust_store> trust = trusted_authorities(settings.ca_file, settings.ca_pem);
    if (!trust) return trust.error();
    SSL_CTX_set1_cert_store(ctx.get(), trust->get());
    if (!settings.certificate_file.empty()) {
        if (result<void> shown = show_identity(ctx.get(), settings); !shown) return shown.error();
    }
    return std::unique_ptr<tls_context>(new tls_context(std::move(ctx), *std::move(trust), std::move(host)));
}

result<tls_context::ssl_handle> tls_context::new_connection(std::chrono::sys_seconds now) {
    ssl_handle ssl(SSL_new(ctx_.get()));
    bool ready = ssl != nullptr;
    if (ready && host_is_address_) {
        ready = X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl.get()), host_.c_str()) == 1;
    } else if (ready) {
        // RFC 9525 6.3 and 2: no wildcard for a part of a label, and a common name is no host name.
        SSL_set_hostflags(ssl.get(),
                          X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS | X509_CHECK_FLAG_NEVER_CHECK_SUBJECT);
        ready = SSL_set1_host(ssl.get(), host_.c_str()) == 1 &&
                SSL_set_tlsext_host_name(ssl.get(), host_.c_str()) == 1;
    }
    if (!ready) return error(errc::tls_failed, stage::tls, tls_error_text());
    if (const auto session = take_session(now)) SSL_set_session(ssl.get(), session.get());
    SSL_set_connect_state(ssl.get());
    return ssl;
}

int tls_context::on_new_session(ssl_st* ssl, ssl_session_st* session) {
    auto* self = static_cast<tls_context*>(SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl)));
    self->keep(session);
    return 1;  // the reference is ours now
}

void tls_context::keep(ssl_session_st* session) {
    std::unique_ptr<ssl_session_st, free_session> owned(session);
    if (SSL_SESSION_is_resumable(session) != 1) return;
    const bool replaces = std::exchange(lent_, false);
    if (replaces || SSL_SESSION_get_protocol_version(session) < TLS1_3_VERSION) sessions_.clear();
    if (sessions_.size() == max_sessions) sessions_.erase(sessions_.begin());
    sessions_.push_back(std::move(owned));
}

std::unique_ptr<ssl_session_st, tls_context::free_session> tls_context::take_session(
    std::chrono::sys_seconds now) {
    std::erase_if(sessions_, [now](const auto& session) { return !certificate_lasts(session.get(), now); });
    if (sessions_.empty()) return nullptr;
    if (sessions_.size() == 1) {
        lent_ = true;
        // A copy: OpenSSL makes a TLS 1.3 session useless once it has been used.
        return std::unique_ptr<ssl_session_st, free_session>(SSL_SESSION_dup(sessions_.back().get()));
    }
    auto newest = std::move(sessions_.back());
    sessions_.pop_back();
    return newest;
}

}  // namespace getty::connect::net

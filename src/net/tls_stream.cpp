#include "net/tls_stream.hpp"

#include <boost/asio/error.hpp>
#include <boost/asio/ssl/error.hpp>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <cerrno>
#include <sys/socket.h>
#include <utility>

namespace getty::connect::net {
namespace {

using outcome = transfer::outcome;

boost::system::error_code last_system_error(int number) { return {number, boost::system::system_category()}; }

boost::system::error_code last_tls_error() {
    const unsigned long code = ERR_peek_last_error();
    if (code == 0) return last_system_error(EPROTO);
    return {static_cast<int>(code), asio::error::get_ssl_category()};
}

/// OpenSSL judges a call by what is in the thread's queue of errors, whoever left it there. To look costs a
/// fifth of what it costs to clear.
void forget_errors() noexcept {
    if (ERR_peek_error() != 0) ERR_clear_error();
}

tls_wire& wire_of(BIO* bio) noexcept { return *static_cast<tls_wire*>(BIO_get_data(bio)); }

// OpenSSL's own socket BIO uses write(), which raises SIGPIPE on a connection that the peer has left.
int bio_write(BIO* bio, const char* data, int length) {
    BIO_clear_retry_flags(bio);
    const auto sent = ::send(wire_of(bio).socket.get(), data, static_cast<std::size_t>(length), MSG_NOSIGNAL);
    if (sent < 0 && (errno == EAGAIN || errno == EINTR)) BIO_set_retry_write(bio);
    return static_cast<int>(sent);
}

int bio_read(BIO* bio, char* data, int length) {
    BIO_clear_retry_flags(bio);
    tls_wire& wire = wire_of(bio);
    const std::size_t granted = wire.share.grant(static_cast<std::size_t>(length));
    if (granted == 0) {
        BIO_set_retry_read(bio);
        return -1;
    }
    const auto received = ::recv(wire.socket.get(), data, granted, 0);
    if (received < 0 && (errno == EAGAIN || errno == EINTR)) BIO_set_retry_read(bio);
    if (received > 0) wire.share.fetched(static_cast<std::size_t>(received));
    if (received == 0) BIO_set_flags(bio, BIO_FLAGS_IN_EOF);
    return static_cast<int>(received);
}

long bio_control(BIO* bio, int command, long, void*) {
    if (command == BIO_CTRL_EOF) return BIO_test_flags(bio, BIO_FLAGS_IN_EOF) != 0 ? 1 : 0;
    return command == BIO_CTRL_FLUSH ? 1 : 0;
}

/// Called with each message of TLS, and with the headers of records.
void on_message(int sent, int, int type, const void*, std::size_t, SSL*, void* wire) {
    const bool talk =
        type == SSL3_RT_HANDSHAKE || type == SSL3_RT_ALERT || type == SSL3_RT_CHANGE_CIPHER_SPEC;
    if (talk && sent == 0) static_cast<tls_wire*>(wire)->share.talk();
}

/// Whether the peer's own certificate says at all for whom it is.
bool names_somebody(const SSL* ssl) {
    const STACK_OF(X509)* const chain = SSL_get0_verified_chain(ssl);
    const X509* const shown = chain && sk_X509_num(chain) > 0 ? sk_X509_value(chain, 0) : nullptr;
    return !shown || X509_get_ext_by_NID(shown, NID_subject_alt_name, -1) >= 0;
}

BIO_METHOD* socket_bio() {
    static BIO_METHOD* const method = [] {
        BIO_METHOD* made =
            BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK | BIO_TYPE_DESCRIPTOR, "socket");
        BIO_meth_set_write(made, bio_write);
        BIO_meth_set_read(made, bio_read);
        BIO_meth_set_ctrl(made, bio_control);
        return made;
    }();
    return method;
}

}  // namespace

tls_stream::tls_stream(std::shared_ptr<epoll_set> in, core::descriptor socket, tls_context::ssl_handle ssl)
    : wire_{std::move(socket), {}}, ssl_(std::move(ssl)) {
    readiness_listener& self = *this;
    registration_.emplace(std::move(in), wire_.socket.get(), self);
    BIO* bio = BIO_new(socket_bio());
    if (!bio) throw std::bad_alloc();
    BIO_set_data(bio, &wire_);
    BIO_set_init(bio, 1);
    SSL_set_bio(ssl_.get(), bio, bio);
    SSL_set_msg_callback(ssl_.get(), &on_message);
    SSL_set_msg_callback_arg(ssl_.get(), &wire_);
}

tls_stream::~tls_stream() { close(); }

transfer tls_stream::handshake() noexcept {
    if (broken_) return {outcome::failed, 0, asio::error::not_connected};
    forget_errors();
    errno = 0;
    const int returned = SSL_do_handshake(ssl_.get());
    if (returned == 1) return {outcome::done, 0, {}};
    return verdict(returned);
}

std::string tls_stream::handshake_error() const {
    const long refused = SSL_get_verify_result(ssl_.get());
    if (refused == X509_V_OK) return failure_;
    const bool of_another =
        refused == X509_V_ERR_HOSTNAME_MISMATCH || refused == X509_V_ERR_IP_ADDRESS_MISMATCH;
    if (of_another && !names_somebody(ssl_.get())) {
        return "it has no subjectAltName, where a certificate must name its hosts and addresses: a common "
               "name "
               "does not count (RFC 9525)";
    }
    return X509_verify_cert_error_string(refused);
}

bool tls_stream::certificate_was_refused() const noexcept {
    return SSL_get_verify_result(ssl_.get()) != X509_V_OK;
}

bool tls_stream::resumed() const noexcept { return SSL_session_reused(ssl_.get()) == 1; }

std::string_view tls_stream::tls_version() const noexcept { return SSL_get_version(ssl_.get()); }

std::string_view tls_stream::cipher() const noexcept { return SSL_get_cipher_name(ssl_.get()); }

transfer tls_stream::read_some(std::span<char> into) noexcept {
    if (broken_) return {outcome::failed, 0, asio::error::not_connected};
    forget_errors();
    errno = 0;
    std::size_t bytes = 0;
    const int returned = SSL_read_ex(ssl_.get(), into.data(), into.size(), &bytes);
    wire_.share.content(bytes);
    if (returned == 1) return {outcome::done, bytes, {}};
    return verdict(returned);
}

transfer tls_stream::write_some(std::span<const char> from) noexcept {
    if (broken_) return {outcome::failed, 0, asio::error::not_connected};
    forget_errors();
    errno = 0;
    std::size_t bytes = 0;
    const int returned = SSL_write_ex(ssl_.get(), from.data(), from.size(), &bytes);
    if (returned == 1) return {outcome::done, bytes, {}};
    return verdict(returned);
}

transfer tls_stream::verdict(int returned) noexcept {
    const int number = errno;
    switch (SSL_get_error(ssl_.get(), returned)) {
        case SSL_ERROR_WANT_READ:
            if (!wire_.share.excessive()) return {outcome::want_read, 0, {}};
            broken_ = true;
            failure_ = flood_text;
            return {outcome::flooded, 0, last_system_error(EPROTO)};
        case SSL_ERROR_WANT_WRITE:
            return {outcome::want_write, 0, {}};
        case SSL_ERROR_ZERO_RETURN:
            return {outcome::closed, 0, {}};
        case SSL_ERROR_SYSCALL:
            broken_ = true;
            ERR_clear_error();
            if (number == 0) return {outcome::truncated, 0, asio::error::eof};
            failure_ = last_system_error(number).message();
            return {outcome::failed, 0, last_system_error(number)};
        default:
            break;
    }
    broken_ = true;
    const bool cut = ERR_GET_REASON(ERR_peek_error()) == SSL_R_UNEXPECTED_EOF_WHILE_READING;
    // The peer's alert, say: in TLS 1.3 it may come after the handshake, such as for a missing certificate.
    const boost::system::error_code why = last_tls_error();
    failure_ = tls_error_text();
    if (cut) return {outcome::truncated, 0, asio::error::eof};
    return {outcome::failed, 0, why};
}

void tls_stream::watch(direction which) {
    if (which == direction::read) wire_.share.new_turn();
    if (registration_) registration_->watch(which);
}

void tls_stream::ready(direction which) {
    // the last thing done here: see `readiness_listener`
    if (readiness_listener* to = current_listener()) to->ready(which);
}

/// The session goes on in the parent process: neither a close_notify nor anything else may come from here.
void tls_stream::lost() noexcept {
    broken_ = true;
    failure_ = "the connection belongs to the parent process";
    wire_.socket.close();
}

bool tls_stream::has_buffered() const noexcept { return SSL_has_pending(ssl_.get()) == 1; }

void tls_stream::close() noexcept {
    if (std::exchange(closed_, true)) return;
    listen(nullptr);
    if (!broken_ && registration_ && registration_->is_ours() && SSL_is_init_finished(ssl_.get()) == 1) {
        // Best effort, never waited for: the peer's own close_notify is of no use to a client that is done.
        ERR_clear_error();
        SSL_shutdown(ssl_.get());
        ERR_clear_error();
    }
    broken_ = true;
    registration_.reset();
    wire_.socket.close();
}

}  // namespace getty::connect::net

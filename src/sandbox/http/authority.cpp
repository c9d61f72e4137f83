#include "sandbox/http/authority.hpp"

#include "core/owned.hpp"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <arpa/inet.h>
#include <memory>
#include <stdexcept>

namespace getty::connect::sandbox {
namespace {

using key_ptr = core::owned<EVP_PKEY, EVP_PKEY_free>;
using certificate_ptr = core::owned<X509, X509_free>;
using bio_ptr = core::owned<BIO, BIO_free_all>;
using extension_ptr = core::owned<X509_EXTENSION, X509_EXTENSION_free>;

void require(bool done, const char* what) {
    if (done) return;
    char reason[160] = "unknown reason";
    if (const unsigned long code = ERR_get_error()) ERR_error_string_n(code, reason, sizeof reason);
    ERR_clear_error();
    throw std::runtime_error(std::string("OpenSSL cannot ") + what + ": " + reason);
}

bool is_address(const std::string& name) {
    unsigned char bytes[16];
    return inet_pton(AF_INET, name.c_str(), bytes) == 1 || inet_pton(AF_INET6, name.c_str(), bytes) == 1;
}

void add_extension(X509* to, X509* issuer, int id, const std::string& value) {
    X509V3_CTX context;
    X509V3_set_ctx_nodb(&context);
    X509V3_set_ctx(&context, issuer, to, nullptr, nullptr, 0);
    const extension_ptr extension(X509V3_EXT_conf_nid(nullptr, &context, id, value.c_str()));
    require(extension && X509_add_ext(to, extension.get(), -1) == 1, "make a certificate extension");
}

/// A certificate with everything but extensions and signature. The serial number is random: a client that
/// keeps certificates of several sandboxes must not take two for one.
certificate_ptr draft(EVP_PKEY* subject_key, const char* subject, const X509* issuer,
                      core::random_source& random) {
    certificate_ptr made(X509_new());
    require(made != nullptr, "make a certificate");
    X509* x = made.get();
    unsigned char serial[16];
    for (unsigned char& byte : serial) byte = static_cast<unsigned char>(random.next());
    serial[0] &= 0x7F;
    const core::owned<BIGNUM, BN_free> number(BN_bin2bn(serial, sizeof serial, nullptr));
    require(number && BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(x)), "set a serial number");
    constexpr long day = 24 * 60 * 60;
    X509_NAME* name = X509_get_subject_name(x);
    const bool done =
        X509_set_version(x, X509_VERSION_3) == 1 && X509_gmtime_adj(X509_getm_notBefore(x), -day) &&
        X509_gmtime_adj(X509_getm_notAfter(x), 30 * day) && X509_set_pubkey(x, subject_key) == 1 &&
        X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, reinterpret_cast<const unsigned char*>(subject),
                                   -1, -1, 0) == 1 &&
        X509_set_issuer_name(x, issuer ? X509_get_subject_name(issuer) : name) == 1;
    require(done, "fill in a certificate");
    return made;
}

template <class Write>
std::string pem(Write write) {
    const bio_ptr memory(BIO_new(BIO_s_mem()));
    require(memory && write(memory.get()) == 1, "write PEM");
    char* bytes = nullptr;
    const long length = BIO_get_mem_data(memory.get(), &bytes);
    return {bytes, static_cast<std::size_t>(length)};
}

std::string subject_names(const std::vector<std::string>& names) {
    std::string list;
    for (const std::string& name : names) {
        if (!list.empty()) list += ',';
        list += is_address(name) ? "IP:" : "DNS:";
        list += name;
    }
    return list;
}

}  // namespace

bool is_certificate_name(const std::string& name) {
    if (is_address(name)) return true;
    const std::string bare = name.starts_with("*.") ? name.substr(2) : name;
    const bool plain = std::all_of(bare.begin(), bare.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
               c == '.' || c == '_';
    });
    return plain && !bare.empty() && bare.size() <= 253 && bare.front() != '.' &&
           bare.find("..") == bare.npos;
}

certificates make_certificates(const std::vector<std::string>& names, core::random_source& random) {
    const key_ptr ca_key(EVP_EC_gen("P-256"));
    const key_ptr key(EVP_EC_gen("P-256"));
    require(ca_key && key, "make a key");

    const certificate_ptr ca = draft(ca_key.get(), "getty-connect sandbox CA", nullptr, random);
    add_extension(ca.get(), ca.get(), NID_basic_constraints, "critical,CA:TRUE,pathlen:0");
    add_extension(ca.get(), ca.get(), NID_key_usage, "critical,keyCertSign,cRLSign");
    add_extension(ca.get(), ca.get(), NID_subject_key_identifier, "hash");
    require(X509_sign(ca.get(), ca_key.get(), EVP_sha256()) > 0, "sign a certificate");

    const certificate_ptr leaf = draft(key.get(), "getty-connect sandbox", ca.get(), random);
    add_extension(leaf.get(), ca.get(), NID_basic_constraints, "critical,CA:FALSE");
    add_extension(leaf.get(), ca.get(), NID_key_usage, "critical,digitalSignature");
    add_extension(leaf.get(), ca.get(), NID_ext_key_usage, "serverAuth");
    add_extension(leaf.get(), ca.get(), NID_subject_key_identifier, "hash");
    add_extension(leaf.get(), ca.get(), NID_authority_key_identifier, "keyid:always");
    add_extension(leaf.get(), ca.get(), NID_subject_alt_name, subject_names(names));
    require(X509_sign(leaf.get(), ca_key.get(), EVP_sha256()) > 0, "sign a certificate");

    return {pem([&](BIO* out) { return PEM_write_bio_X509(out, ca.get()); }),
            pem([&](BIO* out) { return PEM_write_bio_X509(out, leaf.get()); }), pem([&](BIO* out) {
                return PEM_write_bio_PrivateKey(out, key.get(), nullptr, nullptr, 0, nullptr, nullptr);
            })};
}

void free_server_context::operator()(ssl_ctx_st* context) const noexcept { SSL_CTX_free(context); }

std::unique_ptr<ssl_ctx_st, free_server_context> make_server_context(const certificates& from) {
    std::unique_ptr<ssl_ctx_st, free_server_context> made(SSL_CTX_new(TLS_server_method()));
    require(made != nullptr, "make a TLS context");
    const auto text = [](const std::string& pem) {
        return bio_ptr(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
    };
    const certificate_ptr leaf(PEM_read_bio_X509(text(from.leaf_pem).get(), nullptr, nullptr, nullptr));
    const key_ptr key(PEM_read_bio_PrivateKey(text(from.key_pem).get(), nullptr, nullptr, nullptr));
    require(leaf && key && SSL_CTX_use_certificate(made.get(), leaf.get()) == 1 &&
                SSL_CTX_use_PrivateKey(made.get(), key.get()) == 1 &&
                SSL_CTX_set_min_proto_version(made.get(), TLS1_2_VERSION) == 1,
            "use its own certificate");
    SSL_CTX_set_options(made.get(), SSL_OP_NO_COMPRESSION);
    SSL_CTX_set_session_cache_mode(made.get(), SSL_SESS_CACHE_OFF);
    return made;
}

}  // namespace getty::connect::sandbox

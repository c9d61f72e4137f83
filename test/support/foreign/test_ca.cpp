#include "support/foreign/test_ca.hpp"

#include "core/owned.hpp"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <array>
#include <stdexcept>

namespace getty::connect::test {
namespace {

using key_ptr = core::owned<EVP_PKEY, EVP_PKEY_free>;
using x509_ptr = core::owned<X509, X509_free>;
using bio_ptr = core::owned<BIO, BIO_free>;
using extension_ptr = core::owned<X509_EXTENSION, X509_EXTENSION_free>;

void require(bool ok, const char* what) {
    if (ok) return;
    std::array<char, 256> reason{};
    ERR_error_string_n(ERR_get_error(), reason.data(), reason.size());
    throw std::runtime_error(std::string(what) + ": " + reason.data());
}

key_ptr make_key() {
    key_ptr key(EVP_EC_gen("P-256"));
    require(key != nullptr, "make a key");
    return key;
}

template <class Write>
std::string pem_of(Write write) {
    const bio_ptr memory(BIO_new(BIO_s_mem()));
    require(memory != nullptr && write(memory.get()) == 1, "write PEM");
    char* data = nullptr;
    const long size = BIO_get_mem_data(memory.get(), &data);
    return {data, static_cast<std::size_t>(size)};
}

std::string pem_of(X509* x509) {
    return pem_of([&](BIO* out) { return PEM_write_bio_X509(out, x509); });
}

std::string pem_of(EVP_PKEY* key) {
    return pem_of(
        [&](BIO* out) { return PEM_write_bio_PrivateKey(out, key, nullptr, nullptr, 0, nullptr, nullptr); });
}

void extend(X509* x509, X509* issuer, int nid, const std::string& value) {
    X509V3_CTX context;
    X509V3_set_ctx(&context, issuer, x509, nullptr, nullptr, 0);
    const extension_ptr extension(X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str()));
    require(extension != nullptr && X509_add_ext(x509, extension.get(), -1) == 1, value.c_str());
}

/// A certificate for `key`, not yet signed.
x509_ptr draft(std::string_view name, EVP_PKEY* key, X509* issuer, std::chrono::seconds from,
               std::chrono::seconds until) {
    x509_ptr x509(X509_new());
    require(x509 != nullptr, "make a certificate");
    std::uint64_t serial = 0;
    require(RAND_bytes(reinterpret_cast<unsigned char*>(&serial), sizeof serial) == 1, "serial number");
    X509_set_version(x509.get(), X509_VERSION_3);
    ASN1_INTEGER_set_uint64(X509_get_serialNumber(x509.get()), (serial >> 1) | 1);
    X509_gmtime_adj(X509_getm_notBefore(x509.get()), static_cast<long>(from.count()));
    X509_gmtime_adj(X509_getm_notAfter(x509.get()), static_cast<long>(until.count()));
    X509_NAME* subject = X509_get_subject_name(x509.get());
    const std::string bytes(name);
    require(X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8,
                                       reinterpret_cast<const unsigned char*>(bytes.c_str()), -1, -1, 0) == 1,
            "name a certificate");
    require(
        X509_set_issuer_name(x509.get(), issuer != nullptr ? X509_get_subject_name(issuer) : subject) == 1 &&
            X509_set_pubkey(x509.get(), key) == 1,
        "fill a certificate");
    return x509;
}

}  // namespace

struct test_ca::state {
    key_ptr key = make_key();
    x509_ptr x509;

    state(std::string_view name, const state* issuer) {
        const auto day = std::chrono::hours(24);
        x509 = draft(name, key.get(), issuer != nullptr ? issuer->x509.get() : nullptr, -day, 30 * day);
        X509* above = issuer != nullptr ? issuer->x509.get() : x509.get();
        extend(x509.get(), above, NID_basic_constraints, "critical,CA:TRUE");
        extend(x509.get(), above, NID_key_usage, "critical,keyCertSign,cRLSign");
        extend(x509.get(), above, NID_subject_key_identifier, "hash");
        if (issuer != nullptr) extend(x509.get(), above, NID_authority_key_identifier, "keyid:always");
        require(X509_sign(x509.get(), issuer != nullptr ? issuer->key.get() : key.get(), EVP_sha256()) > 0,
                "sign an authority");
    }
};

test_ca::test_ca(std::string_view name)
    : state_(std::make_unique<state>(name, nullptr)), pem_(pem_of(state_->x509.get())) {}

test_ca::test_ca(std::string_view name, const test_ca& issuer)
    : state_(std::make_unique<state>(name, issuer.state_.get())),
      pem_(pem_of(state_->x509.get())),
      issuers_pem_(pem_ + issuer.issuers_pem_) {}

test_ca::~test_ca() = default;

certificate test_ca::issue(const leaf_options& options) const {
    const auto key = make_key();
    X509* issuer = state_->x509.get();
    const auto x509 = draft(options.common_name_, key.get(), issuer, options.from_, options.until_);
    std::string names;
    for (const auto& name : options.names_) names += (names.empty() ? "" : ",") + name;
    extend(x509.get(), issuer, NID_basic_constraints, "critical,CA:FALSE");
    extend(x509.get(), issuer, NID_ext_key_usage, "serverAuth,clientAuth");
    if (!names.empty()) extend(x509.get(), issuer, NID_subject_alt_name, names);
    extend(x509.get(), issuer, NID_authority_key_identifier, "keyid:always");
    require(X509_sign(x509.get(), state_->key.get(), EVP_sha256()) > 0, "sign a certificate");
    return {pem_of(x509.get()) + issuers_pem_, pem_of(key.get())};
}

}  // namespace getty::connect::test

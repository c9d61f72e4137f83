#include "net/trust_store.hpp"

#include "core/owned.hpp"
#include "net/tls_context.hpp"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509_vfy.h>

#include <array>
#include <cstdlib>
#include <map>
#include <mutex>
#include <new>
#include <string_view>
#include <sys/stat.h>
#include <utility>

namespace getty::connect::net {
namespace {

/// By what was read into it; those that nobody uses any more are forgotten.
class store_registry {
public:
    static store_registry& instance() {
        static store_registry one;
        return one;
    }
    trust_store find(const std::string& key) {
        const std::lock_guard hold(mutex_);
        forget_unused();
        const auto at = stores_.find(key);
        return at == stores_.end() ? nullptr : at->second.lock();
    }
    /// Where another thread was faster, its store.
    trust_store keep(const std::string& key, trust_store made) {
        const std::lock_guard hold(mutex_);
        std::weak_ptr<x509_store_st>& known = stores_[key];
        if (trust_store first = known.lock()) return first;
        known = made;
        return made;
    }
    std::size_t size() {
        const std::lock_guard hold(mutex_);
        forget_unused();
        return stores_.size();
    }

private:
    void forget_unused() {
        std::erase_if(stores_, [](const auto& entry) { return entry.second.expired(); });
    }

    std::mutex mutex_;
    std::map<std::string, std::weak_ptr<x509_store_st>> stores_;
};

/// The path, and which state of which file or folder is there.
std::string fingerprint(const char* path) {
    std::string text(path);
    struct stat about{};
    if (::stat(path, &about) != 0) return text += '\n';
    for (const auto part :
         {static_cast<long long>(about.st_dev), static_cast<long long>(about.st_ino),
          static_cast<long long>(about.st_size), static_cast<long long>(about.st_mtim.tv_sec),
          static_cast<long long>(about.st_mtim.tv_nsec), static_cast<long long>(about.st_ctim.tv_sec),
          static_cast<long long>(about.st_ctim.tv_nsec)}) {
        text += '\0';
        text += std::to_string(part);
    }
    return text += '\n';
}

/// Where OpenSSL will look.
std::string system_fingerprint() {
    std::string text;
    for (const auto& [variable, otherwise] :
         {std::pair(X509_get_default_cert_file_env(), X509_get_default_cert_file()),
          std::pair(X509_get_default_cert_dir_env(), X509_get_default_cert_dir())}) {
        // seam-ok: OpenSSL reads it, and a store must not be taken for that of another path
        const char* const named = ::secure_getenv(variable);
        text += fingerprint(named ? named : otherwise);
    }
    return text;
}

std::string digest_of(std::string_view text) {
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest;
    unsigned size = 0;
    if (EVP_Digest(text.data(), text.size(), digest.data(), &size, EVP_sha256(), nullptr) != 1) {
        throw std::bad_alloc();
    }
    return {digest.begin(), digest.begin() + size};
}

/// OpenSSL would ask for the pass phrase of an encrypted certificate on the terminal.
int no_pass_phrase(char*, int, int, void*) { return -1; }

/// Adds every certificate of `pem`; false when there is none or one cannot be read.
bool add_pem(X509_STORE* store, const std::string& pem) {
    const core::owned<BIO, BIO_free_all> bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
    std::size_t count = 0;
    for (;;) {
        const core::owned<X509, X509_free> one(
            PEM_read_bio_X509(bio.get(), nullptr, &no_pass_phrase, nullptr));
        if (!one) break;
        if (X509_STORE_add_cert(store, one.get()) != 1) return false;
        ++count;
    }
    const bool at_end = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
    if (count > 0 && at_end) ERR_clear_error();
    return count > 0 && at_end;
}

/// A pipe, say, has other content each time.
bool reads_the_same_twice(const std::string& path) {
    struct stat about{};
    return ::stat(path.c_str(), &about) == 0 && S_ISREG(about.st_mode);
}

/// What is to be read, and how.
struct authorities {
    const std::string& ca_file;
    const std::string& ca_pem;

    /// Empty: to be shared with nobody.
    [[nodiscard]] std::string key() const {
        if (!ca_pem.empty()) return "text " + digest_of(ca_pem);
        if (ca_file.empty()) return "system " + system_fingerprint();
        return reads_the_same_twice(ca_file) ? "file " + fingerprint(ca_file.c_str()) : std::string();
    }
    [[nodiscard]] result<trust_store> read() const {
        trust_store store(X509_STORE_new(), [](X509_STORE* s) { X509_STORE_free(s); });
        if (!store) throw std::bad_alloc();
        ERR_clear_error();
        if (!ca_pem.empty()) {
            if (add_pem(store.get(), ca_pem)) return store;
            return unusable_option("ca_pem", "(given as text)", "it must hold one or more PEM certificates");
        }
        if (!ca_file.empty()) {
            if (X509_STORE_load_file(store.get(), ca_file.c_str()) == 1) return store;
            return unusable_option("ca_file", ca_file, "it must be a readable file of PEM certificates");
        }
        if (X509_STORE_set_default_paths(store.get()) == 1) return store;
        return unusable_option("the system's trust store", "", "install ca-certificates or set ca_file");
    }
};

}  // namespace

result<trust_store> trusted_authorities(const std::string& ca_file, const std::string& ca_pem) {
    const authorities wanted{ca_file, ca_pem};
    const std::string key = wanted.key();
    store_registry& known = store_registry::instance();
    if (trust_store shared = known.find(key)) return shared;
    result<trust_store> made = wanted.read();
    // Not one that was changed while it was read.
    if (!made || key.empty() || wanted.key() != key) return made;
    return known.keep(key, *made);
}

std::size_t shared_trust_stores() { return store_registry::instance().size(); }

}  // namespace getty::connect::net

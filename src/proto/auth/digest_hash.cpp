#include "proto/auth/digest_hash.hpp"

#include "proto/auth/digest_text.hpp"

#include <openssl/crypto.h>

#include <stdexcept>

namespace getty::connect::proto {
namespace {

/// Fetched once: an implicit fetch for every message costs more than the hash.
class hash_functions {
public:
    hash_functions() noexcept
        : known_{EVP_MD_fetch(nullptr, "MD5", nullptr), EVP_MD_fetch(nullptr, "SHA256", nullptr),
                 EVP_MD_fetch(nullptr, "SHA512-256", nullptr)} {}
    ~hash_functions() {
        for (EVP_MD* function : known_) EVP_MD_free(function);
    }
    hash_functions(const hash_functions&) = delete;
    hash_functions& operator=(const hash_functions&) = delete;

    [[nodiscard]] const EVP_MD* find(digest_algorithm algorithm) const noexcept {
        return known_[static_cast<std::size_t>(strength(algorithm) - 1)];
    }

private:
    std::array<EVP_MD*, 3> known_;
};

const EVP_MD* find_function(digest_algorithm algorithm) noexcept {
    static const hash_functions functions;
    return functions.find(algorithm);
}

void require(int openssl_result) {
    if (openssl_result != 1) throw std::runtime_error("the hash function failed");
}

}  // namespace

bool is_available(digest_algorithm algorithm) noexcept { return find_function(algorithm) != nullptr; }

hex_digest::~hex_digest() { OPENSSL_cleanse(digits_.data(), digits_.size()); }

digest_hash::digest_hash(digest_algorithm algorithm)
    : function_(find_function(algorithm)), context_(EVP_MD_CTX_new()) {
    if (function_ == nullptr || context_ == nullptr) throw std::runtime_error("the hash is not available");
}

hex_digest digest_hash::operator()(std::initializer_list<std::string_view> parts) {
    require(EVP_DigestInit_ex2(context_.get(), function_, nullptr));
    for (const std::string_view part : parts) {
        require(EVP_DigestUpdate(context_.get(), part.data(), part.size()));
    }
    std::array<unsigned char, EVP_MAX_MD_SIZE> raw;
    unsigned size = 0;
    require(EVP_DigestFinal_ex(context_.get(), raw.data(), &size));
    hex_digest out;
    for (unsigned i = 0; i < size; ++i) {
        out.digits_[2 * i] = lower_hex_digits[raw[i] >> 4];
        out.digits_[2 * i + 1] = lower_hex_digits[raw[i] & 0x0F];
    }
    out.size_ = 2 * std::size_t{size};
    OPENSSL_cleanse(raw.data(), size);
    return out;
}

bool equal_in_constant_time(std::string_view a, std::string_view b) noexcept {
    return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace getty::connect::proto

// A hash function as Digest uses it: text in, lower-case hex out.
#pragma once

#include "core/owned.hpp"
#include "proto/auth/digest_challenge.hpp"

#include <openssl/evp.h>

#include <array>
#include <cstddef>
#include <initializer_list>
#include <memory>
#include <string_view>

namespace getty::connect::proto {

inline constexpr std::size_t max_digest_hex_bytes = 64;

/// The digits of one hash, on the stack; wiped when it goes, as it may be a key.
class hex_digest {
public:
    hex_digest() noexcept = default;
    hex_digest(const hex_digest&) noexcept = default;
    hex_digest& operator=(const hex_digest&) noexcept = default;
    ~hex_digest();

    [[nodiscard]] std::string_view view() const noexcept { return {digits_.data(), size_}; }

private:
    friend class digest_hash;
    std::array<char, max_digest_hex_bytes> digits_;
    std::size_t size_ = 0;
};

/// One hashing context, reused for every message: no allocation after construction.
///
/// Throws `std::runtime_error` when OpenSSL fails, which it does on lack of memory only. Not safe for
/// concurrent calls.
class digest_hash {
public:
    /// Precondition: `is_available(algorithm)`. A -sess form hashes as its base.
    explicit digest_hash(digest_algorithm algorithm);

    /// The hash of the concatenated parts.
    [[nodiscard]] hex_digest operator()(std::initializer_list<std::string_view> parts);

private:
    const EVP_MD* function_;
    core::owned<EVP_MD_CTX, EVP_MD_CTX_free> context_;
};

/// Equality of two public strings in time that depends on their lengths alone.
[[nodiscard]] bool equal_in_constant_time(std::string_view a, std::string_view b) noexcept;

}  // namespace getty::connect::proto

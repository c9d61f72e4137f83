// A string that must not be seen: a password, a token, a client secret.
#pragma once

#include <getty/connect/abi.hpp>

#include <memory>
#include <string_view>

#pragma GCC visibility push(default)

namespace getty::connect::inline GETTY_CONNECT_ABI {

/// Owns the bytes, wipes them when they go, and has no way to print them.
///
/// There is no stream operator, no conversion to string and no comparison with one: `expose()` marks each
/// place that reads the bytes. Copies are separate and are wiped separately. A plain value: no thread rule.
class secret {
public:
    secret() noexcept = default;
    explicit secret(std::string_view bytes);
    secret(const secret& other);
    secret(secret&& other) noexcept;
    secret& operator=(secret other) noexcept;
    ~secret();

    [[nodiscard]] bool empty() const noexcept { return size_ == 0; }
    /// The bytes, valid while this object is neither assigned to nor destroyed.
    [[nodiscard]] std::string_view expose() const noexcept { return {bytes_.get(), size_}; }
    /// Equality in time that depends on the length alone.
    [[nodiscard]] bool equals(const secret& other) const noexcept;

private:
    void wipe() noexcept;

    std::unique_ptr<char[]> bytes_;
    std::size_t size_ = 0;
};

}  // namespace getty::connect::inline GETTY_CONNECT_ABI

#pragma GCC visibility pop

#include "core/wipe.hpp"

#include <getty/connect/secret.hpp>

#include <algorithm>
#include <utility>

namespace getty::connect {

secret::secret(std::string_view bytes) {
    if (bytes.empty()) return;
    bytes_ = std::make_unique_for_overwrite<char[]>(bytes.size());
    size_ = bytes.size();
    std::copy(bytes.begin(), bytes.end(), bytes_.get());
}

secret::secret(const secret& other) : secret(other.expose()) {}

secret::secret(secret&& other) noexcept
    : bytes_(std::move(other.bytes_)), size_(std::exchange(other.size_, 0)) {}

secret& secret::operator=(secret other) noexcept {
    std::swap(bytes_, other.bytes_);
    std::swap(size_, other.size_);
    return *this;
}

secret::~secret() { wipe(); }

bool secret::equals(const secret& other) const noexcept {
    if (size_ != other.size_) return false;
    unsigned char difference = 0;
    for (std::size_t i = 0; i < size_; ++i) {
        difference |= static_cast<unsigned char>(bytes_[i] ^ other.bytes_[i]);
    }
    return difference == 0;
}

void secret::wipe() noexcept { core::wipe({bytes_.get(), size_}); }

}  // namespace getty::connect

// SHA-256, as `sha256sum` prints it.
#pragma once

#include <memory>
#include <string>
#include <string_view>

namespace getty::connect::ingest {

class sha256 {
public:
    /// Throws `std::bad_alloc`.
    sha256();
    ~sha256();
    sha256(sha256&&) noexcept;
    sha256& operator=(sha256&&) noexcept;

    void add(std::string_view bytes);
    /// 64 hexadecimal digits; nothing may be added afterwards.
    [[nodiscard]] std::string hex();

private:
    struct state;
    std::unique_ptr<state> state_;
};

}  // namespace getty::connect::ingest

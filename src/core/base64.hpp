// Base64 (RFC 4648 4).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace getty::connect::core {

/// Takes bytes one at a time, so that a secret is never copied in the clear.
class base64_writer {
public:
    explicit base64_writer(std::string& out) noexcept : out_(out) {}
    void add(std::string_view bytes);
    /// The last group with its padding. Once.
    void finish();

private:
    void flush();

    std::string& out_;
    std::uint32_t bits_ = 0;
    unsigned held_ = 0;
};

void append_base64(std::string& out, std::string_view bytes);

}  // namespace getty::connect::core

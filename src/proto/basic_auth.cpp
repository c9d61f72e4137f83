#include "proto/basic_auth.hpp"

#include "proto/field_rules.hpp"

#include <openssl/crypto.h>

#include <cstdint>
#include <utility>

namespace getty::connect::proto {
namespace {

constexpr std::string_view base64_digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// Takes bytes one at a time, so that the password is never copied in the clear.
class base64_writer {
public:
    explicit base64_writer(std::string& out) noexcept : out_(out) {}

    void add(std::string_view text) {
        for (const char c : text) {
            bits_ = (bits_ << 8) | static_cast<unsigned char>(c);
            if (++held_ == 3) flush();
        }
    }

    void finish() {
        if (held_ == 0) return;
        const unsigned missing = 3 - held_;
        bits_ <<= 8 * missing;
        flush();
        for (unsigned i = 0; i < missing; ++i) out_[out_.size() - 1 - i] = '=';
    }

private:
    void flush() {
        for (int shift = 18; shift >= 0; shift -= 6) out_ += base64_digits[(bits_ >> shift) & 0x3F];
        bits_ = 0;
        held_ = 0;
    }

    std::string& out_;
    std::uint32_t bits_ = 0;
    unsigned held_ = 0;
};

/// False unless `text` is what an encoder writes: whole groups, padded, unused bits zero.
bool decode_base64(std::string_view text, std::string& out) {
    if (text.empty() || text.size() % 4 != 0) return false;
    std::size_t padding = 0;
    while (padding < 2 && text[text.size() - 1 - padding] == '=') ++padding;
    text.remove_suffix(padding);
    std::uint32_t bits = 0;
    unsigned held = 0;
    for (const char c : text) {
        const std::size_t digit = base64_digits.find(c);
        if (digit == std::string_view::npos) return false;
        bits = ((bits << 6) | static_cast<std::uint32_t>(digit)) & 0xFFFF;
        held += 6;
        if (held >= 8) {
            held -= 8;
            out += static_cast<char>((bits >> held) & 0xFF);
        }
    }
    return (bits & ((1U << held) - 1)) == 0;
}

}  // namespace

bool is_basic_user(std::string_view user) noexcept {
    return is_quotable(user) && user.find_first_of(":\t") == std::string_view::npos;
}

void append_basic(std::string& out, std::string_view user, const secret& password) {
    out += "Basic ";
    base64_writer writer(out);
    writer.add(user);
    writer.add(":");
    writer.add(password.expose());
    writer.finish();
}

void append_base64(std::string& out, std::string_view bytes) {
    base64_writer writer(out);
    writer.add(bytes);
    writer.finish();
}

std::optional<basic_credentials> read_basic(std::string_view token68) {
    std::string text;
    text.reserve(token68.size());  // a reallocation would leave a copy of the password behind
    std::optional<basic_credentials> out;
    if (decode_base64(token68, text)) {
        const std::size_t colon = text.find(':');
        if (colon != std::string::npos) {
            out.emplace(
                basic_credentials{text.substr(0, colon), secret(std::string_view(text).substr(colon + 1))});
        }
    }
    OPENSSL_cleanse(text.data(), text.size());
    return out;
}

}  // namespace getty::connect::proto

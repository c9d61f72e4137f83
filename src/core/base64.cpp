#include "core/base64.hpp"

namespace getty::connect::core {
namespace {

constexpr std::string_view base64_digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

}  // namespace

void base64_writer::add(std::string_view bytes) {
    for (const char c : bytes) {
        bits_ = (bits_ << 8) | static_cast<unsigned char>(c);
        if (++held_ == 3) flush();
    }
}

void base64_writer::finish() {
    if (held_ == 0) return;
    const unsigned missing = 3 - held_;
    bits_ <<= 8 * missing;
    flush();
    for (unsigned i = 0; i < missing; ++i) out_[out_.size() - 1 - i] = '=';
}

void base64_writer::flush() {
    for (int shift = 18; shift >= 0; shift -= 6) out_ += base64_digits[(bits_ >> shift) & 0x3F];
    bits_ = 0;
    held_ = 0;
}

void append_base64(std::string& out, std::string_view bytes) {
    base64_writer writer(out);
    writer.add(bytes);
    writer.finish();
}

bool append_base64_decoded(std::string& out, std::string_view text) {
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

}  // namespace getty::connect::core

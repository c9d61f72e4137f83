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

}  // namespace getty::connect::core

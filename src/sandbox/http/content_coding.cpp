#include "sandbox/http/content_coding.hpp"

#include "core/ascii.hpp"

#include <zlib.h>

#include <algorithm>
#include <new>

namespace getty::connect::sandbox {
namespace {

constexpr int gzip_format = 16 + MAX_WBITS;
constexpr int default_memory = 8;

std::string_view trimmed(std::string_view s) noexcept {
    while (!s.empty() && (s.front() == ' ' || s.front() == '\t')) s.remove_prefix(1);
    while (!s.empty() && (s.back() == ' ' || s.back() == '\t')) s.remove_suffix(1);
    return s;
}

/// "q=0", "q=0.0" and so on.
bool is_zero_weight(std::string_view parameter) noexcept {
    if (parameter.size() < 3 || (parameter[0] != 'q' && parameter[0] != 'Q') || parameter[1] != '=')
        return false;
    return parameter.substr(2).find_first_not_of("0.") == std::string_view::npos;
}

}  // namespace

bool accepts_gzip(std::string_view accept_encoding) noexcept {
    while (!accept_encoding.empty()) {
        const std::size_t comma = std::min(accept_encoding.find(','), accept_encoding.size());
        const std::string_view element = accept_encoding.substr(0, comma);
        accept_encoding.remove_prefix(std::min(comma + 1, accept_encoding.size()));
        const std::size_t semicolon = std::min(element.find(';'), element.size());
        if (!core::equals_ignoring_case(trimmed(element.substr(0, semicolon)), "gzip")) continue;
        return semicolon == element.size() || !is_zero_weight(trimmed(element.substr(semicolon + 1)));
    }
    return false;
}

std::string gzipped(std::string_view plain) {
    z_stream z{};
    if (deflateInit2(&z, Z_BEST_SPEED, Z_DEFLATED, gzip_format, default_memory, Z_DEFAULT_STRATEGY) != Z_OK) {
        throw std::bad_alloc();
    }
    std::string out(deflateBound(&z, static_cast<uLong>(plain.size())), '\0');
    // zlib does not write through it.
    z.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(plain.data()));
    z.avail_in = static_cast<uInt>(plain.size());
    z.next_out = reinterpret_cast<Bytef*>(out.data());
    z.avail_out = static_cast<uInt>(out.size());
    deflate(&z, Z_FINISH);  // ends in one call: there is room for all of it
    out.resize(z.total_out);
    deflateEnd(&z);
    return out;
}

}  // namespace getty::connect::sandbox

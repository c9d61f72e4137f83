// Packed bytes, made by the libraries themselves.
#pragma once

#include <zlib.h>

#include <string>
#include <string_view>
#include <zstd.h>

namespace getty::connect::test {

inline std::string gzip_member(std::string_view text) {
    z_stream to{};
    deflateInit2(&to, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY);
    std::string packed(deflateBound(&to, static_cast<uLong>(text.size())) + 32, '\0');
    to.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
    to.avail_in = static_cast<uInt>(text.size());
    to.next_out = reinterpret_cast<Bytef*>(packed.data());
    to.avail_out = static_cast<uInt>(packed.size());
    deflate(&to, Z_FINISH);
    packed.resize(packed.size() - to.avail_out);
    deflateEnd(&to);
    return packed;
}

inline std::string zstd_frame(std::string_view text) {
    std::string packed(ZSTD_compressBound(text.size()), '\0');
    packed.resize(ZSTD_compress(packed.data(), packed.size(), text.data(), text.size(), 3));
    return packed;
}

}  // namespace getty::connect::test

// Bodies packed for the reader, since no fuzzer guesses a checksum.
#pragma once

#include <zlib.h>

#include <string>
#include <string_view>

namespace getty::connect::fuzz {

inline std::string gzip(std::string_view body) {
    constexpr int gzip_window = 15 + 16;
    z_stream stream{};
    deflateInit2(&stream, 1, Z_DEFLATED, gzip_window, 8, Z_DEFAULT_STRATEGY);
    std::string out(deflateBound(&stream, static_cast<uLong>(body.size())), '\0');
    std::string in(body);  // zlib's interface is not const
    stream.next_in = reinterpret_cast<Bytef*>(in.data());
    stream.avail_in = static_cast<uInt>(in.size());
    stream.next_out = reinterpret_cast<Bytef*>(out.data());
    stream.avail_out = static_cast<uInt>(out.size());
    deflate(&stream, Z_FINISH);
    out.resize(stream.total_out);
    deflateEnd(&stream);
    return out;
}

/// The end of a header and the body: by length, in chunks, or to the end of the connection.
inline std::string framing_of(std::string_view body, std::size_t kind) {
    if (kind == 0) return "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + std::string(body);
    if (kind == 2) return "\r\n" + std::string(body);
    std::string out = "Transfer-Encoding: chunked\r\n\r\n";
    constexpr std::size_t chunk_bytes = 9;
    for (; !body.empty(); body.remove_prefix(std::min(chunk_bytes, body.size()))) {
        const std::string_view chunk = body.substr(0, chunk_bytes);
        out += std::to_string(chunk.size()) + "\r\n" + std::string(chunk) + "\r\n";
    }
    return out + "0\r\n\r\n";
}

}  // namespace getty::connect::fuzz

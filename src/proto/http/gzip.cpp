#include "proto/http/gzip.hpp"

#include <zlib.h>

#include <algorithm>
#include <limits>

namespace getty::connect::proto {
namespace {

constexpr int gzip_only = 16 + MAX_WBITS;
constexpr std::size_t step_bytes = 16 * 1024;

}  // namespace

struct gzip_decoder::stream {
    stream() : usable(inflateInit2(&z, gzip_only) == Z_OK) {}
    ~stream() { inflateEnd(&z); }
    stream(const stream&) = delete;
    stream& operator=(const stream&) = delete;

    z_stream z{};
    bool usable;
};

gzip_decoder::gzip_decoder() : stream_(std::make_unique<stream>()) {}
gzip_decoder::~gzip_decoder() = default;

gzip_decoder::outcome gzip_decoder::decode(std::string_view coded, std::size_t max_bytes, std::string& out) {
    out.clear();
    z_stream& z = stream_->z;
    if (!stream_->usable || inflateReset(&z) != Z_OK) return outcome::no_memory;
    if (coded.size() > std::numeric_limits<uInt>::max()) return outcome::too_large;
    // zlib does not write through it.
    z.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(coded.data()));
    z.avail_in = static_cast<uInt>(coded.size());
    for (;;) {
        const std::size_t before = out.size();
        out.resize(before + std::max(step_bytes, std::min(before, max_bytes - std::min(before, max_bytes))));
        z.next_out = reinterpret_cast<Bytef*>(out.data() + before);
        z.avail_out = static_cast<uInt>(std::min<std::size_t>(out.size() - before, 1U << 30));
        const uInt room = z.avail_out;
        const int code = inflate(&z, Z_NO_FLUSH);
        out.resize(before + (room - z.avail_out));
        if (out.size() > max_bytes) return outcome::too_large;
        const std::size_t read = coded.size() - z.avail_in;
        if (out.size() > unsuspicious_bytes && out.size() / max_ratio > read) return outcome::too_dense;
        if (code == Z_STREAM_END) return z.avail_in == 0 ? outcome::done : outcome::surplus;
        if (code == Z_MEM_ERROR) return outcome::no_memory;
        if (code != Z_OK && code != Z_BUF_ERROR) return outcome::malformed;
        if (z.avail_in == 0 && z.avail_out != 0) return outcome::truncated;
    }
}

std::string_view describe(gzip_decoder::outcome what) noexcept {
    using outcome = gzip_decoder::outcome;
    switch (what) {
        case outcome::done:
            return {};
        case outcome::malformed:
            return "a gzip body that is damaged";
        case outcome::truncated:
            return "a gzip body that ends too early";
        case outcome::surplus:
            return "bytes after the end of a gzip body";
        case outcome::too_large:
            return "a gzip body that unpacks to more than max_body_bytes";
        case outcome::too_dense:
            return "a gzip body that unpacks to more than 100 times its size";
        case outcome::no_memory:
            return "no memory to unpack a gzip body";
    }
    return "a gzip body that cannot be unpacked";
}

}  // namespace getty::connect::proto

#include "ingest/files/unpacker.hpp"

#include <zlib.h>

#include <algorithm>
#include <cstring>
#include <new>
#include <utility>
#include <zstd.h>

namespace getty::connect::ingest {
namespace {

using namespace std::string_view_literals;

constexpr int most_window_log = 27;
/// Of a frame of zstd, the bytes that say how many more its header has.
constexpr std::size_t zstd_beginning = 5;
constexpr std::size_t zstd_block_head = 3;

bool is_skippable(std::string_view bytes) noexcept {
    return bytes.size() >= 4 && (static_cast<unsigned char>(bytes[0]) & 0xF0U) == 0x50 &&
           bytes.substr(1, 3) == "\x2A\x4D\x18"sv;
}

}  // namespace

coding coding_of(std::string_view beginning) noexcept {
    if (beginning.starts_with("\x1F\x8B"sv)) return coding::gzip;
    if (beginning.starts_with("\x28\xB5\x2F\xFD"sv) || is_skippable(beginning)) return coding::zstd;
    return coding::plain;
}

bool may_be_packed(std::string_view beginning) noexcept {
    if (beginning.empty() || coding_of(beginning) != coding::plain) return true;
    // Of a skippable frame the first byte varies.
    const bool skippable = (static_cast<unsigned char>(beginning[0]) & 0xF0U) == 0x50 &&
                           "\x2A\x4D\x18"sv.starts_with(beginning.substr(1));
    return skippable || "\x1F\x8B"sv.starts_with(beginning) || "\x28\xB5\x2F\xFD"sv.starts_with(beginning);
}

std::string_view name_of(coding how) noexcept {
    switch (how) {
        case coding::gzip:
            return "gzip";
        case coding::zstd:
            return "zstd";
        case coding::plain:
            break;
    }
    return "plain text";
}

struct unpacker::state {
    coding how = coding::plain;
    z_stream inflating{};
    ZSTD_DCtx* zstd = nullptr;
    std::size_t zstd_wants = zstd_beginning;  // bytes, to the end of a head or block
    bool zstd_holds = false;                  // it may have unpacked more than there was room for
    bool between = true;
    std::string broken;

    explicit state(coding wanted) : how(wanted) {
        if (how == coding::gzip && ::inflateInit2(&inflating, 15 + 16) != Z_OK) throw std::bad_alloc();
        if (how != coding::zstd) return;
        zstd = ::ZSTD_createDCtx();
        if (zstd == nullptr) throw std::bad_alloc();
        ::ZSTD_DCtx_setParameter(zstd, ZSTD_d_windowLogMax, most_window_log);
    }
    ~state() {
        if (how == coding::gzip) ::inflateEnd(&inflating);
        ::ZSTD_freeDCtx(zstd);
    }
    state(const state&) = delete;
    state& operator=(const state&) = delete;

    step unpack_gzip(std::string_view from, std::span<char> to) {
        constexpr std::size_t most = 1U << 30U;
        const auto in = static_cast<uInt>(std::min(from.size(), most));
        const auto out = static_cast<uInt>(std::min(to.size(), most));
        inflating.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(from.data()));  // zlib does not write
        inflating.avail_in = in;
        inflating.next_out = reinterpret_cast<Bytef*>(to.data());
        inflating.avail_out = out;
        const int got = ::inflate(&inflating, Z_NO_FLUSH);
        step done{in - inflating.avail_in, out - inflating.avail_out, got == Z_STREAM_END};
        if (got == Z_STREAM_END) {
            ::inflateReset(&inflating);
        } else if (got == Z_MEM_ERROR) {
            throw std::bad_alloc();
        } else if (got != Z_OK && got != Z_BUF_ERROR) {
            broken = std::string("is damaged: ") +
                     (inflating.msg != nullptr ? inflating.msg : "it needs a dictionary");
        }
        return done;
    }

    /// A block at a time: a call that fails forgets what it has unpacked before, so that what is told of a
    /// damaged frame would depend on the pieces that it comes in.
    step unpack_zstd(std::string_view from, std::span<char> to) {
        step done;
        for (;;) {
            const bool flushes = std::exchange(zstd_holds, false);
            ZSTD_inBuffer in{from.data(), flushes ? 0 : std::min(from.size(), zstd_wants), 0};
            ZSTD_outBuffer out{to.data(), to.size(), 0};
            const std::size_t left = ::ZSTD_decompressStream(zstd, &out, &in);
            if (::ZSTD_isError(left) != 0) {
                broken = std::string("is damaged: ") + ::ZSTD_getErrorName(left);
                return done;
            }
            done.consumed += in.pos;
            done.produced += out.pos;
            done.member_ended = left == 0 && (done.consumed > 0 || !between);
            // What is left of a block is told together with the head of the next.
            zstd_wants = left == 0 ? zstd_beginning : left > zstd_block_head ? left - zstd_block_head : left;
            from.remove_prefix(in.pos);
            to = to.subspan(out.pos);
            zstd_holds = out.pos == out.size;
            const bool stands_still = in.pos == 0 && out.pos == 0 && !flushes;
            if (done.member_ended || from.empty() || to.empty() || stands_still) return done;
        }
    }

    step unpack(std::string_view from, std::span<char> to) {
        if (!broken.empty() || from.empty() || to.empty()) {
            // A library may still hold what it had no room for.
            if (!broken.empty() || to.empty() || between) return {};
        }
        step done;
        if (how == coding::gzip) {
            done = unpack_gzip(from, to);
        } else if (how == coding::zstd) {
            done = unpack_zstd(from, to);
        } else {
            done.consumed = done.produced = std::min(from.size(), to.size());
            std::memcpy(to.data(), from.data(), done.consumed);
        }
        if (how != coding::plain) {
            if (done.consumed > 0 || done.produced > 0) between = false;
            if (done.member_ended) between = true;
        }
        return done;
    }
};

unpacker::unpacker(coding how) : state_(std::make_unique<state>(how)) {}
unpacker::~unpacker() = default;
unpacker::unpacker(unpacker&&) noexcept = default;
unpacker& unpacker::operator=(unpacker&&) noexcept = default;

unpacker::step unpacker::unpack(std::string_view from, std::span<char> to) {
    return state_->unpack(from, to);
}
bool unpacker::between_members() const noexcept { return state_->between; }
const std::string& unpacker::broken() const noexcept { return state_->broken; }

}  // namespace getty::connect::ingest

// gzip content coding, bounded.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

namespace getty::connect::proto {

/// Takes gzip (RFC 1952) off a whole body. One member, its checksum right, nothing after it.
///
/// Text deflates 10 to 20 times at best; what gives more than `max_ratio` bytes for each is made to fill
/// memory. Bodies of up to `unsuspicious_bytes` may do so all the same. Memory: 40 KiB and the output.
class gzip_decoder {
public:
    static constexpr std::size_t max_ratio = 100;
    static constexpr std::size_t unsuspicious_bytes = 64 * 1024;

    enum class outcome { done, malformed, truncated, surplus, too_large, too_dense, no_memory };

    gzip_decoder();
    ~gzip_decoder();
    gzip_decoder(const gzip_decoder&) = delete;
    gzip_decoder& operator=(const gzip_decoder&) = delete;

    /// Replaces `out`, which never exceeds `max_bytes` by more than 16 KiB on the way; what it holds after a
    /// failure is of no use.
    [[nodiscard]] outcome decode(std::string_view coded, std::size_t max_bytes, std::string& out);

private:
    struct stream;
    std::unique_ptr<stream> stream_;
};

/// For messages; empty for `done`.
[[nodiscard]] std::string_view describe(gzip_decoder::outcome what) noexcept;

}  // namespace getty::connect::proto

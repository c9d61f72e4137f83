#include "core/random.hpp"

#include <array>
#include <cerrno>
#include <system_error>
#include <unistd.h>

namespace getty::connect::core {
namespace {

/// Reads the operating system's generator in blocks: one call feeds 16 client nonces.
class system_source final : public random_source {
public:
    std::uint64_t next() override {
        if (used_ == block_.size()) refill();
        return block_[used_++];
    }
    void forked() noexcept override { used_ = block_.size(); }

private:
    void refill() {
        // not std::random_device: libstdc++ takes RDSEED there, which costs tens of microseconds a word on
        // many machines, where this costs one for the whole block
        if (::getentropy(block_.data(), sizeof block_) != 0) {
            throw std::system_error(errno, std::generic_category(), "getentropy");
        }
        used_ = 0;
    }

    std::array<std::uint64_t, 32> block_{};  // 256 bytes, the most that one call gives
    std::size_t used_ = block_.size();
};

class seeded_source final : public random_source {
public:
    explicit seeded_source(std::uint64_t seed) : seed_(seed) {}
    std::uint64_t next() override { return nth_random(seed_, drawn_++); }

private:
    std::uint64_t seed_;
    std::uint64_t drawn_ = 0;
};

}  // namespace

std::unique_ptr<random_source> system_random() { return std::make_unique<system_source>(); }
std::unique_ptr<random_source> seeded_random(std::uint64_t seed) {
    return std::make_unique<seeded_source>(seed);
}

}  // namespace getty::connect::core

// Documents with damage.
#pragma once

#include "core/random.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace test {

/// One of some samples after another, each with up to three places damaged: cut, doubled, or with one of some
/// pieces in it. The same for the same seed.
class body_mutator {
public:
    body_mutator(std::uint64_t seed, std::span<const std::string_view> samples,
                 std::span<const std::string_view> pieces)
        : random_(getty::connect::core::seeded_random(seed)), samples_(samples), pieces_(pieces) {}

    std::string next() {
        std::string text(samples_[below(samples_.size())]);
        for (std::size_t n = below(4); n > 0 && !text.empty(); --n) damage(text);
        return text;
    }

private:
    std::size_t below(std::size_t limit) { return static_cast<std::size_t>(random_->next() % limit); }

    void damage(std::string& text) {
        const std::size_t at = below(text.size());
        const std::size_t length = std::min(text.size() - at, 1 + below(12));
        switch (below(6)) {
            case 0:
                text.erase(at, length);
                break;
            case 1:
                text.insert(at, pieces_[below(pieces_.size())]);
                break;
            case 2:
                text.replace(at, length, pieces_[below(pieces_.size())]);
                break;
            case 3:
                text[at] = static_cast<char>(below(256));
                break;
            case 4:
                text.insert(below(text.size()), text.substr(at, length * 4));
                break;
            default:
                text.resize(at);
                break;
        }
    }

    std::unique_ptr<getty::connect::core::random_source> random_;
    std::span<const std::string_view> samples_;
    std::span<const std::string_view> pieces_;
};

}  // namespace test

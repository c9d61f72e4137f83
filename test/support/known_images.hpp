// Ids that the sandbox has images for, and what these images are.
#pragma once

#include "sandbox/catalogue/catalogue.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace getty::connect::test {

inline std::string known_id(std::size_t n) { return std::to_string(10'000'001 + 1'000 * n); }

/// The first `count` of them.
inline auto known_ids(std::size_t count) {
    return [count, next = std::size_t{0}]() mutable -> std::optional<std::string> {
        if (next == count) return std::nullopt;
        return known_id(next++);
    };
}

/// The image's bytes as the catalogue has them; a false duplicate at its begin is passed over.
inline bool is_image(std::string_view raw, const std::string& id) {
    constexpr std::string_view duplicate = "{\"ImageId\":\"10000001\",";
    std::string right;
    sandbox::append_image(right, id, 0);
    if (raw == right) return true;
    return raw.starts_with(duplicate) && raw.substr(duplicate.size()) == std::string_view(right).substr(1);
}

}  // namespace getty::connect::test

// Which ids are asked for.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace getty::connect::load {

/// In which order ids are asked for.
enum class id_order {
    cycle,   ///< one after the other, then from the first again
    random,  ///< each time any of them
};

/// Ids that are numbers, both ends included.
struct id_range {
    std::uint64_t first = 0;
    std::uint64_t last = 0;
};

/// Reads "100000001-100005000"; nothing where `text` is no two numbers (the name of a file, say).
/// Throws `unusable` where it is, but they are no range.
[[nodiscard]] std::optional<id_range> read_id_range(std::string_view text);

/// Says which id the n-th request asks for, whenever and however often it is asked. Some can be ids that no
/// image has, as evenly spread as their share allows; the others are in order as if those were not there.
class id_plan {
public:
    /// Per million; at most a million.
    struct missing_share {
        std::uint32_t per_million = 0;
    };

    /// Precondition: there are ids.
    id_plan(std::vector<std::string> ids, id_order order, missing_share missing, std::uint64_t seed);
    id_plan(id_range ids, id_order order, missing_share missing, std::uint64_t seed);

    /// Different ids, those that are missing left out.
    [[nodiscard]] std::uint64_t size() const noexcept;
    /// Whether the `n`-th request, from 0, asks for an id that no image has.
    [[nodiscard]] bool missing(std::uint64_t n) const noexcept;
    /// That of the `n`-th request. Those that are missing have twelve digits and end in 404, which no image
    /// of the stand-in service does.
    [[nodiscard]] std::string at(std::uint64_t n) const;

private:
    [[nodiscard]] std::uint64_t missing_before(std::uint64_t n) const noexcept;

    std::vector<std::string> ids_;
    id_range range_;
    id_order order_;
    missing_share missing_;
    std::uint64_t seed_;
};

}  // namespace getty::connect::load

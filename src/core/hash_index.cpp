#include "core/hash_index.hpp"

#include <bit>
#include <cassert>

namespace getty::connect::core {

void hash_index::reserve(std::size_t entries) {
    constexpr std::size_t fewest = 16;
    const std::size_t wanted = std::bit_ceil(entries * 2 < fewest ? fewest : entries * 2);
    if (wanted <= cells_.size()) return;
    std::vector<cell> old(wanted);
    old.swap(cells_);
    for (const cell& c : old) {
        if (c.entry != none) put(c.hash, c.entry);
    }
}

void hash_index::insert(std::uint64_t hash, std::uint32_t entry) {
    assert(entry != none);
    if ((size_ + 1) * 2 > cells_.size()) reserve(size_ + 1);
    put(hash, entry);
    ++size_;
}

void hash_index::put(std::uint64_t hash, std::uint32_t entry) noexcept {
    std::size_t at = hash & mask();
    while (cells_[at].entry != none) at = (at + 1) & mask();
    cells_[at] = {hash, entry};
}

void hash_index::erase(std::uint64_t hash, std::uint32_t entry) noexcept {
    if (cells_.empty()) return;
    std::size_t hole = hash & mask();
    while (cells_[hole].entry != entry || cells_[hole].hash != hash) {
        if (cells_[hole].entry == none) return;
        hole = (hole + 1) & mask();
    }
    // Move up every entry behind the hole that a search from its home would no longer reach.
    for (std::size_t at = (hole + 1) & mask(); cells_[at].entry != none; at = (at + 1) & mask()) {
        const std::size_t from_home = (at - cells_[at].hash) & mask();
        const std::size_t from_hole = (at - hole) & mask();
        if (from_home < from_hole) continue;
        cells_[hole] = cells_[at];
        hole = at;
    }
    cells_[hole].entry = none;
    --size_;
}

}  // namespace getty::connect::core

// Finds the entry that belongs to a key in constant time, without allocating once it has grown to its load.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

namespace getty::connect::core {

/// Spreads a number over all 64 bits (the finaliser of SplitMix64), so that counters and pointers make good
/// keys.
[[nodiscard]] constexpr std::uint64_t spread(std::uint64_t key) noexcept {
    key = (key ^ (key >> 30)) * 0xBF58476D1CE4E5B9U;
    key = (key ^ (key >> 27)) * 0x94D049BB133111EBU;
    return key ^ (key >> 31);
}

/// A hash table from hashes to numbers of entries that live with the owner, who also compares the keys.
///
/// Open addressing with linear probing; an erasure moves the entries behind it up, so no tombstones pile up
/// under steady insertion and erasure. Invariant: at most half of the cells are in use. Memory: 16 bytes per
/// cell, cells = the smallest power of two >= twice the largest number of entries ever held (at least 16).
/// Not safe for concurrent calls.
class hash_index {
public:
    static constexpr std::uint32_t none = std::numeric_limits<std::uint32_t>::max();

    /// Makes room for `entries`, so that no insertion up to that number allocates.
    void reserve(std::size_t entries);

    /// `entry` is not `none`; equal hashes may be there several times.
    void insert(std::uint64_t hash, std::uint32_t entry);

    /// Takes out what `insert(hash, entry)` put in; no effect if that is not there.
    void erase(std::uint64_t hash, std::uint32_t entry) noexcept;

    /// The first entry under `hash` for which `same(entry)` holds, else `none`.
    template <class Same>
    [[nodiscard]] std::uint32_t find(std::uint64_t hash, Same same) const {
        if (cells_.empty()) return none;
        for (std::size_t at = hash & mask();; at = (at + 1) & mask()) {
            const cell& c = cells_[at];
            if (c.entry == none) return none;
            if (c.hash == hash && same(c.entry)) return c.entry;
        }
    }

    [[nodiscard]] std::size_t size() const noexcept { return size_; }

private:
    struct cell {
        std::uint64_t hash = 0;
        std::uint32_t entry = none;
    };

    [[nodiscard]] std::size_t mask() const noexcept { return cells_.size() - 1; }
    void put(std::uint64_t hash, std::uint32_t entry) noexcept;

    std::vector<cell> cells_;
    std::size_t size_ = 0;
};

}  // namespace getty::connect::core

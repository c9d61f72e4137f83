// Counts of ids, millions of them, in little memory.
#pragma once

#include "core/keyed_hash.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <new>
#include <string_view>
#include <sys/mman.h>
#include <utility>

namespace getty::connect::ingest {

/// What stands for an id: 102 bits, so that no two of all the ids there are have one key (of 100,000,000 two
/// have with a chance of 1 to 1,000,000,000,000,000). Of two hashes with keys of their own, which nobody
/// knows who makes ids.
struct id_key {
    std::uint64_t high = 0;  // 38 bits
    std::uint64_t low = 0;
    friend bool operator==(const id_key&, const id_key&) noexcept = default;
};

/// Makes keys; the same id has the same one as long as this lives.
class id_keys {
public:
    id_keys(const core::hash_key& high, const core::hash_key& low) noexcept : high_(high), low_(low) {}
    [[nodiscard]] id_key operator()(std::string_view id) const noexcept {
        id_key key{core::keyed_hash(high_, id) >> 26, core::keyed_hash(low_, id)};
        // Zeroes are what marks an empty cell.
        if (key.low == 0 && (key.high & 0xFFFF'FFFF) == 0) key.low = 1;
        return key;
    }

private:
    core::hash_key high_;
    core::hash_key low_;
};

/// From a key to 32 bits, `Value`.
///
/// Open addressing with linear probing, in 64 parts by the key's first 6 bits, which need not stand in the
/// cells. A cell is 16 bytes. Each part has pages of its own that go back to the system when it grows: by
/// 3/8, when 7 of 8 cells are in use. So an id costs 19 to 26 bytes, with what one part holds twice while it
/// grows, once there are many (below 80,000 ids the pages count). Nothing is taken out. Not safe for
/// concurrent use.
template <class Value>
class key_table {
    static_assert(sizeof(Value) == 4 && alignof(Value) <= 4);

public:
    key_table() = default;
    key_table(const key_table&) = delete;
    key_table& operator=(const key_table&) = delete;
    ~key_table() {
        for (part& one : parts_) release(one);
    }

    /// The value of the key, which is put in with `Value()` when it is not there. Holds until the next call.
    /// Throws `std::bad_alloc`.
    [[nodiscard]] Value& at(const id_key& key) {
        part& in = parts_[key.high >> shift];
        if ((in.used + 1) * 8 > in.size * 7) grow(in);
        cell& found = in.cells[find(in, key.low, in_cell(key))];
        if (found.empty()) {
            found = {key.low, in_cell(key), Value()};
            ++in.used;
            ++size_;
        }
        return found.value;
    }

    /// Null when the key is not there.
    [[nodiscard]] Value* find(const id_key& key) noexcept {
        part& in = parts_[key.high >> shift];
        if (in.size == 0) return nullptr;
        cell& found = in.cells[find(in, key.low, in_cell(key))];
        return found.empty() ? nullptr : &found.value;
    }

    [[nodiscard]] std::size_t size() const noexcept { return size_; }
    /// Of all pages.
    [[nodiscard]] std::size_t bytes() const noexcept {
        std::size_t sum = 0;
        for (const part& one : parts_) sum += mapped(one.size);
        return sum;
    }
    /// The most that `bytes()` ever was, with what stood twice while a part grew.
    [[nodiscard]] std::size_t peak_bytes() const noexcept { return peak_; }

private:
    static constexpr unsigned shift = 32;
    static constexpr std::size_t parts = 64;
    static constexpr std::size_t first_size = 256;  // one page

    struct cell {
        std::uint64_t low;
        std::uint32_t high;  // but for the bits that tell the part
        Value value;

        [[nodiscard]] bool empty() const noexcept { return low == 0 && high == 0; }
    };
    static_assert(sizeof(cell) == 16);
    [[nodiscard]] static std::uint32_t in_cell(const id_key& key) noexcept {
        return static_cast<std::uint32_t>(key.high);
    }

    struct part {
        cell* cells = nullptr;
        std::size_t size = 0;
        std::size_t used = 0;
    };

    [[nodiscard]] static std::size_t mapped(std::size_t cells) noexcept {
        return (cells * sizeof(cell) + 4095) / 4096 * 4096;
    }
    static void release(part& one) noexcept {
        if (one.cells != nullptr) ::munmap(one.cells, mapped(one.size));
    }

    /// The cell of the key, of which a cell has `low` and `high`, or the empty one where it belongs.
    [[nodiscard]] static std::size_t find(const part& in, std::uint64_t low, std::uint32_t high) noexcept {
        // Spread over any number of cells without a division; a part has less than 2^32 of them.
        auto at = static_cast<std::size_t>((low >> 32) * in.size >> 32);
        while (!in.cells[at].empty() && (in.cells[at].low != low || in.cells[at].high != high)) {
            if (++at == in.size) at = 0;
        }
        return at;
    }

    void grow(part& old) {
        part bigger;
        bigger.size = mapped(std::max(first_size, old.size + old.size * 3 / 8)) / sizeof(cell);
        void* pages =
            ::mmap(nullptr, mapped(bigger.size), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (pages == MAP_FAILED) throw std::bad_alloc();
        bigger.cells = static_cast<cell*>(pages);  // zeroes: empty cells
        bigger.used = old.used;
        for (std::size_t i = 0; i < old.size; ++i) {
            const cell& one = old.cells[i];
            if (!one.empty()) bigger.cells[find(bigger, one.low, one.high)] = one;
        }
        peak_ = std::max(peak_, bytes() + mapped(bigger.size));
        release(old);
        old = bigger;
    }

    std::array<part, parts> parts_{};
    std::size_t size_ = 0;
    std::size_t peak_ = 0;
};

}  // namespace getty::connect::ingest

// Which request gets which fault.
#pragma once

#include "sandbox/faults/fault.hpp"

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace getty::connect::sandbox {

/// Decides without I/O, clock or chance. Not thread-safe.
///
/// Vocabulary: the *number* of a request counts those for the same id (token requests: all of them) since the
/// plan was empty; a request is *eligible* for a fault when all of its conditions but `every` and `count`
/// hold.
///
/// Faults are asked in the order in which they were added; the first that happens is the request's only one,
/// and those after it do not count that request. `id`, `first` and `rate` look at seed, id and number alone,
/// so that they hit the same requests in whatever order these arrive; `every` and `count` go by the order of
/// arrival.
///
/// Memory: 32 bytes or so for each of at most `max_counted_ids` ids. Ids beyond that share one number.
class fault_plan {
public:
    struct request {
        fault_target what = fault_target::images;
        std::string_view id;
        bool succeeds = false;    ///< without faults the answer is a 200
        bool redirected = false;  ///< came by a redirect: gets no other one
    };

    struct entry {
        fault what;
        std::uint64_t salt = 0;
        std::uint64_t eligible = 0;
        std::uint64_t happened = 0;
    };

    fault_plan(std::uint64_t seed, std::size_t max_counted_ids);

    /// False, and nothing added, when there are `max_faults` already.
    [[nodiscard]] bool add(fault what);
    /// As if nothing had ever been added or asked.
    void clear();

    /// The fault of this request, null when it has none. Valid until the next `add` or `clear`.
    [[nodiscard]] const fault* choose(const request& asked);

    [[nodiscard]] const std::vector<entry>& entries() const noexcept { return entries_; }

private:
    [[nodiscard]] std::uint64_t number_of(const request& asked, std::uint64_t id_hash);
    [[nodiscard]] static bool happens(entry& e, const request& asked, std::uint64_t number, double drawn);
    [[nodiscard]] double draw(const entry& e, std::uint64_t id_hash, std::uint64_t number) const noexcept;

    std::uint64_t seed_;
    std::size_t max_counted_ids_;
    std::vector<entry> entries_;
    std::unordered_map<std::uint64_t, std::uint32_t> numbers_;  // by hash of the id
    std::uint64_t uncounted_ = 0;
    std::uint64_t token_requests_ = 0;
};

}  // namespace getty::connect::sandbox

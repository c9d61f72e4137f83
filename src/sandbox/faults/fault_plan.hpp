// Which request gets which fault.
#pragma once

#include "sandbox/faults/fault.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
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
/// A group of ids is one request: each of its ids is numbered, and a fault asks about the first one of them
/// that is of its pattern.
///
/// Memory: 32 bytes or so for each of at most `max_counted_ids` ids. Ids beyond that share one number.
class fault_plan {
public:
    struct request {
        fault_target what = fault_target::images;
        dialect of = dialect::connect;
        std::span<const std::string> ids;  ///< of a lookup, each once
        std::size_t target_bytes = 0;
        bool succeeds = false;    ///< without faults the answer is a 200 with an image or a token
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
    /// The place in `request::ids` of the one that the fault chosen last is about.
    [[nodiscard]] std::size_t hit() const noexcept { return hit_; }

    [[nodiscard]] const std::vector<entry>& entries() const noexcept { return entries_; }

private:
    struct member {
        std::uint64_t hash = 0;
        std::uint64_t number = 0;
    };
    void number_all(const request& asked);
    [[nodiscard]] std::uint64_t number_of(std::uint64_t id_hash);
    [[nodiscard]] bool happens(entry& e, const request& asked);
    [[nodiscard]] double draw(const entry& e, const member& of) const noexcept;

    std::uint64_t seed_;
    std::size_t max_counted_ids_;
    std::vector<entry> entries_;
    std::unordered_map<std::uint64_t, std::uint32_t> numbers_;  // by hash of the id
    std::uint64_t uncounted_ = 0;
    std::uint64_t token_requests_ = 0;
    std::vector<member> members_;  // of the request that is asked about
    std::size_t hit_ = 0;
};

}  // namespace getty::connect::sandbox

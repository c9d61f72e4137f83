// What becomes of a request for several ids that failed as a whole.
#pragma once

#include <getty/connect/error.hpp>

#include <cstddef>
#include <optional>
#include <vector>

namespace getty::connect::policy {

/// What a client has seen of how the service answers requests for several ids. Not safe for concurrent calls.
class group_habits {
public:
    /// An answer had some of the images and named others as not found: a miss among several is no 404 here.
    void saw_partial_miss() noexcept { partial_misses_ = true; }
    /// A 404 to a request for several means that none of them is there. Nothing else proves it: of a service
    /// that answers 404 when one of them is missing, a group of which all are missing looks the same.
    [[nodiscard]] bool not_found_means_all() const noexcept { return partial_misses_; }

private:
    bool partial_misses_ = false;
};

/// What becomes of the ids of a request that failed for good.
enum class group_verdict {
    fail_all,  ///< each has this error
    halve,     ///< one of them may be at fault: each half is asked for by itself
};

/// Of a request for `ids` ids that failed of `why`, with the answer's status or 0.
///
///     one id                                            fail_all
///     404                                               fail_all where it means all of them, else halve
///     400, 413, 414, 422, a 404 about something else    halve
///     a body too large, malformed, or another's         halve
///     anything else: it would befall the halves, too    fail_all
[[nodiscard]] group_verdict judge_group(errc why, int status, std::size_t ids,
                                        const group_habits& habits) noexcept;

/// The parts of a group of n ids that are still to be asked for. Each part is a span of ids; the first is
/// the whole. At most 2n - 1 parts come of it. Not safe for concurrent calls.
class group_parts {
public:
    struct part {
        std::size_t first = 0;
        std::size_t count = 0;
    };

    /// The parts of a group of `ids` (>= 1) ids; those of an earlier one are forgotten.
    void begin(std::size_t ids);
    /// The next to be asked for; nothing at the end. The last one that was given is done.
    [[nodiscard]] std::optional<part> next() noexcept;
    /// The last one that was given is to be asked for in two halves, next; it has two ids at least.
    void halve();

private:
    std::vector<part> waiting_;  // the next one is at the back
    part last_;
};

}  // namespace getty::connect::policy

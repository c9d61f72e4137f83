// When ids that are being gathered leave as one request.
#pragma once

#include "core/time.hpp"

#include <algorithm>
#include <cstddef>

namespace getty::connect::policy {

struct gathering_limits {
    std::size_t max_ids = 1;
    std::size_t max_bytes = 6 * 1024;  ///< of all ids as they stand in the request
    std::size_t largest_id_bytes = 1;  ///< a group that could not take one of these is full
    core::duration max_linger{0};  ///< how long an id waits for others, where it has to be waited for them
};

/// One group that is being gathered. Not safe for concurrent calls.
class gathering {
public:
    /// Where the next id would come from.
    enum class supply {
        at_hand,  ///< it can be pulled now
        awaited,  ///< it may come
        over,     ///< none will come, or there is no room for one
    };

    explicit gathering(const gathering_limits& limits) noexcept : limits_(limits) {}

    /// An id that takes `bytes` in the request has come.
    void add(std::size_t bytes, core::time_point now) noexcept {
        if (ids_ == 0) first_ = now;
        ++ids_;
        bytes_ += bytes;
    }
    [[nodiscard]] std::size_t ids() const noexcept { return ids_; }
    [[nodiscard]] bool full() const noexcept {
        return ids_ >= limits_.max_ids || bytes_ + limits_.largest_id_bytes > limits_.max_bytes;
    }

    /// When the group leaves, as things stand: not after `now`, at once; `never` where it is empty or more is
    /// at hand. `others_under_way`: the batch has requests that have not been answered, so that nobody waits
    /// for this one alone.
    [[nodiscard]] core::time_point leaves_at(supply next, bool others_under_way,
                                             core::time_point now) const noexcept {
        if (ids_ == 0) return core::never;
        if (full() || next == supply::over) return now;
        if (next == supply::at_hand) return core::never;
        return others_under_way ? core::later(first_, limits_.max_linger) : now;
    }

private:
    gathering_limits limits_;
    std::size_t ids_ = 0;
    std::size_t bytes_ = 0;
    core::time_point first_;
};

}  // namespace getty::connect::policy

// A place in the rate.
#pragma once

#include "calls/shared_limits.hpp"
#include "core/time.hpp"

#include <cstddef>
#include <optional>

namespace getty::connect::calls {

/// Whether requests wait for their turn in the rate and for the end of a pause.
enum class admission_rule {
    rated,
    at_once,
    at_once_charged,  ///< they take a place in the rate without waiting for it: those after them wait longer
};

/// One request's place in the rate, given back unless the request left.
class admission {
public:
    /// `ids`: that the request is for.
    admission(shared_limits& limits, admission_rule rule, std::size_t ids) noexcept
        : limits_(limits), rule_(rule), ids_(ids) {}
    ~admission() {
        if (permit_) limits_.give_back(*permit_);
    }
    admission(const admission&) = delete;
    admission& operator=(const admission&) = delete;

    /// When the request may leave, as things stand now: a pause voids what was promised before.
    [[nodiscard]] core::time_point due(core::time_point now) {
        if (rule_ != admission_rule::rated) return now;
        if (permit_ && !limits_.holds(*permit_)) {
            limits_.give_back(*permit_);  // the turns of its ids
            permit_.reset();
        }
        if (!permit_) permit_ = limits_.admit(now, ids_);
        return permit_->at;
    }
    /// The request leaves.
    void use(core::time_point now) {
        if (rule_ == admission_rule::at_once_charged) (void)limits_.admit(now, 0);
        permit_.reset();
    }

private:
    shared_limits& limits_;
    admission_rule rule_;
    std::size_t ids_;
    std::optional<shared_limits::permit> permit_;
};

}  // namespace getty::connect::calls

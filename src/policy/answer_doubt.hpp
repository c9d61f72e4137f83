// Whether an answer on a kept connection may be a late one to somebody else's request.
#pragma once

#include "core/time.hpp"

#include <getty/connect/error.hpp>

#include <algorithm>

namespace getty::connect::policy {

/// Knows what good answers look like: how soon they come, and whether they say which image they are. Not safe
/// for concurrent calls.
class answer_doubt {
public:
    /// An exchange brought what was wanted after `took`; `named`: the answer said whose it is.
    void answered_well(core::duration took, bool named) noexcept {
        fastest_ = std::min(fastest_, took);
        names_ = names_ || named;
    }
    /// An answer without a name says nothing where no answer has ever had one.
    [[nodiscard]] bool expects_a_name() const noexcept { return names_; }

    /// For an answer other than the wanted one that came after `took`, on a connection that had served
    /// others. Another's image is in doubt; so is what came sooner than any answer can, that is, in less than
    /// half of the shortest time: it lay there already, most likely.
    [[nodiscard]] bool suspects(errc verdict, int http_status, core::duration took) const noexcept {
        if (verdict == errc::wrong_image) return true;
        const bool final = http_status >= 400 || verdict == errc::malformed_body;
        return final && fastest_ != core::duration::max() && took < fastest_ / 2;
    }

private:
    core::duration fastest_ = core::duration::max();
    bool names_ = false;
};

}  // namespace getty::connect::policy

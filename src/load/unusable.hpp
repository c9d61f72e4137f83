// Text that cannot be used as it stands.
#pragma once

#include <stdexcept>

namespace getty::connect::load {

/// A flag or document that holds something else than it should. The text names what, where and how to mend
/// it.
class unusable : public std::runtime_error {
public:
    using runtime_error::runtime_error;
};

}  // namespace getty::connect::load

// Clean-up whose failure changes nothing.
#pragma once

#include <exception>

namespace getty::connect::core {

/// Calls `act` and passes over what it throws.
///
/// Asio's spellings with an `error_code` are no alternative: of those that could also throw (`close`,
/// `cancel`, `set_option`, `assign` and others) the return type depends on BOOST_ASIO_NO_DEPRECATED, the
/// symbol's name does not. A program built with the other setting takes our copy of them for its own, or the
/// other way round, and crashes: docs/decisions/0014.
template <class Function>
void quietly(Function act) noexcept {
    try {
        act();
    } catch (const std::exception&) {
        // nothing to tell: see above
    }
}

}  // namespace getty::connect::core

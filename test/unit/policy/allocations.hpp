// Counts calls of the global operator new.
#pragma once

#include <cstddef>

/// Allocations by this program so far.
[[nodiscard]] std::size_t allocations() noexcept;

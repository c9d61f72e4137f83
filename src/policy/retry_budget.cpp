#include "policy/retry_budget.hpp"

#include <algorithm>

namespace getty::connect::policy {

retry_budget::retry_budget(double ratio, std::uint32_t reserve) noexcept
    : per_call_(static_cast<std::int64_t>(std::clamp(ratio, 0.0, 1.0) * static_cast<double>(one))),
      capacity_(static_cast<std::int64_t>(reserve) * one),
      balance_(capacity_) {}

void retry_budget::deposit() noexcept { balance_ = std::min(capacity_, balance_ + per_call_); }

bool retry_budget::withdraw() noexcept {
    if (balance_ < one) return false;
    balance_ -= one;
    return true;
}

double retry_budget::balance() const noexcept {
    return static_cast<double>(balance_) / static_cast<double>(one);
}

}  // namespace getty::connect::policy

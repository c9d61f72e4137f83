#include "load/id_plan.hpp"

#include "core/random.hpp"
#include "load/unusable.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

namespace getty::connect::load {
namespace {

constexpr std::uint64_t million = 1'000'000;
constexpr std::size_t max_digits = 18;  // so that there is no overflow anywhere

bool digits(std::string_view text) {
    return !text.empty() &&
           std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

std::uint64_t number(std::string_view text, std::string_view range) {
    if (text.size() > max_digits) {
        throw unusable("the range " + std::string(range) + ": a number has at most 18 digits");
    }
    if (text.size() > 1 && text.front() == '0') {
        throw unusable("the range " + std::string(range) + ": " + std::string(text) +
                       " begins with 0, which a number would lose; put such ids in a file");
    }
    std::uint64_t value = 0;
    (void)std::from_chars(text.data(), text.data() + text.size(), value);
    return value;
}

}  // namespace

std::optional<id_range> read_id_range(std::string_view text) {
    const std::size_t dash = text.find('-');
    if (dash == std::string_view::npos) return std::nullopt;
    if (!digits(text.substr(0, dash)) || !digits(text.substr(dash + 1))) return std::nullopt;
    const id_range range{number(text.substr(0, dash), text), number(text.substr(dash + 1), text)};
    if (range.first > range.last) {
        throw unusable("the range " + std::string(text) + " runs backwards; write " +
                       std::to_string(range.last) + "-" + std::to_string(range.first));
    }
    return range;
}

id_plan::id_plan(std::vector<std::string> ids, id_order order, missing_share missing, std::uint64_t seed)
    : ids_(std::move(ids)), order_(order), missing_(missing), seed_(seed) {}

id_plan::id_plan(id_range ids, id_order order, missing_share missing, std::uint64_t seed)
    : range_(ids), order_(order), missing_(missing), seed_(seed) {}

std::uint64_t id_plan::size() const noexcept {
    return ids_.empty() ? range_.last - range_.first + 1 : ids_.size();
}

std::uint64_t id_plan::missing_before(std::uint64_t n) const noexcept {
    // Whole millions apart, so that the product stays within 64 bits.
    return n / million * missing_.per_million + n % million * missing_.per_million / million;
}

bool id_plan::missing(std::uint64_t n) const noexcept { return missing_before(n + 1) > missing_before(n); }

std::string id_plan::at(std::uint64_t n) const {
    if (missing(n)) {
        const std::string which = std::to_string(missing_before(n) % 100'000'000);
        return "9" + std::string(8 - which.size(), '0') + which + "404";
    }
    const std::uint64_t place = n - missing_before(n);
    __extension__ typedef unsigned __int128 wide;
    const std::uint64_t index =
        order_ == id_order::cycle
            ? place % size()
            : static_cast<std::uint64_t>(static_cast<wide>(core::nth_random(seed_, place)) * size() >> 64);
    return ids_.empty() ? std::to_string(range_.first + index) : ids_[index];
}

}  // namespace getty::connect::load

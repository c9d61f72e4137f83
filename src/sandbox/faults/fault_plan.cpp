#include "sandbox/faults/fault_plan.hpp"

#include <algorithm>
#include <utility>

namespace getty::connect::sandbox {
namespace {

/// SplitMix64's finalizer: each bit of the input changes each of the output with a chance of one half.
constexpr std::uint64_t mixed(std::uint64_t x) noexcept {
    x += 0x9E37'79B9'7F4A'7C15U;
    x = (x ^ (x >> 30)) * 0xBF58'476D'1CE4'E5B9U;
    x = (x ^ (x >> 27)) * 0x94D0'49BB'1331'11EBU;
    return x ^ (x >> 31);
}

/// FNV-1a: the same everywhere, unlike std::hash.
constexpr std::uint64_t hash_of(std::string_view text) noexcept {
    std::uint64_t h = 0xCBF2'9CE4'8422'2325U;
    for (const char c : text) h = (h ^ static_cast<unsigned char>(c)) * 0x100'0000'01B3U;
    return h;
}

}  // namespace

fault_plan::fault_plan(std::uint64_t seed, std::size_t max_counted_ids)
    : seed_(seed), max_counted_ids_(max_counted_ids) {}

bool fault_plan::add(fault what) {
    if (entries_.size() >= max_faults) return false;
    entry made;
    // By name and not by place: another fault before it, or another rate, leaves its draws as they are.
    const auto namesakes = std::count_if(entries_.begin(), entries_.end(),
                                         [&](const entry& e) { return e.what.name == what.name; });
    made.salt = mixed(hash_of(what.name) + static_cast<std::uint64_t>(namesakes));
    made.what = std::move(what);
    entries_.push_back(std::move(made));
    return true;
}

void fault_plan::clear() {
    entries_.clear();
    numbers_.clear();
    uncounted_ = 0;
    token_requests_ = 0;
}

const fault* fault_plan::choose(const request& asked) {
    if (entries_.empty()) return nullptr;
    number_all(asked);
    for (entry& e : entries_) {
        if (happens(e, asked)) return &e.what;
    }
    return nullptr;
}

void fault_plan::number_all(const request& asked) {
    members_.clear();
    if (asked.what == fault_target::token) {
        members_.push_back({hash_of({}), ++token_requests_});
        return;
    }
    for (const std::string& id : asked.ids) {
        const std::uint64_t hash = hash_of(id);
        members_.push_back({hash, number_of(hash)});
    }
}

std::uint64_t fault_plan::number_of(std::uint64_t id_hash) {
    const auto position = numbers_.find(id_hash);
    if (position != numbers_.end()) return ++position->second;
    if (numbers_.size() >= max_counted_ids_) return ++uncounted_;
    numbers_.emplace(id_hash, 1);
    return 1;
}

bool fault_plan::happens(entry& e, const request& asked) {
    const fault& f = e.what;
    if (f.on != asked.what || !happens_in(f.kind, asked.of)) return false;
    if (needs_success(f.kind) && !asked.succeeds) return false;
    if (f.kind == fault_kind::redirect && asked.redirected) return false;
    if (f.kind == fault_kind::uri_too_long && asked.target_bytes <= f.bytes) return false;
    std::size_t place = 0;
    if (!f.id.empty()) {
        const auto meant = [&](const std::string& id) { return matches(f.id, id); };
        place = static_cast<std::size_t>(std::find_if(asked.ids.begin(), asked.ids.end(), meant) -
                                         asked.ids.begin());
    }
    if (place >= members_.size()) return false;
    const member& one = members_[place];
    if (f.first != 0 && one.number > f.first) return false;
    if (draw(e, one) >= f.rate) return false;
    ++e.eligible;
    if (f.every != 0 && e.eligible % f.every != 0) return false;
    if (f.count != 0 && e.happened >= f.count) return false;
    ++e.happened;
    hit_ = place;
    return true;
}

/// Uniform in [0, 1).
double fault_plan::draw(const entry& e, const member& of) const noexcept {
    const std::uint64_t bits = mixed(mixed(mixed(seed_ ^ e.salt) ^ of.hash) ^ of.number);
    return static_cast<double>(bits >> 11) * 0x1.0p-53;
}

}  // namespace getty::connect::sandbox

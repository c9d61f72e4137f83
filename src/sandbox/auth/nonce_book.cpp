#include "sandbox/auth/nonce_book.hpp"

#include <algorithm>
#include <utility>

namespace getty::connect::sandbox {

std::string random_hex(core::random_source& random, std::size_t bytes) {
    constexpr std::string_view digits = "0123456789abcdef";
    std::string out;
    out.reserve(bytes * 2);
    for (std::size_t word = 0; word < bytes / 8; ++word) {
        std::uint64_t bits = random.next();
        for (int i = 0; i < 16; ++i, bits >>= 4) out += digits[bits & 0x0F];
    }
    return out;
}

nonce_book::nonce_book(rules with, core::random_source& random) : rules_(with), random_(random) {}

std::string nonce_book::issue(core::time_point now, const entry* follows) {
    std::string nonce = random_hex(random_, 16);
    entry made;
    made.expires = core::later(now, rules_.lifetime);
    made.seen.resize((rules_.window + 63) / 64);
    made.session = follows ? follows->session : nonce;
    if (follows) made.password_hint = follows->password_hint;
    while (order_.size() >= rules_.max_nonces) {
        entries_.erase(order_.front());
        order_.pop_front();
    }
    entries_.emplace(nonce, std::move(made));
    order_.push_back(nonce);
    return nonce;
}

nonce_book::entry* nonce_book::find(std::string_view nonce, core::time_point now) {
    const auto position = entries_.find(std::string(nonce));
    if (position == entries_.end() || now >= position->second.expires) return nullptr;
    return &position->second;
}

nonce_book::verdict nonce_book::use(entry& nonce, std::uint32_t nc, bool counted) {
    if (rules_.uses > 0 && nonce.uses >= rules_.uses) return verdict::stale;
    if (counted && !take_count(nonce, nc)) return verdict::stale;
    ++nonce.uses;
    const bool next = rules_.next_every > 0 && nonce.uses % rules_.next_every == 0;
    return next ? verdict::accepted_and_next : verdict::accepted;
}

bool nonce_book::take_count(entry& nonce, std::uint32_t nc) const {
    if (nc == 0) return false;
    const auto word = [&](std::uint32_t n) -> std::uint64_t& { return nonce.seen[n % rules_.window / 64]; };
    const auto bit = [&](std::uint32_t n) { return std::uint64_t{1} << (n % rules_.window % 64); };
    if (rules_.strict && nc != nonce.highest + 1) return false;
    if (nc > nonce.highest) {
        if (nc - nonce.highest >= rules_.window) {
            std::fill(nonce.seen.begin(), nonce.seen.end(), 0);
        } else {
            for (std::uint32_t n = nonce.highest + 1; n != nc; ++n) word(n) &= ~bit(n);
        }
        nonce.highest = nc;
    } else if (nonce.highest - nc >= rules_.window || (word(nc) & bit(nc)) != 0) {
        return false;
    }
    word(nc) |= bit(nc);
    return true;
}

void nonce_book::expire_all() noexcept {
    entries_.clear();
    order_.clear();
}

}  // namespace getty::connect::sandbox

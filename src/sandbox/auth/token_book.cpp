#include "sandbox/auth/token_book.hpp"

#include "sandbox/auth/nonce_book.hpp"

#include <utility>

namespace getty::connect::sandbox {
namespace {

std::string made_up(core::random_source& random, token_shape shape) {
    if (shape == token_shape::plain) return random_hex(random, 24);
    return random_hex(random, 48) + "|1|+/" + random_hex(random, 56) + "=";
}

}  // namespace

token_book::token_book(core::duration lifetime, std::size_t max_tokens, std::optional<secret> fixed,
                       core::random_source& random, token_shape shape)
    : lifetime_(lifetime),
      max_tokens_(max_tokens),
      fixed_(std::move(fixed)),
      random_(random),
      shape_(shape) {}

const token_book::token& token_book::issue(core::time_point now) {
    drop_expired(now);
    while (tokens_.size() >= max_tokens_) tokens_.pop_front();
    token made;
    made.number = ++issued_;
    made.for_https = fixed_ ? *fixed_ : secret(made_up(random_, shape_));
    made.for_http = secret(random_hex(random_, 24));
    made.expires = core::later(now, lifetime_);
    return tokens_.emplace_back(std::move(made));
}

const token_book::token* token_book::find(std::string_view value, core::time_point now) {
    const secret wanted(value);
    return find_if(0, now, [&](const token& t) { return t.for_https.equals(wanted); });
}

void token_book::drop_expired(core::time_point now) noexcept {
    while (!tokens_.empty() && now >= tokens_.front().expires) tokens_.pop_front();
}

}  // namespace getty::connect::sandbox

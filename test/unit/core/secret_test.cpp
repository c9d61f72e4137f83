#include <getty/connect/secret.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <concepts>
#include <cstdlib>
#include <memory>
#include <new>
#include <sstream>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

using getty::connect::secret;

namespace {
template <class T>
concept printable_type = requires(std::ostream& out, const T& value) { out << value; };

template <class T, class Other>
concept comparable_with = requires(const T& a, const Other& b) { a == b; };

struct {
    const void* block = nullptr;
    std::size_t size = 0;
    bool wiped = false;
} watched;

void release(void* block) noexcept {
    if (block != nullptr && block == watched.block) {
        const auto* bytes = static_cast<const char*>(block);
        watched.wiped = std::all_of(bytes, bytes + watched.size, [](char c) { return c == 0; });
        watched.block = nullptr;
    }
    std::free(block);
}

/// Whether `f` lets go of the bytes of `s`, all of them zero.
template <class Function>
bool wiped_by(const secret& s, Function f) {
    watched = {s.expose().data(), s.expose().size(), false};
    f();
    return watched.block == nullptr && watched.wiped;
}
}  // namespace

void* operator new[](std::size_t bytes) {
    if (void* p = std::malloc(bytes == 0 ? 1 : bytes)) return p;
    throw std::bad_alloc();
}
void operator delete[](void* p) noexcept { release(p); }
void operator delete[](void* p, std::size_t) noexcept { release(p); }

TEST_CASE("secret: cannot be printed, nor turned into a string by accident") {
    static_assert(!printable_type<secret>);
    static_assert(!std::is_convertible_v<secret, std::string_view>);
    static_assert(!std::is_convertible_v<std::string_view, secret>);
    static_assert(!std::is_constructible_v<std::string, secret>);
    static_assert(!comparable_with<secret, std::string_view> && !comparable_with<secret, const char*>);
    CHECK(secret("abc").expose() == "abc");
}

TEST_CASE("secret: copies are separate, a moved-from secret is empty") {
    secret a("abc");
    secret b = a;
    CHECK(a.expose().data() != b.expose().data());
    const secret c = std::move(a);
    CHECK(c.expose() == "abc");
    CHECK(a.empty());  // NOLINT: the state after a move is part of the contract
    b = secret("x");
    CHECK(b.equals(secret("x")));
    CHECK_FALSE(b.equals(c));
    CHECK(secret().equals(secret("")));
}

TEST_CASE("secret: its bytes are wiped when they go, whichever way they go") {
    auto ended = std::make_unique<secret>("abcdefgh");
    CHECK(wiped_by(*ended, [&] { ended.reset(); }));
    secret replaced("abcdefgh");
    CHECK(wiped_by(replaced, [&] { replaced = secret("other"); }));
    secret moved("abcdefgh");
    CHECK(wiped_by(moved, [&] { const secret taken(std::move(moved)); }));
    secret first("abcdefgh");
    secret second("12345678");
    CHECK(wiped_by(second, [&] { second = first; }));
    CHECK(second.equals(first));
}

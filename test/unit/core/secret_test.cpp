#include <getty/connect/secret.hpp>

#include <doctest/doctest.h>

#include <sstream>
#include <type_traits>
#include <utility>

using getty::connect::secret;

namespace {
template <class T>
concept printable_type = requires(std::ostream& out, const T& value) { out << value; };
}  // namespace

TEST_CASE("secret: cannot be printed, nor turned into a string by accident") {
    static_assert(!printable_type<secret>);
    static_assert(!std::is_convertible_v<secret, std::string_view>);
    static_assert(!std::is_convertible_v<std::string_view, secret>);
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

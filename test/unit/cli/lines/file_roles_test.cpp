#include "cli/lines/file_roles.hpp"

#include "cli/trouble.hpp"

#include <doctest/doctest.h>

#include <array>
#include <string>
#include <vector>

using namespace getty::connect::cli;

namespace {

file_in_use used(file_role role, std::optional<file_identity> identity, bool is_standard = false) {
    return {"that", "the first", role, is_standard, identity};
}

bool refused(const std::vector<file_in_use>& files) {
    try {
        require_distinct(files);
    } catch (const usage_error&) {
        return true;
    }
    return false;
}

constexpr file_identity one{1, 7};
constexpr std::array roles{file_role::ids, file_role::input, file_role::secret, file_role::output,
                           file_role::messages};

}  // namespace

TEST_CASE("S6: what is written to is used for nothing else, in whichever order the two are named") {
    // Rows and columns as in `roles`: ids, input, secret, output, messages.
    constexpr bool together[5][5] = {
        {true, true, false, false, false},   {true, true, true, false, false},
        {false, true, true, false, false},   {false, false, false, false, false},
        {false, false, false, false, false},
    };
    for (std::size_t a = 0; a < roles.size(); ++a) {
        for (std::size_t b = 0; b < roles.size(); ++b) {
            CAPTURE(a);
            CAPTURE(b);
            CHECK(refused({used(roles[a], one), used(roles[b], one)}) == !together[a][b]);
            CHECK_FALSE(refused({used(roles[a], one), used(roles[b], file_identity{2, 7})}));
            CHECK_FALSE(refused({used(roles[a], one), used(roles[b], file_identity{1, 8})}));
            CHECK_FALSE(refused({used(roles[a], std::nullopt), used(roles[b], std::nullopt)}));
        }
    }
}

TEST_CASE("S6: messages may go where standard output goes, and nowhere else where something is written") {
    CHECK_FALSE(refused({used(file_role::output, one, true), used(file_role::messages, one, true)}));
    CHECK(refused({used(file_role::output, one), used(file_role::messages, one, true)}));
    CHECK(refused({used(file_role::ids, one, true), used(file_role::output, one, true)}));
}

TEST_CASE("S6: the refusal names the second file by its flag and says what the first one is") {
    const std::vector<file_in_use> files = {
        {"standard input", "the file that the ids are read from", file_role::ids, true, file_identity{1, 1}},
        {"--cacert ca.pem", "the file of --cacert", file_role::input, false, one},
        {"--output x", "the file of --output", file_role::output, false, one}};
    CHECK_THROWS_WITH_AS(require_distinct(files), "--output x: is the file of --cacert; name another",
                         usage_error);
}

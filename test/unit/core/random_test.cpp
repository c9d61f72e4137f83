#include "core/random.hpp"

#include <doctest/doctest.h>

#include <array>
#include <cstdint>
#include <iterator>
#include <set>
#include <sys/wait.h>
#include <unistd.h>

using namespace getty::connect::core;

TEST_CASE("random: a seed's numbers are SplitMix64's, one after the other or any of them at once") {
    // Vigna's splitmix64.c with x = 1234567.
    const std::uint64_t expected[] = {6457827717110365317U, 3203168211198807973U, 9817491932198370423U,
                                      4593380528125082431U, 16408922859458223821U};
    const auto random = seeded_random(1234567);
    for (std::uint64_t n = 0; n < std::size(expected); ++n) {
        CHECK(random->next() == expected[n]);
        CHECK(nth_random(1234567, n) == expected[n]);
    }
}

TEST_CASE("S8: a child that was told of the fork draws other numbers than its parent") {
    const auto random = system_random();
    (void)random->next();
    std::array<int, 2> ends{};
    REQUIRE(::pipe(ends.data()) == 0);
    const pid_t child = ::fork();
    if (child == 0) {
        random->forked();
        for (int i = 0; i < 8; ++i) {
            const std::uint64_t drawn = random->next();
            if (::write(ends[1], &drawn, sizeof drawn) != sizeof drawn) ::_exit(1);
        }
        ::_exit(0);
    }
    std::set<std::uint64_t> all;
    for (int i = 0; i < 8; ++i) {
        std::uint64_t drawn = 0;
        REQUIRE(::read(ends[0], &drawn, sizeof drawn) == sizeof drawn);
        all.insert(drawn);
        all.insert(random->next());
    }
    CHECK(all.size() == 16);
    int status = 0;
    CHECK(::waitpid(child, &status, 0) == child);
    CHECK(status == 0);
    ::close(ends[0]);
    ::close(ends[1]);
}

// L11: what is said of the machine.
#include "cli/bench/machine.hpp"

#include <doctest/doctest.h>

using namespace getty::connect::cli;

TEST_CASE("L11: the share of time that the host took is read from the line of all processors") {
    const machine_reading read = read_processor_line("cpu  100 20 30 4000 50 6 7 88 9 10");
    CHECK(read.elapsed == 100 + 20 + 30 + 4000 + 50 + 6 + 7 + 88);
    CHECK(read.stolen == 88);
    CHECK(read_processor_line("cpu0 1 2 3").elapsed == 0);
    CHECK(read_processor_line("").elapsed == 0);
    // A kernel that knows no steal.
    CHECK(read_processor_line("cpu  1 2 3 4").elapsed == 10);
    CHECK(read_processor_line("cpu  1 2 3 4").stolen == 0);
}

TEST_CASE("L11: the processors that a control group grants are read, and are never more than there are") {
    CHECK(read_processor_quota("max 100000", 4) == 4);
    CHECK(read_processor_quota("200000 100000", 4) == 2);
    CHECK(read_processor_quota("50000 100000", 4) == 0.5);
    CHECK(read_processor_quota("800000 100000", 4) == 4);
    for (const char* none : {"", "100000", "100000 ", "100000 0", "x 1", "1 x", "100000 100000 1"}) {
        CHECK(read_processor_quota(none, 4) == 4);
    }
}

TEST_CASE("L11: the host of an address, with port, path, brackets and what may be a password before it") {
    CHECK(host_of("https://localhost:8443/api") == "localhost");
    CHECK(host_of("https://connect.example") == "connect.example");
    CHECK(host_of("https://[::1]:8443/api") == "::1");
    CHECK(host_of("https://user:pass@a.example/x") == "a.example");
}

TEST_CASE("L11: an address of this machine is told from others") {
    CHECK(find_peer("https://127.0.0.1:1/").is_this_machine);
    CHECK(find_peer("https://127.0.0.1:1/").address == "127.0.0.1");
    // TEST-NET-1, which nobody has.
    CHECK_FALSE(find_peer("https://192.0.2.1/").is_this_machine);
    CHECK(find_peer("https://no-such-name.invalid/").address.empty());
}

#include "core/rfc3339.hpp"

#include <doctest/doctest.h>

using namespace std::chrono;
using getty::connect::core::rfc3339;

TEST_CASE("rfc3339: a point in time is UTC, with as many digits as were asked for") {
    CHECK(rfc3339(sys_seconds(0s)) == "1970-01-01T00:00:00Z");
    // date -u -d 2024-02-29T23:59:59Z +%s
    CHECK(rfc3339(sys_seconds(1'709'251'199s)) == "2024-02-29T23:59:59Z");
    CHECK(rfc3339(sys_time<milliseconds>(1'709'251'199'007ms)) == "2024-02-29T23:59:59.007Z");
    // Before 1970 the parts of a second count upwards, too.
    CHECK(rfc3339(sys_time<milliseconds>(-1ms)) == "1969-12-31T23:59:59.999Z");
}

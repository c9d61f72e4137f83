#include "policy/pipelining.hpp"

#include <doctest/doctest.h>

#include <string_view>

using namespace getty::connect;
using policy::pipelined_exchange;
using policy::pipelining_violation;

namespace {

constexpr errc all[] = {errc{},
                        errc::peer_closed,
                        errc::malformed_response,
                        errc::wrong_image,
                        errc::server_not_authentic,
                        errc::attempt_timeout,
                        errc::canceled,
                        errc::deadline_exceeded,
                        errc::not_found,
                        errc::throttled,
                        errc::header_too_large,
                        errc::malformed_body};

/// What is found for this code by itself, with others behind it, behind others.
struct verdict {
    bool alone, before, behind;
    friend bool operator==(const verdict&, const verdict&) = default;
};

verdict of(errc code) {
    pipelined_exchange ended;
    ended.code = code;
    verdict found;
    found.alone = !pipelining_violation(ended).empty();
    ended.shared = true;
    found.before = !pipelining_violation(ended).empty();
    ended.shared = false;
    ended.behind_others = true;
    found.behind = !pipelining_violation(ended).empty();
    return found;
}

}  // namespace

TEST_CASE("P18: which ends of an exchange tell that an origin cannot do pipelining") {
    for (const errc code : all) {
        CAPTURE(to_string(code));
        switch (code) {
            case errc::peer_closed:
            case errc::malformed_response:
            case errc::wrong_image:
            case errc::server_not_authentic:
                CHECK(of(code) == verdict{false, true, true});
                break;
            case errc::attempt_timeout:
                CHECK(of(code) == verdict{false, false, true});
                break;
            default:
                CHECK(of(code) == verdict{false, false, false});
        }
    }
}

TEST_CASE("P18: who shares the fate of an earlier exchange has seen nothing itself") {
    for (const errc code : all) {
        pipelined_exchange ended;
        ended.code = code;
        ended.shared = ended.behind_others = ended.ended_before = true;
        CHECK(pipelining_violation(ended).empty());
    }
}

TEST_CASE("P18: a close that a write runs into tells nothing: it may have been announced") {
    pipelined_exchange ended;
    ended.code = errc::peer_closed;
    ended.shared = ended.behind_others = true;
    ended.by_write = true;
    CHECK(pipelining_violation(ended).empty());
}

TEST_CASE("P18: bytes that answer no request tell, whoever is under way") {
    for (const bool others : {false, true}) {
        pipelined_exchange ended;
        ended.shared = ended.behind_others = others;
        ended.unasked = true;
        CHECK_FALSE(pipelining_violation(ended).empty());
    }
}

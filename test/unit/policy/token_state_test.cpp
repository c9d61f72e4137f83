#include "policy/token_state.hpp"

#include "core/random.hpp"
#include "unit/policy/moment.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <limits>
#include <optional>
#include <set>
#include <vector>

using namespace std::chrono_literals;
using getty::connect::core::duration;
using getty::connect::core::time_point;
using getty::connect::policy::token_limits;
using getty::connect::policy::token_state;
using verdict = token_state::verdict;
using rejection = token_state::rejection;
namespace core = getty::connect::core;

namespace {

/// A state that holds a token of 30 minutes, issued at `moment(0s)`.
token_state with_token(const token_limits& limits = {}) {
    token_state s(limits);
    s.begin(moment(0s));
    s.issued(moment(0s), 1800s);
    return s;
}

constexpr auto within_slack = 1600s;  // of those 30 minutes the last 300 s
constexpr auto expired = 1800s;

}  // namespace

TEST_CASE("T2: a flight that is abandoned leaves things as if it had not begun") {
    token_state state{token_limits()};
    REQUIRE(state.acquire(moment(0s)) == verdict::wait_and_refresh);
    state.begin(moment(0s));
    REQUIRE(state.acquire(moment(1s)) == verdict::wait);
    state.abandoned();
    CHECK_FALSE(state.brought(0));
    CHECK(state.acquire(moment(1s)) == verdict::wait_and_refresh);
    state.begin(moment(1s));
    state.issued(moment(2s), 60s);
    CHECK(state.acquire(moment(2s)) == verdict::use);
}

TEST_CASE("token: without one, the first caller starts the flight and all others wait for it") {
    token_state s({});
    CHECK(s.acquire(moment(0s)) == verdict::wait_and_refresh);
    s.begin(moment(0s));
    for (int i = 0; i < 999; ++i) CHECK(s.acquire(moment(1ms)) == verdict::wait);
    s.issued(moment(1s), 1800s);
    CHECK(s.acquire(moment(1s)) == verdict::use);
    CHECK(s.generation() == 1);
}

TEST_CASE("T1: an expired token leads to one flight, whoever asks") {
    token_state s = with_token();
    CHECK(s.acquire(moment(expired)) == verdict::wait_and_refresh);
    s.begin(moment(expired));
    for (int i = 0; i < 999; ++i) CHECK(s.acquire(moment(expired + 1s)) == verdict::wait);
}

TEST_CASE("T3: within the slack callers get the old token at once while one flight runs") {
    token_state s = with_token();
    CHECK(s.acquire(moment(1500s) - 1ns) == verdict::use);
    CHECK(s.acquire(moment(1500s)) == verdict::use_and_refresh);
    s.begin(moment(1500s));
    for (int i = 0; i < 10; ++i) CHECK(s.acquire(moment(within_slack)) == verdict::use);
    CHECK(s.acquire(moment(expired) - 1ns) == verdict::use);
    CHECK(s.acquire(moment(expired)) == verdict::wait);
    s.issued(moment(expired), 1800s);
    CHECK(s.acquire(moment(expired)) == verdict::use);
    CHECK(s.generation() == 2);
}

TEST_CASE("T3: the slack is a fifth of the life, at most 300 s, so a short-lived token does not loop") {
    struct row {
        duration life;
        duration refresh_after;
    };
    for (const auto& [life, refresh_after] : {row{1s, 800ms}, row{10s, 8s}, row{100s, 80s}, row{1500s, 1200s},
                                              row{1800s, 1500s}, row{86'400s, 86'100s}}) {
        token_state s({});
        s.begin(moment(0s));
        s.issued(moment(0s), life);
        CHECK(s.acquire(moment(0s)) == verdict::use);
        CHECK(s.acquire(moment(refresh_after) - 1ns) == verdict::use);
        CHECK(s.acquire(moment(refresh_after)) == verdict::use_and_refresh);
        CHECK(s.acquire(moment(life)) == verdict::wait_and_refresh);
    }
}

TEST_CASE("T3: after a slow flight the token is not due again at once") {
    token_state s({});
    s.begin(moment(0s));
    s.issued(moment(9s), 10s);  // one second is left
    CHECK(s.expires_at() == moment(10s));
    CHECK(s.acquire(moment(9s)) == verdict::use);
    CHECK(s.acquire(moment(9800ms) - 1ns) == verdict::use);
    CHECK(s.acquire(moment(9800ms)) == verdict::use_and_refresh);
}

TEST_CASE("T7: a lifetime counts from the start of the flight") {
    token_state s({});
    s.begin(moment(0s));
    s.issued(moment(20s), 60s);
    CHECK(s.acquire(moment(60s) - 1ns) != verdict::wait_and_refresh);
    CHECK(s.acquire(moment(60s)) == verdict::wait_and_refresh);
}

TEST_CASE("T7: missing, zero, negative and huge lifetimes have defined results") {
    token_state missing({});
    missing.begin(moment(0s));
    missing.issued(moment(0s), std::nullopt);
    CHECK(missing.expires_at() == moment(1800s));

    for (const duration life : {0ns, -1ns, duration(-5s), duration::min()}) {
        token_state none({});
        CHECK(none.acquire(moment(0s)) == verdict::wait_and_refresh);
        none.begin(moment(0s));
        none.issued(moment(1s), life);
        // good for those who waited from generation 0 on, and for nobody else
        CHECK(none.brought(0));
        CHECK_FALSE(none.brought(1));
        CHECK(none.acquire(moment(1s)) == verdict::wait_and_refresh);
    }

    token_state huge({});
    huge.begin(moment(0s));
    huge.issued(moment(0s), duration::max());
    CHECK(huge.expires_at() == core::never);
    CHECK(huge.acquire(moment(std::chrono::hours(24 * 365 * 100))) == verdict::use);
    CHECK(huge.acquire(core::never - 300s - 1ns) == verdict::use);
    CHECK(huge.acquire(core::never - 300s) == verdict::use_and_refresh);
}

TEST_CASE("T4: a failed refresh pauses, more from time to time, while the old token serves") {
    token_limits limits;
    limits.min_backoff = 1s;
    limits.max_backoff = 6s;
    token_state s = with_token(limits);
    // the pause lies between 1 s and min(6 s, 1 s * 2^failures)
    time_point now = moment(within_slack);
    for (const duration longest : {2s, 4s, 6s, 6s}) {
        for (const double random : {0.0, 0.5}) {
            CAPTURE(random);
            token_state copy = s;
            REQUIRE(copy.acquire(now) == verdict::use_and_refresh);
            copy.begin(now);
            copy.failed(now, false, random);
            const auto pause = 1s + std::chrono::duration_cast<duration>((longest - 1s) * random);
            CHECK(copy.acquire(now + pause - 1ns) == verdict::use);
            CHECK(copy.acquire(now + pause) == verdict::use_and_refresh);
            if (random == 0.5) {
                s = copy;
                now += pause;
            }
        }
    }
    REQUIRE(s.acquire(now) == verdict::use_and_refresh);
    s.begin(now);
    s.issued(now, 1800s);
    now += 1500s;
    s.begin(now);
    s.failed(now, false, 0.999);
    CHECK(s.acquire(now + 1s) == verdict::use);
    CHECK(s.acquire(now + 2s) == verdict::use_and_refresh);  // a success forgets the failures
}

TEST_CASE("T4: the pause never outlives the token") {
    token_state s = with_token();
    s.begin(moment(expired - 100ms));
    s.failed(moment(expired - 100ms), false, 0.9);
    CHECK(s.acquire(moment(expired) - 1ns) == verdict::use);
    CHECK(s.acquire(moment(expired)) == verdict::wait_and_refresh);
}

TEST_CASE("T4: expired and failing, the error answers for the negative-cache delay") {
    token_state s = with_token();
    s.begin(moment(expired));
    s.failed(moment(expired + 2s), false, 0.9);
    CHECK(s.acquire(moment(expired + 2s)) == verdict::fail);
    CHECK(s.acquire(moment(expired + 3s) - 1ns) == verdict::fail);
    CHECK(s.acquire(moment(expired + 3s)) == verdict::wait_and_refresh);
    CHECK_FALSE(s.brought(1));
}

TEST_CASE("T4: refused credentials fail for good, but a valid token is used up") {
    token_state s = with_token();
    s.begin(moment(within_slack));
    s.failed(moment(within_slack), true, 0.5);
    CHECK(s.acquire(moment(expired) - 1ns) == verdict::use);
    CHECK(s.acquire(moment(expired)) == verdict::fail);
    CHECK(s.acquire(moment(std::chrono::hours(1000))) == verdict::fail);
}

TEST_CASE("T5: a 401 to an older token is retried with the current one, without a flight") {
    token_state s = with_token();
    s.begin(moment(within_slack));
    s.issued(moment(within_slack), 1800s);
    CHECK(s.rejected(1, moment(within_slack)) == rejection::retry_with_current);
    CHECK(s.acquire(moment(within_slack)) == verdict::use);
}

TEST_CASE("T5: many 401s of one generation lead to one flight") {
    token_state s = with_token();
    int flights = 0;
    for (int i = 0; i < 64; ++i) {
        CHECK(s.rejected(1, moment(10s)) == rejection::refresh);
        if (s.acquire(moment(10s)) == verdict::wait_and_refresh) {
            ++flights;
            s.begin(moment(10s));
        }
    }
    CHECK(flights == 1);
    s.issued(moment(11s), 1800s);
    CHECK(s.brought(1));
    CHECK(s.rejected(1, moment(11s)) == rejection::retry_with_current);
    CHECK(s.acquire(moment(11s)) == verdict::use);
}

TEST_CASE("T5: a 401 while the proactive refresh runs waits for that flight") {
    token_state s = with_token();
    s.begin(moment(within_slack));
    CHECK(s.rejected(1, moment(within_slack)) == rejection::refresh);
    CHECK(s.acquire(moment(within_slack)) == verdict::wait);
}

TEST_CASE("T5: a 401 ends the pause after a failed refresh") {
    token_state s = with_token();
    s.begin(moment(within_slack));
    s.failed(moment(within_slack), false, 0.9);
    CHECK(s.rejected(1, moment(within_slack)) == rejection::refresh);
    CHECK(s.acquire(moment(within_slack)) == verdict::wait_and_refresh);
}

TEST_CASE("T5: a service that refuses every token costs one flight per pause, not one per lookup") {
    token_state s = with_token();
    CHECK(s.rejected(1, moment(10s)) == rejection::refresh);
    s.begin(moment(10s));
    s.issued(moment(10s), 1800s);
    CHECK(s.rejected(2, moment(10s)) == rejection::give_up);
    CHECK(s.rejected(2, moment(11s) - 1ns) == rejection::give_up);
    CHECK(s.acquire(moment(10s)) == verdict::use);
    CHECK(s.rejected(2, moment(11s)) == rejection::refresh);
}

TEST_CASE("T5: a token that the service has accepted before may be refreshed again at once") {
    token_state s = with_token();
    CHECK(s.rejected(1, moment(10s)) == rejection::refresh);
    s.begin(moment(10s));
    s.issued(moment(10s), 1800s);
    s.accepted(1);  // a late answer to the old token proves nothing
    CHECK(s.rejected(2, moment(10s)) == rejection::give_up);
    s.accepted(2);
    CHECK(s.rejected(2, moment(10s)) == rejection::refresh);
}

TEST_CASE("T5: acceptance of a token says nothing about its successor") {
    token_state s = with_token();
    s.accepted(1);
    CHECK(s.rejected(1, moment(10s)) == rejection::refresh);
    s.begin(moment(10s));
    s.issued(moment(10s), 1800s);
    CHECK(s.rejected(2, moment(10s)) == rejection::give_up);
}

TEST_CASE("token: a flight that succeeds ends the pause of the one before it") {
    token_state s({});
    s.begin(moment(0s));
    s.failed(moment(0s), false, 0.5);
    CHECK(s.acquire(moment(0s)) == verdict::fail);
    s.begin(moment(0s));  // the caller did not want to wait
    s.issued(moment(0s), 0s);
    CHECK(s.acquire(moment(0s)) == verdict::wait_and_refresh);
}

TEST_CASE("T5: a refused token is given up when the credentials are refused as well") {
    token_state s = with_token();
    s.begin(moment(within_slack));
    s.failed(moment(within_slack), true, 0.5);
    CHECK(s.rejected(1, moment(within_slack)) == rejection::give_up);
    CHECK(s.acquire(moment(within_slack)) == verdict::fail);
}

namespace {

/// What has happened, in plain words; verdicts are derived from it anew each time.
struct history {
    struct token {
        time_point from;  // start of its flight
        time_point issued;
        duration life;
        bool dropped = false;
    };
    std::vector<token> tokens;  // generation n is tokens[n - 1]
    std::optional<time_point> flight;
    bool refused = false;
    std::optional<time_point> failed_at;  // the last failure, unless forgotten
    bool failed_with_valid = false;
    unsigned failures = 0;

    [[nodiscard]] bool valid(time_point now) const {
        return !tokens.empty() && !tokens.back().dropped && now < tokens.back().from + tokens.back().life;
    }
    [[nodiscard]] bool in_slack(time_point now) const {
        const token& t = tokens.back();
        const duration left = t.from + t.life - t.issued;
        return now >= t.from + t.life - std::min<duration>(300s, left / 5);
    }
    /// Certainly in a pause, certainly not, or up to the random number.
    [[nodiscard]] std::optional<bool> in_pause(time_point now, const token_limits& l) const {
        if (!failed_at) return false;
        if (!failed_with_valid) return now < *failed_at + l.negative_cache;
        if (!valid(now)) return false;
        if (now < *failed_at + l.min_backoff) return true;
        duration longest = l.min_backoff;
        for (unsigned i = 0; i < failures && longest < l.max_backoff; ++i) longest *= 2;
        if (now >= *failed_at + std::min(longest, l.max_backoff)) return false;
        return std::nullopt;
    }
};

}  // namespace

TEST_CASE("T1: a million random events never break the table, nor start a second flight") {
    const std::uint64_t seed = 99;
    CAPTURE(seed);
    const auto random = core::seeded_random(seed);
    const auto below = [&](std::uint64_t n) { return random->next() % n; };
    const token_limits limits;
    token_state s(limits);
    history h;
    time_point now = moment(0s);
    std::set<verdict> seen;
    std::size_t flights = 0;
    for (int i = 0; i < 1'000'000; ++i) {
        switch (below(8)) {
            case 0:
                now += duration(static_cast<duration::rep>(below(10) == 0 ? below(400'000'000'000)
                                                                          : below(2'000'000'000)));
                break;
            case 1:
                if (h.flight && below(2) == 0) {
                    const auto seconds = below(5) == 0 ? 0 : below(3) * 700 + below(20);
                    const duration life = std::chrono::seconds(seconds);
                    s.issued(now, life);
                    h.tokens.push_back({*h.flight, now, std::max<duration>(life, 0s)});
                    // A token dead on arrival has no life left to take a share of.
                    if (now > *h.flight + life) h.tokens.back().issued = *h.flight + life;
                    h.failed_at.reset();
                    h.failures = 0;
                    h.flight.reset();
                }
                break;
            case 2:
                if (h.flight && below(3) == 0) {
                    const bool refused = below(10) == 0;
                    const bool valid = h.valid(now);
                    s.failed(now, refused, random->unit());
                    if (refused) {
                        h.refused = true;
                    } else {
                        h.failed_at = now;
                        h.failed_with_valid = valid;
                        if (valid) ++h.failures;
                    }
                    h.flight.reset();
                }
                break;
            case 3:
                if (!h.tokens.empty() && below(20) == 0) {
                    const std::uint64_t used =
                        h.tokens.size() - below(std::min<std::uint64_t>(2, h.tokens.size()));
                    const auto answer = s.rejected(used, now);
                    if (used != h.tokens.size()) {
                        REQUIRE(answer == rejection::retry_with_current);
                    } else if (answer == rejection::refresh && !h.tokens.back().dropped) {
                        h.tokens.back().dropped = true;
                        h.failed_at.reset();
                    } else if (h.refused) {
                        REQUIRE((answer == rejection::give_up || h.flight));
                        if (s.acquire(now) == verdict::fail) h.tokens.back().dropped = true;
                    }
                }
                break;
            case 4:
                // Refused credentials are the end of a state.
                if (below(200) == 0) {
                    s = token_state(limits);
                    h = history();
                }
                break;
            case 5:
                s.accepted(h.tokens.size());
                break;
            default:
                break;
        }
        REQUIRE(s.generation() == h.tokens.size());
        REQUIRE(s.flying() == h.flight.has_value());
        const verdict v = s.acquire(now);
        seen.insert(v);
        const auto pause = h.in_pause(now, limits);
        const bool fly = v == verdict::use_and_refresh || v == verdict::wait_and_refresh;
        if (h.valid(now)) {
            REQUIRE((v == verdict::use || v == verdict::use_and_refresh));
            const bool wanted = !h.flight && !h.refused && h.in_slack(now);
            if (!wanted || pause == true) REQUIRE(v == verdict::use);
            if (wanted && pause == false) REQUIRE(v == verdict::use_and_refresh);
            REQUIRE(s.expires_at() > now);
        } else if (h.flight) {
            REQUIRE(v == verdict::wait);
        } else if (h.refused || pause == true) {
            REQUIRE(v == verdict::fail);
        } else {
            REQUIRE(v == verdict::wait_and_refresh);
        }
        if (fly) REQUIRE_FALSE(h.flight);
        if (fly && below(3) == 0) {
            s.begin(now);
            h.flight = now;
            ++flights;
        }
    }
    CHECK(seen.size() == 5);
    CHECK(flights > 1'000);
}

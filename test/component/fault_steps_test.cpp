// P9: a fault, or a cancellation, at every single step of a lookup.
#include "support/client_world.hpp"
#include "support/digest_service.hpp"
#include "support/saboteur.hpp"

#include <doctest/doctest.h>

using namespace getty::connect;
using namespace getty::connect::test;

namespace {

/// A lookup is started, and others beside it.
struct scene {
    std::string_view name;
    auth_scheme scheme = auth_scheme::bearer;
    bool warm = false;  // a connection, a token and a challenge are there already
    std::size_t connections = 8;
    std::size_t others = 0;      // lookups that go on at the same time
    std::size_t slice = 0;       // bytes per transfer, when not 0
    bool failing_first = false;  // the first answer is a 503
    std::size_t depth = 1;       // requests under way on one connection
};

constexpr scene scenes[] = {
    {"cold, bearer"},
    {"warm, bearer", auth_scheme::bearer, true},
    {"cold, digest", auth_scheme::digest},
    {"warm, digest", auth_scheme::digest, true},
    {"one connection for three", auth_scheme::bearer, false, 1, 2},
    {"one warm connection for three, digest", auth_scheme::digest, true, 1, 2},
    {"cold, three at once, digest", auth_scheme::digest, false, 8, 2},
    {"answers in small pieces", auth_scheme::bearer, false, 8, 0, 40},
    {"a 503 first", auth_scheme::bearer, true, 8, 0, 0, true},
    {"pipelined", auth_scheme::bearer, true, 1, 3, 0, false, 4},
    {"pipelined, answers in small pieces", auth_scheme::bearer, true, 1, 2, 40, false, 4},
    {"pipelined from the start, digest", auth_scheme::digest, false, 1, 3, 0, false, 3},
    {"pipelined, a 503 first", auth_scheme::bearer, true, 1, 2, 0, true, 4},
};

class stage_set {
public:
    explicit stage_set(const scene& of)
        : world(client_options()
                    // A write that is to wait for the peer lasts until the attempt's end: nobody else may
                    // give up by then.
                    .acquire_timeout(20s)
                    .max_connections(of.connections)
                    .pipeline_depth(of.depth)
                    .retry_budget(1.0, 100),
                of.scheme),
          scene_(of) {
        world.on_image = [this](scripted_stream& s, const std::string& request) {
            return answer(s, request);
        };
        if (of.warm) {
            REQUIRE(world.get_settled("warm")->done->has_value());
        }
        refuse_next_ = of.failing_first;
    }

    /// Nothing was left behind: the client works, and closes without a rest.
    void check_after() {
        const auto next = world.get("after");
        world.advance(30s);
        REQUIRE(next->done);
        CHECK(next->done->has_value());
        CHECK(world.core->stats().connections_leased == 0);
        CHECK(world.core->stats().waiters == 0);
        world.check_nothing_left();
    }

    client_world world;

private:
    bool answer(scripted_stream& s, const std::string& request) {
        if (scene_.slice != 0) s.slice(scene_.slice);
        if (std::exchange(refuse_next_, false)) {
            s.deliver(http_response(503, "busy"));
            return true;
        }
        if (scene_.scheme != auth_scheme::digest) return false;
        const std::string body = R"({"Images":[{"ImageId":")" + requested_id(request) + R"("}]})";
        service_.password = "token-" + std::to_string(world.token_posts);
        const auto fields = service_.check(s, request, body);
        if (fields) s.deliver(http_response(200, body, *fields));
        return true;
    }

    const scene& scene_;
    digest_service service_;
    bool refuse_next_ = false;
};

}  // namespace

TEST_CASE("P9: whichever operation of a lookup goes wrong, all lookups succeed and nothing is left") {
    for (const scene& each : scenes) {
        CAPTURE(each.name);
        for (const fault what : {fault::reset, fault::truncate, fault::blocked, fault::unreadable}) {
            CAPTURE(static_cast<int>(what));
            std::size_t n = 0;
            for (bool reached = true; reached; ++n) {
                CAPTURE(n);
                stage_set set(each);
                saboteur faults(set.world, what, n);
                std::vector<std::shared_ptr<pending>> all;
                for (std::size_t i = 0; i <= each.others; ++i)
                    all.push_back(set.world.get(std::to_string(i)));
                set.world.advance(60s);
                for (std::size_t i = 0; i < all.size(); ++i) {
                    REQUIRE(all[i]->done);
                    REQUIRE(all[i]->done->has_value());
                    CHECK((*all[i]->done)->image.image_id() == std::to_string(i));
                }
                reached = faults.reached();
                set.check_after();
            }
            CHECK(n > (each.warm ? 0 : 4));
        }
    }
}

TEST_CASE("P9: whenever a lookup is cancelled it ends at once, the others succeed and nothing is left") {
    for (const scene& each : scenes) {
        CAPTURE(each.name);
        for (std::size_t victim = 0; victim <= each.others; ++victim) {
            CAPTURE(victim);
            std::size_t canceled = 0;
            bool cut_short = true;
            for (std::size_t steps = 0; cut_short; ++steps) {
                CAPTURE(steps);
                REQUIRE(steps < 1000);
                stage_set set(each);
                client_world& w = set.world;
                std::vector<std::shared_ptr<pending>> all;
                for (std::size_t i = 0; i <= each.others; ++i) all.push_back(w.get(std::to_string(i)));
                const auto& cut = *all[victim];
                bool unsent = false;
                for (std::size_t i = 0; i < steps && !cut.done; ++i) {
                    w.context.restart();
                    if (w.context.poll_one() == 0) {  // all that is left waits for time to pass
                        w.scheduler->set(w.scheduler->armed());
                        w.scheduler->ring();
                    }
                }
                cut_short = !cut.done;
                if (cut_short) {
                    all[victim]->scope.cancel();
                    w.settle();
                    REQUIRE(cut.done);  // without a nanosecond passing
                    if (!cut.done->has_value()) {
                        CHECK(cut.done->error().value() == errc::canceled);
                        ++canceled;
                        unsent = cut.done->error().attempts() == 0;
                    }
                }
                w.advance(60s);
                for (std::size_t i = 0; i < all.size(); ++i) {
                    REQUIRE(all[i]->done);
                    if (i == victim) continue;
                    REQUIRE(all[i]->done->has_value());
                    CHECK((*all[i]->done)->image.image_id() == std::to_string(i));
                }
                // A connection that was meant for it is as good as before.
                if (unsent && each.connections == 1) CHECK(w.dialer->dials == 1);
                set.check_after();
            }
            CHECK(canceled >= 2);  // before the request leaves, and before its answer is there
        }
    }
}

TEST_CASE("P9: whenever the client is closed with no time to drain, every lookup ends and nothing is left") {
    for (const scene& each : scenes) {
        CAPTURE(each.name);
        bool cut_short = true;
        for (std::size_t steps = 0; cut_short; ++steps) {
            CAPTURE(steps);
            REQUIRE(steps < 1000);
            client_world w(client_options()
                               .max_connections(each.connections)
                               .pipeline_depth(each.depth)
                               .drain_timeout(0ms));
            std::vector<std::shared_ptr<pending>> all;
            for (std::size_t i = 0; i <= each.others; ++i) all.push_back(w.get(std::to_string(i)));
            w.context.restart();
            std::size_t made = 0;
            while (made < steps && w.context.poll_one() == 1) ++made;
            cut_short = made == steps;
            const auto closed = w.close();
            w.advance(0ms);
            CHECK(*closed);
            for (const auto& p : all) {
                REQUIRE(p->done);
                if (p->done->has_value()) continue;
                const errc code = p->done->error().value();
                const bool expected = code == errc::canceled || code == errc::client_closed;
                CHECK(expected);
            }
            CHECK(w.dialer->open() == 0);
            CHECK(w.scheduler->parked() == 0);
            CHECK(w.scheduler->pending_deadlines() == 0);
            CHECK(w.core->stats().connections_leased == 0);
        }
    }
}

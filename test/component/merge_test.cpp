// E2: equal lookups that are under way at a time.
#include "core/random.hpp"
#include "support/client_world.hpp"

#include <doctest/doctest.h>

#include <deque>
#include <memory>
#include <string>
#include <vector>

using namespace getty::connect;
using namespace getty::connect::test;

namespace {

/// A client that merges, and a service that answers when it is told to.
struct merging {
    explicit merging(client_options options = client_options())
        : world(options.duplicates(duplicates::merge).timeout(20s).max_attempts(1)) {
        world.on_image = [this](scripted_stream& s, const std::string& request) {
            asked.emplace_back(std::static_pointer_cast<scripted_stream>(s.shared_from_this()),
                               requested_id(request));
            return true;
        };
    }
    /// Answers all who have asked, in their order.
    void answer() {
        for (const auto& [stream, id] : std::exchange(asked, {})) stream->deliver(image_response(id));
        world.settle();
    }
    std::shared_ptr<pending> get(const std::string& id, lookup_options options = lookup_options()) {
        auto p = world.get(id, std::move(options));
        world.settle();
        return p;
    }
    client_world world;
    std::deque<std::pair<std::shared_ptr<scripted_stream>, std::string>> asked;
};

bool found(const pending& p, std::string_view id) {
    return p.done && *p.done && (*p.done)->image.image_id() == id;
}
bool failed(const pending& p, errc why) { return p.done && !*p.done && p.done->error() == why; }

}  // namespace

TEST_CASE("E2: 64 who ask for one id at a time share one request, and the next asks anew") {
    merging m;
    std::vector<std::shared_ptr<pending>> all;
    for (int i = 0; i < 64; ++i) all.push_back(m.get("1"));
    m.answer();
    for (const auto& p : all) CHECK(found(*p, "1"));
    CHECK(m.world.image_requests == 1);
    CHECK(m.world.core->stats().lookups_merged == 63);
    CHECK(m.world.core->stats().lookups_succeeded == 64);
    const auto later = m.get("1");
    m.answer();
    CHECK(found(*later, "1"));
    CHECK(m.world.image_requests == 2);
    m.world.check_nothing_left();
}

TEST_CASE("E2: without the option each has a request of its own") {
    client_world w;
    const auto one = w.get("1");
    const auto other = w.get("1");
    w.settle();
    CHECK(found(*one, "1"));
    CHECK(found(*other, "1"));
    CHECK(w.image_requests == 2);
}

TEST_CASE("E2: lookups that differ in more than timeout and context are not equal") {
    merging m;
    std::vector<lookup_options> different(11);
    different[1].language("de");
    different[2].coordination_id("c");
    different[3].decode(decode::raw);
    different[4].decode(decode::both);
    different[5].max_attempts(2);
    different[6].hedging(hedging::off);
    different[7].header("a", "b");
    different[8].header("a", "c");
    different[9].header("a", "b").header("c", "d");
    different[10].coordination_id("de");
    std::vector<std::shared_ptr<pending>> all;
    for (const lookup_options& each : different) all.push_back(m.get("1", each));
    CHECK(m.world.image_requests == 11);
    CHECK(m.asked.size() == 11);
    for (const lookup_options& each : different) {
        lookup_options same = each;
        all.push_back(m.get("1", same.timeout(10s).context(std::make_shared<int>(1))));
    }
    CHECK(m.world.image_requests == 11);
    m.answer();
    for (const auto& p : all) CHECK((p->done && p->done->has_value()));
}

TEST_CASE("E2: each keeps its own deadline, earlier or later than that of the first") {
    merging m;
    const auto first = m.get("1", lookup_options().timeout(5s));
    const auto hasty = m.get("1", lookup_options().timeout(1s));
    const auto patient = m.get("1", lookup_options().timeout(9s));
    m.world.advance(1s);
    CHECK(failed(*hasty, errc::deadline_exceeded));
    CHECK(hasty->done->error().elapsed() == 1s);
    CHECK(hasty->done->error().processed() == processed::maybe);
    CHECK(!first->done);
    m.world.advance(4s);
    CHECK(failed(*first, errc::deadline_exceeded));
    CHECK(first->done->error().elapsed() == 5s);
    // Who has time left asks once more.
    CHECK(!patient->done);
    CHECK(m.world.image_requests == 2);
    m.asked.pop_front();
    m.answer();
    CHECK(found(*patient, "1"));
    m.world.check_nothing_left();
}

TEST_CASE("E2: the second request has what is left of the time, and then no more") {
    merging m;
    const auto first = m.get("1", lookup_options().timeout(5s));
    const auto patient = m.get("1", lookup_options().timeout(9s));
    m.world.advance(8s);
    CHECK(failed(*first, errc::deadline_exceeded));
    CHECK(!patient->done);
    m.world.advance(1s);
    CHECK(failed(*patient, errc::deadline_exceeded));
    CHECK(patient->done->error().elapsed() == 9s);
    m.world.check_nothing_left();
}

TEST_CASE("E2: who is cancelled takes no other along, the first included") {
    merging m;
    const auto first = m.get("1");
    const auto second = m.get("1");
    const auto third = m.get("1");
    first->scope.cancel();
    third->scope.cancel();
    m.world.settle();
    CHECK(failed(*first, errc::canceled));
    CHECK(failed(*third, errc::canceled));
    CHECK(!second->done);
    CHECK(m.world.dialer->open() == 1);
    m.answer();
    CHECK(found(*second, "1"));
    CHECK(m.world.image_requests == 1);
    m.world.check_nothing_left();
}

TEST_CASE("E2: when the last has left, the request is given up, and nobody joins it any more") {
    merging m;
    const auto first = m.get("1");
    const auto second = m.get("1");
    first->scope.cancel();
    second->scope.cancel();
    const auto next = m.world.get("1");
    m.world.settle();
    CHECK(failed(*first, errc::canceled));
    CHECK(failed(*second, errc::canceled));
    CHECK(m.world.image_requests == 2);
    CHECK(m.world.dialer->open() == 1);
    CHECK(m.world.core->stats().lookups_canceled == 2);
    m.asked.pop_front();
    m.answer();
    CHECK(found(*next, "1"));
    m.world.check_nothing_left();
}

TEST_CASE("E2: what the service says is everybody's, and an id that cannot be sent nobody's request") {
    merging m;
    const auto one = m.get("1");
    const auto other = m.get("1");
    for (const auto& [stream, id] : std::exchange(m.asked, {})) stream->deliver(http_response(403, "no"));
    m.world.settle();
    CHECK(failed(*one, errc::forbidden));
    CHECK(failed(*other, errc::forbidden));
    CHECK(one->done->error().attempts() == 1);
    CHECK(other->done->error().attempts() == 0);
    CHECK(failed(*m.get(""), errc::invalid_id));
    CHECK(m.world.image_requests == 1);
    m.world.check_nothing_left();
}

namespace {

struct ends final : observer {
    void lookup_completed(const lookup_event& e) noexcept override {
        ++(!e.why ? found : *e.why == errc::canceled ? canceled : failed);
        requests += e.attempts;
    }
    std::size_t found = 0, canceled = 0, failed = 0, requests = 0;
};

}  // namespace

TEST_CASE("E2, E3: each is counted and told as its caller saw it, merged or not") {
    for (const auto handling : {duplicates::separate, duplicates::merge}) {
        const auto seen = std::make_shared<ends>();
        merging m(client_options().observer(seen));
        m.world.settings.duplicates = handling;
        m.world.core = m.world.make_shard();
        std::vector<std::shared_ptr<pending>> all;
        for (int i = 0; i < 10; ++i) all.push_back(m.get("1", lookup_options().timeout(i == 9 ? 1s : 20s)));
        for (std::size_t i = 0; i < 7; ++i) all[i]->scope.cancel();
        m.world.advance(1s);
        m.answer();
        const client_stats s = m.world.core->stats();
        CHECK(s.lookups_started == 10);
        CHECK(s.lookups_succeeded == 2);
        CHECK(s.lookups_canceled == 7);
        CHECK(s.lookups_failed == 1);
        CHECK(s.lookups_merged == (handling == duplicates::merge ? 2 : 0));
        CHECK(seen->found == 2);
        CHECK(seen->canceled == 7);
        CHECK(seen->failed == 1);
        CHECK(seen->requests == (handling == duplicates::merge ? 1 : 10));
    }
}

TEST_CASE("E2: `close` gives all of them their time, then ends them") {
    merging m(client_options().drain_timeout(5s));
    const auto one = m.get("1");
    const auto other = m.get("1");
    const auto closed = m.world.close();
    m.world.settle();
    CHECK(failed(*m.get("1"), errc::client_closed));
    CHECK(!*closed);
    m.world.advance(5s);
    CHECK(failed(*one, errc::canceled));
    CHECK(failed(*other, errc::canceled));
    CHECK(*closed);
    CHECK(m.world.scheduler->parked() == 0);
    CHECK(m.world.scheduler->pending_deadlines() == 0);
}

TEST_CASE("E2: 20,000 random events: each gets one answer, of its own id and in its own time") {
    merging m;
    const auto random = core::seeded_random(20'260'501);
    struct caller {
        std::string id;
        std::shared_ptr<pending> lookup;
        core::time_point until;
        bool canceled = false;
    };
    std::vector<caller> under_way;
    std::size_t answered = 0;
    std::size_t late = 0;
    std::size_t begun = 0;
    const auto look = [&] {
        std::erase_if(under_way, [&](const caller& c) {
            if (!c.lookup->done) {
                CHECK(m.world.scheduler->now() < c.until);
                return false;
            }
            const result<document>& got = *c.lookup->done;
            if (got) {
                CHECK(got->image.image_id() == c.id);
                ++answered;
            } else if (!c.canceled) {
                CHECK(got.error() == errc::deadline_exceeded);
                CHECK(m.world.scheduler->now() >= c.until);
                ++late;
            }
            return true;
        });
    };
    for (int step = 0; step < 20'000; ++step) {
        const std::uint64_t dice = random->next() % 100;
        if (dice < 45) {
            const std::string id = std::to_string(random->next() % 4);
            const auto time = std::chrono::milliseconds(1 + random->next() % 300);
            under_way.push_back(
                {id, m.world.get(id, lookup_options().timeout(time)), m.world.scheduler->now() + time});
            ++begun;
        } else if (dice < 55 && !under_way.empty()) {
            caller& c = under_way[random->next() % under_way.size()];
            c.lookup->scope.cancel();
            c.canceled = true;
        } else if (dice < 75 && !m.asked.empty()) {
            const auto [stream, id] = m.asked.front();
            m.asked.pop_front();
            stream->deliver(image_response(id));
        } else {
            m.world.advance(std::chrono::milliseconds(random->next() % 20));
        }
        m.world.settle();
        look();
        // A flight of each id at most, and what was given up ends with its connection.
        CHECK(m.world.dialer->open() <= 4 + m.world.core->stats().connections_idle);
    }
    m.world.advance(1s);
    look();
    CHECK(under_way.empty());
    CHECK(answered > 1'000);
    CHECK(late > 100);
    CHECK(m.world.image_requests < begun / 2);
    m.world.check_nothing_left();
}

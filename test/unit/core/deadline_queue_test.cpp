#include "core/deadline_queue.hpp"

#include "core/random.hpp"

#include <doctest/doctest.h>

#include <functional>
#include <map>
#include <memory>
#include <vector>

using namespace getty::connect::core;
using namespace std::chrono_literals;

namespace {

struct item final : deadline_queue::entry {
    explicit item(std::vector<int>& log, int name) : log_(log), name_(name) {}
    void due() noexcept override {
        log_.push_back(name_);
        if (again) again();
    }
    std::function<void()> again;

private:
    std::vector<int>& log_;
    int name_;
};

const time_point start{};

}  // namespace

TEST_CASE("deadlines: due entries run in the order of their time, others stay") {
    std::vector<int> log;
    deadline_queue queue;
    item a(log, 1);
    item b(log, 2);
    item c(log, 3);
    queue.set(a, start + 30ms);
    queue.set(b, start + 10ms);
    queue.set(c, start + 20ms);
    CHECK(queue.next() == start + 10ms);
    queue.run(start + 20ms);
    CHECK(log == std::vector{2, 3});
    CHECK(queue.next() == start + 30ms);
    CHECK_FALSE(b.queued());
    CHECK(a.queued());
    queue.remove(a);
    CHECK(queue.next() == never);
}

TEST_CASE("deadlines: an entry may set itself again while it runs") {
    std::vector<int> log;
    deadline_queue queue;
    item a(log, 1);
    int rounds = 0;
    a.again = [&] {
        if (++rounds < 3) queue.set(a, start + 5ms * rounds);
    };
    queue.set(a, start);
    queue.run(start + 1h);
    CHECK(log == std::vector{1, 1, 1});
}

TEST_CASE("deadlines: any sequence of set, move, remove and run agrees with a sorted map") {
    const auto random = seeded_random(7);
    std::vector<int> log;
    deadline_queue queue;
    std::vector<std::unique_ptr<item>> items;
    for (int i = 0; i < 64; ++i) items.push_back(std::make_unique<item>(log, i));
    std::map<int, time_point> model;
    time_point now = start;
    for (int step = 0; step < 200'000; ++step) {
        const int name = static_cast<int>(random->next() % items.size());
        auto& one = *items[static_cast<std::size_t>(name)];
        switch (random->next() % 5) {
            case 0:
            case 1: {
                const auto when = now + std::chrono::milliseconds(random->next() % 1000);
                queue.set(one, when);
                model[name] = when;
                break;
            }
            case 2:
                queue.remove(one);
                model.erase(name);
                break;
            case 3:
                queue.set(one, never);
                model.erase(name);
                break;
            default: {
                now += std::chrono::milliseconds(random->next() % 50);
                log.clear();
                queue.run(now);
                time_point last = start;
                for (const int ran : log) {
                    REQUIRE(model.contains(ran));
                    REQUIRE(model[ran] <= now);
                    REQUIRE(model[ran] >= last);
                    last = model[ran];
                    model.erase(ran);
                }
                for (const auto& [other, when] : model) REQUIRE(when > now);
            }
        }
        REQUIRE(queue.size() == model.size());
        REQUIRE(one.queued() == model.contains(name));
        for (const auto& [queued, when] : model) REQUIRE(queue.next() <= when);
    }
    queue.run(now + 1h);
    CHECK(queue.size() == 0);
    for (const auto& one : items) queue.remove(*one);
}

TEST_CASE("deadlines: an entry that is postponed is due at its last time, and among the others in order") {
    std::vector<int> log;
    deadline_queue queue;
    item a(log, 1);
    item b(log, 2);
    queue.set(a, start + 10ms);
    queue.set(a, start + 30ms);
    queue.set(b, start + 20ms);
    queue.run(start + 10ms);
    CHECK(log.empty());
    CHECK(queue.next() == start + 20ms);
    CHECK(a.when() == start + 30ms);
    queue.set(a, start + 25ms);
    queue.run(start + 40ms);
    CHECK(log == std::vector{2, 1});
}

TEST_CASE(
    "deadlines: an entry that is taken back is never due, and gives its place up when that would have come") {
    std::vector<int> log;
    deadline_queue queue;
    item a(log, 1);
    queue.set(a, never);
    CHECK(queue.size() == 0);
    queue.set(a, start + 10ms);
    queue.set(a, never);
    CHECK_FALSE(a.queued());
    CHECK(queue.size() == 0);
    CHECK(queue.next() == start + 10ms);
    queue.run(start + 10ms);
    CHECK(log.empty());
    CHECK(queue.size() == 0);
    CHECK(queue.next() == never);
}

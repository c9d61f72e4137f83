// G1, G4: when ids leave together, how far ahead their source is asked, and what becomes of those that wait.
#include "support/groups_world.hpp"

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <doctest/doctest.h>

#include <algorithm>
#include <deque>

using namespace getty::connect;
using namespace getty::connect::test;

namespace {

fetch_options tens() { return fetch_options().ids_per_request(10); }

/// A source that is awaited, and has what a test gives it.
struct fed {
    explicit fed(client_world& in) : timer(in.context, std::chrono::steady_clock::time_point::max()) {}
    id_source source() {
        return id_source(
            [this]() -> boost::asio::awaitable<std::optional<std::string>> { return next(this); });
    }
    void give(const id_list& more) {
        ids.insert(ids.end(), more.begin(), more.end());
        timer.cancel();
    }
    void end() {
        over = true;
        timer.cancel();
    }
    static boost::asio::awaitable<std::optional<std::string>> next(fed* self) {
        while (self->ids.empty() && !self->over) {
            boost::system::error_code woken;
            auto how = boost::asio::redirect_error(boost::asio::use_awaitable, woken);
            co_await self->timer.async_wait(how);
            const boost::asio::cancellation_state state = co_await boost::asio::this_coro::cancellation_state;
            if (state.cancelled() != boost::asio::cancellation_type::none) co_return std::nullopt;
        }
        if (self->ids.empty()) co_return std::nullopt;
        std::string id = self->ids.front();
        self->ids.pop_front();
        ++self->taken;
        co_return id;
    }

    boost::asio::steady_timer timer;
    std::deque<std::string> ids;
    bool over = false;
    std::size_t taken = 0;
};

void to_the_end(groups_world& w, consumer& c) {
    while (!c.finished) {
        c.drain();
        if (c.waiting && w.next_event() != core::never) w.step();
    }
}

}  // namespace

TEST_CASE("G1: ids of a source that is awaited leave at once while nothing else is under way") {
    groups_world w;
    w.on_lookup = [](scripted_stream&, const id_list&) { return true; };  // never answers
    fed f(w);
    consumer c(w);
    c.open(f.source(), tens());
    c.ask();
    f.give({"0"});
    w.settle();
    REQUIRE(w.asked.size() == 1);
    CHECK(w.asked[0] == id_list{"0"});
    c.batch->cancel();
    w.settle();
    c.drain();
    CHECK(c.finished);
    w.check_nothing_left();
}

TEST_CASE("G1: while others are under way they wait for each other, max_linger at most") {
    groups_world w;
    std::vector<scripted_stream*> held;
    w.on_lookup = [&](scripted_stream& s, const id_list& ids) {
        if (ids.front() != "0") return false;
        held.push_back(&s);
        return true;
    };
    fed f(w);
    consumer c(w);
    c.open(f.source(), tens().max_linger(5ms));
    c.ask();
    f.give({"0"});
    w.settle();
    f.give({"1"});
    w.settle();
    w.advance(4ms);
    f.give({"2"});
    w.settle();
    CHECK(w.asked.size() == 1);
    w.advance(1ms);
    REQUIRE(w.asked.size() == 2);
    CHECK(w.asked[1] == id_list{"1", "2"});
    // Full, they do not wait.
    f.give(numbers(12, 10));
    w.settle();
    REQUIRE(w.asked.size() == 3);
    CHECK(w.asked[2] == numbers(10, 10));
    // What else was under way is over: no reason to wait any more.
    c.drain();
    held.front()->deliver(v3_response({"0"}));
    w.settle();
    REQUIRE(w.asked.size() == 4);
    CHECK(w.asked[3] == numbers(2, 20));
    f.end();
    w.settle();
    c.drain();
    CHECK(c.finished);
    check_all_answered(c.taken, 15);
}

TEST_CASE("G1: ids that an awaited source has at hand go together, as those of any other") {
    groups_world w;
    fed f(w);
    f.give(numbers(95));
    f.end();
    consumer c(w);
    c.open(f.source(), tens().max_in_flight(2).max_linger(0ms));
    c.drain();
    check_all_answered(c.taken, 95);
    REQUIRE(w.asked.size() == 10);
    for (std::size_t i = 0; i < 9; ++i) CHECK(w.asked[i].size() == 10);
}

TEST_CASE("G1: an id that comes after its group has left goes with the next") {
    groups_world w;
    w.on_lookup = [](scripted_stream& s, const id_list& ids) {
        s.deliver(v3_response(ids));
        return true;
    };
    fed f(w);
    consumer c(w);
    c.open(f.source(), tens().max_in_flight(1));
    c.ask();
    for (int i = 0; i < 50; ++i) {
        f.give({std::to_string(i)});
        w.settle();
        c.drain();
    }
    f.end();
    w.settle();
    to_the_end(w, c);
    check_all_answered(c.taken, 50);
    for (const outcome& o : c.taken) CHECK(o.value.has_value());
}

TEST_CASE("G1: cancelled while it gathers, every id has its outcome, and none was sent") {
    groups_world w;
    w.on_lookup = [](scripted_stream&, const id_list&) { return true; };
    fed f(w);
    consumer c(w);
    c.open(f.source(), tens().max_linger(1s));
    c.ask();
    f.give({"0"});
    w.settle();
    f.give({"1", "2"});
    w.settle();
    CHECK(w.asked.size() == 1);
    c.batch->cancel();
    w.settle();
    c.drain();
    REQUIRE(c.finished);
    check_all_answered(c.taken, 3);
    for (const outcome& o : c.taken) {
        CHECK(o.value.error() == condition::canceled);
        CHECK(o.attempts == (o.id == "0" ? 1 : 0));
    }
    w.check_nothing_left();
}

TEST_CASE("G4: the source is never further ahead than requests in flight times their ids, and the buffer") {
    for (const delivery order : {delivery::as_completed, delivery::in_input_order}) {
        groups_world w;
        std::size_t pulled = 0;
        consumer c(w);
        const auto ids = [&]() -> std::optional<std::string> {
            if (pulled == 500) return std::nullopt;
            return std::to_string(pulled++);
        };
        c.open(ids, tens().max_in_flight(3).max_buffered(7).delivery(order));
        std::size_t most = 0;
        while (!c.finished) {
            c.ask();
            most = std::max(most, pulled - c.taken.size());
            CHECK(pulled - c.taken.size() <= 3 * 10 + 7);
        }
        CHECK(most > 30);
        check_all_answered(c.taken, 500);
        if (order == delivery::in_input_order) {
            for (std::size_t i = 0; i < c.taken.size(); ++i) CHECK(c.taken[i].index == i);
        }
        // However slowly they are taken, requests are full.
        CHECK(w.asked.size() == 50);
    }
}

TEST_CASE("G4: ids that v3 cannot have are refused by themselves, and take no place in a request") {
    groups_world w;
    consumer c(w);
    id_list ids = numbers(10);
    ids.insert(ids.begin() + 3, "not an id");
    ids.insert(ids.begin() + 5, "");
    ids.insert(ids.begin() + 6, std::string(65, 'a'));
    ids.insert(ids.begin() + 7, "a,b");
    c.open(ids, tens());
    c.drain();
    check_all_answered(c.taken, 14);
    std::size_t refused = 0;
    for (const outcome& o : c.taken) {
        if (o.value) continue;
        ++refused;
        CHECK(o.value.error() == condition::invalid_input);
        CHECK(o.attempts == 0);
    }
    CHECK(refused == 4);
    CHECK(w.asked.size() == 1);
    CHECK(w.core->stats().lookups_failed == 4);
}

TEST_CASE("G4: a batch of refused ids alone ends, without a request") {
    groups_world w;
    consumer c(w);
    c.open(id_list(1000, "not an id"), tens().max_in_flight(1).max_buffered(1));
    c.drain();
    CHECK(c.finished);
    CHECK(c.taken.size() == 1000);
    CHECK(w.asked.empty());
}

TEST_CASE("G4: equal ids are never twice in a request, and each has its outcome") {
    groups_world w;
    consumer c(w);
    id_list ids;
    for (int i = 0; i < 300; ++i) ids.push_back(std::to_string(i % 7));
    c.open(ids, tens().max_buffered(5));
    c.drain();
    check_all_answered(c.taken, 300);
    for (const id_list& request : w.asked) {
        CHECK(std::set<std::string>(request.begin(), request.end()).size() == request.size());
    }
    CHECK(w.core->stats().lookups_merged > 100);
}

TEST_CASE("G4: equal ids that are not to be merged go in different requests, each with its own outcome") {
    groups_world w;
    consumer c(w);
    c.open(id_list{"a", "b", "a", "c", "a", "a"}, tens().duplicates(duplicates::separate));
    c.drain();
    check_all_answered(c.taken, 6);
    for (const outcome& o : c.taken) CHECK(o.value.has_value());
    CHECK(w.asked == std::vector<id_list>{{"a", "b"}, {"a", "c"}, {"a"}, {"a"}});
}

TEST_CASE("G4: requests stay within what a target may hold, however long the ids") {
    groups_world w;
    consumer c(w);
    id_list ids;
    for (int i = 0; i < 300; ++i) ids.push_back(std::to_string(1000 + i) + std::string(60, 'x'));
    c.open(ids);
    c.drain();
    check_all_answered(c.taken, 300);
    for (const std::string& request : w.requests) CHECK(request.find(" HTTP/1.1") < 8'000);
    for (const id_list& request : w.asked) CHECK(request.size() < 100);
}

TEST_CASE("G9: the rate counts requests, and the rate of ids what is in them") {
    const auto time_for = [](client_options options, const fetch_options& fetch, std::size_t count) {
        groups_world w(std::move(options));
        const core::time_point began = w.scheduler->now();
        core::time_point last = began;  // when the last request left
        w.on_lookup = [&](scripted_stream&, const id_list&) {
            last = w.scheduler->now();
            return false;
        };
        consumer c(w);
        c.open(numbers(count), fetch);
        to_the_end(w, c);
        check_all_answered(c.taken, count);
        for (const outcome& o : c.taken) CHECK(o.value.has_value());
        return last - began;
    };
    CHECK(time_for(client_options().rate(10), tens(), 200) == 1900ms);  // 20 requests, the first at once
    // 1,000 ids at 500/s, the first 100 of which may go at once.
    const auto ids = time_for(client_options().rate_ids(500), tens(), 1000);
    CHECK(ids >= 1790ms);
    CHECK(ids <= 1810ms);
    const auto singles = time_for(client_options().rate_ids(500), fetch_options().ids_per_request(1), 1000);
    CHECK(singles >= 1790ms);
    CHECK(singles <= 1810ms);
    const auto both = time_for(client_options().rate_ids(500).rate(10), tens(), 1000);
    CHECK(both >= 9890ms);
    CHECK(both <= 9910ms);
}

TEST_CASE("G9: max_in_flight counts requests") {
    groups_world w;
    std::vector<std::pair<scripted_stream*, id_list>> held;
    w.on_lookup = [&](scripted_stream& s, const id_list& ids) {
        held.emplace_back(&s, ids);
        return true;
    };
    consumer c(w);
    c.open(numbers(1000), tens().max_in_flight(3));
    c.ask();
    CHECK(held.size() == 3);
    CHECK(c.batch->stats().in_flight == 3);
    while (!held.empty()) {
        const auto [stream, ids] = held.back();
        held.pop_back();
        stream->deliver(v3_response(ids));
        w.settle();
        c.drain();
        CHECK(held.size() <= 3);
    }
    c.drain();
    CHECK(c.finished);
    check_all_answered(c.taken, 1000);
}

TEST_CASE("G9: by default eight requests of a hundred ids are under way") {
    groups_world w;
    std::size_t held = 0;
    w.on_lookup = [&](scripted_stream&, const id_list&) { return ++held > 0; };
    consumer c(w);
    c.open(numbers(5000));
    c.ask();
    CHECK(held == 8);
    CHECK(w.asked.front().size() == 100);
    c.batch->cancel();
    w.settle();
    c.drain();
}

TEST_CASE("G10: what does not go with many ids, or with v3, is refused by name") {
    const auto refusal = [](client_world& w, const fetch_options& options) {
        try {
            (void)w.core->make_batch(numbers(1), options);
        } catch (const failure& e) {
            return std::string(e.error().message());
        }
        return std::string();
    };
    groups_world v3;
    CHECK(refusal(v3, fetch_options().lookup(lookup_options().hedging(hedging::after_p95)))
              .starts_with("hedging"));
    CHECK(refusal(v3, fetch_options().ids_per_request(1).lookup(lookup_options().hedging(hedging::after_p95)))
              .empty());
    CHECK(refusal(v3, fetch_options().lookup(lookup_options().coordination_id("c")))
              .starts_with("coordination_id"));
    const auto p = v3.get_settled("1");
    CHECK(p->done->has_value());
    const auto refused = v3.get("1", lookup_options().coordination_id("c"));
    v3.settle();
    CHECK(refused->done->error().value() == errc::invalid_option);
    client_world connect;
    CHECK(refusal(connect, fetch_options().ids_per_request(2)).starts_with("ids_per_request 2"));
    CHECK(refusal(connect, fetch_options().lookup(lookup_options().fields({"title"}))).starts_with("fields"));
}

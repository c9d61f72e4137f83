// What befalls everybody is waited for in a batch: the rate, pauses, outages. B8, B9, B10, B12.
#include "async/event.hpp"
#include "support/client_world.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <string>
#include <vector>

using namespace getty::connect;
using namespace getty::connect::test;

namespace {

auto ids(std::size_t count, std::size_t& pulled) {
    return [&pulled, count]() -> std::optional<std::string> {
        if (pulled == count) return std::nullopt;
        return std::to_string(++pulled);
    };
}

/// Takes what comes during `time`, in steps of 50 ms.
void take_for(client_world& w, consumer& c, core::duration time) {
    const core::time_point end = core::later(w.scheduler->now(), time);
    while (!c.finished) {
        while (!c.waiting && !c.finished) c.ask();
        if (w.scheduler->now() >= end) return;
        w.advance(50ms);
    }
}

std::map<errc, std::size_t> failures(const consumer& c) {
    std::map<errc, std::size_t> by_code;
    for (const outcome& o : c.taken) {
        if (!o.value) ++by_code[o.value.error().value()];
    }
    return by_code;
}

std::string too_many(std::string_view retry_after = {}) {
    return http_response(429, "{}",
                         retry_after.empty() ? "" : "Retry-After: " + std::string(retry_after) + "\r\n");
}

std::optional<error> refused() { return error(errc::connect_failed, stage::connect, "Connection refused"); }

struct watcher final : observer {
    void paused(std::chrono::milliseconds wait, const error& why) noexcept override {
        pauses.push_back(wait);
        last = why.describe();
    }
    void outage_began(const error& why) noexcept override {
        ++began;
        last = why.describe();
    }
    void outage_ended(std::chrono::milliseconds length) noexcept override { lengths.push_back(length); }
    std::vector<std::chrono::milliseconds> pauses;
    std::vector<std::chrono::milliseconds> lengths;
    std::size_t began = 0;
    std::string last;
};

}  // namespace

TEST_CASE("B8: at one request per second, 150 ids with defaults are all answered, and none is pulled early") {
    client_world w(client_options().rate(1));
    consumer c(w);
    std::size_t pulled = 0;
    c.open(ids(150, pulled));
    for (int second = 1; second < 150 && !c.finished; ++second) {
        take_for(w, c, 1s);
        CHECK(pulled <= w.image_requests + 1);
    }
    take_for(w, c, 10s);
    REQUIRE(c.finished);
    CHECK(c.taken.size() == 150);
    CHECK(failures(c).empty());
    CHECK(w.image_requests == 150);
}

TEST_CASE(
    "B8: one connection and a service that takes a second: ids wait their turn for as long as it takes") {
    client_world w(client_options().max_connections(1));
    w.on_image = [&](scripted_stream& s, const std::string& request) {
        const std::string answer = image_response(requested_id(request));
        w.spawn<std::monostate>(
            [](client_world& in, scripted_stream& to, std::string bytes) -> async::task<std::monostate> {
                async::cancel_scope scope(*in.scheduler);
                scope.expires_at(core::later(in.scheduler->now(), 1s));
                async::event over(*in.scheduler);
                while (!scope.stopped()) co_await over.wait(scope);
                to.deliver(bytes);
                co_return std::monostate();
            }(w, s, answer),
            nullptr);
        return true;
    };
    consumer c(w);
    std::size_t pulled = 0;
    c.open(ids(100, pulled));
    take_for(w, c, 120s);
    REQUIRE(c.finished);
    CHECK(c.taken.size() == 100);
    CHECK(failures(c).empty());
}

TEST_CASE("B8: a lookup by itself says what it waited for when its time is over") {
    client_world w(client_options().rate(0.01).timeout(5s));
    const auto first = w.get_settled("1");
    CHECK(first->done->has_value());
    const auto second = w.get_settled("2");
    w.advance(6s);
    REQUIRE(second->done);
    CHECK(second->done->error().value() == errc::deadline_exceeded);
    CHECK(second->done->error().message().find("its turn in the rate") != std::string::npos);
}

TEST_CASE("B10: one answer of 429 with Retry-After: 60 has everybody wait, and no id is lost or grows old") {
    const auto seen = std::make_shared<watcher>();
    client_world w(client_options().observer(seen));
    bool refused = false;
    w.on_image = [&](scripted_stream& s, const std::string&) {
        if (w.image_requests != 10 || std::exchange(refused, true)) return false;
        s.deliver(too_many("60"));
        return true;
    };
    consumer c(w);
    std::size_t pulled = 0;
    c.open(ids(100, pulled));
    take_for(w, c, 59s);
    CHECK(!c.finished);
    CHECK(w.core->stats().pauses == 1);
    CHECK(w.core->stats().paused_until > w.scheduler->now());
    take_for(w, c, 60s);
    REQUIRE(c.finished);
    CHECK(c.taken.size() == 100);
    CHECK(failures(c).empty());
    REQUIRE(seen->pauses.size() == 1);
    CHECK(seen->pauses[0] == 60s);
}

TEST_CASE("B10: 503 with Retry-After to everybody for five minutes costs no id and no attempt") {
    client_world w;
    const core::time_point over = core::later(w.scheduler->now(), 290s);
    w.on_image = [&](scripted_stream& s, const std::string&) {
        if (w.scheduler->now() >= over) return false;
        s.deliver(http_response(503, "{}", "Retry-After: 120\r\n"));
        return true;
    };
    consumer c(w);
    std::size_t pulled = 0;
    c.open(ids(5'000, pulled));
    take_for(w, c, 600s);
    REQUIRE(c.finished);
    CHECK(c.taken.size() == 5'000);
    CHECK(failures(c).empty());
    CHECK(w.image_requests < 5'000 + 4 * 64);
}

TEST_CASE("B9, B10: what has a batch pause, or fails in its outage, is no retry and needs no budget") {
    for (const bool outage : {false, true}) {
        CAPTURE(outage);
        client_world w(client_options().retry_budget(0, 0));
        bool out = false;
        w.on_image = [&](scripted_stream& s, const std::string&) {
            if (!out) return false;
            s.deliver(outage ? http_response(502, "{}") : http_response(503, "{}", "Retry-After: 7\r\n"));
            return true;
        };
        consumer c(w);
        std::size_t pulled = 0;
        c.open(ids(200, pulled), fetch_options().max_outage(10min));
        c.ask();
        out = true;
        while (w.core->stats().pauses == 0 && !w.core->stats().in_outage) take_for(w, c, 50ms);
        const std::uint64_t before = w.core->stats().retries;
        take_for(w, c, 20s);
        CHECK(!c.finished);
        CHECK(w.core->stats().in_outage == outage);
        out = false;
        take_for(w, c, 120s);
        REQUIRE(c.finished);
        CHECK(c.taken.size() == 200);
        CHECK(failures(c).empty());
        CHECK(w.core->stats().retries == before);
        if (!outage) CHECK(before == 0);
    }
}

TEST_CASE("B10: a limit of 300 requests a second, told by 429 alone, is found and costs no id") {
    client_world w;
    core::time_point second{};
    std::size_t in_second = 0;
    w.on_image = [&](scripted_stream& s, const std::string&) {
        if (w.scheduler->now() - second >= 1s) {
            second = w.scheduler->now();
            in_second = 0;
        }
        if (++in_second <= 300) return false;
        s.deliver(too_many());
        return true;
    };
    consumer c(w);
    std::size_t pulled = 0;
    c.open(ids(10'000, pulled), fetch_options().max_in_flight(48));
    take_for(w, c, 200s);
    REQUIRE(c.finished);
    CHECK(c.taken.size() == 10'000);
    CHECK(failures(c).empty());
    // 10,000 at 300 a second take 33 s at the least.
    CHECK(w.scheduler->now().time_since_epoch() < 100s);
}

TEST_CASE(
    "B10: pauses without a named time grow while nothing is answered, and the batch ends within max_pause") {
    const auto seen = std::make_shared<watcher>();
    client_world w(client_options().max_pause(60s).observer(seen));
    w.on_image = [&](scripted_stream& s, const std::string&) {
        s.deliver(too_many());
        return true;
    };
    consumer c(w);
    std::size_t pulled = 0;
    c.open(ids(1'000, pulled));
    take_for(w, c, 300s);
    REQUIRE(c.finished);
    CHECK(w.scheduler->now().time_since_epoch() <= 100s);
    const auto why = c.batch->stopped();
    REQUIRE(why);
    CHECK(why->value() == errc::throttled);
    CHECK(why->message().find("max_pause") != std::string::npos);
    CHECK(c.taken.size() == pulled);
    CHECK(pulled < 1'000);
    CHECK(seen->pauses.size() >= 5);
    CHECK(seen->pauses.size() < 20);
    CHECK(std::is_sorted(seen->pauses.begin() + 1, seen->pauses.begin() + 4));
}

TEST_CASE("B10: a pause of a day is not taken: the batch ends, what was not sent is not asked") {
    client_world w(client_options().max_connections(2));
    w.on_image = [&](scripted_stream& s, const std::string&) {
        s.deliver(too_many("86400"));
        return true;
    };
    consumer c(w);
    std::size_t pulled = 0;
    c.open(ids(100, pulled), fetch_options().max_in_flight(10));
    take_for(w, c, 5s);
    REQUIRE(c.finished);
    CHECK(c.taken.size() == pulled);
    const auto why = c.batch->stopped();
    REQUIRE(why);
    CHECK(why->message().find("a pause of 86400 s, more than the 900 s of max_pause") != std::string::npos);
    const auto failed = failures(c);
    CHECK(failed.at(errc::throttled) <= 2);
    CHECK(failed.at(errc::throttled) + failed.at(errc::not_asked) == pulled);
    for (const outcome& o : c.taken) {
        if (o.value.error().value() == errc::not_asked) CHECK(o.attempts == 0);
    }
}

TEST_CASE("B10: the pause of a day does not hold up lookups by themselves for longer than max_pause") {
    client_world w(client_options().max_pause(40s));
    bool once = false;
    w.on_image = [&](scripted_stream& s, const std::string&) {
        if (std::exchange(once, true)) return false;
        s.deliver(too_many("86400"));
        return true;
    };
    const auto first = w.get_settled("1");
    REQUIRE(first->done);
    CHECK(first->done->error().value() == errc::throttled);
    w.advance(15s);
    const auto second = w.get_settled("2");
    w.advance(24s);
    CHECK(!second->done);
    w.advance(2s);
    REQUIRE(second->done);
    CHECK(second->done->has_value());
}

TEST_CASE("B10: an id that alone meets 503 while others are answered pays with its attempts") {
    client_world w;
    std::size_t asked = 0;
    w.on_image = [&](scripted_stream& s, const std::string& request) {
        if (requested_id(request) != "50") return false;
        ++asked;
        s.deliver(http_response(503, "{}", "Retry-After: 1\r\n"));
        return true;
    };
    consumer c(w);
    std::size_t pulled = 0;
    c.open(ids(500, pulled), fetch_options().max_in_flight(4));
    take_for(w, c, 60s);
    REQUIRE(c.finished);
    CHECK(c.taken.size() == 500);
    CHECK(failures(c).size() == 1);
    CHECK(failures(c).at(errc::server_error) == 1);
    CHECK(asked <= 4);
}

TEST_CASE(
    "B9: an outage of 60 s at 50 requests a second costs no id, and one probe at a time looks for its end") {
    struct trouble {
        const char* name;
        std::function<void(client_world&, bool)> set;
    };
    const std::vector<trouble> troubles{
        {"connect",
         [](client_world& w, bool on) {
             w.dialer->refuse = nullptr;
             if (!on) return;
             w.dialer->refuse = refused;
             for (const auto& s : w.dialer->streams) s->end();
         }},
        {"500",
         [](client_world& w, bool on) {
             w.on_image = nullptr;
             if (on) {
                 w.on_image = [](scripted_stream& s, const std::string&) {
                     s.deliver(http_response(500, "{}"));
                     return true;
                 };
             }
         }},
    };
    for (const trouble& t : troubles) {
        CAPTURE(t.name);
        const auto seen = std::make_shared<watcher>();
        client_world w(client_options().rate(50).observer(seen));
        consumer c(w);
        std::size_t pulled = 0;
        c.open(ids(1'000, pulled), fetch_options().max_outage(10min));
        take_for(w, c, 5s);
        const std::size_t before = c.taken.size();
        CHECK(before > 200);
        t.set(w, true);
        take_for(w, c, 3s);
        CHECK(w.core->stats().in_outage);
        const std::size_t requests = w.image_requests + w.dialer->dials;
        const std::size_t pulled_before = pulled;
        take_for(w, c, 57s);
        CHECK(pulled == pulled_before);
        CHECK(w.image_requests + w.dialer->dials - requests <= 8);
        t.set(w, false);
        take_for(w, c, 100s);
        REQUIRE(c.finished);
        CHECK(c.taken.size() == 1'000);
        CHECK(failures(c).empty());
        CHECK(seen->began == 1);
        REQUIRE(seen->lengths.size() == 1);
        CHECK(seen->lengths[0] >= 60s);
        CHECK(!w.core->stats().in_outage);
        CHECK(!c.batch->stopped());
    }
}

TEST_CASE(
    "B9: however few are under way at a time, an outage costs no id, and an id that is refused alone fails") {
    for (const std::size_t at_a_time : {1U, 2U, 3U, 4U, 7U}) {
        CAPTURE(at_a_time);
        client_world w(client_options().rate(5));
        bool out = false;
        w.on_image = [&](scripted_stream& s, const std::string& request) {
            if (!out && requested_id(request) != "30") return false;
            s.deliver(http_response(502, "{}"));
            return true;
        };
        consumer c(w);
        std::size_t pulled = 0;
        c.open(ids(100, pulled), fetch_options().max_outage(10min).max_in_flight(at_a_time));
        take_for(w, c, 3s);
        out = true;
        take_for(w, c, 40s);
        out = false;
        take_for(w, c, 120s);
        REQUIRE(c.finished);
        CHECK(c.taken.size() == 100);
        const auto failed = failures(c);
        REQUIRE(failed.size() == 1);
        CHECK(failed.at(errc::server_error) == 1);
        CHECK(!c.batch->stopped());
    }
}

TEST_CASE("B9: an outage that is over before it was noticed costs no id either") {
    for (const int status : {500, 502}) {
        CAPTURE(status);
        client_world w(client_options().rate(5));
        bool out = false;
        w.on_image = [&](scripted_stream& s, const std::string&) {
            if (!out) return false;
            s.deliver(http_response(status, "{}"));
            return true;
        };
        consumer c(w);
        std::size_t pulled = 0;
        c.open(ids(100, pulled), fetch_options().max_outage(10min));
        for (int i = 0; i < 5; ++i) {
            take_for(w, c, 1500ms);
            out = true;
            take_for(w, c, 600ms);
            out = false;
        }
        take_for(w, c, 120s);
        REQUIRE(c.finished);
        CHECK(c.taken.size() == 100);
        CHECK(failures(c).empty());
    }
}

TEST_CASE("B10: who waits for a connection when a pause begins does not leave during it") {
    client_world w(client_options().max_pause(3s));
    std::size_t answers = 0;
    w.on_image = [&](scripted_stream& s, const std::string&) {
        ++answers;
        s.deliver(http_response(503, "{}", "Retry-After: 1\r\n"));
        return true;
    };
    w.dialer->hang = true;
    consumer c(w);
    std::size_t pulled = 0;
    c.open(ids(400, pulled));
    take_for(w, c, 100ms);
    w.dialer->hang = false;
    take_for(w, c, 20s);
    REQUIRE(c.finished);
    CHECK(w.scheduler->now().time_since_epoch() > 2s);
    REQUIRE(c.batch->stopped());
    CHECK(c.batch->stopped()->value() == errc::throttled);
}

TEST_CASE(
    "B9: the last id of a batch that alone meets 502 fails, and nobody waits for others that do not come") {
    client_world w;
    w.on_image = [&](scripted_stream& s, const std::string& request) {
        if (requested_id(request) != "20") return false;
        s.deliver(http_response(502, "{}"));
        return true;
    };
    consumer c(w);
    std::size_t pulled = 0;
    c.open(ids(20, pulled), fetch_options().max_outage(10min).max_in_flight(1));
    take_for(w, c, 30s);
    REQUIRE(c.finished);
    CHECK(failures(c).at(errc::server_error) == 1);
}

TEST_CASE("B9: a token endpoint that fails for 30 s costs no id") {
    client_world w;
    w.token_minutes = 1;
    consumer c(w);
    std::size_t pulled = 0;
    c.open(ids(2'000, pulled), fetch_options().max_outage(10min).max_in_flight(16));
    w.on_image = [&](scripted_stream& s, const std::string& request) {
        if (w.image_requests % 100 != 0) return false;
        w.scheduler->set(core::later(w.scheduler->now(), 5s));
        s.deliver(image_response(requested_id(request)));
        return true;
    };
    w.on_token = [&](scripted_stream& s, const std::string&) {
        const auto at = w.scheduler->now().time_since_epoch();
        if (at < 30s || at > 95s) return false;
        s.deliver(http_response(503, "{}"));
        return true;
    };
    take_for(w, c, 600s);
    REQUIRE(c.finished);
    CHECK(c.taken.size() == 2'000);
    CHECK(failures(c).empty());
    CHECK(w.core->stats().outages == 1);
}

TEST_CASE("B9: the last few ids of a run sit out an outage in which nobody is reached") {
    for (const std::size_t left : {std::size_t{1}, std::size_t{3}}) {
        CAPTURE(left);
        client_world w(client_options().rate(1).max_attempts(2));
        bool out = false;
        w.on_image = [&](scripted_stream& s, const std::string&) {
            if (out) s.vanish();
            return out;
        };
        consumer c(w);
        std::size_t pulled = 0;
        c.open(ids(20 + left, pulled), fetch_options().max_outage(10min));
        while (c.taken.size() < 20) take_for(w, c, 50ms);
        out = true;
        w.dialer->refuse = refused;
        take_for(w, c, 90s);
        CHECK(w.core->stats().outages == 1);
        CHECK_FALSE(c.finished);
        out = false;
        w.dialer->refuse = nullptr;
        take_for(w, c, 60s);
        REQUIRE(c.finished);
        CHECK(c.taken.size() == 20 + left);
        CHECK(failures(c).empty());
    }
}

TEST_CASE("B9: a service that takes no new connections, and answers on those it has, costs no id") {
    client_world w(client_options().max_attempts(2).backoff(100ms, 100ms).timeout(300ms));
    std::size_t dials = 0;
    w.dialer->refuse = [&]() -> std::optional<error> {
        if (++dials <= 4) return std::nullopt;
        return refused();
    };
    std::vector<std::pair<scripted_stream*, std::string>> asked;
    w.on_image = [&](scripted_stream& s, const std::string& request) {
        asked.emplace_back(&s, requested_id(request));
        return true;
    };
    consumer c(w);
    std::size_t pulled = 0;
    c.open(ids(60, pulled), fetch_options().max_outage(10min).max_in_flight(6));
    for (int i = 0; i < 2'000 && !c.finished; ++i) {
        take_for(w, c, 50ms);
        for (auto& [stream, id] : std::exchange(asked, {})) stream->deliver(image_response(id));
    }
    REQUIRE(c.finished);
    CHECK(c.taken.size() == 60);
    CHECK(failures(c).empty());
    CHECK(w.core->stats().outages == 0);
}

TEST_CASE(
    "B9: tries that reached nobody take no attempt from an id that is reached again and meets its own") {
    client_world w(client_options().max_connections(2).max_attempts(3).backoff(100ms, 100ms));
    int refusals = 0;
    w.dialer->refuse = [&]() -> std::optional<error> {
        if (refusals == 0) return std::nullopt;
        --refusals;
        return refused();
    };
    std::map<std::string, int> asked;
    w.on_image = [&](scripted_stream& s, const std::string& request) {
        // The second id is closed upon twice; between the two nobody is reached two times.
        const std::string id = requested_id(request);
        const int before = asked[id]++;
        if (id != "2" || before == 2) return false;
        s.vanish();
        if (before == 0) refusals = 2;
        return true;
    };
    consumer c(w);
    std::size_t pulled = 0;
    c.open(ids(4, pulled), fetch_options().max_outage(10min).max_in_flight(1));
    take_for(w, c, 60s);
    REQUIRE(c.finished);
    CHECK(refusals == 0);
    CHECK(asked["2"] == 3);
    CHECK(c.taken.size() == 4);
    CHECK(failures(c).empty());
}

TEST_CASE("B9: a good answer to what was sent before says nothing against an outage that begins") {
    client_world w(client_options().max_connections(4).max_attempts(1));
    std::vector<std::pair<scripted_stream*, std::string>> asked;
    bool out = false;
    w.on_image = [&](scripted_stream& s, const std::string& request) {
        asked.emplace_back(&s, requested_id(request));
        return true;
    };
    consumer c(w);
    std::size_t pulled = 0;
    c.open(ids(60, pulled), fetch_options().max_outage(10min).max_in_flight(4));
    const auto answer_first = [&] {
        auto [stream, id] = asked.front();
        asked.erase(asked.begin());
        stream->deliver(out ? http_response(500, "{}") : image_response(id));
    };
    take_for(w, c, 50ms);
    REQUIRE(asked.size() == 4);
    // The first meets the outage; the second had its answer under way already.
    out = true;
    answer_first();
    w.advance(1ms);
    out = false;
    answer_first();
    out = true;
    for (int i = 0; i < 2'000 && !c.finished; ++i) {
        take_for(w, c, 50ms);
        if (i == 200) out = false;
        for (std::size_t now = asked.size(); now > 0; --now) answer_first();
    }
    REQUIRE(c.finished);
    CHECK(c.taken.size() == 60);
    CHECK(failures(c).empty());
}

TEST_CASE("B9: a token endpoint that closes, hangs or breaks HTTP costs no id, many or few") {
    for (const std::size_t left : {std::size_t{2}, std::size_t{40}}) {
        for (const char* how : {"closes", "hangs", "breaks"}) {
            CAPTURE(left);
            CAPTURE(how);
            client_world w(client_options().rate(left > 5 ? 100 : 1).attempt_timeout(2s));
            w.token_minutes = 1;
            consumer c(w);
            std::size_t pulled = 0;
            c.open(ids(20 + left, pulled), fetch_options().max_outage(10min).max_in_flight(16));
            while (c.taken.size() < 20) take_for(w, c, 50ms);
            bool out = true;
            w.on_token = [&](scripted_stream& s, const std::string&) {
                if (!out) return false;
                if (std::string_view(how) == "closes") s.vanish();
                if (std::string_view(how) == "breaks")
                    s.deliver("HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n");
                return true;
            };
            w.scheduler->set(core::later(w.scheduler->now(), 61s));  // the token is over
            take_for(w, c, 60s);
            CHECK_FALSE(c.finished);
            out = false;
            take_for(w, c, 120s);
            REQUIRE(c.finished);
            CHECK(c.taken.size() == 20 + left);
            CHECK(failures(c).empty());
        }
    }
}

TEST_CASE("B9: beyond max_outage the batch ends with the first cause; what was never sent is not asked") {
    client_world w;
    w.dialer->refuse = refused;
    consumer c(w);
    std::size_t pulled = 0;
    c.open(ids(1'000, pulled), fetch_options().max_outage(60s));
    take_for(w, c, 100s);
    REQUIRE(c.finished);
    CHECK(w.scheduler->now().time_since_epoch() < 70s);
    CHECK(c.taken.size() == pulled);
    CHECK(pulled <= 64 + 1);
    CHECK(failures(c).at(errc::not_asked) == pulled);
    for (const outcome& o : c.taken) CHECK(o.attempts == 0);
    const auto why = c.batch->stopped();
    REQUIRE(why);
    CHECK(why->message().find("for 6") != std::string::npos);
}

TEST_CASE("B9: a batch that is to stop at an outage before the first answer does so at once") {
    client_world w;
    w.dialer->refuse = refused;
    consumer c(w);
    std::size_t pulled = 0;
    c.open(ids(1'000, pulled),
           fetch_options().max_outage(60s).before_first_answer(before_first_answer::stop));
    take_for(w, c, 5s);
    REQUIRE(c.finished);
    REQUIRE(c.batch->stopped());
    CHECK(pulled <= 64 + 1);
}

TEST_CASE("B9: without max_outage every id fails with what it met") {
    client_world w;
    consumer c(w);
    std::size_t pulled = 0;
    w.on_image = [](scripted_stream& s, const std::string&) {
        s.deliver(http_response(500, "{}"));
        return true;
    };
    c.open(ids(100, pulled));
    take_for(w, c, 60s);
    REQUIRE(c.finished);
    CHECK(failures(c).at(errc::server_error) == 100);
    CHECK(!c.batch->stopped());
}

TEST_CASE("B12: credentials that are refused end the batch after one token request") {
    client_world w;
    w.on_token = [](scripted_stream& s, const std::string&) {
        s.deliver(http_response(401, R"({"error":"invalid_client"})"));
        return true;
    };
    consumer c(w);
    std::size_t pulled = 0;
    c.open(ids(1'000, pulled));
    take_for(w, c, 5s);
    REQUIRE(c.finished);
    CHECK(w.token_posts == 1);
    CHECK(pulled <= 64);
    REQUIRE(c.batch->stopped());
    CHECK(c.batch->stopped()->value() == errc::credentials_rejected);
    CHECK(failures(c).at(errc::not_asked) == pulled);
}

TEST_CASE("B12: a token that cannot be sent ends the batch at once, whatever the outage it may sit out") {
    client_world w;
    w.on_token = [](scripted_stream& s, const std::string&) {
        s.deliver(http_response(200, R"({"token":{"ssl_token":"a=b c","token_duration_minutes":30}})"));
        return true;
    };
    consumer c(w);
    std::size_t pulled = 0;
    c.open(ids(1'000, pulled), fetch_options().max_outage(10min));
    take_for(w, c, 5s);
    REQUIRE(c.finished);
    CHECK(w.image_requests == 0);
    REQUIRE(c.batch->stopped());
    CHECK(c.batch->stopped()->value() == errc::invalid_option);
    CHECK(failures(c).at(errc::not_asked) == pulled);
}

TEST_CASE("B12: a fixed token that is refused ends the batch after the requests under way") {
    client_world w(client_options().token(secret("mine")));
    w.on_image = [](scripted_stream& s, const std::string&) {
        s.deliver(http_response(401, "{}"));
        return true;
    };
    consumer c(w);
    std::size_t pulled = 0;
    c.open(ids(1'000, pulled), fetch_options().max_in_flight(8));
    take_for(w, c, 5s);
    REQUIRE(c.finished);
    CHECK(w.image_requests <= 8);
    REQUIRE(c.batch->stopped());
    CHECK(c.batch->stopped()->value() == errc::unauthorized);
}

TEST_CASE("B12: a spent quota is told once, and the batch ends") {
    client_world w;
    w.on_image = [&](scripted_stream& s, const std::string&) {
        if (w.image_requests <= 100) return false;
        s.deliver(http_response(403, "<h1>Account Over Rate Limit</h1>",
                                "X-Error-Detail: Account Over Rate Limit\r\n"));
        return true;
    };
    consumer c(w);
    std::size_t pulled = 0;
    c.open(ids(1'000, pulled), fetch_options().max_in_flight(4));
    take_for(w, c, 5s);
    REQUIRE(c.finished);
    CHECK(w.image_requests <= 104);
    REQUIRE(c.batch->stopped());
    CHECK(c.batch->stopped()->value() == errc::quota_exhausted);
    CHECK(failures(c).at(errc::quota_exhausted) <= 4);
}

namespace {

error by_caller() { return {errc::canceled, stage::queue, "the batch was stopped"}; }

}  // namespace

TEST_CASE("B13: a batch that is stopped sends nothing more, however long a turn in the rate is away") {
    client_world w(client_options().rate(0.01));
    consumer c(w);
    std::size_t pulled = 0;
    c.open(ids(1'000, pulled));
    take_for(w, c, 150s);
    CHECK(c.taken.size() == 2);
    c.batch->give_up(by_caller());
    take_for(w, c, 300ms);
    REQUIRE(c.finished);
    CHECK(w.image_requests == 2);
    CHECK(c.taken.size() == pulled);
    CHECK(failures(c).empty());
    REQUIRE(c.batch->stopped());
    CHECK(c.batch->stopped()->value() == errc::canceled);
}

TEST_CASE(
    "B13: a batch that is stopped during a pause hands back what was refused, and what was never sent") {
    client_world w;
    w.on_image = [](scripted_stream& s, const std::string&) {
        s.deliver(too_many("600"));
        return true;
    };
    consumer c(w);
    std::size_t pulled = 0;
    c.open(ids(1'000, pulled));
    take_for(w, c, 5s);
    CHECK(c.taken.empty());
    c.batch->give_up(by_caller());
    take_for(w, c, 300ms);
    REQUIRE(c.finished);
    CHECK(c.taken.size() == pulled);
    auto why = failures(c);
    CHECK(why[errc::not_asked] + why[errc::canceled] == pulled);
    CHECK(why[errc::canceled] == w.image_requests);
}

TEST_CASE("B13: a batch that is stopped does not wait for another try, and takes what is on the wire") {
    client_world w(client_options().max_attempts(9));
    std::optional<std::string> held;
    scripted_stream* stream = nullptr;
    w.on_image = [&](scripted_stream& s, const std::string& request) {
        if (request.find("/1?") != std::string::npos || request.find("/1 ") != std::string::npos) {
            stream = &s;
            return true;
        }
        if (request.find("/3") != std::string::npos || request.find("/2") != std::string::npos) return false;
        s.deliver(http_response(502, "{}"));
        return true;
    };
    consumer c(w);
    std::size_t pulled = 0;
    c.open(ids(4, pulled));
    take_for(w, c, 50ms);
    CHECK(c.taken.size() == 2);
    const std::size_t sent = w.image_requests;
    c.batch->give_up(by_caller());
    take_for(w, c, 300ms);
    CHECK_FALSE(c.finished);
    CHECK(failures(c).at(errc::canceled) == 1);
    CHECK(c.taken.back().value.error().message().find("502") != std::string::npos);
    REQUIRE(stream);
    stream->deliver(image_response("1"));
    take_for(w, c, 50ms);
    REQUIRE(c.finished);
    CHECK(c.taken.size() == 4);
    CHECK(w.image_requests == sent);
    CHECK(c.taken.back().id == "1");
    CHECK(c.taken.back().value.has_value());
}

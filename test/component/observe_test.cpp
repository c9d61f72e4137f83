// E3: what the observer and the statistics tell of whose fault it is.
#include "support/client_world.hpp"

#include <doctest/doctest.h>

#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

using namespace getty::connect;
using namespace getty::connect::test;

namespace {

struct told_attempt {
    std::string id;
    void* context;
    unsigned attempt;
    int status;
    std::string why;
    attempt_phases phases;
};

struct recorder final : observer {
    void attempt_finished(const attempt_event& e) noexcept override {
        attempts.push_back({std::string(e.id), e.context, e.attempt, e.status,
                            e.why ? std::string(to_string(e.why->value())) : "", e.phases});
    }
    void retry_scheduled(const retry_event& e) noexcept override { retries.push_back(e.context); }
    void lookup_completed(const lookup_event& e) noexcept override {
        lookups.push_back(std::string(e.id) + (e.why ? " " + std::string(to_string(e.why->value())) : ""));
        contexts.push_back(e.context);
    }
    std::vector<told_attempt> attempts;
    std::vector<void*> retries;
    std::vector<std::string> lookups;
    std::vector<void*> contexts;
};

struct watched {
    explicit watched(client_options options = client_options())
        : seen(std::make_shared<recorder>()), world(options.observer(seen)) {
        world.on_image = [this](scripted_stream& s, const std::string&) {
            stream = std::static_pointer_cast<scripted_stream>(s.shared_from_this());
            return true;
        };
    }
    std::shared_ptr<recorder> seen;
    client_world world;
    std::shared_ptr<scripted_stream> stream;  // that was asked last
};

}  // namespace

TEST_CASE("E3: the time of a try is told by what it went into") {
    watched w(client_options().rate(1).max_connections(1));
    // The first in the rate takes the permit; token and connection take their time.
    w.world.on_token = [&](scripted_stream& s, const std::string&) {
        w.stream = std::static_pointer_cast<scripted_stream>(s.shared_from_this());
        return true;
    };
    const auto first = w.world.get_settled("1");
    CHECK(w.world.core->stats().waiting_for_token == 1);
    w.world.advance(300ms);
    w.stream->deliver(w.world.token_response("t"));
    w.world.settle();
    CHECK(w.world.core->stats().waiting_for_token == 0);
    const std::string answer = image_response("1");
    w.world.advance(70ms);
    w.stream->deliver(answer.substr(0, 20));
    w.world.settle();
    w.world.advance(5ms);
    w.stream->deliver(answer.substr(20));
    w.world.settle();
    REQUIRE(first->done);
    REQUIRE(w.seen->attempts.size() == 1);
    const told_attempt one = w.seen->attempts.front();
    CHECK(one.id == "1");
    CHECK(one.attempt == 1);
    CHECK(one.status == 200);
    CHECK(one.why.empty());
    CHECK(one.phases.credentials == 300ms);
    CHECK(one.phases.rate == 0ms);
    CHECK(one.phases.connection == 0ms);
    CHECK(one.phases.first_byte == 70ms);
    CHECK(one.phases.body == 5ms);

    // Its turn in the rate comes a second after that of the first, and a connection only after another 40 ms.
    const auto second = w.world.get_settled("2");
    CHECK(w.world.core->stats().waiting_for_rate == 1);
    w.stream->end();
    w.world.settle();
    w.world.dialer->hang = true;
    w.world.advance(2s);
    CHECK(w.world.core->stats().waiting_for_rate == 0);
    CHECK(w.world.core->stats().connections_opening == 1);
    CHECK(!second->done);
    second->scope.cancel();
    w.world.settle();
    REQUIRE(w.seen->attempts.size() == 2);
    const told_attempt two = w.seen->attempts.back();
    CHECK(two.attempt == 0);
    CHECK(two.status == 0);
    CHECK(two.why == to_string(errc::canceled));
    CHECK(two.phases.credentials == 0ms);
    CHECK(two.phases.rate == 925ms);
    CHECK(two.phases.connection == 1075ms);
    CHECK(two.phases.first_byte == 0ms);
}

TEST_CASE("E3: each try of a lookup is told with its status, its number and the caller's context") {
    watched w(client_options().max_attempts(3).backoff(1ms, 1ms));
    const auto span = std::make_shared<int>(7);
    const auto got = w.world.get("1", lookup_options().context(span));
    w.world.settle();
    w.stream->deliver(http_response(500, ""));
    w.world.settle();
    CHECK(got->done);
    const auto other = w.world.get("2", lookup_options().context(span));
    w.world.settle();
    w.stream->deliver(http_response(502, ""));
    w.world.advance(1s);
    w.stream->deliver(image_response("2"));
    w.world.settle();
    REQUIRE(other->done);
    CHECK(other->done->has_value());
    REQUIRE(w.seen->attempts.size() == 3);
    CHECK(w.seen->attempts[0].status == 500);
    CHECK(w.seen->attempts[0].why == to_string(errc::server_error));
    CHECK(w.seen->attempts[1].status == 502);
    CHECK(w.seen->attempts[1].attempt == 1);
    CHECK(w.seen->attempts[2].status == 200);
    CHECK(w.seen->attempts[2].attempt == 2);
    for (const told_attempt& a : w.seen->attempts) CHECK(a.context == span.get());
    CHECK(w.seen->retries == std::vector<void*>{span.get()});
    CHECK(w.seen->contexts == std::vector<void*>(2, span.get()));
    CHECK(w.seen->lookups ==
          std::vector<std::string>{"1 " + std::string(to_string(errc::server_error)), "2"});
    CHECK(span.use_count() == 1);
}

TEST_CASE("E3: a batch's lookups carry the context of its options") {
    watched w;
    w.world.on_image = nullptr;
    const auto span = std::make_shared<int>(7);
    consumer c(w.world);
    c.open(std::vector<std::string>{"1", "2"}, fetch_options().lookup(lookup_options().context(span)));
    c.drain();
    CHECK(w.seen->contexts == std::vector<void*>(2, span.get()));
    CHECK(w.seen->attempts.size() == 2);
}

TEST_CASE("E3: who was answered by another's request is told too, with a context of its own") {
    watched w(client_options().duplicates(duplicates::merge));
    const auto mine = std::make_shared<int>(1);
    const auto yours = std::make_shared<int>(2);
    const auto one = w.world.get("1", lookup_options().context(mine));
    const auto other = w.world.get("1", lookup_options().context(yours));
    w.world.settle();
    w.stream->deliver(image_response("1"));
    w.world.settle();
    CHECK((one->done && other->done));
    CHECK(std::set<void*>(w.seen->contexts.begin(), w.seen->contexts.end()) ==
          std::set<void*>{mine.get(), yours.get()});
    CHECK(w.seen->contexts.size() == 2);
    CHECK(w.seen->attempts.size() == 1);
}

TEST_CASE("E3: cancellations are no failures in the statistics") {
    watched w;
    const auto one = w.world.get_settled("1");
    one->scope.cancel();
    w.world.settle();
    CHECK(w.world.core->stats().lookups_canceled == 1);
    CHECK(w.world.core->stats().lookups_failed == 0);
    CHECK(w.seen->lookups == std::vector<std::string>{"1 " + std::string(to_string(errc::canceled))});
}

TEST_CASE("E3: the statistics tell what is left of the retry budget and of the token") {
    client_world w(client_options().retry_budget(0, 3).max_attempts(3).backoff(1ms, 1ms));
    CHECK(w.core->stats().retry_budget_left == 3);
    CHECK(w.core->stats().token_expires < w.scheduler->now() + 1s);
    w.on_image = [](scripted_stream& s, const std::string&) {
        s.deliver(http_response(502, ""));
        return true;
    };
    w.token_minutes = 30;
    const auto got = w.get("1");
    w.advance(1s);
    CHECK(got->done);
    CHECK(w.core->stats().retry_budget_left == 1);
    CHECK(w.core->stats().token_expires == w.scheduler->now() - 1s + 30min);
}

TEST_CASE("E3: a batch says how many ids are pulled, under way and waiting for the consumer") {
    client_world w;
    std::vector<std::pair<std::shared_ptr<scripted_stream>, std::string>> asked;
    w.on_image = [&](scripted_stream& s, const std::string& request) {
        asked.emplace_back(std::static_pointer_cast<scripted_stream>(s.shared_from_this()),
                           requested_id(request));
        return true;
    };
    const auto batch = w.core->make_batch(std::vector<std::string>{"1", "2", "3", "4", "5", "6"},
                                          fetch_options().max_in_flight(3).max_buffered(2));
    CHECK(batch->stats().pulled == 0);
    CHECK(batch->stats().window == 3);
    async::cancel_scope scope(*w.scheduler);
    std::optional<outcome> got;
    w.spawn<lookup::batch::delivery>(batch->next(scope),
                                     [&](lookup::batch::delivery d) { got = d.accept().value(); });
    w.settle();
    CHECK(batch->stats().pulled == 3);
    CHECK(batch->stats().in_flight == 3);
    CHECK(batch->stats().buffered == 0);
    for (const auto& [stream, id] : std::exchange(asked, {})) stream->deliver(image_response(id));
    w.settle();
    REQUIRE(got);
    CHECK(batch->stats().buffered == 2);
    CHECK(batch->stats().pulled == 6);
    CHECK(batch->stats().in_flight == 3);
    batch->cancel();
    w.settle();
    while (batch->try_next()) {
    }
    CHECK(batch->stats().in_flight == 0);
    CHECK(batch->stats().buffered == 0);
}

TEST_CASE("E3: each shard tells an observer of its own") {
    std::vector<std::size_t> made;
    std::vector<std::shared_ptr<recorder>> of_shards;
    client_world w(client_options().observer_per_shard([&](std::size_t shard) {
        made.push_back(shard);
        of_shards.push_back(std::make_shared<recorder>());
        return of_shards.back();
    }));
    const auto other = w.make_shard(1);
    CHECK(made == std::vector<std::size_t>{0, 1});
    const auto got = w.get_from(other, "1");
    w.settle();
    CHECK(got->done);
    CHECK(of_shards[0]->lookups.empty());
    CHECK(of_shards[1]->lookups == std::vector<std::string>{"1"});
}

TEST_CASE("E4: a lookup may be hedged, or not, whatever the client does") {
    for (const bool by_default : {false, true}) {
        CAPTURE(by_default);
        client_world w(client_options().hedging(by_default ? hedging::after_p95 : hedging::off).timeout(20s));
        std::vector<std::shared_ptr<scripted_stream>> asked;
        w.on_image = [&](scripted_stream& s, const std::string&) {
            asked.push_back(std::static_pointer_cast<scripted_stream>(s.shared_from_this()));
            return true;
        };
        lookup_options twice;
        twice.hedging(hedging::after_p95);
        for (int i = 0; i < 150; ++i) {
            const auto got = w.get("t", twice);
            w.settle();
            w.advance(10ms);
            for (const auto& s : std::exchange(asked, {})) s->deliver(image_response("t"));
            w.settle();
            REQUIRE(got->done);
        }
        const auto once = w.get("slow", lookup_options().hedging(hedging::off));
        w.settle();
        w.advance(50ms);
        CHECK(asked.size() == 1);
        const auto hedged = w.get("late", twice);
        w.settle();
        w.advance(50ms);
        CHECK(asked.size() == 3);
        const auto usual = w.get("usual");
        w.settle();
        w.advance(50ms);
        CHECK(asked.size() == (by_default ? 5 : 4));
    }
}

TEST_CASE("E4: a lookup's own fields are sent with every try, to the service alone, and quoted in no error") {
    client_world w(client_options().backoff(1ms, 1ms));
    std::vector<std::string> requests;
    bool token_has = false;
    w.on_token = [&](scripted_stream&, const std::string& request) {
        token_has = request.find("traceparent") != std::string::npos;
        return false;
    };
    w.on_image = [&](scripted_stream& s, const std::string& request) {
        requests.push_back(request);
        s.deliver(http_response(requests.size() < 2 ? 502 : 403, "what is key-of-mine?"));
        return true;
    };
    lookup_options with;
    with.header("traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01");
    with.header("X-Key", "key-of-mine").header("X-Key", "");
    const auto got = w.get("1", with);
    w.advance(1s);
    REQUIRE(got->done);
    REQUIRE(requests.size() == 2);
    for (const std::string& r : requests) {
        CHECK(r.find("\r\ntraceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01\r\n"
                     "X-Key: key-of-mine\r\nX-Key: \r\n") != std::string::npos);
    }
    CHECK_FALSE(token_has);
    CHECK(got->done->error() == errc::forbidden);
    CHECK(got->done->error().describe().find("key-of-mine") == std::string::npos);
    // The next one on the connection has none.
    const auto next = w.get("2");
    w.settle();
    CHECK(requests.back().find("X-Key") == std::string::npos);
}

// Several takers of one stream, and takers that give up.
#include "support/client_world.hpp"

#include <getty/connect/outcome_stream.hpp>

#include <doctest/doctest.h>

#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

using namespace getty::connect;
using namespace getty::connect::test;

namespace {

using delivery = lookup::batch::delivery;

/// A batch whose images come when the test says so, and those who take from it.
struct scene {
    explicit scene(std::size_t ids, policy::delivery_order order = policy::delivery_order::completion) {
        world.on_image = [this](scripted_stream& s, const std::string& request) {
            asked.emplace_back(&s, requested_id(request));
            return true;
        };
        fetch_options options;
        if (order == policy::delivery_order::input)
            options.delivery(getty::connect::delivery::in_input_order);
        auto next = [n = std::size_t{0}, ids]() mutable -> std::optional<std::string> {
            if (n == ids) return std::nullopt;
            return std::to_string(++n);
        };
        batch = world.core->make_batch(next, options);
    }

    struct taker {
        explicit taker(async::scheduler& on) : scope(on) {}
        async::cancel_scope scope;
        std::optional<delivery> brought;
    };

    taker& take() {
        takers.push_back(std::make_unique<taker>(*world.scheduler));
        taker& t = *takers.back();
        async::spawn(world.context.get_executor(), batch->next(t.scope),
                     [&t](const std::exception_ptr& thrown, delivery d) {
                         REQUIRE(!thrown);
                         t.brought.emplace(std::move(d));
                     });
        world.settle();
        return t;
    }
    /// The id it accepts, "waits", "end" or the error.
    std::string accept(taker& t) {
        if (!t.brought) return "waits";
        const result<std::optional<outcome>> one = t.brought->accept();
        std::string got(one ? "end" : to_string(one.error().value()));
        if (one && *one) got = (*one)->id;
        t.brought.reset();
        world.settle();
        return got;
    }
    void answer(const std::string& id) {
        for (auto& [stream, wanted] : asked) {
            if (wanted == id) stream->deliver(image_response(id));
        }
        world.settle();
    }

    client_world world;
    std::vector<std::pair<scripted_stream*, std::string>> asked;
    std::shared_ptr<lookup::batch> batch;
    std::vector<std::unique_ptr<taker>> takers;
};

}  // namespace

TEST_CASE("B11: takers are served first come, first served, and all hear of the end") {
    scene s(2);
    auto& a = s.take();
    auto& b = s.take();
    auto& c = s.take();
    s.answer("2");
    s.answer("1");
    CHECK(s.accept(a) == "2");
    CHECK_FALSE(c.brought);  // an outcome is still on its way to b
    CHECK(s.accept(b) == "1");
    CHECK(s.accept(c) == "end");
    CHECK(s.accept(s.take()) == "end");
    s.world.check_nothing_left();
}

TEST_CASE("B11: an outcome that was not accepted goes to the next taker, in input order before later ones") {
    for (const auto order : {policy::delivery_order::completion, policy::delivery_order::input}) {
        scene s(3, order);
        auto& a = s.take();
        auto& b = s.take();
        for (const char* id : {"1", "2", "3"}) s.answer(id);
        REQUIRE(a.brought);
        REQUIRE(b.brought);
        b.brought.reset();
        a.brought.reset();
        s.world.settle();
        CHECK(s.accept(s.take()) == "1");
        CHECK(s.accept(s.take()) == "2");
        CHECK(s.accept(s.take()) == "3");
        CHECK(s.accept(s.take()) == "end");
        s.world.check_nothing_left();
    }
}

TEST_CASE("B11: an outcome that is given back goes to whoever waits already") {
    scene s(1);
    auto& a = s.take();
    auto& b = s.take();
    s.answer("1");
    CHECK(s.accept(b) == "waits");
    a.brought.reset();
    s.world.settle();
    CHECK(s.accept(b) == "1");
    CHECK(s.accept(s.take()) == "end");
    s.world.check_nothing_left();
}

TEST_CASE("B11: a taker that is cancelled leaves the line, and nobody else is touched") {
    scene s(2);
    auto& a = s.take();
    auto& b = s.take();
    auto& c = s.take();
    b.scope.cancel();
    s.world.settle();
    CHECK(s.accept(b) == to_string(errc::canceled));
    s.answer("1");
    s.answer("2");
    CHECK(s.accept(a) == "1");
    CHECK(s.accept(c) == "2");
    CHECK(s.accept(s.take()) == "end");
    s.world.check_nothing_left();
}

TEST_CASE("B11: why a batch ended is told to everybody who asks, not only to the first") {
    scene s(5);
    auto& a = s.take();
    const auto closed = s.world.close();
    s.world.settle();
    for (const char* id : {"1", "2", "3", "4", "5"}) s.answer(id);
    CHECK(*closed);
    CHECK(s.accept(a) == "1");
    for (int i = 2; i <= 5; ++i) CHECK(s.accept(s.take()) == std::to_string(i));
    // The source had ended, so there is nothing to tell; the next one had not.
    CHECK(s.accept(s.take()) == "end");

    scene t(1'000'000);
    auto& first = t.take();
    t.batch->stop(error(errc::client_closed, stage::queue));
    t.batch->cancel_lookups();
    t.world.settle();
    std::size_t outcomes = 0;
    for (auto* at = &first;; at = &t.take()) {
        REQUIRE(at->brought);
        const std::string got = t.accept(*at);
        CHECK(got != to_string(errc::client_closed));  // only after the outcomes are gone
        if (++outcomes == t.world.core->stats().lookups_started) break;
    }
    auto& hears = t.take();
    REQUIRE(hears.brought);
    hears.brought.reset();  // and does not listen
    t.world.settle();
    for (int i = 0; i < 3; ++i) CHECK(t.accept(t.take()) == to_string(errc::client_closed));
    t.world.check_nothing_left();
}

TEST_CASE("B1: what nobody has accepted counts as buffered") {
    scene s(1'000'000);
    std::vector<scene::taker*> all;
    for (int i = 0; i < 500; ++i) all.push_back(&s.take());
    std::size_t answered = 0;
    for (int round = 0; round < 10; ++round) {
        for (; answered < s.asked.size(); ++answered) {
            const auto [stream, id] = s.asked[answered];
            stream->deliver(image_response(id));
        }
        s.world.settle();
    }
    const fetch_options defaults;
    CHECK(s.asked.size() == 64 + defaults.max_buffered());
    s.batch->cancel();
    for (auto* t : all) (void)s.accept(*t);
    s.world.check_nothing_left();
}

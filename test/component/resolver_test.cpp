// P14: names to addresses, remembered for a while.
#include "net/resolver.hpp"

#include "support/world.hpp"

#include <doctest/doctest.h>

#include <deque>
#include <string>
#include <vector>

using namespace getty::connect;
using namespace getty::connect::test;

namespace {

net::endpoints at(std::initializer_list<const char*> addresses) {
    net::endpoints all;
    for (const char* one : addresses) all.emplace_back(asio::ip::make_address(one), 443);
    return all;
}

/// Answers when the test says so.
class slow_names final : public net::resolver {
public:
    explicit slow_names(world& in) : changed_(*in.scheduler) {}

    async::task<result<net::endpoints>> resolve(const std::string&, std::uint16_t,
                                                async::cancel_scope& scope) override {
        ++calls;
        while (answers_.empty()) {
            if (scope.stopped()) co_return net::dial_stopped(scope, stage::resolve);
            co_await changed_.wait(scope);
        }
        result<net::endpoints> next = answers_.front();
        answers_.pop_front();
        co_return next;
    }

    void answer(result<net::endpoints> with) {
        answers_.push_back(std::move(with));
        changed_.notify_all();
    }

    int calls = 0;

private:
    std::deque<result<net::endpoints>> answers_;
    async::condition_variable changed_;
};

/// One caller of the cache.
struct caller {
    caller(world& in, net::resolver& names) : scope(*in.scheduler) {
        in.spawn<result<net::endpoints>>(names.resolve("images.example", 443, scope),
                                         [this](const result<net::endpoints>& r) { got = r; });
        in.settle();
    }
    [[nodiscard]] bool has(const net::endpoints& wanted) const { return got && *got && **got == wanted; }

    async::cancel_scope scope;
    std::optional<result<net::endpoints>> got;
};

struct fixture : world {
    explicit fixture(core::duration lifetime = 30s)
        : names(std::make_shared<slow_names>(*this)), cache(*scheduler, names, lifetime) {}
    std::shared_ptr<slow_names> names;
    net::name_cache cache;
};

}  // namespace

TEST_CASE("P14: addresses are taken for granted for their lifetime and looked up again after it") {
    fixture f;
    f.names->answer(at({"192.0.2.1"}));
    f.names->answer(at({"192.0.2.2"}));
    CHECK(caller(f, f.cache).has(at({"192.0.2.1"})));
    f.advance(30s - 1ns);
    CHECK(caller(f, f.cache).has(at({"192.0.2.1"})));
    CHECK(f.names->calls == 1);
    f.advance(1ns);
    CHECK(caller(f, f.cache).has(at({"192.0.2.2"})));
    CHECK(f.names->calls == 2);
}

TEST_CASE("P14: a lifetime of zero looks up for each connection, but once for those that wait together") {
    fixture f(0s);
    const caller first(f, f.cache);
    const caller second(f, f.cache);
    f.names->answer(at({"192.0.2.1"}));
    f.settle();
    CHECK(first.has(at({"192.0.2.1"})));
    CHECK(second.has(at({"192.0.2.1"})));
    CHECK(f.names->calls == 1);
    f.names->answer(at({"192.0.2.2"}));
    CHECK(caller(f, f.cache).has(at({"192.0.2.2"})));
}

TEST_CASE("P14: all who need a name at the same time wait for one lookup") {
    fixture f;
    std::deque<caller> callers;
    for (int i = 0; i < 100; ++i) callers.emplace_back(f, f.cache);
    CHECK(f.names->calls == 1);
    f.names->answer(at({"192.0.2.1"}));
    f.settle();
    for (const caller& c : callers) CHECK(c.has(at({"192.0.2.1"})));
    CHECK(f.names->calls == 1);
}

TEST_CASE("P14: a lookup whose initiator gives up is taken over by one who waits") {
    fixture f;
    caller first(f, f.cache);
    const caller second(f, f.cache);
    const caller third(f, f.cache);
    first.scope.cancel();
    f.settle();
    REQUIRE(first.got);
    CHECK(first.got->error().value() == errc::canceled);
    CHECK(f.names->calls == 2);
    f.names->answer(at({"192.0.2.1"}));
    f.settle();
    CHECK(second.has(at({"192.0.2.1"})));
    CHECK(third.has(at({"192.0.2.1"})));
    CHECK(f.names->calls == 2);
}

TEST_CASE("P14: a resolver that hangs ends with each caller's own deadline") {
    fixture f;
    caller first(f, f.cache);
    caller second(f, f.cache);
    first.scope.expires_at(f.scheduler->now() + 1s);
    second.scope.expires_at(f.scheduler->now() + 2s);
    f.advance(1s);
    REQUIRE(first.got);
    CHECK(first.got->error().value() == errc::connect_timeout);
    CHECK(first.got->error().stage() == stage::resolve);
    CHECK_FALSE(second.got);
    f.advance(1s);
    REQUIRE(second.got);
    CHECK(second.got->error().value() == errc::connect_timeout);
}

TEST_CASE("P14: a failure is told to all who wait and not remembered") {
    fixture f;
    const caller first(f, f.cache);
    const caller second(f, f.cache);
    f.names->answer(error(errc::resolve_failed, stage::resolve, "no such name"));
    f.settle();
    for (const caller* c : {&first, &second}) {
        REQUIRE(c->got);
        CHECK(c->got->error().message() == "no such name");
    }
    CHECK(f.names->calls == 1);
    f.names->answer(at({"192.0.2.1"}));
    CHECK(caller(f, f.cache).has(at({"192.0.2.1"})));
}

TEST_CASE("P14: addresses at which nobody answered are looked up again at once") {
    fixture f;
    f.names->answer(at({"192.0.2.1"}));
    f.names->answer(at({"192.0.2.2"}));
    CHECK(caller(f, f.cache).has(at({"192.0.2.1"})));
    f.cache.unreachable();
    CHECK(caller(f, f.cache).has(at({"192.0.2.2"})));
}

TEST_CASE("P14: address families take turns") {
    CHECK(net::interleave(at({"2001:db8::1", "2001:db8::2", "2001:db8::3", "192.0.2.1", "192.0.2.2"})) ==
          at({"2001:db8::1", "192.0.2.1", "2001:db8::2", "192.0.2.2", "2001:db8::3"}));
    CHECK(net::interleave(at({"192.0.2.1", "2001:db8::1"})) == at({"192.0.2.1", "2001:db8::1"}));
    CHECK(net::interleave(at({"192.0.2.1", "192.0.2.2"})) == at({"192.0.2.1", "192.0.2.2"}));
    CHECK(net::interleave({}).empty());
}

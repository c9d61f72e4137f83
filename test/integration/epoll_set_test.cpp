#include "net/epoll_set.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/thread_pool.hpp>
#include <doctest/doctest.h>

#include <array>
#include <cstddef>
#include <functional>
#include <future>
#include <memory>
#include <stdexcept>
#include <string>
#include <sys/socket.h>
#include <unistd.h>
#include <utility>
#include <vector>

using namespace getty::connect;
using namespace getty::connect::net;
namespace asio = boost::asio;

namespace {

/// A socket that is watched, and its peer.
struct watched final : readiness_listener {
    explicit watched(const std::shared_ptr<epoll_set>& in) {
        std::array<int, 2> ends{};
        REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends.data()) == 0);
        mine = core::descriptor(ends[0]);
        peer = core::descriptor(ends[1]);
        place = std::make_unique<epoll_set::registration>(in, mine.get(), *this);
    }
    void ready(direction which) override {
        told += which == direction::read ? "r" : "w";
        if (then) then(which);
    }
    void lost() noexcept override { mine.close(); }
    void send() const { REQUIRE(::write(peer.get(), "x", 1) == 1); }
    void receive() const {
        char byte = 0;
        REQUIRE(::read(mine.get(), &byte, 1) == 1);
    }
    void fill() const {
        const std::array<char, 4096> bytes{};
        while (::write(mine.get(), bytes.data(), bytes.size()) > 0) {
        }
    }
    void drain() const {
        std::array<char, 4096> bytes{};
        while (::read(peer.get(), bytes.data(), bytes.size()) > 0) {
        }
    }

    core::descriptor mine, peer;
    std::unique_ptr<epoll_set::registration> place;
    std::string told;
    std::function<void(direction)> then;
};

struct world {
    boost::asio::io_context context{1};
    std::shared_ptr<async::scheduler> on = async::make_scheduler(context.get_executor());
    std::shared_ptr<epoll_set> set = epoll_set::make(*on);

    /// Runs what can run now; how many handlers that took.
    std::size_t poll() {
        context.restart();
        return context.poll();
    }

    /// Sockets that are watched and have something to read.
    [[nodiscard]] std::vector<std::unique_ptr<watched>> ready_sockets(std::size_t count) const {
        std::vector<std::unique_ptr<watched>> all;
        for (std::size_t i = 0; i < count; ++i) {
            all.push_back(std::make_unique<watched>(set));
            all.back()->send();
            all.back()->place->watch(direction::read);
        }
        return all;
    }
};

}  // namespace

TEST_CASE("epoll set: who watches is told once, from the executor") {
    world w;
    watched socket(w.set);
    socket.send();
    socket.place->watch(direction::read);
    CHECK(socket.told.empty());
    w.poll();
    CHECK(socket.told == "r");
    w.poll();
    CHECK(socket.told == "r");
}

TEST_CASE("epoll set: what is left to read is told again when it is watched again") {
    world w;
    watched socket(w.set);
    socket.send();
    socket.then = [&](direction) {
        if (socket.told.size() < 3) socket.place->watch(direction::read);
    };
    socket.place->watch(direction::read);
    w.poll();
    CHECK(socket.told == "rrr");
}

TEST_CASE("epoll set: what is read before the next watch is not told") {
    world w;
    watched socket(w.set);
    socket.send();
    socket.then = [&](direction) {
        socket.receive();
        socket.place->watch(direction::read);
    };
    socket.place->watch(direction::read);
    w.poll();
    CHECK(socket.told == "r");
    socket.send();
    w.poll();
    CHECK(socket.told == "rr");
}

TEST_CASE("epoll set: a socket that nobody watches costs nothing, also after its peer has left") {
    world w;
    watched socket(w.set);
    socket.send();
    for (const bool left : {false, true}) {
        if (left) socket.peer.close();
        w.poll();
        w.poll();
        CHECK(w.poll() == 0);
    }
    CHECK(socket.told.empty());
    socket.place->watch(direction::read);
    w.poll();
    CHECK(socket.told == "r");
    socket.place->watch(direction::write);
    w.poll();
    CHECK(socket.told == "rw");
}

TEST_CASE("epoll set: both directions are told apart") {
    world w;
    watched socket(w.set);
    socket.fill();
    socket.place->watch(direction::write);
    socket.place->watch(direction::read);
    w.poll();
    CHECK(socket.told.empty());
    socket.send();
    w.poll();
    CHECK(socket.told == "r");
    socket.drain();
    w.poll();
    CHECK(socket.told == "rw");
    w.poll();
    CHECK(w.poll() == 0);  // writable, and nobody wants to write
    CHECK(socket.told == "rw");
}

TEST_CASE("epoll set: a hang-up is told to readers and writers") {
    world w;
    watched socket(w.set);
    socket.fill();
    socket.place->watch(direction::read);
    socket.place->watch(direction::write);
    socket.peer.close();
    w.poll();
    CHECK(socket.told == "rw");
}

TEST_CASE("epoll set: more sockets than are told at once are all told") {
    world w;
    const auto all = w.ready_sockets(100);
    w.poll();
    for (const auto& one : all) CHECK(one->told == "r");
}

TEST_CASE("epoll set: whoever is told may end its own place, and those of others") {
    world w;
    const auto all = w.ready_sockets(10);
    std::size_t told = 0;
    for (const auto& each : all) {
        each->place->watch(direction::write);
        each->then = [&](direction) {
            ++told;
            for (const auto& one : all) one->place.reset();
        };
    }
    w.poll();
    CHECK(told == 1);
    CHECK(w.set->registered() == 0);
}

TEST_CASE(
    "epoll set: what one throws leaves through run(), and the others of that turn are told all the same") {
    world w;
    const auto all = w.ready_sockets(5);
    bool thrown = false;
    for (const auto& one : all) {
        one->then = [&](direction) {
            if (!std::exchange(thrown, true)) throw std::runtime_error("from a listener");
        };
    }
    CHECK_THROWS_AS(w.poll(), std::runtime_error);
    w.poll();
    for (const auto& one : all) CHECK(one->told == "r");
}

TEST_CASE("epoll set: the execution context has work while something is registered, and then no more") {
    world w;
    auto socket = std::make_unique<watched>(w.set);
    CHECK(w.poll() == 0);
    CHECK_FALSE(w.context.stopped());
    socket.reset();
    w.context.run();
    CHECK(w.context.stopped());

    watched again(w.set);
    again.send();
    again.place->watch(direction::read);
    w.poll();
    CHECK(again.told == "r");
}

TEST_CASE("epoll set: a place that ends and one that begins in the same turn leave the set at work") {
    world w;
    auto first = std::make_unique<watched>(w.set);
    first.reset();
    watched second(w.set);
    second.send();
    second.place->watch(direction::read);
    w.poll();
    CHECK(second.told == "r");
}

TEST_CASE("epoll set: the set may go with its execution context") {
    std::unique_ptr<world> w = std::make_unique<world>();
    watched socket(w->set);
    socket.place->watch(direction::read);
    w->poll();
    socket.place.reset();
    const std::weak_ptr<epoll_set> set = w->set;
    w.reset();
    CHECK(set.expired());
}

TEST_CASE("epoll set: sockets that go with their execution context leave it in order") {
    std::unique_ptr<world> w = std::make_unique<world>();
    const std::weak_ptr<epoll_set> set = w->set;
    auto sockets = std::make_shared<std::vector<std::unique_ptr<watched>>>(w->ready_sockets(3));
    const std::weak_ptr<std::vector<std::unique_ptr<watched>>> seen = sockets;
    (*sockets)[0]->then = [&](direction) { w->context.stop(); };
    SUBCASE("before anything ran") {}
    SUBCASE("in the middle of what is told") { w->context.run(); }
    asio::post(w->context, [held = std::move(sockets)] { FAIL("never run"); });
    w.reset();
    CHECK(seen.expired());
    CHECK(set.expired());
}

TEST_CASE("epoll set: on a strand that several threads run, everybody is told, one after the other") {
    asio::thread_pool pool(4);
    const auto strand = asio::make_strand(pool.get_executor());
    const auto on = async::make_scheduler(strand);
    const auto set = epoll_set::make(*on);
    constexpr std::size_t sockets = 20, bytes_each = 200;
    std::vector<std::unique_ptr<watched>> all;
    std::size_t told = 0, running = 0;
    bool overlapped = false;
    std::promise<void> begun;
    asio::post(strand, [&] {
        for (std::size_t i = 0; i < sockets; ++i) {
            all.push_back(std::make_unique<watched>(set));
            watched& one = *all.back();
            one.then = [&](direction) {
                overlapped = overlapped || running++ != 0;
                one.receive();
                ++told;
                one.place->watch(direction::read);
                --running;
            };
            one.place->watch(direction::read);
        }
        begun.set_value();
    });
    begun.get_future().wait();
    for (std::size_t byte = 0; byte < bytes_each; ++byte) {
        for (const auto& one : all) one->send();
    }
    // Ends when all has been told: nothing is registered any more, and the pool runs out of work.
    std::function<void()> look = [&] {
        if (told < sockets * bytes_each) return asio::post(strand, look);
        all.clear();
    };
    asio::post(strand, look);
    pool.join();
    CHECK(told == sockets * bytes_each);
    CHECK_FALSE(overlapped);
}

TEST_CASE("S8: a set, and what is registered in it, may outlive the execution context") {
    auto context = std::make_unique<asio::io_context>(1);
    const auto on = async::make_scheduler(context->get_executor());
    const auto set = epoll_set::make(*on);
    watched socket(set);
    socket.send();
    socket.place->watch(direction::read);
    context.reset();
    CHECK(on->ended());
    socket.place->watch(direction::write);
    CHECK(set->registered() == 1);
    CHECK_THROWS_AS(watched{set}, boost::system::system_error);
    socket.place.reset();
    CHECK(set->registered() == 0);
    CHECK(socket.told.empty());
}

TEST_CASE("S8: after a fork what is registered is lost, whoever watches is told, and the set is a new one") {
    world w;
    watched watching(w.set);
    watched idle(w.set);
    watching.place->watch(direction::read);
    w.poll();
    // What happens in the child; here the descriptors are nobody else's.
    w.context.notify_fork(asio::execution_context::fork_prepare);
    w.context.notify_fork(asio::execution_context::fork_child);
    CHECK_FALSE(watching.mine.is_open());
    CHECK_FALSE(idle.mine.is_open());
    CHECK_FALSE(idle.place->is_ours());
    CHECK(watching.told.empty());  // from the executor, not from within the call
    w.poll();
    CHECK(watching.told == "r");
    CHECK(idle.told.empty());
    watched fresh(w.set);
    fresh.send();
    fresh.place->watch(direction::read);
    w.poll();
    CHECK(fresh.told == "r");
}

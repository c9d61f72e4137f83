// P21: peers that send TLS messages of no content without end.
#include "policy/read_share.hpp"
#include "support/foreign/test_ca.hpp"
#include "support/run_client.hpp"
#include "support/talkative_peer.hpp"

#include <getty/connect.hpp>

#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/write.hpp>
#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <ctime>
#include <future>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

using namespace getty::connect;
using namespace getty::connect::test;
namespace asio = boost::asio;
using namespace std::chrono_literals;

namespace {

client_options options_for(const std::string& url, const test_ca& authority) {
    client_options options;
    options.base_url(url).ca_pem(authority.pem()).auth(auth_scheme::bearer).token(secret("the-token"));
    return options.threading(threading::single_thread).max_attempts(1).backoff(1ms, 1ms);
}

std::chrono::nanoseconds cpu_time() {
    timespec used{};
    ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
    return std::chrono::seconds(used.tv_sec) + std::chrono::nanoseconds(used.tv_nsec);
}

/// Comes round with the loop again and again, and remembers what the longest round took of the processor: so
/// much later than its time a deadline may be noticed.
class rounds {
public:
    explicit rounds(asio::io_context& context) : context_(context) { next(); }
    void stop() { stopped_ = true; }
    [[nodiscard]] std::chrono::nanoseconds longest() const { return longest_; }

private:
    void next() {
        before_ = cpu_time();
        asio::post(context_, [this] {
            longest_ = std::max(longest_, cpu_time() - before_);
            if (!stopped_) next();
        });
    }

    asio::io_context& context_;
    std::chrono::nanoseconds before_{0}, longest_{0};
    bool stopped_ = false;
};

struct run_report {
    std::vector<std::string> ids;  // that were answered with their own image
    std::vector<error> failures;
};

asio::awaitable<run_report> fetch_all(client& c, std::vector<std::string> ids, std::size_t at_a_time,
                                      rounds& watch) {
    run_report report;
    outcome_stream stream = c.fetch(std::move(ids), fetch_options().max_in_flight(at_a_time));
    while (std::optional<outcome> one = co_await stream.next()) {
        if (one->value && one->value->image.image_id() == one->id) {
            report.ids.push_back(one->id);
        } else {
            report.failures.push_back(one->value ? error() : one->value.error());
        }
    }
    watch.stop();
    co_return report;
}

/// Answers every id; what it answers to "666" is made by `talk`.
talkative_peer::behaviour answering(std::function<void(talkative_connection&)> talk) {
    return [talk](talkative_connection& connection) {
        for (std::string id; !(id = connection.next_request()).empty();) {
            if (id == "666") {
                talk(connection);
            } else {
                connection.content(image_answer(id));
            }
            if (!connection.flush()) return;
        }
    };
}

/// More than any client should read, and already made when the first of it is sent, so that it comes faster
/// than it can be read.
void flood(talkative_connection& connection, void (talkative_connection::*message)()) {
    for (int i = 0; i < 20'000; ++i) (connection.*message)();
    (void)connection.flush();
}

constexpr std::chrono::milliseconds noticed_within{20};

}  // namespace

TEST_CASE("P21: key updates or tickets without end break the protocol, and nobody else is held up") {
    const test_ca authority;
    for (const auto message : {&talkative_connection::key_update, &talkative_connection::ticket}) {
        const talkative_peer peer(authority.issue(),
                                  answering([message](talkative_connection& c) { flood(c, message); }));
        asio::io_context context;
        client c(context.get_executor(), options_for(peer.url(), authority).max_connections(2));
        std::vector<std::string> ids{"1", "666"};
        for (int i = 2; i < 200; ++i) ids.push_back(std::to_string(i));
        rounds watch(context);
        const run_report report = run(context, fetch_all(c, ids, 2, watch));
        CHECK(report.ids.size() == ids.size() - 1);
        REQUIRE(report.failures.size() == 1);
        const error& why = report.failures.front();
        CAPTURE(why.describe());
        CHECK(why.kind() == condition::protocol_violation);
        CHECK(why.message().find("TLS messages") != std::string::npos);
        CHECK(why.processed() == processed::maybe);
        CHECK(watch.longest() < noticed_within);
        run(context, closed(c));
    }
}

TEST_CASE("P21: key updates between the pieces of a large answer are in order, and nobody else is held up") {
    const test_ca authority;
    // As many turns as it takes; were a wake-up lost between two of them, it would not come to its end.
    constexpr std::size_t piece = policy::read_share::price_bytes, padding = 400'000;
    const talkative_peer peer(authority.issue(), answering([](talkative_connection& c) {
                                  const std::string answer = image_answer("666", padding);
                                  for (std::size_t at = 0; at < answer.size(); at += piece) {
                                      c.key_update();
                                      c.content(std::string_view(answer).substr(at, piece));
                                  }
                              }));
    asio::io_context context;
    client c(context.get_executor(), options_for(peer.url(), authority).max_connections(2));
    std::vector<std::string> ids{"666"};
    for (int i = 1; i < 100; ++i) ids.push_back(std::to_string(i));
    rounds watch(context);
    const run_report report = run(context, fetch_all(c, ids, 2, watch));
    CAPTURE((report.failures.empty() ? std::string() : report.failures.front().describe()));
    CHECK(report.ids.size() == ids.size());
    CHECK(watch.longest() < noticed_within);
    run(context, closed(c));
}

TEST_CASE("P21: an answer in records of one byte is read in turns, however fast it comes") {
    const test_ca authority;
    constexpr std::size_t padding = 200'000;
    const talkative_peer peer(authority.issue(), answering([](talkative_connection& c) {
                                  const std::string answer = image_answer("666", padding);
                                  for (const char& one : answer) c.content({&one, 1});
                              }));
    asio::io_context context;
    client c(context.get_executor(), options_for(peer.url(), authority));
    rounds watch(context);
    const run_report report = run(context, fetch_all(c, {"666"}, 1, watch));
    CAPTURE((report.failures.empty() ? std::string() : report.failures.front().describe()));
    CHECK(report.ids.size() == 1);
    CHECK(watch.longest() < noticed_within);
    run(context, closed(c));
}

TEST_CASE("P21: an idle connection on which talk does not end is given up, and the next lookup has another") {
    const test_ca authority;
    for (const auto message : {&talkative_connection::key_update, &talkative_connection::ticket}) {
        std::atomic<int> connections{0};
        std::promise<void> given_up;
        const talkative_peer peer(authority.issue(), [&](talkative_connection& c) {
            const bool first = ++connections == 1;
            const std::string id = c.next_request();
            c.content(image_answer(id));
            if (!c.flush()) return;
            if (!first) return c.wait_for_the_end();
            flood(c, message);
            c.wait_for_the_end();
            given_up.set_value();
        });
        asio::io_context context;
        client c(context.get_executor(), options_for(peer.url(), authority));
        rounds watch(context);
        CHECK(run(context, fetch_all(c, {"1"}, 1, watch)).ids.size() == 1);
        rounds idle(context);
        auto over = given_up.get_future();
        while (over.wait_for(0s) != std::future_status::ready) context.run_one();
        idle.stop();
        CHECK(idle.longest() < noticed_within);
        CHECK(c.stats().connections_idle == 0);
        rounds again(context);
        CHECK(run(context, fetch_all(c, {"2"}, 1, again)).ids.size() == 1);
        CHECK(c.stats().connections_opened == 2);
        CHECK(c.stats().retries == 0);
        run(context, closed(c));
    }
}

namespace {

/// Answers the client's hello with requests for another one (RFC 5246 7.4.1.1), which a client that is in the
/// middle of a handshake has to ignore; as many as it takes.
class asking_peer {
public:
    asking_peer() : acceptor_(context_, {asio::ip::address_v4::loopback(), 0}) {
        thread_ = std::thread([this] { serve(); });
    }
    ~asking_peer() { thread_.join(); }
    asking_peer(const asking_peer&) = delete;
    asking_peer& operator=(const asking_peer&) = delete;
    [[nodiscard]] std::string url() const {
        return "https://localhost:" + std::to_string(acceptor_.local_endpoint().port()) + "/api";
    }

private:
    void serve() {
        constexpr std::size_t content = 16 * 1024;
        std::string records;
        for (int i = 0; i < 256; ++i) {
            records += std::string("\x16\x03\x03\x40\x00", 5);  // handshake, TLS 1.2, 16 KiB
            records.append(content, '\0');                      // 4,096 times: hello_request, of no length
        }
        asio::ip::tcp::socket socket(context_);
        acceptor_.accept(socket);
        boost::system::error_code ec;
        while (!ec) asio::write(socket, asio::buffer(records), ec);
    }

    asio::io_context context_;
    asio::ip::tcp::acceptor acceptor_;
    std::thread thread_;
};

}  // namespace

TEST_CASE("P21: a handshake that does not get on fails, and says so") {
    const test_ca authority;
    const asking_peer peer;
    asio::io_context context;
    client c(context.get_executor(), options_for(peer.url(), authority));
    rounds watch(context);
    const run_report report = run(context, fetch_all(c, {"1"}, 1, watch));
    REQUIRE(report.failures.size() == 1);
    const error& why = report.failures.front();
    CAPTURE(why.describe());
    CHECK(why.value() == errc::tls_failed);
    CHECK(why.message().find("TLS messages without end") != std::string::npos);
    CHECK(why.processed() == processed::no);
    CHECK(watch.longest() < noticed_within);
    run(context, closed(c));
}

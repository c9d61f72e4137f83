// R: what is tried again, when, and how often.
#include "support/script.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <map>
#include <set>

using namespace getty::connect;
using namespace getty::connect::test;

namespace {

using std::chrono::milliseconds;

/// The delays that were chosen.
struct delays : observer {
    void retry_scheduled(const retry_event& e) noexcept override {
        seen[std::string(e.id)].push_back(e.delay);
        attempts.insert(e.attempt);
    }
    std::map<std::string, std::vector<milliseconds>> seen;
    std::set<unsigned> attempts;
};

}  // namespace

TEST_CASE("R1: 503, 503, 200 are three attempts with delays of full jitter below base * 2^n") {
    const auto watch = std::make_shared<delays>();
    client_world w(client_options().backoff(1s, 1h).observer(watch).retry_budget(1.0, 1000).timeout(1min));
    std::map<std::string, int> asked;
    w.on_image = [&](scripted_stream& s, const std::string& request) {
        if (++asked[requested_id(request)] > 2) return false;
        s.deliver(refusal(503));
        return true;
    };
    std::vector<std::shared_ptr<pending>> all;
    for (int i = 0; i < 200; ++i) all.push_back(w.get(std::to_string(i)));
    w.advance(10s);
    milliseconds longest[2] = {0ms, 0ms};
    milliseconds sum[2] = {0ms, 0ms};
    for (std::size_t i = 0; i < all.size(); ++i) {
        REQUIRE(all[i]->done);
        REQUIRE(all[i]->done->has_value());
        CHECK(asked[std::to_string(i)] == 3);
        const auto& waits = watch->seen[std::to_string(i)];
        REQUIRE(waits.size() == 2);
        for (std::size_t n = 0; n < 2; ++n) {
            longest[n] = std::max(longest[n], waits[n]);
            sum[n] += waits[n];
        }
    }
    CHECK(longest[0] <= 1s);
    CHECK(longest[1] <= 2s);
    // Evenly spread: the largest of 200 is near the bound, the mean near its half (200 * 500 ms and 200 * 1
    // s).
    CHECK(longest[0] > 950ms);
    CHECK(longest[1] > 1900ms);
    CHECK(sum[0] > 85s);
    CHECK(sum[0] < 115s);
    CHECK(sum[1] > 170s);
    CHECK(sum[1] < 230s);
    CHECK(watch->attempts == std::set<unsigned>{2, 3});
    CHECK(w.core->stats().retries == 400);
}

TEST_CASE("R1: delays are capped") {
    const auto watch = std::make_shared<delays>();
    client_world w(client_options()
                       .backoff(1s, 1500ms)
                       .max_attempts(8)
                       .observer(watch)
                       .retry_budget(1.0, 1000)
                       .timeout(1min));
    script s(w, std::vector<std::string>(7, refusal(503)));
    const auto p = w.get("1");
    w.advance(1min);
    REQUIRE(p->done);
    CHECK(p->done->has_value());
    REQUIRE(watch->seen["1"].size() == 7);
    for (const milliseconds d : watch->seen["1"]) CHECK(d <= 1500ms);
}

TEST_CASE("R2: a Retry-After is kept to the millisecond, a meaningless one is as none") {
    // The world's wall clock shows Thu, 09 Oct 2025 08:53:20 GMT at the start.
    constexpr milliseconds jitter{-1};
    const struct {
        std::string_view value;
        milliseconds wait;
        std::string_view date = "";
    } rows[] = {
        {"7", 7s},
        {"0", 0s},
        {"007", 7s},
        {"Thu, 09 Oct 2025 08:53:27 GMT", 7s},
        {"Thursday, 09-Oct-25 08:53:27 GMT", 7s},
        {"Thu Oct  9 08:53:27 2025", 7s},
        {"Thu, 09 Oct 2025 10:00:07 GMT", 7s, "Thu, 09 Oct 2025 10:00:00 GMT"},  // the service's clock counts
        {"Thu, 09 Oct 2025 08:53:19 GMT", 0s},
        {"Sun, 06 Nov 1994 08:49:37 GMT", 0s},
        {"-7", jitter},
        {"+7", jitter},
        {"1.5", jitter},
        {"7 s", jitter},
        {"7, 9", jitter},
        {"soon", jitter},
        {"", jitter},
        {"Thu, 09 Oct 2025 25:53:27 GMT", jitter},
        {"1000000000000000000", 15min},
        {"99999999999999999999999999999999", 15min},
        {"Thu, 09 Oct 2098 08:53:27 GMT", 15min},
    };
    for (const auto& row : rows) {
        CAPTURE(row.value);
        client_world w(client_options().timeout(1h).backoff(20ms, 20ms));
        std::string fields = "Retry-After: " + std::string(row.value) + "\r\n";
        if (!row.date.empty()) fields += "Date: " + std::string(row.date) + "\r\n";
        script s(w, {refusal(503, fields)});
        const auto p = w.get("1");
        w.settle();
        if (row.wait == jitter) {
            w.advance(300ms);
            REQUIRE(p->done);
            CHECK(p->done->has_value());
            continue;
        }
        if (row.wait > 0ms) {
            w.advance(row.wait - 1ms);
            CHECK_FALSE(p->done);
            w.advance(1ms);
        } else {
            w.advance(0ms);
        }
        REQUIRE(p->done);
        CHECK(p->done->has_value());
        CHECK(s.times.back() - s.times.front() == row.wait);
    }
}

TEST_CASE("R2: a Retry-After beyond the deadline fails now, with the service's own error") {
    for (const int status : {429, 503}) {
        client_world w(client_options().timeout(30s));
        script s(w, {refusal(status, "Retry-After: 31\r\n")});
        const auto p = w.get_settled("1");
        REQUIRE(p->done);
        const error& why = p->done->error();
        CHECK(why.value() == (status == 429 ? errc::throttled : errc::server_error));
        CHECK(why.http_status() == status);
        CHECK(why.message() == "not now");
        CHECK(why.attempts() == 1);
        CHECK(why.processed() == processed::maybe);
        CHECK(why.elapsed() < 1ms);
        CHECK(w.image_requests == 1);
    }
}

TEST_CASE("R2: the error tells the wait that the service asked for, in whatever words it is told") {
    for (const int status : {429, 503}) {
        CAPTURE(status);
        client_world w(client_options().timeout(30s));
        w.on_image = [&](scripted_stream& s, const std::string&) {
            s.deliver(http_response(status, "{}", "Retry-After: 120\r\n"));
            return true;
        };
        const auto p = w.get_settled("1");
        REQUIRE(p->done);
        CHECK(p->done->error().retry_after() == 120s);
    }
    client_world w(client_options().timeout(30s));
    w.on_token = [](scripted_stream& s, const std::string&) {
        s.deliver(http_response(503, "{}", "Retry-After: 77\r\n"));
        return true;
    };
    const auto p = w.get_settled("1");
    REQUIRE(p->done);
    CHECK(p->done->error() == errc::token_unavailable);
    CHECK(p->done->error().retry_after() == 77s);
    client_world none;
    none.on_image = [](scripted_stream& s, const std::string&) {
        s.deliver(http_response(404, "{}"));
        return true;
    };
    CHECK_FALSE(none.get_settled("1")->done->error().retry_after());
}

TEST_CASE("R3: while everything fails, retries stay within the budget, and then lookups fail at once") {
    client_world w(client_options().retry_budget(0.1, 5).max_attempts(10).timeout(1h));
    w.on_image = [](scripted_stream& s, const std::string&) {
        s.deliver(refusal(503));
        return true;
    };
    w.get_settled("warm");  // its token request pays in as well
    w.advance(1min);
    const std::uint64_t before = w.core->stats().retries;
    CHECK(before <= 5);
    std::size_t lookups = 0;
    for (int second = 0; second < 60; ++second) {
        for (int i = 0; i < 20; ++i, ++lookups) w.get(std::to_string(lookups));
        w.advance(1s);
    }
    const std::uint64_t retries = w.core->stats().retries - before;
    CHECK(retries <= lookups / 10 + 5);
    CHECK(retries >= lookups / 10 - 5);
    // Empty: no time passes.
    int at_once = 0;
    for (int i = 0; i < 20; ++i) {
        const auto p = w.get_settled("x" + std::to_string(i));
        if (!p->done) continue;
        ++at_once;
        CHECK(p->done->error().value() == errc::server_error);
        CHECK(p->done->error().attempts() == 1);
    }
    CHECK(at_once >= 17);
}

TEST_CASE("R3: calls that wait in backoff have paid already") {
    client_world w(client_options().retry_budget(0.0, 3).timeout(1h));
    w.get_settled("warm");
    w.on_image = [](scripted_stream& s, const std::string&) {
        s.deliver(refusal(504, "Retry-After: 60\r\n"));
        return true;
    };
    std::vector<std::shared_ptr<pending>> all;
    for (int i = 0; i < 10; ++i) all.push_back(w.get(std::to_string(i)));
    w.settle();
    CHECK(std::count_if(all.begin(), all.end(), [](const auto& p) { return !p->done; }) == 3);
}

TEST_CASE("R4: the deadline holds to the millisecond over failures, waits and a service that stalls") {
    const std::string stall;
    const struct {
        std::string_view name;
        std::vector<std::string> answers;
        errc code;
    } rows[] = {
        {"stalled from the start", {stall, stall, stall, stall, stall}, errc::deadline_exceeded},
        {"failures, then stalled",
         {refusal(503), refusal(429), stall, stall, stall, stall},
         errc::deadline_exceeded},
        {"waits, then stalled",
         {refusal(503, "Retry-After: 8\r\n"), refusal(429, "Retry-After: 15\r\n"), stall, stall},
         errc::deadline_exceeded},
        {"stalled in the middle of a header",
         {"HTTP/1.1 200 OK\r\n", "HTTP/1.1 200 OK\r\n", "H", "H"},
         errc::deadline_exceeded},
        {"stalled in the middle of a body",
         {stall, "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nx", stall, stall},
         errc::deadline_exceeded},
    };
    for (const auto& row : rows) {
        CAPTURE(row.name);
        client_world w(
            client_options().timeout(30s).attempt_timeout(12s).max_attempts(100).retry_budget(1.0, 1000));
        script s(w, row.answers);
        const auto p = w.get("1");
        w.advance(30s - 1ns);
        CHECK_FALSE(p->done);
        w.advance(1ns);
        REQUIRE(p->done);
        REQUIRE_FALSE(p->done->has_value());
        CHECK(p->done->error().value() == row.code);
        CHECK(p->done->error().elapsed() == 30s);
        CHECK(p->done->error().attempts() == s.times.size());
        CHECK(s.times.size() >= 3);
    }
}

TEST_CASE("R4: one byte at a time does not prolong an attempt") {
    client_world w(client_options().timeout(30s).attempt_timeout(10s).max_attempts(1));
    scripted_stream* stream = nullptr;
    w.on_image = [&](scripted_stream& s, const std::string&) {
        stream = &s;
        return true;
    };
    const auto p = w.get_settled("1");
    const std::string answer = image_response("1");
    for (std::size_t i = 0; i < 9; ++i) {
        stream->deliver(answer.substr(i, 1));
        w.advance(1s);
    }
    CHECK_FALSE(p->done);
    w.advance(1s);
    REQUIRE(p->done);
    CHECK(p->done->error().value() == errc::attempt_timeout);
    CHECK(stream->closed_by_client());
}

TEST_CASE("R4: an attempt that took too long leads to another while time is left, on another connection") {
    client_world w(client_options().timeout(30s).attempt_timeout(10s).backoff(100ms, 100ms));
    script s(w, {""});
    const auto p = w.get("1");
    w.advance(10s - 1ns);
    CHECK(s.times.size() == 1);
    w.advance(100ms + 1ns);
    REQUIRE(p->done);
    REQUIRE(p->done->has_value());
    CHECK((*p->done)->image.image_id() == "1");
    CHECK(s.times.size() == 2);
    CHECK(w.dialer->streams[0]->closed_by_client());
    CHECK(w.dialer->dials == 2);
    // What the service still says on the first connection is nobody's answer.
    w.dialer->streams[0]->deliver(image_response("1"));
    w.settle();
    CHECK(w.get_settled("2")->done->has_value());
}

TEST_CASE("R4: no try starts with too little time left") {
    client_world w(
        client_options().timeout(1000ms).backoff(0ms, 0ms).max_attempts(100).retry_budget(1.0, 1000));
    std::vector<core::time_point> starts;
    w.on_image = [&](scripted_stream& s, const std::string&) {
        starts.push_back(w.scheduler->now());
        if (starts.size() == 1) return true;  // answered late, below
        s.deliver(image_response("1"));
        return true;
    };
    const auto p = w.get_settled("1");
    w.advance(991ms);
    w.dialer->streams[0]->deliver(refusal(503));
    w.advance(0ms);
    REQUIRE(p->done);
    CHECK(p->done->error().value() == errc::server_error);
    CHECK(starts.size() == 1);

    client_world v(client_options().timeout(1000ms).backoff(0ms, 0ms));
    scripted_stream* held = nullptr;
    v.on_image = [&](scripted_stream& s, const std::string&) {
        if (held) return false;
        held = &s;
        return true;
    };
    const auto q = v.get_settled("1");
    v.advance(990ms);
    held->deliver(refusal(503));
    v.advance(0ms);
    REQUIRE(q->done);
    CHECK(q->done->has_value());
}

TEST_CASE("R4: time that runs out before a request could be authenticated is late, and no refusal") {
    for (const bool digest : {false, true}) {
        for (const auto took : {5ms, 35ms, 45ms}) {
            CAPTURE(digest);
            CAPTURE(took.count());
            client_world w(client_options(), digest ? auth_scheme::digest : auth_scheme::bearer);
            w.on_image = [&](scripted_stream& s, const std::string& request) {
                const bool challenged = digest ? request.find("Authorization: Digest") == std::string::npos
                                               : request.find("Bearer token-1") != std::string::npos;
                auto later = std::static_pointer_cast<scripted_stream>(s.shared_from_this());
                const std::string answer =
                    !challenged ? image_response("1")
                    : digest
                        ? http_response(401, "",
                                        "WWW-Authenticate: Digest realm=\"r\", nonce=\"n\", qop=\"auth\"\r\n")
                        : http_response(401, "");
                w.at(w.scheduler->now() + took, [later, answer] { later->deliver(answer); });
                return true;
            };
            const auto got = w.get("1", lookup_options().timeout(40ms));
            w.advance(1s);
            REQUIRE(got->done);
            if (took == 5ms) {
                CHECK(got->done->has_value());
            } else {
                CHECK(got->done->error() == condition::timeout);
                CHECK(got->done->error() == errc::deadline_exceeded);
            }
        }
    }
}

TEST_CASE("R5: which statuses are tried again") {
    const struct {
        int status;
        bool again;
        errc code;
    } rows[] = {
        {400, false, errc::bad_request},       {403, false, errc::forbidden},
        {404, false, errc::not_found},         {405, false, errc::unexpected_status},
        {408, true, errc::unexpected_status},  {409, false, errc::unexpected_status},
        {410, false, errc::not_found},         {414, false, errc::unexpected_status},
        {422, false, errc::unexpected_status}, {429, true, errc::throttled},
        {500, false, errc::server_error},      {501, false, errc::server_error},
        {502, true, errc::server_error},       {503, true, errc::server_error},
        {504, true, errc::server_error},       {505, false, errc::server_error},
        {301, false, errc::unexpected_status}, {302, false, errc::unexpected_status},
        {206, false, errc::unexpected_status}, {201, false, errc::unexpected_status},
    };
    for (const auto& row : rows) {
        CAPTURE(row.status);
        client_world w(client_options().max_attempts(3));
        script s(w, std::vector<std::string>(10, refusal(row.status)));
        const auto p = w.get("1");
        w.advance(30s);
        REQUIRE(p->done);
        REQUIRE_FALSE(p->done->has_value());
        CHECK(p->done->error().value() == row.code);
        CHECK(p->done->error().http_status() == row.status);
        CHECK(p->done->error().attempts() == (row.again ? 3 : 1));
        CHECK(w.image_requests == (row.again ? 3 : 1));
        CHECK(w.token_posts == 1);
    }
}

TEST_CASE("R5: 500 is tried again when the options say so") {
    client_world w(client_options().max_attempts(3).retry_internal_error(retry_internal_error::yes));
    script s(w, {refusal(500)});
    const auto p = w.get("1");
    w.advance(30s);
    REQUIRE(p->done);
    CHECK(p->done->has_value());
}

TEST_CASE("R5: a certificate that was refused is not tried again") {
    client_world w;
    w.dialer->refuse = [] {
        return std::optional<error>(std::in_place, errc::certificate_rejected, stage::tls, "expired");
    };
    const auto p = w.get("1");
    w.advance(30s);
    REQUIRE(p->done);
    CHECK(p->done->error().value() == errc::certificate_rejected);
    CHECK(w.dialer->dials == 1);
}

TEST_CASE("R5: an answer that is no HTTP, or no image, is not tried again") {
    const struct {
        std::string answer;
        errc code;
    } rows[] = {
        {"SSH-2.0-x\r\n", errc::malformed_response},
        {http_response(200, "<html>hello</html>"), errc::malformed_body},
        {http_response(200, ""), errc::malformed_body},
        {http_response(200, R"({"Images":[{"ImageId":"1"})"), errc::malformed_body},
        {"HTTP/1.1 200 OK\r\nContent-Length: 99999999\r\n\r\n", errc::body_too_large},
        {"HTTP/1.1 200 OK\r\nX: " + std::string(20'000, 'x'), errc::header_too_large},
    };
    for (const auto& row : rows) {
        CAPTURE(row.answer.substr(0, 60));
        client_world w;
        script s(w, std::vector<std::string>(5, row.answer));
        const auto p = w.get("1");
        w.advance(30s);
        REQUIRE(p->done);
        CHECK(p->done->error().value() == row.code);
        CHECK(w.image_requests == 1);
        CHECK(w.get("2") != nullptr);
    }
}

TEST_CASE("403 with \"Account Over Queries Per Second Limit\" is tried again, the daily limit is not") {
    const struct {
        std::string fields;
        bool again;
        errc code;
    } rows[] = {
        {"X-Error-Detail: Account Over Queries Per Second Limit\r\n", true, errc{}},
        {"x-error-detail: Account Over Queries Per Second Limit\r\n", true, errc{}},
        {"X-Mashery-Error-Code: ERR_403_DEVELOPER_OVER_QPS\r\n", true, errc{}},
        {"X-Error-Detail: Account Over Rate Limit\r\n", false, errc::quota_exhausted},
        {"X-Mashery-Error-Code: ERR_403_DEVELOPER_OVER_RATE\r\n", false, errc::quota_exhausted},
        {"", false, errc::forbidden},
    };
    for (const auto& row : rows) {
        CAPTURE(row.fields);
        client_world w;
        script s(w, {http_response(403, "<h1>Developer Over Qps</h1>", row.fields)});
        const auto p = w.get("1");
        w.advance(30s);
        REQUIRE(p->done);
        CHECK(p->done->has_value() == row.again);
        CHECK(w.image_requests == (row.again ? 2 : 1));
        if (!row.again) CHECK(p->done->error().value() == row.code);
    }
}

TEST_CASE("R7: the service never counts more than max_attempts for an id, whatever it answers") {
    auto random = core::seeded_random(42);
    client_world w(
        client_options().max_attempts(3).retry_budget(1.0, 10'000).max_connections(8).attempt_timeout(1s));
    std::map<std::string, unsigned> count;
    w.on_image = [&](scripted_stream& s, const std::string& request) {
        ++count[requested_id(request)];
        switch (random->next() % 8) {
            case 0:
                return false;
            case 1:
                s.deliver(refusal(503));
                break;
            case 2:
                s.deliver(refusal(429, "Retry-After: 0\r\n"));
                break;
            case 3:
                s.deliver(refusal(504, "Connection: close\r\n"));
                break;
            case 4:  // reset after a byte: no transparent replay
                s.deliver("H");
                w.settle();
                s.reset();
                break;
            case 5:
                break;  // never
            case 6:
                s.deliver("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{");
                w.settle();
                s.vanish();
                break;
            default:
                s.deliver(refusal(408));
                break;
        }
        return true;
    };
    std::vector<std::shared_ptr<pending>> all;
    for (int i = 0; i < 400; ++i) {
        all.push_back(w.get(std::to_string(i)));
        w.advance(50ms);
    }
    w.advance(30s);
    bool reached = false;
    for (std::size_t i = 0; i < all.size(); ++i) {
        REQUIRE(all[i]->done);
        const unsigned made = count[std::to_string(i)];
        CHECK(made <= 3);
        // Where so many answers ask for fewer requests, a lookup by itself may not get its turn in time.
        if (made == 0) CHECK(all[i]->done->error().value() == errc::deadline_exceeded);
        reached = reached || made == 3;
        if (!all[i]->done->has_value()) CHECK(all[i]->done->error().attempts() == made);
    }
    CHECK(reached);
}

TEST_CASE("R7: a connection that is found dead brings one further request, and only one") {
    client_world w(client_options().max_attempts(1));
    w.get_settled("0");
    w.on_image = [](scripted_stream& s, const std::string&) {
        s.vanish();
        return true;
    };
    const std::size_t before = w.image_requests;
    const auto p = w.get("1");
    w.advance(30s);
    REQUIRE(p->done);
    CHECK(p->done->error().value() == errc::peer_closed);
    CHECK(w.image_requests - before == 2);
}

TEST_CASE("R7: a lookup may have a number of attempts of its own") {
    client_world w(client_options().max_attempts(3).backoff(1ms, 1ms));
    std::map<std::string, unsigned> asked;
    w.on_image = [&](scripted_stream& s, const std::string& request) {
        ++asked[requested_id(request)];
        s.deliver(refusal(503));
        return true;
    };
    const auto once = w.get("once", lookup_options().max_attempts(1));
    const auto often = w.get("often", lookup_options().max_attempts(5));
    const auto usual = w.get("usual");
    w.advance(10s);
    REQUIRE((once->done && often->done && usual->done));
    CHECK(asked["once"] == 1);
    CHECK(asked["often"] == 5);
    CHECK(asked["usual"] == 3);
    CHECK(often->done->error().attempts() == 5);
}

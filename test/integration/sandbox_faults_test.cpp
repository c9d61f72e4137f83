// Every fault of the sandbox as it looks on the wire, to a client without any judgement of its own.
#include "sandbox/catalogue/catalogue.hpp"
#include "sandbox/http/content_coding.hpp"
#include "support/fault_names.hpp"
#include "support/raw_tls_client.hpp"

#include <getty/connect/sandbox.hpp>

#include <boost/asio/error.hpp>
#include <boost/asio/ssl/error.hpp>
#include <boost/json.hpp>
#include <doctest/doctest.h>

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>

using namespace getty::connect;
using namespace std::chrono_literals;
using sandbox::auth;
using sandbox::options;
using test::eventually;
using test::get;
using test::raw_client;
namespace asio = boost::asio;

namespace {

constexpr auto target = "/api/images/83454800?coordination_id=c";
const std::string good_answer = "HTTP/1.1 200 OK\r\n";

options open_to_all() { return options().scheme(auth::none); }

std::string image(std::string_view id) {
    std::string made = "{\"CoordinationId\":\"c\",\"Images\":[";
    sandbox::append_image(made, id, 0);
    return made + "]}";
}

std::string right_body() { return image("83454800"); }
std::string body_of(const std::string& response) { return response.substr(response.find("\r\n\r\n") + 4); }
bool has_line(const std::string& response, const std::string& line) {
    return response.find("\r\n" + line + "\r\n") < response.find("\r\n\r\n") + 2;
}
std::string length_line(std::size_t bytes) { return "Content-Length: " + std::to_string(bytes); }

/// A sandbox with this fault and a connection to it on which the image has been asked for.
struct scene {
    explicit scene(const std::string& spec, const options& base = open_to_all())
        : server(options(base).fault(spec)), client(*server) {
        client.send(get(target));
    }
    scene(const scene&) = delete;
    scene& operator=(const scene&) = delete;

    /// The connection goes on, and the next answer is as it should be.
    void check_goes_on() {
        server->clear_faults();
        client.send(get(target));
        const std::string next = client.read_response();
        CHECK(next.starts_with(good_answer));
        CHECK(body_of(next) == right_body());
        CHECK(server->snapshot().connections == 1);
    }
    /// All bytes to the end, which is a proper one.
    std::string rest() {
        const auto [bytes, how] = client.read_all();
        CHECK(how == asio::error::eof);
        return bytes;
    }

    sandbox::background_server server;
    raw_client client;
};

void replaced(const std::string& spec, const std::string& status, const std::string& line,
              const std::string& in_body) {
    scene s(spec);
    const std::string got = s.client.read_response();
    CAPTURE(got);
    CHECK(got.starts_with("HTTP/1.1 " + status + " "));
    if (!line.empty()) CHECK(has_line(got, line));
    if (in_body.empty()) {
        CHECK(body_of(got).empty());
    } else {
        CHECK(body_of(got).find(in_body) != got.npos);
    }
    s.check_goes_on();
}

/// One chunked body: its size lines and their extensions, its content, and what follows.
struct unchunked {
    std::set<std::string> size_lines;
    std::string content, rest;
};
unchunked read_chunks(std::string_view bytes) {
    unchunked out;
    while (!bytes.empty()) {
        const std::string line(bytes.substr(0, bytes.find("\r\n")));
        std::size_t digits = 0;
        std::size_t size = 0;
        try {
            size = std::stoul(line, &digits, 16);
        } catch (const std::exception&) {
        }
        if (size == 0) break;
        out.size_lines.insert(line);
        bytes.remove_prefix(line.size() + 2);
        out.content += bytes.substr(0, size);
        REQUIRE(bytes.substr(size, 2) == "\r\n");
        bytes.remove_prefix(size + 2);
    }
    out.rest = bytes;
    return out;
}

void ends_at_once(const std::string& spec, const std::function<bool(boost::system::error_code)>& how) {
    scene start(spec);
    const auto [nothing, end] = start.client.read_all();
    CHECK(nothing.empty());
    CAPTURE(end.message());
    CHECK(how(end));
    scene half(spec + ":at=half");
    const auto [bytes, later] = half.client.read_all();
    const std::string right = right_body();
    CHECK(has_line(bytes, length_line(right.size())));
    CHECK(body_of(bytes) == right.substr(0, right.size() / 2));
    CHECK(how(later));
}

void check_slow_start() {
    const auto began = std::chrono::steady_clock::now();
    scene s("slow-start:wait=60ms");
    CHECK(body_of(s.client.read_response()) == right_body());
    CHECK(std::chrono::steady_clock::now() - began >= 60ms);
    s.check_goes_on();
}

void check_drip() {
    const auto began = std::chrono::steady_clock::now();
    scene s("drip:bytes=100,wait=1ms");
    const std::string right = right_body();
    std::string got = s.client.read_head();
    CHECK(has_line(got, length_line(right.size())));
    got.clear();
    std::size_t pieces = 0;
    for (; got.size() < right.size(); ++pieces) {
        const std::string piece = s.client.read_piece();
        CHECK(piece.size() <= 100);
        got += piece;
    }
    CHECK(got == right);
    CHECK(pieces == (right.size() + 99) / 100);
    CHECK(std::chrono::steady_clock::now() - began >= std::chrono::milliseconds(pieces - 1));
    s.check_goes_on();
}

void check_lengths() {
    const std::string right = right_body();
    scene longer("length-long:bytes=5");
    const std::string cut = longer.rest();
    CHECK(has_line(cut, length_line(right.size() + 5)));
    CHECK(body_of(cut) == right);
    scene shorter("length-short:bytes=5");
    const std::string head = shorter.client.read_head();
    CHECK(has_line(head, length_line(right.size() - 5)));
    CHECK(shorter.client.read_exactly(right.size()) == right);
    shorter.check_goes_on();
}

void check_surplus() {
    scene s("surplus");
    CHECK(body_of(s.client.read_response()) == right_body());
    const std::string second = s.client.read_response();
    CHECK(second.starts_with(good_answer));
    CHECK(second.find("\"ImageId\":\"10000001\"") != second.npos);
    s.check_goes_on();
}

void check_chunks() {
    const std::string right = right_body();
    scene valid("chunked:bytes=64");
    CHECK(has_line(valid.client.read_head(), "Transfer-Encoding: chunked"));
    std::string bytes;
    constexpr auto end = "X-Sandbox-Trailer: \"with a value\"\r\n\r\n";
    while (!bytes.ends_with(end)) bytes += valid.client.read_piece();
    const unchunked whole = read_chunks(bytes);
    CHECK(whole.content == right);
    CHECK(whole.size_lines.count("40;sandbox=\"an extension\"") == 1);
    CHECK(whole.rest == std::string("0;last\r\n") + end);
    valid.check_goes_on();

    scene broken("chunk-broken");
    const unchunked torn = read_chunks(body_of(broken.rest()));
    CHECK(torn.content == right.substr(0, right.size() / 2));
    CHECK(torn.rest == "no size\r\n" + right.substr(right.size() / 2));

    scene unfinished("chunk-unfinished:bytes=1000");
    const unchunked open = read_chunks(body_of(unfinished.rest()));
    CHECK(open.content == right);
    CHECK(open.size_lines.count("3e8") == 1);
    CHECK(open.rest.empty());
}

void check_bodies() {
    const std::string right = right_body();
    const auto answered = [](const std::string& spec) {
        scene s(spec);
        const std::string got = s.client.read_response();
        CHECK(got.starts_with(good_answer));
        s.check_goes_on();
        return got;
    };
    CHECK(body_of(answered("wrong-image")).find("\"ImageId\":\"10000001\"") != right.npos);
    CHECK(body_of(answered("json-truncated")) == right.substr(0, right.size() / 2));
    CHECK(boost::json::parse(body_of(answered("json-mistyped"))).at("Images").at(0).at("Title") == 42);
    const std::string twice = body_of(answered("json-duplicate"));
    CHECK(twice.find("\"ImageId\":\"10000001\"") < twice.find("\"ImageId\":\"83454800\""));
    const std::string packed = answered("gzip-unasked");
    CHECK(has_line(packed, "Content-Encoding: gzip"));
    CHECK(body_of(packed) == sandbox::gzipped(right));
    const std::string broken = answered("gzip-broken");
    CHECK(has_line(broken, "Content-Encoding: gzip"));
    CHECK(body_of(broken) != body_of(packed));
    CHECK(body_of(broken).size() == body_of(packed).size());
}

void check_interim() {
    scene s("interim");
    CHECK(s.client.read_head() == "HTTP/1.1 103 Early Hints\r\nLink: </api>; rel=preconnect\r\n\r\n");
    CHECK(body_of(s.client.read_response()) == right_body());
    s.check_goes_on();
}

void check_connection_close() {
    scene s("connection-close");
    const std::string got = s.rest();
    CHECK(has_line(got, "Connection: close"));
    CHECK(body_of(got) == right_body());
}

/// The answer of v3 to a group with this fault.
std::string group(const std::string& spec) {
    const sandbox::background_server server(
        options().fault(spec).v3(sandbox::v3_order::as_asked).v3(sandbox::v3_nothing_missing::absent));
    raw_client client(*server);
    client.send(get("/v3/images?ids=1,2,3&fields=id", "Api-Key: sandbox-key\r\n"));
    return body_of(client.read_response());
}

void check_groups() {
    CHECK(group("omit:id=9") == R"({"images":[{"id":"1"},{"id":"2"},{"id":"3"}]})");
    CHECK(group("omit") == R"({"images":[{"id":"2"},{"id":"3"}]})");
    CHECK(group("omit:id=2") == R"({"images":[{"id":"1"},{"id":"3"}]})");
    CHECK(group("reorder") == R"({"images":[{"id":"3"},{"id":"2"},{"id":"1"}]})");
    CHECK(group("stranger").starts_with(R"({"images":[{"id":"10000001",)"));
    CHECK(group("stranger").ends_with(R"(},{"id":"1"},{"id":"2"},{"id":"3"}]})"));
    CHECK(group("duplicate-image:id=3") ==
          R"({"images":[{"id":"1"},{"id":"2"},{"id":"3"},{"id":"3","title":"A second answer"}]})");
    const std::string broken = group("half-malformed");
    CHECK(broken.starts_with(R"({"images":[{"id":"1"},)"));
    CHECK(broken.size() == group("reorder").size());
    CHECK_THROWS(boost::json::parse(broken));
}

void check_refusals() {
    for (const char* spec : {"token-expired", "token-rotated"}) {
        scene s(spec, options().scheme(auth::bearer).static_token(secret("fixed")));
        (void)s.client.read_response();  // without a token there is no fault
        s.client.send(
            "POST /api/token HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\n"
            "Content-Length: 61\r\n\r\napplication_key=sandbox-key&application_secret=sandbox-secret");
        CHECK(s.client.read_response().find("fixed") != std::string::npos);
        s.client.send(get(target, "Authorization: Bearer fixed\r\n"));
        const std::string got = s.client.read_response();
        CHECK(got.starts_with("HTTP/1.1 401 "));
        CHECK(got.find("error=\"invalid_token\"") != got.npos);
        CHECK(s.server->snapshot().faults.at(spec) == 1);
    }
    // A nonce is refused to one who has answered its challenge: the real client does, in client_chaos_test.
    scene s("nonce-stale", options());
    CHECK(s.client.read_response().starts_with("HTTP/1.1 401 "));
    CHECK(s.server->snapshot().faults.empty());
}

bool proper_end(boost::system::error_code ec) { return ec == asio::error::eof; }
bool reset(boost::system::error_code ec) { return ec == asio::error::connection_reset; }

}  // namespace

TEST_CASE("sandbox faults: every one does on the wire what it says") {
    const std::map<std::string, std::function<void()>> shown = {
        {"status-400",
         [] {
             replaced("status-400", "400", "", "\"status\":400");
             replaced("status-429:retry-after=3", "429", "Retry-After: 3", "\"status\":429");
             replaced("status-503:body=html", "503", "Content-Type: text/html; charset=utf-8", "<title>503");
         }},
        {"over-qps",
         [] { replaced("over-qps", "403", "X-Error-Detail: Account Over Queries Per Second Limit", "Qps"); }},
        {"over-quota",
         [] {
             replaced("over-quota:header=x-mashery-error-code", "403",
                      "X-Mashery-Error-Code: Account Over Rate Limit", "Rate");
         }},
        {"throttle",
         [] {
             replaced("throttle", "429", "X-Error-Detail: Account Over Queries Per Second Limit", "too many");
         }},
        {"uri-too-long", [] { replaced("uri-too-long:bytes=20", "414", "", "\"status\":414"); }},
        {"omit", check_groups},
        {"reorder", check_groups},
        {"stranger", check_groups},
        {"duplicate-image", check_groups},
        {"half-malformed", check_groups},
        {"redirect",
         [] {
             replaced("redirect", "302", std::string("Location: ") + target + "&sandbox-redirected=once", "");
             replaced("redirect:to=loop", "302",
                      std::string("Location: ") + target + "&sandbox-redirected=loop", "");
             replaced("redirect:to=other", "302", "Location: https://media.example/moved", "");
         }},
        {"html", [] { replaced("html", "200", "Content-Type: text/html; charset=utf-8", "<html>"); }},
        {"empty", [] { replaced("empty", "200", "Content-Length: 0", ""); }},
        {"token-expired", check_refusals},
        {"token-rotated", check_refusals},
        {"nonce-stale", check_refusals},
        {"wrong-image", check_bodies},
        {"json-duplicate", check_bodies},
        {"json-mistyped", check_bodies},
        {"json-truncated", check_bodies},
        {"gzip-unasked", check_bodies},
        {"gzip-broken", check_bodies},
        {"slow-start", check_slow_start},
        {"drip", check_drip},
        {"interim", check_interim},
        {"length-long", check_lengths},
        {"length-short", check_lengths},
        {"surplus", check_surplus},
        {"chunked", check_chunks},
        {"chunk-broken", check_chunks},
        {"chunk-unfinished", check_chunks},
        {"connection-close", check_connection_close},
        {"close", [] { ends_at_once("close", proper_end); }},
        {"reset", [] { ends_at_once("reset", reset); }},
    };
    std::set<std::string> names;
    std::set<void (*const*)()> done;  // what shows several is run once
    for (const auto& [name, show] : shown) {
        CAPTURE(name);
        names.insert(name);
        void (*const* several)() = show.target<void (*)()>();
        if (several) {
            bool seen = false;
            for (const auto* one : done) seen = seen || *one == *several;
            if (seen) continue;
            done.insert(several);
        }
        show();
    }
    CHECK(names == test::fault_names());
}

TEST_CASE("sandbox faults: pipelined answers before and after a harmed one come in their order") {
    for (const char* spec : {"drip:id=2,bytes=500,wait=0ms", "slow-start:id=2,wait=1ms",
                             "chunked:id=2,bytes=4000", "surplus:id=none", "connection-close:id=none"}) {
        CAPTURE(spec);
        const sandbox::background_server server(open_to_all().fault(spec));
        raw_client client(*server);
        std::string all;
        for (const char* id : {"1", "2", "3"}) {
            all += get("/api/images/" + std::string(id) + "?coordination_id=c");
        }
        client.send(all);
        for (const char* id : {"1", "2", "3"}) {
            CAPTURE(id);
            if (std::string(spec).starts_with("chunked") && id[0] == '2') {
                (void)client.read_head();
                std::string bytes;
                while (!bytes.ends_with("value\"\r\n\r\n")) bytes += client.read_exactly(1);
                CHECK(read_chunks(bytes).content == image(id));
            } else {
                CHECK(body_of(client.read_response()) == image(id));
            }
        }
        CHECK(eventually([&] { return server->snapshot().in_flight == 0; }));
    }
}

TEST_CASE("sandbox faults: it stops at once while answers are slow to start or drip") {
    for (const char* spec : {"slow-start:wait=10m", "drip:wait=10m"}) {
        auto server = std::make_unique<sandbox::background_server>(open_to_all().fault(spec));
        raw_client waiting(**server);
        waiting.send(get(target));
        CHECK(eventually([&] { return (*server)->snapshot().in_flight == 1; }));
        if (std::string(spec).starts_with("drip")) (void)waiting.read_head();
        const auto before = std::chrono::steady_clock::now();
        server.reset();
        CHECK(std::chrono::steady_clock::now() - before < 60s);
    }
}

TEST_CASE("sandbox faults: a control that cannot be followed throws, and changes nothing") {
    const sandbox::background_server server(open_to_all());
    sandbox::background_server other(open_to_all());
    CHECK_THROWS_WITH_AS(other->add_fault("drop"),
                         doctest::Contains("fault \"drop\": there is no such fault; did you mean drip?"),
                         failure);
    CHECK_THROWS_AS(sandbox::background_server(open_to_all().fault("drop")), failure);
    raw_client client(*other);
    client.send(get(target));
    CHECK(body_of(client.read_response()) == right_body());
}

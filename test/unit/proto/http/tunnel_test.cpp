// P17, P20: what is asked of a proxy, and what its answer means.
#include "proto/http/tunnel.hpp"

#include <doctest/doctest.h>

#include <string>
#include <string_view>
#include <vector>

using namespace getty::connect;
using namespace getty::connect::proto;
using state = tunnel_reply::state;

namespace {

std::string request_for(std::string_view host, std::uint16_t port, std::string_view user = "",
                        std::string_view password = "") {
    std::string out;
    append_tunnel_request(out, host, port, user, secret(password));
    return out;
}

struct verdict {
    state what = state::need_more;
    std::string why;
    bool operator==(const verdict&) const = default;
};

/// The answer in two pieces, or byte by byte when `cut` is 0.
verdict read(std::string_view answer, std::size_t cut) {
    tunnel_reply reply;
    verdict v;
    if (cut == 0) {
        for (std::size_t i = 0; i < answer.size() && v.what == state::need_more; ++i)
            v.what = reply.received(answer.substr(i, 1));
    } else {
        v.what = reply.received(answer.substr(0, cut));
        if (v.what == state::need_more && cut < answer.size()) v.what = reply.received(answer.substr(cut));
    }
    v.why = reply.why();
    return v;
}

const std::string opened = "HTTP/1.1 200 Connection established\r\nVia: 1.1 proxy\r\n\r\n";

}  // namespace

TEST_CASE("P17: a tunnel is asked for by host and port, with an IPv6 address in brackets") {
    CHECK(request_for("images.test", 443) ==
          "CONNECT images.test:443 HTTP/1.1\r\nHost: images.test:443\r\n\r\n");
    CHECK(request_for("2001:db8::1", 8443) ==
          "CONNECT [2001:db8::1]:8443 HTTP/1.1\r\nHost: [2001:db8::1]:8443\r\n\r\n");
}

TEST_CASE("P17: credentials for the proxy go as in RFC 7617's example") {
    CHECK(request_for("h", 443, "Aladdin", "open sesame") ==
          "CONNECT h:443 HTTP/1.1\r\nHost: h:443\r\n"
          "Proxy-Authorization: Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==\r\n\r\n");
}

TEST_CASE("P17: an answer of 2xx opens the tunnel, in whatever pieces it comes") {
    for (std::size_t cut = 0; cut < opened.size(); ++cut) {
        CAPTURE(cut);
        CHECK(read(opened, cut).what == state::open);
    }
    CHECK(read("HTTP/1.0 200 \r\n\r\n", 0).what == state::open);
    CHECK(read("HTTP/1.1 299\r\n\r\n", 0).what == state::open);
    // RFC 9110 9.3.6: a client ignores these in a 2xx to CONNECT.
    CHECK(read("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n", 0).what ==
          state::open);
}

TEST_CASE("P20: interim answers of a proxy are passed over, in whatever pieces they come") {
    const std::string interim = "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n";
    const std::string refused = "HTTP/1.1 403 Filtered\r\n\r\n";
    for (std::size_t cut = 0; cut < interim.size() + opened.size(); ++cut) {
        CAPTURE(cut);
        CHECK(read(interim + opened, cut).what == state::open);
        CHECK(read(interim + opened + "x", cut).what == (cut == 0 ? state::open : state::refused));
        CHECK(read(interim + refused, cut) == verdict{state::refused, "answered 403 Filtered"});
    }
    CHECK(read(interim, 0).what == state::need_more);
    CHECK(read(interim + "SSH-2.0", 0) ==
          verdict{state::refused, "did not answer with an HTTP/1 status line"});
    tunnel_reply cut_off;
    CHECK(cut_off.received(interim) == state::need_more);
    CHECK(cut_off.ended() == state::busy);
    CHECK(cut_off.why() == "closed the connection in the middle of its answer");
}

TEST_CASE("P20: interim answers of a proxy are bounded, each and all together") {
    std::string most;
    const std::string begin = "HTTP/1.1 102 Processing\r\nX: ";
    const std::string largest =
        begin + std::string(tunnel_reply::max_bytes - begin.size() - 4, 'x') + "\r\n\r\n";
    for (int i = 0; i < tunnel_reply::max_interim; ++i) most += i == 0 ? largest : "HTTP/1.1 199\r\n\r\n";
    for (const std::size_t cut : {std::size_t{0}, std::size_t{100}, most.size()}) {
        CHECK(read(most + opened, cut).what == state::open);
        CHECK(read(most + "HTTP/1.1 100\r\n\r\n" + opened, cut) ==
              verdict{state::refused, "sent more than 16 interim answers"});
        CHECK(read(most.substr(0, 30) + "x" + most.substr(30), cut) ==
              verdict{state::refused, "answered with a header of more than 16 KiB"});
    }
}

TEST_CASE("P17: bytes behind the answer that opens the tunnel are not the origin's") {
    CHECK(read(opened + "x", opened.size() + 1) ==
          verdict{state::refused, "sent more than its answer before the tunnel was used"});
    CHECK(read(opened + "x", 5).what == state::refused);
}

TEST_CASE("P17: a refusal is told in the proxy's words, a proxy in trouble may do better next time") {
    const struct {
        std::string_view answer;
        verdict expected;
    } rows[] = {
        {"HTTP/1.1 403 Filtered\r\nContent-Length: 3\r\n\r\nno!", {state::refused, "answered 403 Filtered"}},
        {"HTTP/1.1 407 Proxy Authentication Required\r\nproxy-authenticate: \tBasic realm=\"p\" \r\n\r\n",
         {state::refused, "answered 407 Proxy Authentication Required, asking for Basic realm=\"p\""}},
        {"HTTP/1.1 407 x\r\n\r\n", {state::refused, "answered 407 x, asking for credentials"}},
        {"HTTP/1.1 407 x\r\nProxy-Authenticate:\r\n\r\n",
         {state::refused, "answered 407 x, asking for credentials"}},
        {"HTTP/1.1 302 Found\r\n\r\n", {state::refused, "answered 302 Found"}},
        {"HTTP/1.1 101 Switching Protocols\r\n\r\n", {state::refused, "answered 101 Switching Protocols"}},
        {"HTTP/1.1 502 Bad Gateway\r\n\r\n", {state::busy, "answered 502 Bad Gateway"}},
        {"HTTP/1.0 503\r\n\r\n", {state::busy, "answered 503"}},
    };
    for (const auto& row : rows) {
        CAPTURE(row.answer);
        CHECK(read(row.answer, 0) == row.expected);
        CHECK(read(row.answer, row.answer.size()) == row.expected);
    }
}

TEST_CASE("P17: what is no HTTP/1 status line is refused at its first wrong byte") {
    const std::string_view bad[] = {
        "HTTP/1.1 2000 OK\r\n\r\n",
        "HTTP/1.1 20 OK\r\n\r\n",
        "HTTP/2 200 OK\r\n\r\n",
        "HTTP/1.1  200 OK\r\n\r\n",
        "http/1.1 200 OK\r\n\r\n",
        "HTTP/1.1 200OK\r\n\r\n",
        "\x05\x01",
        "\x15\x03\x01",
        "<html>",
        " HTTP/1.1 200 OK\r\n",
    };
    for (const std::string_view answer : bad) {
        CAPTURE(answer);
        const verdict expected{state::refused, "did not answer with an HTTP/1 status line"};
        CHECK(read(answer, 0) == expected);
        CHECK(read(answer, answer.size()) == expected);
    }
    tunnel_reply early;
    CHECK(early.received("HTTP/1.1 2") == state::need_more);
    CHECK(early.received("00") == state::need_more);
    CHECK(early.received("0") == state::refused);
}

TEST_CASE("P17: an answer that ends too early or not at all is bounded") {
    tunnel_reply silent;
    CHECK(silent.ended() == state::busy);
    CHECK(silent.why() == "closed the connection without an answer");
    tunnel_reply cut;
    CHECK(cut.received("HTTP/1.1 200 OK\r\n") == state::need_more);
    CHECK(cut.ended() == state::busy);
    CHECK(cut.why() == "closed the connection in the middle of its answer");

    const std::string begin = "HTTP/1.1 200 OK\r\nX: ";
    tunnel_reply endless;
    CHECK(endless.received(begin) == state::need_more);
    CHECK(endless.received(std::string(tunnel_reply::max_bytes - begin.size() - 1, 'x')) == state::need_more);
    CHECK(endless.received("x") == state::refused);
    CHECK(endless.why() == "answered with a header of more than 16 KiB");

    tunnel_reply largest;
    CHECK(largest.received(begin + std::string(tunnel_reply::max_bytes - begin.size() - 4, 'x') +
                           "\r\n\r\n") == state::open);
}

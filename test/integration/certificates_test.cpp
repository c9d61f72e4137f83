// P15: which certificates the client takes, and what it says about the others. P16: sessions taken up again.
#include "support/foreign/foreign_server.hpp"
#include "support/foreign/process.hpp"
#include "support/foreign/temp_dir.hpp"
#include "support/foreign/test_ca.hpp"
#include "support/tls_peer.hpp"

#include <getty/connect.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>
#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <future>
#include <iterator>
#include <string>
#include <vector>

using namespace getty::connect;
using namespace getty::connect::test;
namespace asio = boost::asio;
using namespace std::chrono_literals;

namespace {

client_options options_for(const std::string& url, const std::string& ca_pem) {
    client_options options;
    options.base_url(url).ca_pem(ca_pem).auth(auth_scheme::bearer).token(secret("the-token"));
    return options.threading(threading::single_thread).connect_timeout(5s).backoff(1ms, 1ms);
}

asio::awaitable<result<image>> one_lookup(client& c) {
    result<image> found = co_await c.get("83454800");
    co_await c.close();
    co_return found;
}

result<image> look_up(const client_options& options) {
    asio::io_context context;
    client c(context.get_executor(), options);
    std::future<result<image>> done = asio::co_spawn(context, one_lookup(c), asio::use_future);
    context.run();
    return done.get();
}

/// What the client says of a certificate it refuses; that it sent nothing, and tried once, is checked here.
std::string refusal(const tls_peer& peer, const client_options& options) {
    const result<image> r = look_up(options);
    REQUIRE_FALSE(r.has_value());
    CHECK(r.error().value() == errc::certificate_rejected);
    CHECK(r.error().stage() == stage::tls);
    CHECK(r.error().processed() == processed::no);
    CHECK(r.error().attempts() == 0);
    CHECK(peer.requests() == 0);
    CHECK(peer.connections() == 1);
    return r.error().message();
}

std::string refusal(const certificate& shown, const test_ca& trusted, std::string_view host = "localhost") {
    const tls_peer peer(shown.chain_pem, shown.key_pem);
    return refusal(peer, options_for(peer.url(host), trusted.pem()));
}

bool says(const std::string& text, std::string_view words) { return text.find(words) != std::string::npos; }

std::string first_certificate(const std::string& chain_pem) {
    constexpr std::string_view end = "-----END CERTIFICATE-----\n";
    return chain_pem.substr(0, chain_pem.find(end) + end.size());
}

}  // namespace

TEST_CASE("P15: a certificate for the name, or for the address, is taken") {
    const test_ca authority;
    const certificate good = authority.issue();
    const tls_peer peer(good.chain_pem, good.key_pem);
    for (const char* host : {"localhost", "127.0.0.1"}) {
        const result<image> r = look_up(options_for(peer.url(host), authority.pem()));
        CAPTURE((r ? std::string() : r.error().describe()));
        CHECK(r.has_value());
    }
    CHECK(peer.requests() == 2);
}

TEST_CASE("P15: a certificate out of its time is refused, and each way says so") {
    const test_ca authority;
    const std::string expired = refusal(authority.issue(leaf_options().valid(-48h, -1h)), authority);
    CHECK(says(expired, "certificate has expired"));
    const std::string early = refusal(authority.issue(leaf_options().valid(1h, 48h)), authority);
    CHECK(says(early, "certificate is not yet valid"));
}

TEST_CASE("P15: a certificate for another host or address is refused") {
    const test_ca authority;
    const certificate other = authority.issue(
        leaf_options().subject_alternatives({"DNS:images.example", "DNS:*.localhost", "IP:127.0.0.2"}));
    CHECK(says(refusal(other, authority), "hostname mismatch"));
    CHECK(says(refusal(other, authority, "127.0.0.1"), "IP address mismatch"));
}

TEST_CASE(
    "P15: a common name is no host name: without a subjectAltName a certificate is refused, and told so") {
    const test_ca authority;
    const certificate bare =
        authority.issue(leaf_options().common_name("localhost").subject_alternatives({}));
    for (const char* host : {"localhost", "127.0.0.1"}) {
        const std::string why = refusal(bare, authority, host);
        CAPTURE(why);
        CHECK(says(why, "has no subjectAltName"));
        CHECK(says(why, "a common name does not count"));
    }
    const certificate mail =
        authority.issue(leaf_options().common_name("localhost").subject_alternatives({"email:a@b.test"}));
    CHECK(says(refusal(mail, authority), "hostname mismatch"));
}

TEST_CASE("P15: a self-signed certificate and an unknown root are refused") {
    const temp_dir folder;
    const auto key = folder.path() / "key.pem";
    const auto leaf = folder.path() / "leaf.pem";
    const run_result made = run({"openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                                 "ec_paramgen_curve:P-256", "-nodes", "-days", "1", "-subj", "/CN=localhost",
                                 "-addext", "subjectAltName=DNS:localhost", "-keyout", key, "-out", leaf});
    REQUIRE(made.exit_code == 0);
    const test_ca authority;
    const test_ca unknown("another authority");
    certificate self_signed;
    self_signed.chain_pem = read_file(leaf);
    self_signed.key_pem = read_file(key);
    CHECK(says(refusal(self_signed, authority), "self-signed certificate"));
    CHECK(says(refusal(unknown.issue(), authority), "unable to get local issuer certificate"));
}

TEST_CASE("P15: a chain is taken whole, and refused where a link is missing") {
    const test_ca root;
    const test_ca between("an intermediate authority", root);
    certificate leaf = between.issue();
    {
        const tls_peer peer(leaf.chain_pem, leaf.key_pem);
        CHECK(look_up(options_for(peer.url("localhost"), root.pem())).has_value());
    }
    leaf.chain_pem = first_certificate(leaf.chain_pem);
    CHECK(says(refusal(leaf, root), "unable to get local issuer certificate"));
}

TEST_CASE("P15: a peer that speaks nothing newer than TLS 1.1 is refused, and told so") {
    const test_ca authority;
    const certificate good = authority.issue();
    const tls_peer peer(good.chain_pem, good.key_pem, [](SSL_CTX* tls) {
        SSL_CTX_set_cipher_list(tls, "DEFAULT:@SECLEVEL=0");
        SSL_CTX_set_min_proto_version(tls, TLS1_VERSION);
        SSL_CTX_set_max_proto_version(tls, TLS1_1_VERSION);
    });
    const result<image> r = look_up(options_for(peer.url("localhost"), authority.pem()).max_attempts(1));
    REQUIRE_FALSE(r.has_value());
    CHECK(r.error().value() == errc::tls_failed);
    CHECK(says(r.error().message(), "protocol version"));
    CHECK(peer.requests() == 0);
}

TEST_CASE("P15: the name is told to the peer, an address is not") {
    const test_ca authority;
    const certificate good = authority.issue();
    const tls_peer peer(good.chain_pem, good.key_pem);
    CHECK(look_up(options_for(peer.url("localhost"), authority.pem())).has_value());
    CHECK(peer.server_name() == "localhost");
    CHECK(look_up(options_for(peer.url("127.0.0.1"), authority.pem())).has_value());
    CHECK(peer.server_name().empty());
}

TEST_CASE("P15: a client certificate is shown where the peer asks for one") {
    const test_ca authority;
    const certificate good = authority.issue();
    const temp_dir folder;
    write_file(folder.path() / "ca.pem", authority.pem());
    const tls_peer peer(good.chain_pem, good.key_pem, [&](SSL_CTX* tls) {
        SSL_CTX_load_verify_locations(tls, (folder.path() / "ca.pem").c_str(), nullptr);
        SSL_CTX_set_verify(tls, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
    });
    const client_options without = options_for(peer.url("localhost"), authority.pem());
    const result<image> refused = look_up(client_options(without).max_attempts(1));
    REQUIRE_FALSE(refused.has_value());
    CAPTURE(refused.error().describe());
    CHECK(says(refused.error().message(), "certificate required"));
    CHECK(peer.requests() == 0);

    const certificate mine = authority.issue();
    write_file(folder.path() / "mine.pem", mine.chain_pem);
    write_file(folder.path() / "key.pem", mine.key_pem);
    client_options with = without;
    with.client_certificate(folder.path() / "mine.pem", folder.path() / "key.pem");
    CHECK(look_up(with).has_value());
    CHECK_FALSE(peer.client_subject().empty());
}

TEST_CASE("P15: the system's trust store is the default") {
    const test_ca authority;
    const certificate good = authority.issue();
    const tls_peer peer(good.chain_pem, good.key_pem);
    const client_options by_default = options_for(peer.url("localhost"), "");
    CHECK(says(refusal(peer, by_default), "unable to get local issuer certificate"));
    const temp_dir folder;
    write_file(folder.path() / "ca.pem", authority.pem());
    // OpenSSL's own way to say where the system's store is.
    REQUIRE(::setenv("SSL_CERT_FILE", (folder.path() / "ca.pem").c_str(), 1) == 0);
    const result<image> r = look_up(by_default);
    REQUIRE(::unsetenv("SSL_CERT_FILE") == 0);
    CHECK(r.has_value());
}

namespace {

/// GnuTLS's own server: every request is answered with a page about its connection, as HTTP/1.0.
class gnutls_server {
public:
    explicit gnutls_server(const certificate& shown, const std::string& priorities) {
        write_file(folder_.path() / "leaf.pem", shown.chain_pem);
        write_file(folder_.path() / "key.pem", shown.key_pem);
        asio::io_context context;
        const asio::ip::tcp::endpoint any(asio::ip::address_v4::loopback(), 0);
        port_ = asio::ip::tcp::acceptor(context, any).local_endpoint().port();
        process_.emplace(
            std::vector<std::string>{find_program("gnutls-serv"), "--http", "--port", std::to_string(port_),
                                     "--x509certfile", folder_.path() / "leaf.pem", "--x509keyfile",
                                     folder_.path() / "key.pem", "--priority", priorities},
            folder_.path() / "log", folder_.path() / "log");
        const auto deadline = std::chrono::steady_clock::now() + 10s;
        boost::system::error_code ec = asio::error::not_connected;
        while (ec && std::chrono::steady_clock::now() < deadline) {
            asio::ip::tcp::socket probe(context);
            probe.connect({asio::ip::address_v4::loopback(), port_}, ec);
        }
    }
    [[nodiscard]] std::string url() const { return "https://localhost:" + std::to_string(port_) + "/api"; }
    [[nodiscard]] std::string log() const { return read_file(folder_.path() / "log"); }

private:
    temp_dir folder_;
    std::uint16_t port_ = 0;
    std::optional<child_process> process_;
};

}  // namespace

TEST_CASE("S5: GnuTLS as the peer: TLS 1.2 and 1.3, and its certificates are verified alike") {
    if (!can_run(!find_program("gnutls-serv").empty(), "gnutls-serv")) return;
    const test_ca authority;
    const test_ca unknown("another authority");
    for (const std::string protocol : {"1.2", "1.3"}) {
        const gnutls_server server(authority.issue(), "NORMAL:-VERS-ALL:+VERS-TLS" + protocol);
        INFO(server.log());
        const result<image> page = look_up(options_for(server.url(), authority.pem()));
        REQUIRE_FALSE(page.has_value());
        // The page came through, and is no image.
        CAPTURE(page.error().describe());
        CHECK(page.error().value() == errc::malformed_body);
        CHECK(page.error().http_status() == 200);
        const result<image> refused = look_up(options_for(server.url(), unknown.pem()));
        REQUIRE_FALSE(refused.has_value());
        CHECK(refused.error().value() == errc::certificate_rejected);
    }
}

namespace {

/// What a peer does with the tickets it is shown.
struct ticket_rules {
    explicit ticket_rules(int version) : tls_version(version) {}

    void set_up(SSL_CTX* tls) {
        SSL_CTX_set_min_proto_version(tls, tls_version);
        SSL_CTX_set_max_proto_version(tls, tls_version);
        SSL_CTX_set_client_hello_cb(tls, &ticket_rules::on_hello, this);
    }

    static bool shows_ticket(SSL* ssl) {
        const unsigned char* bytes = nullptr;
        std::size_t size = 0;
        if (SSL_client_hello_get0_ext(ssl, TLSEXT_TYPE_psk, &bytes, &size) == 1) return true;
        return SSL_client_hello_get0_ext(ssl, TLSEXT_TYPE_session_ticket, &bytes, &size) == 1 && size > 0;
    }

    /// Each connection may find the key of the tickets changed.
    static int on_hello(SSL* ssl, int* alert, void* self) {
        auto* rules = static_cast<ticket_rules*>(self);
        if (shows_ticket(ssl)) {
            ++rules->shown;
            *alert = SSL_AD_INTERNAL_ERROR;
            if (rules->hostile) return SSL_CLIENT_HELLO_ERROR;
        }
        if (rules->rotate.exchange(false)) {
            unsigned char keys[80];  // as many as OpenSSL wants
            std::fill(std::begin(keys), std::end(keys), static_cast<unsigned char>(++rules->rotations));
            SSL_CTX_set_tlsext_ticket_keys(SSL_get_SSL_CTX(ssl), keys, sizeof keys);
        }
        return SSL_CLIENT_HELLO_SUCCESS;
    }

    int tls_version;
    int rotations = 0;  // on the peer's thread
    std::atomic<int> shown{0};
    std::atomic<bool> hostile{false}, rotate{false};
};

asio::awaitable<bool> look_up_again(client& c) {
    const result<image> found = co_await c.get("83454800");
    co_return found.has_value();
}

/// A client that opens a connection for each lookup.
struct resuming_client {
    explicit resuming_client(const client_options& options)
        : c(context.get_executor(), client_options(options).max_connections(1)) {}
    bool look_up() {
        std::future<bool> done = asio::co_spawn(context, look_up_again(c), asio::use_future);
        context.restart();
        while (done.wait_for(0s) != std::future_status::ready && context.run_one() > 0) {
        }
        return done.get();
    }
    asio::io_context context;
    client c;
};

}  // namespace

TEST_CASE("P16: a session that the peer cannot bear costs one try, and is not offered again") {
    const test_ca authority;
    const certificate good = authority.issue();
    for (const int protocol : {TLS1_2_VERSION, TLS1_3_VERSION}) {
        CAPTURE(protocol);
        ticket_rules rules(protocol);
        const tls_peer peer(good.chain_pem, good.key_pem, [&](SSL_CTX* tls) { rules.set_up(tls); });
        resuming_client with(options_for(peer.url("localhost"), authority.pem()));
        CHECK(with.look_up());
        CHECK(with.look_up());
        REQUIRE(with.c.stats().connections_resumed == 1);
        rules.hostile = true;
        const int shown = rules.shown;
        CHECK(with.look_up());
        CHECK(with.c.stats().connections_failed == 1);
        CHECK(with.c.stats().retries == 1);
        CHECK(rules.shown == shown + 1);
    }
}

TEST_CASE("P16: where the peer has changed the key of its tickets, a full handshake brings new ones") {
    const test_ca authority;
    const certificate good = authority.issue();
    for (const int protocol : {TLS1_2_VERSION, TLS1_3_VERSION}) {
        CAPTURE(protocol);
        ticket_rules rules(protocol);
        const tls_peer peer(good.chain_pem, good.key_pem, [&](SSL_CTX* tls) { rules.set_up(tls); });
        resuming_client with(options_for(peer.url("localhost"), authority.pem()));
        CHECK(with.look_up());
        for (int i = 0; i < 3; ++i) {
            const auto before = with.c.stats().connections_resumed;
            CHECK(with.look_up());
            CHECK(with.c.stats().connections_resumed == before + 1);
            rules.rotate = true;
            CHECK(with.look_up());
            CHECK(with.c.stats().connections_resumed == before + 1);
        }
        CHECK(with.c.stats().connections_failed == 0);
    }
}

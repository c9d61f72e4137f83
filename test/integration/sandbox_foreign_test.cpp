// The sandbox asked by clients that share no code with it: curl, OpenSSL's s_client, Python.
#include "support/foreign/foreign_server.hpp"
#include "support/foreign/process.hpp"
#include "support/foreign/temp_dir.hpp"

#include <getty/connect/sandbox.hpp>

#include <doctest/doctest.h>

#include <string>
#include <utility>
#include <vector>

using namespace getty::connect;
using namespace getty::connect::test;
using namespace std::chrono_literals;
using sandbox::auth;
using sandbox::digest_algorithm;
using sandbox::options;

namespace {

bool have(std::string_view program) { return can_run(!find_program(program).empty(), program); }

/// A sandbox with its authority in a file.
class fixture {
public:
    explicit fixture(options with) : server(std::move(with)) { write_file(ca_file(), server->ca_pem()); }

    [[nodiscard]] std::filesystem::path ca_file() const { return folder.path() / "ca.pem"; }
    [[nodiscard]] std::string port() const { return std::to_string(server->port()); }
    [[nodiscard]] std::string image(std::string_view rest) const {
        return server->base_url() + "/images/" + std::string(rest);
    }

    /// Status codes of all transfers, then the exit code.
    [[nodiscard]] std::string curl(std::vector<std::string> more, std::string* bodies = nullptr) const {
        std::vector<std::string> command{
            "curl",    "--silent",  "--max-time", "20",          "--cacert",
            ca_file(), "--noproxy", "*",          "--write-out", "%{stderr}%{http_code} "};
        for (std::string& argument : more) command.push_back(std::move(argument));
        const run_result done = run(command);
        if (bodies) *bodies = done.output;
        return done.errors + "exit " + std::to_string(done.exit_code);
    }

    [[nodiscard]] std::string python(std::string_view scenario) const {
        const run_result done =
            run({"python3", "-B", SANDBOX_DIGEST_CLIENT, std::string(scenario), port(), ca_file()});
        return done.output + done.errors;
    }

    sandbox::background_server server;
    temp_dir folder;
};

std::vector<std::string> digest_for(const std::string& user_and_password, std::vector<std::string> urls) {
    std::vector<std::string> arguments{"--digest", "--user", user_and_password};
    for (std::string& url : urls) arguments.push_back(std::move(url));
    return arguments;
}

options fixed_token() { return options().static_token(secret("fixed-token")); }

/// A token has to be issued before it is accepted.
void issue_token(const fixture& f) {
    CHECK(f.curl({"-d", "application_key=sandbox-key", "-d", "application_secret=sandbox-secret",
                  f.server->base_url() + "/token"}) == "200 exit 0");
}

}  // namespace

TEST_CASE("sandbox: curl gets a token by form and by JSON, and is told what is wrong") {
    if (!have("curl")) return;
    const fixture f(fixed_token().token_lifetime(90s));
    const std::string url = f.server->base_url() + "/token";
    std::string body;
    CHECK(f.curl({"-d", "application_key=sandbox-key&application_secret=sandbox-secret&coordination_id=abc",
                  url},
                 &body) == "200 exit 0");
    CHECK(body.starts_with(R"({"token":{"coordination_id":"abc","ssl_token":"fixed-token","token":")"));
    CHECK(body.ends_with(R"(","token_duration_minutes":2,"expires_in":90}})"));
    CHECK(f.curl({"-H", "Content-Type: application/json", "-d",
                  R"({"application_key":"sandbox-key","application_secret":"sandbox-secret"})", url}) ==
          "200 exit 0");
    CHECK(f.curl({"-d", "application_key=sandbox-key", url}, &body) == "400 exit 0");
    CHECK(body == R"({"status":400,"error":"application_secret is missing"})");
    CHECK(f.curl({"-d", "application_key=sandbox-key&application_secret=no", url}, &body) == "401 exit 0");
    CHECK(body == R"({"status":401,"error":"the application key or secret is not recognized"})");
    CHECK(f.curl({url}) == "405 exit 0");
    CHECK(f.curl({"http://localhost:" + f.port() + "/api/token"}) == "404 exit 0");
}

TEST_CASE("sandbox: curl authenticates with each Digest algorithm it knows") {
    if (!have("curl")) return;
    for (const auto algorithm : {digest_algorithm::md5, digest_algorithm::sha256, digest_algorithm::md5_sess,
                                 digest_algorithm::sha256_sess}) {
        const fixture f(fixed_token().digest_algorithms({algorithm}));
        issue_token(f);
        std::string body;
        CHECK(
            f.curl(digest_for("sandbox-key:fixed-token", {f.image("83454800?language=de&coordination_id=x")}),
                   &body) == "200 exit 0");
        CHECK(body.starts_with(R"({"CoordinationId":"x","Images":[{)"));
        CHECK(body.find(R"("Text":"Konzert")") != body.npos);
        CHECK(f.curl(digest_for("sandbox-key:wrong", {f.image("83454800")})) == "401 exit 0");
        CHECK(f.curl(digest_for("sandbox-kez:fixed-token", {f.image("83454800")})) == "401 exit 0");
        CHECK(f.curl({f.image("83454800")}) == "401 exit 0");
        CHECK(f.server->snapshot().images == 1);
    }
}

TEST_CASE("sandbox: curl authenticates with both offers, auth-int, a hashed user and without qop") {
    if (!have("curl")) return;
    for (const auto& with : {fixed_token(), fixed_token().qop(sandbox::digest_qop::both),
                             fixed_token().qop(sandbox::digest_qop::auth_int), fixed_token().offer_userhash(),
                             fixed_token().qop(sandbox::digest_qop::none), fixed_token().send_rspauth()}) {
        const fixture f(with);
        issue_token(f);
        CHECK(f.curl(digest_for("sandbox-key:fixed-token", {f.image("1"), f.image("2")})) ==
              "200 200 exit 0");
    }
}

TEST_CASE("sandbox: curl renews a stale nonce by itself") {
    if (!have("curl")) return;
    fixture f(fixed_token().nonce_uses(1));
    issue_token(f);
    // curl keeps a nonce within one transfer only: a failure makes it use the nonce a second time
    f.server->fail_next(1, 503);
    std::vector<std::string> arguments = digest_for("sandbox-key:fixed-token", {f.image("1")});
    arguments.insert(arguments.end(), {"--retry", "1"});
    CHECK(f.curl(std::move(arguments)) == "200 exit 0");
    const sandbox::counters c = f.server->snapshot();
    CHECK(c.images == 1);
    CHECK(c.stale == 1);
    CHECK(c.unauthorized == 2);  // the first challenge and the stale nonce
    CHECK(f.server->requests_for("1") == 4);
}

TEST_CASE("sandbox: curl gets through a Digest on the token endpoint and a Bearer on images") {
    if (!have("curl")) return;
    fixture f(fixed_token().scheme(auth::digest_token_endpoint));
    const std::string url = f.server->base_url() + "/token";
    CHECK(f.curl({"-d", "application_key=sandbox-key", url}) == "401 exit 0");
    CHECK(f.curl({"--digest", "--user", "sandbox-key:sandbox-secret", "-d", "application_key=sandbox-key",
                  url}) == "200 exit 0");
    CHECK(f.curl({"--oauth2-bearer", "fixed-token", f.image("1")}) == "200 exit 0");
    CHECK(f.curl({"--oauth2-bearer", "other", f.image("1")}) == "401 exit 0");
    f.server->expire_tokens();
    CHECK(f.curl({"--oauth2-bearer", "fixed-token", f.image("1")}) == "401 exit 0");
}

TEST_CASE("sandbox: curl sees HEAD, 404, 405, injected failures and the admin pages") {
    if (!have("curl")) return;
    const fixture f(options().scheme(auth::none));
    const std::string admin = "https://localhost:" + f.port() + "/admin/";
    CHECK(f.curl({"--head", f.image("1")}) == "200 exit 0");
    CHECK(f.curl({f.image("404"), f.image("1-503"), f.image("%zz")}) == "404 503 400 exit 0");
    CHECK(f.curl({"-X", "PUT", f.image("1")}) == "405 exit 0");
    CHECK(f.curl({"-X", "POST", admin + "fail?count=1&status=502", f.image("1"), f.image("1")}) ==
          "204 405 405 exit 0");
    CHECK(f.curl({f.image("1"), f.image("1")}) == "502 200 exit 0");
    std::string body;
    CHECK(f.curl({admin + "requests?id=1"}, &body) == "200 exit 0");
    CHECK(body == R"({"id":"1","requests":6})");
    CHECK(f.curl({admin + "ca.pem"}, &body) == "200 exit 0");
    CHECK(body == f.server->ca_pem());
    CHECK(f.curl({"--http1.0", f.image("1"), f.image("2")}) == "200 200 exit 0");
}

TEST_CASE("sandbox: curl unpacks what was packed for it, auth-int included") {
    if (!have("curl")) return;
    const fixture f(fixed_token().qop(sandbox::digest_qop::auth_int));
    issue_token(f);
    std::string plain;
    std::string unpacked;
    std::string head;
    const std::string user = "sandbox-key:fixed-token";
    const std::string url = f.image("83454800?coordination_id=c");
    CHECK(f.curl(digest_for(user, {url}), &plain) == "200 exit 0");
    std::vector<std::string> compressed = digest_for(user, {url});
    compressed.emplace_back("--compressed");
    CHECK(f.curl(compressed, &unpacked) == "200 exit 0");
    CHECK(plain == unpacked);
    compressed.emplace_back("--head");
    CHECK(f.curl(compressed, &head) == "200 exit 0");
    CHECK(head.find("Content-Encoding: gzip") != std::string::npos);
}

TEST_CASE("sandbox: a client written in Python agrees on every algorithm, protection and rspauth") {
    if (!have("python3")) return;
    const fixture f(options()
                        .digest_algorithms({digest_algorithm::sha512_256, digest_algorithm::sha256,
                                            digest_algorithm::md5, digest_algorithm::sha512_256_sess,
                                            digest_algorithm::sha256_sess, digest_algorithm::md5_sess})
                        .qop(sandbox::digest_qop::both)
                        .offer_userhash()
                        .send_rspauth());
    CHECK(f.python("every_offer") == "ok\n");
}

TEST_CASE("sandbox: a client written in Python finds the window of counts enforced") {
    if (!have("python3")) return;
    const fixture f(options().nc_window(4));
    CHECK(f.python("window") == "ok\n");
}

TEST_CASE("sandbox: a client written in Python lives on next nonces, -sess included") {
    if (!have("python3")) return;
    for (const auto algorithm : {digest_algorithm::sha256, digest_algorithm::md5_sess}) {
        const fixture f(options().next_nonce_every(3).nonce_uses(3).digest_algorithms({algorithm}));
        CHECK(f.python("next_nonce") == "ok\n");
    }
}

TEST_CASE("sandbox: auth-int signs the body of a token request") {
    if (!have("python3")) return;
    const fixture f(options().scheme(auth::digest_token_endpoint).qop(sandbox::digest_qop::auth_int));
    CHECK(f.python("auth_int_body") == "ok\n");
}

TEST_CASE("sandbox: OpenSSL resumes its session with TLS 1.2 and 1.3") {
    if (!have("openssl")) return;
    for (const char* version : {"-tls1_2", "-tls1_3"}) {
        CAPTURE(version);
        const fixture f(options().scheme(auth::none));
        const std::string start =
            "printf 'GET /api/images/1 HTTP/1.1\\r\\nHost: localhost\\r\\nConnection: close\\r\\n\\r\\n' | "
            "openssl s_client -connect 127.0.0.1:" +
            f.port() + " -servername localhost -verify_return_error -verify_hostname localhost -ign_eof " +
            version + " -CAfile " + f.ca_file().string();
        const std::string session = (f.folder.path() / "session.pem").string();
        const run_result first = run({"sh", "-c", start + " -sess_out " + session});
        CHECK(first.exit_code == 0);
        CHECK(first.output.find("HTTP/1.1 200 OK") != std::string::npos);
        CHECK(first.output.find("\nNew, TLSv1.") != std::string::npos);
        const run_result second = run({"sh", "-c", start + " -sess_in " + session});
        CHECK(second.exit_code == 0);
        CHECK(second.output.find("\nReused, TLSv1.") != std::string::npos);
        CHECK(f.server->snapshot().handshakes == 2);
        CHECK(f.server->snapshot().resumptions == 1);
    }
}

TEST_CASE("sandbox: TLS before 1.2 is refused") {
    if (!have("openssl")) return;
    const fixture f(options().scheme(auth::none));
    for (const char* version : {"-tls1", "-tls1_1"}) {
        const run_result done = run({"openssl", "s_client", "-connect", "127.0.0.1:" + f.port(), version,
                                     "-cipher", "ALL:@SECLEVEL=0"});
        CHECK(done.exit_code != 0);
    }
    CHECK(f.server->snapshot().handshakes == 0);
    CHECK(f.server->snapshot().failed_handshakes == 2);
}

TEST_CASE("sandbox: the certificate holds for the names asked for and no others, by strict rules") {
    if (!have("openssl")) return;
    const fixture f(
        options().scheme(auth::none).server_names({"images.example", "*.wild.example", "192.0.2.7"}));
    const auto verifies = [&](const std::string& kind, const std::string& name) {
        return run({"openssl", "s_client", "-connect", "127.0.0.1:" + f.port(), "-CAfile", f.ca_file(),
                    "-x509_strict", "-verify_return_error", kind, name})
                   .exit_code == 0;
    };
    for (const char* name : {"localhost", "images.example", "a.wild.example"})
        CHECK(verifies("-verify_hostname", name));
    for (const char* name : {"127.0.0.1", "::1", "192.0.2.7"}) CHECK(verifies("-verify_ip", name));
    CHECK_FALSE(verifies("-verify_hostname", "other.example"));
    CHECK_FALSE(verifies("-verify_hostname", "wild.example"));
    CHECK_FALSE(verifies("-verify_ip", "192.0.2.8"));
    // another sandbox is another authority
    const sandbox::background_server other;
    CHECK(other->ca_pem() != f.server->ca_pem());
}

TEST_CASE("sandbox: the certificate holds for the address listened on") {
    if (!have("openssl")) return;
    const fixture f(options().scheme(auth::none).address("127.3.2.1"));
    for (const char* address : {"127.3.2.1", "127.0.0.1", "::1"}) {
        CAPTURE(address);
        CHECK(run({"openssl", "s_client", "-connect", "127.3.2.1:" + f.port(), "-CAfile", f.ca_file(),
                   "-verify_return_error", "-verify_ip", address})
                  .exit_code == 0);
    }
}

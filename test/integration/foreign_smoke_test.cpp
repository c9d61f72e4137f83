// The foreign servers themselves, asked by a foreign client: what a test of ours leans on.
#include "support/foreign/apache.hpp"
#include "support/foreign/nginx.hpp"

#include <doctest/doctest.h>

#include <csignal>
#include <optional>
#include <utility>

using namespace getty::connect::test;

namespace {

constexpr std::string_view document = R"({"CoordinationId":"c","Images":[{"ImageId":"83454800"}]})";

/// curl's view of one GET: the body, then the status and the number of connections on a line of their own.
run_result curl(const foreign_server& server, std::vector<std::string> more) {
    std::vector<std::string> command{
        "curl",           "--silent",    "--show-error",
        "--max-time",     "20",          "--cacert",
        server.ca_file(), "--write-out", "\n%{http_code} %{num_connects} %{content_type}\n"};
    for (auto& argument : more) command.push_back(std::move(argument));
    return run(command);
}

std::string answer(std::string_view body, std::string_view summary) {
    return std::string(body) + "\n" + std::string(summary) + "\n";
}

bool can_run_with_curl(bool available, std::string_view program) {
    return can_run(available, program) && can_run(!find_program("curl").empty(), "curl");
}

}  // namespace

TEST_CASE("nginx serves an image document over verified TLS") {
    if (!can_run_with_curl(nginx_origin::available(), "nginx")) return;
    nginx_origin server;
    server.put_image("83454800", document);
    const auto found = curl(server, {server.url("/api/images/83454800")});
    INFO(found.errors, server.logs());
    CHECK(found.output == answer(document, "200 1 application/json"));
    const auto missing = curl(server, {"--output", "/dev/null", server.url("/api/images/1")});
    CHECK(missing.output.find("404 1") != std::string::npos);
}

TEST_CASE("nginx is not trusted without its authority") {
    if (!can_run_with_curl(nginx_origin::available(), "nginx")) return;
    const nginx_origin server;
    const nginx_origin other;
    const auto refused = run({"curl", "--silent", "--cacert", other.ca_file(), server.url("/")});
    CHECK(refused.exit_code == 60);  // curl(1): the peer's certificate cannot be verified
}

TEST_CASE("nginx closes a connection after as many requests as it was told") {
    if (!can_run_with_curl(nginx_origin::available(), "nginx")) return;
    for (const auto& [requests, connects] : {std::pair{1U, "1"}, std::pair{2U, "0"}}) {
        nginx_origin server(nginx_options().keepalive_requests(requests));
        server.put_image("1", "{}");
        const auto url = server.url("/api/images/1");
        const auto both = curl(server, {url, url});
        INFO(both.errors, server.logs());
        CHECK(both.output == answer("{}", "200 1 application/json") +
                                 answer("{}", "200 " + std::string(connects) + " application/json"));
    }
}

TEST_CASE("nginx speaks only the TLS versions it was told") {
    if (!can_run_with_curl(nginx_origin::available(), "nginx")) return;
    nginx_origin server(nginx_options().protocols("TLSv1.2"));
    server.put_image("1", "{}");
    CHECK(curl(server, {"--tls-max", "1.2", server.url("/api/images/1")}).exit_code == 0);
    CHECK(curl(server, {"--tlsv1.3", server.url("/api/images/1")}).exit_code ==
          35);  // curl(1): TLS handshake failed
}

TEST_CASE("Apache gives an image document to the right digest password alone") {
    if (!can_run_with_curl(apache_origin::available(), "apache2")) return;
    apache_origin server(apache_options().account("some key", "Getty images", "to=ken,1"));
    server.put_image("83454800", document);
    const auto url = server.url("/api/images/83454800");

    const auto right = curl(server, {"--digest", "--user", "some key:to=ken,1", url});
    INFO(right.errors, server.logs());
    CHECK(right.output == answer(document, "200 1 application/json"));

    const auto wrong = curl(server, {"--digest", "--user", "some key:token", "--output", "/dev/null", url});
    CHECK(wrong.output.find("401 ") != std::string::npos);

    const auto none = curl(server, {"--include", url});
    CHECK(none.output.find("WWW-Authenticate: Digest realm=\"Getty images\"") != std::string::npos);
    CHECK(none.output.find("algorithm=MD5, qop=\"auth\"") != std::string::npos);
    CHECK(none.output.find("83454800") == std::string::npos);
}

TEST_CASE("Apache says that a nonce is stale where only the nonce is wrong") {
    if (!can_run_with_curl(apache_origin::available(), "apache2")) return;
    apache_origin server(apache_options().account("key", "images", "token"));
    server.put_image("1", "{}");
    // A nonce of the right form that this server never gave; the response is python3's hashlib over RFC
    // 2617 3.2.2.
    const std::string nonce = "AAAAAAAAAAA=" + std::string(40, '0');
    const auto ask = [&](const std::string& response) {
        return curl(server,
                    {"--include", "--header",
                     "Authorization: Digest username=\"key\", realm=\"images\", uri=\"/api/images/1\", "
                     "algorithm=MD5, qop=auth, nc=00000001, cnonce=\"abcdef\", nonce=\"" +
                         nonce + "\", response=\"" + response + "\"",
                     server.url("/api/images/1")})
            .output;
    };
    const auto stale = ask("48db50f52623482867a9d27aa96be1ce");
    INFO(stale, server.logs());
    CHECK(stale.find("stale=true") != std::string::npos);
    const auto wrong = ask("ec1eb69aa72d9a76828432625f05bd84");
    CHECK(wrong.find("401 ") != std::string::npos);
    CHECK(wrong.find("stale") == std::string::npos);
}

TEST_CASE("a foreign server ends with its fixture") {
    if (!can_run(nginx_origin::available(), "nginx") || !can_run(apache_origin::available(), "apache2"))
        return;
    std::uint16_t port = 0;
    std::filesystem::path file;
    {
        std::optional<apache_origin> server(std::in_place);
        port = server->port();
        file = server->ca_file();
        REQUIRE(std::filesystem::exists(file));
    }
    CHECK_FALSE(std::filesystem::exists(file));
    const auto refused = run({"curl", "--silent", "--insecure", "https://localhost:" + std::to_string(port)});
    CHECK(refused.exit_code == 7);  // curl(1): failed to connect
}

TEST_CASE("a process that does not end in time is ended, and what it printed is told") {
    CHECK_THROWS_WITH_AS(static_cast<void>(run({"sh", "-c", "echo begun; exec tail -f /dev/null"},
                                               std::chrono::milliseconds(300))),
                         "sh did not end in time\nbegun\n", std::runtime_error);
    CHECK(run({"sh", "-c", "echo out; echo err >&2; exit 3"}).exit_code == 3);
    CHECK(run({"sh", "-c", "kill -KILL $$"}).exit_code == 128 + SIGKILL);
    CHECK(run({"/no/such/program"}).exit_code == 127);
}

TEST_CASE("the test authority issues what openssl verifies, and what it refuses") {
    if (!can_run(!find_program("openssl").empty(), "openssl")) return;
    const temp_dir folder;
    const test_ca root;
    const test_ca between("between", root);
    write_file(folder.path() / "root.pem", root.pem());
    write_file(folder.path() / "between.pem", between.pem());
    const auto verify = [&](const certificate& leaf, std::vector<std::string> more) {
        write_file(folder.path() / "leaf.pem", leaf.chain_pem);
        std::vector<std::string> command{"openssl",
                                         "verify",
                                         "-x509_strict",
                                         "-purpose",
                                         "sslserver",
                                         "-CAfile",
                                         folder.path() / "root.pem"};
        for (auto& argument : more) command.push_back(std::move(argument));
        command.push_back(folder.path() / "leaf.pem");
        const auto done = run(command);
        return done.output + done.errors;
    };
    using namespace std::chrono_literals;
    const std::vector<std::string> local{"-verify_hostname", "localhost"};
    CHECK(verify(root.issue(), local).find("leaf.pem: OK") != std::string::npos);
    CHECK(verify(root.issue(), {"-verify_ip", "127.0.0.1"}).find("leaf.pem: OK") != std::string::npos);
    CHECK(verify(root.issue(), {"-verify_hostname", "example.org"}).find("hostname mismatch") !=
          std::string::npos);
    CHECK(verify(root.issue(leaf_options().subject_alternatives({"DNS:example.org"})), local)
              .find("hostname mismatch") != std::string::npos);
    CHECK(verify(root.issue(leaf_options().valid(-2h, -1h)), local).find("has expired") != std::string::npos);
    CHECK(verify(root.issue(leaf_options().valid(1h, 2h)), local).find("not yet valid") != std::string::npos);
    const auto chained = between.issue();
    CHECK(verify(chained, {}).find("unable to get local issuer") != std::string::npos);
    CHECK(verify(chained, {"-untrusted", folder.path() / "leaf.pem"}).find("leaf.pem: OK") !=
          std::string::npos);
}

// P15: whom a client trusts, read once for all clients that trust the same. P16: which sessions are offered.
// T8: pass phrases.
#include "net/tls_context.hpp"

#include "support/foreign/process.hpp"
#include "support/foreign/temp_dir.hpp"
#include "support/foreign/test_ca.hpp"
#include "support/memory_tls.hpp"

#include <getty/connect.hpp>

#include <boost/asio/io_context.hpp>
#include <doctest/doctest.h>
#include <openssl/pem.h>
#include <openssl/ui.h>
#include <openssl/x509_vfy.h>

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <string>
#include <sys/stat.h>
#include <thread>
#include <utility>
#include <vector>

using namespace getty::connect;
using namespace getty::connect::test;
namespace asio = boost::asio;
using namespace std::chrono_literals;

namespace {

std::chrono::sys_seconds now() {
    return std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
}

using context_ptr = std::unique_ptr<net::tls_context>;

net::tls_settings trusting_file(const std::string& path) {
    net::tls_settings settings;
    settings.ca_file = path;
    return settings;
}

net::tls_settings trusting_text(const std::string& pem) {
    net::tls_settings settings;
    settings.ca_pem = pem;
    return settings;
}

context_ptr made(const net::tls_settings& settings, const std::string& host = "localhost") {
    result<context_ptr> context = net::tls_context::make(settings, host);
    REQUIRE(context.has_value());
    return std::move(*context);
}

errc refused(const net::tls_settings& settings) {
    const result<context_ptr> context = net::tls_context::make(settings, "localhost");
    return context ? errc{} : context.error().value();
}

int objects(const net::tls_context& context) {
    return sk_X509_OBJECT_num(X509_STORE_get0_objects(context.trust().get()));
}

client_options options_for(const std::string& ca_pem) {
    client_options options;
    return options.base_url("https://a.test/api")
        .token_url("https://b.test/token")
        .ca_pem(ca_pem)
        .credentials("k", secret("s"));
}

}  // namespace

TEST_CASE("P15: clients that trust the same authorities share one store, for as long as one of them lives") {
    const test_ca authority;
    const temp_dir folder;
    const std::string path = folder.path() / "ca.pem";
    write_file(path, authority.pem());
    const std::size_t before = net::shared_trust_stores();
    for (const net::tls_settings& settings :
         {net::tls_settings(), trusting_file(path), trusting_text(authority.pem())}) {
        context_ptr first = made(settings, "a.test");
        const context_ptr second = made(settings, "b.test");
        CHECK(first->trust() == second->trust());
        CHECK(net::shared_trust_stores() == before + 1);
        first.reset();
        CHECK(made(settings)->trust() == second->trust());
    }
    CHECK(net::shared_trust_stores() == before);
}

TEST_CASE("P15: eight shards and a token host of its own read the authorities once") {
    const test_ca authority;
    asio::io_context context;
    const std::size_t before = net::shared_trust_stores();
    {
        const std::vector<asio::any_io_executor> executors(8, asio::any_io_executor(context.get_executor()));
        const sharded_client many(executors, options_for(authority.pem()));
        const client one(context.get_executor(), options_for(authority.pem()));
        CHECK(net::shared_trust_stores() == before + 1);
    }
    context.run();  // clients end on their executor
    CHECK(net::shared_trust_stores() == before);
}

TEST_CASE("P15: different authorities are never shared, whatever they are called") {
    const test_ca one, other("another authority");
    const temp_dir folder;
    const std::string path = folder.path() / "ca.pem";
    write_file(path, one.pem());
    write_file(folder.path() / "other.pem", one.pem());
    std::vector<context_ptr> all;
    for (const net::tls_settings& settings :
         {net::tls_settings(), trusting_file(path), trusting_file(folder.path() / "other.pem"),
          trusting_text(one.pem()), trusting_text(other.pem()), trusting_text(one.pem() + other.pem())}) {
        all.push_back(made(settings));
    }
    for (std::size_t i = 0; i < all.size(); ++i) {
        for (std::size_t j = 0; j < i; ++j) CHECK(all[i]->trust() != all[j]->trust());
    }
}

TEST_CASE("P15: a file that has changed is read anew by the next client, and the one before keeps its own") {
    const test_ca before, after("another authority");
    const temp_dir folder;
    const auto path = folder.path() / "ca.pem";
    write_file(path, before.pem());
    const context_ptr old = made(trusting_file(path));
    const auto trusts = [](net::tls_context& context, const test_ca& authority) {
        const memory_server server(authority.issue());
        const auto connection = context.new_connection(now());
        return server.shake_hands(connection->get());
    };
    SUBCASE("written in place, of another size") { write_file(path, after.pem() + "\n"); }
    SUBCASE("exchanged for another file, with the times of the one before") {
        const auto times = std::filesystem::last_write_time(path);
        write_file(folder.path() / "new.pem", after.pem());
        std::filesystem::last_write_time(folder.path() / "new.pem", times);
        std::filesystem::rename(folder.path() / "new.pem", path);
    }
    SUBCASE("reached by a link that now leads elsewhere") {
        write_file(folder.path() / "new.pem", after.pem());
        std::filesystem::remove(path);
        std::filesystem::create_symlink(folder.path() / "new.pem", path);
    }
    const context_ptr fresh = made(trusting_file(path));
    CHECK(fresh->trust() != old->trust());
    CHECK(trusts(*fresh, after));
    CHECK_FALSE(trusts(*fresh, before));
    CHECK(trusts(*old, before));
    CHECK_FALSE(trusts(*old, after));
}

TEST_CASE("P15: a system's store at another path is another store") {
    const test_ca authority;
    const temp_dir folder;
    write_file(folder.path() / "ca.pem", authority.pem());
    write_file(folder.path() / "other.pem", authority.pem());
    // OpenSSL's own way to say where the system's store is.
    const char* const set = std::getenv("SSL_CERT_FILE");
    const std::string before = set ? set : "";
    const auto at = [](const std::string& path) {
        REQUIRE(::setenv("SSL_CERT_FILE", path.c_str(), 1) == 0);
        return made({});
    };
    const context_ptr usual = at(folder.path() / "ca.pem");
    const context_ptr moved = at(folder.path() / "other.pem");
    CHECK(moved->trust() != usual->trust());
    CHECK(at(folder.path() / "ca.pem")->trust() == usual->trust());
    REQUIRE((set ? ::setenv("SSL_CERT_FILE", before.c_str(), 1) : ::unsetenv("SSL_CERT_FILE")) == 0);
}

TEST_CASE("P15: a set of authorities that could not be read is read again, not remembered") {
    const test_ca authority;
    const temp_dir folder;
    const auto path = folder.path() / "ca.pem";
    const std::size_t before = net::shared_trust_stores();
    CHECK(refused(trusting_file(path)) == errc::invalid_option);
    write_file(path, "no certificate");
    CHECK(refused(trusting_file(path)) == errc::invalid_option);
    CHECK(refused(trusting_text("no certificate")) == errc::invalid_option);
    CHECK(net::shared_trust_stores() == before);
    write_file(path, authority.pem());
    CHECK(refused(trusting_file(path)) == errc{});
}

TEST_CASE("P15: what can be read but once is shared with nobody") {
    const test_ca authority;
    const temp_dir folder;
    const auto path = folder.path() / "pipe";
    REQUIRE(::mkfifo(path.c_str(), 0600) == 0);
    std::thread writer([&] { write_file(path, authority.pem()); });
    const std::size_t before = net::shared_trust_stores();
    const context_ptr one = made(trusting_file(path));
    writer.join();
    CHECK(net::shared_trust_stores() == before);
}

TEST_CASE("P15: an encrypted certificate is refused without asking for a pass phrase") {
    const std::string encrypted =
        "-----BEGIN CERTIFICATE-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: "
        "AES-128-CBC,00112233445566778899AABBCCDDEEFF\n\nAAAAAAAAAAAAAAAAAAAAAA==\n-----END "
        "CERTIFICATE-----\n";
    const temp_dir folder;
    write_file(folder.path() / "ca.pem", encrypted);
    CHECK(refused(trusting_text(encrypted)) == errc::invalid_option);
    CHECK(refused(trusting_file(folder.path() / "ca.pem")) == errc::invalid_option);
}

TEST_CASE("P15: connections ask for their own host, and leave the shared store as it is") {
    const test_ca authority;
    const memory_server server(authority.issue());
    const auto right = made(trusting_text(authority.pem()), "localhost");
    const auto wrong = made(trusting_text(authority.pem()), "elsewhere.test");
    const auto address = made(trusting_text(authority.pem()), "127.0.0.1");
    REQUIRE(right->trust() == wrong->trust());
    for (int i = 0; i < 3; ++i) {
        CHECK(server.shake_hands(right->new_connection(now())->get()));
        CHECK_FALSE(server.shake_hands(wrong->new_connection(now())->get()));
        CHECK(server.shake_hands(address->new_connection(now())->get()));
    }
    CHECK(objects(*right) == 1);
    const X509_VERIFY_PARAM* const common = X509_STORE_get0_param(right->trust().get());
    auto* const asked = const_cast<X509_VERIFY_PARAM*>(common);
    CHECK(X509_VERIFY_PARAM_get0_host(asked, 0) == nullptr);
    CHECK(X509_VERIFY_PARAM_get1_ip_asc(asked) == nullptr);
    CHECK(X509_VERIFY_PARAM_get_hostflags(common) == 0);
}

TEST_CASE("P15: clients made on several threads at once share what they trust, and connect") {
    const test_ca authority, other("another authority");
    const memory_server server(authority.issue());
    const std::size_t before = net::shared_trust_stores();
    std::vector<context_ptr> kept(8);
    std::vector<std::thread> threads;
    std::atomic<int> taken{0}, refusals{0};
    for (context_ptr& mine : kept) {
        threads.emplace_back([&] {
            for (int i = 0; i < 20; ++i) {
                mine = *net::tls_context::make(trusting_text(authority.pem()), "localhost");
                const auto stranger = *net::tls_context::make(trusting_text(other.pem()), "localhost");
                taken += server.shake_hands(mine->new_connection(now())->get()) ? 1 : 0;
                refusals += server.shake_hands(stranger->new_connection(now())->get()) ? 0 : 1;
            }
        });
    }
    for (std::thread& one : threads) one.join();
    CHECK(taken == 8 * 20);
    CHECK(refusals == 8 * 20);
    CHECK(net::shared_trust_stores() == before + 1);
    for (const context_ptr& one : kept) CHECK(one->trust() == kept.front()->trust());
}

namespace {

/// The session that a new connection would offer, were it made `after` the time that this test takes for now.
bool offers_session(net::tls_context& context, std::chrono::seconds after) {
    const auto connection = context.new_connection(now() + after);
    return SSL_get0_session(connection->get()) != nullptr;
}

}  // namespace

TEST_CASE("P16: a session is offered up to the end of its certificate, and no longer") {
    const test_ca authority;
    for (const int highest : {TLS1_2_VERSION, TLS1_3_VERSION}) {
        CAPTURE(highest);
        const memory_server server(authority.issue(leaf_options().valid(-1h, 1h)));
        SSL_CTX_set_max_proto_version(server.context(), highest);
        const context_ptr context = made(trusting_text(authority.pem()));
        REQUIRE(server.shake_hands(context->new_connection(now())->get()));
        const std::size_t kept = context->sessions();
        REQUIRE(kept >= 1);
        CHECK(offers_session(*context, 0s));
        CHECK(offers_session(*context, 59min));
        CHECK_FALSE(offers_session(*context, 61min));
        CHECK_FALSE(offers_session(*context, 24h));
        // They would never be good again.
        CHECK(context->sessions() == 0);
        CHECK_FALSE(offers_session(*context, 0s));
    }
}

TEST_CASE("P16: of several sessions those are offered whose certificates are still good") {
    const test_ca authority;
    const memory_server lasting(authority.issue(leaf_options().valid(-1h, 3h)));
    const memory_server passing(authority.issue(leaf_options().valid(-1h, 1h)));
    const context_ptr context = made(trusting_text(authority.pem()));
    REQUIRE(lasting.shake_hands(context->new_connection(now())->get()));
    const std::size_t good = context->sessions();
    // The next connection offers none of those, as another server could not take it.
    REQUIRE(good >= 2);
    net::tls_context::ssl_handle fresh = *context->new_connection(now());
    SSL_set_session(fresh.get(), nullptr);
    REQUIRE(passing.shake_hands(fresh.get()));
    REQUIRE(context->sessions() > good);
    const auto later = context->new_connection(now() + 2h);
    const SSL_SESSION* const offered = SSL_get0_session(later->get());
    REQUIRE(offered != nullptr);
    const ASN1_TIME* const ends =
        X509_get0_notAfter(SSL_SESSION_get0_peer(const_cast<SSL_SESSION*>(offered)));
    std::time_t then = std::chrono::system_clock::to_time_t(now() + 2h);
    CHECK(X509_cmp_time(ends, &then) > 0);
}

TEST_CASE("P16: a session that was resumed hands on the certificate's end") {
    const test_ca authority;
    const memory_server server(authority.issue(leaf_options().valid(-1h, 1h)));
    const context_ptr context = made(trusting_text(authority.pem()));
    REQUIRE(server.shake_hands(context->new_connection(now())->get()));
    for (int i = 0; i < 3; ++i) {
        const auto again = context->new_connection(now());
        REQUIRE(server.shake_hands(again->get()));
        CHECK(SSL_session_reused(again->get()) == 1);
    }
    CHECK_FALSE(offers_session(*context, 61min));
}

namespace {

/// Takes the terminal's place and counts how often OpenSSL turns to it.
class terminal_watch {
public:
    terminal_watch() : method_(UI_create_method("watch")) {
        asked = 0;
        UI_method_set_opener(method_, [](UI*) {
            ++asked;
            return 0;
        });
        UI_set_default_method(method_);
    }
    ~terminal_watch() {
        UI_set_default_method(UI_OpenSSL());
        UI_destroy_method(method_);
    }
    terminal_watch(const terminal_watch&) = delete;
    terminal_watch& operator=(const terminal_watch&) = delete;

    inline static int asked = 0;

private:
    UI_METHOD* method_;
};

constexpr std::string_view phrase = "open s3same";

enum class key_form { pkcs8, traditional };

/// `key_pem`, encrypted with `phrase`.
std::string encrypted(const std::string& key_pem, key_form form) {
    BIO* const in = BIO_new_mem_buf(key_pem.data(), static_cast<int>(key_pem.size()));
    EVP_PKEY* const key = PEM_read_bio_PrivateKey(in, nullptr, nullptr, nullptr);
    BIO* const out = BIO_new(BIO_s_mem());
    auto* const bytes = reinterpret_cast<unsigned char*>(const_cast<char*>(phrase.data()));
    const int size = static_cast<int>(phrase.size());
    const int written = form == key_form::pkcs8
                            ? PEM_write_bio_PKCS8PrivateKey(out, key, EVP_aes_256_cbc(), phrase.data(), size,
                                                            nullptr, nullptr)
                            : PEM_write_bio_PrivateKey_traditional(out, key, EVP_aes_256_cbc(), bytes, size,
                                                                   nullptr, nullptr);
    char* data = nullptr;
    const long length = BIO_get_mem_data(out, &data);
    const std::string text(data, written == 1 ? static_cast<std::size_t>(length) : 0);
    BIO_free(in);
    BIO_free(out);
    EVP_PKEY_free(key);
    return text;
}

std::string complaint(const net::tls_settings& settings) {
    const result<context_ptr> context = net::tls_context::make(settings, "localhost");
    if (context) return "accepted";
    CHECK(context.error().value() == errc::invalid_option);
    const std::string text = context.error().describe();
    CHECK(text.find(phrase) == std::string::npos);
    CHECK(text.find("s3same") == std::string::npos);
    return context.error().message();
}

bool says(const std::string& text, std::string_view words) { return text.find(words) != std::string::npos; }

}  // namespace

TEST_CASE("T8: an encrypted key is opened with its pass phrase, which is never shown and never asked for") {
    const test_ca authority;
    const certificate mine = authority.issue();
    const temp_dir folder;
    net::tls_settings settings = trusting_text(authority.pem());
    settings.certificate_file = folder.path() / "mine.pem";
    settings.private_key_file = folder.path() / "key.pem";
    write_file(settings.certificate_file, mine.chain_pem);
    const terminal_watch terminal;
    for (const key_form form : {key_form::pkcs8, key_form::traditional}) {
        CAPTURE(static_cast<int>(form));
        const std::string key = encrypted(mine.key_pem, form);
        REQUIRE(says(key, "ENCRYPTED"));
        write_file(settings.private_key_file, key);

        settings.private_key_password = secret();
        const std::string without = complaint(settings);
        CHECK(without.starts_with("private_key_file \"" + settings.private_key_file + "\": is encrypted"));
        CHECK(says(without, "set its pass phrase with private_key_password()"));

        for (const std::string& wrong : {std::string("open s3sam"), std::string("open s3same "),
                                         std::string("x"), std::string(1023, 'x')}) {
            settings.private_key_password = secret(wrong);
            const std::string why = complaint(settings);
            CHECK(why.starts_with("private_key_file \"" + settings.private_key_file + "\": "));
            CHECK(says(why, "private_key_password() does not open it"));
            CHECK(says(why, "the one that it was encrypted with"));
        }

        settings.private_key_password = secret(phrase);
        CHECK(complaint(settings) == "accepted");
    }
    write_file(settings.private_key_file, mine.key_pem);
    CHECK(complaint(settings) == "accepted");  // a pass phrase that is not needed does no harm
    settings.private_key_password = secret();
    CHECK(complaint(settings) == "accepted");
    CHECK(terminal_watch::asked == 0);
}

TEST_CASE("T8: a key that is damaged or another's is told as that, not as a wrong pass phrase") {
    const test_ca authority;
    const certificate mine = authority.issue();
    const temp_dir folder;
    net::tls_settings settings = trusting_text(authority.pem());
    settings.certificate_file = folder.path() / "mine.pem";
    settings.private_key_file = folder.path() / "key.pem";
    settings.private_key_password = secret(phrase);
    write_file(settings.certificate_file, mine.chain_pem);
    CHECK(says(complaint(settings), "No such file or directory"));
    write_file(settings.private_key_file, "no key");
    CHECK_FALSE(says(complaint(settings), "does not open it"));
    write_file(settings.private_key_file, encrypted(authority.issue().key_pem, key_form::pkcs8));
    const std::string others = complaint(settings);
    CHECK(says(others, "key values mismatch"));
    CHECK_FALSE(says(others, "does not open it"));
}

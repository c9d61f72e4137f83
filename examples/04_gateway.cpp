// A gateway: GET /images/ID over HTTP and HTTPS, answered from the service, for those who must not have its
// credentials.
//
//   example_04_gateway                       shows itself at work against a stand-in service, and ends
//   example_04_gateway --port 8080 [--tls-port 8443 --certificate FILE --key FILE]
//                      [--base-url URL] [--ca-file FILE]
//                                            runs until SIGTERM; key and secret come from GETTY_CONNECT_KEY
//                                            and GETTY_CONNECT_SECRET
//
// What a gateway needs beside the lookup itself:
// - one client for all: its connections, its token, and one request for many who ask for one image at a time;
// - a cache with a bound of its own, in entries and in time;
// - a bound on what waits: beyond it 503 with Retry-After at once, which costs the service nothing;
// - a deadline for each request, and an end to the lookup when the caller has gone;
// - /metrics in the text format of Prometheus, /healthz for whoever restarts it;
// - an end on SIGTERM: nobody new, what is under way finishes, then everything is closed.
#include <getty/connect.hpp>
#include <getty/connect/sandbox.hpp>

#include <boost/asio.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/ssl.hpp>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdlib>
#include <iostream>
#include <list>
#include <map>
#include <optional>
#include <poll.h>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <variant>

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
namespace gc = getty::connect;
using asio::ip::tcp;
using beast::error_code;
using clock_type = std::chrono::steady_clock;
using namespace std::chrono_literals;
using namespace asio::experimental::awaitable_operators;

struct settings {
    std::uint16_t port = 0;
    std::optional<std::uint16_t> tls_port;
    std::string certificate, key, base_url, ca_file;
    std::size_t max_callers = 1'000;  // connections at a time
    std::size_t max_lookups = 256;    // that wait for the service at a time
    std::size_t max_cached = 10'000;
    std::chrono::milliseconds fresh_for = 60s;   // an image
    std::chrono::milliseconds absent_for = 10s;  // that there is none
    std::chrono::milliseconds deadline = 2s;     // of a request that names none in X-Timeout-Ms
    std::chrono::milliseconds max_deadline = 10s;
    std::chrono::milliseconds drain = 10s;  // what is under way has so long at the end
};

/// The least recently used goes when there are too many.
class answer_cache {
public:
    struct entry {
        http::status status = http::status::ok;
        std::string body;
    };
    explicit answer_cache(std::size_t most) : most_(most) {}

    const entry* find(const std::string& id) {
        const auto found = by_id_.find(id);
        if (found == by_id_.end()) return nullptr;
        if (found->second->until <= clock_type::now()) {
            order_.erase(found->second);
            by_id_.erase(found);
            return nullptr;
        }
        order_.splice(order_.begin(), order_, found->second);
        return &found->second->what;
    }
    void keep(const std::string& id, entry what, std::chrono::milliseconds fresh_for) {
        if (const auto found = by_id_.find(id); found != by_id_.end()) {
            order_.erase(found->second);
            by_id_.erase(found);
        }
        order_.push_front({id, std::move(what), clock_type::now() + fresh_for});
        by_id_[id] = order_.begin();
        if (order_.size() <= most_) return;
        by_id_.erase(order_.back().id);
        order_.pop_back();
    }
    [[nodiscard]] std::size_t size() const { return order_.size(); }

private:
    struct kept {
        std::string id;
        entry what;
        clock_type::time_point until;
    };
    std::size_t most_;
    std::list<kept> order_;
    std::unordered_map<std::string, std::list<kept>::iterator> by_id_;
};

/// A caller's connection, as far as the end of the gateway is concerned.
struct session {
    virtual ~session() = default;
    virtual void close() = 0;
    bool idle = true;  // between two requests
};

/// What all connections share. Everything runs on one thread.
class gateway {
public:
    gateway(asio::io_context& context, const settings& how, gc::client_options options)
        : how_(how), cache_(how.max_cached), images_(context, std::move(options)), all_gone_(context) {}

    /// Ends with the acceptor.
    template <class Serve>
    asio::awaitable<void> accept(tcp::acceptor& acceptor, Serve serve) {
        while (acceptor.is_open()) {
            error_code failed;
            tcp::socket socket =
                co_await acceptor.async_accept(asio::redirect_error(asio::use_awaitable, failed));
            if (failed == asio::error::operation_aborted) break;
            if (failed || sessions_.size() >= how_.max_callers) {
                // Out of descriptors, or too many: whoever is refused now may come back.
                asio::steady_timer pause(acceptor.get_executor(), failed ? 100ms : 0ms);
                co_await pause.async_wait(asio::redirect_error(asio::use_awaitable, failed));
                continue;
            }
            serve(std::move(socket));
        }
    }

    /// One caller, request by request.
    template <class Stream>
    asio::awaitable<void> serve(Stream stream) {
        struct of_stream final : session {
            explicit of_stream(Stream& s) : stream(s) {}
            void close() override { beast::get_lowest_layer(stream).cancel(); }
            Stream& stream;
        } self(stream);
        sessions_.insert(&self);
        error_code failed;
        if constexpr (!std::is_same_v<Stream, beast::tcp_stream>) {
            beast::get_lowest_layer(stream).expires_after(10s);
            co_await stream.async_handshake(asio::ssl::stream_base::server,
                                            asio::redirect_error(asio::use_awaitable, failed));
        }
        beast::flat_buffer buffer;
        while (!failed && !draining_) {
            http::request_parser<http::empty_body> parser;
            parser.header_limit(16 * 1024);
            beast::get_lowest_layer(stream).expires_after(60s);
            self.idle = true;
            co_await http::async_read_header(stream, buffer, parser,
                                             asio::redirect_error(asio::use_awaitable, failed));
            self.idle = false;
            // What is no request is told so, and nobody knows where the next one would begin.
            const bool broken =
                failed.category() == http::make_error_code(http::error::bad_method).category() &&
                failed != http::error::end_of_stream && failed != http::error::partial_message;
            if (failed && !broken) break;
            beast::get_lowest_layer(stream).expires_never();
            const bool has_body = !failed && !parser.is_done();
            const http::request<http::empty_body> request = broken ? request_type() : parser.release();
            std::optional<response_type> answer;
            if (broken || has_body || (request.version() == 11 && request[http::field::host].empty())) {
                answer = text(http::status::bad_request, "only GET without a body is known here\n");
                failed = {};
            } else {
                answer = co_await answer_to(request, beast::get_lowest_layer(stream).socket());
                if (!answer) break;  // nobody is there to read it
            }
            if (request.method() == http::verb::head) answer->body().clear();
            const bool ends = broken || has_body;
            answer->keep_alive(!ends && request.keep_alive() && !draining_);
            answer->prepare_payload();
            ++answers_[answer->result_int()];
            beast::get_lowest_layer(stream).expires_after(10s);
            co_await http::async_write(stream, *answer, asio::redirect_error(asio::use_awaitable, failed));
            if (!answer->keep_alive()) break;
        }
        if constexpr (!std::is_same_v<Stream, beast::tcp_stream>) {
            beast::get_lowest_layer(stream).expires_after(1s);
            if (!failed) co_await stream.async_shutdown(asio::redirect_error(asio::use_awaitable, failed));
        }
        sessions_.erase(&self);
        if (sessions_.empty()) all_gone_.cancel();
    }

    /// Nobody new; what is under way has its time, then everything is closed.
    asio::awaitable<void> drain() {
        draining_ = true;
        for (session* s : sessions_) {
            if (s->idle) s->close();
        }
        error_code ignored;
        all_gone_.expires_after(how_.drain);
        while (!sessions_.empty() && all_gone_.expiry() > clock_type::now()) {
            co_await all_gone_.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
        }
        for (session* s : sessions_) s->close();
        co_await images_.close();
    }

private:
    using request_type = http::request<http::empty_body>;
    using response_type = http::response<http::string_body>;

    asio::awaitable<std::optional<response_type>> answer_to(const request_type& request,
                                                            tcp::socket& caller) {
        constexpr std::string_view images = "/images/";
        const std::string_view target(request.target().data(), request.target().size());
        if (request.method() != http::verb::get) {
            response_type refused = text(http::status::method_not_allowed, "only GET is known here\n");
            refused.set(http::field::allow, "GET");
            co_return refused;
        }
        if (target == "/metrics") co_return text(http::status::ok, metrics());
        if (target == "/healthz") co_return health();
        const std::string id(target.substr(std::min(images.size(), target.size())));
        // An id is one segment of a path here and one segment there; what is encoded stays as it is.
        if (!target.starts_with(images) || id.empty() || id.find_first_of("/?%") != std::string::npos) {
            co_return text(http::status::not_found, "GET /images/ID, /metrics or /healthz\n");
        }
        if (const answer_cache::entry* known = cache_.find(id)) {
            ++cache_hits_;
            co_return json(known->status, known->body);
        }
        std::optional<response_type> found = co_await look_up(id, deadline_of(request), caller);
        co_return found;
    }

    asio::awaitable<std::optional<response_type>> look_up(const std::string& id,
                                                          std::chrono::milliseconds deadline,
                                                          tcp::socket& caller) {
        if (waiting_ >= how_.max_lookups) {
            ++shed_;
            response_type busy = text(http::status::service_unavailable, "too many lookups are waiting\n");
            busy.set(http::field::retry_after, "1");
            co_return busy;
        }
        ++waiting_;
        gc::lookup_options raw;
        raw.decode(gc::decode::raw).timeout(deadline);
        // Whoever leaves ends the lookup, and nobody else's: equal ones are merged by the client.
        auto race = images_.lookup(id, raw) || has_left(caller);
        std::variant<gc::result<gc::document>, std::monostate> ended = co_await std::move(race);
        --waiting_;
        if (ended.index() == 1) {
            ++left_;
            co_return std::nullopt;
        }
        co_return to_answer(id, std::get<0>(ended));
    }

    response_type to_answer(const std::string& id, const gc::result<gc::document>& found) {
        if (found) {
            cache_.keep(id, {http::status::ok, found->raw}, how_.fresh_for);
            return json(http::status::ok, found->raw);
        }
        const gc::error& why = found.error();
        if (why == gc::condition::not_found) {
            cache_.keep(id, {http::status::not_found, "{}"}, how_.absent_for);
            return json(http::status::not_found, "{}");
        }
        if (why == gc::condition::invalid_input) return text(http::status::not_found, "no such image\n");
        if (why == gc::condition::timeout)
            return text(http::status::gateway_timeout, "the service is late\n");
        if (why == gc::condition::overloaded || why == gc::condition::canceled) {
            response_type later = text(http::status::service_unavailable, "the service has too much to do\n");
            const auto wait = why.retry_after().value_or(1s);
            later.set(http::field::retry_after, std::to_string(wait.count()));
            return later;
        }
        // What it is in detail is for the log, not for the caller.
        std::cerr << id << ": " << why << '\n';
        return text(http::status::bad_gateway, "the service cannot be asked\n");
    }

    /// Completes when the other side has closed the connection, or its half of it. What else comes, the next
    /// request or TLS's own messages, stays where it is.
    static asio::awaitable<void> has_left(tcp::socket& caller) {
        asio::steady_timer pause(caller.get_executor());
        for (;;) {
            co_await caller.async_wait(tcp::socket::wait_read, asio::use_awaitable);
            pollfd state{caller.native_handle(), POLLRDHUP, 0};
            if (::poll(&state, 1, 0) != 0) co_return;
            pause.expires_after(50ms);
            co_await pause.async_wait(asio::use_awaitable);
        }
    }

    [[nodiscard]] std::chrono::milliseconds deadline_of(const request_type& request) const {
        const auto field = request["X-Timeout-Ms"];
        std::int64_t wanted = 0;
        const auto [end, bad] = std::from_chars(field.data(), field.data() + field.size(), wanted);
        if (field.empty() || bad != std::errc() || end != field.data() + field.size() || wanted < 1)
            return how_.deadline;
        return std::min(std::chrono::milliseconds(std::min(wanted, std::int64_t{86'400'000})),
                        how_.max_deadline);
    }

    response_type health() const {
        if (draining_) return text(http::status::service_unavailable, "draining\n");
        if (images_.stats().in_outage)
            return text(http::status::service_unavailable, "the service does not answer\n");
        return text(http::status::ok, "ok\n");
    }

    /// https://prometheus.io/docs/instrumenting/exposition_formats/
    std::string metrics() const {
        std::string out;
        const auto head = [&](std::string_view name, std::string_view type) {
            (((out += "# TYPE ") += name) += ' ') += type;
            out += '\n';
        };
        const auto value = [&](std::string_view name, std::string_view type, auto number) {
            head(name, type);
            ((out += name) += ' ') += std::to_string(number);
            out += '\n';
        };
        head("gateway_answers_total", "counter");
        for (const auto& [status, count] : answers_) {
            out += "gateway_answers_total{code=\"" + std::to_string(status) + "\"} " + std::to_string(count) +
                   "\n";
        }
        value("gateway_cache_hits_total", "counter", cache_hits_);
        value("gateway_shed_total", "counter", shed_);
        value("gateway_callers_left_total", "counter", left_);
        value("gateway_callers", "gauge", sessions_.size());
        value("gateway_lookups_waiting", "gauge", waiting_);
        value("gateway_cached", "gauge", cache_.size());
        const gc::client_stats s = images_.stats();
        value("getty_lookups_succeeded_total", "counter", s.lookups_succeeded);
        value("getty_lookups_failed_total", "counter", s.lookups_failed);
        value("getty_lookups_canceled_total", "counter", s.lookups_canceled);
        value("getty_lookups_merged_total", "counter", s.lookups_merged);
        value("getty_requests_total", "counter", s.requests);
        value("getty_retries_total", "counter", s.retries);
        value("getty_tokens_issued_total", "counter", s.tokens_issued);
        value("getty_connections_opened_total", "counter", s.connections_opened);
        value("getty_connections_failed_total", "counter", s.connections_failed);
        value("getty_connections_idle", "gauge", s.connections_idle);
        value("getty_connections_leased", "gauge", s.connections_leased);
        value("getty_connections_opening", "gauge", s.connections_opening);
        value("getty_waiting_for_connection", "gauge", s.waiters);
        value("getty_waiting_for_token", "gauge", s.waiting_for_token);
        value("getty_waiting_for_rate", "gauge", s.waiting_for_rate);
        value("getty_retry_budget_left", "gauge", s.retry_budget_left);
        value("getty_in_outage", "gauge", s.in_outage ? 1 : 0);
        return out;
    }

    static response_type text(http::status status, std::string body) {
        response_type answer(status, 11);
        answer.set(http::field::content_type, "text/plain; charset=utf-8");
        answer.body() = std::move(body);
        return answer;
    }
    static response_type json(http::status status, std::string body) {
        response_type answer = text(status, std::move(body));
        answer.set(http::field::content_type, "application/json");
        return answer;
    }

    settings how_;
    answer_cache cache_;
    gc::client images_;
    asio::steady_timer all_gone_;
    std::set<session*> sessions_;
    bool draining_ = false;
    std::size_t waiting_ = 0;
    std::uint64_t cache_hits_ = 0, shed_ = 0, left_ = 0;
    std::map<unsigned, std::uint64_t> answers_;
};

void rethrow(std::exception_ptr failed) {
    if (failed) std::rethrow_exception(failed);
}

/// Listens, and serves until `end` is called.
class running_gateway {
public:
    running_gateway(asio::io_context& context, const settings& how, gc::client_options options)
        : context_(context),
          gate_(context, how, std::move(options)),
          plain_(context, tcp::endpoint(asio::ip::address_v4::loopback(), how.port)),
          encrypted_(context) {
        auto serve = [this](tcp::socket socket) {
            asio::co_spawn(context_, gate_.serve(beast::tcp_stream(std::move(socket))), rethrow);
        };
        asio::co_spawn(context_, gate_.accept(plain_, serve), rethrow);
        if (!how.tls_port) return;
        error_code failed;
        tls_.use_certificate_chain_file(how.certificate, failed);
        if (failed) throw std::invalid_argument("--certificate " + how.certificate + ": " + failed.message());
        tls_.use_private_key_file(how.key, asio::ssl::context::pem, failed);
        if (failed) throw std::invalid_argument("--key " + how.key + ": " + failed.message());
        encrypted_ = tcp::acceptor(context, tcp::endpoint(asio::ip::address_v4::loopback(), *how.tls_port));
        auto serve_tls = [this](tcp::socket socket) {
            beast::ssl_stream<beast::tcp_stream> stream(beast::tcp_stream(std::move(socket)), tls_);
            asio::co_spawn(context_, gate_.serve(std::move(stream)), rethrow);
        };
        asio::co_spawn(context_, gate_.accept(encrypted_, serve_tls), rethrow);
    }
    [[nodiscard]] tcp::endpoint endpoint() const { return plain_.local_endpoint(); }
    [[nodiscard]] std::uint16_t tls_port() const { return encrypted_.local_endpoint().port(); }

    void end() {
        error_code ignored;
        plain_.close(ignored);
        if (encrypted_.is_open()) encrypted_.close(ignored);
        asio::co_spawn(context_, gate_.drain(), rethrow);
    }

private:
    asio::io_context& context_;
    gateway gate_;
    tcp::acceptor plain_, encrypted_;
    asio::ssl::context tls_{asio::ssl::context::tls_server};
};

gc::client_options for_gateway() {
    gc::client_options options;
    options.threading(gc::threading::single_thread).duplicates(gc::duplicates::merge);
    // A caller waits: better few tries within its deadline than many.
    options.max_attempts(2).acquire_timeout(2s).max_waiters(1'000);
    return options;
}

// --- The gateway at work, for the reader: some callers, then the end. ---

asio::awaitable<int> ask(asio::io_context& context, tcp::endpoint where) {
    tcp::socket socket(context);
    co_await socket.async_connect(where, asio::use_awaitable);
    beast::flat_buffer buffer;
    int as_expected = 0;
    const std::pair<const char*, unsigned> questions[] = {
        {"/images/83454800", 200}, {"/images/83454800", 200}, {"/images/1404", 404},
        {"/favicon.ico", 404},     {"/healthz", 200},         {"/metrics", 200}};
    for (const auto& [target, expected] : questions) {
        http::request<http::empty_body> request(http::verb::get, target, 11);
        request.set(http::field::host, "localhost");
        co_await http::async_write(socket, request, asio::use_awaitable);
        http::response<http::string_body> answer;
        co_await http::async_read(socket, buffer, answer, asio::use_awaitable);
        std::cout << target << ": " << answer.result_int() << ", " << answer.body().size() << " bytes\n";
        as_expected += answer.result_int() == expected ? 1 : 0;
    }
    co_return as_expected;
}

int show() {
    const gc::sandbox::background_server service;
    asio::io_context context{1};
    gc::client_options options = for_gateway();
    options.base_url(service->base_url()).ca_pem(service->ca_pem());
    options.credentials("sandbox-key", gc::secret("sandbox-secret"));
    running_gateway gate(context, settings(), std::move(options));
    int as_expected = 0;
    asio::co_spawn(context, ask(context, gate.endpoint()), [&](std::exception_ptr failed, int count) {
        as_expected = count;
        gate.end();
        rethrow(failed);
    });
    context.run();
    return as_expected == 6 ? EXIT_SUCCESS : EXIT_FAILURE;
}

int serve(const settings& how) {
    asio::io_context context{1};
    gc::client_options options = for_gateway();
    const auto from_environment = [](const char* name) {
        const char* const value = std::getenv(name);
        return std::string(value ? value : "");
    };
    options.credentials(from_environment("GETTY_CONNECT_KEY"),
                        gc::secret(from_environment("GETTY_CONNECT_SECRET")));
    if (!how.base_url.empty()) options.base_url(how.base_url);
    if (!how.ca_file.empty()) options.ca_file(how.ca_file);
    running_gateway gate(context, how, std::move(options));
    std::cout << "http://127.0.0.1:" << gate.endpoint().port() << '\n';
    if (how.tls_port) std::cout << "https://127.0.0.1:" << gate.tls_port() << '\n';
    std::cout.flush();
    asio::signal_set signals(context, SIGTERM, SIGINT);
    signals.async_wait([&](const error_code& failed, int) {
        if (!failed) gate.end();
    });
    context.run();
    return EXIT_SUCCESS;
}

int main(int argc, char** argv) try {
    if (argc == 1) return show();
    settings how;
    const auto to_number = [](const std::string& name, const std::string& text, std::size_t most) {
        std::size_t number = 0;
        const auto [end, bad] = std::from_chars(text.data(), text.data() + text.size(), number);
        if (bad != std::errc() || end != text.data() + text.size() || number > most) {
            throw std::invalid_argument(name + " " + text + ": must be 0 to " + std::to_string(most));
        }
        return number;
    };
    const auto to_port = [&](const std::string& name, const std::string& text) {
        return static_cast<std::uint16_t>(to_number(name, text, 65'535));
    };
    for (int i = 1; i < argc; i += 2) {
        const std::string name = argv[i];
        if (i + 1 == argc) throw std::invalid_argument(name + " needs a value");
        const std::string value = argv[i + 1];
        if (name == "--port")
            how.port = to_port(name, value);
        else if (name == "--tls-port")
            how.tls_port = to_port(name, value);
        else if (name == "--certificate")
            how.certificate = value;
        else if (name == "--key")
            how.key = value;
        else if (name == "--base-url")
            how.base_url = value;
        else if (name == "--ca-file")
            how.ca_file = value;
        else if (name == "--max-lookups")
            how.max_lookups = to_number(name, value, 1'000'000);
        else
            throw std::invalid_argument(name + " is unknown; see the top of 04_gateway.cpp");
    }
    return serve(how);
} catch (const std::exception& e) {
    std::cerr << "gateway: " << e.what() << '\n';
    return EXIT_FAILURE;
}

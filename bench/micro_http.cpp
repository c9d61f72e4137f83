// Requests and responses without a network.
#include "bench/image_json.hpp"
#include "bench/micro.hpp"
#include "core/random.hpp"
#include "http/response_reader.hpp"
#include "proto/auth/digest.hpp"
#include "proto/http/framing_guard.hpp"
#include "proto/http/request_writer.hpp"

#include <algorithm>
#include <string>
#include <vector>

namespace {

using namespace bench;
namespace gc = getty::connect;
namespace proto = getty::connect::proto;

constexpr std::string_view target = "/api/images/100000000", id = "100000000";
constexpr std::string_view client_nonce = "0123456789abcdef0123456789abcdef";

proto::digest_challenge challenge_of(proto::digest_algorithm algorithm) {
    proto::digest_challenge challenge;
    challenge.realm = "bench";
    challenge.nonce = std::string(32, 'f');
    challenge.algorithm = algorithm;
    challenge.qop = proto::digest_qop::auth;
    challenge.offers_auth = true;
    return challenge;
}

/// As for every request but the first: H(A1) is known.
void digest_authorize(benchmark::State& state, proto::digest_algorithm algorithm) {
    const gc::secret password("bench-secret");
    auto session = proto::digest_session::start(challenge_of(algorithm), "bench-key", password, client_nonce);
    std::string out;
    std::uint32_t count = 0;
    session->authorize(out, "GET", target, ++count, client_nonce);
    const news_per_iteration counted(state);
    for (auto _ : state) {
        out.clear();
        session->authorize(out, "GET", target, ++count, client_nonce);
        benchmark::DoNotOptimize(out.data());
    }
}
BENCHMARK_CAPTURE(digest_authorize, MD5, proto::digest_algorithm::md5);
BENCHMARK_CAPTURE(digest_authorize, SHA_256, proto::digest_algorithm::sha256);

/// After a challenge: H(A1) is computed as well.
void digest_start_and_authorize(benchmark::State& state, proto::digest_algorithm algorithm) {
    const gc::secret password("bench-secret");
    const proto::digest_challenge challenge = challenge_of(algorithm);
    std::string out;
    for (auto _ : state) {
        out.clear();
        auto session = proto::digest_session::start(challenge, "bench-key", password, client_nonce);
        session->authorize(out, "GET", target, 1, client_nonce);
        benchmark::DoNotOptimize(out.data());
    }
}
BENCHMARK_CAPTURE(digest_start_and_authorize, MD5, proto::digest_algorithm::md5);
BENCHMARK_CAPTURE(digest_start_and_authorize, SHA_256, proto::digest_algorithm::sha256);

void make_client_nonce(benchmark::State& state) {
    const auto random = gc::core::seeded_random(1);
    for (auto _ : state) benchmark::DoNotOptimize(proto::cnonce(*random));
}
BENCHMARK(make_client_nonce);

/// Of a header with two offers; the better one is taken.
void read_challenge(benchmark::State& state) {
    const std::string field =
        "Digest realm=\"bench\", nonce=\"" + std::string(32, 'f') +
        "\", algorithm=SHA-256, qop=\"auth,auth-int\", Digest realm=\"bench\", nonce=\"" +
        std::string(32, 'e') + "\", algorithm=MD5, qop=\"auth\", opaque=\"0\"";
    const proto::challenge_policy policy;
    std::vector<proto::challenge> offered;
    for (auto _ : state) {
        offered.clear();
        if (proto::parse_challenges(field, offered) != proto::auth_syntax::ok)
            state.SkipWithError("not understood");
        benchmark::DoNotOptimize(proto::select_challenge(offered, policy));
    }
}
BENCHMARK(read_challenge);

void write_request(benchmark::State& state) {
    const auto writer = proto::request_writer::make("127.0.0.1:8443", "bench");
    std::string out;
    for (auto _ : state) {
        if (!writer->begin(out, "GET", target)) state.SkipWithError("not written");
        proto::request_writer::field(out, "Authorization", "Bearer bench-token");
        proto::request_writer::end(out);
        benchmark::DoNotOptimize(out.data());
    }
}
BENCHMARK(write_request);

void guard_framing(benchmark::State& state) {
    for (auto _ : state) {
        proto::framing_guard guard;
        benchmark::DoNotOptimize(guard.status_line(200, 11));
        benchmark::DoNotOptimize(guard.field(proto::framing_field::content_length, "2860"));
        benchmark::DoNotOptimize(guard.field(proto::framing_field::connection, "keep-alive"));
        benchmark::DoNotOptimize(guard.header_end());
    }
}
BENCHMARK(guard_framing);

/// A whole response in pieces of at most so many bytes, the copy into the reader's buffer included.
void read_response(benchmark::State& state) {
    const std::string body = image_json(id);
    const std::string bytes =
        "HTTP/1.1 200 OK\r\nContent-Type: application/json; charset=utf-8\r\nContent-Length: " +
        std::to_string(body.size()) + "\r\n\r\n" + body;
    const auto piece = static_cast<std::size_t>(state.range(0));
    gc::http::response_reader reader{gc::http::response_limits()};
    {
        const news_per_iteration counted(state);
        for (auto _ : state) {
            reader.start();
            auto progress = gc::http::response_reader::progress::need_more;
            for (std::size_t at = 0;
                 progress == gc::http::response_reader::progress::need_more && at < bytes.size();) {
                const auto space = reader.space();
                const std::size_t count = std::min({space.size(), piece, bytes.size() - at});
                std::copy_n(bytes.data() + at, count, space.data());
                progress = reader.received(count);
                at += count;
            }
            if (progress != gc::http::response_reader::progress::done) state.SkipWithError("no response");
        }
    }
    state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations()) *
                            static_cast<std::int64_t>(bytes.size()));
}
BENCHMARK(read_response)->ArgName("piece")->Arg(16'384)->Arg(512);

}  // namespace

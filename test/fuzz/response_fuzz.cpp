// A response in every cut: the same verdict, and no connection goes on unless its bytes were one response. An
// interim response before it changes nothing.
//
// An input is a choice of limits, of the end, of gzip and of a seed for the cuts; then the bytes.
#include "fuzz/support/fuzz.hpp"
#include "fuzz/support/gzip_writer.hpp"
#include "fuzz/support/strict_response.hpp"
#include "support/reader_harness.hpp"

#include <array>
#include <optional>
#include <string>

using namespace getty::connect;
using namespace getty::connect::fuzz;
using namespace getty::connect::test;

namespace {

response_limits choose_limits(input& in) {
    constexpr std::array<std::size_t, 4> header_bytes = {16 * 1024, 512, 96, 40};
    constexpr std::array<std::size_t, 4> body_bytes = {1024 * 1024, 256, 16, 0};
    response_limits limits;
    limits.max_header_bytes = header_bytes[in.below(header_bytes.size())];
    limits.max_body_bytes = body_bytes[in.below(body_bytes.size())];
    limits.max_header_fields = in.yes() ? 3 : 1'000;
    return limits;
}

void check_done(const verdict& whole, std::string_view bytes, const response_limits& limits) {
    must(whole.status >= 200 && whole.status <= 599);
    must(whole.body.size() <= limits.max_body_bytes);
    must(!whole.idle_timeout || whole.idle_timeout->count() >= 0);
    if (!whole.reusable) return;
    const auto strict = read_strictly(bytes);
    must(strict.has_value());
    must(strict->status == whole.status);
    if (!limits.accepts_gzip) must(strict->body == whole.body);
}

/// One reader for all cuts: nothing of one response may be left in the next.
verdict check_cuts(std::string_view bytes, ending end, const response_limits& limits, std::uint64_t seed) {
    response_reader reader(limits);
    const verdict whole = read(reader, bytes, end, everything);
    must(read(reader, bytes, end, one) == whole);
    must(read(reader, bytes, end, slices(seed)) == whole);
    if (whole.state == progress::failed) must(whole.code != errc{} && is_plain_line(whole.why));
    if (whole.state != progress::done) return whole;
    check_done(whole, bytes, limits);
    verdict with_surplus = whole;
    with_surplus.reusable = false;
    if (whole.reusable) {
        const std::string more = std::string(bytes) + 'H';
        must(read(reader, more, end, everything) == with_surplus);
        must(read(reader, more, end, slices(seed)) == with_surplus);
    }
    return whole;
}

void check_interim(const verdict& alone, std::string_view bytes, ending end, const response_limits& limits,
                   std::uint64_t seed) {
    const bool one_too_many = alone.why.find("interim") != std::string::npos;
    if (bytes.empty() || one_too_many) return;
    constexpr std::size_t status_at = 9;
    std::size_t before = 0;
    for (std::string_view rest = bytes; rest.size() > status_at && rest[status_at] == '1'; ++before) {
        constexpr std::size_t line_ends = 4;
        rest.remove_prefix(std::min(rest.find("\r\n\r\n"), rest.size() - line_ends) + line_ends);
    }
    if (before >= proto::framing_guard::max_interim) return;
    response_reader reader(limits);
    must(read(reader, "HTTP/1.1 199\r\nA: b\r\n\r\n" + std::string(bytes), end, slices(seed)) == alone);
}

/// As a chunked body, whatever it was: exactly what the plain reader takes is taken.
void check_chunks(std::string_view bytes, std::uint64_t seed) {
    const std::size_t header_end = bytes.find("\r\n\r\n");
    if (header_end != std::string_view::npos) bytes.remove_prefix(header_end + 4);
    const response_limits limits;
    if (bytes.size() > limits.max_header_bytes / 2) return;
    response_reader reader(limits);
    const verdict v = read(reader, chunked + std::string(bytes), ending::open, slices(seed));
    const auto body = fuzz::detail::without_chunks(bytes);
    must((v.state == progress::done && v.reusable) == body.has_value());
    if (body) must(*body == v.body);
}

/// Packs `body` and damages none, or one byte of it.
void check_packed(std::string_view body, std::size_t framed, std::size_t damage,
                  const response_limits& limits, std::uint64_t seed) {
    std::string packed = gzip(body);
    const bool damaged = damage % 3 == 1;
    if (damaged) packed[damage * 7 % packed.size()] ^= static_cast<char>(1U << seed % 8);
    const std::string bytes = "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n" + framing_of(packed, framed);
    const verdict v = check_cuts(bytes, ending::clean, limits, seed);
    if (damaged) return;
    if (v.state == progress::done) {
        must(v.body == body);
        return;
    }
    must(v.code == errc::body_too_large || v.code == errc::header_too_large);
    const bool dense = body.size() > proto::gzip_decoder::unsuspicious_bytes;
    if (v.code == errc::body_too_large)
        must(std::max(body.size(), packed.size()) > limits.max_body_bytes || dense);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    input in(data, size);
    response_limits limits = choose_limits(in);
    const ending end = std::array{ending::open, ending::clean, ending::cut}[in.below(3)];
    const std::size_t coding = in.below(3);
    const std::size_t seed = in.below(256);
    limits.accepts_gzip = coding > 0;
    if (coding == 2) {
        const std::size_t framed = in.below(3);
        const std::size_t damage = in.below(256);
        check_packed(in.rest(), framed, damage, limits, seed);
    } else {
        const std::string_view bytes = in.rest();
        check_interim(check_cuts(bytes, end, limits, seed), bytes, end, limits, seed);
        check_chunks(bytes, seed);
    }
    return 0;
}

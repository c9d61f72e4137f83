#include "http/response_reader.hpp"

#include "http/header_words.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/beast/http/basic_parser.hpp>
#include <boost/beast/http/error.hpp>

#include <algorithm>
#include <array>
#include <cstring>
#include <functional>
#include <limits>
#include <utility>

namespace getty::connect::http {
namespace {

namespace beast = boost::beast;
using boost::system::error_code;

constexpr std::size_t first_capacity = 16 * 1024;
constexpr std::size_t kept_capacity = 64 * 1024;
constexpr std::size_t least_space = 4 * 1024;

// Obsolete, and a way to smuggle (RFC 9112 5.2).
constexpr std::string_view folded = "a field folded over several lines";

constexpr std::string_view bare_status_line = "HTTP/1.# ###\r\n";  // '#': a digit

bool is_bare_status_line(std::string_view line) noexcept {
    return line.size() == bare_status_line.size() &&
           std::equal(line.begin(), line.end(), bare_status_line.begin(),
                      [](char c, char form) { return form == '#' ? c >= '0' && c <= '9' : c == form; });
}

}  // namespace

/// Beast's grammar of a header, with what matters picked out as extents of the reader's buffer. It sees no
/// byte of a body: what it makes of chunks and trailers, and where it draws limits, changes from release to
/// release.
class response_reader::parser final : public beast::http::basic_parser<false> {
public:
    explicit parser(const response_limits& limits)
        : guard(limits.accepts_gzip ? proto::framing_guard::codings::gzip
                                    : proto::framing_guard::codings::none),
          max_fields_(limits.max_header_fields) {
        // What it would hold against its own limit is what came in one piece.
        header_limit(std::numeric_limits<std::uint32_t>::max());
        body_limit(boost::none);
        eager(true);
    }

    /// The buffer is at `base` during the next `put`.
    void at(const char* base, std::size_t size) noexcept {
        base_ = base;
        size_ = size;
    }

    [[nodiscard]] std::string_view violation() const noexcept { return violation_; }
    /// The guard's word on a line that Beast has refused on its own; empty when it has none.
    [[nodiscard]] std::string_view second_opinion(std::string_view line) noexcept {
        const std::size_t colon = line.find(':');
        if (colon == std::string_view::npos) return {};
        const auto relevant = framing_relevance(beast::http::string_to_field({line.data(), colon}));
        return relevant ? guard.field(*relevant, line.substr(colon + 1)) : std::string_view();
    }

    int status = 0;
    extent content_type, retry_after, date, location, error_detail, request_id, authentication_info;
    std::array<extent, 8> www_authenticate;
    std::size_t challenges = 0;
    proto::framing_guard guard;
    std::size_t fields = 0;

private:
    void refuse(std::string_view why, error_code& ec) {
        if (why.empty()) return;
        violation_ = why;
        ec = beast::http::error::bad_value;
    }

    [[nodiscard]] extent extent_of(beast::string_view s) const noexcept {
        return {s.empty() ? 0 : static_cast<std::size_t>(s.data() - base_), s.size()};
    }

    void on_request_impl(beast::http::verb, beast::string_view, beast::string_view, int,
                         error_code&) override {}

    void on_response_impl(int code, beast::string_view, int version, error_code& ec) override {
        status = code;
        refuse(guard.status_line(code, version), ec);
    }

    void on_field_impl(beast::http::field name, beast::string_view name_text, beast::string_view value,
                       error_code& ec) override {
        if (++fields > max_fields_) {
            ec = beast::http::error::header_limit;
            return;
        }
        // A folded value is put together outside the buffer.
        const std::less<const char*> before;
        if (!value.empty() && (before(value.data(), base_) || !before(value.data(), base_ + size_))) {
            return refuse(folded, ec);
        }
        if (const auto relevant = framing_relevance(name)) {
            return refuse(guard.field(*relevant, {value.data(), value.size()}), ec);
        }
        switch (name) {
            case beast::http::field::content_type:
                content_type = extent_of(value);
                break;
            case beast::http::field::retry_after:
                retry_after = extent_of(value);
                break;
            case beast::http::field::date:
                date = extent_of(value);
                break;
            case beast::http::field::location:
                location = extent_of(value);
                break;
            case beast::http::field::www_authenticate:
                if (challenges < www_authenticate.size()) www_authenticate[challenges++] = extent_of(value);
                break;
            default:
                other_field(name_text, value, ec);
        }
    }
    /// Not every Boost has a number for these.
    void other_field(beast::string_view name, beast::string_view value, error_code& ec) {
        if (beast::iequals(name, "authentication-info")) {
            if (authentication_info.size != 0) return refuse("more than one Authentication-Info", ec);
            authentication_info = extent_of(value);
        } else if (beast::iequals(name, "x-error-detail") ||
                   (beast::iequals(name, "x-mashery-error-code") && error_detail.size == 0)) {
            error_detail = extent_of(value);
        } else if (beast::iequals(name, "x-amzn-requestid") ||
                   (beast::iequals(name, "x-amz-cf-id") && request_id.size == 0)) {
            request_id = extent_of(value);
        }
    }
    void on_trailer_field_impl(beast::http::field, beast::string_view, beast::string_view,
                               error_code&) /* override, in newer ones */ {}

    void on_header_impl(error_code& ec) override { refuse(guard.header_end(), ec); }
    void on_body_init_impl(const boost::optional<std::uint64_t>&, error_code&) override {}
    std::size_t on_body_impl(beast::string_view, error_code&) override { return 0; }
    void on_chunk_header_impl(std::uint64_t, beast::string_view, error_code&) override {}
    std::size_t on_chunk_body_impl(std::uint64_t, beast::string_view, error_code&) override { return 0; }
    void on_finish_impl(error_code&) override {}

    const char* base_ = nullptr;
    std::size_t size_ = 0;
    std::size_t max_fields_;
    std::string_view violation_;
};

response_reader::response_reader(const response_limits& limits)
    : limits_(limits), parser_(std::make_unique<std::optional<parser>>()) {
    start();
}
response_reader::~response_reader() = default;

response_reader::parser& response_reader::the_parser() const noexcept { return **parser_; }

/// For the next response.
bool response_reader::is_too_large(std::size_t capacity, std::size_t used) const noexcept {
    return capacity > kept_capacity && !(limits_.large_are_usual && used >= capacity / 4);
}

void response_reader::shrink() noexcept {
    if (is_too_large(unpacked_.capacity(), unpacked_.size())) std::string().swap(unpacked_);
    if (!is_too_large(capacity_, filled_)) return;
    buffer_.reset();
    capacity_ = 0;
    filled_ = 0;
}

void response_reader::start() {
    shrink();
    forget();
}

void response_reader::next() {
    const std::size_t left = filled_ - parsed_;
    std::memmove(buffer_.get(), buffer_.get() + parsed_, left);
    forget();
    filled_ = left;
}

void response_reader::forget() {
    filled_ = 0;
    parsed_ = 0;
    searched_ = 0;
    lines_ = 0;
    header_end_ = 0;
    body_ = extent();
    unpacked_.clear();
    parser_->emplace(limits_);
    message_.www_authenticate.clear();
}

std::size_t response_reader::next_capacity() const noexcept {
    std::size_t most = 2 * limits_.max_header_bytes + limits_.max_body_bytes + first_capacity;
    const proto::framing_guard& guard = the_parser().guard;
    if (header_end_ != 0 && guard.kind() == proto::framing::length) {
        most = std::min(most, header_end_ + static_cast<std::size_t>(guard.length()) + least_space);
    }
    return std::max(std::min(std::max(first_capacity, 2 * capacity_), most), filled_ + least_space);
}

std::span<char> response_reader::space() {
    if (capacity_ - filled_ < least_space) make_room(next_capacity());
    return {buffer_.get() + filled_, capacity_ - filled_};
}

void response_reader::make_room(std::size_t bytes) {
    auto larger = std::make_unique_for_overwrite<char[]>(bytes);
    if (filled_ > 0)
        std::memcpy(larger.get(), buffer_.get(), filled_);  // nothing is kept before the first room
    buffer_ = std::move(larger);
    capacity_ = bytes;
}

response_reader::progress response_reader::received(std::size_t bytes) {
    filled_ += bytes;
    return advance();
}

response_reader::progress response_reader::advance() {
    while (header_end_ == 0) {
        const progress state = advance_header();
        if (state == progress::failed || header_end_ == 0) return state;
        if (the_parser().guard.kind() == proto::framing::interim) {
            drop_interim();
        } else if (begin_body() == progress::failed) {
            return progress::failed;
        }
    }
    return advance_body();
}

response_reader::progress response_reader::begin_body() {
    body_.offset = header_end_;
    const proto::framing_guard& guard = the_parser().guard;
    if (guard.kind() == proto::framing::length && guard.length() > limits_.max_body_bytes)
        return fail(errc::body_too_large, "");
    if (guard.kind() == proto::framing::chunked) {
        const std::size_t fields_left = limits_.max_header_fields - the_parser().fields;
        chunks_.emplace(proto::chunk_scanner::limits{.max_framing_bytes = limits_.max_header_bytes,
                                                     .max_trailer_fields = fields_left,
                                                     .max_body_bytes = limits_.max_body_bytes});
    }
    return progress::need_more;
}

response_reader::progress response_reader::advance_body() {
    const std::size_t there = filled_ - parsed_;
    switch (the_parser().guard.kind()) {
        case proto::framing::length: {
            const auto length = static_cast<std::size_t>(the_parser().guard.length());
            const std::size_t taken = std::min(there, length - body_.size);
            body_.size += taken;
            parsed_ += taken;
            return body_.size == length ? finish() : progress::need_more;
        }
        case proto::framing::chunked:
            return advance_chunks();
        case proto::framing::until_close:
            if (there > limits_.max_body_bytes - body_.size) return fail(errc::body_too_large, "");
            body_.size += there;
            parsed_ = filled_;
            return progress::need_more;
        default:
            return finish();
    }
}

/// Chunks are moved together, and the room of their framing, of which there may be more than of the body, is
/// given up at once.
response_reader::progress response_reader::advance_chunks() {
    using scan = proto::chunk_scanner::state;
    while (parsed_ < filled_ && chunks_->now() == scan::going_on) {
        const auto found = chunks_->next({buffer_.get() + parsed_, filled_ - parsed_});
        parsed_ += found.framing;
        if (body_.size == 0) body_.offset = parsed_;
        const std::size_t end = body_.offset + body_.size;
        if (end != parsed_) std::memmove(buffer_.get() + end, buffer_.get() + parsed_, found.data);
        body_.size += found.data;
        parsed_ += found.data;
    }
    switch (chunks_->now()) {
        case scan::going_on:
            break;
        case scan::done:
            return finish();
        case scan::malformed:
            return fail(errc::malformed_response,
                        (chunks_->in_trailer() ? "in a trailer: " : "") + std::string(chunks_->violation()));
        case scan::body_too_large:
            return fail(errc::body_too_large, "");
        case scan::framing_too_long:
        case scan::too_many_fields:
            return fail(errc::header_too_large, "");
    }
    if (body_.size == 0) body_.offset = header_end_;
    parsed_ = filled_ = body_.offset + body_.size;
    return progress::need_more;
}

/// Beast gets a line of the header together with the byte that tells whether it goes on: given less, what it
/// finds, and when, would depend on the pieces.
response_reader::progress response_reader::advance_header() {
    constexpr std::string_view protocol = "HTTP/1.";
    const std::string_view begin(buffer_.get(), std::min(filled_, protocol.size()));
    if (!protocol.starts_with(begin)) return fail(errc::malformed_response, "it does not begin with HTTP/1");
    const bool goes_on = find_lines(std::min(filled_, limits_.max_header_bytes));
    const std::size_t end = header_end_ != 0 ? header_end_ : lines_;
    if (end > 0 && parsed_ == 0 && put_status_line(end) == progress::failed) return progress::failed;
    if (end > parsed_ && put(end) == progress::failed) return progress::failed;
    // Beast waits for the CR of an empty line that is a bare LF.
    if (header_end_ != 0 && !the_parser().is_header_done())
        return fail_line(line_of(header_end_ - 1), words_for(beast::http::error::bad_line_ending, ""));
    if (goes_on) return fail_line(line_of(searched_), folded);
    if (header_end_ == 0 && filled_ >= limits_.max_header_bytes) return fail(errc::header_too_large, "");
    return progress::need_more;
}

/// The status line goes to Beast alone: of one that is too short it would take what follows for the rest, or
/// wait for the end of the header, by what is there.
response_reader::progress response_reader::put_status_line(std::size_t end) {
    const void* line_end = std::memchr(buffer_.get(), '\n', end);
    const auto at = static_cast<std::size_t>(static_cast<const char*>(line_end) - buffer_.get());
    if (is_bare_status_line({buffer_.get(), at + 1})) return put_bare_status_line();
    if (put(at + 2) == progress::failed) return progress::failed;
    return parsed_ > 0 ? progress::need_more : fail_line(line_of(0), "it is cut short");
}

/// Beast insists on the blank that is to stand before an empty reason phrase (RFC 9112 4); servers do not.
response_reader::progress response_reader::put_bare_status_line() {
    std::array<char, bare_status_line.size() + 1> line{};
    const std::size_t status_end = bare_status_line.size() - 2;
    std::copy_n(buffer_.get(), status_end, line.begin());
    constexpr std::string_view rest = " \r\n";
    std::copy(rest.begin(), rest.end(), line.begin() + static_cast<std::ptrdiff_t>(status_end));
    error_code ec;
    (void)the_parser().put(boost::asio::const_buffer(line.data(), line.size()), ec);
    if (ec && ec != beast::http::error::need_more) return refuse(ec, 0);
    parsed_ = bare_status_line.size();
    return progress::need_more;
}

/// What follows begins anew, but as a part of the same answer.
void response_reader::drop_interim() {
    proto::framing_guard guard = the_parser().guard;
    guard.next();
    next();
    the_parser().guard = guard;
}

/// Looks for the ends of lines up to `end`; true when a line goes on in the next one.
bool response_reader::find_lines(std::size_t end) noexcept {
    const char* b = buffer_.get();
    while (const void* found = std::memchr(b + searched_, '\n', end - searched_)) {
        const auto at = static_cast<std::size_t>(static_cast<const char*>(found) - b);
        const bool empty = b[at - 1] == '\n' || (b[at - 1] == '\r' && b[at - 2] == '\n');
        if (empty) {
            header_end_ = at + 1;
            return false;
        }
        searched_ = at;
        if (at + 1 == end) return false;
        if (b[at + 1] == ' ' || b[at + 1] == '\t') return true;
        lines_ = at + 2;
        searched_ = at + 1;
    }
    searched_ = std::max(searched_, end);
    return false;
}

/// Parses up to `end`.
response_reader::progress response_reader::put(std::size_t end) {
    the_parser().at(buffer_.get(), filled_);
    error_code ec;
    parsed_ += the_parser().put(boost::asio::const_buffer(buffer_.get() + parsed_, end - parsed_), ec);
    if (!ec || ec == beast::http::error::need_more) return progress::need_more;
    return refuse(ec, parsed_);
}

/// Beast or the guard has stopped at `end`, where the bad line begins.
response_reader::progress response_reader::refuse(const error_code& ec, std::size_t end) {
    if (ec == beast::http::error::header_limit) return fail(errc::header_too_large, "");
    const std::string_view violation = the_parser().violation();
    const std::string message = ec.message();
    const std::string_view why = violation.empty() ? words_for(ec, message) : violation;
    const bool as_a_whole = end == header_end_;
    const header_line line = line_of(as_a_whole ? 0 : end);
    if (line.number == 0 || !violation.empty()) return fail_line(line, why);
    const std::string_view better = the_parser().second_opinion(line.text);
    return fail_line(line, better.empty() ? why : better);
}

/// The line of the header with the byte at `at`; Beast may have gone beyond the CR that a line begins with.
response_reader::header_line response_reader::line_of(std::size_t at) const noexcept {
    const std::string_view header(buffer_.get(), filled_);
    const std::string_view before = header.substr(0, at);
    const std::size_t begin = before.rfind('\n') + 1;  // 0 without one
    const auto number = static_cast<std::size_t>(std::count(before.begin(), before.end(), '\n'));
    std::string_view line = header.substr(begin, header.find('\n', begin) - begin);
    if (line.ends_with('\r')) line.remove_suffix(1);
    return {line, number};
}

response_reader::progress response_reader::fail_line(const header_line& line, std::string_view why) {
    return fail(errc::malformed_response, described_line(line.text, line.number).append(why));
}

response_reader::progress response_reader::ended(bool clean) {
    if (filled_ == 0) {
        return fail(errc::peer_closed, started() ? "after an interim response, before the response"
                                                 : "before the first byte of a response");
    }
    const bool whole = clean && header_end_ != 0 && the_parser().guard.kind() == proto::framing::until_close;
    if (!whole) return fail(errc::peer_closed, "in the middle of a response");
    return finish();
}

response_reader::progress response_reader::finish() {
    const parser& p = the_parser();
    message_.status = p.status;
    message_.coded_body = view(body_);
    message_.body = message_.coded_body;
    if (p.guard.gzip() && p.guard.kind() != proto::framing::none) {
        if (!unpack(message_.coded_body)) return progress::failed;
        message_.body = unpacked_;
    }
    message_.content_type = view(p.content_type);
    message_.retry_after = view(p.retry_after);
    message_.date = view(p.date);
    message_.location = view(p.location);
    message_.error_detail = view(p.error_detail);
    message_.request_id = view(p.request_id);
    message_.authentication_info = view(p.authentication_info);
    message_.idle_timeout = p.guard.idle_timeout();
    for (std::size_t i = 0; i < p.challenges; ++i)
        message_.www_authenticate.push_back(view(p.www_authenticate[i]));
    return progress::done;
}

bool response_reader::unpack(std::string_view coded) {
    using outcome = proto::gzip_decoder::outcome;
    if (!gzip_) gzip_ = std::make_unique<proto::gzip_decoder>();
    const outcome done = gzip_->decode(coded, limits_.max_body_bytes, unpacked_);
    if (done == outcome::done) return true;
    const bool bomb = done == outcome::too_large || done == outcome::too_dense;
    fail(bomb ? errc::body_too_large : errc::malformed_response, describe(done));
    return false;
}

response_reader::progress response_reader::fail(errc code, std::string_view why) {
    failure_ = code;
    failure_text_ = why;
    return progress::failed;
}

bool response_reader::started() const noexcept { return filled_ > 0 || the_parser().guard.after_interim(); }

bool response_reader::keeps_open() const noexcept { return the_parser().guard.reusable(); }

}  // namespace getty::connect::http

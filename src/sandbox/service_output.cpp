// The bytes of an answer, and the lines about it.
#include "sandbox/catalogue/writing.hpp"
#include "sandbox/faults/fault_bytes.hpp"
#include "sandbox/http/content_coding.hpp"
#include "sandbox/http/reason_phrase.hpp"
#include "sandbox/service.hpp"

#include <array>
#include <cstdio>
#include <utility>

namespace getty::connect::sandbox {

delivery service::write(const reply& from, const request_view& request, moment at, std::string& out) {
    const std::size_t begin = out.size();
    framed_body harmed;
    if (from.harm) harmed = framed(*from.harm, body_);
    if (!harmed.answered) return harmed.how;
    const bool close = request.close_after || harmed.says_close;
    out += harmed.before;
    out += "HTTP/1.1 ";
    append_number(out, from.status);
    out.append(" ").append(reason_phrase(from.status)).append("\r\nDate: ");
    append_date(out, at.wall);
    out += "\r\n";
    if (from.status != 204) {
        out.append("Content-Type: ").append(from.type).append("\r\n");
        if (from.harm) {
            out += harmed.announcement;
        } else {
            out += "Content-Length: ";
            append_number(out, static_cast<std::int64_t>(body_.size()));
            out += "\r\n";
        }
    }
    out += from.headers;
    if (close) out += "Connection: close\r\n";
    out += "\r\n";
    delivery how = harmed.how;
    how.body_at = out.size() - begin;
    if (close && how.end == delivery::ending::keep) how.end = delivery::ending::close;
    if (from.status != 204 && request.method != "HEAD") out += from.harm ? harmed.bytes : body_;
    return how;
}

/// IMF-fixdate (RFC 9110 5.6.7), made once a second.
void service::append_date(std::string& out, std::chrono::sys_seconds now) {
    if (dated_ != now) {
        constexpr std::array<const char*, 7> days{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
        constexpr std::array<const char*, 12> months{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                     "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
        const auto midnight = std::chrono::floor<std::chrono::days>(now);
        const std::chrono::year_month_day date(midnight);
        const auto second = (now - midnight).count();
        char text[40];
        const int length =
            std::snprintf(text, sizeof text, "%s, %02u %s %04d %02d:%02d:%02d GMT",
                          days[std::chrono::weekday(midnight).c_encoding()],
                          static_cast<unsigned>(date.day()), months[static_cast<unsigned>(date.month()) - 1],
                          static_cast<int>(date.year()), static_cast<int>(second / 3600),
                          static_cast<int>(second / 60 % 60), static_cast<int>(second % 60));
        date_.assign(text, static_cast<std::size_t>(length));
        dated_ = now;
    }
    out += date_;
}

/// What the answer to a lookup still needs.
void service::finish_images(const request_view& request, reply& out) {
    constexpr std::size_t min_compressed_bytes = 256;
    const bool coded = out.harm && is_coded(out.harm->kind);
    if (coded || !accepts_gzip(request.accept_encoding) || body_.size() < min_compressed_bytes) return;
    body_ = gzipped(body_);
    out.headers += "Content-Encoding: gzip\r\nVary: Accept-Encoding\r\n";
}

void service::note_lookup(const std::string& id) {
    if (log_) noted_.push_back({id, 0});
}

/// The lines of a request whose answer has gone into `made`; `sent` is false where the connection ends
/// instead.
std::optional<error> service::log_lookups(const reply& made, bool sent, std::chrono::sys_seconds now) {
    if (noted_.empty()) return std::nullopt;
    for (request_log::line& one : noted_) {
        if (!sent) {
            one.status = 0;
        } else if (one.status == 0) {
            one.status = made.status;
        }
    }
    const result<void> written = log_->write(now, tally_.requests, noted_);
    if (written) return std::nullopt;
    return written.error();
}

}  // namespace getty::connect::sandbox

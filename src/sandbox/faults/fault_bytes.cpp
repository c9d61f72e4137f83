#include "sandbox/faults/fault_bytes.hpp"

#include "sandbox/catalogue/catalogue.hpp"
#include "sandbox/http/content_coding.hpp"

#include <boost/json.hpp>

#include <algorithm>
#include <charconv>
#include <utility>

namespace getty::connect::sandbox {
namespace {

namespace json = boost::json;

/// What bodies look like where a false member goes in, and that member.
struct form {
    std::string_view start, duplicate;
};

constexpr form forms[] = {
    {"{\"token\":{", R"("ssl_token":"a-duplicate",)"},
    {"{\"access_token\":", R"("access_token":"a-duplicate",)"},
    {"{\"images\":[{", R"("id":"10000001",)"},
};
constexpr form connect_images = {"\"Images\":[{", R"("ImageId":"10000001",)"};

/// A whole answer with an image that is not that of `id`.
std::string another_image(std::string_view id) {
    std::string made = R"({"CoordinationId":"another","Images":[)";
    append_image(made, id == "10000001" ? "10000002" : "10000001", 0);
    return made + "]}";
}

/// A false value goes first: who takes the last of two, as most parsers do, has the right one.
std::string with_duplicate(std::string_view body) {
    std::size_t at = body.find(connect_images.start) + connect_images.start.size();
    std::string_view duplicate = connect_images.duplicate;
    for (const form& one : forms) {
        if (!body.starts_with(one.start)) continue;
        at = one.start.rfind('{') + 1;
        duplicate = one.duplicate;
    }
    std::string out(body.substr(0, at));
    out += duplicate;
    return out += body.substr(at);
}

std::string with_wrong_type(std::string_view body) {
    json::value document = json::parse(body);
    json::object& top = document.as_object();
    if (json::value* token = top.if_contains("token")) {
        token->as_object()["ssl_token"] = 42;
    } else if (top.contains("access_token")) {
        top["access_token"] = 42;
    } else if (json::value* images = top.if_contains("images")) {
        images->as_array().at(0).as_object()["title"] = 42;
    } else {
        top.at("Images").as_array().at(0).as_object()["Title"] = 42;
    }
    return json::serialize(document);
}

/// No JSON from the middle on, of the right length.
std::string with_broken_half(std::string body) {
    constexpr std::string_view noise = "}]\"{,";
    for (std::size_t i = body.size() / 2; i < body.size(); ++i) body[i] = noise[i % noise.size()];
    return body;
}

/// Damage where only the checksum tells of it.
std::string with_wrong_checksum(std::string coded) {
    constexpr std::size_t from_end = 8;  // CRC32, then the size (RFC 1952 2.3.1)
    coded[coded.size() - from_end] = static_cast<char>(~coded[coded.size() - from_end]);
    return coded;
}

std::string length_line(std::size_t bytes) { return "Content-Length: " + std::to_string(bytes) + "\r\n"; }

std::string hex(std::size_t value) {
    char digits[20];
    return {digits, std::to_chars(digits, digits + sizeof digits, value, 16).ptr};
}

/// Chunks of `bytes`, each with an extension if wanted, and no last one.
std::string chunks(std::string_view body, std::size_t bytes, std::string_view extension) {
    std::string out;
    while (!body.empty()) {
        const std::string_view piece = body.substr(0, bytes);
        out.append(hex(piece.size())).append(extension).append("\r\n").append(piece).append("\r\n");
        body.remove_prefix(piece.size());
    }
    return out;
}

void frame_chunked(const fault& what, framed_body& out) {
    out.announcement = "Transfer-Encoding: chunked\r\n";
    if (what.kind == fault_kind::chunked) {
        out.announcement += "Trailer: X-Sandbox-Trailer\r\n";
        out.bytes = chunks(out.bytes, what.bytes, ";sandbox=\"an extension\"") +
                    "0;last\r\nX-Sandbox-Trailer: \"with a value\"\r\n\r\n";
        return;
    }
    out.how.end = delivery::ending::close;
    if (what.kind == fault_kind::chunk_unfinished) {
        out.bytes = chunks(out.bytes, what.bytes, "");
        return;
    }
    const std::size_t half = out.bytes.size() / 2;
    out.bytes = chunks(out.bytes.substr(0, half), half, "") + "no size\r\n" + out.bytes.substr(half);
}

void frame_length(const fault& what, framed_body& out) {
    const std::size_t size = out.bytes.size();
    if (what.kind == fault_kind::length_long) {
        out.announcement = length_line(size + what.bytes);
        out.how.end = delivery::ending::close;
        return;
    }
    out.announcement = length_line(size - std::min(size, what.bytes));
}

void frame_cut(const fault& what, framed_body& out) {
    out.how.end = what.kind == fault_kind::reset ? delivery::ending::reset : delivery::ending::close;
    if (what.at == fault::place::start) {
        out.answered = false;
    } else {
        out.bytes.resize(out.bytes.size() / 2);
    }
}

/// A whole answer that nobody asked for: taken for that of the next request it is the wrong image.
std::string surplus_answer(std::string_view after) {
    const bool v3 = after.starts_with("{\"images\":");
    const std::string other =
        v3 ? R"({"images":[{"id":"10000001","title":"A surplus answer"}],"images_not_found":[]})"
           : another_image("");
    return "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n" + length_line(other.size()) + "\r\n" +
           other;
}

/// `status` 0: Early Hints.
std::string interim_answer(int status) {
    const std::string line = status == 0 ? "103 Early Hints" : std::to_string(status) + " Interim";
    return "HTTP/1.1 " + line + "\r\nLink: </api>; rel=preconnect\r\n\r\n";
}

}  // namespace

std::string spoiled_body(const fault& what, std::string_view id, std::string body) {
    switch (what.kind) {
        case fault_kind::wrong_image:
            return another_image(id);
        case fault_kind::json_duplicate:
            return with_duplicate(body);
        case fault_kind::json_mistyped:
            return with_wrong_type(body);
        case fault_kind::json_truncated:
            body.resize(body.size() / 2);
            return body;
        case fault_kind::half_malformed:
            return with_broken_half(std::move(body));
        case fault_kind::gzip_unasked:
            return gzipped(body);
        case fault_kind::gzip_broken:
            return with_wrong_checksum(gzipped(body));
        default:
            return body;
    }
}

bool is_coded(fault_kind kind) noexcept {
    return kind == fault_kind::gzip_unasked || kind == fault_kind::gzip_broken;
}

framed_body framed(const fault& what, std::string body) {
    framed_body out;
    out.announcement = length_line(body.size());
    out.bytes = std::move(body);
    switch (what.kind) {
        case fault_kind::slow_start:
            out.how.wait = what.wait;
            break;
        case fault_kind::drip:
            out.how.piece_bytes = what.bytes;
            out.how.piece_wait = what.wait;
            break;
        case fault_kind::interim:
            for (std::uint64_t i = 0; i < what.answers; ++i) out.before += interim_answer(what.status_code);
            break;
        case fault_kind::length_long:
        case fault_kind::length_short:
            frame_length(what, out);
            break;
        case fault_kind::surplus:
            out.bytes += surplus_answer(out.bytes);
            break;
        case fault_kind::chunked:
        case fault_kind::chunk_broken:
        case fault_kind::chunk_unfinished:
            frame_chunked(what, out);
            break;
        case fault_kind::connection_close:
            out.says_close = true;
            out.how.end = delivery::ending::close;
            break;
        case fault_kind::close:
        case fault_kind::reset:
            frame_cut(what, out);
            break;
        default:
            break;
    }
    return out;
}

}  // namespace getty::connect::sandbox

// An id becomes one segment of a target that reads back as that id, or it is refused.
#include "core/percent_encoding.hpp"
#include "fuzz/support/fuzz.hpp"
#include "fuzz/support/plain_utf8.hpp"
#include "proto/http/field_rules.hpp"
#include "proto/http/redirect.hpp"
#include "proto/http/request_writer.hpp"
#include "proto/image/image_id.hpp"

#include <algorithm>
#include <string>

using namespace getty::connect;
using namespace getty::connect::fuzz;
using namespace getty::connect::proto;

namespace {

/// RFC 3986 2.1; nothing but unreserved characters and upper-case escapes is taken.
std::string decoded(std::string_view text) {
    std::string out;
    while (!text.empty()) {
        if (text.front() != '%') {
            constexpr std::string_view unreserved =
                "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
            must(unreserved.find(text.front()) != std::string_view::npos);
            out += text.front();
            text.remove_prefix(1);
            continue;
        }
        constexpr std::string_view digits = "0123456789ABCDEF";
        must(text.size() >= 3);
        const std::size_t high = digits.find(text[1]);
        const std::size_t low = digits.find(text[2]);
        must(high < 16 && low < 16);
        out += static_cast<char>(high * 16 + low);
        text.remove_prefix(3);
    }
    return out;
}

bool has_control(std::string_view text) {
    return std::ranges::any_of(text,
                               [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; });
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view id = input(data, size).rest();
    std::string segment;
    core::append_percent_encoded(segment, id);
    must(decoded(segment) == id);  // whether it is an id or a value of a form

    const bool expected = !id.empty() && id.size() <= max_id_bytes && id != "." && id != ".." &&
                          is_plain_utf8(id) && !has_control(id);
    const std::string_view why = why_invalid_id(id);
    must(why.empty() == expected);
    if (!why.empty()) return 0;

    const std::string target = "/api/v1/images/" + segment;
    must(is_target(target));
    // what removes dot segments and splits off queries sees one plain segment
    const redirect same = resolve_redirect(target, "/", "host.example");
    must(same.refused.empty() && same.target == target);

    static const auto writer = request_writer::make("host.example", "fuzz/1.0");
    std::string request;
    must(writer->begin(request, "GET", target));
    must(request.starts_with("GET " + target + " HTTP/1.1\r\nHost: host.example\r\n"));
    return 0;
}

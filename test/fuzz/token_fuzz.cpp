// Answers of a token endpoint and error bodies: bounded, printable, and no token in a message. And the bodies
// of token requests, which read back as what was put in.
//
// An input is a choice of a content type, then the body.
#include "core/ascii.hpp"
#include "fuzz/support/fuzz.hpp"
#include "fuzz/support/plain_utf8.hpp"
#include "proto/auth/token_body.hpp"
#include "proto/http/field_rules.hpp"
#include "proto/image/error_body.hpp"

#include <boost/json/parse.hpp>
#include <boost/system/error_code.hpp>

#include <array>
#include <string>

using namespace getty::connect;
using namespace getty::connect::fuzz;
using namespace getty::connect::proto;
namespace json = boost::json;

namespace {

std::string_view view(const json::string& s) { return {s.data(), s.size()}; }

/// The tokens of an answer.
std::array<const secret*, 2> tokens_of(const token_pair& answer) {
    return {&answer.value_for_https, &answer.value_for_http};
}
std::array<const secret*, 1> tokens_of(const issued_token& answer) {
    must(is_field_value(answer.value.expose()));
    return {&answer.value};
}

template <class Answer>
void check_answer(const Answer& answer, std::string_view body) {
    boost::system::error_code failed;
    const json::value document = json::parse({body.data(), body.size()}, failed);
    if (answer) {
        must(!failed && document.is_object());
        for (const secret* token : tokens_of(*answer))
            must(token->expose().find_first_not_of(" \t\r\n") != std::string_view::npos);
        must(!answer->lifetime ||
             (answer->lifetime->count() >= 0 && *answer->lifetime <= max_token_lifetime));
        return;
    }
    const std::string words = answer.error().describe();
    must(is_plain_line(words) && !words.empty());
    if (failed || !document.is_object()) return;
    // what is long enough not to be a word of the message itself
    constexpr std::size_t telling_bytes = 24;
    for (const json::key_value_pair& member : document.get_object()) {
        const json::string* const text = member.value().if_string();
        if (text != nullptr && text->size() >= telling_bytes)
            must(words.find(view(*text)) == std::string::npos);
    }
}

std::string form_decoded(std::string_view text) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '%') {
            out += text[i];
            continue;
        }
        must(text.size() - i >= 3);
        const int high = core::hex_value(text[i + 1]);
        const int low = core::hex_value(text[i + 2]);
        must(high >= 0 && low >= 0);
        out += static_cast<char>(high * 16 + low);
        i += 2;
    }
    return out;
}

void check_request(std::string_view text) {
    const std::size_t half = text.size() / 2;
    const std::array<token_parameter, 3> parameters = {
        {{"grant_type", text.substr(0, half)}, {"unset", ""}, {"client_secret", text.substr(half)}}};
    const secret form = form_body(parameters);
    const std::string_view all = form.expose();
    must(is_plain_line(all) && all.find("unset=") == std::string_view::npos);
    if (half > 0) {
        const std::size_t separator = all.find('&');
        must(form_decoded(all.substr(0, separator)) == "grant_type=" + std::string(text.substr(0, half)));
        must(form_decoded(all.substr(separator + 1)) == "client_secret=" + std::string(text.substr(half)));
    }
    const secret document = json_body(parameters);
    if (!is_plain_utf8(text.substr(0, half)) || !is_plain_utf8(text.substr(half))) return;
    boost::system::error_code failed;
    const json::value read = json::parse({document.expose().data(), document.expose().size()}, failed);
    must(!failed && read.is_object());
    for (const token_parameter& p : parameters) {
        const json::value* const value = read.get_object().if_contains({p.name.data(), p.name.size()});
        must(p.value.empty() ? value == nullptr : value != nullptr && view(value->as_string()) == p.value);
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    constexpr std::array<std::string_view, 5> types = {"", "application/json", "text/html; charset=utf-8",
                                                       "text/plain", "image/jpeg"};
    input in(data, size);
    const std::string_view type = types[in.below(types.size())];
    const std::string_view body = in.rest();
    check_answer(parse_token_answer(body), body);
    check_answer(parse_oauth_answer(body), body);
    const std::string words = describe_error_body(type, body);
    must(words.size() <= max_error_text_bytes && is_plain_line(words) && is_plain_utf8(words));
    check_request(body);
    return 0;
}

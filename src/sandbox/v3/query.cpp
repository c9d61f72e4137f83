#include "sandbox/v3/query.hpp"

#include "core/ascii.hpp"
#include "core/decimal.hpp"
#include "sandbox/http/parameters.hpp"

#include <algorithm>
#include <unordered_set>
#include <utility>

namespace getty::connect::sandbox::v3 {
namespace {

/// Added by a redirect of the sandbox's own.
constexpr std::string_view redirected = "sandbox-redirected";

/// The parts between the commas that are not empty.
std::vector<std::string_view> parts_of(std::string_view list) {
    std::vector<std::string_view> parts;
    while (!list.empty()) {
        const std::string_view one = list.substr(0, list.find(','));
        list.remove_prefix(std::min(list.size(), one.size() + 1));
        if (!one.empty()) parts.push_back(one);
    }
    return parts;
}

void refuse(query& made, std::string_view code, std::string text) {
    if (!made.refused) made.refused = refusal{code, std::move(text)};
}

void read_ids(query& made, std::string_view list) {
    const std::vector<std::string_view> parts = parts_of(list);
    std::unordered_set<std::string_view> seen;
    for (const std::string_view one : parts) {
        if (seen.insert(one).second) made.ids.emplace_back(one);
    }
}

void read_fields(query& made, std::string_view list, v3_detail_set sets) {
    made.fields = 0;
    for (const std::string_view one : parts_of(list)) {
        const auto named = fields_named(one, sets);
        if (!named) refuse(made, "InvalidParameterValue", "Invalid value for fields: " + std::string(one));
        made.fields |= named.value_or(0);
    }
}

std::string_view trimmed(std::string_view text) {
    const auto blank = [](char c) { return c == ' ' || c == '\t'; };
    while (!text.empty() && blank(text.front())) text.remove_prefix(1);
    while (!text.empty() && blank(text.back())) text.remove_suffix(1);
    return text;
}

/// Of several that begin alike the first is meant when only the beginning is given.
constexpr std::string_view known_languages[] = {"de",    "en-US", "en-GB", "es", "fr", "it", "ja", "nl",
                                                "pt-BR", "pt-PT", "sv",    "tr", "ko", "pl", "ru", "zh-HK"};

/// Empty: the service has no such language.
std::string_view known(std::string_view range) {
    for (const std::string_view one : known_languages) {
        if (core::equals_ignoring_case(one, range)) return one;
    }
    const std::string_view primary = range.substr(0, range.find('-'));
    for (const std::string_view one : known_languages) {
        if (core::equals_ignoring_case(one.substr(0, one.find('-')), primary)) return one;
    }
    return {};
}

}  // namespace

query read_query(std::string_view path, std::string_view text, const v3_rules& rules) {
    query made;
    made.fields = summary_set();
    const bool single = !path.empty();
    if (single) {
        auto id = percent_decoded(path.substr(1), plus::literal);
        if (id && !id->empty()) made.ids.push_back(*std::move(id));
        if (made.ids.empty())
            refuse(made, "MalformedRequest", "The id is empty or not percent-encoded UTF-8.");
    }
    const auto given = parse_parameters(text);
    if (!given) {
        refuse(made, "MalformedRequest", "The query is malformed, or a parameter comes twice.");
        return made;
    }
    const std::string* ids = single ? nullptr : find(*given, "ids");
    if (ids) read_ids(made, *ids);
    if (!single && made.ids.empty()) refuse(made, "ImageIdMustBeSpecified", "Image id must be specified.");
    if (made.ids.size() > max_ids && rules.surplus_ids == v3_surplus_ids::refused) {
        refuse(made, "InvalidParameterValue", "At most 100 ids may be specified.");
    }
    for (const parameter& one : *given) {
        const bool meant = one.name == "fields" || one.name == redirected || (!single && one.name == "ids");
        if (meant || rules.unknown_parameter == v3_unknown_parameter::ignored) continue;
        refuse(made, "InvalidRequest", "Unknown query parameter: " + one.name);
    }
    if (const std::string* fields = find(*given, "fields"); fields && !fields->empty()) {
        read_fields(made, *fields, rules.detail_set);
    }
    return made;
}

std::string_view accepted_language(std::string_view header) {
    std::string_view best = "en-US";
    double best_weight = 0;
    for (const std::string_view part : parts_of(header)) {
        const std::size_t semicolon = std::min(part.find(';'), part.size());
        const std::string_view range = trimmed(part.substr(0, semicolon));
        std::string_view weight = trimmed(part.substr(std::min(part.size(), semicolon + 1)));
        double value = 1;
        if (weight.starts_with("q=")) value = core::read_decimal(weight.substr(2)).value_or(0);
        const std::string_view found = known(range);
        if (found.empty() || value <= best_weight) continue;
        best = found;
        best_weight = value;
    }
    return best;
}

}  // namespace getty::connect::sandbox::v3

#include "sandbox/v3/switches.hpp"

#include "core/spelling.hpp"

#include <charconv>
#include <cstddef>
#include <type_traits>
#include <vector>

namespace getty::connect::sandbox::v3 {
namespace {

struct row {
    std::string_view name;
    std::vector<std::string_view> values;  // in the order of the enumeration
    void (*set)(v3_rules&, std::size_t);
};

template <auto Member>
void set_member(v3_rules& into, std::size_t value) {
    auto& member = into.*Member;
    member = static_cast<std::remove_reference_t<decltype(member)>>(value);
}

const std::vector<row>& rows() {
    static const std::vector<row> all = {
        {"all-unknown", {"404", "200"}, set_member<&v3_rules::all_unknown>},
        {"surplus-ids", {"400", "served"}, set_member<&v3_rules::surplus_ids>},
        {"wrong-key", {"401", "403"}, set_member<&v3_rules::wrong_key>},
        {"tokenless", {"served", "401"}, set_member<&v3_rules::tokenless>},
        {"detail-set", {"400", "served"}, set_member<&v3_rules::detail_set>},
        {"unknown-parameter", {"400", "ignored"}, set_member<&v3_rules::unknown_parameter>},
        {"throttle-text", {"new", "old"}, set_member<&v3_rules::throttle_text>},
        {"throttle-status", {"429", "403"}, set_member<&v3_rules::throttle_status>},
        {"order", {"shuffled", "as-asked"}, set_member<&v3_rules::order>},
        {"nothing-missing", {"list", "null", "absent"}, set_member<&v3_rules::nothing_missing>},
        {"dates", {"mixed", "utc"}, set_member<&v3_rules::dates>},
        {"expires-in", {"number", "text"}, set_member<&v3_rules::expires_in>},
    };
    return all;
}

constexpr std::string_view quota = "daily-quota";

std::string alternatives(const std::vector<std::string_view>& values) {
    std::string out;
    for (const std::string_view value : values) out.append(out.empty() ? "" : " or ").append(value);
    return out;
}

std::string unknown_name(std::string_view name) {
    std::vector<std::string_view> names;
    for (const row& one : rows()) names.push_back(one.name);
    names.push_back(quota);
    if (const std::string_view meant = core::nearest(name, names); !meant.empty()) {
        return "there is no such switch; did you mean " + std::string(meant) + "?";
    }
    std::string out;
    for (const std::string_view one : names) out.append(out.empty() ? "there are " : ", ").append(one);
    return out;
}

std::string set_quota(v3_rules& into, std::string_view text) {
    constexpr std::uint64_t most = 1'000'000'000'000;
    std::uint64_t value = 0;
    const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (text == "off") {
        into.daily_quota = 0;
    } else if (failed == std::errc{} && end == text.data() + text.size() && value > 0 && value <= most) {
        into.daily_quota = value;
    } else {
        return "must be off or a whole number of requests, 1 to 1000000000000";
    }
    return {};
}

std::string set(v3_rules& into, std::string_view name, std::string_view value) {
    if (name == quota) return set_quota(into, value);
    for (const row& one : rows()) {
        if (one.name != name) continue;
        for (std::size_t i = 0; i < one.values.size(); ++i) {
            if (one.values[i] != value) continue;
            one.set(into, i);
            return {};
        }
        return "must be " + alternatives(one.values);
    }
    return unknown_name(name);
}

}  // namespace

std::string set_rule(v3_rules& into, std::string_view rule) {
    constexpr std::size_t most_shown = 100;
    const std::size_t equals = rule.find('=');
    const std::string why = equals == rule.npos || equals == 0
                                ? "is no name=value, such as order=as-asked"
                                : set(into, rule.substr(0, equals), rule.substr(equals + 1));
    if (why.empty()) return why;
    return "v3 \"" + std::string(rule.substr(0, most_shown)) + "\": " + why;
}

}  // namespace getty::connect::sandbox::v3

#include "sandbox/faults/fault.hpp"

#include "core/decimal.hpp"
#include "core/spelling.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <vector>

namespace getty::connect::sandbox {
namespace {

using std::chrono::milliseconds;

constexpr std::string_view status_prefix = "status-";
constexpr milliseconds longest_wait = std::chrono::minutes(10);
constexpr std::uint64_t largest_number = 1'000'000'000;

// Keys that only some kinds take; the others go with every kind.
enum key_bits : unsigned {
    no_key = 0,
    retry_after_key = 1,
    body_key = 2,
    field_key = 4,
    to_key = 8,
    wait_key = 16,
    bytes_key = 32,
    at_key = 64,
    interim_keys = 128,
    text_key = 256,
    code_key = 512,
};

enum class endpoints { images, both };

struct kind_row {
    std::string_view name;
    fault_kind kind;
    unsigned keys;
    endpoints where;
    milliseconds wait{0};   // default
    std::size_t bytes = 0;  // default
};

constexpr kind_row kinds[] = {
    {"over-qps", fault_kind::over_qps, retry_after_key | field_key, endpoints::both},
    {"over-quota", fault_kind::over_quota, retry_after_key | field_key, endpoints::both},
    {"redirect", fault_kind::redirect, to_key, endpoints::both},
    {"html", fault_kind::html, no_key, endpoints::both},
    {"empty", fault_kind::empty, no_key, endpoints::both},
    {"token-expired", fault_kind::token_expired, no_key, endpoints::images},
    {"token-rotated", fault_kind::token_rotated, no_key, endpoints::images},
    {"nonce-stale", fault_kind::nonce_stale, no_key, endpoints::both},
    {"throttle", fault_kind::throttle, retry_after_key | text_key, endpoints::both},
    {"uri-too-long", fault_kind::uri_too_long, bytes_key, endpoints::images, milliseconds(0), 4'096},
    {"wrong-image", fault_kind::wrong_image, no_key, endpoints::images},
    {"omit", fault_kind::omit, no_key, endpoints::images},
    {"reorder", fault_kind::reorder, no_key, endpoints::images},
    {"stranger", fault_kind::stranger, no_key, endpoints::images},
    {"duplicate-image", fault_kind::duplicate_image, no_key, endpoints::images},
    {"half-malformed", fault_kind::half_malformed, no_key, endpoints::images},
    {"json-duplicate", fault_kind::json_duplicate, no_key, endpoints::both},
    {"json-mistyped", fault_kind::json_mistyped, no_key, endpoints::both},
    {"json-truncated", fault_kind::json_truncated, no_key, endpoints::both},
    {"gzip-unasked", fault_kind::gzip_unasked, no_key, endpoints::both},
    {"gzip-broken", fault_kind::gzip_broken, no_key, endpoints::both},
    {"slow-start", fault_kind::slow_start, wait_key, endpoints::both, milliseconds(1000)},
    {"drip", fault_kind::drip, wait_key | bytes_key, endpoints::both, milliseconds(1), 16},
    {"interim", fault_kind::interim, interim_keys, endpoints::both},
    {"length-long", fault_kind::length_long, bytes_key, endpoints::both, milliseconds(0), 16},
    {"length-short", fault_kind::length_short, bytes_key, endpoints::both, milliseconds(0), 16},
    {"surplus", fault_kind::surplus, no_key, endpoints::both},
    {"chunked", fault_kind::chunked, bytes_key, endpoints::both, milliseconds(0), 7},
    {"chunk-broken", fault_kind::chunk_broken, no_key, endpoints::both},
    {"chunk-unfinished", fault_kind::chunk_unfinished, bytes_key, endpoints::both, milliseconds(0), 512},
    {"connection-close", fault_kind::connection_close, no_key, endpoints::both},
    {"close", fault_kind::close, at_key, endpoints::both},
    {"reset", fault_kind::reset, at_key, endpoints::both},
};

constexpr kind_row status_row = {status_prefix, fault_kind::status, retry_after_key | body_key | code_key,
                                 endpoints::both};

std::string quoted(std::string_view text) { return "\"" + std::string(text) + "\""; }

std::optional<std::uint64_t> number(std::string_view text, std::uint64_t min, std::uint64_t max) {
    std::uint64_t value = 0;
    const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), value);
    const bool read = failed == std::errc{} && end == text.data() + text.size();
    if (!read || value < min || value > max) return std::nullopt;
    return value;
}

/// What is wrong; empty when nothing is.
using verdict = std::string;

verdict set_number(std::uint64_t& to, std::string_view text, const char* meaning) {
    const auto value = number(text, 1, largest_number);
    if (!value) return "must be a whole number, 1 to 1000000000: " + std::string(meaning);
    to = *value;
    return {};
}

verdict set_rate(fault& f, std::string_view text) {
    const std::optional<double> value = core::read_decimal(text);
    if (!value || *value <= 0 || *value > 1) {
        return "must be more than 0 and at most 1, such as 0.02 for one request in fifty; leave it out for "
               "all";
    }
    f.rate = *value;
    return {};
}

verdict set_wait(fault& f, std::string_view text) {
    std::uint64_t value = 0;
    const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), value);
    const std::string_view unit = text.substr(static_cast<std::size_t>(end - text.data()));
    const std::uint64_t scale = unit == "ms" ? 1 : unit == "s" ? 1'000 : unit == "m" ? 60'000 : 0;
    const auto longest = static_cast<std::uint64_t>(longest_wait.count());
    if (failed != std::errc{} || scale == 0 || value > longest / scale) {
        return "must be a whole number and its unit, such as 50ms, 2s or 1m; at most 10m";
    }
    f.wait = milliseconds(value * scale);
    return {};
}

verdict set_id(fault& f, std::string_view text) {
    if (text.empty()) return "must be an id or a pattern such as 834*; leave it out for every id";
    f.id = text;
    return {};
}

template <class Enum>
verdict set_choice(Enum& to, std::string_view text,
                   std::initializer_list<std::pair<std::string_view, Enum>> known) {
    std::string names;
    for (const auto& [name, value] : known) {
        if (text == name) {
            to = value;
            return {};
        }
        names.append(names.empty() ? "" : " or ").append(name);
    }
    return "must be " + names;
}

struct key_row {
    std::string_view name;
    unsigned bit;
    verdict (*set)(fault&, std::string_view);
};

constexpr key_row keys[] = {
    {"retry-after", retry_after_key,
     [](fault& f, std::string_view v) -> verdict {
         f.retry_after = number(v, 0, 86'400);
         return f.retry_after ? "" : "must be a whole number of seconds, 0 to 86400";
     }},
    {"body", body_key,
     [](fault& f, std::string_view v) {
         return set_choice<fault::page>(f.body, v,
                                        {{"json", fault::page::json}, {"html", fault::page::html}});
     }},
    {"code", code_key,
     [](fault& f, std::string_view v) -> verdict {
         const auto letter = [](char c) { return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z'); };
         f.code = v;
         return !v.empty() && std::all_of(v.begin(), v.end(), letter)
                    ? ""
                    : "must be letters, such as UserTokenRequired; leave it out for that of the status";
     }},
    {"header", field_key,
     [](fault& f, std::string_view v) {
         return set_choice<fault::gateway_field>(f.field, v,
                                                 {{"x-error-detail", fault::gateway_field::error_detail},
                                                  {"x-mashery-error-code", fault::gateway_field::mashery}});
     }},
    {"text", text_key,
     [](fault& f, std::string_view v) {
         return set_choice<fault::wording>(
             f.text, v, {{"new", fault::wording::current}, {"old", fault::wording::older}});
     }},
    {"to", to_key,
     [](fault& f, std::string_view v) {
         return set_choice<fault::destination>(f.to, v,
                                               {{"same", fault::destination::same},
                                                {"other", fault::destination::other},
                                                {"loop", fault::destination::loop}});
     }},
    {"wait", wait_key, set_wait},
    {"bytes", bytes_key,
     [](fault& f, std::string_view v) -> verdict {
         const auto value = number(v, 1, 65'536);
         f.bytes = static_cast<std::size_t>(value.value_or(1));
         return value ? "" : "must be a whole number, 1 to 65536";
     }},
    {"at", at_key,
     [](fault& f, std::string_view v) {
         return set_choice<fault::place>(f.at, v,
                                         {{"start", fault::place::start}, {"half", fault::place::half}});
     }},
    {"answers", interim_keys,
     [](fault& f, std::string_view v) -> verdict {
         const auto value = number(v, 1, 1'000);
         f.answers = value.value_or(1);
         return value ? "" : "must be a whole number, 1 to 1000";
     }},
    {"status", interim_keys,
     [](fault& f, std::string_view v) -> verdict {
         const auto value = number(v, 100, 199);
         f.status_code = static_cast<int>(value.value_or(0));
         return value ? "" : "must be 100 to 199, as in status=102";
     }},
    {"on", no_key,
     [](fault& f, std::string_view v) {
         return set_choice<fault_target>(f.on, v,
                                         {{"images", fault_target::images}, {"token", fault_target::token}});
     }},
    {"id", no_key, set_id},
    {"first", no_key,
     [](fault& f, std::string_view v) { return set_number(f.first, v, "that many requests of each id"); }},
    {"rate", no_key, set_rate},
    {"every", no_key,
     [](fault& f, std::string_view v) { return set_number(f.every, v, "10 is each tenth request"); }},
    {"count", no_key,
     [](fault& f, std::string_view v) { return set_number(f.count, v, "that many times, then no more"); }},
};

verdict unknown_name(std::string_view name) {
    std::vector<std::string_view> all;
    std::string names = "status-400 to status-599";
    for (const kind_row& row : kinds) {
        all.push_back(row.name);
        names.append(", ").append(row.name);
    }
    const std::string_view meant = core::nearest(name, all);
    if (!meant.empty()) return "there is no such fault; did you mean " + std::string(meant) + "?";
    return "there is no such fault; there are " + names;
}

verdict unknown_key(const kind_row& kind, std::string_view fault_name, std::string_view key) {
    std::string names;
    for (const key_row& row : keys) {
        if ((row.bit & ~kind.keys) == 0) names.append(names.empty() ? "" : ", ").append(row.name);
    }
    return std::string(fault_name) + " has no key " + quoted(key) + "; it takes " + names;
}

/// The kind that `name` means; null with `why` when there is none.
const kind_row* find_kind(std::string_view name, fault& into, verdict& why) {
    if (name.starts_with(status_prefix)) {
        const auto code = number(name.substr(status_prefix.size()), 400, 599);
        if (!code) {
            why = "the status must be 400 to 599, as in status-503";
            return nullptr;
        }
        into.status_code = static_cast<int>(*code);
        return &status_row;
    }
    for (const kind_row& row : kinds) {
        if (row.name == name) return &row;
    }
    why = unknown_name(name);
    return nullptr;
}

verdict read_pair(std::string_view pair, const kind_row& kind, fault& into,
                  std::vector<std::string_view>& seen) {
    const std::size_t equals = pair.find('=');
    if (pair.empty() || equals == 0 || equals == pair.npos) {
        return quoted(pair) + " is no key=value; write NAME:key=value,key=value";
    }
    const std::string_view name = pair.substr(0, equals);
    const std::string_view value = pair.substr(equals + 1);
    for (const key_row& row : keys) {
        if (row.name != name || (row.bit & ~kind.keys) != 0) continue;
        if (std::find(seen.begin(), seen.end(), name) != seen.end()) {
            return std::string(name) + " is there twice; keep one";
        }
        seen.push_back(name);
        const verdict wrong = row.set(into, value);
        return wrong.empty() ? wrong : std::string(pair) + ": " + wrong;
    }
    return unknown_key(kind, into.name, name);
}

verdict read(std::string_view spec, fault& into) {
    const auto printable = [](char c) { return c > ' ' && c < '\x7f'; };
    if (spec.empty()) return "may not be empty; write a name, such as drip";
    if (spec.size() > max_fault_bytes) return "must be at most 200 characters";
    if (!std::all_of(spec.begin(), spec.end(), printable)) {
        return "must be printable ASCII without blanks";
    }
    const std::size_t colon = spec.find(':');
    into.spec = spec;
    into.name = spec.substr(0, colon);
    verdict why;
    const kind_row* kind = find_kind(into.name, into, why);
    if (!kind) return why;
    into.kind = kind->kind;
    into.wait = kind->wait;
    into.bytes = kind->bytes;
    std::vector<std::string_view> seen;
    for (std::size_t at = colon; at != spec.npos; at = spec.find(',', at + 1)) {
        why = read_pair(spec.substr(at + 1, spec.find(',', at + 1) - at - 1), *kind, into, seen);
        if (!why.empty()) return why;
    }
    if (into.on == fault_target::token) {
        if (kind->where == endpoints::images) return into.name + " is for lookups; leave out on=token";
        if (!into.id.empty()) return "a token request has no id; leave out id";
    }
    return {};
}

}  // namespace

fault::fault() {}

result<fault> parse_fault(std::string_view spec) {
    fault made;
    const verdict why = read(spec, made);
    if (why.empty()) return made;
    return error(errc::invalid_option, stage::queue,
                 "fault " + quoted(spec.substr(0, max_fault_bytes)) + ": " + why);
}

bool replaces_answer(fault_kind kind) noexcept { return kind < fault_kind::wrong_image; }

bool needs_success(fault_kind kind) noexcept {
    return kind >= fault_kind::wrong_image && kind <= fault_kind::json_truncated;
}

bool happens_in(fault_kind kind, dialect of) noexcept {
    const bool of_groups = kind >= fault_kind::omit && kind <= fault_kind::half_malformed;
    return of == dialect::v3 ? kind != fault_kind::nonce_stale : !of_groups;
}

bool matches(std::string_view pattern, std::string_view id) noexcept {
    std::size_t p = 0, i = 0, star = pattern.npos, resume = 0;
    while (i < id.size()) {
        if (p < pattern.size() && pattern[p] == '*') {
            star = p++;
            resume = i;
        } else if (p < pattern.size() && pattern[p] == id[i]) {
            ++p;
            ++i;
        } else if (star != pattern.npos) {  // the last star takes one more
            p = star + 1;
            i = ++resume;
        } else {
            return false;
        }
    }
    return pattern.find_first_not_of('*', p) == pattern.npos;
}

}  // namespace getty::connect::sandbox

// Members of a JSON object, one after the other.
#pragma once

#include "cli/lines/files.hpp"

#include <concepts>
#include <cstdio>
#include <string>
#include <string_view>

namespace getty::connect::cli {

/// Builds `"a":1,"b":"x"`. Names are ours and need no escapes; values may hold anything.
class json_members {
public:
    template <std::unsigned_integral Number>
    json_members& number(std::string_view name, Number value) {
        return raw(name, std::to_string(value));
    }
    json_members& decimal(std::string_view name, double value, int digits) {
        char text[64];
        std::snprintf(text, sizeof text, "%.*f", digits, value);
        return raw(name, text);
    }
    json_members& text(std::string_view name, std::string_view value) {
        std::string quoted;
        append_json_string(quoted, value);
        return raw(name, quoted);
    }
    /// `null` when it is empty.
    json_members& text_or_null(std::string_view name, std::string_view value) {
        return value.empty() ? raw(name, "null") : text(name, value);
    }
    json_members& truth(std::string_view name, bool value) { return raw(name, value ? "true" : "false"); }
    template <class Strings>
    json_members& texts(std::string_view name, const Strings& values) {
        std::string list = "[";
        for (const std::string& one : values) {
            if (list.size() > 1) list += ',';
            append_json_string(list, one);
        }
        return raw(name, list + "]");
    }
    /// `value` is JSON.
    json_members& raw(std::string_view name, std::string_view value) {
        if (!text_.empty()) text_ += ',';
        text_ += '"';
        text_ += name;
        text_ += "\":";
        text_ += value;
        return *this;
    }

    [[nodiscard]] std::string object() const { return "{" + text_ + "}"; }

private:
    std::string text_;
};

}  // namespace getty::connect::cli

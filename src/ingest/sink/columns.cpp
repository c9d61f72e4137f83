#include "ingest/sink/columns.hpp"

#include "core/ascii.hpp"
#include "ingest/text/json_text.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>

#include <algorithm>
#include <utility>

namespace getty::connect::ingest {
namespace {

namespace json = boost::json;

const json::value* member_of(const json::object& object, std::string_view name) {
    if (const json::value* found = object.if_contains(name)) return found;
    for (const json::key_value_pair& one : object) {
        if (core::equals_ignoring_case(one.key(), name)) return &one.value();
    }
    return nullptr;
}

// Null where there is nothing.
json::value value_at(const json::value& from, std::string_view path) {
    if (const json::array* array = from.if_array()) {
        json::array mapped;
        for (const json::value& one : *array) {
            json::value found = value_at(one, path);
            if (!found.is_null()) mapped.push_back(std::move(found));
        }
        return mapped;
    }
    const json::object* object = from.if_object();
    if (object == nullptr) return nullptr;
    // A member whose name holds dots goes first.
    if (const json::value* whole = member_of(*object, path)) return *whole;
    const std::size_t dot = path.find('.');
    if (dot == std::string_view::npos) return nullptr;
    const json::value* member = member_of(*object, path.substr(0, dot));
    return member == nullptr ? json::value(nullptr) : value_at(*member, path.substr(dot + 1));
}

bool is_scalar(const json::value& one) { return !one.is_object() && !one.is_array(); }

std::string scalar_text(const json::value& one) {
    if (one.is_null()) return {};
    if (const json::string* text = one.if_string()) return {text->data(), text->size()};
    return json::serialize(one);
}

std::string text_of(const json::value& value, array_form arrays) {
    if (is_scalar(value)) return scalar_text(value);
    const json::array* array = value.if_array();
    if (array == nullptr || arrays == array_form::json || !std::ranges::all_of(*array, is_scalar)) {
        return json::serialize(value);
    }
    std::string joined;
    for (const json::value& one : *array) {
        if (!joined.empty()) joined += "; ";
        joined += scalar_text(one);
    }
    return joined;
}

json::value parsed(std::string_view image) {
    boost::system::error_code failed;
    json::value value = json::parse(image, failed);
    return failed ? json::value(nullptr) : value;
}

}  // namespace

void append_csv_field(std::string& to, std::string_view text) {
    if (text.find_first_of(",\"\r\n") == std::string_view::npos) {
        to += text;
        return;
    }
    to += '"';
    for (const char c : text) {
        if (c == '"') to += '"';
        to += c;
    }
    to += '"';
}

column_picker::column_picker(std::vector<std::string> names, array_form arrays)
    : names_(std::move(names)), arrays_(arrays) {}

void column_picker::append_header(std::string& to) const {
    for (std::size_t i = 0; i < names_.size(); ++i) {
        if (i > 0) to += ',';
        append_csv_field(to, names_[i]);
    }
    to += '\n';
}

void column_picker::append_row(std::string& to, std::string_view id, std::string_view image) const {
    const json::value value = parsed(image);
    for (std::size_t i = 0; i < names_.size(); ++i) {
        if (i > 0) to += ',';
        append_csv_field(to,
                         names_[i] == "id" ? std::string(id) : text_of(value_at(value, names_[i]), arrays_));
    }
    to += '\n';
}

void column_picker::append_object(std::string& to, std::string_view id, std::string_view image,
                                  std::string_view meta) const {
    const json::value value = parsed(image);
    to += "{\"id\":";
    append_json_string(to, id);
    to += ",\"image\":{";
    bool first = true;
    for (const std::string& name : names_) {
        if (name == "id") continue;
        if (!std::exchange(first, false)) to += ',';
        append_json_string(to, name);
        to += ':';
        to += json::serialize(value_at(value, name));
    }
    to += '}';
    append_meta(to, meta);
    to += '}';
}

}  // namespace getty::connect::ingest

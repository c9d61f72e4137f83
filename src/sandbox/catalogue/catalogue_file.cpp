#include "sandbox/catalogue/catalogue_file.hpp"

#include <boost/json.hpp>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <system_error>
#include <utility>

namespace getty::connect::sandbox {
namespace {

namespace json = boost::json;

constexpr std::string_view white = " \t\r";

/// Moves over one JSON value of a text known to be JSON; returns the position after it.
std::size_t skip_value(std::string_view text, std::size_t at) {
    std::size_t depth = 0;
    for (bool in_string = false; at < text.size(); ++at) {
        const char c = text[at];
        if (in_string) {
            if (c == '\\') ++at;
            if (c == '"') in_string = false;
            if (c == '"' && depth == 0) return at + 1;
        } else if (c == '"') {
            in_string = true;
        } else if (c == '{' || c == '[') {
            ++depth;
        } else if (c == '}' || c == ']') {
            if (depth == 0) return at;
            if (--depth == 0) return at + 1;
        } else if (c == ',' && depth == 0) {
            return at;
        }
    }
    return at;
}

/// The extent of member `image` in an object known to be valid and to have it once.
std::string_view image_member(std::string_view object) {
    std::size_t at = object.find('{') + 1;
    while (at < object.size()) {
        at = object.find('"', at);
        if (at == object.npos) break;
        const std::size_t key_end = skip_value(object, at);
        const std::string_view key = object.substr(at, key_end - at);
        at = object.find_first_not_of(white, object.find(':', key_end) + 1);
        const std::size_t value_end = skip_value(object, at);
        if (key == "\"image\"") return object.substr(at, value_end - at);
        at = value_end;
    }
    return {};
}

error complaint(std::string_view name, std::size_t line, std::string_view what) {
    std::string text(name);
    if (line > 0) text.append(":").append(std::to_string(line));
    text.append(": ").append(what);
    return {errc::invalid_source, stage::queue, text};
}

struct found {
    record_form form = record_form::connect;
    std::string id;
    std::string_view bytes;
    std::string problem;
};

found unusable(std::string why) {
    found out;
    out.problem = std::move(why);
    return out;
}

found read_line(std::string_view line) {
    boost::system::error_code ec;
    const json::value parsed = json::parse(line, ec);
    if (ec) return unusable("this line is not JSON (" + ec.message() + "); write one JSON object per line");
    const json::object* image = parsed.if_object();
    if (!image) return unusable("this line is no JSON object; write one image object per line");
    if (const json::value* inner = image->if_contains("image"); inner && inner->is_object()) {
        image = &inner->get_object();
        line = image_member(line);
        if (line.empty()) return unusable("the name \"image\" is spelled with escapes; write it plainly");
    } else if (image->contains("error")) {
        return {};
    }
    found out;
    const json::value* id = image->if_contains("ImageId");
    if (!id) {
        out.form = record_form::v3;
        id = image->if_contains("id");
    }
    if (!id || !id->is_string() || id->get_string().empty()) {
        return unusable("the image has no ImageId (in v3: id); give it one, a text that is not empty");
    }
    out.id = id->get_string();
    out.bytes = line;
    return out;
}

}  // namespace

result<catalogue_file> catalogue_file::load(const std::string& path) {
    std::error_code ec;
    const bool directory = std::filesystem::is_directory(path, ec);
    std::ifstream in(path, std::ios::binary);
    std::string text;
    char block[64 * 1024];
    while (in && !directory) {
        in.read(block, sizeof block);
        text.append(block, static_cast<std::size_t>(in.gcount()));
    }
    if (in.bad() || !in.eof()) {
        std::string why("cannot be read (");
        why.append(directory ? "it is a directory" : std::strerror(errno));
        return complaint(path, 0, why.append("); name a readable file with one JSON object per line"));
    }
    return parse(std::move(text), path);
}

result<catalogue_file> catalogue_file::parse(std::string text, std::string_view name) {
    catalogue_file made;
    made.text_ = std::move(text);
    const std::string_view all = made.text_;
    std::size_t number = 0;
    for (std::size_t at = 0; at < all.size();) {
        ++number;
        const std::size_t end = std::min(all.find('\n', at), all.size());
        std::string_view line = all.substr(at, end - at);
        at = end + 1;
        if (number == 1 && line.starts_with("\xEF\xBB\xBF")) line.remove_prefix(3);
        const std::size_t first = line.find_first_not_of(white);
        if (first == line.npos) continue;
        line = line.substr(first, line.find_last_not_of(white) - first + 1);
        found one = read_line(line);
        if (!one.problem.empty()) return complaint(name, number, one.problem);
        if (one.id.empty()) continue;
        const record where{static_cast<std::size_t>(one.bytes.data() - all.data()), one.bytes.size(), number};
        const auto [position, inserted] =
            made.records_[static_cast<std::size_t>(one.form)].try_emplace(std::move(one.id), where);
        if (!inserted) {
            return complaint(name, number,
                             "image " + position->first + " was already on line " +
                                 std::to_string(position->second.line) + "; remove one of the two");
        }
    }
    if (made.size() == 0) return complaint(name, 0, "holds no image; write one image object per line");
    return made;
}

std::string_view catalogue_file::find(std::string_view id, record_form form) const {
    const auto& records = records_[static_cast<std::size_t>(form)];
    const auto position = records.find(std::string(id));
    if (position == records.end()) return {};
    return std::string_view(text_).substr(position->second.offset, position->second.length);
}

}  // namespace getty::connect::sandbox

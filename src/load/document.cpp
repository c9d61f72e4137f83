#include "load/document.hpp"

#include "core/histogram.hpp"
#include "core/sanitize.hpp"
#include "core/utf8.hpp"
#include "load/document_members.hpp"
#include "load/unusable.hpp"

#include <boost/json.hpp>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <type_traits>
#include <vector>

namespace getty::connect::load {
namespace {

namespace json = boost::json;

constexpr double most = 1e15;  // of any figure

// --- Writing ---

std::string utf8(std::string_view text) {
    std::string out;
    while (!text.empty()) {
        const std::size_t length = core::utf8_sequence(text);
        out += length == 0 ? "\xEF\xBF\xBD" : text.substr(0, length);
        text.remove_prefix(std::max<std::size_t>(length, 1));
    }
    return out;
}

/// Objects by the line, but rows of series and scalars of arrays side by side.
class writer {
public:
    template <class T>
    void operator()(std::string_view name, const T& member) {
        next();
        out_ += '"';
        out_ += name;
        out_ += "\": ";
        write(member);
    }

    template <class T>
    void write(const std::optional<T>& value) {
        if (value) {
            write(*value);
        } else {
            out_ += "null";
        }
    }
    void write(double value) {
        // Beyond a millionth there is nothing that was measured.
        const double rounded = std::round(value * 1e6) / 1e6;
        char text[400];
        const auto [end, failed] = std::to_chars(text, text + sizeof text, rounded, std::chars_format::fixed);
        out_ += std::isfinite(rounded) && failed == std::errc{}
                    ? std::string_view(text, static_cast<std::size_t>(end - text))
                    : std::string_view("null");
    }
    void write(std::uint64_t value) { out_ += std::to_string(value); }
    void write(bool value) { out_ += value ? "true" : "false"; }
    void write(const std::string& value) { out_ += json::serialize(json::value(utf8(value))); }
    void write(const bucket& value) {
        out_ += '[';
        write(value.up_to_us);
        out_ += ',';
        write(value.count);
        out_ += ']';
    }
    template <class Enum>
        requires std::is_enum_v<Enum>
    void write(Enum value) {
        write(std::string(spellings<Enum>[static_cast<std::size_t>(value)]));
    }
    template <class T>
    void write(const std::vector<T>& values) {
        constexpr bool side_by_side = !std::is_class_v<T> || std::is_same_v<T, bucket>;
        open('[', side_by_side);
        for (const T& one : values) {
            next();
            write(one);
        }
        close(']');
    }
    template <class Object>
        requires std::is_class_v<Object>
    void write(const Object& object) {
        open('{', std::is_same_v<Object, second_figures> || std::is_same_v<Object, phase_figures>);
        each_member(*this, object);
        close('}');
    }

    [[nodiscard]] std::string take() { return std::move(out_); }

private:
    struct level {
        bool side_by_side = false;
        bool empty = true;
    };

    void open(char bracket, bool side_by_side) {
        out_ += bracket;
        levels_.push_back({side_by_side || (!levels_.empty() && levels_.back().side_by_side), true});
    }
    void next() {
        if (!levels_.back().empty) out_ += ',';
        if (!levels_.back().side_by_side) line();
        levels_.back().empty = false;
    }
    void close(char bracket) {
        const level closed = levels_.back();
        levels_.pop_back();
        if (!closed.side_by_side && !closed.empty) line();
        out_ += bracket;
    }
    void line() {
        out_ += '\n';
        out_.append(levels_.size(), ' ');
    }

    std::string out_;
    std::vector<level> levels_;
};

// --- Reading ---

std::string_view kind_of(const json::value& value) {
    switch (value.kind()) {
        case json::kind::null:
            return "null";
        case json::kind::bool_:
            return "true or false";
        case json::kind::string:
            return "a string";
        case json::kind::array:
            return "an array";
        case json::kind::object:
            return "an object";
        default:
            return "another number";
    }
}

/// Reads one object, and knows where it is.
class reader {
public:
    reader(const json::object& object, std::string where, std::string_view name)
        : object_(object), where_(std::move(where)), name_(name) {}

    template <class T>
    void operator()(std::string_view member, T& into) {
        const std::string path = where_.empty() ? std::string(member) : where_ + "." + std::string(member);
        const json::value* found = object_.if_contains(member);
        if (found == nullptr) {
            if (is_optional(into)) return;
            refuse(path, "is missing");
        }
        read(*found, into, path);
    }

private:
    template <class T>
    static constexpr bool is_optional(const std::optional<T>&) {
        return true;
    }
    static constexpr bool is_optional(const auto&) { return false; }

    [[noreturn]] void refuse(const std::string& path, const std::string& what) const {
        throw unusable(std::string(name_) + ": " + path + " " + what);
    }
    [[noreturn]] void expected(const std::string& path, std::string_view what, const json::value& is) const {
        throw unusable(std::string(name_) + ": " + path + ": expected is " + std::string(what) +
                       ", there is " + std::string(kind_of(is)));
    }

    template <class T>
    void read(const json::value& from, std::optional<T>& into, const std::string& path) {
        if (from.is_null()) return;
        read(from, into.emplace(), path);
    }
    void read(const json::value& from, double& into, const std::string& path) {
        const double number = from.is_number() ? from.to_number<double>() : -1;
        if (!(number >= 0 && number <= most)) expected(path, "a number from 0 to 1e15", from);
        into = number;
    }
    void read(const json::value& from, std::uint64_t& into, const std::string& path) {
        if (from.is_uint64()) {
            into = from.get_uint64();
        } else if (from.is_int64() && from.get_int64() >= 0) {
            into = static_cast<std::uint64_t>(from.get_int64());
        } else {
            expected(path, "a whole number from 0 on", from);
        }
    }
    void read(const json::value& from, bool& into, const std::string& path) {
        if (!from.is_bool()) expected(path, "true or false", from);
        into = from.get_bool();
    }
    void read(const json::value& from, std::string& into, const std::string& path) {
        if (!from.is_string()) expected(path, "a string", from);
        into = std::string(from.get_string());
    }
    void read(const json::value& from, bucket& into, const std::string& path) {
        const json::array* pair = from.if_array();
        if (pair == nullptr || pair->size() != 2) expected(path, "an array of a time and a count", from);
        read(pair->at(0), into.up_to_us, path + "[0]");
        read(pair->at(1), into.count, path + "[1]");
    }
    template <class Enum>
        requires std::is_enum_v<Enum>
    void read(const json::value& from, Enum& into, const std::string& path) {
        std::string list;
        for (std::size_t i = 0; i < spellings<Enum>.size(); ++i) {
            if (from.is_string() && from.get_string() == spellings<Enum>[i]) {
                into = static_cast<Enum>(i);
                return;
            }
            list += (list.empty() ? "" : ", ") + std::string(spellings<Enum>[i]);
        }
        refuse(path, "is none of " + list);
    }
    template <class T>
    void read(const json::value& from, std::vector<T>& into, const std::string& path) {
        if (!from.is_array()) expected(path, "an array", from);
        const json::array& elements = from.get_array();
        into.resize(elements.size());
        for (std::size_t i = 0; i < into.size(); ++i) {
            read(elements[i], into[i], path + "[" + std::to_string(i) + "]");
        }
    }
    template <class Object>
        requires std::is_class_v<Object>
    void read(const json::value& from, Object& into, const std::string& path) {
        if (!from.is_object()) expected(path, "an object", from);
        reader within(from.get_object(), path, name_);
        each_member(within, into);
    }

    const json::object& object_;
    std::string where_;
    std::string_view name_;
};

/// What each member by itself does not show.
void check_whole(const measurement& m, std::string_view name) {
    const auto refuse = [&](const std::string& what) { throw unusable(std::string(name) + ": " + what); };
    for (std::size_t i = 0; i < m.steps.size(); ++i) {
        const std::string step = "steps[" + std::to_string(i) + "]";
        const std::vector<bucket>& buckets = m.steps[i].histogram;
        for (std::size_t b = 1; b < buckets.size(); ++b) {
            if (buckets[b].up_to_us <= buckets[b - 1].up_to_us) {
                refuse(step + ".histogram[" + std::to_string(b) + "] is not above the one before");
            }
        }
        for (const bucket& b : buckets) {
            if (b.count > 1'000'000'000'000'000U) refuse(step + ".histogram: a count is beyond 1e15");
        }
        if (!m.steps[i].asked_per_s == !m.steps[i].concurrency) {
            refuse(step + " has to have either asked_per_s or concurrency");
        }
    }
    for (const warning& w : m.warnings) {
        if (w.step && *w.step >= m.steps.size())
            refuse("a warning is of step " + std::to_string(*w.step) + ", which is not there");
    }
    for (const slo_verdict& v : m.slo) {
        if (v.step >= m.steps.size())
            refuse("a limit is of step " + std::to_string(v.step) + ", which is not there");
    }
}

/// The document within a page, or all of `text` where it is no page.
std::string_view document_in(std::string_view text, std::string_view name) {
    const std::size_t begins = text.find_first_not_of(" \t\r\n");
    if (begins == std::string_view::npos || text[begins] != '<') return text;
    const std::string opening = "<script type=\"application/json\" id=\"" + std::string(embedded_id) + "\">";
    const std::size_t from = text.find(opening);
    const std::size_t to = from == std::string_view::npos ? from : text.find("</script>", from);
    if (to == std::string_view::npos) {
        throw unusable(std::string(name) +
                       " is a page without a measurement in it: give the file that --json wrote");
    }
    return text.substr(from + opening.size(), to - from - opening.size());
}

// --- Shortening ---

template <std::size_t Steps>
std::vector<bucket> coarser(const std::vector<bucket>& fine) {
    std::vector<bucket> all;
    for (const bucket& b : fine) {
        using coarse = core::histogram<Steps, 40, std::uint64_t>;
        const auto ns = static_cast<core::duration::rep>(std::min(b.up_to_us * 1e3, 9e15));
        const double end = static_cast<double>(coarse::as_counted(core::duration(ns)).count()) / 1e3;
        if (!all.empty() && all.back().up_to_us >= end) {
            all.back().count += b.count;
        } else {
            all.push_back({end, b.count});
        }
    }
    return all;
}

}  // namespace

std::string write_document(const measurement& m) {
    writer to;
    to.write(m);
    return to.take() + "\n";
}

measurement read_document(std::string_view text, std::string_view name) {
    const std::string_view document = document_in(text, name);
    boost::system::error_code failed;
    const std::string file(name);
    const json::value whole = json::parse(json::string_view(document.data(), document.size()), failed);
    if (failed) {
        throw unusable(file + " is no JSON (" + failed.message() +
                       "): give the file that --json wrote, or the page of --html");
    }
    const json::object* object = whole.if_object();
    const json::value* schema = object == nullptr ? nullptr : object->if_contains("schema");
    if (schema == nullptr || !schema->is_string()) {
        throw unusable(file +
                       " is no measurement: it has no member \"schema\"; give the file that "
                       "getty-connect bench --json wrote, or the page of --html");
    }
    if (schema->get_string() != document_schema) {
        throw unusable(file + " is of the form " +
                       core::printable(std::string_view(schema->get_string()), 60) +
                       ", and this version reads " + std::string(document_schema) +
                       ": measure again, or read it with the version that wrote it");
    }
    measurement m;
    reader from(*object, "", name);
    each_member(from, m);
    check_whole(m, name);
    return m;
}

measurement shortened(const measurement& m, std::size_t max_bytes) {
    measurement s = m;
    const auto left_out = [&](std::initializer_list<const char*> parts) {
        s.left_out = m.left_out;
        s.left_out.insert(s.left_out.end(), parts.begin(), parts.end());
    };
    const auto fits = [&] { return write_document(s).size() <= max_bytes; };
    if (fits()) return s;
    left_out({"histogram beyond a 128th"});
    for (step_result& step : s.steps) step.histogram = coarser<128>(step.histogram);
    if (fits()) return s;
    left_out({"histogram beyond a 32nd"});
    for (step_result& step : s.steps) step.histogram = coarser<32>(step.histogram);
    if (fits()) return s;
    left_out({"histogram beyond a 32nd", "per_second"});
    for (step_result& step : s.steps) step.per_second.clear();
    if (fits()) return s;
    left_out({"histogram", "per_second"});
    for (step_result& step : s.steps) step.histogram.clear();
    return s;
}

}  // namespace getty::connect::load

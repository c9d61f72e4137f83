#include "proto/raw_image.hpp"

#include "core/sanitize.hpp"
#include "core/utf8.hpp"
#include "proto/image_decoder.hpp"
#include "proto/json_blocks.hpp"

#include <boost/json/parse.hpp>

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <utility>

namespace getty::connect::proto {
namespace {

/// What a byte outside of strings can be.
enum class token : std::uint8_t { invalid, white, quote, open, close, separator, literal };

constexpr std::array<token, 256> token_of = [] {
    std::array<token, 256> table{};
    const auto mark = [&](std::string_view bytes, token t) {
        for (const char c : bytes) table[static_cast<unsigned char>(c)] = t;
    };
    mark(" \t\r\n", token::white);
    mark("\"", token::quote);
    mark("{[", token::open);
    mark("}]", token::close);
    mark(":,", token::separator);
    mark("-0123456789tfn", token::literal);  // how a number, true, false and null start
    return table;
}();

token kind_of(char c) noexcept { return token_of[static_cast<unsigned char>(c)]; }

constexpr std::array<bool, 256> in_number = [] {
    std::array<bool, 256> table{};
    for (const char c : std::string_view("0123456789.eE+-")) table[static_cast<unsigned char>(c)] = true;
    return table;
}();

bool continues_number(char c) noexcept { return in_number[static_cast<unsigned char>(c)]; }

/// A string as it stands in the body, without its quotes.
struct raw_text {
    std::string_view source;
    bool may_be_escaped = false;

    /// Whether it means `wanted`, escapes resolved.
    [[nodiscard]] bool means(std::string_view wanted) const {
        if (!may_be_escaped) return source == wanted;
        return resolved_means(wanted);
    }

private:
    [[gnu::noinline]] bool resolved_means(std::string_view wanted) const {
        if (source.find('\\') == std::string_view::npos) return source == wanted;
        // no byte of text takes more than 6 to write
        if (source.size() > 6 * wanted.size()) return false;
        boost::system::error_code code;
        const auto value = boost::json::parse("\"" + std::string(source) + "\"", code);
        return !code && std::string_view(value.get_string()) == wanted;
    }
};

/// Moves through a document once. Each step says whether it succeeded; the first that did not left `kind`,
/// `detail` and the position it stopped at.
class scanner {
public:
    scanner(std::string_view body, std::string_view wanted_id) noexcept
        : begin_(body.data()),
          at_(begin_ + (body.starts_with("\xEF\xBB\xBF") ? 3 : 0)),
          end_(begin_ + body.size()),
          blocks_(at_, end_),
          wanted_id_(wanted_id) {}

    std::optional<decode_failure> run(std::string_view& object) {
        skip_white();
        if (!document() || !sound()) return failure_here();
        skip_white();
        if (at_ != end_) {
            stop(decode_kind::trailing_data);
            return failure_here();
        }
        return choose(object);
    }

private:
    bool stop(decode_kind kind, std::string_view detail = {}) noexcept {
        kind_ = kind;
        detail_ = detail;
        return false;
    }

    /// No fault was passed: the scan may be ahead of the window's verdict by less than a window.
    bool sound() noexcept {
        const char* const fault = blocks_.fault();
        if (fault == nullptr || fault >= at_) return true;
        at_ = fault;
        return stop(decode_kind::not_json, blocks_.describe_fault());
    }

    [[nodiscard]] decode_failure failure_here() {
        if (kind_ != decode_kind::trailing_data) (void)sound();
        return {kind_, static_cast<std::size_t>(at_ - begin_), field_, std::string(detail_)};
    }

    [[nodiscard]] std::string images_name() const { return bare_array_ ? "" : "Images"; }
    [[nodiscard]] std::string entry_name() const {
        return images_name() + "[" + std::to_string(entries_) + "]";
    }

    std::optional<decode_failure> choose(std::string_view& object) const {
        if (images_ == 0) return decode_failure{decode_kind::no_images, 0, images_name(), {}};
        if (!chosen_ && !(images_ == 1 && blank_id_)) {
            std::string detail = "asked for " + core::printable(wanted_id_, 64);
            if (images_ == 1) detail += ", got " + core::printable(last_id_.source, 64);
            if (images_ > 1) detail += ", got " + std::to_string(images_) + " others";
            return decode_failure{decode_kind::wrong_image, 0, images_name(), std::move(detail)};
        }
        if (image_may_be_high_) {
            const char* const last = image_.data() + image_.size();
            for (const char* p = find_non_ascii(image_.data(), last); p != last;
                 p = find_non_ascii(p, last)) {
                const std::size_t length = core::utf8_sequence({p, static_cast<std::size_t>(last - p)});
                if (length == 0) {
                    return decode_failure{
                        decode_kind::invalid_utf8, static_cast<std::size_t>(p - begin_), image_name(), {}};
                }
                p += length;
            }
        }
        object = image_;
        return std::nullopt;
    }

    [[nodiscard]] std::string image_name() const {
        return images_name() + "[" + std::to_string(image_entry_) + "]";
    }

    void skip_white() noexcept {
        while (at_ != end_ && kind_of(*at_) == token::white) ++at_;
    }

    [[nodiscard]] char peek() const noexcept { return at_ != end_ ? *at_ : '\0'; }

    bool take(char wanted) noexcept {
        if (at_ == end_) return stop(decode_kind::not_json, "incomplete JSON");
        if (*at_ != wanted) return stop(decode_kind::not_json);
        ++at_;
        return true;
    }

    /// To behind the string that starts here.
    bool skip_string() noexcept {
        const char* const quote = blocks_.find_quote(at_ + 1);
        if (quote == end_) return unfinished(true);
        at_ = quote + 1;
        return true;
    }

    bool take_string(raw_text& text) noexcept {
        if (peek() != '"') return take('"');
        const char* const start = at_ + 1;
        if (!skip_string()) return false;
        text.source = {start, static_cast<std::size_t>(at_ - start - 1)};
        text.may_be_escaped = blocks_.backslash_until() > start;
        return true;
    }

    /// The text ends, or has a fault, before what was looked for.
    bool unfinished(bool in_string) noexcept {
        at_ = end_;
        return stop(decode_kind::not_json, in_string ? "unterminated string" : "incomplete JSON");
    }

    bool skip_literal() noexcept {
        constexpr std::array<std::string_view, 3> words = {"true", "false", "null"};
        for (const std::string_view word : words) {
            if (*at_ == word.front()) {
                const auto left = static_cast<std::size_t>(end_ - at_);
                if (std::string_view(at_, std::min(left, word.size())) != word) {
                    return stop(decode_kind::not_json);
                }
                at_ += word.size();
                return true;
            }
        }
        const char* p = at_;
        while (p != end_ && continues_number(*p)) ++p;
        at_ = p;
        return true;
    }

    /// From an opening bracket to behind the one that closes it.
    bool skip_container() noexcept {
        std::uint64_t objects = 0;  // one bit for each open level, the innermost lowest: is it an object?
        std::size_t depth = depth_;
        for (;;) {
            const char* const found = blocks_.find_bracket(at_);
            if (found == end_) return unfinished(blocks_.in_string());
            at_ = found;
            const char bracket = *found;
            if (bracket == '{' || bracket == '[') {
                if (depth == image_decoder::max_depth) return stop(decode_kind::too_deep);
                ++depth;
                objects = (objects << 1) | (bracket == '{' ? 1U : 0U);
            } else if (bracket != ((objects & 1U) != 0 ? '}' : ']')) {
                return stop(decode_kind::not_json, "brackets do not match");
            } else {
                objects >>= 1;
                --depth;
            }
            ++at_;
            if (depth == depth_) return true;
        }
    }

    bool skip_value() noexcept {
        if (at_ == end_) return stop(decode_kind::not_json, "incomplete JSON");
        switch (kind_of(*at_)) {
            case token::quote:
                return skip_string();
            case token::open:
                return skip_container();
            case token::literal:
                return skip_literal();
            default:
                return stop(decode_kind::not_json);
        }
    }

    /// Every `"key": value` of the object that starts here; `on_value(key)` moves past the value.
    template <class F>
    bool members(F&& on_value) {
        if (!take('{')) return false;
        ++depth_;
        skip_white();
        if (peek() != '}') {
            for (;;) {
                raw_text key;
                if (!take_string(key)) return false;
                skip_white();
                if (!take(':')) return false;
                skip_white();
                if (!on_value(key)) return false;
                skip_white();
                if (peek() != ',') break;
                ++at_;
                skip_white();
            }
        }
        --depth_;
        return take('}');
    }

    bool document() {
        switch (peek()) {
            case '{':
                return members([this](const raw_text& key) {
                    if (!key.means("Images")) return skip_value();
                    return images();
                });
            case '[':
                bare_array_ = true;
                return images();
            default: {
                const char* const start = at_;
                if (start == end_) return stop(decode_kind::not_json, "the body is empty");
                if (*start == '<') return stop(decode_kind::not_json, "it looks like HTML");
                if (!skip_value() || !sound()) return false;
                at_ = start;
                return stop(decode_kind::not_an_object);
            }
        }
    }

    /// `null` or `""`: absent, as everywhere in these documents.
    bool skip_blank() noexcept {
        const auto left = static_cast<std::size_t>(end_ - at_);
        constexpr std::array<std::string_view, 2> blanks = {"null", "\"\""};
        for (const std::string_view blank : blanks) {
            if (std::string_view(at_, std::min(left, blank.size())) == blank) {
                at_ += blank.size();
                return true;
            }
        }
        return false;
    }

    bool images() {
        images_ = 0;
        entries_ = 0;
        chosen_ = false;
        if (peek() != '[') {
            if (skip_blank()) return true;
            return mistyped(images_name(), "expected an array");
        }
        ++at_;
        ++depth_;
        skip_white();
        if (peek() != ']') {
            for (;; ++entries_) {
                if (!image_entry()) return false;
                skip_white();
                if (peek() != ',') break;
                ++at_;
                skip_white();
            }
        }
        --depth_;
        return take(']');
    }

    bool image_entry() {
        if (chosen_) return skip_value();
        if (peek() != '{') return skip_blank() || mistyped(entry_name(), "expected an object");
        ++images_;
        image_entry_ = entries_;
        blank_id_ = true;
        const char* const start = at_;
        const bool whole = members([this](const raw_text& key) {
            if (!key.means("ImageId")) return skip_value();
            return image_id();
        });
        if (!whole) return false;
        image_ = {start, static_cast<std::size_t>(at_ - start)};
        image_may_be_high_ = blocks_.high_until() > start;
        chosen_ = has_id_ ? last_id_.means(wanted_id_) : false;
        has_id_ = false;
        return true;
    }

    bool image_id() {
        has_id_ = false;
        blank_id_ = true;
        if (peek() != '"') return skip_blank() || mistyped(entry_name() + ".ImageId", "expected a text");
        if (!take_string(last_id_)) return false;
        has_id_ = true;
        blank_id_ = last_id_.source.empty();
        return true;
    }

    /// The value here is of the wrong type, unless it is no value at all.
    bool mistyped(std::string field, std::string_view detail) {
        const char* const start = at_;
        if (!skip_value() || !sound()) return false;
        at_ = start;
        field_ = std::move(field);
        return stop(decode_kind::wrong_type, detail);
    }

    const char* begin_;
    const char* at_;
    const char* end_;
    json_blocks blocks_;
    std::string_view wanted_id_;

    std::size_t depth_ = 0;        ///< open containers around the current position
    std::size_t images_ = 0;       ///< image objects seen, up to the chosen one
    std::size_t entries_ = 0;      ///< index in the array of images
    std::size_t image_entry_ = 0;  ///< that of `image_`
    std::string_view image_;       ///< the chosen one, or the last one seen
    raw_text last_id_;
    bool has_id_ = false;
    bool blank_id_ = true;
    bool chosen_ = false;
    bool bare_array_ = false;
    bool image_may_be_high_ = false;  ///< whether `image_` may hold more than ASCII

    decode_kind kind_ = decode_kind::not_json;
    std::string_view detail_;
    std::string field_;
};

}  // namespace

std::optional<decode_failure> find_raw_image(std::string_view body, std::string_view wanted_id,
                                             std::string_view& object) {
    return scanner(body, wanted_id).run(object);
}

}  // namespace getty::connect::proto

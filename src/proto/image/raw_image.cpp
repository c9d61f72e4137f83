#include "proto/image/raw_image.hpp"

#include "core/sanitize.hpp"
#include "proto/image/image_decoder.hpp"
#include "proto/json/json_checker.hpp"

#include <boost/json/parse.hpp>

#include <cstddef>
#include <string>
#include <utility>

namespace getty::connect::proto {
namespace {

static_assert(json_checker::max_depth == image_decoder::max_depth);

constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";

[[gnu::noinline]] bool means_with_escapes(std::string_view source, std::string_view wanted) {
    // a byte of text takes one to write, or up to 6
    if (source.size() < wanted.size() || source.size() > 6 * wanted.size()) return false;
    if (source.find('\\') == std::string_view::npos) return source == wanted;
    return std::string_view(boost::json::parse("\"" + std::string(source) + "\"").get_string()) == wanted;
}

/// Whether `text` means `wanted`, escapes resolved.
bool means(const raw_string& text, std::string_view wanted) {
    return text.may_have_escapes ? means_with_escapes(text.source, wanted) : text.source == wanted;
}

/// Finds the image on the checker's one way through the document; its steps are of the same kind.
class scanner {
public:
    scanner(std::string_view text, std::string_view wanted_id) noexcept
        : text_(text), check_(text), wanted_id_(wanted_id) {}

    std::optional<decode_failure> run(std::string_view& object) {
        const char* p = text_.data() + (text_.starts_with(byte_order_mark) ? byte_order_mark.size() : 0);
        p = document(check_.white(p));
        if (p == nullptr) return failure_here();
        const char* const end = text_.data() + text_.size();
        while (p != end && is_json_white(*p)) ++p;
        if (p != end) {
            check_.fail(p, decode_kind::trailing_data, {});
            return failure_here();
        }
        return choose(object);
    }
    [[nodiscard]] bool unnamed() const noexcept { return !chosen_; }

private:
    [[nodiscard]] decode_failure failure_here() const {
        return {check_.kind(), static_cast<std::size_t>(check_.failed_at() - text_.data()), field_,
                std::string(check_.detail())};
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
        object = image_;
        return std::nullopt;
    }

    /// Every `"key": value` of the object that starts here; `on_value(key, place)` moves past the value.
    template <class F>
    const char* members(const char* p, F&& on_value) {
        p = check_.enter(p);
        if (p == nullptr) return p;
        if (*p != '}') {
            for (;;) {
                raw_string key;
                p = check_.key(p, key);
                if (p == nullptr) return p;
                p = on_value(key, p);
                if (p == nullptr) return p;
                p = check_.white(p);
                if (*p != ',') break;
                p = check_.white(p + 1);
            }
        }
        return check_.leave(p, '}');
    }

    const char* document(const char* p) {
        switch (*p) {
            case '{':
                return members(p, [this](const raw_string& key, const char* at) {
                    return means(key, "Images") ? images(at) : check_.value(at);
                });
            case '[':
                bare_array_ = true;
                return images(p);
            case '<':
                return check_.unexpected(p, "it looks like HTML");
            default: {
                if (p == text_.data() + text_.size())
                    return check_.fail(p, decode_kind::not_json, "the body is empty");
                return check_.value(p) == nullptr ? nullptr : check_.fail(p, decode_kind::not_an_object, {});
            }
        }
    }

    /// `null` or `""`: absent, as everywhere in these documents.
    [[nodiscard]] bool blank(const char* p) const noexcept {
        return check_.sees(p, "null") || check_.sees(p, "\"\"");
    }

    const char* images(const char* p) {
        images_ = 0;
        entries_ = 0;
        chosen_ = false;
        if (*p != '[') return blank(p) ? check_.value(p) : mistyped(p, images_name(), "expected an array");
        p = check_.enter(p);
        if (p == nullptr) return p;
        if (*p != ']') {
            for (;; ++entries_) {
                p = image_entry(p);
                if (p == nullptr) return p;
                p = check_.white(p);
                if (*p != ',') break;
                p = check_.white(p + 1);
            }
        }
        return check_.leave(p, ']');
    }

    const char* image_entry(const char* p) {
        if (chosen_) return check_.value(p);
        if (*p != '{') return blank(p) ? check_.value(p) : mistyped(p, entry_name(), "expected an object");
        ++images_;
        blank_id_ = true;
        has_id_ = false;
        const char* const start = p;
        p = members(p, [this](const raw_string& key, const char* at) {
            return means(key, "ImageId") ? image_id(at) : check_.value(at);
        });
        if (p == nullptr) return p;
        image_ = {start, static_cast<std::size_t>(p - start)};
        chosen_ = has_id_ && means(last_id_, wanted_id_);
        return p;
    }

    const char* image_id(const char* p) {
        has_id_ = false;
        blank_id_ = true;
        if (*p != '"') {
            return blank(p) ? check_.value(p) : mistyped(p, entry_name() + ".ImageId", "expected a text");
        }
        p = check_.string(p, last_id_);
        has_id_ = p != nullptr;
        blank_id_ = last_id_.source.empty();
        return p;
    }

    /// The value here is of the wrong type, unless it is no value at all.
    const char* mistyped(const char* p, std::string field, std::string_view detail) {
        if (check_.value(p) == nullptr) return nullptr;
        field_ = std::move(field);
        return check_.fail(p, decode_kind::wrong_type, detail);
    }

    std::string_view text_;
    json_checker check_;
    std::string_view wanted_id_;

    std::size_t images_ = 0;   ///< image objects seen, up to the chosen one
    std::size_t entries_ = 0;  ///< index in the array of images
    std::string_view image_;   ///< the chosen one, or the last one seen
    raw_string last_id_;
    bool has_id_ = false;
    bool blank_id_ = true;
    bool chosen_ = false;
    bool bare_array_ = false;
    std::string field_;
};

}  // namespace

std::optional<decode_failure> find_raw_image(std::string_view body, std::string_view wanted_id,
                                             std::string_view& object, bool* unnamed) {
    const auto run = [&](std::string_view text) {
        scanner over(text, wanted_id);
        std::optional<decode_failure> failure = over.run(object);
        if (unnamed != nullptr) *unnamed = !failure && over.unnamed();
        return failure;
    };
    const std::size_t last = body.find_last_not_of(" \t\r\n");
    if (last != std::string_view::npos && (body[last] == '}' || body[last] == ']')) {
        return run(body.substr(0, last + 1));
    }
    // No document ends like this. To find the place where it goes wrong, it needs an end that can be read.
    const std::string terminated(body);
    return run(terminated);
}

}  // namespace getty::connect::proto

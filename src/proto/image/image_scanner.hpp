// A body of images on one way through, without looking at what is in an image but its id.
#pragma once

#include "proto/image/image_decoder.hpp"
#include "proto/json/decode_failure.hpp"
#include "proto/json/json_checker.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace getty::connect::proto {

/// What a text with escapes means. Allocates.
[[nodiscard]] std::string unescaped(std::string_view source);

/// Whether `text` means `wanted`, escapes resolved.
[[nodiscard]] bool means_with_escapes(std::string_view source, std::string_view wanted);
[[nodiscard]] inline bool means(const raw_string& text, std::string_view wanted) {
    return text.may_have_escapes ? means_with_escapes(text.source, wanted) : text.source == wanted;
}

/// The text that a checker can read, which must end with a bracket or a NUL: `body` without the white space
/// at its end, or else a copy. In a copy everything is where it is in the body.
class readable_body {
public:
    explicit readable_body(std::string_view body) : text_(body) {
        const std::size_t last = body.find_last_not_of(" \t\r\n");
        if (last != std::string_view::npos && (body[last] == '}' || body[last] == ']')) {
            text_ = body.substr(0, last + 1);
            return;
        }
        // No document ends like this. To find the place where it goes wrong, it needs an end that can be
        // read.
        terminated_ = body;
        text_ = terminated_;
    }
    readable_body(const readable_body&) = delete;
    readable_body& operator=(const readable_body&) = delete;

    [[nodiscard]] std::string_view text() const noexcept { return text_; }

private:
    std::string terminated_;
    std::string_view text_;
};

/// Finds images on the checker's one way through the document; its steps are of the same kind. `Taker` names
/// the keys and takes what is found:
///
/// - `images_key`, `id_key`; `missing_key`, empty for none; `takes_bare_array`;
/// - `begin_images()`, `begin_missing()`: the list is there, or a blank instead;
/// - `image(object, id)`: an image, and its id as it is written, null for none;
/// - `missing(id)`: an id that is not blank;
/// - `done()`: no more images are wanted.
template <class Taker>
class image_scanner {
public:
    image_scanner(std::string_view text, Taker& taker) noexcept : text_(text), check_(text), taker_(taker) {}

    std::optional<decode_failure> run() {
        constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";
        const char* p = text_.data() + (text_.starts_with(byte_order_mark) ? byte_order_mark.size() : 0);
        p = document(check_.white(p));
        if (p == nullptr) return failure_here();
        const char* const end = text_.data() + text_.size();
        while (p != end && is_json_white(*p)) ++p;
        if (p != end) {
            check_.fail(p, decode_kind::trailing_data, {});
            return failure_here();
        }
        return std::nullopt;
    }

    [[nodiscard]] std::string_view images_name() const noexcept {
        return bare_array_ ? std::string_view() : Taker::images_key;
    }

private:
    static_assert(json_checker::max_depth == image_decoder::max_depth);

    [[nodiscard]] decode_failure failure_here() const {
        return {check_.kind(), static_cast<std::size_t>(check_.failed_at() - text_.data()), field_,
                std::string(check_.detail())};
    }

    [[nodiscard]] std::string entry_name(std::string_view list) const {
        return std::string(list) + "[" + std::to_string(entries_) + "]";
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

    /// Every entry of the list that starts here, counted by `entries_`; `on_entry(place)` moves past it.
    template <class F>
    const char* list(const char* p, std::string_view name, F&& on_entry) {
        entries_ = 0;
        if (*p != '[') {
            return blank(p) ? check_.value(p) : mistyped(p, std::string(name), "expected an array");
        }
        p = check_.enter(p);
        if (p == nullptr) return p;
        if (*p != ']') {
            for (;; ++entries_) {
                p = on_entry(p);
                if (p == nullptr) return p;
                p = check_.white(p);
                if (*p != ',') break;
                p = check_.white(p + 1);
            }
        }
        return check_.leave(p, ']');
    }

    const char* document(const char* p) {
        switch (*p) {
            case '{':
                return members(p, [this](const raw_string& key, const char* at) { return top(key, at); });
            case '[':
                if constexpr (!Taker::takes_bare_array) return mistyped(p, {}, "expected an object");
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

    const char* top(const raw_string& key, const char* at) {
        if (means(key, Taker::images_key)) return images(at);
        if constexpr (!Taker::missing_key.empty()) {
            if (means(key, Taker::missing_key)) return missing(at);
        }
        return check_.value(at);
    }

    /// `null` or `""`: absent, as everywhere in these documents.
    [[nodiscard]] bool blank(const char* p) const noexcept {
        return check_.sees(p, "null") || check_.sees(p, "\"\"");
    }

    const char* images(const char* p) {
        taker_.begin_images();
        return list(p, images_name(), [this](const char* at) { return image_entry(at); });
    }

    const char* image_entry(const char* p) {
        if (taker_.done()) return check_.value(p);
        if (*p != '{') {
            return blank(p) ? check_.value(p) : mistyped(p, entry_name(images_name()), "expected an object");
        }
        has_id_ = false;
        const char* const start = p;
        p = members(p, [this](const raw_string& key, const char* at) {
            return means(key, Taker::id_key) ? image_id(at) : check_.value(at);
        });
        if (p == nullptr) return p;
        taker_.image({start, static_cast<std::size_t>(p - start)}, has_id_ ? &id_ : nullptr);
        return p;
    }

    const char* image_id(const char* p) {
        has_id_ = false;
        if (*p != '"') {
            if (blank(p)) return check_.value(p);
            return mistyped(p, entry_name(images_name()).append(".").append(Taker::id_key),
                            "expected a text");
        }
        p = check_.string(p, id_);
        has_id_ = p != nullptr;
        return p;
    }

    const char* missing(const char* p) {
        taker_.begin_missing();
        return list(p, Taker::missing_key, [this](const char* at) { return missing_id(at); });
    }

    const char* missing_id(const char* p) {
        if (*p != '"') {
            if (blank(p)) return check_.value(p);
            return mistyped(p, entry_name(Taker::missing_key), "expected a text");
        }
        p = check_.string(p, id_);
        if (p != nullptr && !id_.source.empty()) taker_.missing(id_);
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
    Taker& taker_;

    std::size_t entries_ = 0;  ///< index in the list
    raw_string id_;
    bool has_id_ = false;
    bool bare_array_ = false;
    std::string field_;
};

}  // namespace getty::connect::proto

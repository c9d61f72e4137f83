// The keys of image documents: what each may hold, and where it goes.
#pragma once

#include <getty/connect/image.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string_view>
#include <vector>

namespace getty::connect::detail {

/// The way to what an image holds, for those who fill it.
struct image_access {
    static image_data& data(image& of) noexcept { return of.data_; }
};

}  // namespace getty::connect::detail

namespace getty::connect::proto {

using detail::image_data;

/// What the reader expects as the next value.
enum class expected : std::uint8_t {
    anything,  ///< an unknown key's value: skipped
    document,
    coordination_id,
    images,
    image_entry,
    text,
    date,
    integer,
    integer_or_text,
    number,
    texts,
    text_entry,
    integers,
    integer_entry,
    keywords,
    keyword_entry,
    referrals,
    referral_entry,
    sizes,
    size_entry,
    // of v3
    flag,
    integer_as_text,  ///< a number whose digits are wanted
    relevance,
    missing_ids,
    missing_id,
    display_sizes,
    display_entry,
    downloads,
    download_entry,
    source,
    allowed_use,
    dimensions,
    alternatives,
};

using texts_list = std::vector<std::string_view>;

/// One key of an object of type `Owner`; the member pointer that `expects` calls for is set.
template <class Owner>
struct field_of {
    std::string_view name;
    expected expects = expected::anything;
    optional_text Owner::* text = nullptr;
    std::optional<date_time> Owner::* date = nullptr;
    std::optional<std::int64_t> Owner::* integer = nullptr;
    std::optional<double> Owner::* number = nullptr;
    texts_list Owner::* texts = nullptr;
    std::optional<bool> Owner::* flag = nullptr;

    constexpr field_of(std::string_view n, expected e) : name(n), expects(e) {}
    constexpr field_of(std::string_view n, optional_text Owner::* m, expected e = expected::text)
        : name(n), expects(e), text(m) {}
    constexpr field_of(std::string_view n, std::optional<date_time> Owner::* m)
        : name(n), expects(expected::date), date(m) {}
    constexpr field_of(std::string_view n, std::optional<std::int64_t> Owner::* m,
                       expected e = expected::integer)
        : name(n), expects(e), integer(m) {}
    constexpr field_of(std::string_view n, std::optional<double> Owner::* m)
        : name(n), expects(expected::number), number(m) {}
    constexpr field_of(std::string_view n, texts_list Owner::* m)
        : name(n), expects(expected::texts), texts(m) {}
    constexpr field_of(std::string_view n, std::optional<bool> Owner::* m)
        : name(n), expects(expected::flag), flag(m) {}
};

/// Equality of keys, without the call that a comparison of unknown length costs: keys are short.
[[nodiscard]] inline bool same_key(std::string_view a, std::string_view b) noexcept {
    const std::size_t size = a.size();
    if (size != b.size()) return false;
    const auto equal_at = [&]<class Word>(std::size_t i, Word x, Word y) {
        std::memcpy(&x, a.data() + i, sizeof(Word));
        std::memcpy(&y, b.data() + i, sizeof(Word));
        return x == y;
    };
    constexpr std::uint64_t eight = 0;
    constexpr std::uint32_t four = 0;
    // the last word overlaps the one before it
    if (size >= 8) {
        for (std::size_t i = 0; i + 8 < size; i += 8) {
            if (!equal_at(i, eight, eight)) return false;
        }
        return equal_at(size - 8, eight, eight);
    }
    if (size >= 4) return equal_at(0, four, four) && equal_at(size - 4, four, four);
    for (std::size_t i = 0; i < size; ++i) {
        if (a[i] != b[i]) return false;
    }
    return true;
}

/// Calls `f` with the text if there is one, a `std::string_view&`.
template <class F>
void for_present_text(optional_text& text, F&& f) {
    if (text) f(*text);
}

/// Calls `f` with every present text of the members of `from` that stand in `table`.
template <class Table, class Owner, class F>
void for_each_text_of(const Table& table, Owner& from, F&& f) {
    for (const auto& field : table) {
        if (field.text != nullptr) {
            for_present_text(from.*field.text, f);
        } else if (field.texts != nullptr) {
            for (std::string_view& text : from.*field.texts) f(text);
        } else if (field.date != nullptr && from.*field.date) {
            f((from.*field.date)->original);
        }
    }
}

/// The same of what both dialects have lists of.
template <class F>
void for_each_text_of(std::vector<keyword>& keywords, F&& f) {
    for (keyword& k : keywords) {
        for_present_text(k.id, f);
        for_present_text(k.text, f);
        for_present_text(k.type, f);
    }
}
template <class F>
void for_each_text_of(std::vector<referral_destination>& referrals, F&& f) {
    for (referral_destination& r : referrals) {
        for_present_text(r.site_name, f);
        for_present_text(r.url, f);
    }
}

}  // namespace getty::connect::proto

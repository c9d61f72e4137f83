// The vocabulary of the made-up images. All text is UTF-8; only the service's own words are translated.
#pragma once

#include <array>
#include <cstddef>
#include <span>
#include <string_view>

namespace getty::connect::sandbox {

inline constexpr std::size_t language_count = 5;
/// Row order of every translation.
inline constexpr std::array<std::string_view, language_count> languages{"en-us", "de", "fr", "es", "ja"};

struct keyword_row {
    std::string_view type;
    std::array<std::string_view, language_count> text;
};

struct place_row {
    std::string_view city, state, country;
};

struct theme_row {
    std::string_view segment;  ///< editorial segment; empty: a creative theme
    std::string_view title;
    std::string_view scene;  ///< completes "<Person> <scene>" or stands alone in creative captions
    std::string_view event;
    std::size_t first_keyword;  ///< the keywords about this theme are four rows from here
};

struct artist_row {
    std::string_view name, title;
};

[[nodiscard]] std::span<const keyword_row> keyword_rows() noexcept;
[[nodiscard]] std::span<const place_row> place_rows() noexcept;
[[nodiscard]] std::span<const theme_row> theme_rows() noexcept;
[[nodiscard]] std::span<const artist_row> artist_rows() noexcept;
[[nodiscard]] std::span<const std::string_view> people() noexcept;
[[nodiscard]] std::span<const std::string_view> editorial_collections() noexcept;
[[nodiscard]] std::span<const std::string_view> creative_collections() noexcept;
[[nodiscard]] std::span<const std::string_view> extra_sentences() noexcept;
/// Rows: no release needed, model released, model and property released, not released.
[[nodiscard]] std::span<const std::array<std::string_view, language_count>> release_messages() noexcept;
[[nodiscard]] std::span<const std::array<std::string_view, language_count>> restriction_rows() noexcept;

}  // namespace getty::connect::sandbox

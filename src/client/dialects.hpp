// What an option means under one dialect and not under the other.
#pragma once

#include "lookup/batch_shape.hpp"

#include <getty/connect/options.hpp>
#include <getty/connect/result.hpp>

#include <cstddef>
#include <string>
#include <vector>

namespace getty::connect::detail {

/// Ids in one request of v3, at most (api.md 2.1).
inline constexpr std::size_t max_ids_of_v3 = 100;

/// The settings with nothing left to the dialect: addresses, scheme, largest body, whether a 500 is tried
/// again.
[[nodiscard]] client_settings in_full(client_settings s);

/// What the two dialects demand and refuse. Errors: `invalid_option`, naming the option and the mend.
[[nodiscard]] result<void> check_dialect(const client_settings& s);
/// Names of members of an image that may be asked for.
[[nodiscard]] result<void> check_fields(const std::vector<std::string>& names);
/// Whether lookups with `each` can be had from a client with settings `s`.
[[nodiscard]] result<void> check_lookup(const client_settings& s, const lookup_options& each);
/// The same of a batch.
[[nodiscard]] result<void> check_batch(const client_settings& s, const fetch_options& options);

[[nodiscard]] lookup::batch_shape shape_of(const client_settings& s, const fetch_options& options) noexcept;

}  // namespace getty::connect::detail

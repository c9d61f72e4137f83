// What a v3 lookup asks for.
#pragma once

#include "sandbox/v3/fields.hpp"

#include <getty/connect/sandbox.hpp>

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace getty::connect::sandbox::v3 {

inline constexpr std::size_t max_ids = 100;

/// Why a query is a 400, as the service says it.
struct refusal {
    std::string_view code;
    std::string text;
};

struct query {
    std::vector<std::string> ids;  ///< each once, in the order asked for
    field_set fields = 0;
    std::optional<refusal> refused;  ///< `ids` are there as far as they could be read
};

/// `path` begins after `/v3/images`: empty for a group, else `/` and one id. `text` comes after the `?`.
[[nodiscard]] query read_query(std::string_view path, std::string_view text, const v3_rules& rules);

/// The best that the service knows of an `Accept-Language` (RFC 9110 12.5.4), as it spells it; en-US when
/// there is none.
[[nodiscard]] std::string_view accepted_language(std::string_view header);

}  // namespace getty::connect::sandbox::v3

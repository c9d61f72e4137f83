// Why a body could not be read.
#pragma once

#include <boost/assert/source_location.hpp>

#include <cstddef>
#include <string>
#include <string_view>

namespace getty::connect::proto {

enum class decode_kind {
    not_json,       ///< breaks RFC 8259, HTML and an empty body included
    not_an_object,  ///< JSON, but neither an object nor an array at the top
    no_images,      ///< `Images` is missing, null or empty
    missing_field,  ///< a key that the document cannot do without
    wrong_type,
    out_of_range,  ///< a number that its field cannot hold exactly
    too_deep,
    too_large,      ///< a string, or the number of elements
    invalid_utf8,   ///< ill-formed bytes, or an escape that names half a surrogate pair
    trailing_data,  ///< more than white space after the document
    wrong_image,    ///< no image with the id that was asked for
};

[[nodiscard]] std::string_view to_string(decode_kind kind) noexcept;

/// One failure to read a body. Never quotes the body, except the id of a wrong image, bounded and made
/// printable. A plain value: no thread rule.
struct decode_failure {
    decode_kind kind = decode_kind::not_json;
    /// Position in the body where reading stopped or the offending value starts, from 0 to its size in bytes.
    std::size_t offset = 0;
    /// Path of the offending field, "Images[0].Keywords[3].Id" for example; empty when none is to blame.
    std::string field;
    /// More than the kind says; may be empty.
    std::string detail;

    /// One line: what, which field, at which byte.
    [[nodiscard]] std::string describe() const;
};

/// For `boost::system::result`, whose `operator*` needs it in newer Boosts. Throws `std::logic_error`.
[[noreturn]] void throw_exception_from_error(const decode_failure& why, const boost::source_location&);

}  // namespace getty::connect::proto

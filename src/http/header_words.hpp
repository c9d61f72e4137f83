// What a response's header is called: which fields frame it, and what to say of a line that was refused.
#pragma once

#include "proto/http/framing_guard.hpp"

#include <boost/beast/http/field.hpp>
#include <boost/system/error_code.hpp>

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace getty::connect::http {

/// Nothing for fields that the guard has no opinion on.
[[nodiscard]] std::optional<proto::framing_field> framing_relevance(boost::beast::http::field name) noexcept;

/// What is wrong with a line of the header that Beast refuses with `ec`; `otherwise` where that has no better
/// words.
[[nodiscard]] std::string_view words_for(const boost::system::error_code& ec,
                                         std::string_view otherwise) noexcept;

/// The beginning of a message about a line of the header, bounded and printable; `number` 0 is the status
/// line. Of what a service may have quoted there, it has at most the value of a framing field, and nothing
/// that is cut.
[[nodiscard]] std::string described_line(std::string_view line, std::size_t number);

}  // namespace getty::connect::http

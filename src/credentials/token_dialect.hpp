// How the service is asked for a token.
#pragma once

#include "proto/auth/token_body.hpp"

#include <getty/connect/secret.hpp>

#include <string_view>

namespace getty::connect::credentials {

/// The half of a dialect that concerns tokens: the wire's own words. Stateless after construction.
class token_dialect {
public:
    virtual ~token_dialect() = default;

    [[nodiscard]] virtual std::string_view token_target() const = 0;
    [[nodiscard]] virtual std::string_view token_content_type() const = 0;
    /// The body of a token request.
    [[nodiscard]] virtual secret token_body() const = 0;
    [[nodiscard]] virtual proto::token_result read_token(std::string_view body) const = 0;
};

}  // namespace getty::connect::credentials

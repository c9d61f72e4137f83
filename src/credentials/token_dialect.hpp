// How the service is asked for a token.
#pragma once

#include "credentials/grant_choice.hpp"
#include "proto/auth/token_body.hpp"

#include <getty/connect/secret.hpp>

#include <string>
#include <string_view>

namespace getty::connect::credentials {

/// The half of a dialect that concerns tokens: the wire's own words. Stateless after construction.
class token_dialect {
public:
    virtual ~token_dialect() = default;

    [[nodiscard]] virtual std::string_view target() const = 0;
    [[nodiscard]] virtual std::string_view content_type() const = 0;
    /// Appends the fields that this service wants beside those of every request; secrets may be in them.
    virtual void append_fields(std::string& out) const = 0;
    /// The body of a request by `grant`. `refresh_token`: what it is asked with, if it is that.
    [[nodiscard]] virtual secret body(token_grant grant, const secret& refresh_token) const = 0;
    /// Reads a body of success.
    [[nodiscard]] virtual proto::token_result read(std::string_view body) const = 0;
};

}  // namespace getty::connect::credentials

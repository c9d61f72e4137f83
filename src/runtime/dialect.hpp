// What differs between the service's interfaces.
#pragma once

#include "proto/token_body.hpp"

#include <getty/connect/options.hpp>

#include <string>
#include <string_view>

namespace getty::connect::runtime {

/// The wire's own words: where an image is, how a token is asked for. Stateless after construction.
class dialect {
public:
    virtual ~dialect() = default;

    /// Appends the request target of one image. `id` is valid; texts are encoded here.
    virtual void append_image_target(std::string& out, std::string_view id, std::string_view language,
                                     std::string_view coordination_id) const = 0;
    [[nodiscard]] virtual std::string_view token_target() const = 0;
    [[nodiscard]] virtual std::string_view token_content_type() const = 0;
    /// The body of a token request.
    [[nodiscard]] virtual secret token_body() const = 0;
    [[nodiscard]] virtual proto::token_result read_token(std::string_view body) const = 0;
};

}  // namespace getty::connect::runtime

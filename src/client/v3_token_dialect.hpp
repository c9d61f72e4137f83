// `POST /oauth2/token` of v3.
#pragma once

#include "credentials/token_dialect.hpp"

#include <getty/connect/options.hpp>

#include <string>

namespace getty::connect::detail {

/// OAuth 2.0 (RFC 6749 4.3, 4.4, 6). The client says who it is in the form or by Basic, never both (2.3).
class v3_token_dialect final : public credentials::token_dialect {
public:
    /// `settings` must outlive this object.
    v3_token_dialect(const client_settings& settings, std::string target)
        : settings_(settings), target_(std::move(target)) {}

    [[nodiscard]] std::string_view target() const override { return target_; }
    [[nodiscard]] std::string_view content_type() const override {
        return "application/x-www-form-urlencoded";
    }
    void append_fields(std::string& out) const override;
    [[nodiscard]] secret body(credentials::token_grant grant, const secret& refresh_token) const override;
    [[nodiscard]] proto::token_result read(std::string_view body) const override {
        return proto::parse_oauth_answer(body);
    }

private:
    const client_settings& settings_;
    std::string target_;
};

}  // namespace getty::connect::detail

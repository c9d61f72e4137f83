// The Connect interface's `POST token`.
#pragma once

#include "credentials/token_dialect.hpp"

#include <getty/connect/options.hpp>

#include <string>

namespace getty::connect::detail {

class connect_token_dialect final : public credentials::token_dialect {
public:
    /// `settings` must outlive this object.
    connect_token_dialect(const client_settings& settings, std::string target)
        : settings_(settings), target_(std::move(target)) {}

    [[nodiscard]] std::string_view target() const override { return target_; }
    [[nodiscard]] std::string_view content_type() const override;
    void append_fields(std::string&) const override {}
    /// Key, secret and user in one, whatever the grant.
    [[nodiscard]] secret body(credentials::token_grant grant, const secret& refresh_token) const override;
    /// Of the two tokens the one that was chosen.
    [[nodiscard]] proto::token_result read(std::string_view body) const override;

private:
    const client_settings& settings_;
    std::string target_;
};

}  // namespace getty::connect::detail

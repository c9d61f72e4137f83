// The Connect interface: `GET images/:id`, `POST token`.
#pragma once

#include "credentials/token_dialect.hpp"
#include "lookup/image_dialect.hpp"
#include "proto/http/url.hpp"

#include <getty/connect/options.hpp>

#include <string>

namespace getty::connect::detail {

class connect_dialect final : public lookup::image_dialect, public credentials::token_dialect {
public:
    connect_dialect(const client_settings& settings, const proto::https_url& base,
                    const proto::https_url& token);

    void append_image_target(std::string& out, std::string_view id, std::string_view language,
                             std::string_view coordination_id) const override;
    [[nodiscard]] std::string_view token_target() const override { return token_target_; }
    [[nodiscard]] std::string_view token_content_type() const override;
    [[nodiscard]] secret token_body() const override;
    [[nodiscard]] proto::token_result read_token(std::string_view body) const override;

private:
    const client_settings& settings_;
    std::string image_prefix_;
    std::string token_target_;
};

}  // namespace getty::connect::detail

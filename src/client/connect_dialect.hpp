// The Connect interface's `GET images/:id`.
#pragma once

#include "lookup/image_dialect.hpp"
#include "proto/http/url.hpp"

#include <string>

namespace getty::connect::detail {

class connect_dialect final : public lookup::image_dialect {
public:
    explicit connect_dialect(const proto::https_url& base) : image_prefix_(base.path + "/images/") {}

    void append_image_target(std::string& out, std::string_view id, std::string_view language,
                             std::string_view coordination_id) const override;

private:
    std::string image_prefix_;
};

}  // namespace getty::connect::detail

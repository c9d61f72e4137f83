// The Connect interface's `GET images/:id`.
#pragma once

#include "lookup/image_dialect.hpp"
#include "proto/http/url.hpp"
#include "proto/image/image_decoder.hpp"

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace getty::connect::detail {

class connect_dialect final : public lookup::image_dialect {
public:
    explicit connect_dialect(const proto::https_url& base) : image_prefix_(base.path + "/images/") {}

    [[nodiscard]] std::size_t max_ids() const noexcept override { return 1; }
    [[nodiscard]] std::size_t max_target_bytes() const noexcept override { return 1024; }
    [[nodiscard]] std::size_t largest_id_bytes() const noexcept override { return 1; }
    [[nodiscard]] std::string_view why_refused(std::string_view id) const noexcept override;
    void append_target(std::string& out, std::span<const lookup::item> items, const lookup_options& options,
                       std::string_view default_language) const override;
    void append_fields(std::string&, const lookup_options&, std::string_view) const override {}
    void append_secrets(std::vector<std::string_view>&) const override {}
    void refine(calls::attempt_failure&, const http::response&) const override {}
    [[nodiscard]] lookup::reading read(std::string_view body, std::span<lookup::item> items,
                                       decode form) override;

private:
    std::string image_prefix_;
    proto::image_decoder decoder_;
};

}  // namespace getty::connect::detail

// The v3 interface: `GET images/{id}`, `GET images?ids=` (api.md 2).
#pragma once

#include "core/hash_index.hpp"
#include "core/keyed_hash.hpp"
#include "lookup/image_dialect.hpp"
#include "proto/http/url.hpp"
#include "proto/image/image_set.hpp"

#include <getty/connect/options.hpp>

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace getty::connect::detail {

class v3_dialect final : public lookup::image_dialect {
public:
    /// `settings` must outlive this; `key`: for the hashes of ids.
    v3_dialect(const client_settings& settings, const proto::https_url& base, const core::hash_key& key);

    [[nodiscard]] std::size_t max_ids() const noexcept override;
    [[nodiscard]] std::size_t max_target_bytes() const noexcept override;
    [[nodiscard]] std::size_t largest_id_bytes() const noexcept override;
    [[nodiscard]] std::string_view why_refused(std::string_view id) const noexcept override;
    void append_target(std::string& out, std::span<const lookup::item> items, const lookup_options& options,
                       std::string_view default_language) const override;
    void append_fields(std::string& out, const lookup_options& options,
                       std::string_view default_language) const override;
    void append_secrets(std::vector<std::string_view>& to) const override;
    void refine(calls::attempt_failure& failed, const http::response& answer) const override;
    [[nodiscard]] lookup::reading read(std::string_view body, std::span<lookup::item> items,
                                       decode form) override;

private:
    void refine_not_found(calls::attempt_failure& failed) const;

    class items_by_id;
    class typed_sink;
    class raw_sink;

    const client_settings& settings_;
    std::string images_;  // path
    std::string fields_;  // as the value of the parameter
    core::hash_key key_;
    core::hash_index index_;  // of the items of the answer that is being read
    std::vector<bool> taken_;
    proto::image_set_decoder decoder_;
};

}  // namespace getty::connect::detail

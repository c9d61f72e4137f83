// How the service is asked for images, and how it answers.
#pragma once

#include "calls/attempt_failure.hpp"
#include "http/response_reader.hpp"
#include "proto/json/decode_failure.hpp"

#include <getty/connect/options.hpp>
#include <getty/connect/outcome.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace getty::connect::lookup {

/// One id of a request, with the place for its image.
struct item {
    item() {}  // user-provided: see the coroutine rules of g++ 12
    item(std::string_view i, document& d) noexcept : id(i), into(&d) {}

    enum class state : std::uint8_t {
        open,       ///< the answer has not said anything about it
        found,      ///< `into` is filled
        not_found,  ///< the answer names it as such
    };
    std::string_view id;
    document* into = nullptr;
    state is = state::open;
};

/// What a body says about the items of its request.
struct reading {
    reading() {}  // user-provided: see the coroutine rules of g++ 12
    std::optional<proto::decode_failure> failure;
    bool unnamed = false;       ///< it names none of the items, nor anything else
    std::size_t strangers = 0;  ///< images, or ids, that are no item's, or an item's second
};

/// The half of a dialect that concerns images: the wire's own words. Used on one executor.
class image_dialect {
public:
    virtual ~image_dialect() = default;

    /// Ids in one request, at most.
    [[nodiscard]] virtual std::size_t max_ids() const noexcept = 0;
    /// Of all ids of a request as they stand in its target, and of the largest one, separator included.
    [[nodiscard]] virtual std::size_t max_target_bytes() const noexcept = 0;
    [[nodiscard]] virtual std::size_t largest_id_bytes() const noexcept = 0;
    /// Why `id` cannot be asked for; empty when it can.
    [[nodiscard]] virtual std::string_view why_refused(std::string_view id) const noexcept = 0;
    /// Appends the request target. The ids are not refused; texts are encoded here.
    virtual void append_target(std::string& out, std::span<const item> items, const lookup_options& options,
                               std::string_view default_language) const = 0;
    /// Appends header fields, each with its line end.
    virtual void append_fields(std::string& out, const lookup_options& options,
                               std::string_view default_language) const = 0;
    /// What no message may quote, beyond the credentials.
    virtual void append_secrets(std::vector<std::string_view>& to) const = 0;
    /// Says more exactly what an answer other than the wanted one means.
    virtual void refine(calls::attempt_failure& failed, const http::response& answer) const = 0;
    /// Reads the body of the wanted answer, which fills the items that it names.
    [[nodiscard]] virtual reading read(std::string_view body, std::span<item> items, decode form) = 0;
};

}  // namespace getty::connect::lookup

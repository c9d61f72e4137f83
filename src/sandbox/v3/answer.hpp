// The bodies of v3: images, errors.
#pragma once

#include "sandbox/faults/fault.hpp"

#include <getty/connect/sandbox.hpp>

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace getty::connect::sandbox::v3 {

/// What a lookup found, in the order in which it is to be told.
struct found_set {
    struct item {
        std::string id;
        std::string json;
    };
    std::vector<item> images;
    std::vector<std::string> missing;
};

/// Another order than the one asked for, wherever there is another; the same for the same ids.
void shuffle(std::vector<found_set::item>& images);

/// `found` after a fault of the kinds `wrong_image` to `duplicate_image`, which is about `id`; all other
/// kinds leave it alone.
void spoil(found_set& found, const fault& what, const std::string& id);

/// `{"images":[...],"images_not_found":[...]}`
void append_found(std::string& out, const found_set& found, v3_nothing_missing form);

/// `{"ErrorCode":...,"ErrorMessage":...}`, of media type `application_error_type`.
void append_application_error(std::string& out, std::string_view code, std::string_view message);
inline constexpr std::string_view application_error_type = "application/vnd.getty.error+json";

/// `{"message":...}`
void append_gateway_error(std::string& out, std::string_view message);

/// The code of an application error of this status; empty where the gateway alone speaks.
[[nodiscard]] std::string_view error_code_of(int status) noexcept;

}  // namespace getty::connect::sandbox::v3

#include "proto/auth/basic_auth.hpp"

#include "core/base64.hpp"
#include "proto/http/field_rules.hpp"

#include <openssl/crypto.h>

#include <utility>

namespace getty::connect::proto {
bool is_basic_user(std::string_view user) noexcept {
    return is_quotable(user) && user.find_first_of(":\t") == std::string_view::npos;
}

void append_basic(std::string& out, std::string_view user, const secret& password) {
    out += "Basic ";
    core::base64_writer writer(out);
    writer.add(user);
    writer.add(":");
    writer.add(password.expose());
    writer.finish();
}

std::optional<basic_credentials> read_basic(std::string_view token68) {
    std::string text;
    text.reserve(token68.size());  // a reallocation would leave a copy of the password behind
    std::optional<basic_credentials> out;
    if (core::append_base64_decoded(text, token68)) {
        const std::size_t colon = text.find(':');
        if (colon != std::string::npos) {
            out.emplace(
                basic_credentials{text.substr(0, colon), secret(std::string_view(text).substr(colon + 1))});
        }
    }
    OPENSSL_cleanse(text.data(), text.size());
    return out;
}

}  // namespace getty::connect::proto

#include "proto/auth/basic_auth.hpp"

#include "core/base64.hpp"
#include "proto/http/field_rules.hpp"

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

}  // namespace getty::connect::proto

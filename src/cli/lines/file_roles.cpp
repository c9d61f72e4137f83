#include "cli/lines/file_roles.hpp"

#include "cli/trouble.hpp"

namespace getty::connect::cli {
namespace {

bool is_written(file_role role) noexcept { return role == file_role::output || role == file_role::messages; }

bool clash(const file_in_use& a, const file_in_use& b) noexcept {
    if (!a.identity || a.identity != b.identity) return false;
    if (is_written(a.role) && is_written(b.role)) return !(a.is_standard && b.is_standard);
    const bool sends_secrets = (a.role == file_role::ids && b.role == file_role::secret) ||
                               (a.role == file_role::secret && b.role == file_role::ids);
    return is_written(a.role) || is_written(b.role) || sends_secrets;
}

}  // namespace

void require_distinct(const std::vector<file_in_use>& files) {
    for (std::size_t later = 0; later < files.size(); ++later) {
        for (std::size_t earlier = 0; earlier < later; ++earlier) {
            if (!clash(files[earlier], files[later])) continue;
            throw usage_error(files[later].name + ": is " + files[earlier].purpose + "; name another");
        }
    }
}

}  // namespace getty::connect::cli

#include "proto/auth/request_secrets.hpp"

#include <algorithm>

namespace getty::connect::proto {

std::vector<std::string_view> credentials_in(std::string_view request) {
    constexpr std::string_view field = "\r\nAuthorization: ";
    std::vector<std::string_view> all;
    const std::size_t at = request.find(field);
    if (at == std::string_view::npos) return all;
    std::string_view value = request.substr(at + field.size());
    value = value.substr(0, value.find("\r\n"));
    const std::size_t blank = std::min(value.find(' '), value.size());
    if (value.substr(0, blank) != "Digest") {
        value.remove_prefix(blank);
        if (!value.empty()) all.push_back(value.substr(1));
        return all;
    }
    for (const std::string_view name : {" response=\"", " cnonce=\""}) {
        const std::size_t begin = value.find(name);
        if (begin == std::string_view::npos) continue;
        const std::string_view rest = value.substr(begin + name.size());
        all.push_back(rest.substr(0, rest.find('"')));
    }
    return all;
}

}  // namespace getty::connect::proto

#include "runtime/hidden.hpp"

#include "core/wipe.hpp"
#include "proto/path_segment.hpp"

namespace getty::connect::runtime {
namespace {

void replace_all(std::string& text, std::string_view what) {
    constexpr std::string_view shown = "[hidden]";
    for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + shown.size())) {
        text.replace(at, what.size(), shown);
    }
}

}  // namespace

std::string hide(std::string_view text, std::initializer_list<std::string_view> secrets) {
    constexpr std::size_t shortest = 4;
    std::string clean(text);
    for (const std::string_view one : secrets) {
        if (one.size() < shortest) continue;
        replace_all(clean, one);
        std::string encoded;
        proto::append_percent_encoded(encoded, one);
        replace_all(clean, encoded);
        core::wipe(encoded);
    }
    return clean;
}

}  // namespace getty::connect::runtime

#include "proto/image/image_scanner.hpp"

#include <boost/json/parse.hpp>

namespace getty::connect::proto {

std::string unescaped(std::string_view source) {
    return std::string(boost::json::parse("\"" + std::string(source) + "\"").get_string());
}

bool means_with_escapes(std::string_view source, std::string_view wanted) {
    // a byte of text takes one to write, or up to 6
    if (source.size() < wanted.size() || source.size() > 6 * wanted.size()) return false;
    if (source.find('\\') == std::string_view::npos) return source == wanted;
    return unescaped(source) == wanted;
}

}  // namespace getty::connect::proto

// Text within HTML.
#pragma once

#include <string>
#include <string_view>

namespace getty::connect::core {

/// Appends `c` so that it is itself in text and in quoted attributes. An apostrophe has several spellings.
inline void append_html(std::string& out, char c, std::string_view apostrophe = "&#39;") {
    switch (c) {
        case '&':
            out += "&amp;";
            break;
        case '<':
            out += "&lt;";
            break;
        case '>':
            out += "&gt;";
            break;
        case '"':
            out += "&quot;";
            break;
        case '\'':
            out += apostrophe;
            break;
        default:
            out += c;
    }
}

}  // namespace getty::connect::core

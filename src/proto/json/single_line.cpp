// Declared in getty/connect/outcome.hpp.
#include "proto/json/json_blocks.hpp"
#include "proto/json/json_characters.hpp"

#include <getty/connect/outcome.hpp>

#include <algorithm>
#include <string>
#include <string_view>

namespace getty::connect::inline GETTY_CONNECT_ABI {
namespace {

bool breaks_line(char c) noexcept { return c == '\n' || c == '\r' || c == '\t'; }

/// Three searches by the C library: most texts have none, and then they and one copy are all.
bool has_breaks(std::string_view text) noexcept {
    return text.find('\n') != text.npos || text.find('\r') != text.npos || text.find('\t') != text.npos;
}

/// Whether a token ends next to `c`, whatever stands on its other side.
bool ends_token(char c) noexcept { return proto::is_json_structure(c) || c == '"'; }

/// Behind the string that starts at `p`, or `end`.
const char* string_end(const char* p, const char* end) noexcept {
    for (++p; p != end && *p != '"';) {
        if (*p == '\\' && p + 1 != end) ++p;
        p = proto::skip_usual(p + 1, end);
    }
    return p == end ? end : p + 1;
}

}  // namespace

void append_single_line(std::string& out, std::string_view raw) {
    const char* p = raw.data();
    const char* const end = p + raw.size();
    if (!has_breaks(raw)) {
        out += raw;
        return;
    }
    const char* kept = p;
    while (p != end) {
        if (*p == '"') {
            p = string_end(p, end);
            continue;
        }
        if (!proto::is_json_white(*p)) {
            ++p;
            continue;
        }
        const char* const white = p;
        p = std::find_if_not(p, end, proto::is_json_white);
        if (std::none_of(white, p, breaks_line)) continue;
        out.append(kept, white);
        kept = p;
        if (white != raw.data() && p != end && !ends_token(white[-1]) && !ends_token(*p)) out += ' ';
    }
    out.append(kept, end);
}

}  // namespace getty::connect::inline GETTY_CONNECT_ABI

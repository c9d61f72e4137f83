// An output that was torn anywhere: what stands is told in any pieces alike, cutting at the place that is
// told leaves exactly that, and whatever the tail is, nothing that stood is lost for it.
//
// An input is a layout, a coding, a place to cut, a seed and whether the rest are the bytes of the file
// themselves, or ids, one a line, of which a file is made, with a new member behind each empty one.
#include "core/random.hpp"
#include "core/utf8.hpp"
#include "fuzz/support/fuzz.hpp"
#include "ingest/resume/journal_scanner.hpp"
#include "ingest/text/json_text.hpp"
#include "unit/ingest/packing.hpp"

#include <getty/connect/ingest/trouble.hpp>

#include <algorithm>
#include <functional>
#include <optional>
#include <string>
#include <vector>

using namespace getty::connect;
using namespace getty::connect::fuzz;
using namespace getty::connect::ingest;

namespace {

using cut = std::function<std::size_t()>;

struct scanned {
    std::vector<std::string> keys;
    journal_scanner::end end;
    bool refused = false;
};

scanned scan(std::string_view bytes, coding how, const journal_layout& layout, const cut& next) {
    line_reader reader(layout.is == journal_layout::form::raw ? line_layout::raw : line_layout::typed);
    scanned all;
    try {
        journal_scanner scanner("x", how, layout, reader, [&](const written_line& line, std::string_view) {
            must(line.is != written_line::what::foreign && !line.key.empty());
            all.keys.emplace_back(line.key);
        });
        while (!bytes.empty()) {
            const std::size_t count = std::min(bytes.size(), next());
            scanner.feed(bytes.substr(0, count));
            bytes.remove_prefix(count);
        }
        all.end = scanner.finish();
        must(all.end.lines == all.keys.size());
    } catch (const unusable& why) {
        must(is_plain_line(why.what()));
        all.refused = true;
    }
    return all;
}

std::string packed(const std::string& text, coding how) {
    if (how == coding::gzip) return test::gzip_member(text);
    return how == coding::zstd ? test::zstd_frame(text) : text;
}

std::string line_of(std::string_view id, const journal_layout& layout) {
    std::string line;
    if (layout.is == journal_layout::form::typed) {
        append_image_line(line, id, R"({"Title":"}"})", {});
    } else if (layout.is == journal_layout::form::raw) {
        line = R"({"Title":"{\"ImageId\":1","ImageId":)";
        append_json_string(line, id);
        line += '}';
    } else {
        line = "\"";
        for (const char c : id) line += c == '"' ? std::string("\"\"") : std::string(1, c);
        line += "\",\"a\nb\"";
    }
    return line + '\n';
}

/// What was made of ids.
struct made {
    std::string bytes;
    std::vector<std::string> ids;
    std::vector<std::pair<std::size_t, std::size_t>> stands;  // behind so many bytes, so many ids
};

made make(std::string_view ids, coding how, const journal_layout& layout) {
    made file;
    std::string member = layout.is == journal_layout::form::csv ? "id,x\n" : "";
    const auto end_member = [&] {
        if (!member.empty()) file.bytes += packed(member, how);
        member.clear();
        file.stands.emplace_back(file.bytes.size(), file.ids.size());
    };
    if (how == coding::plain) end_member();
    input rest(reinterpret_cast<const std::uint8_t*>(ids.data()), ids.size());
    while (!rest.at_end()) {
        const std::string_view id = rest.line();
        if (id.empty()) {
            end_member();
            continue;
        }
        if (!core::is_utf8(id)) continue;  // would come back as U+FFFD
        file.ids.emplace_back(id);
        member += line_of(id, layout);
        if (how == coding::plain) end_member();
    }
    end_member();
    return file;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    input in(data, size);
    constexpr journal_layout::form forms[] = {journal_layout::form::typed, journal_layout::form::raw,
                                              journal_layout::form::csv};
    const journal_layout layout{forms[in.below(3)], {"id", "x"}, {}};
    constexpr coding codings[] = {coding::plain, coding::gzip, coding::zstd};
    const coding how = codings[in.below(3)];
    const std::size_t place = in.below(256) * 256 + in.below(256);
    const auto random = core::seeded_random(in.below(256));
    const bool as_it_is = in.yes();
    const cut whole = [] { return static_cast<std::size_t>(-1); };
    const cut slices = [&] { return 1 + random->next() % 30; };

    std::string bytes(in.rest());
    if (!as_it_is) {
        const made file = make(in.rest(), how, layout);
        bytes = file.bytes.substr(0, file.bytes.empty() ? 0 : place % (file.bytes.size() + 1));
        std::size_t stands = 0;
        for (const auto& [end, count] : file.stands) stands = end <= bytes.size() ? count : stands;
        const scanned got = scan(bytes, how, layout, whole);
        must(!got.refused && got.keys.size() == stands);
        must(std::equal(got.keys.begin(), got.keys.end(), file.ids.begin()));
    }
    const scanned first = scan(bytes, how, layout, whole);
    const scanned again = scan(bytes, how, layout, slices);
    must(first.refused == again.refused);
    if (first.refused) return 0;
    must(first.keys == again.keys && first.end.keep_bytes == again.end.keep_bytes);
    must(first.end.keep_bytes <= bytes.size() && first.end.torn == (first.end.keep_bytes < bytes.size()));
    const scanned kept = scan(std::string_view(bytes).substr(0, first.end.keep_bytes), how, layout, slices);
    must(!kept.refused && kept.keys == first.keys && !kept.end.torn);
    return 0;
}

// Documents of `bench`, as somebody hands them over: refused with the place that is wrong, or read, and then
// written the same again; told in lines that a terminal shows as they are; drawn as a page whose elements
// nest and that holds the document; and compared with itself, which finds nothing.
//
// An input is the width of a terminal, then the document or the page.
#include "fuzz/support/fuzz.hpp"
#include "load/compare.hpp"
#include "load/document.hpp"
#include "load/page.hpp"
#include "load/text_report.hpp"
#include "load/unusable.hpp"

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

using namespace getty::connect;
using namespace getty::connect::fuzz;
using namespace getty::connect::load;

namespace {

std::optional<measurement> read(std::string_view text) {
    try {
        return read_document(text, "a.json");
    } catch (const unusable& e) {
        const std::string_view words = e.what();
        must(is_plain_line(words) && words.starts_with("a.json"));
        return std::nullopt;
    }
}

void check_lines(std::string_view text) {
    must(text.empty() || text.ends_with('\n'));
    while (!text.empty()) {
        const std::size_t end = text.find('\n');
        must(is_plain_line(text.substr(0, end)));
        text.remove_prefix(end + 1);
    }
}

/// Every '<' begins a tag that is ended, and tags nest.
void check_elements(std::string_view html) {
    std::vector<std::string_view> open;
    for (std::size_t at = html.find('<'); at != std::string_view::npos; at = html.find('<', at)) {
        const std::size_t end = html.find('>', at);
        must(end != std::string_view::npos);
        const std::string_view tag = html.substr(at + 1, end - at - 1);
        at = end;
        must(tag.find('<') == std::string_view::npos && std::count(tag.begin(), tag.end(), '"') % 2 == 0);
        if (tag.starts_with('!')) continue;
        if (tag.starts_with('/')) {
            must(!open.empty() && open.back() == tag.substr(1));
            open.pop_back();
            continue;
        }
        const std::string_view name = tag.substr(0, tag.find_first_of(" /"));
        if (!tag.ends_with('/') && name != "meta") open.push_back(name);
    }
    must(open.empty());
}

void check_page(const measurement& m, const std::string& document) {
    const std::string html = page(m, &m);
    must(html.size() <= max_page_bytes + 100'000);
    check_elements(html);
    const std::optional<measurement> within =
        html.find("application/json") == std::string::npos ? std::nullopt : read(html);
    if (within && within->left_out == m.left_out) must(write_document(*within) == document);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    input in(data, size);
    const std::size_t columns = 80 + in.below(128);
    const std::optional<measurement> m = read(in.rest());
    if (!m) return 0;
    const std::string document = write_document(*m);
    const std::optional<measurement> again = read(document);
    must(again && write_document(*again) == document);
    check_lines(text_report(*m, columns));
    check_page(*m, document);
    must(differences(*m, *m).empty());
    if (m->steps.empty()) return 0;
    const std::vector<figure_change> same = changes(*m, *m, 0.05);
    for (const figure_change& c : same) must(c.is == verdict::same || c.is == verdict::unclear);
    check_lines(text_comparison(same, {}, columns));
    return 0;
}

// Records of a table: the same ones whatever the pieces; none swallows another; what one said, written by the
// rules, is read back; and behind the end of a record the rest is what a reader that begins there finds,
// which is what going on with a file stands on.
//
// An input is the limit of a record, a seed, then the bytes.
#include "core/random.hpp"
#include "fuzz/support/fuzz.hpp"
#include "ingest/input/csv_ids.hpp"
#include "ingest/input/csv_splitter.hpp"
#include "ingest/input/id_shape.hpp"

#include <algorithm>
#include <functional>
#include <string>
#include <vector>

using namespace getty::connect;
using namespace getty::connect::fuzz;
using namespace getty::connect::ingest;

namespace {

using cut = std::function<std::size_t()>;

struct row {
    std::vector<std::string> fields;
    std::string trouble;
    std::uint64_t line = 0;
    std::uint64_t end = 0;
    friend bool operator==(const row&, const row&) = default;
};

template <class From, class Take>
void feed(From& from, std::string_view bytes, const cut& next, Take take) {
    for (take(); !bytes.empty(); take()) {
        const auto room = from.room();
        must(!room.empty());
        const std::size_t count = std::min({room.size(), bytes.size(), next()});
        std::copy_n(bytes.data(), count, room.data());
        from.filled(count);
        bytes.remove_prefix(count);
    }
    from.finish();
    take();
}

std::vector<row> split(std::string_view bytes, std::size_t limit, const cut& next) {
    csv_splitter splitter(',', limit);
    std::vector<row> rows;
    feed(splitter, bytes, next, [&] {
        while (splitter.next() == csv_splitter::state::record) {
            const csv_record& one = splitter.current();
            must(one.fields.empty() != one.trouble.empty());
            rows.push_back(
                {{one.fields.begin(), one.fields.end()}, std::string(one.trouble), one.line, one.end_byte});
        }
    });
    must(splitter.next() == csv_splitter::state::end);
    return rows;
}

std::string written(const std::vector<std::string>& fields) {
    std::string text;
    for (const std::string& field : fields) {
        text += text.empty() ? "\"" : ",\"";
        for (const char c : field) text += c == '"' ? std::string("\"\"") : std::string(1, c);
        text += '"';
    }
    return text + "\r\n";
}

void check_rows(std::string_view bytes, const std::vector<row>& rows, std::size_t limit, const cut& whole) {
    std::uint64_t end = 0;
    std::uint64_t line = 0;
    for (const row& one : rows) {
        must(one.end > end && one.end <= bytes.size() && one.line > line);
        must(one.end == bytes.size() || bytes[one.end - 1] == '\n' || !one.trouble.empty());
        end = one.end;
        line = one.line;
        if (one.trouble.empty()) {
            const std::vector<row> again = split(written(one.fields), 4 * bytes.size() + 16, whole);
            must(again.size() == 1 && again[0].fields == one.fields);
        }
    }
    // One in the middle will do. A byte order mark is one at the start alone.
    if (rows.empty()) return;
    const row& middle = rows[rows.size() / 2];
    const std::string_view behind = bytes.substr(middle.end);
    if (!middle.trouble.empty() || behind.starts_with("\xEF")) return;
    const std::vector<row> rest = split(behind, limit, whole);
    must(rest.size() == rows.size() - rows.size() / 2 - 1);
    for (std::size_t i = 0; i < rest.size(); ++i)
        must(rest[i].fields == rows[rows.size() / 2 + 1 + i].fields);
}

std::vector<id_line> ids(std::string_view bytes, const std::string& column, const cut& next) {
    csv_ids from({',', column});
    std::vector<id_line> all;
    feed(from, bytes, next, [&] {
        while (auto line = from.next()) {
            must(line->id.empty() != line->trouble.empty() && is_plain_line(line->trouble));
            must(line->id.empty() || !id_trouble(line->id));
            all.push_back(*std::move(line));
        }
    });
    must(is_plain_line(from.wrong()));
    return all;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    input in(data, size);
    const std::size_t limit = 4 + in.below(64);
    const auto random = core::seeded_random(in.below(256));
    const std::string column = in.yes() ? "2" : "id";
    const std::string_view bytes = in.rest();
    const cut whole = [] { return static_cast<std::size_t>(-1); };
    const cut bytewise = [] { return std::size_t{1}; };
    const cut slices = [&] { return 1 + random->next() % 20; };

    const std::vector<row> rows = split(bytes, limit, whole);
    must(split(bytes, limit, bytewise) == rows);
    must(split(bytes, limit, slices) == rows);
    check_rows(bytes, rows, limit, whole);

    const std::vector<id_line> all = ids(bytes, column, whole);
    const std::vector<id_line> again = ids(bytes, column, slices);
    must(std::ranges::equal(all, again, [](const id_line& a, const id_line& b) {
        return a.number == b.number && a.id == b.id && a.trouble == b.trouble;
    }));
    return 0;
}

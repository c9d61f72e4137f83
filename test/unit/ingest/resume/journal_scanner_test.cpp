#include "ingest/resume/journal_scanner.hpp"

#include "ingest/text/json_text.hpp"
#include "unit/ingest/packing.hpp"

#include <getty/connect/ingest/trouble.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <functional>
#include <string>
#include <vector>

using namespace getty::connect;
using namespace getty::connect::ingest;
using form = journal_layout::form;
using found = std::vector<std::string>;

namespace {

std::string mark(const written_line& line) {
    switch (line.is) {
        case written_line::what::image:
            return "+" + std::string(line.key);
        case written_line::what::final_failure:
            return "-" + std::string(line.key);
        case written_line::what::other_failure:
            return "?" + std::string(line.key);
        case written_line::what::foreign:
            break;
    }
    return "!" + std::string(line.why);
}

struct scanned {
    found lines;
    journal_scanner::end end;
};

scanned scan(std::string_view bytes, coding how, const journal_layout& layout, std::size_t piece) {
    line_reader reader = layout.reader();
    scanned all;
    journal_scanner scanner("x", how, layout, reader, [&](const written_line& line, std::string_view) {
        all.lines.push_back(mark(line));
    });
    for (; !bytes.empty(); bytes.remove_prefix(std::min(piece, bytes.size())))
        scanner.feed(bytes.substr(0, piece));
    all.end = scanner.finish();
    return all;
}

std::string refusal(const std::function<void()>& act) {
    try {
        act();
    } catch (const unusable& why) {
        return why.what();
    }
    return {};
}

std::string one(std::string_view line, line_layout layout = line_layout::typed) {
    line_reader reader(layout);
    return mark(reader.read(line));
}

std::string failed_line(std::string_view id, errc code) {
    std::string line;
    append_error_line(line, id, error(code, stage::read, "no \"luck\""), 2, {});
    return line;
}

std::string image(std::string_view id) {
    std::string line;
    append_image_line(line, id, R"({"ImageId":"x","Title":"a } \" b"})", {});
    return line;
}

}  // namespace

TEST_CASE("J2: a typed line says its id and whether it is to be asked again") {
    CHECK(one(image("83454800")) == "+83454800");
    CHECK(one(image("a\"b\\c\xC3\xBC\t\x7F")) == "+a\"b\\c\xC3\xBC\t\x7F");
    CHECK(one(R"({"id":"\u00fc\ud83d\ude00\/","image":{}})") == "+\xC3\xBC\xF0\x9F\x98\x80/");
    CHECK(one(failed_line("1", errc::not_found)) == "-1");
    CHECK(one(failed_line("1", errc::invalid_id)) == "-1");
    for (const errc code : {errc::throttled, errc::server_error, errc::connect_failed, errc::quota_exhausted,
                            errc::forbidden, errc::malformed_body, errc::deadline_exceeded}) {
        CHECK(one(failed_line("1", code)) == "?1");
    }
    std::string bad;
    append_error_line(bad, {}, error(errc::invalid_id, stage::queue, "ids.txt:7: it holds a \"comma\""), 0,
                      7);
    CHECK(one(bad) == "-\nids.txt:7: it holds a \"comma\"");
}

TEST_CASE("J2: every code that the tool writes is read back") {
    for (int code = 1; code < 100; ++code) {
        const auto value = static_cast<errc>(code);
        if (identifier(value) == "unknown") break;
        const condition kind = error(value, stage::read).kind();
        const bool final = kind == condition::not_found || kind == condition::invalid_input;
        CHECK(one(failed_line("7", value)) == (final ? "-7" : "?7"));
    }
}

TEST_CASE("J2: a raw line says its id as Connect or as v3 does, wherever it stands") {
    const auto raw = [](std::string_view line) { return one(line, line_layout::raw); };
    CHECK(raw(R"({"ImageId":"7"})") == "+7");
    CHECK(
        raw(R"({"Artist":"x \"ImageId\":\"no\"","Keywords":[{"id":"1","x":[1,{"ImageId":"2"}]}],"ImageId" : "7"})") ==
        "+7");
    CHECK(raw(R"({"a":1,"b":true,"c":null,"d":-1.5e3,"id":"8","title":"t"})") == "+8");
    CHECK(raw(R"({"id":"8","ImageId":"7"})") == "+7");
    CHECK(raw(R"({"a":1})") == "!has neither ImageId nor id, so nobody knows whose image it is");
    CHECK(raw(R"({"ImageId":null})").starts_with("!has neither"));
    CHECK(raw(image("7")) ==
          "!is a line with an id of its own, as the format ndjson has, not the image alone");
    CHECK(raw(failed_line("7", errc::throttled)).starts_with("!is a line with an id of its own"));
    line_reader reader(line_layout::raw);
    CHECK(mark(reader.read(R"({"id":"1"})")) == "+1");
    CHECK(mark(reader.read(R"({"ImageId":"2"})")) == "!has no id, where the lines before have one");
}

TEST_CASE("J3: images with other columns, or whole ones among chosen columns, are refused") {
    const auto whole = R"({"id":"7","image":{"Title":"a","ImageId":"7"}})";
    const auto whole_v3 = R"({"id":"7","image":{"id":"7","title":"a"}})";
    const auto one = R"({"id":"7","image":{"Title":null},"meta":{"attempts":1}})";
    const auto two = R"({"id":"7","image":{"Title":"}","Image\"Id":["7",{"a":1}]}})";
    using names = std::vector<std::string>;
    const auto first_of = [](const names& columns, std::initializer_list<const char*> lines) {
        line_reader reader(line_layout::typed, std::nullopt, &columns);
        std::string why;
        for (const char* line : lines) {
            const written_line read = reader.read(line);
            if (read.is == written_line::what::foreign) why = read.why;
        }
        return why;
    };
    const std::string other = "has other columns than this run";
    CHECK(first_of({}, {whole, whole_v3}) == "");
    CHECK(first_of({}, {one}) == "has chosen columns of an image, and this run writes whole ones");
    CHECK(first_of({"id", "Title"}, {one}) == "");
    CHECK(first_of({"Title", "id", "Image\"Id"}, {two}) == "");
    for (const char* line :
         {whole, whole_v3, two, R"({"id":"7","image":{}})", R"({"id":"7","image":{"Title"}})"}) {
        CHECK(first_of({"id", "Title"}, {line}) == other);
    }
    CHECK(first_of({"Image\"Id", "Title"}, {two}) == other);
    CHECK(first_of({"id"}, {R"({"id":"7","image":{}})"}) == "");
    CHECK(first_of({"id"}, {one}) == other);
    // A failure shows nothing, and the first image all.
    CHECK(first_of({"id", "Title"}, {R"({"id":"7","error":{"code":"timeout","kind":"timeout"}})", whole}) ==
          other);
    CHECK(first_of({"id", "Title"}, {one, whole}) == "");
}

TEST_CASE("J3: the first image that shows whose it is decides, and one of the other interface is refused") {
    const auto as = [](line_layout layout, dialect which, std::vector<std::string_view> lines) {
        line_reader reader(layout, which);
        std::string marks;
        for (const std::string_view line : lines) {
            const written_line read = reader.read(line);
            marks += read.is == written_line::what::foreign ? "!" + std::string(read.why) : "+";
        }
        return marks;
    };
    constexpr const char* is_v3 = "!is an image of the v3 interface, and this run asks Connect";
    constexpr const char* is_connect = "!is an image of Connect, and this run asks the v3 interface";
    constexpr std::string_view connect_line =
        R"({"id":"7","image":{"Title":"\"id\"","ImageId":"7","id":"x"}})";
    constexpr std::string_view v3_line =
        R"({"id":"7","image":{"a":[{"ImageId":"1"}],"id":"7"},"meta":{"ms":1}})";
    constexpr std::string_view chosen = R"({"id":"7","image":{"Title":"t"}})";
    CHECK(as(line_layout::typed, dialect::connect, {connect_line}) == "+");
    CHECK(as(line_layout::typed, dialect::v3, {v3_line}) == "+");
    CHECK(as(line_layout::typed, dialect::connect, {v3_line}) == is_v3);
    CHECK(as(line_layout::typed, dialect::v3, {chosen, failed_line("1", errc::not_found), connect_line}) ==
          std::string("++") + is_connect);
    CHECK(as(line_layout::typed, dialect::v3, {R"({"id":"7","image":{}})", R"({"id":"7","image":{"a"}})"}) ==
          "++");
    CHECK(as(line_layout::raw, dialect::connect, {R"({"ImageId":"7"})"}) == "+");
    CHECK(as(line_layout::raw, dialect::connect, {R"({"id":"7"})"}) == is_v3);
    CHECK(as(line_layout::raw, dialect::v3, {R"({"id":"7","ImageId":"8"})"}) == is_connect);
}

TEST_CASE("J3: a line of another layout, or of none, is refused with its number and the mend") {
    for (const char* other :
         {"83454800", "[]", "{}", R"({"ImageId":"7"})", R"({"id":7,"image":{}})", R"({"id":"","image":{}})",
          R"({"id":"7"})", R"({"id":"7","image":1})", R"({"id":"7","error":"x"})",
          R"({"id":"7","image":{"ImageId":"7"})", R"({"id":null,"image":{}})", ""}) {
        CAPTURE(other);
        CHECK(one(other).front() == '!');
    }
    const std::string text = refusal([] { (void)scan(image("1") + "\nx\n", coding::plain, {}, 3); });
    CHECK(text ==
          "x: its line 2 is no JSON object; to go on with a file it must be of the same format, so name "
          "another, or let this one be overwritten");
    CHECK(refusal([] { (void)scan("id,title\n", coding::plain, {form::csv, {"id", "artist"}, {}}, 99); }) ==
          "x: its columns are id,title, and not id,artist; name another file, or the same columns");
    CHECK(refusal([] { (void)scan(image("1") + "\n", coding::gzip, {}, 1); }) ==
          "x: is not packed with gzip, as its name says; name another file, or let this one be overwritten");
    CHECK(refusal([] {
              (void)scan(test::gzip_member("x"), coding::zstd, {}, 99);
          }).starts_with("x: is not packed with zstd"));
}

TEST_CASE("J2: a plain file cut at any byte has the lines that were whole, and is cut behind them") {
    const std::vector<std::string> lines{image("1"), failed_line("2", errc::throttled), image("3"),
                                         image("1")};
    const found marks{"+1", "?2", "+3", "+1"};
    std::string bytes;
    std::vector<std::size_t> ends;
    for (const std::string& line : lines) ends.push_back((bytes += line + "\n").size());
    for (std::size_t cut = 0; cut <= bytes.size(); ++cut) {
        const auto whole = static_cast<std::size_t>(std::ranges::upper_bound(ends, cut) - ends.begin());
        for (const std::size_t piece : {std::size_t{1}, std::size_t{7}, bytes.size()}) {
            const scanned got = scan(std::string_view(bytes).substr(0, cut), coding::plain, {}, piece);
            REQUIRE(got.lines == found(marks.begin(), marks.begin() + static_cast<std::ptrdiff_t>(whole)));
            REQUIRE(got.end.keep_bytes == (whole == 0 ? 0 : ends[whole - 1]));
            REQUIRE(got.end.lines == whole);
            REQUIRE(got.end.torn == (cut != got.end.keep_bytes));
        }
    }
}

TEST_CASE("J2: a packed file cut at any byte has the lines of its whole members") {
    for (const bool gzip : {true, false}) {
        const auto pack = gzip ? test::gzip_member : test::zstd_frame;
        const std::vector<std::string> members{pack(image("1") + "\n" + image("2") + "\n"),
                                               pack(image("3") + "\n"),
                                               pack(image("4") + "\n" + image("5") + "\n")};
        const std::vector<found> marks{{}, {"+1", "+2"}, {"+1", "+2", "+3"}, {"+1", "+2", "+3", "+4", "+5"}};
        std::string bytes;
        std::vector<std::size_t> ends;
        for (const std::string& member : members) ends.push_back((bytes += member).size());
        for (std::size_t cut = 0; cut <= bytes.size(); ++cut) {
            const auto whole = static_cast<std::size_t>(std::ranges::upper_bound(ends, cut) - ends.begin());
            for (const std::size_t piece : {std::size_t{1}, std::size_t{13}, bytes.size()}) {
                const scanned got = scan(std::string_view(bytes).substr(0, cut),
                                         gzip ? coding::gzip : coding::zstd, {}, piece);
                REQUIRE(got.lines == marks[whole]);
                REQUIRE(got.end.keep_bytes == (whole == 0 ? 0 : ends[whole - 1]));
            }
        }
    }
}

TEST_CASE("J2: a line over the border of two members stands with the second") {
    const std::string line = image("1") + "\n";
    const std::string first = test::gzip_member(line + line.substr(0, 9));
    const std::string second = test::gzip_member(line.substr(9));
    CHECK(scan(first, coding::gzip, {}, 5).lines.empty());
    CHECK(scan(first, coding::gzip, {}, 5).end.keep_bytes == 0);
    CHECK(scan(first + second, coding::gzip, {}, 5).lines == found{"+1", "+1"});
    CHECK(scan(first + second, coding::gzip, {}, 5).end.keep_bytes == first.size() + second.size());
}

TEST_CASE("J2: a table cut at any byte has its whole records, with line ends in quotes") {
    const journal_layout layout{form::csv, {"title", "id"}, {}};
    const std::string bytes = "title,id\r\n\"a\nb\",1\r\n\"say \"\"x\"\"\",2\n,1\n";
    const std::vector<std::size_t> ends{10, 19, 33, 36};
    REQUIRE(bytes.size() == ends.back());
    const std::vector<found> marks{{}, {}, {"+1"}, {"+1", "+2"}, {"+1", "+2", "+1"}};
    for (std::size_t cut = 0; cut <= bytes.size(); ++cut) {
        const auto whole = static_cast<std::size_t>(std::ranges::upper_bound(ends, cut) - ends.begin());
        for (const std::size_t piece : {std::size_t{1}, std::size_t{5}, bytes.size()}) {
            const scanned got = scan(std::string_view(bytes).substr(0, cut), coding::plain, layout, piece);
            CAPTURE(cut);
            REQUIRE(got.lines == marks[whole]);
            REQUIRE(got.end.keep_bytes == (whole == 0 ? 0 : ends[whole - 1]));
            REQUIRE(got.end.has_header == (whole > 0));
        }
    }
}

TEST_CASE("J2: NULs that a crash left at the end are cut off, those before a line are damage") {
    const std::string line = image("1") + "\n";
    const scanned got = scan(line + std::string(100'000, '\0'), coding::plain, {}, 999);
    CHECK(got.lines == found{"+1"});
    CHECK(got.end.keep_bytes == line.size());
    CHECK(refusal([&] {
              (void)scan(line + std::string(9, '\0') + "\n" + line, coding::plain, {}, 4);
          }).find("line 2 holds NUL") != std::string::npos);
}

TEST_CASE("J2: damage far before the end is no torn tail, so nothing is cut") {
    std::string damaged = test::gzip_member(image("1") + "\n");
    damaged += "rubbish" + std::string(65U << 20U, 'x');
    CHECK(refusal([&] {
              (void)scan(damaged, coding::gzip, {}, 1U << 20U);
          }).starts_with("x: is damaged behind its byte "));
}

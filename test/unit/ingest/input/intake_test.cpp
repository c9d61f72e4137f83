#include "ingest/input/intake.hpp"

#include "core/random.hpp"
#include "unit/ingest/packing.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <functional>
#include <string>
#include <vector>

using namespace getty::connect;
using namespace getty::connect::ingest;
using test::gzip_member;
using test::zstd_frame;

namespace {

using found = std::vector<std::string>;  // "1=id", "!1: trouble", "wrong: …"

found read(std::string_view bytes, std::string_view name, const input_options& options,
           const std::function<std::size_t()>& next_piece) {
    intake from(cutter_for(name, options));
    found all;
    const auto take = [&] {
        while (const auto line = from.next()) {
            const std::string number = std::to_string(line->number);
            all.push_back(line->trouble.empty() ? number + "=" + line->id
                                                : "!" + number + ": " + line->trouble);
        }
    };
    while (!bytes.empty() && from.wrong().empty()) {
        take();
        if (!from.wrong().empty()) break;
        const auto room = from.room();
        REQUIRE(!room.empty());
        const std::size_t count = std::min({bytes.size(), room.size(), next_piece()});
        std::copy_n(bytes.data(), count, room.data());
        from.filled(count);
        bytes.remove_prefix(count);
    }
    from.finish();
    take();
    if (!from.wrong().empty()) all.push_back("wrong: " + from.wrong());
    return all;
}

found read(std::string_view bytes, std::string_view name, const input_options& options = input_options()) {
    found whole = read(bytes, name, options, [] { return static_cast<std::size_t>(-1); });
    CHECK(read(bytes, name, options, [] { return std::size_t{1}; }) == whole);
    return whole;
}

std::string refusal(std::string_view name, const input_options& options) {
    try {
        (void)cutter_for(name, options);
    } catch (const unusable& why) {
        return why.what();
    }
    return {};
}

}  // namespace

TEST_CASE("J1: the name tells the form of an input, packed or not") {
    const std::string table = "title,id\nx,1\n";
    const std::string json = "{\"id\":1}\n\"2\"\n3\n";
    for (const char* name : {"a.csv", "A.CSV", "a.csv.gz", "a.csv.zst"})
        CHECK(read(table, name) == found{"2=1"});
    CHECK(read("title\tid\nx,y\t1\n", "a.tsv") == found{"2=1"});
    CHECK(read("title\tid\nx,y\t1\n", "a.tab") == found{"2=1"});
    for (const char* name : {"a.ndjson", "a.jsonl", "a.ndjson.gz"})
        CHECK(read(json, name) == found{"1=1", "2=2", "3=3"});
    CHECK(read("1\n2\n", "-") == found{"1=1", "2=2"});
    CHECK(read(table, "-", input_options().id_column("id")) == found{"2=1"});
    CHECK(read(table, "a.txt", input_options().format(input_format::csv)) == found{"2=1"});
}

TEST_CASE("J1: the column of the ids is named, numbered, called id, or the only one") {
    const auto csv = [](std::string_view bytes, std::string_view column) {
        return read(bytes, "a.csv", input_options().id_column(column));
    };
    CHECK(csv("title,asset\nx,1\n", "asset") == found{"2=1"});
    CHECK(csv("title, asset \nx, 1 \n", "asset") == found{"2=1"});
    CHECK(csv("x,1\ny,2\n", "2") == found{"1=1", "2=2"});
    CHECK(csv("Image-ID,x\n7,y\n", "") == found{"2=7"});
    CHECK(csv("image_id,id\n7,8\n", "") == found{"2=8"});
    CHECK(csv("1\n2\n", "") == found{"1=1", "2=2"});
    CHECK(csv("\"two\nlines\",id\nx,1\n\"a\nb\",2\n", "") == found{"3=1", "4=2"});
    CHECK(csv("a,b\n1,2\n", "") == found{"wrong: its first line names no column \"id\" but: a, b; name the "
                                         "column of the ids, or give its number"});
    CHECK(csv("a,b\n1,2\n", "c") == found{"wrong: its first line names no column \"c\" but: a, b; name the "
                                          "column of the ids, or give its number"});
    CHECK(csv("a,b\n1,2\n", "3") ==
          found{"wrong: it has 2 columns, none with the number 3; name the column of the ids"});
}

TEST_CASE("J1: a row that is ragged, empty or no id fails with its line") {
    CHECK(
        read("id,title\n1\n2,a,b\n3,c\n,d\n\"4,5\",e\n", "a.csv") ==
        found{
            "!2: it has 1 fields where the first line has 2; put a field that holds the separator in quotes",
            "!3: it has 3 fields where the first line has 2; put a field that holds the separator in quotes",
            "4=3", "!5: its column \"id\" is empty",
            "!6: its column \"id\" holds a comma; write one id a line and nothing else (of CSV, the column "
            "of the "
            "ids alone)"});
}

TEST_CASE("J1: JSON says its id along a path, as a string or a whole number") {
    const auto json = [](std::string_view line) {
        return read(line, "a.ndjson", input_options().id_field("asset.id")).front();
    };
    CHECK(json(R"({"asset":{"id":"7"}})") == "1=7");
    CHECK(json(R"({"asset":{"id":83454800}})") == "1=83454800");
    CHECK(json(R"({"asset":{"id":18446744073709551615}})") == "1=18446744073709551615");
    for (const char* number : {"1.5", "1.0", "1e3", "-7", "18446744073709551616"}) {
        CHECK(
            json("{\"asset\":{\"id\":" + std::string(number) + "}}") ==
            "!1: its \"asset.id\" is a number that is not whole, or beyond 64 bits; write the id in quotes");
    }
    for (const char* other : {"null", "true", "[]", "{}"}) {
        CHECK(json("{\"asset\":{\"id\":" + std::string(other) + "}}") ==
              "!1: its \"asset.id\" is neither a string nor a whole number; write the id in quotes");
    }
    CHECK(json(R"({"asset":"7"})") == "!1: its JSON object has no \"asset.id\"");
    CHECK(json(R"({"id":"7"})") == "!1: its JSON object has no \"asset.id\"");
    CHECK(json("7") == "!1: it is no JSON object, so it has no \"asset.id\"");
    CHECK(json("83454800 83454801").starts_with("!1: it is no JSON: "));
    CHECK(json("[").starts_with("wrong: it begins with '[', as a JSON array does"));
}

TEST_CASE("J1: options that do not fit the input are refused with the mend") {
    CHECK(refusal("a.csv", input_options().id_field("id")) ==
          "a.csv: is read as a table, and a field was named, which is for JSON; name a column");
    CHECK(refusal("a.ndjson", input_options().id_column("id")) ==
          "a.ndjson: is not read as a table, and a column was named; say that its format is csv or tsv");
    for (const char* path : {".", "a.", ".a", "a..b"}) {
        CHECK(refusal("a.ndjson", input_options().id_field(path)).find("empty name") != std::string::npos);
    }
}

TEST_CASE("J1: gzip and zstd are told by their first bytes and unpacked, several members and frames too") {
    const found all{"1=1", "2=2", "3=3"};
    CHECK(read(gzip_member("1\n2") + gzip_member("\n3\n"), "ids.txt") == all);
    CHECK(read(zstd_frame("1\n2") + zstd_frame("\n3\n"), "ids.txt") == all);
    CHECK(read(gzip_member("") + gzip_member("1\n2\n3"), "-") == all);
    CHECK(read(std::string("\x50\x2A\x4D\x18\x02\0\0\0xy", 10) + zstd_frame("1\n2\n3"), "-") == all);
    CHECK(read(gzip_member("id,x\n7,y\n"), "a.csv.gz") == found{"2=7"});
    CHECK(read("1\n", "ids.gz") == found{"1=1"});
    // Much more than one room.
    std::string many;
    found wanted;
    for (int i = 1; i <= 60'000; ++i) {
        many += std::to_string(i) + "\n";
        wanted.push_back(std::to_string(i) + "=" + std::to_string(i));
    }
    const auto whole = [] { return static_cast<std::size_t>(-1); };
    CHECK(read(gzip_member(many), "-", input_options(), whole) == wanted);
    CHECK(read(zstd_frame(many), "-", input_options(), whole) == wanted);
}

TEST_CASE("J1: packed input that is cut off or damaged is wrong as a whole, after the ids before") {
    for (const bool gzip : {true, false}) {
        const std::string member = gzip ? gzip_member("1\n2\n") : zstd_frame("1\n2\n");
        const std::string name = gzip ? "gzip" : "zstd";
        for (std::size_t cut = 5; cut < member.size(); ++cut) {
            const found got = read(member + member.substr(0, cut), "-");
            CAPTURE(cut);
            REQUIRE(got.size() >= 3);
            CHECK(got.back() ==
                  "wrong: it is packed with " + name + " and ends in the middle: the file is not whole");
        }
        CHECK(read(member + "rubbish", "-")
                  .back()
                  .starts_with("wrong: it is packed with " + name + " and is damaged: "));
    }
}

TEST_CASE("J1: UTF-16 and other packed files are refused with the mend, in each form") {
    const std::string utf16(
        "\xFF\xFE"
        "1\0\n\0",
        6);
    for (const char* name : {"a.txt", "a.csv", "a.ndjson"}) {
        CHECK(read(utf16, name) == found{"wrong: it is UTF-16; convert it with: iconv -f UTF-16 -t UTF-8"});
        CHECK(read(std::string("\xFD"
                               "7zXZ\0abc",
                               9),
                   name) == found{"wrong: it is packed with xz; unpack it with: xz -dc"});
        CHECK(read(std::string("i\0d\0\n\0", 6), name).back().find("NUL (U+0000)") != std::string::npos);
    }
}

TEST_CASE("J1: a line of 64 KiB is read, one byte more is a trouble, in each form") {
    const std::size_t most = id_cutter::max_line_bytes;
    const auto whole = [] { return static_cast<std::size_t>(-1); };
    for (const char* name : {"a.txt", "a.csv", "a.ndjson"}) {
        CAPTURE(name);
        const std::string head = std::string(name) == "a.csv" ? "id,x\n" : "";
        const auto line = [&](std::size_t length) -> std::string {
            if (std::string(name) == "a.csv") return "7," + std::string(length - 2, 'x') + "\n";
            return R"({"id":"7","x":")" + std::string(length - 17, 'x') + "\"}\n";
        };
        const found fits = read(head + line(most - 1) + head, name, input_options(), whole);
        REQUIRE(!fits.empty());
        CHECK(fits.front().ends_with("=7"));
        const found too_long = read(head + line(most + 2) + "8,y\n", name, input_options(), whole);
        REQUIRE(!too_long.empty());
        CHECK(too_long.front().find("it is longer than") != std::string::npos);
    }
}

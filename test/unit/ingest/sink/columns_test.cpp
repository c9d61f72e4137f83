#include "ingest/sink/columns.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace getty::connect::ingest;

namespace {

const std::string image =
    R"({"ImageId":"7","Title":"a, \"b\"\nc","Artist":null,"QualityRank":2,"Price":1.5,"Ok":true,)"
    R"("Keywords":[{"Text":"x","Id":"1"},{"Text":"y, z"},{"Id":"3"}],"Segments":["News","Sport"],"Event":{"Id":9}})";

std::string row(std::vector<std::string> names, array_form arrays = array_form::joined) {
    std::string text;
    column_picker(std::move(names), arrays).append_row(text, "07", image);
    return text;
}

}  // namespace

TEST_CASE("J5: columns are members, paths and paths over arrays, in quotes where RFC 4180 wants them") {
    CHECK(row({"id", "ImageId", "QualityRank", "Price", "Ok"}) == "07,7,2,1.5E0,true\n");
    CHECK(row({"Title"}) == "\"a, \"\"b\"\"\nc\"\n");
    CHECK(row({"Artist", "Nothing", "Event.Nothing", "Title.x"}) == ",,,\n");
    CHECK(row({"Event.Id", "Event"}) == "9,\"{\"\"Id\"\":9}\"\n");
    CHECK(row({"Segments", "Keywords.Text"}) == "News; Sport,\"x; y, z\"\n");
    CHECK(row({"Segments"}, array_form::json) == "\"[\"\"News\"\",\"\"Sport\"\"]\"\n");
    CHECK(row({"Keywords"}).find("{\"\"Text\"\":\"\"x\"\"") != std::string::npos);
    CHECK(row({"title", "QUALITYRANK"}) == row({"Title", "QualityRank"}));
}

TEST_CASE("J5: the header names the columns as they were asked for") {
    std::string text;
    column_picker({"id", "a,b", "c"}, array_form::joined).append_header(text);
    CHECK(text == "id,\"a,b\",c\n");
}

TEST_CASE("J5: lines of JSON with the columns alone") {
    std::string text;
    column_picker({"id", "QualityRank", "Keywords.Text", "Artist"}, array_form::joined)
        .append_object(text, "07", image, {});
    CHECK(text == R"({"id":"07","image":{"QualityRank":2,"Keywords.Text":["x","y, z"],"Artist":null}})");
}

#include "sandbox/catalogue/catalogue_file.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace getty::connect;
using sandbox::catalogue_file;

namespace {

std::string complaint_about(std::string text) {
    const auto loaded = catalogue_file::parse(std::move(text), "c.ndjson");
    if (loaded) return "accepted";
    CHECK(loaded.error().value() == errc::invalid_source);
    return loaded.error().message();
}

}  // namespace

TEST_CASE("catalogue file: a record is served byte for byte, odd spacing included") {
    const std::string line = R"( {"x" : [1,{"ImageId":"9"}], "ImageId" :"200261415-001","T":"\u00e9 \/"}  )";
    const auto file = catalogue_file::parse(line + "\r\n\n" + R"({"ImageId":"2"})", "f").value();
    CHECK(file.size() == 2);
    CHECK(file.find("200261415-001") ==
          R"({"x" : [1,{"ImageId":"9"}], "ImageId" :"200261415-001","T":"\u00e9 \/"})");
    CHECK(file.find("2") == R"({"ImageId":"2"})");
    CHECK(file.find("9").empty());
    CHECK(file.find("").empty());
}

TEST_CASE("catalogue file: what an ingestion run wrote is taken, its failures are passed over") {
    const auto file = catalogue_file::parse(
                          "{\"id\":\"1\",\"note\":\"}\\\"image\\\":{\", \"image\" : "
                          "{\"ImageId\":\"1\",\"a\":[{}]} ,\"n\":1}\n"
                          "{\"id\":\"2\",\"error\":{\"status\":404}}\n"
                          "{\"id\":\"3\",\"error\":\"x\",\"image\":null}\n"
                          "{\"deep\":{\"image\":{\"ImageId\":\"no\"}},\"image\":{\"ImageId\":\"4\"}}",
                          "f")
                          .value();
    CHECK(file.size() == 2);
    CHECK(file.find("1") == R"({"ImageId":"1","a":[{}]})");
    CHECK(file.find("4") == R"({"ImageId":"4"})");
    CHECK(file.find("no").empty());
}

TEST_CASE("catalogue file: an id is compared unescaped, and a byte order mark is no content") {
    const auto file = catalogue_file::parse("\xEF\xBB\xBF{\"ImageId\":\"\\u0031-\\u0030\"}\n", "f").value();
    CHECK(file.find("1-0") == "{\"ImageId\":\"\\u0031-\\u0030\"}");
}

TEST_CASE("catalogue file: a copy or a move of it still finds its records") {
    auto file = catalogue_file::parse(R"({"ImageId":"1"})", "f").value();
    const catalogue_file copy = file;
    const catalogue_file moved = std::move(file);
    CHECK(copy.find("1") == R"({"ImageId":"1"})");
    CHECK(moved.find("1") == R"({"ImageId":"1"})");
}

TEST_CASE("catalogue file: a complaint names file, line, reason and mend") {
    CHECK(complaint_about("{\"ImageId\":\"1\"}\n\n{\"ImageId\":")
              .starts_with("c.ndjson:3: this line is not JSON ("));
    CHECK(complaint_about("{\"ImageId\":\"1\"} {}").starts_with("c.ndjson:1: this line is not JSON"));
    CHECK(complaint_about("[1]") ==
          "c.ndjson:1: this line is no JSON object; write one image object per line");
    const char* no_id =
        "c.ndjson:1: the image has no ImageId (in v3: id); give it one, a text that is not empty";
    CHECK(complaint_about("{}") == no_id);
    CHECK(complaint_about("{\"ImageId\":83454800}") == no_id);
    CHECK(complaint_about("{\"ImageId\":\"\"}") == no_id);
    CHECK(complaint_about("{\"image\":{}}") == no_id);
    CHECK(complaint_about("{\"ImageId\":\"7\"}\n{\"ImageId\":\"8\"}\n{\"ImageId\":\"7\"}") ==
          "c.ndjson:3: image 7 was already on line 1; remove one of the two");
    CHECK(complaint_about("{\"im\\u0061ge\":{\"ImageId\":\"1\"}}").find("spelled with escapes") !=
          std::string::npos);
    CHECK(complaint_about("\n \n") == "c.ndjson: holds no image; write one image object per line");
    CHECK(complaint_about("{\"ImageId\":\"\xFF\"}").starts_with("c.ndjson:1: this line is not JSON"));
}

TEST_CASE(
    "catalogue file: a file that is not there or is a directory is a complaint, not an empty catalogue") {
    for (const char* path : {"/nonexistent/catalogue.ndjson", "/"}) {
        const auto loaded = catalogue_file::load(path);
        REQUIRE(loaded.has_error());
        CHECK(loaded.error().value() == errc::invalid_source);
        CHECK(loaded.error().message().find("name a readable file") != std::string::npos);
    }
}

TEST_CASE("catalogue file: a record belongs to the dialect of its form, and an id may be there in both") {
    using sandbox::record_form;
    const auto file = catalogue_file::parse(
                          "{\"id\":\"1\",\"title\":\"v3\"}\n{\"ImageId\":\"1\"}\n"
                          "{\"id\":\"2\",\"image\":{ \"id\":\"2\" }}\n{\"id\":\"3\",\"ImageId\":\"4\"}",
                          "f")
                          .value();
    CHECK(file.size() == 4);
    CHECK(file.find("1", record_form::v3) == "{\"id\":\"1\",\"title\":\"v3\"}");
    CHECK(file.find("1") == "{\"ImageId\":\"1\"}");
    CHECK(file.find("2", record_form::v3) == "{ \"id\":\"2\" }");
    CHECK(file.find("2").empty());
    CHECK(file.find("3", record_form::v3).empty());
    CHECK(file.find("4") == "{\"id\":\"3\",\"ImageId\":\"4\"}");
    CHECK(complaint_about("{\"id\":\"1\"}\n{\"ImageId\":\"1\"}\n{\"id\":\"1\"}") ==
          "c.ndjson:3: image 1 was already on line 1; remove one of the two");
}

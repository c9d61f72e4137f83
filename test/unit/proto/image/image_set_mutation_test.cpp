// Random damage to bodies of v3: nothing crashes, and the typed and the raw reader never contradict each
// other, nor Boost.JSON's document.
#include "support/body_mutator.hpp"
#include "support/image_set_samples.hpp"

#include <getty/connect/outcome.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <memory>
#include <string>
#include <string_view>

using namespace getty::connect;
using namespace getty::connect::proto;

namespace {

constexpr std::array<std::string_view, 4> samples = {
    test::image_sets::sample, test::image_sets::every_member,
    R"({"images":[{"id":"1","event_ids":[1,"2",3.0],"collection_id":1e3,"x":[[1,-2.5e3,{"id":"1"}]]},null,{}],)"
    R"("images_not_found":["2",null,"\u0033",""],"images":[{"\u0069d":"4\n","people":["a",""]}]})",
    "{ \"images_not_found\" : [ ] ,\r\n\t\"images\" : [ { \"title\" : \"M\xC3\xBCnchen\" , \"id\" : "
    "\"\\u0031\" } ] }"};

constexpr auto pieces = std::to_array<std::string_view>({"\"",
                                                         "\\",
                                                         "{",
                                                         "}",
                                                         "[",
                                                         "]",
                                                         ",",
                                                         ":",
                                                         "null",
                                                         "true",
                                                         "0",
                                                         "-",
                                                         "1e400",
                                                         ".",
                                                         "e",
                                                         "\\u",
                                                         "\\ud800",
                                                         "\xFF",
                                                         "\xC3",
                                                         "\n",
                                                         "\x01",
                                                         " ",
                                                         "\"\"",
                                                         "[]",
                                                         "{}",
                                                         "\"id\":",
                                                         "\"id\":\"1\",",
                                                         "\"images\":",
                                                         "\"images_not_found\":",
                                                         "9223372036854775808",
                                                         "\\\\",
                                                         "\"title\":",
                                                         "\"downloads\":[{\"uri\":\"u\"}],",
                                                         "\"relevance\":5,",
                                                         "\"uri\":\"u\",",
                                                         "\"name\":\"comp\","});

/// In memory of exactly its size, so that a sanitizer sees the first byte too far.
class exact_copy {
public:
    explicit exact_copy(std::string_view text)
        : block_(std::make_unique_for_overwrite<char[]>(text.size())), size_(text.size()) {
        std::copy(text.begin(), text.end(), block_.get());
    }
    [[nodiscard]] std::string_view text() const noexcept { return {block_.get(), size_}; }

private:
    std::unique_ptr<char[]> block_;
    std::size_t size_;
};

void check_objects(const test::told_objects& raw, std::string_view body) {
    for (const std::string_view object : raw.objects) {
        REQUIRE(object.data() >= body.data());
        REQUIRE(object.data() + object.size() <= body.data() + body.size());
        REQUIRE(object.starts_with('{'));
        REQUIRE(object.ends_with('}'));
    }
}

}  // namespace

TEST_CASE("X4, X8: 100,000 damaged bodies of v3 crash nothing, and the readers and Boost.JSON agree") {
    test::body_mutator mutate(20'261'129, samples, pieces);
    image_set_decoder decoder;
    std::size_t accepted = 0;
    for (int i = 0; i < 100'000; ++i) {
        const exact_copy copy(mutate.next());
        const std::string_view body = copy.text();
        test::told_images typed;
        test::told_objects raw;
        const auto typed_failure = decoder.decode(body, typed);
        const auto raw_failure = find_raw_images(body, raw);
        INFO(body);
        if (typed_failure) REQUIRE(typed_failure->offset <= body.size());
        if (raw_failure) REQUIRE(raw_failure->offset <= body.size());
        REQUIRE(test::same_verdict(raw_failure, body));
        check_objects(raw, body);
        if (typed_failure) continue;
        ++accepted;
        REQUIRE_FALSE(raw_failure.has_value());
        REQUIRE(raw.ids == typed.ids);
        REQUIRE(raw.missing == typed.missing);
        REQUIRE(raw.without_id == typed.without_id);
        REQUIRE(test::difference(typed, body) == "");
    }
    // damage that leaves nothing readable, or changes nothing, would test nothing
    CHECK(accepted > 10'000);
    CHECK(accepted < 75'000);
}

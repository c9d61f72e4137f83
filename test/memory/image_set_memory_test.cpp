// What the readers of image sets allocate, and what is left when they may not.
#include "support/image_set_samples.hpp"

#include <doctest/doctest.h>

#include <cstddef>
#include <cstdlib>
#include <new>
#include <string>
#include <string_view>
#include <vector>

using namespace getty::connect;
using namespace getty::connect::proto;

namespace {

std::size_t allocations = 0;
std::size_t failing_in = 0;  // 0: none fails

}  // namespace

void* operator new(std::size_t bytes) {
    ++allocations;
    if (failing_in > 0 && --failing_in == 0) throw std::bad_alloc();
    if (void* p = std::malloc(bytes == 0 ? 1 : bytes)) return p;
    throw std::bad_alloc();
}
void* operator new[](std::size_t bytes) { return operator new(bytes); }
void operator delete(void* p) noexcept { std::free(p); }
void operator delete(void* p, std::size_t) noexcept { std::free(p); }
void operator delete[](void* p) noexcept { std::free(p); }
void operator delete[](void* p, std::size_t) noexcept { std::free(p); }

namespace {

/// Has a place for each image, or for none; allocates nothing.
struct quiet_images final : image_set_sink {
    std::vector<image> places;
    std::size_t used = 0;
    std::size_t missing = 0;

    explicit quiet_images(std::size_t count) : places(count) {}
    image* place_for(std::string_view) override { return used < places.size() ? &places[used++] : nullptr; }
    void not_found(std::string_view) override { ++missing; }
    void nameless() override {}
};

struct quiet_objects final : raw_set_sink {
    std::size_t count = 0;

    void object(std::string_view, std::string_view) override { ++count; }
    void not_found(std::string_view) override {}
    void nameless() override {}
};

/// Two images, with escapes in texts and two sizes with downloads.
const std::string body = [] {
    const std::string_view whole = test::image_sets::every_member;
    const std::string object(
        whole.substr(whole.find("{\n"), whole.rfind("],\"images_not_found") - whole.find("{\n")));
    return "{\"images\":[" + object + "," + object + "],\"images_not_found\":[\"1\",\"\\u0032\"]}";
}();

std::size_t allocations_of(image_set_decoder& decoder, std::size_t wanted) {
    quiet_images sink(wanted);
    const std::size_t before = allocations;
    const bool failed = decoder.decode(body, sink).has_value();
    const std::size_t made = allocations - before;
    REQUIRE_FALSE(failed);
    REQUIRE(sink.used == wanted);
    REQUIRE(sink.missing == 2);
    return made;
}

}  // namespace

TEST_CASE(
    "image set: a decoder that has grown allocates what it hands out, and nothing for what nobody wants") {
    image_set_decoder decoder;
    (void)allocations_of(decoder, 2);
    // the texts; image_v3 with its lists: other systems' ids, display sizes, sizes and the downloads of one,
    // largest downloads and those of one, people, relevance; the lists of image: constraints, segments,
    // events, keywords, products, referrals, restrictions, sizes
    constexpr std::size_t of_an_image = 1 + 1 + 8 + 8;
    CHECK(allocations_of(decoder, 2) == 2 * of_an_image);
    CHECK(allocations_of(decoder, 1) == of_an_image);
    CHECK(allocations_of(decoder, 0) == 0);
}

TEST_CASE("raw image set: nothing is allocated where no id is written with escapes") {
    const std::string plain =
        R"({"images":[{"id":"1","title":"\u00fc"},{"title":"a","id":"2"}],"images_not_found":["3"]})";
    quiet_objects sink;
    const std::size_t before = allocations;
    const bool failed = find_raw_images(plain, sink).has_value();
    CHECK(allocations == before);
    CHECK_FALSE(failed);
    CHECK(sink.count == 2);
}

TEST_CASE("S10: whichever allocation of an image set fails, the decoder is as good as new") {
    image_set_decoder decoder;
    std::size_t failures = 0;
    for (std::size_t n = 1;; ++n) {
        quiet_images sink(2);
        failing_in = n;
        bool thrown = false;
        try {
            (void)decoder.decode(body, sink);
        } catch (const std::bad_alloc&) {
            thrown = true;
        }
        failing_in = 0;
        if (!thrown) break;
        ++failures;
        test::told_images again;
        REQUIRE_FALSE(decoder.decode(body, again).has_value());
        REQUIRE(test::difference(again, body) == "");
        decoder = image_set_decoder();
    }
    CHECK(failures > 36);
}

// Bodies of v3: the typed and the raw reader never contradict each other, nor Boost.JSON's own document; what
// the raw one hands out is JSON.
#include "fuzz/support/fuzz.hpp"
#include "proto/image/image_decoder.hpp"
#include "proto/image/image_set.hpp"
#include "support/image_set.hpp"

#include <algorithm>
#include <cstddef>
#include <string>
#include <vector>

using namespace getty::connect;
using namespace getty::connect::fuzz;
using namespace getty::connect::proto;

namespace {

void check_failure(const decode_failure& failure, std::string_view body) {
    must(failure.offset <= body.size());
    must(is_plain_line(failure.describe()));
    if (failure.kind != decode_kind::not_json) return;
    boost::system::error_code failed;
    (void)test::parsed(body, failed, 2 * image_decoder::max_depth);
    must(failed.failed());
}

/// The raw reader refuses what is no JSON and nothing else, and each of its objects is an image.
void check_raw(const std::optional<decode_failure>& failure, const test::told_objects& told,
               std::string_view body) {
    must(test::same_verdict(failure, body));
    if (failure) must(failure->offset <= body.size() && is_plain_line(failure->describe()));
    const char* behind = body.data();
    for (std::size_t i = 0; i < told.objects.size(); ++i) {
        const std::string_view object = told.objects[i];
        must(object.data() >= behind && object.data() + object.size() <= body.data() + body.size());
        behind = object.data() + object.size();
        boost::system::error_code failed;
        const boost::json::value one = test::parsed(object, failed);
        if (failed == boost::json::error::exponent_overflow) continue;
        must(!failed && one.is_object());
        const boost::json::value* const id = one.get_object().if_contains("id");
        must(id != nullptr && id->is_string() && told.ids[i] == std::string_view(id->get_string()));
    }
}

/// The object alone, in a body of its own, is the same image.
void check_alone(std::string_view object, image_set_decoder& decoder) {
    const std::string body = "{\"images\":[" + std::string(object) + "]}";
    test::told_images told;
    must(!decoder.decode(body, told));
    must(told.images.size() == 1 && test::difference(told, body).empty());
}

/// What was told before a failure is what the raw reader finds as well; but an image that ends with the body
/// is none to it, since the body should not end there.
bool begins_with(const std::vector<std::string>& more, const std::vector<std::string>& less) {
    const std::size_t both = std::min(more.size(), less.size());
    return less.size() <= more.size() + 1 &&
           std::equal(less.begin(), less.begin() + static_cast<std::ptrdiff_t>(both), more.begin());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static image_set_decoder used;  // by every input before
    input in(data, size);
    const std::string_view body = in.rest();

    test::told_objects raw;
    const auto raw_failure = find_raw_images(body, raw);
    check_raw(raw_failure, raw, body);

    test::told_images told;
    const auto failure = used.decode(body, told);
    image_set_decoder fresh;
    test::told_images same;
    const auto same_failure = fresh.decode(body, same);
    must(failure.has_value() == same_failure.has_value());
    must(told.ids == same.ids && told.missing == same.missing && told.without_id == same.without_id);
    if (failure) {
        must(failure->describe() == same_failure->describe());
        must(begins_with(raw.ids, told.ids) && begins_with(raw.missing, told.missing));
        check_failure(*failure, body);
        return 0;
    }
    must(!raw_failure && raw.ids == told.ids && raw.missing == told.missing &&
         raw.without_id == told.without_id);
    must(test::difference(told, body).empty() && test::difference(same, body).empty());
    for (const std::string_view object : raw.objects) check_alone(object, used);
    return 0;
}

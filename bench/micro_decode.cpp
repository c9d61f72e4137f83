// A body of 2.9 KB, decoded.
#include "bench/dom_image.hpp"
#include "bench/image_json.hpp"
#include "bench/micro.hpp"
#include "bench/string_image.hpp"
#include "proto/image/image_decoder.hpp"
#include "proto/image/raw_image.hpp"

#include <string>

namespace {

using namespace bench;
namespace gc = getty::connect;
namespace proto = getty::connect::proto;

constexpr std::string_view id = "100000000";

void note_bytes(benchmark::State& state, std::size_t each) {
    state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations()) * static_cast<std::int64_t>(each));
}

/// The extent alone, as a view.
void decode_raw(benchmark::State& state) {
    const std::string body = image_json(id);
    {
        const news_per_iteration counted(state);
        for (auto _ : state) {
            std::string_view object;
            if (proto::find_raw_image(body, id, object)) state.SkipWithError("no image");
            benchmark::DoNotOptimize(object);
        }
    }
    note_bytes(state, body.size());
}
BENCHMARK(decode_raw);

void decode_typed(benchmark::State& state) {
    const std::string body = image_json(id);
    proto::image_decoder decoder;
    std::string coordination_id;
    {
        gc::image first;  // grows the decoder's buffers
        if (decoder.decode(body, id, first, coordination_id)) state.SkipWithError("no image");
        const news_per_iteration counted(state);
        for (auto _ : state) {
            gc::image image;
            if (decoder.decode(body, id, image, coordination_id)) state.SkipWithError("no image");
            benchmark::DoNotOptimize(image);
        }
    }
    note_bytes(state, body.size());
}
BENCHMARK(decode_typed);

/// The same parser, every text a std::string.
void decode_into_strings(benchmark::State& state) {
    const std::string body = image_json(id);
    string_image_decoder decoder;
    {
        string_image first;
        decoder.decode(body, first);
        const news_per_iteration counted(state);
        for (auto _ : state) {
            string_image image;
            decoder.decode(body, image);
            benchmark::DoNotOptimize(image);
        }
    }
    note_bytes(state, body.size());
}
BENCHMARK(decode_into_strings);

/// boost::json::parse, then field after field.
void decode_dom(benchmark::State& state) {
    const std::string body = image_json(id);
    {
        const news_per_iteration counted(state);
        for (auto _ : state) benchmark::DoNotOptimize(parse_dom_image(body));
    }
    note_bytes(state, body.size());
}
BENCHMARK(decode_dom);

}  // namespace

// A body of 2.9 KB, decoded, and those of v3 with as much for each image.
#include "bench/dom_image.hpp"
#include "bench/image_json.hpp"
#include "bench/image_set_json.hpp"
#include "bench/micro.hpp"
#include "bench/string_image.hpp"
#include "proto/image/image_decoder.hpp"
#include "proto/image/image_set.hpp"
#include "proto/image/raw_image.hpp"

#include <cstddef>
#include <string>
#include <vector>

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

/// Each image to the next place.
struct places final : proto::image_set_sink {
    std::vector<gc::image> images;
    std::size_t used = 0;

    explicit places(std::size_t count) : images(count) {}
    gc::image* place_for(std::string_view) override { return &images.at(used++); }
    void not_found(std::string_view) override {}
    void nameless() override {}
};

struct extents final : proto::raw_set_sink {
    std::size_t count = 0;
    std::size_t bytes = 0;

    void object(std::string_view, std::string_view object) override {
        ++count;
        bytes += object.size();
    }
    void not_found(std::string_view) override {}
    void nameless() override {}
};

/// Per set, and as "image" the time per image.
void note_set(benchmark::State& state, std::size_t each) {
    note_bytes(state, each);
    state.counters["image"] =
        benchmark::Counter(static_cast<double>(state.range(0)),
                           benchmark::Counter::kIsIterationInvariantRate | benchmark::Counter::kInvert);
}

void decode_set_raw(benchmark::State& state) {
    const std::string body = image_set_json(state.range(0));
    {
        const news_per_iteration counted(state);
        for (auto _ : state) {
            extents found;
            if (proto::find_raw_images(body, found)) state.SkipWithError("no images");
            benchmark::DoNotOptimize(found);
        }
    }
    note_set(state, body.size());
}
BENCHMARK(decode_set_raw)->Arg(1)->Arg(10)->Arg(100);

void decode_set_typed(benchmark::State& state) {
    const std::string body = image_set_json(state.range(0));
    const auto count = static_cast<std::size_t>(state.range(0));
    proto::image_set_decoder decoder;
    {
        places first(count);  // grows the decoder's buffers
        if (decoder.decode(body, first)) state.SkipWithError("no images");
        const news_per_iteration counted(state);
        for (auto _ : state) {
            places found(count);
            if (decoder.decode(body, found)) state.SkipWithError("no images");
            benchmark::DoNotOptimize(found);
        }
    }
    note_set(state, body.size());
}
BENCHMARK(decode_set_typed)->Arg(1)->Arg(10)->Arg(100);

void decode_set_dom(benchmark::State& state) {
    const std::string body = image_set_json(state.range(0));
    {
        const news_per_iteration counted(state);
        for (auto _ : state) benchmark::DoNotOptimize(parse_dom_image_set(body));
    }
    note_set(state, body.size());
}
BENCHMARK(decode_set_dom)->Arg(1)->Arg(10)->Arg(100);

}  // namespace

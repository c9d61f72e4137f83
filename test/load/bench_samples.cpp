// Writes made-up measurements as documents, pages and reports, to be looked at and held against the schema.
#include "support/bench_samples.hpp"

#include "load/compare.hpp"
#include "load/document.hpp"
#include "load/page.hpp"
#include "load/text_report.hpp"

#include <filesystem>
#include <fstream>
#include <iostream>
#include <string>

using namespace getty::connect;

int main(int argc, char** argv) {
    if (argc != 2) {
        std::cerr << "usage: bench_samples FOLDER\n";
        return 2;
    }
    const std::filesystem::path folder(argv[1]);
    std::filesystem::create_directories(folder);
    const struct {
        const char* name;
        load::measurement made;
    } samples[] = {
        {"single", test::single_sample()},   {"baseline", test::single_sample(23)},
        {"knee", test::knee_sample()},       {"stall", test::stall_sample()},
        {"rounds", test::rounds_sample()},   {"silent", test::silent_sample()},
        {"hostile", test::hostile_sample()},
    };
    for (const auto& sample : samples) {
        const std::string name(sample.name);
        std::ofstream(folder / (name + ".json")) << load::write_document(sample.made);
        std::ofstream(folder / (name + ".80.txt")) << load::text_report(sample.made, 80);
        std::ofstream(folder / (name + ".120.txt")) << load::text_report(sample.made, 120);
        std::ofstream(folder / (name + ".html")) << load::page(sample.made, nullptr);
    }
    const load::measurement before = test::single_sample(23);
    const load::measurement after = test::single_sample();
    std::ofstream(folder / "compared.txt")
        << load::text_comparison(load::changes(before, after, 0.05), {"duration: 30 s, was 10 s"}, 80);
    std::ofstream(folder / "compared.html") << load::page(after, &before);
}

// Runs a fuzz target over its kept corpus, without libFuzzer: `replay_NAME FOLDER`.
//
// Each file is run as it is and with some damage of a fixed seed. A folder without files is a failure.
#include "core/random.hpp"
#include "fuzz/support/fuzz.hpp"

#include <algorithm>
#include <cstdint>
#include <exception>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <string>
#include <vector>

namespace {

using bytes = std::vector<std::uint8_t>;
constexpr int mutations_of_each = 10;

class mutator {
public:
    explicit mutator(const std::vector<bytes>& all) : all_(all) {}

    bytes operator()(bytes one) {
        for (std::size_t n = 1 + below(3); n > 0; --n) damage(one);
        return one;
    }

private:
    std::size_t below(std::size_t limit) { return static_cast<std::size_t>(random_->next() % limit); }

    void damage(bytes& one) {
        const std::size_t at = below(one.size() + 1);
        const auto here = one.begin() + static_cast<std::ptrdiff_t>(at);
        const auto upto = here + static_cast<std::ptrdiff_t>(std::min(one.size() - at, 1 + below(16)));
        switch (below(5)) {
            case 0:
                one.erase(here, upto);
                break;
            case 1:
                one.insert(here, static_cast<std::uint8_t>(below(256)));
                break;
            case 2:
                if (here != one.end()) *here ^= static_cast<std::uint8_t>(1U << below(8));
                break;
            case 3: {
                const bytes repeated(here, upto);
                one.insert(one.begin() + static_cast<std::ptrdiff_t>(below(at + 1)), repeated.begin(),
                           repeated.end());
                break;
            }
            default: {
                const bytes& other = all_[below(all_.size())];
                const std::size_t from = below(other.size() + 1);
                one.insert(here, other.begin() + static_cast<std::ptrdiff_t>(from), other.end());
                break;
            }
        }
    }

    const std::vector<bytes>& all_;
    std::unique_ptr<getty::connect::core::random_source> random_ = getty::connect::core::seeded_random(1);
};

std::vector<std::filesystem::path> files_of(const std::filesystem::path& folder) {
    std::vector<std::filesystem::path> files;
    for (const auto& entry : std::filesystem::directory_iterator(folder)) {
        if (entry.is_regular_file()) files.push_back(entry.path());
    }
    std::ranges::sort(files);
    return files;
}

bytes contents(const std::filesystem::path& file) {
    std::ifstream in(file, std::ios::binary);
    bytes read{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
    if (!in) throw std::runtime_error(file.string() + ": cannot be read");
    return read;
}

// In memory of its own size, as libFuzzer gives it: a sanitizer sees the first byte too far.
void run(const bytes& one) {
    const auto block = std::make_unique_for_overwrite<std::uint8_t[]>(one.size());
    std::ranges::copy(one, block.get());
    LLVMFuzzerTestOneInput(block.get(), one.size());
}

void replay(const std::filesystem::path& folder) {
    const std::vector<std::filesystem::path> files = files_of(folder);
    if (files.empty()) throw std::runtime_error(folder.string() + ": holds no corpus");
    std::vector<bytes> all;
    for (const auto& file : files) all.push_back(contents(file));
    run({});
    mutator mutate(all);
    for (std::size_t i = 0; i < all.size(); ++i) {
        std::cerr << files[i].filename().string() << '\n';  // the last one named is to blame
        run(all[i]);
        for (int n = 0; n < mutations_of_each; ++n) run(mutate(all[i]));
    }
}

}  // namespace

int main(int argc, char** argv) {
    try {
        if (argc != 2) throw std::runtime_error("usage: replay_NAME FOLDER");
        replay(argv[1]);
    } catch (const std::exception& failed) {
        std::cerr << failed.what() << '\n';
        return 1;
    }
}

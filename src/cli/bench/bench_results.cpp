#include "cli/bench/bench_results.hpp"

#include "cli/lines/files.hpp"
#include "cli/trouble.hpp"
#include "load/document.hpp"
#include "load/text_report.hpp"
#include "load/unusable.hpp"

#include <algorithm>
#include <fcntl.h>
#include <sys/ioctl.h>
#include <unistd.h>

namespace getty::connect::cli {
namespace {

/// No document that this tool has written comes near it.
constexpr std::size_t max_document_bytes = std::size_t{256} * 1024 * 1024;

}  // namespace

load::measurement read_measurement(const std::string& path) {
    const core::descriptor file = open_file(path, O_RDONLY);
    std::string text;
    constexpr std::size_t piece = 64 * 1024;
    for (;;) {
        const std::size_t before = text.size();
        if (before > max_document_bytes) {
            throw usage_error(path + ": is no measurement, with more than 256 MiB");
        }
        text.resize(before + piece);
        const std::size_t count = read_some(file.get(), text.data() + before, piece, path);
        text.resize(before + count);
        if (count == 0) break;
    }
    try {
        return load::read_document(text, path);
    } catch (const load::unusable& why) {
        throw usage_error(why.what());
    }
}

result_file::result_file(const std::string& flag, const std::string& path) {
    if (!path.empty()) file_.emplace(flag, path, published_file::special::written);
}

void result_file::publish(const std::string& text) const {
    if (file_) file_->publish(text);
}

comparison compare(const load::measurement& before, const load::measurement& after, double tolerance,
                   bool anyway, std::size_t columns) {
    const std::vector<std::string> unlike = load::differences(before, after);
    if (!unlike.empty() && !anyway) {
        std::string all;
        for (const std::string& one : unlike) all += (all.empty() ? "" : "; ") + one;
        throw usage_error("the two measurements are of different plans (" + all +
                          "); measure the same, or compare them with --anyway");
    }
    const auto changes = load::changes(before, after, tolerance);
    const bool worse = std::ranges::any_of(
        changes, [](const load::figure_change& one) { return one.is == load::verdict::worse; });
    return {load::text_comparison(changes, unlike, columns), worse};
}

std::size_t report_columns() noexcept {
    winsize size{};
    if (::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0) return 80;
    return std::clamp<std::size_t>(size.ws_col, 80, 160);
}

}  // namespace getty::connect::cli

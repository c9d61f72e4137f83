#include "cli/report/published_file.hpp"

#include "cli/lines/files.hpp"
#include "cli/trouble.hpp"
#include "core/descriptor.hpp"

#include <cerrno>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

namespace getty::connect::cli {
namespace {

/// Behind all symbolic links; as it stands where there is no such file yet.
std::string real_path(const std::string& path) {
    char* resolved = ::realpath(path.c_str(), nullptr);
    if (resolved == nullptr) return path;
    std::string text(resolved);
    ::free(resolved);
    return text;
}

}  // namespace

published_file::published_file(const std::string& flag, const std::string& path, special how)
    : name_(flag + " " + path), path_(real_path(path)) {
    struct stat about{};
    if (::stat(path_.c_str(), &about) == 0) {
        if (S_ISDIR(about.st_mode)) throw usage_error(name_ + ": is a directory; name a file");
        in_place_ = !S_ISREG(about.st_mode);
        if (in_place_ && how == special::refused) {
            throw usage_error(name_ + ": is no file that can be replaced; name one on a disk");
        }
    }
    if (in_place_) {
        if (::access(path_.c_str(), W_OK) != 0) throw local_failure(name_ + ": " + system_words(errno));
        return;
    }
    try {
        const ingest::replacement trial(path_);
    } catch (const local_failure& why) {
        throw local_failure(flag + " " + why.what());
    }
}

void published_file::publish(std::string_view text) const {
    try {
        if (!in_place_) {
            replace_file(path_, text);
            return;
        }
        const core::descriptor file = open_file(path_, O_WRONLY | O_APPEND);
        if (const int failed = write_all(file.get(), text); failed != 0) {
            throw local_failure(path_ + ": " + ingest::write_failure(failed));
        }
    } catch (const local_failure& why) {
        throw local_failure(name_ + ": cannot be written: " + why.what());
    }
}

}  // namespace getty::connect::cli

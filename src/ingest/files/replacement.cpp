#include "ingest/files/replacement.hpp"

#include "core/random.hpp"
#include "ingest/files/files.hpp"

#include <getty/connect/ingest/trouble.hpp>

#include <cerrno>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

namespace getty::connect::ingest {
namespace {

/// `path` with six letters behind it that nobody else has chosen.
std::string name_beside(const std::string& path, core::random_source& random) {
    std::string name = path + '.';
    std::uint64_t number = random.next();
    for (int i = 0; i < 6; ++i) {
        name += static_cast<char>('a' + number % 26);
        number /= 26;
    }
    return name;
}

}  // namespace

replacement::replacement(std::string path) : path_(std::move(path)) {
    const auto random = core::system_random();
    // Not mkstemp, whose files have a mode of their own.
    for (int tries = 0; !file_.is_open() && tries < 100; ++tries) {
        beside_ = name_beside(path_, *random);
        file_ = core::descriptor(::open(beside_.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0666));
        if (!file_.is_open() && errno != EEXIST) break;
    }
    if (!file_.is_open()) {
        throw local_failure(path_ + ": a new file beside it cannot be made: " + system_words(errno));
    }
    struct stat about{};
    if (::stat(path_.c_str(), &about) != 0) return;
    // Best effort for the owner: others cannot give files away.
    [[maybe_unused]] const int owner = ::fchown(file_.get(), about.st_uid, about.st_gid);
    if (::fchmod(file_.get(), about.st_mode & 07777) == 0) return;
    const int failed = errno;
    ::unlink(beside_.c_str());
    throw local_failure(path_ + ": a new file beside it cannot have its mode: " + system_words(failed));
}

replacement::~replacement() {
    if (!placed_) ::unlink(beside_.c_str());
}

void replacement::take_place() {
    if (::rename(beside_.c_str(), path_.c_str()) != 0) {
        throw local_failure(path_ + ": the new file cannot take its place: " + system_words(errno));
    }
    placed_ = true;
}

void replace_file(const std::string& path, std::string_view text) {
    replacement with(path);
    if (const int failed = write_all(with.file().get(), text); failed != 0) {
        throw local_failure(path + ": " + write_failure(failed));
    }
    with.take_place();
}

}  // namespace getty::connect::ingest

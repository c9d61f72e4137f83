#include "ingest/files/files.hpp"

#include <getty/connect/ingest/trouble.hpp>

#include <boost/system/error_code.hpp>

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

namespace getty::connect::ingest {

core::descriptor open_file(const std::string& path, int flags) {
    const int descriptor = ::open(path.c_str(), flags | O_CLOEXEC, 0666);
    if (descriptor < 0) throw local_failure(path + ": " + system_words(errno));
    return core::descriptor(descriptor);
}

std::size_t read_some(int descriptor, char* to, std::size_t room, std::string_view what) {
    for (;;) {
        const ssize_t count = ::read(descriptor, to, room);
        if (count >= 0) return static_cast<std::size_t>(count);
        if (errno != EINTR) throw local_failure(std::string(what) + ": " + system_words(errno));
    }
}

core::descriptor reopened(int descriptor, int flags) {
    const std::string path = "/proc/self/fd/" + std::to_string(descriptor);
    return core::descriptor(::open(path.c_str(), flags | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
}

int write_all(int descriptor, std::string_view text) noexcept {
    while (!text.empty()) {
        const ssize_t count = ::write(descriptor, text.data(), text.size());
        if (count > 0) {
            text.remove_prefix(static_cast<std::size_t>(count));
        } else if (count == 0) {
            return EIO;  // takes nothing and gives no reason
        } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
            // Only when somebody else made a shared descriptor non-blocking.
            pollfd one{descriptor, POLLOUT, 0};
            if (::poll(&one, 1, -1) < 0 && errno != EINTR) return errno;
            if ((one.revents & POLLNVAL) != 0) return EBADF;
        } else if (errno != EINTR) {
            return errno;
        }
    }
    return 0;
}

namespace {

std::optional<file_identity> identity(int failed, const struct stat& about) noexcept {
    if (failed != 0 || !S_ISREG(about.st_mode)) return std::nullopt;
    return file_identity{about.st_dev, about.st_ino};
}

}  // namespace

std::optional<file_identity> identity_of(int descriptor) noexcept {
    struct stat about{};
    const int failed = ::fstat(descriptor, &about);
    return identity(failed, about);
}

std::optional<file_identity> identity_of(const std::string& path) noexcept {
    struct stat about{};
    const int failed = ::stat(path.c_str(), &about);
    return identity(failed, about);
}

std::string write_failure(int number) {
    const auto mend = [number] {
        switch (number) {
            case ENOSPC:
                return ": make room";
            case EDQUOT:
                return ": make room, or have the quota raised";
            case EFBIG:
                return ": raise the limit of a file's size (ulimit -f)";
            case EROFS:
                return ": make the file system writable";
            default:
                return "";
        }
    };
    return system_words(number) + mend();
}

std::string system_words(int number) {
    return boost::system::error_code(number, boost::system::system_category()).message();
}

std::string shell_quoted(std::string_view text) {
    const auto plain = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               std::string_view("_-./:@%+,=").find(c) != std::string_view::npos;
    };
    if (!text.empty() && std::all_of(text.begin(), text.end(), plain)) return std::string(text);
    std::string quoted = "'";
    for (const char c : text) {
        if (c == '\'') {
            quoted += "'\\''";
        } else {
            quoted += c;
        }
    }
    return quoted + "'";
}

void secret_wipe(char* bytes, std::size_t size) noexcept { ::explicit_bzero(bytes, size); }

}  // namespace getty::connect::ingest

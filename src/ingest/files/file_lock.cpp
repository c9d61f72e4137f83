#include "ingest/files/file_lock.hpp"

#include "ingest/files/files.hpp"

#include <getty/connect/ingest/trouble.hpp>

#include <cerrno>
#include <cstdio>
#include <fcntl.h>
#include <fstream>
#include <string>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

namespace getty::connect::ingest {
namespace {

// "process 4711", as far as the system tells.
std::string holder_of(int descriptor) {
    struct stat about{};
    if (::fstat(descriptor, &about) != 0) return "another process";
    char wanted[64];
    std::snprintf(wanted, sizeof wanted, "%02x:%02x:%llu", major(about.st_dev), minor(about.st_dev),
                  static_cast<unsigned long long>(about.st_ino));
    // 1: FLOCK  ADVISORY  WRITE 4711 fe:00:1234 0 EOF
    std::ifstream locks("/proc/locks");
    std::string number;
    std::string kind;
    std::string advisory;
    std::string access;
    std::string process;
    std::string file;
    std::string rest;
    while (locks >> number >> kind >> advisory >> access >> process >> file && std::getline(locks, rest)) {
        if (kind == "FLOCK" && file == wanted && process != "0" && process != "-1")
            return "process " + process;
    }
    return "another process";
}

}  // namespace

void lock_file(int descriptor, const std::string& name) {
    int failed = 0;
    while ((failed = ::flock(descriptor, LOCK_EX | LOCK_NB)) != 0 && errno == EINTR) continue;
    if (failed == 0) return;
    // A file system without locks has no second run to be protected from that would know of them.
    if (errno != EWOULDBLOCK) return;
    throw local_failure(name + ": is being written by " + holder_of(descriptor) +
                        "; wait for its end, or name another file");
}

core::descriptor open_locked(const std::string& path) {
    for (;;) {
        core::descriptor file = open_file(path, O_RDWR | O_CREAT);
        lock_file(file.get(), path);
        if (identity_of(file.get()) == identity_of(path)) return file;
    }
}

}  // namespace getty::connect::ingest

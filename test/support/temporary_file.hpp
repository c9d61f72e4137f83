// A file that goes when the test ends.
#pragma once

#include <fstream>
#include <stdlib.h>
#include <string>
#include <sys/stat.h>
#include <unistd.h>

namespace getty::connect::test {

class temporary_file {
public:
    temporary_file(const std::string& text, mode_t mode) {
        const int descriptor = ::mkstemp(path_.data());
        ::close(descriptor);
        std::ofstream(path_) << text;
        ::chmod(path_.c_str(), mode);
    }
    ~temporary_file() { ::unlink(path_.c_str()); }
    temporary_file(const temporary_file&) = delete;
    temporary_file& operator=(const temporary_file&) = delete;
    [[nodiscard]] const std::string& path() const { return path_; }

private:
    std::string path_ = "/tmp/getty-connect-test-XXXXXX";
};

}  // namespace getty::connect::test

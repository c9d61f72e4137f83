// A file that takes another's place in one step, so that nobody reads half of it.
#pragma once

#include "core/descriptor.hpp"

#include <string>
#include <string_view>

namespace getty::connect::ingest {

/// A new file beside `path`, which takes its place or goes away again. It has the mode and, where the system
/// allows it, the owner of the file that is there, else those of any new file (0666 less the umask). `path`
/// should name the file itself: a symbolic link would be replaced.
class replacement {
public:
    /// Throws `local_failure` that names the path.
    explicit replacement(std::string path);
    ~replacement();
    replacement(const replacement&) = delete;
    replacement& operator=(const replacement&) = delete;

    [[nodiscard]] core::descriptor& file() noexcept { return file_; }
    /// Throws `local_failure`, and nothing has changed then.
    void take_place();

private:
    std::string path_;
    std::string beside_;
    core::descriptor file_;
    bool placed_ = false;
};

/// Writes the whole text to a new file that takes the place of `path` in one step. Throws `local_failure`.
void replace_file(const std::string& path, std::string_view text);

}  // namespace getty::connect::ingest

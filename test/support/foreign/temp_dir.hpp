// A directory of a test's own.
#pragma once

#include <filesystem>
#include <string_view>

namespace getty::connect::test {

/// Makes a fresh directory under $TMPDIR (or /tmp) and removes it, with all in it, when it goes.
class temp_dir {
public:
    /// Throws std::system_error when the directory cannot be made.
    temp_dir();
    ~temp_dir();
    temp_dir(const temp_dir&) = delete;
    temp_dir& operator=(const temp_dir&) = delete;

    [[nodiscard]] const std::filesystem::path& path() const noexcept { return path_; }

private:
    std::filesystem::path path_;
};

/// Replaces the file's content. Throws std::runtime_error when that fails.
void write_file(const std::filesystem::path& file, std::string_view content);

/// The file's content, empty when there is no such file.
[[nodiscard]] std::string read_file(const std::filesystem::path& file);

}  // namespace getty::connect::test

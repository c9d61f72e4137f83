// A file that others read while we write it: they see the old text or the new one.
#pragma once

#include <string>
#include <string_view>

namespace getty::connect::cli {

/// Each text takes the place of the one before in one step. Where `path` is a symbolic link, the file that it
/// names is the one.
class published_file {
public:
    /// What to do with a path that names a pipe or a device, which cannot be replaced.
    enum class special { refused, written };

    /// Tries out whether a file can be put there, and leaves what is there as it was. Throws
    /// `usage_error` for a directory, and for a pipe or device where they are refused; `local_failure` where
    /// nothing can be written. Messages begin with `flag` and the path.
    published_file(const std::string& flag, const std::string& path, special how);

    /// A pipe or device: `publish` may wait for whoever reads it.
    [[nodiscard]] bool is_special() const noexcept { return in_place_; }

    /// Throws `local_failure`.
    void publish(std::string_view text) const;

private:
    std::string name_;
    std::string path_;
    bool in_place_ = false;
};

}  // namespace getty::connect::cli

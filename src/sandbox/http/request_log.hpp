// What was asked for and how it was answered, a line per lookup and id.
#pragma once

#include "core/descriptor.hpp"

#include <getty/connect/result.hpp>

#include <chrono>
#include <cstdint>
#include <span>
#include <string>

namespace getty::connect::sandbox {

/// An NDJSON file that is appended to, all lines of a request at once. Not thread-safe.
class request_log {
public:
    struct line {
        std::string id;
        int status = 0;
    };

    /// Opens or creates the file. `errc::invalid_option`; the text names the file, the reason and the mend.
    [[nodiscard]] static result<request_log> open(const std::string& path);

    /// Writes the lines before it returns. After a failure, which is returned once, nothing is written any
    /// more, so that at most one line is cut.
    [[nodiscard]] result<void> write(std::chrono::sys_seconds time, std::uint64_t request,
                                     std::span<const line> lines);

private:
    request_log(std::string path, core::descriptor file);

    std::string path_;
    core::descriptor file_;  // closed after a failure
    std::string buffer_;
};

}  // namespace getty::connect::sandbox

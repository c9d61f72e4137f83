// Images from a file, served byte for byte.
#pragma once

#include <getty/connect/result.hpp>

#include <cstddef>
#include <string>
#include <string_view>
#include <unordered_map>

namespace getty::connect::sandbox {

/// The records of one NDJSON file by image id, held in memory.
///
/// A line is an image (an object with a text member `ImageId`), or an object with such an image in its member
/// `image`. Blank lines, and objects with an `error` and no image, are passed over.
class catalogue_file {
public:
    /// `invalid_source`; the text names file, line, reason and mend.
    [[nodiscard]] static result<catalogue_file> load(const std::string& path);
    /// The same for text already read; `name` stands for the path in errors.
    [[nodiscard]] static result<catalogue_file> parse(std::string text, std::string_view name);

    /// The image's bytes as they are in the file; empty when it is not there. Valid as long as this object.
    [[nodiscard]] std::string_view find(std::string_view id) const;
    [[nodiscard]] std::size_t size() const noexcept { return records_.size(); }

private:
    struct record {
        std::size_t offset, length, line;
    };

    std::string text_;
    std::unordered_map<std::string, record> records_;
};

}  // namespace getty::connect::sandbox

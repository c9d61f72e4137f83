// Images from a file, served byte for byte.
#pragma once

#include <getty/connect/result.hpp>

#include <array>
#include <cstddef>
#include <string>
#include <string_view>
#include <unordered_map>

namespace getty::connect::sandbox {

/// The dialect that a record is written for.
enum class record_form { connect, v3 };

/// The records of one NDJSON file by image id, held in memory.
///
/// A line is an image (an object with a text member `ImageId`, or `id` as in v3), or an object with such an
/// image in its member `image`. Blank lines, and objects with an `error` and no image, are passed over. Each
/// record serves the dialect of its form alone, so that an id may be there once in either.
class catalogue_file {
public:
    /// `invalid_source`; the text names file, line, reason and mend.
    [[nodiscard]] static result<catalogue_file> load(const std::string& path);
    /// The same for text already read; `name` stands for the path in errors.
    [[nodiscard]] static result<catalogue_file> parse(std::string text, std::string_view name);

    /// The image's bytes as they are in the file; empty when it is not there. Valid as long as this object.
    [[nodiscard]] std::string_view find(std::string_view id, record_form form = record_form::connect) const;
    [[nodiscard]] std::size_t size() const noexcept { return records_[0].size() + records_[1].size(); }

private:
    struct record {
        std::size_t offset, length, line;
    };

    std::string text_;
    std::array<std::unordered_map<std::string, record>, 2> records_;  // by form
};

}  // namespace getty::connect::sandbox

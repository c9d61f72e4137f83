// Parts of an image by name: what a table's columns are made of.
#pragma once

#include <getty/connect/ingest/sink.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace getty::connect::ingest {

/// Picks columns out of images. "id" is the id that was asked for; any other name is a path into the image,
/// its members parted by dots, which maps over arrays on its way. Not safe for concurrent use.
class column_picker {
public:
    column_picker(std::vector<std::string> names, array_form arrays);

    [[nodiscard]] const std::vector<std::string>& names() const noexcept { return names_; }
    /// A line of CSV (RFC 4180) with the names, and its LF.
    void append_header(std::string& to) const;
    /// A line of CSV with the values; what is not there or null is empty.
    void append_row(std::string& to, std::string_view id, std::string_view image) const;
    /// `{"id":"…","image":{…}}` with these members alone, under the names they were asked by; without a line
    /// end. `meta`: a JSON object that becomes a member of this name, or empty.
    void append_object(std::string& to, std::string_view id, std::string_view image,
                       std::string_view meta) const;

private:
    std::vector<std::string> names_;
    array_form arrays_;
};

/// Appends a field of CSV, in quotes where it needs them.
void append_csv_field(std::string& to, std::string_view text);

}  // namespace getty::connect::ingest

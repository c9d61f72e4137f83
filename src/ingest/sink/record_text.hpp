// A record as a file has it.
#pragma once

#include "ingest/resume/journal_scanner.hpp"
#include "ingest/sink/columns.hpp"

#include <getty/connect/ingest/sink.hpp>

#include <optional>
#include <string>

namespace getty::connect::ingest {

/// Makes the text of records, and knows how it is read again.
class record_text {
public:
    /// Throws `unusable` for options that do not fit each other. `form` is not automatic.
    record_text(const std::string& name, sink_form form, const sink_options& options);

    /// What a file begins with; empty but for CSV.
    [[nodiscard]] std::string header() const;
    /// With its line end. Throws `unusable` for a failure that has no place in CSV.
    void append(std::string& to, const record& one) const;
    [[nodiscard]] const journal_layout& layout() const noexcept { return layout_; }
    [[nodiscard]] line_reader reader() const noexcept { return layout_.reader(); }

private:
    std::string name_;
    journal_layout layout_;
    std::optional<column_picker> columns_;
};

}  // namespace getty::connect::ingest

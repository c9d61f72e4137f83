#include "ingest/sink/record_text.hpp"

#include <algorithm>

namespace getty::connect::ingest {

record_text::record_text(const std::string& name, sink_form form, const sink_options& options) : name_(name) {
    const bool csv = form == sink_form::csv;
    layout_.is = csv                                 ? journal_layout::form::csv
                 : options.lines() == line_kind::raw ? journal_layout::form::raw
                                                     : journal_layout::form::typed;
    layout_.columns = options.columns();
    layout_.images_of = options.images_of();
    if (layout_.is == journal_layout::form::raw && !layout_.columns.empty()) {
        throw unusable(name +
                       ": raw lines are the image as it is, and columns were named; leave out one of them");
    }
    if (csv && std::ranges::count(layout_.columns, "id") != 1) {
        throw unusable(name +
                       ": a table needs columns, \"id\" once among them; name them, as in id,Title,Artist");
    }
    if (std::ranges::find(layout_.columns, "") != layout_.columns.end()) {
        throw unusable(name + ": a column has no name");
    }
    if (!layout_.columns.empty()) columns_.emplace(layout_.columns, options.arrays());
}

std::string record_text::header() const {
    std::string text;
    if (layout_.is == journal_layout::form::csv) columns_->append_header(text);
    return text;
}

void record_text::append(std::string& to, const record& one) const {
    if (layout_.is == journal_layout::form::csv) {
        if (one.why != nullptr) {
            throw unusable(name_ + ": a table has no place for failures; name a file for these");
        }
        columns_->append_row(to, one.id, one.image);
        return;
    }
    if (columns_ && one.why == nullptr) {
        columns_->append_object(to, one.id, one.image, one.meta);
    } else {
        to += one.line;
    }
    to += '\n';
}

}  // namespace getty::connect::ingest

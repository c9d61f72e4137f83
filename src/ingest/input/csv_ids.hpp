// One column of CSV or TSV, as ids.
#pragma once

#include "ingest/input/csv_splitter.hpp"
#include "ingest/input/id_cutter.hpp"

#include <string>
#include <vector>

namespace getty::connect::ingest {

/// Which column holds the ids.
struct csv_rules {
    char separator = ',';
    /// A number from 1: that one, and there is no header. A name: the one that the header, the first record,
    /// calls so. Empty: the one that the header calls id or ImageId, however spelled; or the only one.
    std::string column;
};

/// Records to ids, by `csv_splitter`: one `id_line` for each, but the header.
///
/// A record with more or fewer fields than the first one is a trouble, for nobody knows which field is which;
/// so are an empty field and one that cannot be an id (see `id_trouble`). Wrong as a whole is a file whose
/// first bytes are packed, UTF-16 or binary, or that has no such column.
class csv_ids final : public id_cutter {
public:
    explicit csv_ids(csv_rules rules);

    [[nodiscard]] std::span<char> room() override { return splitter_.room(); }
    void filled(std::size_t count) noexcept override { splitter_.filled(count); }
    void finish() noexcept override { splitter_.finish(); }
    [[nodiscard]] std::optional<id_line> next() override;
    [[nodiscard]] std::size_t held_bytes() const noexcept override { return splitter_.held_bytes(); }
    [[nodiscard]] const std::string& wrong() const noexcept override { return wrong_; }

private:
    /// False: it is a header, or wrong as a whole.
    [[nodiscard]] bool first_is_data(const csv_record& first);
    [[nodiscard]] id_line read(const csv_record& record) const;

    csv_rules rules_;
    csv_splitter splitter_;
    bool begun_ = false;
    std::size_t width_ = 0;   // fields of the first record
    std::size_t column_ = 0;  // from 0
    std::string subject_;     // `its column "id"`
    std::string wrong_;
};

}  // namespace getty::connect::ingest

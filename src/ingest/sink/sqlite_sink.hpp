// A sink over an SQLite database.
#pragma once

#include "core/descriptor.hpp"

#include <getty/connect/ingest/sink.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace getty::connect::ingest {

/// Tables `images` (id, occurrences, at, attempts, image) and `failures` (id, occurrences, at, attempts,
/// code, kind, error, run), a row for each id, in transactions of what is written at a time. In write-ahead
/// mode, so that others may read meanwhile.
class sqlite_sink final : public sink {
public:
    sqlite_sink(std::string path, const sink_options& options);
    ~sqlite_sink() override;

    [[nodiscard]] const std::string& name() const noexcept override { return path_; }
    [[nodiscard]] bool resumes() const noexcept override { return existing_ == existing::resumed; }
    boost::asio::awaitable<void> recover(recovery& into) override;
    void begin() override;
    void append(const record& one) override;
    [[nodiscard]] bool full() const noexcept override;
    void write() override;
    boost::asio::awaitable<void> drained() override;
    void sync() override;
    [[nodiscard]] std::uint64_t written() const noexcept override { return written_; }
    [[nodiscard]] std::uint64_t durable() const noexcept override { return durable_; }
    [[nodiscard]] bool forgets() const noexcept override { return true; }
    void forget(const drop_rule& drop) override;

private:
    struct database;

    void require_same_images() const;

    std::string path_;
    existing existing_;
    std::optional<dialect> images_of_;
    core::descriptor lock_;  // outlives the database: to close it would give up SQLite's own locks
    std::unique_ptr<database> database_;
    bool begun_ = false;
    bool recovered_ = false;
    bool created_ = false;
    bool in_transaction_ = false;
    std::size_t buffered_bytes_ = 0;
    std::uint64_t appended_ = 0;
    std::uint64_t written_ = 0;
    std::uint64_t durable_ = 0;
    std::int64_t run_ = 1;  // tells the failures of this run from those before
};

}  // namespace getty::connect::ingest

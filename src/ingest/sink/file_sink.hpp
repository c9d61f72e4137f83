// A sink over one file, which is its own journal.
#pragma once

#include "ingest/files/output_file.hpp"
#include "ingest/sink/record_text.hpp"

#include <getty/connect/ingest/sink.hpp>

#include <cstdint>
#include <optional>
#include <string>

namespace getty::connect::ingest {

class file_sink final : public sink {
public:
    /// Opens and locks. Throws as `open_sink`.
    file_sink(std::string path, record_text text, const sink_options& options);
    ~file_sink() override;

    [[nodiscard]] const std::string& name() const noexcept override { return path_; }
    [[nodiscard]] bool resumes() const noexcept override { return resumes_; }
    boost::asio::awaitable<void> recover(recovery& into) override;
    void begin() override;
    void append(const record& one) override;
    [[nodiscard]] bool full() const noexcept override { return file_->full(); }
    void write() override { file_->write(); }
    boost::asio::awaitable<void> drained() override;
    void sync() override { file_->sync(); }
    [[nodiscard]] std::uint64_t written() const noexcept override {
        return before_written_ + file_->written_lines();
    }
    [[nodiscard]] std::uint64_t durable() const noexcept override {
        return before_durable_ + file_->durable_lines();
    }
    [[nodiscard]] bool forgets() const noexcept override { return true; }
    void forget(const drop_rule& drop) override;
    void finish() override { file_->complete(); }

private:
    std::string path_;
    record_text text_;
    coding coding_;
    std::size_t member_bytes_;
    std::optional<output_file> file_;
    bool resumes_ = false;
    bool recovered_ = false;
    bool created_ = false;
    bool begun_ = false;
    journal_scanner::end found_;  // nothing unless recovered
    std::uint64_t before_written_ = 0;
    std::uint64_t before_durable_ = 0;
    std::string line_;
};

/// What `open_sink` says of a file that holds something.
[[noreturn]] void refuse_existing(const std::string& path);
/// Of one that was to be gone on with, and was never read.
[[noreturn]] void refuse_unread(const std::string& path);

}  // namespace getty::connect::ingest

// A sink over a series of files, each of which is complete as soon as its name is.
#pragma once

#include "core/descriptor.hpp"
#include "ingest/files/output_file.hpp"
#include "ingest/files/sha256.hpp"
#include "ingest/sink/record_text.hpp"

#include <getty/connect/ingest/sink.hpp>

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace getty::connect::ingest {

/// `images-%05d.ndjson`: names with a number in them.
struct shard_pattern {
    std::string before;  ///< with the folder
    unsigned width = 0;
    std::string after;

    /// Nothing when there is no `%0Nd`, or more than one.
    [[nodiscard]] static std::optional<shard_pattern> parse(std::string_view path);
    [[nodiscard]] std::string name(std::uint64_t number) const;
    /// The number in a file name of this series, without the folder.
    [[nodiscard]] std::optional<std::uint64_t> number_in(std::string_view file_name) const;
    [[nodiscard]] std::string folder() const;
    [[nodiscard]] std::string manifest() const;
};

/// Whether `other` names one of the files that a sink over `output` makes beside or in the place of it:
/// members of a series, complete or not, its manifest, SQLite's side files. By name: they need not be there
/// yet.
[[nodiscard]] bool is_made_by(const std::string& output, const std::string& other);

/// Vocabulary: a shard is *open* under its name and `.part`, of which there is one at most, and *complete*
/// under its name. A complete shard is never written to again.
class shard_sink final : public sink {
public:
    /// Locks the series. Throws as `open_sink`.
    shard_sink(shard_pattern pattern, record_text text, const sink_options& options);
    ~shard_sink() override;

    [[nodiscard]] const std::string& name() const noexcept override { return name_; }
    [[nodiscard]] bool resumes() const noexcept override { return existing_ == existing::resumed; }
    boost::asio::awaitable<void> recover(recovery& into) override;
    void begin() override;
    void append(const record& one) override;
    [[nodiscard]] bool full() const noexcept override { return open_ && open_->full(); }
    void write() override;
    boost::asio::awaitable<void> drained() override;
    void sync() override;
    [[nodiscard]] std::uint64_t written() const noexcept override;
    [[nodiscard]] std::uint64_t durable() const noexcept override;
    void finish() override;

private:
    /// What is known of a complete shard.
    struct shard {
        std::uint64_t lines = 0;
        std::string sha256;  // empty: not known
    };

    void look_around();
    void refuse_other_series() const;
    void open_next();
    void open_part(std::uint64_t number, std::uint64_t keep_bytes);
    void complete();
    void remove_all();
    void write_manifest();

    shard_pattern pattern_;
    std::string name_;
    record_text text_;
    coding coding_;
    existing existing_;
    std::uint64_t lines_per_file_;
    std::size_t member_bytes_;
    core::descriptor lock_;  // of the manifest's `.part`
    bool begun_ = false;
    bool recovered_ = false;

    std::map<std::uint64_t, shard> shards_;  // complete, by number
    std::optional<std::uint64_t> part_;      // found
    journal_scanner::end part_end_;          // of that, once recovered
    std::uint64_t number_ = 0;               // of the open one
    std::uint64_t open_lines_ = 0;           // in it
    std::optional<output_file> open_;
    std::optional<sha256> hash_;  // of the open one, unless it was begun by an earlier run
    std::uint64_t before_ = 0;    // records of this run in complete shards, which are durable
    std::string line_;
};

}  // namespace getty::connect::ingest

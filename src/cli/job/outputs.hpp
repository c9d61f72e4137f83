// The files of a run: where its ids come from, and where their outcomes go.
#pragma once

#include "cli/args/arguments.hpp"
#include "cli/report/console.hpp"

#include <getty/connect/ingest/sink.hpp>
#include <getty/connect/ingest/source.hpp>

#include <boost/asio/any_io_executor.hpp>

#include <memory>
#include <string>
#include <vector>

namespace getty::connect::cli {

/// The ids of a command line, "id 2 of the command line" in messages.
class argument_source final : public ingest::source {
public:
    explicit argument_source(const std::vector<std::string>& ids) : ids_(ids) {}
    boost::asio::awaitable<std::optional<ingest::occurrence>> next() override;
    void stop() noexcept override { stopped_ = true; }

private:
    const std::vector<std::string>& ids_;
    std::size_t next_ = 0;
    bool stopped_ = false;
};

/// Failures as messages, where no file has a place for them. In words, or as lines of JSON.
class message_sink final : public ingest::sink {
public:
    enum class form { words, json };

    message_sink(console& tell, form how) : console_(tell), form_(how) {}
    [[nodiscard]] const std::string& name() const noexcept override { return name_; }
    void begin() override {}
    void append(const ingest::record& one) override;
    [[nodiscard]] bool full() const noexcept override { return false; }
    void write() override {}
    boost::asio::awaitable<void> drained() override;
    void sync() override {}
    [[nodiscard]] std::uint64_t written() const noexcept override { return written_; }
    [[nodiscard]] std::uint64_t durable() const noexcept override { return written_; }

private:
    console& console_;
    form form_;
    std::string name_ = "standard error";
    std::uint64_t written_ = 0;
};

/// What a run reads and writes, open. `errors` is null where failures stand between the images.
struct run_files {
    std::unique_ptr<ingest::source> ids;
    std::unique_ptr<ingest::sink> output;
    std::unique_ptr<ingest::sink> errors;
    bool ids_are_typed = false;  ///< somebody types them at a terminal
};

/// Whether a run can go on with this output: a disk file, there already or not.
[[nodiscard]] bool can_be_gone_on_with(const std::string& output);

/// Opens what the arguments name, and refuses files that would be written to and used otherwise at the same
/// time. Throws `usage_error` and `local_failure`; nothing was changed then.
[[nodiscard]] run_files open_files(const boost::asio::any_io_executor& executor, const arguments& wanted,
                                   console& tell);
/// The ids alone.
[[nodiscard]] std::unique_ptr<ingest::source> open_ids(const boost::asio::any_io_executor& executor,
                                                       const lookup_arguments& wanted);

}  // namespace getty::connect::cli

// Ids out of files, pipes and terminals, read no further ahead than one buffer.
#pragma once

#include "core/descriptor.hpp"
#include "ingest/files/shared_descriptor.hpp"
#include "ingest/input/intake.hpp"
#include "ingest/resume/key_table.hpp"

#include <getty/connect/ingest/input.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <algorithm>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <vector>

namespace getty::connect::ingest {

/// Keys that nobody else knows.
[[nodiscard]] id_keys random_keys();

/// One file, open.
class file_input {
public:
    /// `path` is a file or "-". Throws as `open_input`.
    file_input(const boost::asio::any_io_executor& executor, const std::string& path,
               const input_options& how);

    /// The next line that can be had without waiting, and the next line; nothing at the end. Throw
    /// `local_failure` and `unusable`.
    std::optional<id_line> try_next();
    boost::asio::awaitable<std::optional<id_line>> next();
    /// Nothing further will come.
    [[nodiscard]] bool ended() const noexcept { return stopped_ || (at_end_ && !must_wait_); }
    void stop() noexcept;

    [[nodiscard]] const std::string& name() const noexcept { return name_; }
    /// Of which lines were handed out, unlike those that were read ahead.
    [[nodiscard]] std::uint64_t bytes_taken() const noexcept {
        return bytes_read_ - std::min<std::uint64_t>(bytes_read_, intake_.held_bytes());
    }
    /// 0: not known.
    [[nodiscard]] std::uint64_t size_bytes() const noexcept { return size_bytes_; }
    [[nodiscard]] int descriptor() const noexcept { return input_->get(); }

private:
    void refuse_wrong_file(const input_options& how) const;
    void fill();
    boost::asio::awaitable<void> wait();

    std::string name_;
    core::descriptor own_file_;
    std::optional<shared_descriptor> input_;
    intake intake_;
    std::uint64_t bytes_read_ = 0;
    std::uint64_t size_bytes_ = 0;
    bool must_wait_ = false;  // nothing was there when it was read last
    bool at_end_ = false;
    bool stopped_ = false;
};

/// Several of them, one after the other.
class file_source final : public source {
public:
    file_source(const boost::asio::any_io_executor& executor, const std::vector<std::string>& paths,
                const input_options& how, id_keys keys);

    std::optional<occurrence> try_next() override;
    boost::asio::awaitable<std::optional<occurrence>> next() override;
    void stop() noexcept override;
    [[nodiscard]] std::optional<unsigned> percent_read() const noexcept override;

private:
    [[nodiscard]] bool is_repeated(const id_line& line);
    [[nodiscard]] std::optional<occurrence> made_of(file_input& file, id_line&& line);
    void file_ended();

    std::deque<file_input> files_;  // the first is being read
    std::uint64_t bytes_before_ = 0;
    std::uint64_t size_bytes_ = 0;  // of all; 0: not known
    std::uint64_t next_ticket_ = 0;
    bool drops_repeats_ = false;
    bool stopped_ = false;
    id_keys keys_;
    key_table<std::uint32_t> seen_;
};

}  // namespace getty::connect::ingest

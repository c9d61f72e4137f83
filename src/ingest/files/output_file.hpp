// One file of whole lines, plain or packed in members, that is gone on with.
#pragma once

#include "core/descriptor.hpp"
#include "ingest/files/unpacker.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace getty::connect::ingest {

/// Packs what is appended into members (gzip) or frames (zstd) that are whole each.
class packer {
public:
    explicit packer(coding how);
    ~packer();
    packer(packer&&) noexcept;
    packer& operator=(packer&&) noexcept;

    /// Adds text to the member under way.
    void append(std::string_view text);
    /// Ends the member; the whole of it is appended to `to`.
    void end_member(std::string& to);
    [[nodiscard]] std::size_t member_bytes() const noexcept;

private:
    struct state;
    std::unique_ptr<state> state_;
};

/// Writes lines to a disk file, in place.
///
/// Vocabulary: what was appended is *buffered*, then *written* (the system has it), then *durable*. A packed
/// file is written member by member.
///
/// Invariants: the file ends behind a whole line or member whenever a member function returns or throws;
/// after a failure it ends where the last one that was written completely ends. Concurrency: one thread.
class output_file {
public:
    /// `file` is open for writing; what is behind `keep_bytes` is cut off by `begin`.
    output_file(std::string name, core::descriptor file, coding how, std::size_t member_bytes);

    void begin(std::uint64_t keep_bytes);
    /// From now on each write looks whether the file is still there under its name, and as long as it should
    /// be.
    void watch_place() noexcept { watches_place_ = true; }
    /// Calls `each` with what was written, whole units, in order.
    void tell_written(std::function<void(std::string_view bytes)> each) { told_ = std::move(each); }
    /// Whole lines with their ends, `lines` of them, which stay or go together.
    void append(std::string_view text, std::uint64_t lines);
    [[nodiscard]] bool full() const noexcept { return buffer_.size() >= buffer_bytes; }
    /// Throws `local_failure`.
    void write();
    /// The member under way is whole, and everything written.
    void write_all();
    /// And durable.
    void sync();
    /// Nothing follows: a packed file that nothing was written to gets a member that is empty.
    void complete();

    [[nodiscard]] std::uint64_t written_lines() const noexcept { return written_lines_; }
    [[nodiscard]] std::uint64_t durable_lines() const noexcept { return durable_lines_; }
    [[nodiscard]] std::uint64_t appended_lines() const noexcept { return appended_lines_; }
    /// Where the last whole line or member ends.
    [[nodiscard]] std::uint64_t size_bytes() const noexcept { return size_bytes_; }
    [[nodiscard]] int descriptor() const noexcept { return file_.get(); }
    [[nodiscard]] const std::string& name() const noexcept { return name_; }

private:
    static constexpr std::size_t buffer_bytes = 256 * 1024;

    void end_member();
    void count_written(std::size_t bytes);
    void require_untouched();
    [[noreturn]] void fail(int number);

    std::string name_;
    core::descriptor file_;
    std::unique_ptr<packer> packer_;  // of a packed file
    std::size_t most_member_bytes_;
    /// Something whole in the buffer: what was appended at a time, or a member.
    struct unit {
        std::size_t end = 0;
        std::uint64_t lines = 0;
    };

    std::string buffer_;  // to be written: whole units
    std::vector<unit> units_;
    std::uint64_t member_lines_ = 0;  // in the member under way
    std::uint64_t size_bytes_ = 0;
    std::uint64_t appended_lines_ = 0;
    std::uint64_t written_lines_ = 0;
    std::uint64_t durable_lines_ = 0;
    bool failed_ = false;
    bool watches_place_ = false;
    std::function<void(std::string_view)> told_;
};

}  // namespace getty::connect::ingest

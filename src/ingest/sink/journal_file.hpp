// A journal's file, read a piece at a time so that others have their turn.
#pragma once

#include "core/descriptor.hpp"
#include "ingest/resume/journal_scanner.hpp"

#include <getty/connect/ingest/sink.hpp>

#include <boost/asio/awaitable.hpp>

#include <string>

namespace getty::connect::ingest {

/// Of a file name: how it is packed.
[[nodiscard]] coding coding_by_name(std::string_view name) noexcept;
/// What is in it, packed or not: `sink_form::automatic` is this.
[[nodiscard]] sink_form form_by_name(std::string_view name) noexcept;

/// What `recovery` calls a line.
[[nodiscard]] journaled journaled_as(written_line::what what) noexcept;

/// Reads the file from its beginning to its end. Throws `local_failure` and `unusable`.
[[nodiscard]] boost::asio::awaitable<journal_scanner::end> read_journal(int descriptor, std::string name,
                                                                        coding how,
                                                                        const journal_layout& layout,
                                                                        line_reader& reader, recovery& into);

/// A file that has taken another's place: open and locked.
struct rewritten {
    core::descriptor file;
    std::uint64_t bytes = 0;
    std::uint64_t lines = 0;
};
/// Writes a copy without the lines that `drop` says, asked for the failures among the first `old_lines`, and
/// puts it in the place of `path` in one step. Throws `local_failure`, and nothing has changed then.
[[nodiscard]] rewritten rewrite_journal(int descriptor, const std::string& path, coding how,
                                        std::size_t member_bytes, const journal_layout& layout,
                                        std::uint64_t old_lines, const sink::drop_rule& drop);

}  // namespace getty::connect::ingest

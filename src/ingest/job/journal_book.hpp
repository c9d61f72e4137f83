// Which occurrences have their outcome already, and which old failures have been replaced.
#pragma once

#include "ingest/resume/key_table.hpp"

#include <getty/connect/ingest/job.hpp>
#include <getty/connect/ingest/sink.hpp>

#include <cstdint>
#include <string_view>

namespace getty::connect::ingest {

/// Vocabulary: an entry of the journal *counts* when its occurrence is not asked for again; the others are
/// *open*: failures that are to be retried. An open entry's line stays until the run ends.
///
/// Invariant: of an id's occurrences in the input the first are skipped, as many as it has entries that
/// count. A run that was killed may leave more open entries than there are occurrences, some of them replaced
/// already; so when the input was read to its end, all open entries of an id go, but one for each occurrence
/// that was handed back. When it was not, as many go as were answered.
///
/// Memory: at most 26 bytes for each id in the journal, and 26 for each with an open entry. Pure; not safe
/// for concurrent use.
class journal_book {
public:
    journal_book(retry_failed which, id_keys keys) noexcept : which_(which), keys_(keys) {}

    void entry(std::string_view key, journaled what, std::uint64_t count);

    /// An occurrence comes from the input. True: it has its outcome.
    [[nodiscard]] bool skip(std::string_view key);
    /// One that was not skipped has a line of this run now.
    void answered(std::string_view key);
    /// One that was not skipped was never asked for.
    void handed_back(std::string_view key);

    [[nodiscard]] bool has_open() const noexcept { return open_.size() > 0; }
    [[nodiscard]] bool empty() const noexcept { return done_.size() == 0 && open_.size() == 0; }
    /// From now on `drop` speaks for an input that was read to its end.
    void input_ended() noexcept { input_ended_ = true; }
    /// Whether the next open entry of the key, in the order of the journal, is to go.
    [[nodiscard]] bool drop(std::string_view key, journaled what);

private:
    struct open_entry {
        std::uint16_t answered = 0;
        std::uint16_t handed_back : 15 = 0;
        std::uint16_t seen : 1 = 0;  // in the input
    };

    retry_failed which_;
    id_keys keys_;
    key_table<std::uint32_t> done_;  // how often it may still be skipped
    key_table<open_entry> open_;
    bool input_ended_ = false;
};

}  // namespace getty::connect::ingest

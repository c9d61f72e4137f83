#include "ingest/job/journal_book.hpp"

#include <algorithm>
#include <limits>

namespace getty::connect::ingest {
namespace {

constexpr unsigned most = 0x7FFF;

bool is_retried(retry_failed which, journaled what) noexcept {
    if (what == journaled::found) return false;
    return which == retry_failed::all ||
           (which == retry_failed::transient && what == journaled::failed_for_now);
}

}  // namespace

void journal_book::entry(std::string_view key, journaled what, std::uint64_t count) {
    if (is_retried(which_, what)) {
        (void)open_.at(keys_(key));
        return;
    }
    std::uint32_t& done = done_.at(keys_(key));
    constexpr std::uint64_t limit = std::numeric_limits<std::uint32_t>::max();
    done = static_cast<std::uint32_t>(std::min(limit, done + count));
}

bool journal_book::skip(std::string_view key) {
    if (empty()) return false;
    const id_key found = keys_(key);
    if (open_entry* open = open_.find(found)) open->seen = 1;
    std::uint32_t* done = done_.find(found);
    if (done == nullptr || *done == 0) return false;
    --*done;
    return true;
}

void journal_book::answered(std::string_view key) {
    if (!has_open()) return;
    open_entry* open = open_.find(keys_(key));
    if (open != nullptr && open->answered < most) ++open->answered;
}

void journal_book::handed_back(std::string_view key) {
    if (!has_open()) return;
    open_entry* open = open_.find(keys_(key));
    if (open != nullptr && open->handed_back < most) open->handed_back = (open->handed_back + 1) & most;
}

bool journal_book::drop(std::string_view key, journaled what) {
    if (!is_retried(which_, what)) return false;
    open_entry* open = open_.find(keys_(key));
    if (open == nullptr || open->seen == 0) return false;
    if (!input_ended_) {
        if (open->answered == 0) return false;
        --open->answered;
        return true;
    }
    if (open->handed_back == 0) return true;
    open->handed_back = (open->handed_back - 1) & most;
    return false;
}

}  // namespace getty::connect::ingest

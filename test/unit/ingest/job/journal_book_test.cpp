#include "ingest/job/journal_book.hpp"

#include "core/random.hpp"

#include <doctest/doctest.h>

#include <map>
#include <string>
#include <vector>

using namespace getty::connect;
using namespace getty::connect::ingest;

TEST_CASE("J4: each occurrence with a line that counts is skipped once") {
    journal_book book(retry_failed::transient, id_keys({1, 2}, {3, 4}));
    book.entry("a", journaled::found, 2);
    book.entry("b", journaled::failed, 1);
    CHECK(book.skip("a"));
    CHECK(book.skip("a"));
    CHECK_FALSE(book.skip("a"));
    CHECK(book.skip("b"));
    CHECK_FALSE(book.skip("b"));
    CHECK_FALSE(book.skip("c"));
    CHECK_FALSE(book.has_open());
}

TEST_CASE("J4: which failures are asked for again is the caller's choice") {
    struct {
        retry_failed which;
        bool final_again;
        bool passing_again;
    } const cases[] = {{retry_failed::all, true, true},
                       {retry_failed::transient, false, true},
                       {retry_failed::none, false, false}};
    for (const auto& one : cases) {
        journal_book book(one.which, id_keys({1, 2}, {3, 4}));
        book.entry("found", journaled::found, 1);
        book.entry("final", journaled::failed, 1);
        book.entry("passing", journaled::failed_for_now, 1);
        CHECK(book.skip("found"));
        CHECK(book.skip("final") == !one.final_again);
        CHECK(book.skip("passing") == !one.passing_again);
        CHECK(book.has_open() == one.passing_again);
    }
}

TEST_CASE(
    "J4: of an input that ended, the failures that were asked for again go, but those that were handed "
    "back") {
    journal_book book(retry_failed::transient, id_keys({1, 2}, {3, 4}));
    for (const char* id : {"answered", "handed back", "elsewhere"})
        book.entry(id, journaled::failed_for_now, 1);
    book.entry("final", journaled::failed, 1);
    CHECK_FALSE(book.skip("answered"));
    book.answered("answered");
    CHECK_FALSE(book.skip("handed back"));
    book.handed_back("handed back");
    CHECK(book.skip("final"));
    book.input_ended();
    CHECK(book.drop("answered", journaled::failed_for_now));
    CHECK_FALSE(book.drop("handed back", journaled::failed_for_now));
    CHECK_FALSE(book.drop("elsewhere", journaled::failed_for_now));  // not in this input
    CHECK_FALSE(book.drop("final", journaled::failed));
}

TEST_CASE("J4: what a run that was killed left of failures and their successors goes as well") {
    // Failed, asked for again, failed again or found: killed each time before the old line went.
    journal_book book(retry_failed::transient, id_keys({1, 2}, {3, 4}));
    book.entry("twice", journaled::failed_for_now, 1);
    book.entry("twice", journaled::failed_for_now, 1);
    book.entry("found", journaled::failed_for_now, 1);
    book.entry("found", journaled::found, 1);
    CHECK_FALSE(book.skip("twice"));
    book.answered("twice");
    CHECK(book.skip("found"));
    book.input_ended();
    CHECK(book.drop("twice", journaled::failed_for_now));
    CHECK(book.drop("twice", journaled::failed_for_now));
    CHECK(book.drop("found", journaled::failed_for_now));
}

TEST_CASE("J4: of an input that was not read to its end, as many go as were answered") {
    journal_book book(retry_failed::transient, id_keys({1, 2}, {3, 4}));
    book.entry("a", journaled::failed_for_now, 3);
    for (int i = 0; i < 3; ++i) (void)book.entry("a", journaled::failed_for_now, 1);
    CHECK_FALSE(book.skip("a"));
    book.answered("a");
    CHECK(book.drop("a", journaled::failed_for_now));
    CHECK_FALSE(book.drop("a", journaled::failed_for_now));
}

TEST_CASE("J4: after any number of runs that were killed, one that ends leaves each occurrence once") {
    // The journal as a list of lines; a run may be killed before or after any of its lines.
    const auto random = core::seeded_random(11);
    for (int round = 0; round < 2000; ++round) {
        const std::size_t ids = 1 + random->next() % 4;
        std::vector<std::string> input;
        for (std::size_t i = 1 + random->next() % 8; i > 0; --i)
            input.push_back(std::to_string(random->next() % ids));
        std::vector<std::pair<std::string, journaled>> journal;
        for (int run = 0;; ++run) {
            const bool last = run == 4;
            journal_book book(retry_failed::transient, id_keys({1, 2}, {3, 4}));
            for (const auto& [id, what] : journal) book.entry(id, what, 1);
            const std::size_t old_lines = journal.size();
            const std::size_t killed_at = last ? input.size() + 1 : random->next() % (input.size() + 2);
            std::size_t position = 0;
            for (const std::string& id : input) {
                if (position++ == killed_at) break;
                if (book.skip(id)) continue;
                const bool found = last || random->next() % 2 == 0;
                journal.emplace_back(id, found ? journaled::found : journaled::failed_for_now);
                book.answered(id);
            }
            if (killed_at <= input.size()) continue;
            book.input_ended();
            std::vector<std::pair<std::string, journaled>> kept;
            for (std::size_t i = 0; i < journal.size(); ++i) {
                const auto& [id, what] = journal[i];
                if (i < old_lines && what != journaled::found && book.drop(id, what)) continue;
                kept.push_back(journal[i]);
            }
            journal = kept;
            std::map<std::string, std::size_t> lines;
            std::map<std::string, std::size_t> wanted;
            for (const auto& [id, what] : journal) ++lines[id];
            for (const std::string& id : input) ++wanted[id];
            REQUIRE(lines == wanted);
            if (last) break;
        }
    }
}

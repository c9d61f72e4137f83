#include "ingest/sink/sqlite_sink.hpp"

#include "core/rfc3339.hpp"
#include "ingest/files/file_lock.hpp"
#include "ingest/files/files.hpp"
#include "ingest/files/quiet_write.hpp"
#include "ingest/resume/written_line.hpp"
#include "ingest/sink/file_sink.hpp"
#include "ingest/text/json_text.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <array>
#include <cerrno>
#include <sqlite3.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>
#include <vector>

namespace getty::connect::ingest {
namespace {

/// `PRAGMA application_id`: "gcij".
constexpr int application_id = 0x6763696A;
constexpr std::size_t batch_bytes = 1U << 20U;
constexpr int rows_a_turn = 2000;

constexpr const char* schema =
    "CREATE TABLE IF NOT EXISTS images(id TEXT NOT NULL UNIQUE, occurrences INTEGER NOT NULL, at TEXT NOT "
    "NULL, "
    "attempts INTEGER NOT NULL, image TEXT NOT NULL);"
    "CREATE TABLE IF NOT EXISTS failures(key TEXT NOT NULL, id TEXT, occurrences INTEGER NOT NULL, at TEXT "
    "NOT NULL, "
    "attempts INTEGER NOT NULL, code TEXT NOT NULL, kind TEXT NOT NULL, error TEXT NOT NULL, run INTEGER NOT "
    "NULL, "
    "UNIQUE(key, code, run));";

class statement {
public:
    statement(sqlite3* on, const char* sql) { ::sqlite3_prepare_v2(on, sql, -1, &prepared_, nullptr); }
    ~statement() { ::sqlite3_finalize(prepared_); }
    statement(const statement&) = delete;
    statement& operator=(const statement&) = delete;

    [[nodiscard]] bool good() const noexcept { return prepared_ != nullptr; }
    statement& text(int at, std::string_view value) noexcept {
        ::sqlite3_bind_text(prepared_, at, value.data(), static_cast<int>(value.size()), SQLITE_STATIC);
        return *this;
    }
    statement& nothing(int at) noexcept {
        ::sqlite3_bind_null(prepared_, at);
        return *this;
    }
    statement& number(int at, std::int64_t value) noexcept {
        ::sqlite3_bind_int64(prepared_, at, value);
        return *this;
    }
    [[nodiscard]] int step() noexcept { return ::sqlite3_step(prepared_); }
    void reset() noexcept { ::sqlite3_reset(prepared_); }
    [[nodiscard]] std::string_view text_at(int column) const noexcept {
        const auto* bytes = reinterpret_cast<const char*>(::sqlite3_column_text(prepared_, column));
        if (bytes == nullptr) return {};
        return {bytes, static_cast<std::size_t>(::sqlite3_column_bytes(prepared_, column))};
    }
    [[nodiscard]] std::int64_t number_at(int column) const noexcept {
        return ::sqlite3_column_int64(prepared_, column);
    }

private:
    sqlite3_stmt* prepared_ = nullptr;
};

journaled failure_of(std::string_view kind) noexcept {
    return kind == "not_found" || kind == "invalid_input" ? journaled::failed : journaled::failed_for_now;
}

}  // namespace

struct sqlite_sink::database {
    std::string path;
    sqlite3* handle = nullptr;
    std::unique_ptr<statement> add_image;
    std::unique_ptr<statement> add_failure;

    explicit database(std::string where) : path(std::move(where)) {
        const int failed =
            ::sqlite3_open_v2(path.c_str(), &handle, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, nullptr);
        if (failed != SQLITE_OK) {
            const std::string words = handle != nullptr ? ::sqlite3_errmsg(handle) : "out of memory";
            ::sqlite3_close(handle);
            throw local_failure(path + ": " + words);
        }
        ::sqlite3_extended_result_codes(handle, 1);
        ::sqlite3_busy_timeout(handle, 5000);
    }
    ~database() {
        const write_signals_held held;  // to close is to write what is left of the log
        add_image.reset();
        add_failure.reset();
        ::sqlite3_close(handle);
    }
    database(const database&) = delete;
    database& operator=(const database&) = delete;

    [[noreturn]] void fail() const {
        const int code = ::sqlite3_errcode(handle) & 0xFF;
        std::string words = path + ": " + ::sqlite3_errmsg(handle);
        if (code == SQLITE_FULL) words += ": make room";
        if (code == SQLITE_IOERR && may_grow_no_further()) words += ": " + write_failure(EFBIG);
        if (code == SQLITE_NOTADB)
            throw unusable(words + "; name another file, or let this one be overwritten");
        throw local_failure(words + "; it holds whole transactions");
    }
    /// SQLite has but "disk I/O error" for that, and no number of the system.
    [[nodiscard]] bool may_grow_no_further() const {
        constexpr rlim_t page_bytes = 64 * 1024;  // at most
        rlimit most{};
        if (::getrlimit(RLIMIT_FSIZE, &most) != 0 || most.rlim_cur == RLIM_INFINITY) return false;
        struct stat about{};
        return std::ranges::any_of(std::array{path, path + "-wal"}, [&](const std::string& file) {
            return ::stat(file.c_str(), &about) == 0 &&
                   static_cast<rlim_t>(about.st_size) + page_bytes > most.rlim_cur;
        });
    }
    void run(const char* sql) const {
        const write_signals_held held;
        if (::sqlite3_exec(handle, sql, nullptr, nullptr, nullptr) != SQLITE_OK) fail();
    }
    void done(statement& of) const {
        const write_signals_held held;
        const int got = of.step();
        of.reset();
        if (got != SQLITE_DONE && got != SQLITE_ROW) fail();
    }
    [[nodiscard]] std::int64_t number(const char* sql) const {
        statement one(handle, sql);
        if (!one.good() || one.step() != SQLITE_ROW) fail();
        return one.number_at(0);
    }
};

sqlite_sink::sqlite_sink(std::string path, const sink_options& options)
    : path_(std::move(path)), existing_(options.if_existing()), images_of_(options.images_of()) {
    created_ = !identity_of(path_);
    lock_ = open_locked(path_);
    struct stat about{};
    const bool holds = ::fstat(lock_.get(), &about) == 0 && about.st_size > 0;
    if (holds && existing_ == existing::refused) refuse_existing(path_);
    if (!holds || existing_ != existing::resumed) return;
    database_ = std::make_unique<database>(path_);
    // One whose very first transaction was torn is as empty as a file that is not there.
    const bool ours = database_->number("PRAGMA application_id") == application_id;
    if (!ours && database_->number("SELECT count(*) FROM sqlite_master") != 0) {
        throw unusable(path_ + ": is a database of something else; name another file");
    }
}

sqlite_sink::~sqlite_sink() {
    database_.reset();
    if (!created_ || begun_) return;
    ::unlink(path_.c_str());
}

void sqlite_sink::require_same_images() const {
    statement first(database_->handle, "SELECT image FROM images LIMIT 1");
    if (!first.good()) database_->fail();
    const int got = first.step();
    if (got == SQLITE_DONE) return;
    if (got != SQLITE_ROW) database_->fail();
    const std::string_view why = why_other_dialect(dialect_of_image(first.text_at(0)), images_of_);
    if (why.empty()) return;
    throw unusable(path_ + ": its first image " + std::string(why) + "; name another output");
}

boost::asio::awaitable<void> sqlite_sink::recover(recovery& into) {
    recovered_ = true;
    if (!database_) co_return;
    const auto tables =
        database_->number("SELECT count(*) FROM sqlite_master WHERE name IN ('images', 'failures')");
    if (tables != 2) co_return;
    require_same_images();
    const auto total = static_cast<std::uint64_t>(
        database_->number("SELECT (SELECT count(*) FROM images) + (SELECT count(*) FROM failures)"));
    statement rows(
        database_->handle,
        "SELECT id, occurrences, NULL FROM images UNION ALL SELECT key, occurrences, kind FROM failures");
    std::uint64_t seen = 0;
    for (;;) {
        const int got = rows.step();
        if (got == SQLITE_DONE) break;
        if (got != SQLITE_ROW) database_->fail();
        const std::string_view kind = rows.text_at(2);
        into.entry(rows.text_at(0), kind.empty() ? journaled::found : failure_of(kind),
                   static_cast<std::uint64_t>(rows.number_at(1)));
        if (++seen % rows_a_turn != 0) continue;
        into.progress(seen, total);
        const auto executor = co_await boost::asio::this_coro::executor;
        co_await boost::asio::post(executor, boost::asio::use_awaitable);
    }
    into.progress(seen, total);
}

void sqlite_sink::begin() {
    if (begun_) return;
    if (resumes() && !recovered_) refuse_unread(path_);
    if (existing_ == existing::overwritten) {
        for (const char* beside : {"-wal", "-shm", "-journal"}) ::unlink((path_ + beside).c_str());
        if (::ftruncate(lock_.get(), 0) != 0) throw local_failure(path_ + ": cannot be emptied");
    }
    begun_ = true;
    if (!database_) database_ = std::make_unique<database>(path_);
    database_->run(("PRAGMA application_id=" + std::to_string(application_id)).c_str());
    database_->run("PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL");
    database_->run(schema);
    run_ = database_->number("SELECT coalesce(max(run), 0) + 1 FROM failures");
    database_->add_image =
        std::make_unique<statement>(database_->handle,
                                    "INSERT INTO images(id, occurrences, at, attempts, image) VALUES(?1, 1, "
                                    "?2, ?3, ?4) ON CONFLICT(id) DO "
                                    "UPDATE SET occurrences = occurrences + 1, at = excluded.at, attempts = "
                                    "excluded.attempts, image = excluded.image");
    database_->add_failure =
        std::make_unique<statement>(database_->handle,
                                    "INSERT INTO failures(key, id, occurrences, at, attempts, code, kind, "
                                    "error, run) VALUES(?1, ?2, 1, ?3, ?4, ?5, ?6, "
                                    "?7, ?8) ON CONFLICT(key, code, run) DO UPDATE SET occurrences = "
                                    "occurrences + 1, at = excluded.at, attempts = "
                                    "excluded.attempts, error = excluded.error");
    if (!database_->add_image->good() || !database_->add_failure->good()) database_->fail();
}

void sqlite_sink::append(const record& one) {
    if (!std::exchange(in_transaction_, true)) database_->run("BEGIN IMMEDIATE");
    const std::string at = core::rfc3339(one.at);
    ++appended_;
    buffered_bytes_ += one.line.size();
    if (one.why == nullptr) {
        database_->add_image->text(1, one.id).text(2, at).number(3, one.attempts).text(4, one.image);
        database_->done(*database_->add_image);
        return;
    }
    statement& add = *database_->add_failure;
    add.text(1, one.key).text(3, at).number(4, one.attempts);
    if (one.id.empty()) {
        add.nothing(2);
    } else {
        add.text(2, one.id);
    }
    add.text(5, identifier(one.why->value())).text(6, to_string(one.why->kind())).text(7, one.line);
    add.number(8, run_);
    database_->done(add);
}

bool sqlite_sink::full() const noexcept { return buffered_bytes_ >= batch_bytes; }

void sqlite_sink::write() {
    if (!std::exchange(in_transaction_, false)) return;
    database_->run("COMMIT");
    buffered_bytes_ = 0;
    written_ = appended_;
}

boost::asio::awaitable<void> sqlite_sink::drained() {
    write();
    co_return;
}

// In write-ahead mode a commit is durable with the next checkpoint, which waits for the disk.
void sqlite_sink::sync() {
    write();
    if (durable_ == written_) return;
    database_->run("PRAGMA wal_checkpoint(PASSIVE)");
    durable_ = written_;
}

void sqlite_sink::forget(const drop_rule& drop) {
    write();
    struct row {
        std::int64_t rowid;
        std::int64_t left;
    };
    std::vector<row> changed;
    {
        statement rows(database_->handle,
                       "SELECT rowid, key, occurrences, kind FROM failures WHERE run < ?1 ORDER BY rowid");
        rows.number(1, run_);
        for (;;) {
            const int got = rows.step();
            if (got == SQLITE_DONE) break;
            if (got != SQLITE_ROW) database_->fail();
            std::int64_t left = rows.number_at(2);
            const journaled what = failure_of(rows.text_at(3));
            for (std::int64_t count = left; count > 0; --count) left -= drop(rows.text_at(1), what) ? 1 : 0;
            if (left != rows.number_at(2)) changed.push_back({rows.number_at(0), left});
        }
    }
    database_->run("BEGIN IMMEDIATE");
    statement remove(database_->handle, "DELETE FROM failures WHERE rowid = ?1");
    statement reduce(database_->handle, "UPDATE failures SET occurrences = ?2 WHERE rowid = ?1");
    for (const row& one : changed) {
        statement& change = one.left == 0 ? remove : reduce;
        change.number(1, one.rowid);
        if (one.left != 0) change.number(2, one.left);
        database_->done(change);
    }
    database_->run("COMMIT");
}

}  // namespace getty::connect::ingest

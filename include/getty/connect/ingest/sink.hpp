// Where a job's outcomes go: files that are their own journal, a database, a pipe, or a program's own.
#pragma once

#include <getty/connect/error.hpp>
#include <getty/connect/ingest/trouble.hpp>
#include <getty/connect/options.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#pragma GCC visibility push(default)

namespace getty::connect::ingest::inline GETTY_CONNECT_ABI {

/// The outcome of one occurrence, as a sink gets it. The views hold during the call.
struct record {
    record();

    /// Empty where the input lacked one.
    std::string_view id;
    /// What counts its occurrences in a journal: the id, or where there is none LF and the error's message.
    std::string_view key;
    /// One line of NDJSON without its end: `{"id":…,"image":…}` or `{"id":…,"error":…}`, or the image alone.
    std::string_view line;
    /// The image's JSON object on one line; empty for a failure.
    std::string_view image;
    /// Null for an image.
    const connect::error* why = nullptr;
    unsigned attempts = 0;
    /// When it was there.
    std::chrono::sys_time<std::chrono::milliseconds> at{};
    /// From the begin of its lookup to its end, all tries included.
    std::chrono::nanoseconds elapsed{0};
    /// With `job_options::with_meta`: a JSON object that is in `line` already; else empty.
    std::string_view meta;
};

/// What a journal says of one occurrence.
enum class journaled {
    found,
    failed,          ///< for good: not_found, invalid_input
    failed_for_now,  ///< anything else
};

/// Told by `sink::recover` of each line, or row, that stands.
class recovery {
public:
    recovery() = default;
    recovery(const recovery&) = delete;
    recovery& operator=(const recovery&) = delete;
    virtual ~recovery();
    /// `count` occurrences under `key` (see `record::key`).
    virtual void entry(std::string_view key, journaled what, std::uint64_t count) = 0;
    /// So much was read, of so much; 0 where that is not known. Whoever wants it to end throws.
    virtual void progress(std::uint64_t bytes, std::uint64_t of_bytes) = 0;
};

/// Takes records in order, on one executor, the client's.
///
/// Vocabulary: of the records that were appended, the first `written()` are with the operating system and
/// outlive this process, the first `durable()` also a crash of the machine.
///
/// What any member throws (`local_failure`, `unusable`) ends the job; the sink then holds whole records
/// alone.
class sink {
public:
    sink() = default;
    sink(const sink&) = delete;
    sink& operator=(const sink&) = delete;
    virtual ~sink();

    /// What messages call it.
    [[nodiscard]] virtual const std::string& name() const noexcept = 0;

    /// Whether `recover` comes before everything else. Default: false.
    [[nodiscard]] virtual bool resumes() const noexcept;
    /// Tells what an earlier run has written; once. Changes nothing yet. Default: nothing was.
    virtual boost::asio::awaitable<void> recover(recovery& into);

    /// The job has something to say: the first record follows, or there was none. From now on the sink may
    /// change what was there: cut off what was torn, or empty it.
    virtual void begin() = 0;

    /// Takes one. Buffers; what the views refer to is copied.
    virtual void append(const record& one) = 0;
    /// So much is buffered that `room` should come before the next `append`.
    [[nodiscard]] virtual bool full() const noexcept = 0;
    /// Hands what is buffered to the system, as far as whole units go (a packed file's member). Does not
    /// wait: comes several times a second.
    virtual void write() = 0;
    /// Completes when there is room again, which takes writing. Default: calls `write`.
    virtual boost::asio::awaitable<void> room();
    /// Completes when all that was appended is `written()`.
    virtual boost::asio::awaitable<void> drained() = 0;
    /// All that was appended becomes `durable()`. Waits for the disk.
    virtual void sync() = 0;

    [[nodiscard]] virtual std::uint64_t written() const noexcept = 0;
    [[nodiscard]] virtual std::uint64_t durable() const noexcept = 0;

    /// Whether `forget` can leave out a line: a job wants that of a sink for failures that are to be asked
    /// for again. Default: false.
    [[nodiscard]] virtual bool forgets() const noexcept;
    /// Whether a failure that `recover` told is to go.
    using drop_rule = std::function<bool(std::string_view key, journaled what)>;
    /// Leaves out the failures that `drop` says, asked for each occurrence that `recover` told as one, in
    /// order. Comes at the end of a run, when everything is drained. Default: nothing.
    virtual void forget(const drop_rule& drop);
    /// The input was read to its end and everything is drained: names become final, manifests are written.
    /// Default: nothing.
    virtual void finish();
    /// Gives up a `room` or `drained` that waits, which throws then, as every wait behind it. May come more
    /// than once.
    virtual void stop() noexcept;
};

/// What becomes of a file that holds something already.
enum class existing {
    refused,      ///< the sink throws `unusable`
    resumed,      ///< the job reads it, and goes on with it
    overwritten,  ///< it is emptied when the job has something to say
};

/// Which form a sink's records have.
enum class sink_form {
    automatic,  ///< by the name, less `.gz` and `.zst`: `.csv`, `.sqlite` and `.db`; else `ndjson`
    ndjson,     ///< `record::line`, one a line
    csv,        ///< columns, RFC 4180 with LF; failures have none and go to the job's other sink
    sqlite,     ///< tables `images` and `failures`, a row and the number of occurrences for each id
};

/// What the lines of an NDJSON sink are; `resumed` refuses others.
enum class line_kind {
    typed,  ///< `{"id":…,"image":…}` and `{"id":…,"error":…}`
    raw,    ///< the image alone, with its id as `ImageId` or `id`
};

/// How arrays get into a field of CSV.
enum class array_form { joined, json };

/// How `open_sink` opens.
class sink_options {
public:
    sink_options();

    /// Which form records have. Default: automatic.
    sink_options& form(sink_form wanted);
    /// What becomes of a file that holds something. Default: refused.
    sink_options& if_existing(existing what);
    /// What lines of NDJSON are. Default: typed.
    sink_options& lines(line_kind kind);
    /// Of CSV, and of typed lines, whose image is then an object of these alone: "id", or a path into the
    /// image such as `Title` or `Keywords.Text` (which maps over arrays); in any case of letters where none
    /// matches as it is. CSV needs them, "id" among them.
    sink_options& columns(std::vector<std::string> names);
    /// How CSV has arrays. Default: joined, with "; ". Objects in them are JSON in any case.
    sink_options& arrays(array_form wanted);
    /// Lines of each file of a series, as `images-%05d.ndjson.zst` names one, at least 1. Default 100,000.
    sink_options& lines_per_file(std::uint64_t count);
    /// Of packed files: bytes before packing, after which a member ends. 64 KiB to 64 MiB.
    sink_options& member_bytes(std::size_t count);
    /// Whose images these are: `resumed` refuses a file whose first image is the other interface's, as far as
    /// that shows. Default: not looked at.
    sink_options& images_of(dialect which);

    [[nodiscard]] sink_form form() const noexcept { return form_; }
    [[nodiscard]] existing if_existing() const noexcept { return existing_; }
    [[nodiscard]] line_kind lines() const noexcept { return lines_; }
    [[nodiscard]] const std::vector<std::string>& columns() const noexcept { return columns_; }
    [[nodiscard]] array_form arrays() const noexcept { return arrays_; }
    [[nodiscard]] std::uint64_t lines_per_file() const noexcept { return lines_per_file_; }
    [[nodiscard]] std::size_t member_bytes() const noexcept { return member_bytes_; }
    [[nodiscard]] std::optional<dialect> images_of() const noexcept { return images_of_; }

private:
    sink_form form_ = sink_form::automatic;
    existing existing_ = existing::refused;
    line_kind lines_ = line_kind::typed;
    array_form arrays_ = array_form::joined;
    std::vector<std::string> columns_;
    std::uint64_t lines_per_file_ = 100'000;
    std::size_t member_bytes_ = 4 * 1024 * 1024;
    std::optional<dialect> images_of_;
};

/// A sink over a path: a file, packed in members when its name ends with `.gz` or `.zst`; a series of files
/// when it has one `%0Nd`; a database; or a pipe or device.
///
/// - Afterwards: the file is open and locked, its content as it was; one that was not there is there, empty.
/// - A series takes no failures that are to be asked for again: its files stay as they are once complete.
/// - A series: each file is written under its name and `.part`, and renamed when it is complete, so that
///   whoever sees a name without it may read all of it. At the end `NAME-manifest.json` has the files with
///   lines, bytes and SHA-256.
/// - Throws `unusable` for options that do not fit each other and for a file that holds something and is
///   neither resumed nor overwritten; `local_failure` for one that cannot be opened, or that another process
///   writes.
/// - Needs SIGXFSZ and SIGPIPE neither handled nor ignored: it holds them off while it writes.
/// - Memory: 256 KiB and the longest line; of packed files what a member is packed to besides, and 1 MiB.
[[nodiscard]] std::unique_ptr<sink> open_sink(const boost::asio::any_io_executor& executor,
                                              const std::string& path, sink_options options = sink_options());

/// A sink over a descriptor that stays the caller's: standard output, a pipe, a terminal. Lines or, by
/// `sink_options::form`, CSV; neither packed nor resumed. Throws `local_failure` when it is not open for
/// writing, `unusable` for options that do not fit.
[[nodiscard]] std::unique_ptr<sink> open_stream_sink(const boost::asio::any_io_executor& executor,
                                                     int descriptor, std::string name,
                                                     const sink_options& options = sink_options());

}  // namespace getty::connect::ingest::inline GETTY_CONNECT_ABI

#pragma GCC visibility pop

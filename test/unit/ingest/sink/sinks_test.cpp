#include "ingest/files/file_lock.hpp"
#include "ingest/files/output_file.hpp"
#include "ingest/sink/shard_sink.hpp"
#include "ingest/text/json_text.hpp"
#include "unit/ingest/packing.hpp"
#include "unit/ingest/scratch.hpp"

#include <getty/connect/ingest/sink.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <doctest/doctest.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <fcntl.h>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>
#include <vector>

using namespace getty::connect;
using namespace getty::connect::ingest;
using test::scratch;

namespace {

namespace asio = boost::asio;
using found = std::vector<std::string>;

std::string refusal(const std::function<void()>& act) {
    try {
        act();
    } catch (const std::exception& why) {
        return why.what();
    }
    return {};
}

class notes final : public recovery {
public:
    void entry(std::string_view key, journaled what, std::uint64_t count) override {
        const char* mark = what == journaled::found ? "+" : what == journaled::failed ? "-" : "?";
        for (; count > 0; --count) all.push_back(mark + std::string(key));
    }
    void progress(std::uint64_t, std::uint64_t) override {}
    found all;
};

struct world {
    asio::io_context context;
    std::unique_ptr<sink> to;

    world(const std::string& path, const sink_options& how)
        : to(open_sink(context.get_executor(), path, how)) {}

    void run(asio::awaitable<void> what) {
        std::exception_ptr broken;
        asio::co_spawn(context, std::move(what), [&](std::exception_ptr failed) { broken = failed; });
        context.restart();
        context.run();
        if (broken) std::rethrow_exception(broken);
    }
    found recover() {
        notes into;
        run(to->recover(into));
        return into.all;
    }
    void add(std::string_view id, std::size_t bytes = 10) {
        const std::string image =
            "{\"ImageId\":\"" + std::string(id) + "\",\"Title\":\"" + std::string(bytes, 'x') + "\"}";
        std::string line;
        append_image_line(line, id, image, {});
        record one;
        one.id = one.key = id;
        one.image = image;
        one.line = line;
        to->append(one);
    }
    void fail(std::string_view id, errc code = errc::server_error) {
        const error why(code, stage::read);
        std::string line;
        append_error_line(line, id, why, 1, {});
        record one;
        one.id = one.key = id;
        one.why = &why;
        one.line = line;
        to->append(one);
    }
    void drain() { run(to->drained()); }
};

sink_options resumed() { return sink_options().if_existing(existing::resumed).columns({}); }

sink_options of(const std::string& name, existing what) {
    sink_options how;
    how.if_existing(what).lines_per_file(3).member_bytes(64 * 1024);
    if (name.ends_with(".csv")) how.columns({"id", "Title"});
    return how;
}

const std::vector<std::string> names{"a.ndjson", "a.ndjson.gz",      "a.ndjson.zst",
                                     "a.csv",    "a-%03d.ndjson.gz", "a.sqlite"};

}  // namespace

TEST_CASE("J5: each sink gives back what it was handed, and goes on behind it") {
    for (const std::string& name : names) {
        CAPTURE(name);
        const scratch folder;
        found wanted;
        for (int run = 0; run < 3; ++run) {
            world one(folder.path(name), of(name, run == 0 ? existing::refused : existing::resumed));
            CHECK(one.to->resumes() == (run > 0));
            found got = one.to->resumes() ? one.recover() : found();
            std::ranges::sort(got);
            std::ranges::sort(wanted);
            CHECK(got == wanted);
            one.to->begin();
            for (int i = 0; i < 4; ++i) {
                const std::string id = std::to_string(run) + "-" + std::to_string(i);
                one.add(id);
                wanted.push_back("+" + id);
            }
            one.add("twice");
            wanted.push_back("+twice");
            one.drain();
            CHECK(one.to->written() == 5);
            one.to->sync();
            CHECK(one.to->durable() == 5);
        }
    }
}

TEST_CASE("J5: a file that holds something is refused, overwritten only when there is something to say") {
    for (const std::string& name : names) {
        CAPTURE(name);
        const scratch folder;
        {
            world one(folder.path(name), of(name, existing::refused));
            one.to->begin();
            for (const char* id : {"1", "2", "3", "4"}) one.add(id);
            one.drain();
        }
        CHECK(
            refusal([&] {
                world(folder.path(name), of(name, existing::refused));
            }).find("holds something already; go on with it, let it be overwritten, or name another file") !=
            std::string::npos);
        {
            const world not_begun(folder.path(name), of(name, existing::overwritten));
        }
        CHECK(world(folder.path(name), of(name, existing::resumed)).recover().size() == 4);
        {
            world again(folder.path(name), of(name, existing::overwritten));
            again.to->begin();
            again.add("5");
            again.drain();
        }
        CHECK(world(folder.path(name), of(name, existing::resumed)).recover() == found{"+5"});
    }
}

TEST_CASE("J5: a sink that did not begin leaves nothing where nothing was") {
    for (const std::string& name : names) {
        CAPTURE(name);
        const scratch folder;
        {
            const world one(folder.path(name), of(name, existing::refused));
        }
        CHECK(std::filesystem::is_empty(folder.path("")));
    }
}

TEST_CASE("J5: one that was to be gone on with is not begun before it was read") {
    for (const std::string& name : names) {
        const scratch folder;
        world one(folder.path(name), of(name, existing::resumed));
        CHECK(refusal([&] { one.to->begin(); }).find("nobody has read it; call recover first") !=
              std::string::npos);
    }
}

TEST_CASE("J6: a second run on one output is refused and told who writes it") {
    for (const std::string& name : names) {
        CAPTURE(name);
        const scratch folder;
        const world one(folder.path(name), of(name, existing::refused));
        const std::string text = refusal([&] { world(folder.path(name), of(name, existing::resumed)); });
        CHECK(text.find(": is being written by process " + std::to_string(::getpid()) +
                        "; wait for its end, or name another file") != std::string::npos);
    }
}

TEST_CASE("J6: who waits for a name gets the file that has it now") {
    const scratch folder;
    const std::string path = folder.write("a", "old");
    const core::descriptor first = open_locked(path);
    const std::string other = folder.write("b", "new");
    REQUIRE(::rename(other.c_str(), path.c_str()) == 0);
    const core::descriptor second = open_locked(path);
    char bytes[3];
    REQUIRE(::pread(second.get(), bytes, 3, 0) == 3);
    CHECK(std::string(bytes, 3) == "new");
}

TEST_CASE("J4: failures that were replaced leave the file in one step, which keeps its mode") {
    for (const std::string name : {"e.ndjson", "e.ndjson.gz", "e.sqlite"}) {
        CAPTURE(name);
        const scratch folder;
        const std::string path = folder.path(name);
        {
            world one(path, sink_options());
            one.to->begin();
            for (const char* id : {"1", "2", "3"}) one.fail(id);
            one.fail("4", errc::not_found);
            one.drain();
        }
        REQUIRE(::chmod(path.c_str(), 0640) == 0);
        {
            world one(path, resumed());
            CHECK(one.recover() == found{"?1", "?2", "?3", "-4"});
            one.to->begin();
            one.fail("2");
            one.add("5");
            one.drain();
            found asked;
            one.to->forget([&](std::string_view key, journaled) {
                asked.emplace_back(key);
                return key == "1" || key == "2";
            });
            CHECK(asked == found{"1", "2", "3", "4"});
            CHECK(one.to->written() == 2);
            one.add("6");
            one.drain();
            CHECK(one.to->written() == 3);
            // Still locked.
            CHECK(refusal([&] { world(path, resumed()); }).find("is being written") != std::string::npos);
        }
        found left = world(path, resumed()).recover();
        std::ranges::sort(left);
        CHECK(left == found{"+5", "+6", "-4", "?2", "?3"});
        struct stat about{};
        REQUIRE(::stat(path.c_str(), &about) == 0);
        CHECK((about.st_mode & 0777) == 0640);
    }
}

TEST_CASE("J5: a series renames each file when it is complete and ends with a manifest") {
    const scratch folder;
    const std::string path = folder.path("a-%03d.ndjson");
    {
        world one(path, of(path, existing::refused));
        one.to->begin();
        for (const char* id : {"1", "2", "3", "4"}) one.add(id);
        one.drain();
        CHECK(folder.has("a-000.ndjson"));
        CHECK(folder.has("a-001.ndjson.part"));
        CHECK_FALSE(folder.has("a-001.ndjson"));
        CHECK_FALSE(folder.has("a-manifest.json"));
    }
    {
        world one(path, of(path, existing::resumed));
        CHECK(one.recover() == found{"+1", "+2", "+3", "+4"});
        one.to->begin();
        for (const char* id : {"5", "6"}) one.add(id);
        CHECK(folder.has("a-001.ndjson"));
        one.add("7");
        one.drain();
        one.to->finish();
    }
    CHECK(folder.has("a-002.ndjson"));
    CHECK_FALSE(folder.has("a-002.ndjson.part"));
    CHECK_FALSE(folder.has("a-manifest.json.part"));
    const std::string manifest = folder.read("a-manifest.json");
    CHECK(manifest.find("{\"name\":\"a-002.ndjson\",\"lines\":1,") != std::string::npos);
    CHECK(manifest.find("],\"lines\":7,") != std::string::npos);
}

TEST_CASE("J5: a series whose last file was complete and not renamed yet goes on with the next") {
    const scratch folder;
    const std::string path = folder.path("a-%03d.ndjson");
    {
        world one(path, of(path, existing::refused));
        one.to->begin();
        for (const char* id : {"1", "2", "3"}) one.add(id);
    }
    REQUIRE(::rename(folder.path("a-000.ndjson").c_str(), folder.path("a-000.ndjson.part").c_str()) == 0);
    world one(path, of(path, existing::resumed));
    CHECK(one.recover() == found{"+1", "+2", "+3"});
    one.to->begin();
    CHECK(folder.has("a-000.ndjson"));
    one.add("4");
    one.drain();
    CHECK(folder.has("a-001.ndjson.part"));
}

TEST_CASE("J5: names of a series are those of its pattern alone") {
    CHECK_FALSE(shard_pattern::parse("a.ndjson"));
    CHECK_FALSE(shard_pattern::parse("a-%d.ndjson"));
    CHECK_FALSE(shard_pattern::parse("a-%05d-%05d"));
    CHECK_FALSE(shard_pattern::parse("a-%05d/b"));
    const auto pattern = shard_pattern::parse("x/a-%03d.ndjson.gz");
    REQUIRE(pattern);
    CHECK(pattern->name(7) == "x/a-007.ndjson.gz");
    CHECK(pattern->name(1234) == "x/a-1234.ndjson.gz");
    CHECK(pattern->folder() == "x");
    CHECK(pattern->manifest() == "x/a-manifest.json");
    CHECK(pattern->number_in("a-007.ndjson.gz") == 7);
    CHECK(pattern->number_in("a-1234.ndjson.gz") == 1234);
    for (const char* other : {"a-7.ndjson.gz", "a-0007.ndjson.gz", "a-007.ndjson", "b-007.ndjson.gz",
                              "a-007.ndjson.gz.part", "a-x07.ndjson.gz", "a-.ndjson.gz"}) {
        CHECK_FALSE(pattern->number_in(other));
    }
}

TEST_CASE("J5: options that do not fit each other are refused with the mend") {
    const scratch folder;
    const auto refused = [&](const std::string& name, const sink_options& how) {
        return refusal([&] { world(folder.path(name), how); });
    };
    CHECK(refused("a.csv", {})
              .ends_with("a table needs columns, \"id\" once among them; name them, as in id,Title,Artist"));
    CHECK(refused("a.sqlite", sink_options().columns({"id"})).ends_with("leave out the columns"));
    CHECK(refused("a.sqlite.gz", {}).ends_with("a database cannot be packed; name it without"));
    CHECK(refused("a.ndjson", sink_options().lines(line_kind::raw).columns({"id"}))
              .find("columns were named") != std::string::npos);
    CHECK(refused("a.ndjson", sink_options().lines_per_file(0)).ends_with("it takes 1 at least"));
    CHECK(refused("a.ndjson", sink_options().member_bytes(1)).ends_with("a member has 64 KiB to 64 MiB"));
    CHECK(refused("", {}).ends_with("is a directory; name a file"));
    CHECK(std::filesystem::is_empty(folder.path("")));
}

// --- Disks that take no more ---

namespace {

/// This process may write no further than so many bytes into a file.
class file_limit {
public:
    explicit file_limit(rlim_t bytes) {
        ::getrlimit(RLIMIT_FSIZE, &before_);
        rlimit now = before_;
        now.rlim_cur = bytes;
        ::setrlimit(RLIMIT_FSIZE, &now);
    }
    ~file_limit() { ::setrlimit(RLIMIT_FSIZE, &before_); }
    file_limit(const file_limit&) = delete;
    file_limit& operator=(const file_limit&) = delete;

private:
    rlimit before_{};
};

}  // namespace

TEST_CASE(
    "J5: where a file may grow no further no signal ends the process, whole lines stay, and the message "
    "mends") {
    for (const std::string& name : names) {
        if (name == "a.sqlite") continue;  // see below
        CAPTURE(name);
        const scratch folder;
        std::string text;
        std::uint64_t written = 0;
        {
            world one(folder.path(name), sink_options(of(name, existing::refused)).lines_per_file(1000));
            one.to->begin();
            const file_limit limit(100'000);
            text = refusal([&] {
                for (int i = 0; i < 400; ++i) {
                    one.add(std::to_string(i), 1000);
                    if (i % 20 == 19) one.to->write();
                }
                one.drain();
            });
            written = one.to->written();
            if (name.find("gz") == std::string::npos && name.find("zst") == std::string::npos) {
                CHECK(text.find(": File too large: raise the limit of a file's size (ulimit -f); it ends "
                                "with a whole line") != std::string::npos);
                CHECK(written > 80);
            }
        }
        world again(folder.path(name), of(name, existing::resumed));
        const found stands = again.recover();
        CHECK(stands.size() == written);
        if (written > 0) CHECK(stands.back() == "+" + std::to_string(written - 1));
    }
    sigset_t pending;
    ::sigpending(&pending);
    CHECK_FALSE(sigismember(&pending, SIGXFSZ));
}

TEST_CASE("J5: a database that may grow no further holds whole transactions") {
    const scratch folder;
    std::uint64_t written = 0;
    {
        world one(folder.path("a.sqlite"), sink_options());
        one.to->begin();
        const file_limit limit(200'000);
        const std::string text = refusal([&] {
            for (int i = 0; i < 400; ++i) {
                one.add(std::to_string(i), 1000);
                if (i % 20 == 19) one.to->write();
            }
        });
        CHECK(text.find("it holds whole transactions") != std::string::npos);
        CAPTURE(text);
        CHECK(text.find("raise the limit of a file's size (ulimit -f)") != std::string::npos);
        written = one.to->written();
    }
    CHECK(written > 0);
    CHECK(world(folder.path("a.sqlite"), resumed()).recover().size() == written);
}

TEST_CASE(
    "J3: a database of something else is refused, one whose first transaction was torn is an empty one") {
    const scratch folder;
    const std::string path = folder.path("a.sqlite");
    const auto make = [&](const std::string& sql) {
        REQUIRE(std::system(("sqlite3 " + path + " \"" + sql + "\"").c_str()) == 0);
    };
    make("CREATE TABLE images(id)");
    CHECK(refusal([&] { world(path, resumed()); }) ==
          path + ": is a database of something else; name another file");
    CHECK(refusal([&] {
              world(folder.write("b.sqlite", std::string(100, 'x')), resumed());
          }).find("not a database") != std::string::npos);
    make("DROP TABLE images; VACUUM");
    world one(path, resumed());
    CHECK(one.recover().empty());
    one.to->begin();
    one.add("1");
    one.drain();
}

TEST_CASE("J5: a device that is full is told as such") {
    asio::io_context context;
    world one("/dev/full", sink_options());
    one.to->begin();
    one.add("1");
    const std::string text = refusal([&] { one.to->write(); });
    CHECK(text.starts_with("/dev/full: No space left on device"));
}

TEST_CASE("J5: a reader that has gone ends the process with no signal, and is told") {
    int ends[2];
    REQUIRE(::pipe2(ends, O_CLOEXEC) == 0);
    const core::descriptor writing(ends[1]);
    ::close(ends[0]);
    asio::io_context context;
    const auto to = open_stream_sink(context.get_executor(), writing.get(), "standard output");
    to->begin();
    record one;
    one.id = one.key = "1";
    one.line = "{}";
    to->append(one);
    CHECK(refusal([&] { to->write(); }) ==
          "standard output: Broken pipe: its reader has gone; 0 lines were written completely");
}

TEST_CASE("J5: what is no disk file cannot be gone on with, nor be packed") {
    CHECK(refusal([] { world("/dev/null", resumed()); }) ==
          "/dev/null: is no disk file, so it cannot be gone on with; name one");
}

TEST_CASE("J5: the names that an output makes for itself are known before they are there") {
    const scratch folder;
    const std::string series = folder.path("x-%03d.ndjson.gz");
    for (const char* name : {"x-000.ndjson.gz", "x-1234.ndjson.gz", "x-002.ndjson.gz.part", "x-manifest.json",
                             "x-manifest.json.part"}) {
        CHECK(is_made_by(series, folder.path(name)));
    }
    for (const char* name :
         {"x-00.ndjson.gz", "x-0001.ndjson.gz", "x-000.ndjson", "y-000.ndjson.gz", "x-.ndjson.gz"}) {
        CHECK_FALSE(is_made_by(series, folder.path(name)));
    }
    CHECK(is_made_by(series, folder.path("./x-007.ndjson.gz")));
    CHECK_FALSE(is_made_by(series, "/tmp/x-007.ndjson.gz"));
    const std::string database = folder.path("x.sqlite");
    CHECK(is_made_by(database, folder.path("x.sqlite-wal")));
    CHECK(is_made_by(database, folder.path("x.sqlite-journal")));
    CHECK_FALSE(is_made_by(database, database));
    CHECK_FALSE(is_made_by(folder.path("x"), folder.path("x-wal")));
}

TEST_CASE("J5: a file that is taken away or changed while it is written is told, not written past") {
    for (const char* name : {"x.ndjson", "x.ndjson.zst"}) {
        for (const bool removed : {true, false}) {
            const scratch folder;
            const std::string path = folder.path(name);
            world one(path, sink_options());
            one.to->begin();
            one.add("1");
            one.to->sync();
            if (removed) {
                std::filesystem::remove(path);
            } else {
                std::filesystem::resize_file(path, 1);
            }
            one.add("2");
            const std::string told = refusal([&] { one.to->sync(); });
            CHECK(told.find(removed ? "removed, moved or replaced" : "changed by somebody else") !=
                  std::string::npos);
        }
    }
}

TEST_CASE("J5: a packed file without lines is a packed file once the run is over, and is gone on with") {
    for (const char* name : {"x.ndjson.gz", "x.ndjson.zst"}) {
        const scratch folder;
        {
            world one(folder.path(name), sink_options());
            one.to->begin();
            one.drain();
            one.to->finish();
        }
        CHECK_FALSE(folder.read(name).empty());
        {
            world one(folder.path(name), resumed());
            CHECK(one.recover().empty());
            one.to->begin();
            one.add("1");
            one.drain();
            one.to->finish();
        }
        world one(folder.path(name), resumed());
        CHECK(one.recover() == found{"+1"});
    }
}

TEST_CASE("J3: a series is not gone on with under the manifest of another one") {
    const scratch folder;
    {
        world one(folder.path("x-%03d.ndjson"), sink_options());
        one.to->begin();
        one.add("1");
        one.drain();
        one.to->finish();
    }
    const auto told = [&](const char* pattern, existing what) {
        return refusal([&] { const world one(folder.path(pattern), sink_options().if_existing(what)); });
    };
    constexpr const char* other = "is of another series, which has x-000.ndjson; name another";
    CHECK(told("x-%03d.ndjson", existing::resumed).empty());
    CHECK(told("x-%03d.ndjson.gz", existing::resumed).find(other) != std::string::npos);
    CHECK(told("x-%04d.ndjson", existing::refused).find(other) != std::string::npos);
    CHECK(told("x-%04d.ndjson", existing::overwritten).empty());
}

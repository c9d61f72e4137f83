#include "ingest/sink/shard_sink.hpp"

#include "ingest/files/file_lock.hpp"
#include "ingest/files/files.hpp"
#include "ingest/sink/file_sink.hpp"
#include "ingest/sink/journal_file.hpp"
#include "ingest/text/json_text.hpp"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>
#include <vector>

namespace getty::connect::ingest {
namespace {

constexpr std::string_view part = ".part";

std::string file_name_of(const std::string& path) { return std::filesystem::path(path).filename().string(); }

void sync_folder(const std::string& folder) {
    const core::descriptor opened(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (opened.is_open()) (void)::fsync(opened.get());
}

void rename_file(const std::string& from, const std::string& to) {
    if (::rename(from.c_str(), to.c_str()) != 0) {
        throw local_failure(to + ": cannot take its name: " + system_words(errno));
    }
}

std::string sha256_of(const std::string& path) {
    const core::descriptor file = open_file(path, O_RDONLY);
    std::vector<char> buffer(256 * 1024);
    sha256 hash;
    while (const std::size_t count = read_some(file.get(), buffer.data(), buffer.size(), path)) {
        hash.add({buffer.data(), count});
    }
    return hash.hex();
}

}  // namespace

std::optional<shard_pattern> shard_pattern::parse(std::string_view path) {
    const std::size_t at = path.find('%');
    if (at == std::string_view::npos || path.find('%', at + 1) != std::string_view::npos) return std::nullopt;
    const std::string_view rest = path.substr(at);
    if (rest.size() < 4 || rest[1] != '0' || rest[2] < '1' || rest[2] > '9' || rest[3] != 'd')
        return std::nullopt;
    if (rest.find('/') != std::string_view::npos) return std::nullopt;
    shard_pattern pattern;
    pattern.before = path.substr(0, at);
    pattern.width = static_cast<unsigned>(rest[2] - '0');
    pattern.after = rest.substr(4);
    return pattern;
}

std::string shard_pattern::name(std::uint64_t number) const {
    std::string digits = std::to_string(number);
    if (digits.size() < width) digits.insert(0, width - digits.size(), '0');
    return before + digits + after;
}

std::string shard_pattern::folder() const {
    const std::string parent = std::filesystem::path(before + "x").parent_path().string();
    return parent.empty() ? "." : parent;
}

std::string shard_pattern::manifest() const { return before + "manifest.json"; }

std::optional<std::uint64_t> shard_pattern::number_in(std::string_view file_name) const {
    const std::string start = file_name_of(before + "x");
    const std::string_view prefix = std::string_view(start).substr(0, start.size() - 1);
    if (!file_name.starts_with(prefix) || !file_name.ends_with(after)) return std::nullopt;
    if (file_name.size() < prefix.size() + after.size() + width) return std::nullopt;
    const std::string_view digits =
        file_name.substr(prefix.size(), file_name.size() - prefix.size() - after.size());
    std::uint64_t number = 0;
    const auto [end, failed] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
    if (failed != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
    // Not 00012 where 012 is meant.
    if (file_name_of(name(number)) != file_name) return std::nullopt;
    return number;
}

bool is_made_by(const std::string& output, const std::string& other) {
    namespace fs = std::filesystem;
    std::error_code failed;
    const auto real = [&failed](const std::string& path) {
        return fs::weakly_canonical(fs::absolute(path, failed), failed);
    };
    const fs::path file = real(other);
    const auto pattern = shard_pattern::parse(output);
    if (!pattern) {
        const bool is_database = form_by_name(output) == sink_form::sqlite;
        for (const char* beside : {"-wal", "-shm", "-journal"}) {
            if (is_database && file == real(output + beside)) return true;
        }
        return false;
    }
    if (file.parent_path() != real(pattern->folder())) return false;
    std::string name = file.filename().string();
    if (name.ends_with(part)) name.resize(name.size() - part.size());
    return pattern->number_in(name) || name == file_name_of(pattern->manifest());
}

shard_sink::shard_sink(shard_pattern pattern, record_text text, const sink_options& options)
    : pattern_(std::move(pattern)),
      name_(pattern_.before + "%0" + std::to_string(pattern_.width) + "d" + pattern_.after),
      text_(std::move(text)),
      coding_(coding_by_name(pattern_.after)),
      existing_(options.if_existing()),
      lines_per_file_(options.lines_per_file()),
      member_bytes_(options.member_bytes()) {
    lock_ = open_locked(pattern_.manifest() + std::string(part));
    look_around();
    const bool any = !shards_.empty() || part_ || identity_of(pattern_.manifest());
    if (any && existing_ == existing::refused) {
        ::unlink((pattern_.manifest() + std::string(part)).c_str());
        refuse_existing(name_);
    }
}

// The place of the manifest is kept for whoever goes on: it says that this series is not complete.
shard_sink::~shard_sink() {
    if (!begun_ && lock_.is_open()) ::unlink((pattern_.manifest() + std::string(part)).c_str());
}

void shard_sink::look_around() {
    std::error_code failed;
    std::filesystem::directory_iterator at(pattern_.folder(), failed);
    if (failed) throw local_failure(pattern_.folder() + ": " + failed.message());
    for (; at != std::filesystem::directory_iterator(); at.increment(failed)) {
        std::string file = at->path().filename().string();
        if (const auto number = pattern_.number_in(file)) shards_.try_emplace(*number);
        if (!file.ends_with(part)) continue;
        file.resize(file.size() - part.size());
        const auto number = pattern_.number_in(file);
        if (!number) continue;
        if (part_ && *part_ != *number) {
            throw unusable(name_ + ": there are two files that are not complete, numbers " +
                           std::to_string(*part_) + " and " + std::to_string(*number) +
                           "; remove the one that is no part of this series");
        }
        part_ = *number;
    }
    if (failed) throw local_failure(pattern_.folder() + ": " + failed.message());
    if (existing_ != existing::overwritten) refuse_other_series();
}

// Its files would stay, and be in no manifest any more.
void shard_sink::refuse_other_series() const {
    std::ifstream manifest(pattern_.manifest());
    constexpr std::string_view begin = "{\"name\":\"";
    for (std::string line; std::getline(manifest, line);) {
        if (!line.starts_with(begin)) continue;
        const std::string file = line.substr(begin.size(), line.find('"', begin.size()) - begin.size());
        if (pattern_.number_in(file)) continue;
        throw unusable(name_ + ": " + pattern_.manifest() + " is of another series, which has " + file +
                       "; name another");
    }
}

boost::asio::awaitable<void> shard_sink::recover(recovery& into) {
    recovered_ = true;
    line_reader reader = text_.reader();
    for (auto& [number, about] : shards_) {
        const std::string path = pattern_.name(number);
        const core::descriptor file = open_file(path, O_RDONLY);
        const journal_scanner::end end =
            co_await read_journal(file.get(), path, coding_, text_.layout(), reader, into);
        if (end.torn) {
            throw unusable(path + ": is damaged behind its byte " + std::to_string(end.keep_bytes) +
                           ", though it was complete; remove it, and its ids are looked up again");
        }
        about.lines = end.lines;
    }
    if (!part_) co_return;
    const std::string path = pattern_.name(*part_) + std::string(part);
    const core::descriptor file = open_file(path, O_RDONLY);
    part_end_ = co_await read_journal(file.get(), path, coding_, text_.layout(), reader, into);
}

void shard_sink::remove_all() {
    ::unlink(pattern_.manifest().c_str());
    for (const auto& [number, about] : shards_) ::unlink(pattern_.name(number).c_str());
    if (part_) ::unlink((pattern_.name(*part_) + std::string(part)).c_str());
    shards_.clear();
    part_.reset();
}

void shard_sink::begin() {
    if (begun_) return;
    if (resumes() && !recovered_) refuse_unread(name_);
    begun_ = true;
    if (existing_ == existing::overwritten) remove_all();
    if (!part_) return;
    open_part(*part_, part_end_.keep_bytes);
    open_lines_ = part_end_.lines;
    if (!part_end_.has_header) open_->append(text_.header(), 0);
    if (open_lines_ >= lines_per_file_) complete();
}

void shard_sink::open_part(std::uint64_t number, std::uint64_t keep_bytes) {
    number_ = number;
    open_lines_ = 0;
    const std::string path = pattern_.name(number) + std::string(part);
    open_.emplace(path, open_file(path, O_RDWR | O_CREAT), coding_, member_bytes_);
    open_->begin(keep_bytes);
    open_->watch_place();
    hash_.reset();
    if (keep_bytes > 0) return;
    hash_.emplace();
    open_->tell_written([this](std::string_view bytes) { hash_->add(bytes); });
}

void shard_sink::open_next() {
    open_part(shards_.empty() ? 0 : shards_.rbegin()->first + 1, 0);
    open_->append(text_.header(), 0);
}

// Durable before it has its name: whoever sees that may rely on the rest.
void shard_sink::complete() {
    open_->sync();
    rename_file(open_->name(), pattern_.name(number_));
    sync_folder(pattern_.folder());
    shard& about = shards_[number_];
    about.lines = open_lines_;
    if (hash_) about.sha256 = hash_->hex();
    hash_.reset();
    before_ += open_->written_lines();
    open_.reset();
}

void shard_sink::append(const record& one) {
    if (!open_) open_next();
    line_.clear();
    text_.append(line_, one);
    open_->append(line_, 1);
    if (++open_lines_ == lines_per_file_) complete();
}

void shard_sink::write() {
    if (open_) open_->write();
}

boost::asio::awaitable<void> shard_sink::drained() {
    if (open_) open_->write_all();
    co_return;
}

void shard_sink::sync() {
    if (open_) open_->sync();
}

std::uint64_t shard_sink::written() const noexcept { return before_ + (open_ ? open_->written_lines() : 0); }

std::uint64_t shard_sink::durable() const noexcept { return before_ + (open_ ? open_->durable_lines() : 0); }

void shard_sink::finish() {
    if (open_ && open_lines_ > 0) {
        complete();
    } else if (open_) {
        ::unlink(open_->name().c_str());
        open_.reset();
    }
    write_manifest();
}

// In the place that was locked, then under its name.
void shard_sink::write_manifest() {
    std::string text = "{\"files\":[";
    std::uint64_t lines = 0;
    std::uint64_t bytes = 0;
    for (auto& [number, about] : shards_) {
        const std::string path = pattern_.name(number);
        if (about.sha256.empty()) about.sha256 = sha256_of(path);
        struct stat status{};
        if (::stat(path.c_str(), &status) != 0) throw local_failure(path + ": " + system_words(errno));
        const auto size = static_cast<std::uint64_t>(status.st_size);
        text += text.back() == '[' ? "\n" : ",\n";
        text += "{\"name\":";
        append_json_string(text, file_name_of(path));
        text += ",\"lines\":" + std::to_string(about.lines) + ",\"bytes\":" + std::to_string(size) +
                ",\"sha256\":\"" + about.sha256 + "\"}";
        lines += about.lines;
        bytes += size;
    }
    text += "\n],\"lines\":" + std::to_string(lines) + ",\"bytes\":" + std::to_string(bytes) + "}\n";
    const std::string path = pattern_.manifest() + std::string(part);
    if (::ftruncate(lock_.get(), 0) != 0 || ::lseek(lock_.get(), 0, SEEK_SET) < 0) {
        throw local_failure(path + ": " + system_words(errno));
    }
    if (const int failed = write_all(lock_.get(), text); failed != 0) {
        throw local_failure(path + ": " + system_words(failed));
    }
    (void)::fdatasync(lock_.get());
    rename_file(path, pattern_.manifest());
    sync_folder(pattern_.folder());
}

}  // namespace getty::connect::ingest

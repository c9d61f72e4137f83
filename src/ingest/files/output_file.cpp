#include "ingest/files/output_file.hpp"

#include "ingest/files/files.hpp"
#include "ingest/files/quiet_write.hpp"

#include <getty/connect/ingest/trouble.hpp>

#include <zlib.h>

#include <algorithm>
#include <cerrno>
#include <new>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>
#include <zstd.h>

namespace getty::connect::ingest {
namespace {

constexpr int gzip_level = 6;
constexpr int zstd_level = 3;
constexpr std::size_t step = 64 * 1024;

}  // namespace

struct packer::state {
    coding how;
    z_stream deflating{};
    ZSTD_CCtx* zstd = nullptr;
    std::string packed;
    std::size_t bytes = 0;

    explicit state(coding wanted) : how(wanted) {
        if (how == coding::gzip) {
            if (::deflateInit2(&deflating, gzip_level, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) != Z_OK) {
                throw std::bad_alloc();
            }
            return;
        }
        zstd = ::ZSTD_createCCtx();
        if (zstd == nullptr) throw std::bad_alloc();
        ::ZSTD_CCtx_setParameter(zstd, ZSTD_c_compressionLevel, zstd_level);
        ::ZSTD_CCtx_setParameter(zstd, ZSTD_c_checksumFlag, 1);
    }
    ~state() {
        if (how == coding::gzip) ::deflateEnd(&deflating);
        ::ZSTD_freeCCtx(zstd);
    }
    state(const state&) = delete;
    state& operator=(const state&) = delete;

    void pack_gzip(std::string_view text, int flush) {
        deflating.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));  // zlib does not write
        deflating.avail_in = static_cast<uInt>(text.size());
        int got = Z_OK;
        do {
            const std::size_t before = packed.size();
            packed.resize(before + step);
            deflating.next_out = reinterpret_cast<Bytef*>(packed.data() + before);
            deflating.avail_out = static_cast<uInt>(step);
            got = ::deflate(&deflating, flush);
            packed.resize(packed.size() - deflating.avail_out);
        } while (deflating.avail_out == 0 || (flush == Z_FINISH && got == Z_OK));
    }

    void pack_zstd(std::string_view text, ZSTD_EndDirective flush) {
        ZSTD_inBuffer in{text.data(), text.size(), 0};
        std::size_t left = 0;
        do {
            const std::size_t before = packed.size();
            packed.resize(before + step);
            ZSTD_outBuffer out{packed.data() + before, step, 0};
            left = ::ZSTD_compressStream2(zstd, &out, &in, flush);
            packed.resize(before + out.pos);
            if (::ZSTD_isError(left) != 0)
                throw std::bad_alloc();  // nothing else can go wrong with these settings
        } while (flush == ZSTD_e_end ? left != 0 : in.pos < in.size);
    }
};

packer::packer(coding how) : state_(std::make_unique<state>(how)) {}
packer::~packer() = default;
packer::packer(packer&&) noexcept = default;
packer& packer::operator=(packer&&) noexcept = default;

std::size_t packer::member_bytes() const noexcept { return state_->bytes; }

void packer::append(std::string_view text) {
    constexpr std::size_t most = 1U << 30U;
    while (!text.empty()) {
        const std::string_view part = text.substr(0, most);
        if (state_->how == coding::gzip) {
            state_->pack_gzip(part, Z_NO_FLUSH);
        } else {
            state_->pack_zstd(part, ZSTD_e_continue);
        }
        state_->bytes += part.size();
        text.remove_prefix(part.size());
    }
}

void packer::end_member(std::string& to) {
    if (state_->how == coding::gzip) {
        state_->pack_gzip({}, Z_FINISH);
        ::deflateReset(&state_->deflating);
    } else {
        state_->pack_zstd({}, ZSTD_e_end);
    }
    to += state_->packed;
    state_->packed.clear();
    state_->bytes = 0;
}

output_file::output_file(std::string name, core::descriptor file, coding how, std::size_t member_bytes)
    : name_(std::move(name)), file_(std::move(file)), most_member_bytes_(member_bytes) {
    if (how != coding::plain) packer_ = std::make_unique<packer>(how);
}

void output_file::begin(std::uint64_t keep_bytes) {
    size_bytes_ = keep_bytes;
    if (::ftruncate(file_.get(), static_cast<off_t>(keep_bytes)) != 0 ||
        ::lseek(file_.get(), static_cast<off_t>(keep_bytes), SEEK_SET) < 0) {
        throw local_failure(name_ + ": cannot be cut to what is whole: " + system_words(errno));
    }
}

void output_file::append(std::string_view text, std::uint64_t lines) {
    appended_lines_ += lines;
    if (!packer_) {
        buffer_ += text;
        units_.push_back({buffer_.size(), lines});
        return;
    }
    packer_->append(text);
    member_lines_ += lines;
    if (packer_->member_bytes() >= most_member_bytes_) end_member();
}

void output_file::end_member() {
    if (!packer_ || packer_->member_bytes() == 0) return;
    packer_->end_member(buffer_);
    units_.push_back({buffer_.size(), std::exchange(member_lines_, 0)});
}

void output_file::write() {
    if (failed_) throw local_failure(name_ + ": could not be written to before");
    require_untouched();
    std::string_view left = buffer_;
    const write_signals_held held;
    while (!left.empty()) {
        const ssize_t count = ::write(file_.get(), left.data(), left.size());
        if (count > 0) {
            left.remove_prefix(static_cast<std::size_t>(count));
        } else if (count == 0) {
            fail(EIO);  // takes nothing and gives no reason
        } else if (errno != EINTR) {
            const int number = errno;
            count_written(buffer_.size() - left.size());
            fail(number);
        }
    }
    count_written(buffer_.size());
    if (told_ && !buffer_.empty()) told_(buffer_);
    units_.clear();
    buffer_.clear();
    require_untouched();
}

// Otherwise lines would go where nobody looks for them.
void output_file::require_untouched() {
    struct stat about{};
    if (!watches_place_ || ::fstat(file_.get(), &about) != 0) return;
    const bool there = identity_of(name_) == identity_of(file_.get());
    const bool whole = static_cast<std::uint64_t>(about.st_size) == size_bytes_;
    if (there && whole) return;
    failed_ = true;
    throw local_failure(
        name_ + (there ? ": was changed by somebody else while this run wrote to it; look at its end"
                       : ": was removed, moved or replaced while this run wrote to it; put it back, or what "
                         "stood in it is asked for again"));
}

void output_file::complete() {
    if (!packer_ || failed_ || size_bytes_ > 0) return;
    write_all();
    if (size_bytes_ > 0) return;
    packer_->end_member(buffer_);
    units_.push_back({buffer_.size(), 0});
    write();
}

// The units that are whole in the first `bytes` of the buffer.
void output_file::count_written(std::size_t bytes) {
    std::size_t whole = 0;
    for (const unit& one : units_) {
        if (one.end > bytes) break;
        whole = one.end;
        written_lines_ += one.lines;
    }
    size_bytes_ += whole;
}

// A failure to cut would change nothing: the next run does it.
void output_file::fail(int number) {
    failed_ = true;
    buffer_.clear();
    [[maybe_unused]] const int cut = ::ftruncate(file_.get(), static_cast<off_t>(size_bytes_));
    throw local_failure(name_ + ": " + write_failure(number) + "; it ends with a whole line");
}

void output_file::write_all() {
    end_member();
    write();
}

void output_file::sync() {
    if (durable_lines_ == appended_lines_ || failed_) return;
    write_all();
    if (::fdatasync(file_.get()) != 0) {
        const int number = errno;
        if (number != EINVAL && number != EROFS) fail(number);
    }
    durable_lines_ = written_lines_;
}

}  // namespace getty::connect::ingest

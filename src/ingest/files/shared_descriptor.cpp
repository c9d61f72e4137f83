#include "ingest/files/shared_descriptor.hpp"

#include "core/descriptor.hpp"
#include "core/quietly.hpp"

#include <boost/asio/error.hpp>
#include <boost/system/system_error.hpp>

#include <cerrno>
#include <fcntl.h>
#include <sys/stat.h>

namespace getty::connect::ingest {

shared_descriptor::shared_descriptor(const boost::asio::any_io_executor& executor, int descriptor, use how)
    : how_(how), given_(descriptor), used_(descriptor) {
    struct stat about{};
    const int flags = ::fcntl(given_, F_GETFL);
    const int wrong_way = how == use::reading ? O_WRONLY : O_RDONLY;
    if (flags < 0 || (flags & O_PATH) != 0 || (flags & O_ACCMODE) == wrong_way ||
        ::fstat(given_, &about) != 0) {
        refusal_ =
            how == use::reading ? "is closed, or not open for reading" : "is closed, or not open for writing";
        return;
    }
    if (!S_ISREG(about.st_mode) && !S_ISDIR(about.st_mode)) make_pollable(executor);
}

shared_descriptor::~shared_descriptor() {
    if (flags_before_) ::fcntl(given_, F_SETFL, *flags_before_);
}

void shared_descriptor::make_pollable(const boost::asio::any_io_executor& executor) {
    core::descriptor second = reopened(given_, how_ == use::reading ? O_RDONLY : O_WRONLY);
    if (!second.is_open()) {
        second = core::descriptor(::fcntl(given_, F_DUPFD_CLOEXEC, 3));
        const int flags = ::fcntl(given_, F_GETFL);
        if (!second.is_open() || ::fcntl(given_, F_SETFL, flags | O_NONBLOCK) != 0) return;
        flags_before_ = flags;
    }
    pollable_.emplace(executor);
    try {
        pollable_->assign(second.get());
    } catch (const boost::system::system_error&) {
        pollable_.reset();  // no descriptor that can be waited for
        return;
    }
    used_ = second.release();
}

int shared_descriptor::after_wait(const boost::system::error_code& failed) noexcept {
    if (failed == boost::asio::error::operation_aborted) return ECANCELED;
    if (failed) return failed.value();
    vain_.waited();
    return vain_.over() ? EAGAIN : 0;
}

void shared_descriptor::cancel() noexcept {
    core::quietly([this] {
        if (pollable_) pollable_->cancel();
    });
}

}  // namespace getty::connect::ingest

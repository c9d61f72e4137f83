#include "cli/process_setup.hpp"

#include "cli/lines/files.hpp"
#include "core/descriptor.hpp"

#include <boost/asio/error.hpp>
#include <boost/asio/io_context.hpp>
#include <doctest/doctest.h>

#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <functional>
#include <string>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace getty::connect::cli;

namespace {

// In a process of its own, which ends with 0 when all was as it should be.
bool holds_in_child(const std::function<bool()>& what) {
    const pid_t child = ::fork();
    if (child == 0) ::_exit(what() ? 0 : 1);
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

}  // namespace

TEST_CASE("S7: closed standard descriptors are taken, and their use still fails") {
    for (unsigned closed = 0; closed < 8; ++closed) {
        CAPTURE(closed);
        CHECK(holds_in_child([closed] {
            for (int d = 0; d < 3; ++d) {
                if ((closed & (1U << d)) != 0) ::close(d);
            }
            open_standard_descriptors();
            bool good = ::dup(2) >= 3;
            char byte = 0;
            if ((closed & 1U) != 0) good = good && ::read(0, &byte, 1) < 0 && errno == EBADF;
            for (int d = 1; d < 3; ++d) {
                if ((closed & (1U << d)) != 0) good = good && ::write(d, &byte, 1) < 0 && errno == EBADF;
            }
            return good;
        }));
    }
}

TEST_CASE("S7: descriptors that are open stay what they are") {
    CHECK(holds_in_child([] {
        int ends[2];
        if (::pipe(ends) != 0 || ::dup2(ends[1], 1) != 1) return false;
        open_standard_descriptors();
        char byte = 'x';
        return ::write(1, &byte, 1) == 1 && ::read(ends[0], &byte, 1) == 1;
    }));
}

TEST_CASE("S7: the limit of open files is raised as far as the system allows") {
    CHECK(holds_in_child([] {
        rlimit limit{};
        if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return false;
        const rlimit low{32, limit.rlim_max};
        if (::setrlimit(RLIMIT_NOFILE, &low) != 0) return false;
        raise_open_file_limit();
        rlimit now{};
        return ::getrlimit(RLIMIT_NOFILE, &now) == 0 && now.rlim_cur == limit.rlim_max;
    }));
}

TEST_CASE("S7: a signal that was ignored at the start is known to be") {
    auto* const before = std::signal(SIGHUP, SIG_IGN);
    CHECK(is_ignored(SIGHUP));
    std::signal(SIGHUP, SIG_DFL);
    CHECK_FALSE(is_ignored(SIGHUP));
    std::signal(SIGHUP, before);
}

TEST_CASE(
    "S7: a descriptor that is ready for ever and moves nothing is given up, one that moves something is "
    "not") {
    boost::asio::io_context context;
    const getty::connect::core::descriptor event(::eventfd(0, EFD_CLOEXEC));
    shared_descriptor from(context.get_executor(), event.get(), shared_descriptor::use::reading);
    const boost::system::error_code ready;
    for (unsigned i = 0; i < patience::most_in_vain; ++i) REQUIRE(from.after_wait(ready) == 0);
    from.moved();
    for (unsigned i = 0; i < patience::most_in_vain; ++i) REQUIRE(from.after_wait(ready) == 0);
    CHECK(from.after_wait(ready) == EAGAIN);
    CHECK(from.after_wait(boost::asio::error::operation_aborted) == ECANCELED);
    CHECK(from.after_wait(boost::asio::error::operation_not_supported) == EOPNOTSUPP);
}

TEST_CASE("S7: a descriptor of an unknown kind is waited for, not asked in a loop, and gets its flags back") {
    boost::asio::io_context context;
    const getty::connect::core::descriptor event(::eventfd(0, EFD_CLOEXEC));
    {
        const shared_descriptor from(context.get_executor(), event.get(), shared_descriptor::use::reading);
        CHECK(from.can_wait());
        CHECK((::fcntl(event.get(), F_GETFL) & O_NONBLOCK) != 0);
    }
    CHECK((::fcntl(event.get(), F_GETFL) & O_NONBLOCK) == 0);
}

TEST_CASE("S7: a descriptor that is not open for its use is refused") {
    boost::asio::io_context context;
    const auto refusal = [&](int flags, shared_descriptor::use how) {
        const getty::connect::core::descriptor device = open_file("/dev/null", flags);
        return std::string(shared_descriptor(context.get_executor(), device.get(), how).refusal());
    };
    CHECK(refusal(O_RDONLY, shared_descriptor::use::reading).empty());
    CHECK(refusal(O_RDWR, shared_descriptor::use::reading).empty());
    CHECK(refusal(O_RDWR, shared_descriptor::use::writing).empty());
    CHECK(refusal(O_WRONLY, shared_descriptor::use::writing).empty());
    CHECK(refusal(O_WRONLY, shared_descriptor::use::reading) == "is closed, or not open for reading");
    CHECK(refusal(O_RDONLY, shared_descriptor::use::writing) == "is closed, or not open for writing");
    CHECK_FALSE(refusal(O_PATH, shared_descriptor::use::reading).empty());
    const shared_descriptor none(context.get_executor(), 99'999, shared_descriptor::use::reading);
    CHECK_FALSE(none.refusal().empty());
}

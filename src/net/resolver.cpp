#include "net/resolver.hpp"

#include "async/event.hpp"
#include "core/ascii.hpp"
#include "core/descriptor.hpp"
#include "core/quietly.hpp"
#include "core/signals_blocked.hpp"

#include <boost/asio/ip/address.hpp>
#include <boost/asio/posix/basic_stream_descriptor.hpp>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <exception>
#include <fcntl.h>
#include <mutex>
#include <netdb.h>
#include <system_error>
#include <thread>
#include <unistd.h>
#include <utility>

namespace getty::connect::net {
namespace {

using addresses = std::vector<asio::ip::address>;

/// `localhost` never leaves this machine, whatever its name service says (RFC 6761 6.3).
bool is_localhost(std::string_view host) {
    if (host.ends_with('.')) host.remove_suffix(1);
    return core::equals_ignoring_case(host, "localhost");
}

asio::ip::address address_of(const sockaddr& from) {
    if (from.sa_family == AF_INET) {
        sockaddr_in v4{};
        std::memcpy(&v4, &from, sizeof v4);
        return asio::ip::address_v4(ntohl(v4.sin_addr.s_addr));
    }
    sockaddr_in6 v6{};
    std::memcpy(&v6, &from, sizeof v6);
    asio::ip::address_v6::bytes_type bytes;
    std::memcpy(bytes.data(), &v6.sin6_addr, bytes.size());
    return asio::ip::address_v6(bytes, v6.sin6_scope_id);
}

struct free_list {
    void operator()(addrinfo* list) const noexcept { ::freeaddrinfo(list); }
};

addresses ask_the_system(const std::string& host) {
    addrinfo hints{};
    hints.ai_socktype = SOCK_STREAM;
    addrinfo* first = nullptr;
    const int failed = ::getaddrinfo(host.c_str(), nullptr, &hints, &first);
    if (failed == EAI_SYSTEM) throw std::system_error(errno, std::system_category());
    if (failed != 0) throw std::runtime_error(::gai_strerror(failed));
    const std::unique_ptr<addrinfo, free_list> list(first);
    addresses found;
    for (const addrinfo* one = list.get(); one; one = one->ai_next) {
        if (one->ai_family == AF_INET || one->ai_family == AF_INET6)
            found.push_back(address_of(*one->ai_addr));
    }
    return found;
}

/// Shared by the thread that looks up and the coroutine that waits, if it still does.
struct answer {
    std::mutex lock;
    addresses found;
    std::string failure;
};

/// A wait for the thread's end of the pipe to be closed. Shared with the completion handler.
struct ending {
    ending(async::scheduler& on, int fd) : happened(on), pipe(on.get_executor(), fd) {}
    async::event happened;
    asio::posix::basic_stream_descriptor<async::executor> pipe;
    bool over = false;
};

class threads final : public resolver {
public:
    threads(async::scheduler& on, address_lookup lookup) : scheduler_(on), lookup_(std::move(lookup)) {}

    async::task<result<endpoints>> resolve(const std::string& host, std::uint16_t port,
                                           async::cancel_scope& scope) override {
        boost::system::error_code not_an_address;
        const auto address = asio::ip::make_address(host, not_an_address);
        if (!not_an_address) co_return endpoints(1, {address, port});
        if (!lookup_ && is_localhost(host)) {
            const addresses loopback{asio::ip::address_v4::loopback(), asio::ip::address_v6::loopback()};
            co_return with_port(loopback, port);
        }
        const auto wanted = std::make_shared<answer>();
        std::shared_ptr<ending> end;
        if (const std::optional<error> why = start(host, wanted, end); why) co_return *why;
        while (!end->over) {
            if (scope.stopped()) {
                core::quietly([&end] { end->pipe.close(); });
                co_return dial_stopped(scope, stage::resolve);
            }
            co_await end->happened.wait(scope);
        }
        co_return outcome_of(*wanted, port);
    }

private:
    static constexpr int max_threads = 4;
    using count = std::atomic<int>;

    /// One thread less when it goes.
    class place {
    public:
        explicit place(std::shared_ptr<count> in) : in_(std::move(in)) {}
        place(place&&) noexcept = default;
        place& operator=(place&&) = delete;
        ~place() {
            if (in_) in_->fetch_sub(1);
        }

    private:
        std::shared_ptr<count> in_;
    };

    static endpoints with_port(const addresses& found, std::uint16_t port) {
        endpoints all;
        for (const auto& one : found) all.emplace_back(one, port);
        return interleave(all);
    }

    static result<endpoints> outcome_of(answer& of, std::uint16_t port) {
        const std::lock_guard hold(of.lock);
        if (!of.failure.empty()) return error(errc::resolve_failed, stage::resolve, of.failure);
        if (of.found.empty()) return error(errc::resolve_failed, stage::resolve, "the name has no address");
        return with_port(of.found, port);
    }

    /// Why there is no thread; nothing when there is one.
    std::optional<error> start(const std::string& host, const std::shared_ptr<answer>& into,
                               std::shared_ptr<ending>& end) {
        if (running_->fetch_add(1) >= max_threads) {
            running_->fetch_sub(1);
            return error(errc::resolve_failed, stage::resolve,
                         "earlier lookups of the name have not ended yet");
        }
        place mine(running_);
        int ends[2];
        if (::pipe2(ends, O_CLOEXEC) != 0) {
            return error(errc::out_of_resources, stage::resolve, std::system_category().message(errno));
        }
        end = std::make_shared<ending>(scheduler_, ends[0]);
        core::descriptor told(ends[1]);
        try {
            const core::signals_blocked during_start;
            std::thread thread([host, into, how = lookup_, mine = std::move(mine), told = std::move(told)] {
                look_up(host, how, *into);
            });
            // detached-ok: nobody can end getaddrinfo, and to wait for it may be to hang; it owns all it uses
            thread.detach();
        } catch (const std::system_error& no_thread) {
            return error(errc::out_of_resources, stage::resolve, no_thread.what());
        }
        end->pipe.async_wait(asio::posix::descriptor_base::wait_read,
                             [end](const boost::system::error_code& ec) {
                                 if (ec) return;  // given up
                                 end->over = true;
                                 end->happened.wake_inline();
                             });
        return std::nullopt;
    }

    static void look_up(const std::string& host, const address_lookup& how, answer& into) {
        addresses found;
        std::string failure;
        try {
            found = how ? how(host) : ask_the_system(host);
        } catch (const std::exception& why) {
            failure = why.what();
            if (failure.empty()) failure = "it failed without a reason";
        } catch (...) {
            failure = "it failed without a reason";
        }
        const std::lock_guard hold(into.lock);
        into.found = std::move(found);
        into.failure = std::move(failure);
    }

    async::scheduler& scheduler_;
    address_lookup lookup_;
    std::shared_ptr<count> running_ = std::make_shared<count>(0);
};

}  // namespace

std::shared_ptr<resolver> thread_resolver(async::scheduler& on, address_lookup lookup) {
    return std::make_shared<threads>(on, std::move(lookup));
}

/// The one call under way, whichever way its coroutine ends.
struct name_cache::flight {
    explicit flight(name_cache& in) : of(in) { of.flying_ = true; }
    ~flight() {
        of.flying_ = false;
        of.landed_.notify_all();
    }
    flight(const flight&) = delete;
    flight& operator=(const flight&) = delete;
    name_cache& of;
};

async::task<result<endpoints>> name_cache::resolve(const std::string& host, std::uint16_t port,
                                                   async::cancel_scope& scope) {
    const std::uint64_t before = landings_;
    for (;;) {
        if (!found_.empty() && scheduler_.now() < fresh_until_) co_return found_;
        // What was brought while we waited is fresh enough, a failure included.
        if (landings_ != before) co_return last_;
        if (scope.stopped()) co_return dial_stopped(scope, stage::resolve);
        if (flying_) {
            co_await landed_.wait(scope);
            continue;
        }
        const flight mine(*this);
        result<endpoints> brought = co_await behind_->resolve(host, port, scope);
        if (scope.stopped() && !brought) co_return brought;
        ++landings_;
        last_ = brought;
        found_.clear();
        if (brought) {
            found_ = *brought;
            fresh_until_ = core::later(scheduler_.now(), lifetime_);
        }
        co_return brought;
    }
}

endpoints interleave(const endpoints& found) {
    if (found.empty()) return {};
    const bool first_is_v6 = found.front().address().is_v6();
    endpoints same;
    endpoints other;
    for (const auto& one : found) (one.address().is_v6() == first_is_v6 ? same : other).push_back(one);
    endpoints mixed;
    for (std::size_t i = 0; i < std::max(same.size(), other.size()); ++i) {
        if (i < same.size()) mixed.push_back(same[i]);
        if (i < other.size()) mixed.push_back(other[i]);
    }
    return mixed;
}

error dial_stopped(const async::cancel_scope& scope, stage at) {
    return {scope.reason(errc::connect_timeout), at};
}

}  // namespace getty::connect::net

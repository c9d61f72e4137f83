// Which sockets can be read or written: one wait of Asio's for all sockets of a client.
#pragma once

#include "async/scheduler.hpp"
#include "core/descriptor.hpp"
#include "net/readiness_listener.hpp"

#include <boost/asio/posix/basic_stream_descriptor.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <sys/epoll.h>
#include <sys/types.h>

namespace getty::connect::net {

/// An epoll instance of the client's own that Asio waits for as it would for one socket.
///
/// A wait of Asio's on each socket costs a system call, an allocation and a dispatch per response. Here a
/// socket is registered once, is level-triggered, and all that are ready come with one call.
///
/// While something is registered, the execution context has work. What is registered may outlive the context:
/// it is not told anything then. After a fork the set is still the parent's, and so are the sockets: the
/// child touches neither, told of the fork (Asio's `notify_fork`) or not. Used on the scheduler's executor
/// only.
class epoll_set final : public std::enable_shared_from_this<epoll_set>, private async::context_part {
public:
    /// One socket's place in the set, from its beginning to its end.
    class registration {
    public:
        /// `descriptor` must stay open as long as this object. Throws `boost::system::system_error`.
        registration(std::shared_ptr<epoll_set> in, int descriptor, readiness_listener& tell);
        ~registration();
        registration(const registration&) = delete;
        registration& operator=(const registration&) = delete;

        /// Has the listener told once, from the executor and never within this call. No effect while that is
        /// under way already, nor after `lost`.
        void watch(direction which);
        /// This process is the one that began it, so what is at the other end is this process's business.
        [[nodiscard]] bool is_ours() const noexcept { return !lost_ && in_->is_ours(); }

    private:
        friend class epoll_set;
        void notify(std::uint32_t events);
        void set(int action, std::uint32_t interest);
        void end() noexcept;

        std::shared_ptr<epoll_set> in_;
        readiness_listener& listener_;
        int descriptor_;
        std::uint32_t armed_ = 0;  // the listener is to be told
        std::uint32_t interest_;   // what the set looks for
        bool lost_ = false;
        registration* next_ = nullptr;
        registration* previous_ = nullptr;
    };

    /// Throws `boost::system::system_error`. `on` must outlive the set.
    [[nodiscard]] static std::shared_ptr<epoll_set> make(async::scheduler& on);
    explicit epoll_set(async::scheduler& on);
    ~epoll_set();

    [[nodiscard]] std::size_t registered() const noexcept { return registered_; }

private:
    // More than one call pays for, fewer than hold up what else runs on the executor.
    static constexpr std::size_t events_at_once = 16;

    using set_descriptor = asio::posix::basic_stream_descriptor<async::executor>;

    void context_ends() noexcept override;
    void forked() noexcept override;
    [[nodiscard]] bool has_news() noexcept override;
    void open();
    void release() noexcept;
    [[nodiscard]] bool is_ours() const noexcept;
    void arm();
    void dispatch();
    void tell_lost();
    void enter(registration& which) noexcept;
    void leave(const registration& which) noexcept;

    async::scheduler& scheduler_;
    std::optional<set_descriptor> epoll_;  // none without an execution context
    pid_t process_;                        // whose set it is
    registration* first_ = nullptr;
    std::size_t registered_ = 0;
    bool waiting_ = false;
    std::array<epoll_event, events_at_once> events_;
    // of `events_`, while they are being told
    std::size_t next_ = 0;
    std::size_t count_ = 0;
    const registration* current_ = nullptr;
};

}  // namespace getty::connect::net

#include "net/epoll_set.hpp"

#include "core/quietly.hpp"

#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>
#include <boost/system/system_error.hpp>

#include <algorithm>
#include <cerrno>
#include <poll.h>
#include <unistd.h>
#include <utility>

namespace getty::connect::net {
namespace {

void require(int returned) {
    if (returned < 0) throw boost::system::system_error(errno, boost::system::system_category(), "epoll");
}

constexpr std::uint32_t bit_of(direction which) noexcept {
    return which == direction::read ? EPOLLIN : EPOLLOUT;
}

}  // namespace

std::shared_ptr<epoll_set> epoll_set::make(async::scheduler& on) {
    auto made = std::make_shared<epoll_set>(on);
    made->open();
    return made;
}

epoll_set::epoll_set(async::scheduler& on) : scheduler_(on), process_(::getpid()) { scheduler_.adopt(*this); }

epoll_set::~epoll_set() {
    scheduler_.disown(*this);
    release();
}

void epoll_set::open() {
    if (scheduler_.ended()) throw boost::system::system_error(asio::error::operation_aborted, "epoll");
    core::descriptor epoll(::epoll_create1(EPOLL_CLOEXEC));
    require(epoll.get());
    set_descriptor made(scheduler_.get_executor());
    made.assign(epoll.get());
    [[maybe_unused]] const int owned_by_asio = epoll.release();
    epoll_.emplace(std::move(made));
    process_ = ::getpid();
}

bool epoll_set::is_ours() const noexcept { return ::getpid() == process_; }

void epoll_set::release() noexcept {
    if (!epoll_) return;
    // Asio takes a descriptor out of its own set before it closes it. In a child that set is the parent's,
    // too: the descriptor must be invalid by then.
    if (!is_ours()) ::close(epoll_->native_handle());
    epoll_.reset();
}

void epoll_set::context_ends() noexcept { release(); }

bool epoll_set::has_news() noexcept {
    if (!epoll_ || !waiting_) return false;
    pollfd set{epoll_->native_handle(), POLLIN, 0};
    return ::poll(&set, 1, 0) > 0;
}

void epoll_set::forked() noexcept {
    for (registration* one = first_; one; one = one->next_) {
        one->lost_ = true;
        one->listener_.lost();
    }
    // Asio has made a set of its own by now, so this takes nothing out of the parent's.
    process_ = ::getpid();
    release();
    core::quietly([this] { open(); });
    auto tell = [self = shared_from_this()] { self->tell_lost(); };
    asio::post(scheduler_.get_executor(), std::move(tell));
}

/// What waits for a socket that is the parent's waits in vain.
void epoll_set::tell_lost() {
    const auto waits = [](const registration& one) { return one.lost_ && one.armed_ != 0; };
    for (registration* one = first_; one;) {
        if (!waits(*one)) {
            one = one->next_;
            continue;
        }
        one->notify(EPOLLIN | EPOLLOUT);
        one = first_;  // any of them may have ended
    }
    if (registered_ > 0) arm();
}

void epoll_set::arm() {
    if (waiting_ || !epoll_) return;
    // The waiting keeps the set; what is registered keeps it waiting.
    auto done = [self = shared_from_this()](const boost::system::error_code& ec) {
        self->waiting_ = false;
        if (!ec) return self->dispatch();
        if (self->registered_ > 0) self->arm();
    };
    epoll_->async_wait(set_descriptor::wait_read, std::move(done));
    waiting_ = true;
}

void epoll_set::dispatch() {
    // Also when one of them throws: the others are still ready the next time.
    struct at_end {
        epoll_set& set;
        ~at_end() {
            set.count_ = 0;
            set.current_ = nullptr;
            if (set.registered_ > 0) set.arm();
        }
    };
    const at_end rearm{*this};
    if (!epoll_) return;
    const int count =
        ::epoll_wait(epoll_->native_handle(), events_.data(), static_cast<int>(events_.size()), 0);
    count_ = static_cast<std::size_t>(std::max(count, 0));
    for (next_ = 0; next_ < count_;) {
        const epoll_event& event = events_[next_++];
        if (auto* which = static_cast<registration*>(event.data.ptr)) which->notify(event.events);
    }
}

void epoll_set::enter(registration& which) noexcept {
    which.next_ = first_;
    if (first_) first_->previous_ = &which;
    first_ = &which;
    ++registered_;
}

void epoll_set::leave(const registration& which) noexcept {
    if (which.next_) which.next_->previous_ = which.previous_;
    (which.previous_ ? which.previous_->next_ : first_) = which.next_;
    for (std::size_t i = next_; i < count_; ++i) {
        if (events_[i].data.ptr == &which) events_[i].data.ptr = nullptr;
    }
    if (current_ == &which) current_ = nullptr;
    if (--registered_ > 0 || !waiting_ || !epoll_) return;
    core::quietly([this] { epoll_->cancel(); });
}

epoll_set::registration::registration(std::shared_ptr<epoll_set> in, int descriptor, readiness_listener& tell)
    : in_(std::move(in)), listener_(tell), descriptor_(descriptor) {
    set(EPOLL_CTL_ADD, EPOLLIN);
    in_->enter(*this);
    try {
        in_->arm();
    } catch (...) {
        end();
        throw;
    }
}

epoll_set::registration::~registration() { end(); }

void epoll_set::registration::end() noexcept {
    // A descriptor that is about to be closed would go by itself, unless somebody holds a copy of it, as a
    // child does; there it must stay, for it is the parent's.
    if (is_ours() && in_->epoll_) {
        ::epoll_ctl(in_->epoll_->native_handle(), EPOLL_CTL_DEL, descriptor_, nullptr);
    }
    in_->leave(*this);
}

void epoll_set::registration::watch(direction which) {
    armed_ |= bit_of(which);
    if (lost_ || !in_->epoll_) return;
    if ((interest_ & armed_) != armed_) set(EPOLL_CTL_MOD, interest_ | armed_);
}

void epoll_set::registration::set(int action, std::uint32_t interest) {
    epoll_event event{};
    // A hang-up is told whether one is interested or not; edge-triggered, it is told once.
    event.events = interest == 0 ? std::uint32_t{EPOLLET} : interest;
    event.data.ptr = this;
    if (!in_->epoll_) throw boost::system::system_error(asio::error::operation_aborted, "epoll");
    require(::epoll_ctl(in_->epoll_->native_handle(), action, descriptor_, &event));
    interest_ = interest;
}

void epoll_set::registration::notify(std::uint32_t events) {
    const bool both = (events & (EPOLLERR | EPOLLHUP)) != 0;
    const std::uint32_t ready = both ? std::uint32_t{EPOLLIN | EPOLLOUT} : events;
    if ((ready & armed_) == 0) {
        // Nobody wants to know at present, and the set would say so again and again.
        if (interest_ != armed_) set(EPOLL_CTL_MOD, armed_);
        return;
    }
    epoll_set& in = *in_;
    in.current_ = this;
    for (const direction which : {direction::read, direction::write}) {
        if ((ready & armed_ & bit_of(which)) == 0) continue;
        armed_ &= ~bit_of(which);
        listener_.ready(which);
        if (in.current_ != this) return;
    }
}

}  // namespace getty::connect::net

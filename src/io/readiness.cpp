#include "io/readiness.hpp"

#include <boost/asio/error.hpp>
#include <boost/system/system_error.hpp>

#include <algorithm>
#include <cerrno>

namespace getty::connect::io {
namespace {

void require(int returned) {
    if (returned < 0) throw boost::system::system_error(errno, boost::system::system_category(), "epoll");
}

constexpr std::uint32_t bit_of(direction which) noexcept {
    return which == direction::read ? EPOLLIN : EPOLLOUT;
}

}  // namespace

std::shared_ptr<readiness> readiness::make(const executor& ex) {
    descriptor epoll(::epoll_create1(EPOLL_CLOEXEC));
    require(epoll.get());
    return std::make_shared<readiness>(ex, std::move(epoll));
}

readiness::readiness(const executor& ex, descriptor epoll) : epoll_(ex) {
    epoll_.assign(epoll.get());
    [[maybe_unused]] const int owned_by_asio = epoll.release();
}

void readiness::arm() {
    if (waiting_) return;
    // The waiting keeps the set; what is registered keeps it waiting.
    auto done = [self = shared_from_this()](const boost::system::error_code& ec) {
        self->waiting_ = false;
        if (!ec) return self->dispatch();
        if (self->registered_ > 0) self->arm();
    };
    epoll_.async_wait(decltype(epoll_)::wait_read, std::move(done));
    waiting_ = true;
}

void readiness::dispatch() {
    // Also when one of them throws: the others are still ready the next time.
    struct at_end {
        readiness& set;
        ~at_end() {
            set.count_ = 0;
            set.current_ = nullptr;
            if (set.registered_ > 0) set.arm();
        }
    };
    const at_end rearm{*this};
    const int count =
        ::epoll_wait(epoll_.native_handle(), events_.data(), static_cast<int>(events_.size()), 0);
    count_ = static_cast<std::size_t>(std::max(count, 0));
    for (next_ = 0; next_ < count_;) {
        const epoll_event& event = events_[next_++];
        if (auto* which = static_cast<registration*>(event.data.ptr)) which->notify(event.events);
    }
}

void readiness::leave(const registration& which) noexcept {
    for (std::size_t i = next_; i < count_; ++i) {
        if (events_[i].data.ptr == &which) events_[i].data.ptr = nullptr;
    }
    if (current_ == &which) current_ = nullptr;
    if (--registered_ > 0 || !waiting_) return;
    boost::system::error_code ignored;
    epoll_.cancel(ignored);
}

readiness::registration::registration(std::shared_ptr<readiness> in, int descriptor, waiter& tell)
    : in_(std::move(in)), waiter_(tell), descriptor_(descriptor) {
    set(EPOLL_CTL_ADD, EPOLLIN);
    ++in_->registered_;
    try {
        in_->arm();
    } catch (...) {
        end();
        throw;
    }
}

readiness::registration::~registration() { end(); }

void readiness::registration::end() noexcept {
    // A descriptor that is about to be closed would go by itself, unless somebody holds a copy of it.
    ::epoll_ctl(in_->epoll_.native_handle(), EPOLL_CTL_DEL, descriptor_, nullptr);
    in_->leave(*this);
}

void readiness::registration::watch(direction which) {
    armed_ |= bit_of(which);
    if ((interest_ & armed_) != armed_) set(EPOLL_CTL_MOD, interest_ | armed_);
}

void readiness::registration::set(int action, std::uint32_t interest) {
    epoll_event event{};
    // A hang-up is told whether one is interested or not; edge-triggered, it is told once.
    event.events = interest == 0 ? std::uint32_t{EPOLLET} : interest;
    event.data.ptr = this;
    require(::epoll_ctl(in_->epoll_.native_handle(), action, descriptor_, &event));
    interest_ = interest;
}

void readiness::registration::notify(std::uint32_t events) {
    const bool both = (events & (EPOLLERR | EPOLLHUP)) != 0;
    const std::uint32_t ready = both ? std::uint32_t{EPOLLIN | EPOLLOUT} : events;
    if ((ready & armed_) == 0) {
        // Nobody wants to know at present, and the set would say so again and again.
        if (interest_ != armed_) set(EPOLL_CTL_MOD, armed_);
        return;
    }
    readiness& in = *in_;
    in.current_ = this;
    for (const direction which : {direction::read, direction::write}) {
        if ((ready & armed_ & bit_of(which)) == 0) continue;
        armed_ &= ~bit_of(which);
        waiter_.ready(which);
        if (in.current_ != this) return;
    }
}

}  // namespace getty::connect::io

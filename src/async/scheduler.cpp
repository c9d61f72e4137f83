#include "async/scheduler.hpp"

#include "async/event.hpp"

#include <boost/asio/execution_context.hpp>

#include <algorithm>
#include <cassert>
#include <mutex>
#include <vector>

namespace getty::connect::async {
namespace {

/// One per execution context; knows the schedulers on it.
class scheduler_registry final : public asio::execution_context::service {
public:
    using key_type = scheduler_registry;
    inline static asio::execution_context::id id;

    explicit scheduler_registry(asio::execution_context& context) : service(context) {}

    void add(const std::shared_ptr<scheduler>& l) {
        const std::lock_guard lock(mutex_);
        std::erase_if(loops_, [](const std::weak_ptr<scheduler>& other) { return other.expired(); });
        loops_.push_back(l);
    }

private:
    void shutdown() noexcept override {
        for (const std::weak_ptr<scheduler>& weak : loops_) {
            if (const std::shared_ptr<scheduler> l = weak.lock()) l->context_ends();
        }
    }
    void notify_fork(asio::execution_context::fork_event event) override {
        if (event != asio::execution_context::fork_child) return;
        for (const std::weak_ptr<scheduler>& weak : loops_) {
            if (const std::shared_ptr<scheduler> l = weak.lock()) l->forked();
        }
    }

    std::mutex mutex_;
    std::vector<std::weak_ptr<scheduler>> loops_;
};

}  // namespace

scheduler::scheduler(executor ex) : executor_(std::move(ex)) {}
scheduler::~scheduler() = default;

void scheduler::elapsed() noexcept {
    const core::time_point began = now();
    if (began >= core::later(armed_for_, gap) && must_catch_up()) return arm(armed_for_);
    turns_ = 0;
    armed_for_ = core::never;
    deadlines_.run(began);
    // A timer is not taken back when an entry leaves: the early wake-up costs less than re-arming each time.
    if (deadlines_.next() < armed_for_) {
        armed_for_ = deadlines_.next();
        arm(armed_for_);
    }
}

/// Whether the deadlines wait for another turn of the execution context: a time that has passed comes again
/// behind what is ready, and what that has woken. A peer that never ends holds them up for so many turns.
bool scheduler::must_catch_up() noexcept {
    if (turns_ == max_turns) return false;
    bool news = turns_ == 0;
    for (context_part* part = first_part_; part && !news; part = part->next_) news = part->has_news();
    if (news) ++turns_;
    return news;
}

void scheduler::adopt(context_part& part) noexcept {
    part.next_ = first_part_;
    if (first_part_) first_part_->previous_ = &part;
    first_part_ = &part;
}

void scheduler::disown(context_part& part) noexcept {
    if (!part.previous_ && first_part_ != &part) return;
    if (part.next_) part.next_->previous_ = part.previous_;
    (part.previous_ ? part.previous_->next_ : first_part_) = part.next_;
    part.next_ = part.previous_ = nullptr;
}

void scheduler::abandon() noexcept {
    while (event* const at = first_parked_) {
        at->take(event::what::destroy);
        // A place that stayed would be looked at for ever.
        assert(first_parked_ != at);
        if (first_parked_ == at) at->unlink();
    }
}

void scheduler::context_ends() noexcept {
    abandon();
    ended_.store(true, std::memory_order_release);
    for (context_part* part = first_part_; part;) {
        context_part* const next = part->next_;
        part->context_ends();
        part = next;
    }
    let_go();
    executor_ = executor();
}

void scheduler::forked() noexcept {
    for (context_part* part = first_part_; part; part = part->next_) part->forked();
}

void follow_context(const std::shared_ptr<scheduler>& l) {
    asio::execution_context& context = asio::query(l->get_executor(), asio::execution::context);
    asio::use_service<scheduler_registry>(context).add(l);
}

}  // namespace getty::connect::async

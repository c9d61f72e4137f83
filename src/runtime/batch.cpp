#include "runtime/batch.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>

#include <algorithm>
#include <utility>

namespace getty::connect::runtime {
namespace {

policy::batch_limits limits_of(const fetch_options& options) {
    policy::batch_limits limits;
    limits.max_in_flight = options.max_in_flight();
    limits.max_buffered = options.max_buffered();
    limits.order = options.delivery() == delivery::in_input_order ? policy::delivery_order::input
                                                                  : policy::delivery_order::completion;
    limits.merge_duplicates = options.duplicates() == duplicates::merge;
    return limits;
}

policy::window window_of(const fetch_options& options) {
    constexpr std::size_t initial = 8;
    const std::size_t most = options.max_in_flight();
    return options.concurrency() == concurrency::adaptive ? policy::window::adaptive(initial, most)
                                                          : policy::window::fixed(most);
}

std::string words_of(const std::exception_ptr& thrown) {
    try {
        std::rethrow_exception(thrown);
    } catch (const std::exception& e) {
        return e.what();
    } catch (...) {
        return "an exception of unknown type";
    }
}

}  // namespace

struct batch::worker {
    explicit worker(batch& in)
        : of(in), op(in.lookups_.loop()), event(in.lookups_.loop()), request(in.lookups_.images()) {
        of.workers_.push_back(this);
    }
    ~worker() {
        std::erase(of.workers_, this);
        std::erase(of.idle_, this);
    }
    worker(const worker&) = delete;
    worker& operator=(const worker&) = delete;

    batch& of;
    io::operation op;
    io::wait_point event;
    image_request request;
    std::string id;
};

batch::batch(image_lookups& lookups, task_group& tasks, id_source ids, const fetch_options& options,
             std::weak_ptr<void> keep)
    : lookups_(lookups),
      tasks_(tasks),
      keep_(std::move(keep)),
      source_(std::move(ids).take()),
      each_(options.lookup()),
      max_workers_(options.max_in_flight()),
      plan_(limits_of(options)),
      window_(window_of(options)),
      slots_(plan_.capacity()),
      consumer_(lookups_.loop()) {}

batch::~batch() = default;

bool batch::start() {
    if (std::exchange(started_, true)) return false;
    engage_another();
    return true;
}

std::optional<outcome> batch::take() {
    std::optional<outcome> taken(std::move(slots_[*plan_.front()]));
    plan_.delivered();
    engage_another();
    return taken;
}

std::optional<error> batch::take_end_error() { return std::exchange(end_error_, std::nullopt); }

void batch::cancel() {
    end();
    cancel_lookups();
}

void batch::stop(error why) {
    if (!ended_) end_error_ = std::move(why);
    end();
}

void batch::cancel_lookups() {
    canceled_ = true;
    for (worker* w : workers_) w->op.cancel();
}

void batch::end() {
    ended_ = true;
    if (pulling_) cancel_pull_.emit(boost::asio::cancellation_type::terminal);
    for (worker* w : std::exchange(idle_, {})) w->event.wake();
    consumer_.wake();
}

/// Lets one more worker run when there is an id to pull for it.
void batch::engage_another() {
    if (!may_pull()) return;
    if (!idle_.empty()) {
        idle_.back()->event.wake();
        idle_.pop_back();
    } else if (workers_.size() < max_workers_) {
        tasks_.spawn(work(shared_from_this()), keep_.lock());
    }
}

// `self` keeps the batch alive while the worker runs.
io::task<void> batch::work([[maybe_unused]] std::shared_ptr<batch> self) {
    if (workers_.size() >= max_workers_) co_return;  // several were engaged before the first of them ran
    worker me(*this);
    if (canceled_) me.op.cancel();
    for (;;) {
        me.op.expires_at(core::never);
        while (!may_pull() && !ended_) {
            if (std::find(idle_.begin(), idle_.end(), &me) == idle_.end()) idle_.push_back(&me);
            if (me.op.stopped()) break;
            co_await me.event.wait(me.op);
        }
        std::erase(idle_, &me);
        if (ended_) co_return;
        if (source_->waits()) {
            start_pull(me);
            io::operation patient(lookups_.loop());  // the source itself is told when the batch ends
            while (pulling_) {
                co_await me.event.wait(patient);
            }
            if (!pulled_id_) continue;
            me.id = std::move(*pulled_id_);
            pulled_id_.reset();
        } else if (!pull_now(me.id)) {
            continue;
        }
        const auto admitted = plan_.pulled(me.id);
        slots_[admitted.at].id = me.id;
        slots_[admitted.at].index = next_index_++;
        engage_another();
        if (!admitted.joins) co_await look_up(me, admitted.at);
    }
}

bool batch::pull_now(std::string& id) {
    try {
        if (source_->next(id)) return true;
        end();
    } catch (...) {
        source_failed(std::current_exception());
    }
    return false;
}

void batch::start_pull(worker& w) {
    pulling_ = true;
    puller_ = &w;
    auto arrived = [self = shared_from_this()](std::exception_ptr thrown, std::optional<std::string> id) {
        self->pulled(std::move(thrown), std::move(id));
    };
    try {
        boost::asio::co_spawn(lookups_.loop().get_executor(), source_->next_async(),
                              boost::asio::bind_cancellation_slot(cancel_pull_.slot(), std::move(arrived)));
    } catch (...) {  // a plain function that throws before it has an awaitable to return
        pulling_ = false;
        source_failed(std::current_exception());
    }
}

void batch::pulled(std::exception_ptr thrown, std::optional<std::string> id) {
    pulling_ = false;
    if (thrown && !ended_) source_failed(thrown);
    if (!thrown && !id) end();
    if (!thrown && id) pulled_id_ = std::move(id);
    puller_->event.wake();
    if (ended_) consumer_.wake();
}

void batch::source_failed(const std::exception_ptr& thrown) {
    end_error_ = error(errc::invalid_source, stage::queue, words_of(thrown));
    end();
}

io::task<void> batch::look_up(worker& w, policy::batch_plan::entry at) {
    outcome& slot = slots_[at];
    // What an earlier one left in the document is overwritten: each form fills the same parts every time.
    if (!slot.value) slot.value = document();
    lookup_report report;
    const std::size_t in_flight = plan_.in_flight();
    const result<void> done = co_await lookups_.run(w.request, w.id, each_, w.op, *slot.value, report);
    if (!done) slot.value = done.error();
    if (report.calls.requests > 0 && w.op.status() != io::operation::state::canceled) {
        window_.finished(report.calls.last_exchange, report.calls.overloaded, in_flight);
    }
    finish(at, report);
}

void batch::finish(policy::batch_plan::entry at, const lookup_report& report) {
    outcome& slot = slots_[at];
    slot.attempts = report.calls.requests;
    slot.elapsed = report.elapsed;
    followers_.clear();
    plan_.finished(at, followers_);
    for (const auto follower : followers_) {
        lookups_.telemetry().lookups_merged.add();
        slots_[follower].value = slot.value;
        slots_[follower].attempts = 0;
        slots_[follower].elapsed = slot.elapsed;
    }
    consumer_.wake();
}

}  // namespace getty::connect::runtime

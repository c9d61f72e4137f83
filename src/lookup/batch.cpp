#include "lookup/batch.hpp"

#include "async/alarm.hpp"
#include "async/event.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>

#include <algorithm>
#include <utility>

namespace getty::connect::lookup {
namespace {

policy::batch_limits limits_of(const fetch_options& options, const batch_shape& shape) {
    policy::batch_limits limits;
    limits.max_in_flight = shape.max_in_flight;
    limits.ids_per_request = shape.ids_per_request;
    limits.max_buffered = options.max_buffered();
    limits.order = options.delivery() == delivery::in_input_order ? policy::delivery_order::input
                                                                  : policy::delivery_order::completion;
    limits.merge_duplicates = options.duplicates() == duplicates::merge;
    return limits;
}

policy::window window_of(const fetch_options& options, const batch_shape& shape) {
    constexpr std::size_t initial = 8;
    const std::size_t most = shape.max_in_flight;
    return options.concurrency() == concurrency::adaptive ? policy::window::adaptive(initial, most)
                                                          : policy::window::fixed(most);
}

/// Short enough to need none itself.
error no_memory() { return {errc::internal_failure, stage::queue, "out of memory"}; }

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
        : of(in),
          scope(in.lookups_.scheduler()),
          event(in.lookups_.scheduler()),
          bell(in.lookups_.scheduler(), event),
          request(in.lookups_.images()) {
        of.workers_.push_back(this);
    }
    ~worker() {
        std::erase(of.workers_, this);
        std::erase(of.idle_, this);
    }
    worker(const worker&) = delete;
    worker& operator=(const worker&) = delete;

    batch& of;
    async::cancel_scope scope;
    async::event event;
    async::alarm bell;
    image_request request;
    std::string id;
    lookup_group group;  // and the entries of its ids
    std::vector<policy::batch_plan::entry> entries;
};

/// Waits in the order of coming, from its making to its end.
struct batch::taker {
    explicit taker(batch& in) : of(in), event(in.lookups_.scheduler()), previous(in.last_taker_) {
        (previous ? previous->next : of.first_taker_) = this;
        of.last_taker_ = this;
    }
    ~taker() {
        (previous ? previous->next : of.first_taker_) = next;
        (next ? next->previous : of.last_taker_) = previous;
    }
    taker(const taker&) = delete;
    taker& operator=(const taker&) = delete;

    batch& of;
    async::event event;
    std::optional<delivery> got;
    taker* previous;
    taker* next = nullptr;
};

batch::batch(batch_list& batches, lookup_runner& lookups, async::task_group& tasks, id_source ids,
             const fetch_options& options, const batch_shape& shape, const core::hash_key& key, used_by users,
             std::weak_ptr<void> keep)
    : batches_(batches),
      lookups_(lookups),
      tasks_(tasks),
      keep_(std::move(keep)),
      source_(std::move(ids).take()),
      each_(options.lookup()),
      max_workers_(shape.max_in_flight),
      ids_per_request_(shape.ids_per_request),
      in_groups_(shape.ids_per_request > 1),
      max_linger_(options.max_linger()),
      separates_(options.duplicates() == duplicates::separate),
      users_(users),
      plan_(limits_of(options, shape), key),
      window_(window_of(options, shape)),
      window_now_(window_.limit()) {
    terms_.max_outage = options.max_outage();
    terms_.at_first = options.before_first_answer();
    terms_.set_aside = [this](int change) {
        {
            const auto held = lock();
            plan_.set_aside(change);
        }
        engage_another();
    };
    terms_.nobody_else = [this] {
        if (gatherer_ && !gatherer_->entries.empty()) return false;
        const auto held = lock();
        return plan_.in_flight() <= plan_.aside() && (ended_ || pulling_ || !plan_.has_room());
    };
}

batch::~batch() = default;

void batch::begin() {
    started_ = true;
    batches_.begin(shared_from_this());
    engage_another();
}

batch::delivery::~delivery() {
    if (from_) from_->give_back(at_);
}

result<std::optional<outcome>> batch::delivery::accept() {
    const std::shared_ptr<batch> from = std::move(from_);
    if (why_) return *why_;
    if (!from) return std::optional<outcome>();
    std::optional<outcome> arrived = from->deliver(at_);
    from->entry_left();
    return arrived;
}

async::task<batch::delivery> batch::next(async::cancel_scope& scope) {
    taker me(*this);
    if (!started_) begin();
    serve();
    for (;;) {
        if (me.got) co_return std::move(*me.got);
        if (exhausted()) co_return the_end();
        if (scope.stopped()) co_return delivery(error(errc::canceled, stage::queue));
        co_await me.event.wait(scope);
    }
}

std::optional<outcome> batch::try_next() {
    std::optional<policy::batch_plan::entry> at;
    {
        const auto held = lock();
        if (plan_.front()) at = plan_.hand_out();
    }
    if (!at) return std::nullopt;
    std::optional<outcome> taken = deliver(*at);
    entry_left();
    return taken;
}

batch_stats batch::stats() const {
    batch_stats s;
    s.window = window_now_.load(std::memory_order_relaxed);
    const auto held = lock();
    s.pulled = next_index_;
    s.in_flight = plan_.in_flight();
    s.buffered = plan_.buffered();
    return s;
}

batch::delivery batch::the_end() {
    const auto held = lock();
    if (!end_error_) return {};
    return delivery(*end_error_);
}

/// Gives what is ready to those who wait, and wakes them all at the end.
void batch::serve() {
    for (taker* t = first_taker_; t; t = t->next) {
        if (t->got) continue;
        const auto held = lock();
        if (!plan_.front()) break;
        t->got.emplace(delivery(shared_from_this(), plan_.hand_out()));
        t->event.wake();
    }
    if (!exhausted()) return;
    for (taker* t = first_taker_; t; t = t->next) t->event.wake();
}

void batch::give_back(policy::batch_plan::entry at) noexcept {
    {
        const auto held = lock();
        plan_.give_back(at);
    }
    entry_left();
}

std::optional<outcome> batch::deliver(policy::batch_plan::entry at) {
    const auto held = lock();
    std::optional<outcome> arrived(std::move(slots_[at]));
    plan_.delivered(at);
    return arrived;
}

/// An entry is free, or ready again: something may be pulled, somebody may be served.
void batch::entry_left() {
    if (users_ == used_by::one_executor) {
        if (first_taker_) serve();
        return engage_another();
    }
    {
        const auto held = lock();
        if (going_on_) return;
        going_on_ = true;
    }
    async::scheduler& on = lookups_.scheduler();
    if (!on.ended()) boost::asio::post(on.get_executor(), [self = shared_from_this()] { self->go_on(); });
}

void batch::go_on() {
    {
        const auto held = lock();
        going_on_ = false;
    }
    serve();
    engage_another();
}

void batch::cancel() {
    end();
    cancel_lookups();
}

void batch::stop(error why) {
    if (!ended_) {
        const auto held = lock();
        end_error_ = std::move(why);
    }
    end();
}

void batch::cancel_lookups() {
    canceled_ = true;
    for (worker* w : workers_) w->scope.cancel();
}

void batch::end() {
    ended_ = true;
    if (pulling_) cancel_pull_.emit(boost::asio::cancellation_type::terminal);
    idle_.clear();
    for (worker* w : workers_) w->event.wake();  // one may wait for its turn
    serve();
}

void batch::give_up(const error& why) {
    if (terms_.stopped) return;
    {
        const std::unique_lock held(mutex_);
        terms_.stopped = why;
    }
    end();
}

/// Lets one more worker run when there is an id to pull for it.
void batch::engage_another() {
    if (!may_pull()) return;
    if (!idle_.empty()) {
        idle_.back()->event.wake();
        idle_.pop_back();
    } else if (workers_.size() < max_workers_ + plan_.aside()) {
        try {
            const std::size_t room = std::min(max_workers_ + plan_.aside(), 2 * workers_.size() + 8);
            workers_.reserve(room);
            idle_.reserve(room);
            tasks_.spawn(work(shared_from_this()), keep_.lock());
        } catch (const std::bad_alloc&) {
            // Those that work already go on.
            if (workers_.empty()) stop(no_memory());
        }
    }
}

void batch::wake_gatherer() noexcept {
    if (gatherer_) gatherer_->event.wake();
}

// `self` keeps the batch alive while the worker runs.
async::task<void> batch::work([[maybe_unused]] std::shared_ptr<batch> self) {
    if (workers_.size() >= max_workers_ + plan_.aside())
        co_return;  // several were engaged before the first of them ran
    worker me(*this);
    if (canceled_) me.scope.cancel();
    for (;;) {
        me.scope.expires_at(core::never);
        while (!may_pull() && !over()) {
            if (std::find(idle_.begin(), idle_.end(), &me) == idle_.end()) idle_.push_back(&me);
            if (me.scope.stopped()) {
                // An id is left that was pulled before the end, and is to have its outcome.
                async::cancel_scope patient(lookups_.scheduler());
                co_await me.event.wait(patient);
            } else {
                co_await me.event.wait(me.scope);
            }
        }
        std::erase(idle_, &me);
        // Nobody's time is to run before its turn has come.
        const core::time_point turn_comes = ended_ ? core::never : turn();
        if (!ended_ && !me.scope.stopped() && turn_comes > lookups_.scheduler().now()) {
            me.bell.set(turn_comes);
            co_await me.event.wait(me.scope);
            continue;
        }
        if (over()) co_return;
        if (in_groups_) {
            bool done = false;
            try {
                co_await work_on_group(me);
                done = true;
            } catch (const std::exception&) {
                // told below: no memory to begin with
            }
            if (!done) stop(no_memory());
            continue;
        }
        if (source_->waits() && !pull_at_hand(me.id)) {
            if (ended_) continue;
            start_pull(me);
            async::cancel_scope patient(
                lookups_.scheduler());  // the source itself is told when the batch ends
            while (pulling_) {
                co_await me.event.wait(patient);
            }
            if (!pulled_id_) continue;
            me.id = std::move(*pulled_id_);
            pulled_id_.reset();
        } else if (!source_->waits() && !pull_now(me.id)) {
            continue;
        }
        std::optional<policy::batch_plan::admitted> admitted;
        try {
            admitted = admit(me.id);
        } catch (const std::bad_alloc&) {
            stop(no_memory());
            continue;
        }
        engage_another();
        if (admitted->joins) continue;
        bool finished = false;
        try {
            co_await look_up(me, admitted->at);
            finished = true;
        } catch (const std::exception&) {
            // told below: no memory for the first step of the lookup
        }
        if (!finished) {
            slots_[admitted->at].value = no_memory();
            finish(admitted->at, 0, {});
            serve();
        }
    }
}

/// A place for an id that was pulled. Whatever needs memory comes first.
policy::batch_plan::admitted batch::admit(const std::string& id) {
    std::string own = id;
    const auto held = lock();
    if (slots_.size() <= plan_.entries()) {
        followers_.reserve(slots_.size() + 1);
        slots_.emplace_back();
    }
    const auto admitted = plan_.pulled(id);
    slots_[admitted.at].id = std::move(own);
    slots_[admitted.at].index = next_index_++;
    return admitted;
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

/// Of a source that waits: what it need not be awaited for.
bool batch::pull_at_hand(std::string& id) {
    try {
        return source_->next(id);
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
        boost::asio::co_spawn(lookups_.scheduler().get_executor(), source_->next_async(),
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
    if (!in_groups_) {
        puller_->event.wake();
    } else if (gatherer_) {
        gatherer_->event.wake();
    } else {
        engage_another();
    }
    if (ended_) serve();
}

void batch::source_failed(const std::exception_ptr& thrown) {
    error why(errc::invalid_source, stage::queue, words_of(thrown));
    {
        const auto held = lock();
        end_error_ = std::move(why);
    }
    end();
}

async::task<void> batch::look_up(worker& w, policy::batch_plan::entry at) {
    outcome& slot = slots_[at];
    // What an earlier one left in the document is overwritten: each form fills the same parts every time.
    if (!slot.value) slot.value = document();
    lookup_report report;
    const std::size_t in_flight = plan_.in_flight();
    const result<void> done =
        co_await lookups_.run(w.request, w.id, each_, w.scope, &terms_, *slot.value, report);
    if (!done) slot.value = done.error();
    if (report.calls.stops_batch) give_up(*report.calls.stops_batch);
    note_window(report.calls, true, w.scope, in_flight);
    finish(at, report.calls.requests, report.elapsed);
    serve();
}

/// `counts`: its time says something of the service.
void batch::note_window(const calls::call_report& report, bool counts, const async::cancel_scope& scope,
                        std::size_t in_flight) {
    if (report.requests == 0 || scope.status() == async::cancel_scope::state::canceled) return;
    if (!counts && !report.overloaded) return;
    window_.finished(report.last_exchange, report.overloaded, in_flight);
    window_now_.store(window_.limit(), std::memory_order_relaxed);
}

/// A group of ids, from the first that is pulled to the last outcome.
async::task<void> batch::work_on_group(worker& me) {
    me.group.clear();
    me.entries.clear();
    bool departed = false;
    bool finished = false;
    try {
        co_await gather(me);
        if (!me.entries.empty()) {
            departed = true;
            plan_.departed();
            engage_another();
            co_await look_up_group(me);
        }
        finished = true;
    } catch (const std::exception&) {
        // told below: no memory on the way
    }
    if (gatherer_ == &me) gatherer_ = nullptr;
    for (const auto at : me.entries) {
        if (!finished) slots_[at].value = no_memory();
        finish(at, 0, {});
    }
    if (departed) plan_.returned();
    if (!finished) stop(no_memory());
    wake_gatherer();
    serve();
}

async::task<void> batch::gather(worker& me) {
    using supply = policy::gathering::supply;
    const image_dialect& dialect = lookups_.images().dialect;
    policy::gathering_limits limits;
    limits.max_ids = ids_per_request_;
    limits.max_bytes = dialect.max_target_bytes();
    limits.largest_id_bytes = dialect.largest_id_bytes();
    limits.max_linger = max_linger_;
    policy::gathering group(limits);
    gatherer_ = &me;
    for (;;) {
        const bool canceled = me.scope.status() == async::cancel_scope::state::canceled;
        // What has been pulled has its outcome, also then.
        if ((!canceled || pulled_id_) && !group.full() && has_room() && take_at_hand(me)) {
            if (separates_ && me.group.holds(me.id)) {
                pulled_id_ = std::move(me.id);  // goes with the next
                break;
            }
            take_in(me, group);
            continue;
        }
        if (canceled) break;
        if (pulling_ && !group.full()) co_await give_source_its_turns(me);
        if (pulled_id_ && !group.full() && has_room()) continue;
        const bool may_come = has_room() && (!ended_ || pulling_ || pulled_id_);
        const core::time_point now = lookups_.scheduler().now();
        const core::time_point leaves = group.leaves_at(may_come ? supply::awaited : supply::over,
                                                        plan_.in_flight() > plan_.aside(), now);
        if (leaves <= now || (group.ids() == 0 && !may_come)) break;
        me.bell.set(leaves);
        co_await me.event.wait(me.scope);
    }
    gatherer_ = nullptr;
}

/// A source that has an id at hand takes a few turns of the executor to bring it, and no time.
async::task<void> batch::give_source_its_turns(worker& w) {
    constexpr int turns = 8;
    async::cancel_scope patient(lookups_.scheduler());
    for (int i = 0; i < turns && pulling_; ++i) {
        bool came = false;
        boost::asio::post(lookups_.scheduler().get_executor(), [&came, &w] {
            came = true;
            w.event.wake();
        });
        while (!came) {
            co_await w.event.wait(patient);
        }
    }
}

/// The next id, where that can be had without waiting: into `w.id`. One that has to be waited for is asked
/// for.
bool batch::take_at_hand(worker& w) {
    if (pulled_id_) {
        w.id = std::move(*pulled_id_);
        pulled_id_.reset();
        return true;
    }
    if (ended_ || pulling_) return false;
    if (!source_->waits()) return pull_now(w.id);
    if (pull_at_hand(w.id)) return true;
    if (!ended_) start_pull(w);
    return false;
}

/// Into the group, or, where it cannot be asked for or somebody asks for it already, not.
void batch::take_in(worker& w, policy::gathering& group) {
    w.entries.reserve(w.entries.size() + 1);
    const auto admitted = admit(w.id);
    if (admitted.joins) return;
    outcome& slot = slots_[admitted.at];
    const std::string_view why = lookups_.images().dialect.why_refused(w.id);
    if (!why.empty()) {
        const error refused(errc::invalid_id, stage::queue, why);
        lookups_.count_begin();
        lookups_.count_end(slot.id, each_, 0, {}, &refused);
        slot.value = refused;
        finish(admitted.at, 0, {});
        serve();
        return;
    }
    w.entries.push_back(admitted.at);
    if (!slot.value) slot.value = document();
    w.group.add(slot.id, *slot.value);
    // The clock is looked at for the first alone, from which the group counts its time.
    const bool is_first = group.ids() == 0;
    group.add(w.id.size() + 3, is_first ? lookups_.scheduler().now() : core::time_point());
}

async::task<void> batch::look_up_group(worker& w) {
    lookup_report report;
    const std::size_t in_flight = plan_.in_flight();
    co_await lookups_.run(w.request, w.group, each_, w.scope, terms_, report);
    if (report.calls.stops_batch) give_up(*report.calls.stops_batch);
    // A small group at the end is answered sooner than any that is full.
    const bool counts = 4 * w.group.items.size() >= 3 * ids_per_request_;
    note_window(report.calls, counts, w.scope, in_flight);
    for (std::size_t i = 0; i < w.entries.size(); ++i) {
        lookup_group::fate& fate = w.group.fates[i];
        if (fate.why) slots_[w.entries[i]].value = std::move(*fate.why);
        finish(w.entries[i], fate.requests, report.elapsed);
    }
    w.entries.clear();
}

void batch::finish(policy::batch_plan::entry at, unsigned requests, std::chrono::nanoseconds elapsed) {
    const auto held = lock();
    outcome& slot = slots_[at];
    slot.attempts = requests;
    slot.elapsed = elapsed;
    followers_.clear();
    plan_.finished(at, followers_);
    for (const auto follower : followers_) {
        lookups_.telemetry().lookups_merged.add();
        // A place that was used before holds another image until it is overwritten.
        try {
            slots_[follower].value = slot.value;
        } catch (const std::bad_alloc&) {
            slots_[follower].value = no_memory();
        }
        slots_[follower].attempts = 0;
        slots_[follower].elapsed = slot.elapsed;
    }
}

}  // namespace getty::connect::lookup

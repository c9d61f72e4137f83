#include "lookup/lookup_flights.hpp"

#include <algorithm>
#include <exception>

namespace getty::connect::lookup {
namespace {

void append_part(std::string& key, std::string_view part) {
    key += std::to_string(part.size());
    key += ':';
    key += part;
}

/// Equal for lookups that any answer to one of them would do for.
std::string key_of(std::string_view id, const lookup_options& options) {
    std::string key;
    append_part(key, id);
    append_part(key, options.language());
    append_part(key, options.coordination_id());
    for (const std::string& field : options.fields()) append_part(key, field);
    key += std::to_string(static_cast<int>(options.decode()));
    key += ',' + (options.max_attempts() ? std::to_string(*options.max_attempts()) : std::string());
    key += ',' + (options.hedging() ? std::to_string(static_cast<int>(*options.hedging())) : std::string());
    for (const auto& [name, value] : options.headers()) {
        append_part(key, name);
        append_part(key, value);
    }
    return key;
}

/// What comes of time that ran out, or that would have.
bool wants_time(const error& why) {
    return why.code() == condition::timeout || why.code() == condition::overloaded;
}

}  // namespace

struct lookup_flights::flight {
    flight(async::scheduler& on, std::string k, const std::string& i, const lookup_options& o,
           core::time_point until)
        : key(std::move(k)), id(i), options(o), deadline(until), scope(on), landed(on) {}

    std::string key;
    std::string id;
    lookup_options options;
    core::time_point deadline;
    async::cancel_scope scope;
    async::condition_variable landed;
    std::size_t aboard = 0;
    lookup_report report;
    std::optional<result<document>> answer;
};

/// On board from its making to its end; the last to leave ends a flight that has not landed.
struct lookup_flights::passenger {
    passenger(lookup_flights& in, std::shared_ptr<flight> f) : of(in), on(std::move(f)) { ++on->aboard; }
    ~passenger() {
        if (--on->aboard > 0 || on->answer) return;
        of.close_doors(*on);
        on->scope.cancel();
    }
    passenger(const passenger&) = delete;
    passenger& operator=(const passenger&) = delete;

    lookup_flights& of;
    std::shared_ptr<flight> on;
};

std::shared_ptr<lookup_flights::flight> lookup_flights::begin(std::string key, const std::string& id,
                                                              const lookup_options& options,
                                                              core::time_point deadline) {
    auto f = std::make_shared<flight>(lookups_.scheduler(), key, id, options, deadline);
    const auto at = under_way_.emplace(std::move(key), f).first;
    try {
        tasks_.spawn(fly(f), keep_alive_.lock());
    } catch (...) {
        under_way_.erase(at);
        throw;
    }
    return f;
}

/// Nobody boards any more.
void lookup_flights::close_doors(const flight& f) noexcept {
    const auto at = under_way_.find(f.key);
    if (at != under_way_.end() && at->second.get() == &f) under_way_.erase(at);
}

async::task<void> lookup_flights::fly(std::shared_ptr<flight> f) {
    std::optional<result<document>> answer;
    try {
        image_request request(lookups_.images());
        document found;
        const result<void> done = co_await lookups_.run(request, f->id, f->options, f->scope, nullptr, found,
                                                        f->report, lookup_runner::told::no);
        if (done) {
            answer.emplace(std::move(found));
        } else {
            answer.emplace(done.error());
        }
    } catch (const std::exception&) {
        answer.emplace(error(errc::internal_failure, stage::queue, "out of memory"));
    }
    close_doors(*f);
    f->answer = std::move(answer);
    f->landed.notify_all();
}

async::task<result<document>> lookup_flights::run(std::string id, lookup_options options,
                                                  async::cancel_scope& scope) {
    async::scheduler& on = lookups_.scheduler();
    const core::time_point began = on.now();
    const core::time_point deadline = core::later(began, lookups_.timeout(options));
    const std::string key = key_of(id, options);
    lookups_.count_begin();
    for (;;) {
        const auto at = under_way_.find(key);
        const bool joins = at != under_way_.end();
        std::shared_ptr<flight> f;
        if (joins) {
            f = at->second;
        } else {
            const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - on.now());
            options.timeout(std::max(left, std::chrono::milliseconds(1)));
            f = begin(key, id, options, deadline);
        }
        const passenger me(*this, f);
        // Who has the flight's own deadline is told by it what the time went into.
        scope.expires_at(deadline < f->deadline ? deadline : core::never);
        while (!f->answer && !scope.stopped()) {
            co_await f->landed.wait(scope);
        }
        const core::time_point now = on.now();
        result<document> mine = f->answer ? *f->answer
                                          : error(scope.reason(errc::deadline_exceeded), stage::read,
                                                  "an equal lookup is still under way");
        if (joins && f->answer && !mine && wants_time(mine.error()) && deadline > f->deadline &&
            now < deadline && !scope.stopped()) {
            continue;
        }
        if (!mine) {
            error why = mine.error();
            const bool sent = f->report.calls.requests > 0;
            if (!f->answer && sent) why.with_processed(processed::maybe);
            if (joins) why.with_attempts(0);
            mine = why.with_elapsed(now - began);
        }
        if (joins && mine) lookups_.count_merged();
        const error why = mine.error();
        lookups_.count_end(f->id, options, joins ? 0 : f->report.calls.requests, now - began,
                           mine ? nullptr : &why);
        co_return mine;
    }
}

}  // namespace getty::connect::lookup

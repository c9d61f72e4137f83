#include "http/connection.hpp"

#include <algorithm>
#include <utility>

namespace getty::connect::http {

using outcome = net::transfer::outcome;

reader_cache::lease reader_cache::take() {
    if (free_.empty()) return {*this, std::make_unique<response_reader>(limits_)};
    lease taken(*this, std::move(free_.back()));
    free_.pop_back();
    taken->start();
    return taken;
}

void reader_cache::lease::give_back() noexcept {
    if (reader_ && from_->free_.size() < max_kept) {
        reader_->shrink();
        from_->free_.push_back(std::move(reader_));
    }
    reader_.reset();
}

connection::connection(async::scheduler& on, std::shared_ptr<net::byte_stream> stream, owner& tell,
                       std::uint32_t id, bool timed)
    : scheduler_(on), stream_(std::move(stream)), owner_(tell), id_(id), timed_(timed) {
    stream_->listen(this);
}

connection::~connection() { stream_->close(); }

connection::place::place(connection& in, std::string_view request)
    : of(in), event(in.scheduler_), unsent(request), lost(in.cut_) {
    of.line_.push_back(this);
}

async::task<exchange_result> connection::exchange(std::string_view request, reader_cache& readers,
                                                  async::cancel_scope& scope) {
    exchange_result result;
    if (line_.empty() && std::exchange(readable_, false)) {
        const outcome found = look_for_unasked();
        if (found != outcome::want_read) {
            // Whatever came before the request cannot be its answer; or the peer has left.
            break_line();
            result.code = errc::peer_closed;
            result.detail = "before the request was sent";
            result.unasked = found == outcome::done;
            co_return result;
        }
    }
    place mine(*this, request);
    result.behind_others = line_.size() > 1;
    shared_ = shared_ || result.behind_others;
    for (;;) {
        if (advance(mine, readers, result) == step::ended) co_return result;
        if (scope.stopped()) {
            describe(mine, {scope.reason(errc::deadline_exceeded), ""}, result);
            co_return result;
        }
        co_await mine.event.wait(scope);
    }
}

/// Does for this exchange, and for others when it has the turn, what can be done now.
connection::step connection::advance(place& mine, reader_cache& readers, exchange_result& result) {
    if (broken_ || mine.lost) {
        describe(mine, {errc::peer_closed, "the connection ended with an earlier exchange"}, result);
        result.ended_before = true;
        return step::ended;
    }
    const bool has_turn = whose_turn() == &mine;
    if (has_turn && read_all(mine, readers, result) == step::ended) return step::ended;
    trouble what;
    // Who is about to read sends for all once it has; who waits for more to read does not know of this one.
    const bool blocked = offered_ > 0;
    if ((has_turn || !(turn_passed_ || blocked)) && !flush(what)) {
        result.by_write = true;
        return fail(mine, std::move(what), result);
    }
    if (has_turn && sent_ > 0) stream_->watch(net::direction::read);
    return step::wait;
}

/// Reads responses, those that nobody waits for included, up to its own or to the end of what has come.
connection::step connection::read_all(place& mine, reader_cache& readers, exchange_result& result) {
    const auto at_hand = [&] { return left_over_ || stream_->has_buffered(); };
    bool more = (std::exchange(turn_passed_, false) && at_hand()) || readable_;
    while (sent_ > 0 && more) {
        trouble what;
        const progress state = read_one(readers, what);
        if (state == progress::need_more) break;
        const bool own = line_.front() == &mine;
        if (state == progress::failed && own) return fail(mine, std::move(what), result);
        if (state == progress::failed || (!own && !reader_->keeps_open())) {
            // What ends with a response that nobody waits for is no verdict on this one's.
            if (state == progress::failed) result.passed_over = what.code;
            result.ended_before = true;
            reader_ = reader_cache::lease();
            return fail(mine, {errc::peer_closed, "the connection ended with an earlier exchange"}, result);
        }
        line_.erase(line_.begin());
        --sent_;
        if (own) {
            complete(mine, result);
            return step::ended;
        }
        if (!nothing_unasked(result)) {
            reader_ = reader_cache::lease();
            return fail(mine, {errc::peer_closed, "before the request was sent"}, result);
        }
        next_response();
        more = at_hand();
    }
    return step::wait;
}

connection::progress connection::read_one(reader_cache& readers, trouble& what) {
    readable_ = false;
    progress state = progress::need_more;
    try {
        if (timed_ && (!reader_ || left_over_)) first_byte_ = scheduler_.now();
        if (!reader_) reader_ = readers.take();
        if (std::exchange(left_over_, false)) state = reader_->received(0);
        while (state == progress::need_more) {
            const net::transfer got = stream_->read_some(reader_->space());
            switch (got.what) {
                case outcome::done:
                    state = reader_->received(got.bytes);
                    break;
                case outcome::closed:
                    state = reader_->ended(true);
                    break;
                case outcome::truncated:
                    state = reader_->ended(false);
                    break;
                case outcome::want_read:
                    return state;
                case outcome::want_write:
                    // Only a key update or renegotiation in a full socket buffer; what is to be read comes
                    // first.
                    return state;
                case outcome::flooded:
                    what = {errc::malformed_response, std::string(net::flood_text)};
                    return progress::failed;
                case outcome::failed:
                    what.why = got.error.message();
                    return progress::failed;
            }
        }
    } catch (...) {  // out of memory, say: where the next response begins, nobody knows
        break_line();
        throw;
    }
    if (state == progress::failed) what = {reader_->failure(), reader_->failure_text()};
    return state;
}

/// The response is whole, and its place has left the line.
void connection::complete(place& mine, exchange_result& result) {
    mine.in_line = false;
    using_response_ = true;
    result.request_started = true;
    result.response_started = true;
    result.first_byte = first_byte_;
    result.shared = !line_.empty();
    result.shared_before = shared_;
    result.reusable = reader_->keeps_open() && nothing_unasked(result);
}

/// After a response: nothing came that cannot be the next one, because no further request has left.
bool connection::nothing_unasked(exchange_result& result) {
    if (sent_ > 0) return true;
    result.unasked = reader_->has_more();
    if (result.unasked || !stream_->has_buffered()) return !result.unasked;
    stream_->watch(net::direction::read);  // to look, however much this turn has read
    const outcome found = look_for_unasked();
    result.unasked = found == outcome::done;
    return found == outcome::want_read;
}

connection::step connection::fail(const place& mine, trouble what, exchange_result& result) {
    describe(mine, std::move(what), result);
    break_line();
    return step::ended;
}

void connection::describe(const place& mine, trouble what, exchange_result& result) const {
    result.code = what.code;
    result.detail = std::move(what.why);
    result.at = mine.unsent.empty() ? stage::read : stage::write;
    result.request_started = mine.begun;
    result.response_started = mine.answered || response_begun(mine);
    result.shared = line_.size() > 1;
}

/// Sends what has not been sent, as far as that is possible now; false: the connection is gone.
bool connection::flush(trouble& what) {
    while (sent_ < line_.size() && !cut_) {
        const std::string_view next = unsent();
        const net::transfer done = stream_->write_some({next.data(), next.size()});
        if (done.what == outcome::done) {
            offered_ = 0;
            account(done.bytes, true);
            continue;
        }
        if (done.what != outcome::want_write && done.what != outcome::want_read) {
            what.why = done.error.message();
            return false;
        }
        // What OpenSSL has taken in part may be on its way.
        offered_ = next.size();
        account(next.size(), false);
        stream_->watch(done.what == outcome::want_write ? net::direction::write : net::direction::read);
        return true;
    }
    return true;
}

/// As many requests as go into one TLS record, one at least; after a blocked write, what it was given:
/// OpenSSL insists on that.
std::string_view connection::unsent() {
    constexpr std::size_t record_bytes = 16 * 1024;
    const std::size_t most = offered_ > 0 ? offered_ : record_bytes;
    const std::string_view first = line_[sent_]->unsent;
    if (sent_ + 1 == line_.size()) return first;
    together_ = first;
    for (std::size_t i = sent_ + 1; i < line_.size(); ++i) {
        if (together_.size() + line_[i]->unsent.size() > most) break;
        together_ += line_[i]->unsent;
    }
    return together_;
}

/// The next `bytes` have left, or may have in part.
void connection::account(std::size_t bytes, bool sent) noexcept {
    for (std::size_t i = sent_; bytes > 0; ++i) {
        place& p = *line_[i];
        const std::size_t its = std::min(bytes, p.unsent.size());
        bytes -= its;
        p.begun = true;
        if (!sent) continue;
        p.unsent.remove_prefix(its);
        if (p.unsent.empty()) ++sent_;
    }
}

void connection::give_up(const place& mine) noexcept {
    const auto at = std::find(line_.begin(), line_.end(), &mine);
    const bool had_turn = whose_turn() == &mine;
    if (mine.unsent.empty()) {
        *at = nullptr;  // its response is still to come
    } else {
        line_.erase(at);
        if (mine.begun && !broken_) {
            cut_ = true;
            // Those before it that have not been sent may be in the same piece.
            for (std::size_t i = sent_; i < line_.size(); ++i) line_[i]->lost = true;
            wake_if([](const place& p) { return p.lost; });
        }
    }
    if (had_turn) pass_turn();
}

void connection::leave(bool reusable) {
    --users_;
    if (std::exchange(using_response_, false)) {
        if (!reusable) {
            reader_ = reader_cache::lease();
            return break_line();
        }
        next_response();
        pass_turn();
    }
    if (users_ > 0 || !reusable) return;
    if (!together_.empty()) std::string().swap(together_);
    rest();
}

void connection::next_response() {
    if (reader_->has_more()) {
        reader_->next();
        left_over_ = true;
    } else {
        reader_ = reader_cache::lease();
    }
}

bool connection::response_begun(const place& of) const noexcept {
    return !line_.empty() && line_.front() == &of && reader_ && reader_->started();
}

void connection::break_line() noexcept {
    if (place* const next = whose_turn(); next && response_begun(*next)) next->answered = true;
    broken_ = true;
    reader_ = reader_cache::lease();
    wake_if([](const place&) { return true; });
}

void connection::wake_if(bool (*wanted)(const place&)) noexcept {
    // From the start each time: where the executor is gone already, to wake is to destroy, and places leave.
    const auto parked = [&](const place* p) { return p && p->event.parked() && wanted(*p); };
    for (auto at = line_.begin(); (at = std::find_if(line_.begin(), line_.end(), parked)) != line_.end();)
        (*at)->event.wake();
}

connection::place* connection::whose_turn() const noexcept {
    for (place* const p : line_) {
        if (p) return p;
    }
    return nullptr;
}

void connection::pass_turn() noexcept {
    place* const next = whose_turn();
    if (!next) return;
    turn_passed_ = true;
    next->event.wake();
}

outcome connection::look_for_unasked() noexcept {
    char surplus = 0;
    return stream_->read_some({&surplus, 1}).what;
}

void connection::ready(net::direction which) {
    if (users_ > 0) {
        if (which == net::direction::read) readable_ = true;
        if (place* const next = whose_turn()) next->event.wake_inline();
        return;
    }
    if (which == net::direction::write) return;
    if (look_for_unasked() == outcome::want_read) {
        rest();  // a session ticket, say
        return;
    }
    owner_.died_idle(*this);  // the last thing done here: it may be the end of this object
}

}  // namespace getty::connect::http

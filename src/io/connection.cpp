#include "io/connection.hpp"

#include <utility>

namespace getty::connect::io {

using outcome = transfer::outcome;

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

connection::connection(loop& on, std::shared_ptr<byte_stream> stream, owner& tell, std::uint32_t id)
    : stream_(std::move(stream)), owner_(tell), event_(on), id_(id) {
    stream_->listen(this);
}

connection::~connection() { stream_->close(); }

task<exchange_result> connection::exchange(std::string_view request, reader_cache& readers,
                                           reader_cache::lease& into, operation& op) {
    exchange_result result;
    result.at = stage::write;
    if (std::exchange(readable_, false) && !nothing_arrived()) {
        // Whatever came before the request cannot be its answer; or the peer has left.
        result.code = errc::peer_closed;
        result.detail = "before the request was sent";
        co_return result;
    }
    while (!request.empty()) {
        const transfer sent = stream_->write_some({request.data(), request.size()});
        if (sent.what == outcome::done) {
            result.request_started = true;
            request.remove_prefix(sent.bytes);
            continue;
        }
        const bool blocked = sent.what == outcome::want_write || sent.what == outcome::want_read;
        if (!blocked) {
            result.code = errc::peer_closed;
            result.detail = sent.error.message();
            co_return result;
        }
        // What OpenSSL has taken in part may be on its way.
        result.request_started = true;
        bool& arrived = sent.what == outcome::want_write ? writable_ : readable_;
        arrived = false;
        stream_->watch(sent.what == outcome::want_write ? direction::write : direction::read);
        while (!arrived) {
            if (op.stopped()) {
                result.code = op.reason(errc::deadline_exceeded);
                co_return result;
            }
            co_await event_.wait(op);
        }
    }

    result.at = stage::read;
    for (;;) {
        stream_->watch(direction::read);
        while (!readable_) {
            if (op.stopped()) {
                result.code = op.reason(errc::deadline_exceeded);
                result.response_started = into && into->started();
                co_return result;
            }
            co_await event_.wait(op);
        }
        readable_ = false;
        if (!into) into = readers.take();
        const progress state = read_available(*into, result);
        if (state == progress::need_more) continue;
        result.response_started = into->started();
        if (state == progress::done)
            result.reusable = into->reusable() && (!stream_->has_buffered() || nothing_arrived());
        co_return result;
    }
}

connection::progress connection::read_available(response_reader& reader, exchange_result& result) {
    progress state = progress::need_more;
    while (state == progress::need_more) {
        const transfer got = stream_->read_some(reader.space());
        switch (got.what) {
            case outcome::done:
                state = reader.received(got.bytes);
                break;
            case outcome::closed:
                state = reader.ended(true);
                break;
            case outcome::truncated:
                state = reader.ended(false);
                break;
            case outcome::want_read:
                return state;
            case outcome::want_write:
                // Only a key update or renegotiation in a full socket buffer; what is to be read comes first.
                return state;
            case outcome::failed:
                result.code = errc::peer_closed;
                result.detail = got.error.message();
                return progress::failed;
        }
    }
    if (state == progress::failed) {
        result.code = reader.failure();
        result.detail = reader.failure_text();
    }
    return state;
}

bool connection::nothing_arrived() noexcept {
    char surplus = 0;
    return stream_->read_some({&surplus, 1}).what == outcome::want_read;
}

void connection::rest() {
    idle_ = true;
    stream_->watch(direction::read);
}

void connection::ready(direction which) {
    if (!idle_) {
        (which == direction::read ? readable_ : writable_) = true;
        event_.wake_inline();
        return;
    }
    if (which == direction::write) return;
    if (nothing_arrived()) {
        stream_->watch(direction::read);  // a session ticket, say
        return;
    }
    idle_ = false;
    owner_.died_idle(*this);  // the last thing done here: it may be the end of this object
}

}  // namespace getty::connect::io

#include "ingest/sink/stream_sink.hpp"

#include <utility>

namespace getty::connect::ingest {

stream_sink::stream_sink(const boost::asio::any_io_executor& executor, const std::string& path,
                         record_text text)
    : writer_(executor, path), text_(std::move(text)) {}

stream_sink::stream_sink(const boost::asio::any_io_executor& executor, int descriptor, std::string name,
                         record_text text)
    : writer_(executor, descriptor, std::move(name)), text_(std::move(text)) {}

void stream_sink::begin() {
    writer_.begin();
    std::string header = text_.header();
    if (header.empty() || header_lines_ > 0) return;
    header.pop_back();
    writer_.append(header, "");
    header_lines_ = 1;
}

void stream_sink::append(const record& one) {
    line_.clear();
    text_.append(line_, one);
    line_.pop_back();
    writer_.append(line_, one.id);
}

void stream_sink::check() const {
    if (writer_.failed()) throw local_failure(writer_.failure());
}

void stream_sink::write() {
    writer_.pump();
    check();
}

boost::asio::awaitable<void> stream_sink::room() {
    co_await writer_.room();
    check();
}

boost::asio::awaitable<void> stream_sink::drained() {
    co_await writer_.drained();
    check();
}

std::uint64_t stream_sink::written() const noexcept {
    return writer_.complete_lines() > header_lines_ ? writer_.complete_lines() - header_lines_ : 0;
}

}  // namespace getty::connect::ingest

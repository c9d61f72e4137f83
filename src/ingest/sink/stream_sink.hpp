// A sink over a pipe, a terminal or a device.
#pragma once

#include "ingest/files/line_writer.hpp"
#include "ingest/sink/record_text.hpp"

#include <getty/connect/ingest/sink.hpp>

#include <string>

namespace getty::connect::ingest {

/// Waits for the reader where it is slow. Nothing here is durable, so what is written counts as that.
class stream_sink final : public sink {
public:
    stream_sink(const boost::asio::any_io_executor& executor, const std::string& path, record_text text);
    stream_sink(const boost::asio::any_io_executor& executor, int descriptor, std::string name,
                record_text text);

    [[nodiscard]] const std::string& name() const noexcept override { return writer_.name(); }
    void begin() override;
    void append(const record& one) override;
    [[nodiscard]] bool full() const noexcept override { return writer_.full(); }
    void write() override;
    boost::asio::awaitable<void> room() override;
    boost::asio::awaitable<void> drained() override;
    void sync() override { write(); }
    [[nodiscard]] std::uint64_t written() const noexcept override;
    [[nodiscard]] std::uint64_t durable() const noexcept override { return written(); }
    void stop() noexcept override { writer_.stop(); }

private:
    void check() const;

    line_writer writer_;
    record_text text_;
    std::string line_;
    std::uint64_t header_lines_ = 0;
};

}  // namespace getty::connect::ingest

// One connection: a request out, a response in, and a watch over it while nobody uses it.
#pragma once

#include "io/byte_stream.hpp"
#include "io/operation.hpp"
#include "io/response_reader.hpp"

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace getty::connect::io {

/// Readers that are not in use: a reader is needed only while a response arrives, so that idle and waiting
/// connections hold no buffer. Used on one executor.
class reader_cache {
public:
    explicit reader_cache(const response_limits& limits) : limits_(limits) {}

    class lease {
    public:
        lease() noexcept = default;
        lease(lease&& other) noexcept
            : from_(std::exchange(other.from_, nullptr)), reader_(std::move(other.reader_)) {}
        lease& operator=(lease&& other) noexcept {
            give_back();
            from_ = std::exchange(other.from_, nullptr);
            reader_ = std::move(other.reader_);
            return *this;
        }
        ~lease() { give_back(); }

        explicit operator bool() const noexcept { return reader_ != nullptr; }
        response_reader* operator->() const noexcept { return reader_.get(); }
        response_reader& operator*() const noexcept { return *reader_; }

    private:
        friend class reader_cache;
        lease(reader_cache& from, std::unique_ptr<response_reader> reader) noexcept
            : from_(&from), reader_(std::move(reader)) {}
        void give_back() noexcept;

        reader_cache* from_ = nullptr;
        std::unique_ptr<response_reader> reader_;
    };

    [[nodiscard]] lease take();

private:
    static constexpr std::size_t max_kept = 16;
    response_limits limits_;
    std::vector<std::unique_ptr<response_reader>> free_;
};

/// How an exchange went.
struct exchange_result {
    exchange_result() {}  // user-provided: see the coroutine rules of g++ 12

    errc code{};  ///< zero: the response is in the reader
    stage at = stage::write;
    bool request_started = false;   ///< a byte of the request may have left
    bool response_started = false;  ///< a byte of the response arrived
    bool reusable = false;
    std::string detail;

    [[nodiscard]] bool ok() const noexcept { return code == errc{}; }
};

/// Vocabulary: *busy* between the start and the end of an exchange, *idle* after `rest()`. While it waits for
/// a response or is idle, exactly one wait for readability is armed; it is the same one, so a response costs
/// one wake-up and a peer that leaves an idle connection is noticed at once.
///
/// Invariants: never busy twice at a time; an idle connection on which anything but TLS housekeeping arrives
/// is dead, tells its owner once and is not used again. Used on one executor.
class connection final : private byte_stream::listener {
public:
    class owner {
    public:
        /// The idle connection is of no more use; it may be destroyed within this call.
        virtual void died_idle(connection& which) noexcept = 0;

    protected:
        ~owner() = default;
    };

    /// `id` is the owner's name for it.
    connection(loop& on, std::shared_ptr<byte_stream> stream, owner& tell, std::uint32_t id);
    ~connection();
    connection(const connection&) = delete;
    connection& operator=(const connection&) = delete;

    /// Sends `request` and reads one response into a reader taken from `readers` when its first byte is
    /// there.
    ///
    /// `request` must stay unchanged until the exchange ends. Ends with `deadline_exceeded` or `canceled`
    /// when `op` stops; then, as after every failure, the connection is good for nothing but to be closed.
    task<exchange_result> exchange(std::string_view request, reader_cache& readers, reader_cache::lease& into,
                                   operation& op);

    /// The connection is idle from now on. Precondition: the last exchange said `reusable`, or there was
    /// none.
    void rest();
    /// It is going to be used again.
    void take() noexcept { idle_ = false; }
    [[nodiscard]] std::uint32_t id() const noexcept { return id_; }
    /// Closes the socket; no effect the second time.
    void close() noexcept { stream_->close(); }

private:
    void ready(direction which) override;
    /// No byte of content and no end; session tickets and the like are taken in.
    [[nodiscard]] bool nothing_arrived() noexcept;
    using progress = response_reader::progress;
    progress read_available(response_reader& reader, exchange_result& result);

    std::shared_ptr<byte_stream> stream_;
    owner& owner_;
    wait_point event_;
    std::uint32_t id_;
    bool idle_ = false;
    bool readable_ = false;
    bool writable_ = false;
};

}  // namespace getty::connect::io

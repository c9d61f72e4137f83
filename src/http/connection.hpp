// One connection: a request out, a response in, and a watch over it while nobody uses it.
#pragma once

#include "async/cancel_scope.hpp"
#include "async/event.hpp"
#include "http/response_reader.hpp"
#include "net/byte_stream.hpp"

#include <boost/container/small_vector.hpp>

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace getty::connect::http {

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

    errc code{};  ///< zero: the response is the connection's `message()`
    stage at = stage::write;
    bool request_started = false;   ///< a byte of the request may have left
    bool response_started = false;  ///< a byte of the response, or of an interim one before it, arrived
    bool reusable = false;
    bool behind_others = false;  ///< responses to earlier requests were still to come when it was sent
    bool shared = false;         ///< other requests were under way when it ended
    bool shared_before = false;  ///< the connection has carried several requests at a time
    bool ended_before = false;   ///< the connection had ended with an earlier exchange
    bool unasked = false;        ///< bytes came that answer no request
    bool by_write = false;       ///< a write, perhaps of another request, found the connection gone
    /// When a connection that is `timed` saw the first byte of the response.
    core::time_point first_byte = core::time_point::min();
    errc passed_over{};  ///< what was wrong with a response that nobody waited for any more, which ended it
    std::string detail;

    [[nodiscard]] bool ok() const noexcept { return code == errc{}; }
};

/// One connection, on which requests go out one behind the other and responses come back in that order.
///
/// Vocabulary: a *user* has the right to exchange, from `take()` to `leave()`; without users the connection
/// is *idle*. The *line* holds the exchanges whose response is still to come, in the order of their requests,
/// those without an owner included: whoever stops waiting leaves its place in the line to the response. The
/// first that has an owner has the *turn*: it reads for all before it and sends for all behind it. The turn
/// passes on with `leave()`, so that a response is used before the next is read.
///
/// While somebody waits for a response, or the connection is idle, exactly one wait for readability is armed;
/// it is the same one, so a response costs one wake-up and a peer that leaves an idle connection is noticed
/// at once. Requests that come while responses are at hand are sent together, when no more are.
///
/// Invariants: an idle connection on which anything but TLS housekeeping arrives is dead, tells its owner
/// once and is not used again; the same goes for bytes that arrive before the request that they would answer
/// has left. An exchange that fails other than by its scope ends all those behind it, and so does one
/// that is given up when only a part of its request has left. Used on one executor.
class connection final : private net::readiness_listener {
public:
    class owner {
    public:
        /// The idle connection is of no more use; it may be destroyed within this call.
        virtual void died_idle(connection& which) noexcept = 0;

    protected:
        ~owner() = default;
    };

    /// `id` is the owner's name for it. `timed`: exchanges tell when the first byte of their response came.
    connection(async::scheduler& on, std::shared_ptr<net::byte_stream> stream, owner& tell, std::uint32_t id,
               bool timed = false);
    ~connection();
    connection(const connection&) = delete;
    connection& operator=(const connection&) = delete;

    /// Sends `request` and reads its response with a reader taken from `readers` when its first byte is
    /// there. For a user, one at a time each; all users at a time share `readers`, which must live as long.
    ///
    /// `request` must stay unchanged until the exchange ends. Ends with `deadline_exceeded` or `canceled`
    /// when `scope` stops. After any failure, `leave(false)` is all that is left to do.
    async::task<exchange_result> exchange(std::string_view request, reader_cache& readers,
                                          async::cancel_scope& scope);
    /// After an exchange that is `ok()`; its views end with `leave()`.
    [[nodiscard]] const response& message() const noexcept { return reader_->message(); }

    /// A user more. Precondition: not after an exchange that failed or was not reusable.
    void take() noexcept { ++users_; }
    /// A user less. `reusable`: it has not used the connection, or found its response to be in order. Else,
    /// if it has a response, the line ends here.
    void leave(bool reusable);
    /// Begins to watch for what the peer does unasked. Once, before the first user.
    void rest() { stream_->watch(net::direction::read); }
    [[nodiscard]] std::uint32_t id() const noexcept { return id_; }

private:
    /// One exchange's place in the line; where it is null, nobody waits for the response.
    struct place {
        place(connection& in, std::string_view request);
        ~place() {
            if (in_line) of.give_up(*this);
        }
        place(const place&) = delete;
        place& operator=(const place&) = delete;

        connection& of;
        async::event event;
        std::string_view unsent;
        bool in_line = true;
        bool begun = false;     // a byte of it may have left
        bool answered = false;  // in part, when the line broke
        bool lost = false;      // it had not left when one was given up of which a part had
    };
    struct trouble {
        errc code = errc::peer_closed;
        std::string why;
    };
    enum class step { wait, ended };

    void ready(net::direction which) override;
    step advance(place& mine, reader_cache& readers, exchange_result& result);
    step read_all(place& mine, reader_cache& readers, exchange_result& result);
    using progress = response_reader::progress;
    progress read_one(reader_cache& readers, trouble& what);
    void complete(place& mine, exchange_result& result);
    [[nodiscard]] bool nothing_unasked(exchange_result& result);
    step fail(const place& mine, trouble what, exchange_result& result);
    void describe(const place& mine, trouble what, exchange_result& result) const;
    bool flush(trouble& what);
    [[nodiscard]] std::string_view unsent();
    void account(std::size_t bytes, bool sent) noexcept;
    void give_up(const place& mine) noexcept;
    void next_response();
    [[nodiscard]] bool response_begun(const place& of) const noexcept;
    void break_line() noexcept;
    void wake_if(bool (*wanted)(const place&)) noexcept;
    [[nodiscard]] place* whose_turn() const noexcept;
    void pass_turn() noexcept;
    /// Takes in session tickets and the like; `want_read`: nothing else came, not even the end.
    [[nodiscard]] net::transfer::outcome look_for_unasked() noexcept;

    async::scheduler& scheduler_;
    std::shared_ptr<net::byte_stream> stream_;
    owner& owner_;
    std::uint32_t id_;
    bool timed_;
    core::time_point first_byte_ = core::time_point::min();  // of the response that is being read
    std::size_t users_ = 0;
    boost::container::small_vector<place*, 1> line_;
    std::size_t sent_ = 0;     // so many of the line, the first ones, have been sent whole
    std::string together_;     // requests that leave in one piece
    std::size_t offered_ = 0;  // so many bytes were given to a write that was blocked
    reader_cache::lease reader_;
    bool shared_ = false;  // several have been in the line at a time
    bool using_response_ = false;
    bool left_over_ = false;    // the reader has bytes of a response that it has not looked at
    bool turn_passed_ = false;  // whose turn it is has been woken already
    bool readable_ = false;
    bool cut_ = false;     // a part of a request has left, and the rest never will
    bool broken_ = false;  // nothing is read or sent any more
};

}  // namespace getty::connect::http

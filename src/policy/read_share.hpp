// How much of one connection is read before the others have their turn, and how much of it may be idle talk.
#pragma once

#include <cstddef>

namespace getty::connect::policy {

/// A connection's share of the loop's time, counted in bytes fetched from its socket.
///
/// Vocabulary: *talk* is what TLS sends for its own sake: session tickets, key updates, handshakes. A message
/// of it takes up to 20 us of CPU time, as much as a whole lookup, and carries nothing that anybody waits
/// for; a peer may send it without end. A *turn* is from one wait for readability to the next.
///
/// Invariants: in one turn no more than `turn_bytes` are fetched and one piece more, `first_bytes` at first,
/// since the messages in what has been fetched can no longer be left out. Talk beyond what is allowed in
/// advance has to be paid for with content; where it is not, nothing more is fetched.
class read_share {
public:
    static constexpr std::size_t first_bytes = 4 * 1024;
    /// An answer with a hundred images is read in one turn: it is still in the caches when it is used, and
    /// others that have come take no buffers meanwhile. To fetch so much takes 100 us.
    static constexpr std::size_t turn_bytes = 512 * 1024;
    /// What each piece of content takes of the turn beyond its bytes: a record of one byte costs a
    /// microsecond.
    static constexpr std::size_t piece_bytes = 160;
    /// What a message of talk takes of the turn.
    static constexpr std::size_t message_bytes = 8 * 1024;
    /// Talk allowed in advance. A handshake is up to 10 messages, and OpenSSL sends 2 tickets after it.
    static constexpr std::size_t max_messages = 64;
    /// Content that pays for one more.
    static constexpr std::size_t price_bytes = 64;

    void new_turn() noexcept {
        left_ = turn_bytes;
        fetched_ = false;
    }
    /// How much to fetch where there is room for so much; 0: nothing in this turn.
    [[nodiscard]] std::size_t grant(std::size_t room) const noexcept {
        if (left_ == 0 || excessive()) return 0;
        return fetched_ || room < first_bytes ? room : first_bytes;
    }
    void fetched(std::size_t bytes) noexcept {
        fetched_ = true;
        take(bytes);
    }
    /// A message of talk has been read.
    void talk() noexcept {
        owed_ += price_bytes;
        take(message_bytes);
    }
    /// So many bytes of content have been read.
    void content(std::size_t bytes) noexcept {
        owed_ -= bytes < owed_ ? bytes : owed_;
        if (bytes > 0) take(piece_bytes);
    }

    /// The peer talks on and on.
    [[nodiscard]] bool excessive() const noexcept { return owed_ > max_messages * price_bytes; }

private:
    void take(std::size_t bytes) noexcept { left_ -= bytes < left_ ? bytes : left_; }

    std::size_t left_ = turn_bytes;
    std::size_t owed_ = 0;
    bool fetched_ = false;
};

}  // namespace getty::connect::policy

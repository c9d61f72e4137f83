// When a batch pulls its next id, which lookups it starts, and in which order outcomes leave.
#pragma once

#include "core/hash_index.hpp"
#include "core/keyed_hash.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace getty::connect::policy {

enum class delivery_order {
    completion,  ///< as lookups finish
    input,       ///< as ids came in
};

struct batch_limits {
    std::size_t max_in_flight = 64;  ///< requests at any moment; at least 1
    std::size_t max_buffered = 64;   ///< outcomes that wait for the consumer, over and above those in flight
    delivery_order order = delivery_order::completion;
    /// An id asked for while a lookup of it is in flight shares that lookup's outcome.
    bool merge_duplicates = true;
    std::size_t ids_per_request = 1;  ///< at most; at least 1
};

/// The bookkeeping of one batch, without ids' lookups or outcomes: those live with the caller, by entry.
///
/// Vocabulary: an *entry* is the place of one id from `pulled` to `delivered`, numbered from 0 in the order
/// in which they are needed, below `capacity()`, and used again. A *leader* is an entry with a lookup of its
/// own, a *follower* one that shares its leader's. A *request* is under way for one leader, or, from
/// `departed` to `returned`, for as many as there may be in one.
///
///     entry       event                       becomes
///     free        pulled, not being looked up  flying (leader)
///     free        pulled, being looked up      joined (follower)
///     flying      finished                    ready, and its followers with it
///     ready       handed out, at the front    handed
///     handed      delivered                   free
///     handed      given back                  ready, before all that came after it
///
/// Invariants: entries that are not free <= max_in_flight * ids_per_request + max_buffered (with delivery in
/// input order that is also the reorder window); requests in flight, less those set aside, are <=
/// max_in_flight when one is begun; every id pulled is delivered exactly once. Nothing allocates once as many
/// entries as are needed have held an id of the usual length. Memory: 80 bytes per entry that was needed, up
/// to 64 per lookup in flight, and the ids. Not safe for concurrent calls.
class batch_plan {
public:
    using entry = std::uint32_t;

    struct admitted {
        entry at;
        /// The lookup to wait for; nullopt: start one.
        std::optional<entry> joins;
    };

    /// `key`: for the hashes of ids, so that nobody can choose ids that collide.
    explicit batch_plan(const batch_limits& limits, const core::hash_key& key = {});

    /// Whether the first id of another request may be pulled, given the present concurrency window (>= 1):
    /// there is room for all the ids that it may have, so that a slow consumer makes few requests and not
    /// small ones.
    [[nodiscard]] bool may_pull(std::size_t window) const noexcept;

    /// A request for several leaders leaves; it is over. Each leader counts by itself where a request has
    /// one.
    void departed() noexcept { ++requests_; }
    void returned() noexcept { --requests_; }

    /// `change` more requests under way wait for what becomes of others, and do not count meanwhile.
    void set_aside(std::ptrdiff_t change) noexcept {
        aside_ = static_cast<std::size_t>(static_cast<std::ptrdiff_t>(aside_) + change);
    }
    [[nodiscard]] std::size_t aside() const noexcept { return aside_; }
    /// Whether an entry is free, or can be made.
    [[nodiscard]] bool has_room() const noexcept { return outstanding_ < capacity(); }

    /// An id came from the source; `may_pull` held. The id is copied.
    [[nodiscard]] admitted pulled(std::string_view id);

    /// The lookup of the leader `at` has its outcome. Appends to `followers` the entries that get the same
    /// one, in the order in which they joined.
    void finished(entry at, std::vector<entry>& followers);

    /// The entry whose outcome leaves next, if there is one.
    [[nodiscard]] std::optional<entry> front() const noexcept;
    /// The entry `front()` leaves the queue, for somebody who is to get its outcome. Precondition: `front()`.
    entry hand_out() noexcept;
    /// The outcome of an entry that was handed out has arrived; the entry is free.
    void delivered(entry at) noexcept;
    /// It has not arrived: it leaves next, in input order before those that were pulled after it.
    void give_back(entry at) noexcept;

    /// The id of an entry that is not free.
    [[nodiscard]] std::string_view id(entry at) const noexcept;

    /// Bound of the entry numbers: max_in_flight * ids_per_request + max_buffered.
    [[nodiscard]] std::size_t capacity() const noexcept {
        return limits_.max_in_flight * limits_.ids_per_request + limits_.max_buffered;
    }
    /// Bound of the entry numbers that have been in use so far.
    [[nodiscard]] std::size_t entries() const noexcept { return entries_.size(); }
    /// Requests under way.
    [[nodiscard]] std::size_t in_flight() const noexcept {
        return limits_.ids_per_request == 1 ? flying_ : requests_;
    }
    /// Entries that have an outcome which has not been delivered. Looks at every entry.
    [[nodiscard]] std::size_t buffered() const noexcept;
    /// Ids pulled and not delivered.
    [[nodiscard]] std::size_t outstanding() const noexcept { return outstanding_; }

private:
    enum class state : std::uint8_t { free, flying, joined, ready, handed };
    static constexpr entry none = core::hash_index::none;

    struct slot {
        std::string id;
        std::uint64_t hash = 0;
        std::uint64_t sequence = 0;  // the how manieth that was pulled
        state is = state::free;
        entry next = none;            // in the delivery queue, or among the free
        entry first_follower = none;  // of a leader
        entry last_follower = none;
        entry next_follower = none;  // of a follower
    };
    void queue(entry at) noexcept;

    [[nodiscard]] entry vacancy();

    batch_limits limits_;
    core::hash_key key_;
    std::vector<slot> entries_;
    core::hash_index leaders_;
    entry free_ = none;
    entry first_ = none;  // delivery queue: pulled entries in input order, or ready ones in completion order
    entry last_ = none;
    std::size_t flying_ = 0;    // leaders
    std::size_t requests_ = 0;  // for several of them
    std::size_t aside_ = 0;
    std::size_t outstanding_ = 0;
    std::uint64_t sequence_ = 0;
};

}  // namespace getty::connect::policy

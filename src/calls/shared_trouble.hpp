// What befalls everybody, as one call meets it.
#pragma once

#include "async/cancel_scope.hpp"
#include "async/scheduler.hpp"
#include "async/task.hpp"
#include "calls/attempt_failure.hpp"
#include "calls/call_terms.hpp"
#include "calls/shared_limits.hpp"
#include "core/random.hpp"
#include "core/telemetry.hpp"

#include <cstdint>
#include <utility>

namespace getty::connect::calls {

/// Pauses and outages (docs/decisions/0016): notices that they begin and end, tells of it, and has the calls
/// of a batch wait. `shared_limits` decides, for all shards; this class is one shard's. Used on one executor.
class shared_trouble {
public:
    /// All references must outlive this object.
    shared_trouble(async::scheduler& on, shared_limits& limits, core::random_source& random,
                   core::telemetry& watch)
        : scheduler_(on), limits_(limits), random_(random), telemetry_(watch) {}

    /// A request of `who`, sent at `sent`, failed: what that means to all.
    shared_limits::meaning failed(const attempt_failure& why, std::uint64_t who, core::time_point sent,
                                  bool of_batch);
    /// A request was answered as it should be.
    void answered_well(core::time_point sent, core::time_point ended);
    /// Whether what failed fails for every lookup, until somebody mends it.
    [[nodiscard]] bool is_hopeless(const attempt_failure& failed);

    /// While an outage is on: this call is the one that looks whether it is over.
    class probe_right {
    public:
        explicit probe_right(shared_trouble& of) noexcept : in_(of) {}
        ~probe_right() { give_up(); }
        probe_right(const probe_right&) = delete;
        probe_right& operator=(const probe_right&) = delete;

        [[nodiscard]] bool held() const noexcept { return held_; }
        [[nodiscard]] bool take() { return held_ = in_.limits_.try_probe(in_.scheduler_.now()); }
        /// What came of it has been told.
        void give_up() {
            if (std::exchange(held_, false))
                in_.limits_.probe_ended(in_.scheduler_.now(), in_.random_.unit());
        }

    private:
        shared_trouble& in_;
        bool held_ = false;
    };

    enum class after_outage { over, probe, given_up, stopped };
    /// Waits for the end of an outage, or for the turn to look whether it is over.
    async::task<after_outage> sit_out(probe_right& right, async::cancel_scope& scope,
                                      const batch_terms& batch);
    /// Whoever met the answer that began a pause is not the first to leave after it: an id that is always
    /// refused would have everybody pause for ever. Where there is no other, it goes a little later.
    async::task<void> let_another_go(core::time_point until, async::cancel_scope& scope,
                                     const batch_terms& batch);
    /// A failure of `who` that may be everybody's is not believed before somebody else was answered well.
    /// True when it turns out to be an outage, when others had failed too and nobody succeeded meanwhile (a
    /// short one), and for what no request can have for itself: nobody was reached, though others are on
    /// connections that they had. Where nobody else is left, that is an outage.
    async::task<bool> is_everybodys(const attempt_failure& failed, std::uint64_t who,
                                    async::cancel_scope& scope, const batch_terms& batch);

    /// Why a batch stops: the outage lasts too long; so does the pause that `failed` asks for.
    [[nodiscard]] error outage_too_long();
    [[nodiscard]] error pause_too_long(const attempt_failure& failed) const;

private:
    void outage_began(const error& why);
    void outage_ended(core::duration lasted);

    async::scheduler& scheduler_;
    shared_limits& limits_;
    core::random_source& random_;
    core::telemetry& telemetry_;
};

}  // namespace getty::connect::calls

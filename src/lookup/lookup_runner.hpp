// One lookup from its beginning to its end, or several in one request, counted and told.
#pragma once

#include "async/condition_variable.hpp"
#include "calls/call_runner.hpp"
#include "core/telemetry.hpp"
#include "lookup/hedger.hpp"
#include "lookup/image_request.hpp"
#include "policy/group_split.hpp"

#include <getty/connect/options.hpp>
#include <getty/connect/outcome.hpp>

#include <algorithm>
#include <chrono>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace getty::connect::lookup {

/// What a lookup cost.
struct lookup_report {
    calls::call_report calls;
    std::chrono::nanoseconds elapsed{0};
};

/// Ids that are asked for together, and what has become of each. Used for one group after the other.
struct lookup_group {
    struct fate {
        unsigned requests = 0;  ///< that the id was in
        std::optional<error> why;
        bool passed_over = false;  ///< the last answer did not mention it
    };
    std::vector<item> items;
    std::vector<fate> fates;

    [[nodiscard]] bool holds(std::string_view id) const noexcept {
        return std::any_of(items.begin(), items.end(), [id](const item& one) { return one.id == id; });
    }
    void clear() noexcept {
        items.clear();
        fates.clear();
    }
    /// `id` and `into` must outlive the group's lookup.
    void add(std::string_view id, document& into) {
        fates.reserve(items.size() + 1);
        items.emplace_back(id, into);
        fates.emplace_back();
    }
};

/// What all lookups of a client have in common, single ones and those of a batch. Used on one executor.
class lookup_runner {
public:
    /// What a lookup has that names no other.
    struct defaults {
        std::string language;
        std::chrono::milliseconds timeout;
        connect::hedging hedging;
    };

    /// All references must outlive this object.
    lookup_runner(async::scheduler& on, calls::call_runner& calls, image_service& images, hedger& twice,
                  core::telemetry& watch, defaults otherwise);

    /// Whether the observer and the statistics hear of a lookup: not of one that belongs to several.
    enum class told { yes, no };

    /// Looks up `id` into `into`. `by` may have done others before; `id`, `options` and the rest must outlive
    /// the call. The error has the time spent; an exception on the way is `internal_failure`. `batch`: whose
    /// lookup it is; null: of none.
    async::task<result<void>> run(image_request& by, std::string_view id, const lookup_options& options,
                                  async::cancel_scope& scope, const calls::batch_terms* batch, document& into,
                                  lookup_report& report, told of = told::yes);
    /// Looks up all of `group`, of one batch: each of its ids is found, or its fate has an error. What fails
    /// as a whole is asked for in halves, one group of a client at a time, and what an answer passes over
    /// once more by itself.
    async::task<void> run(image_request& by, lookup_group& group, const lookup_options& options,
                          async::cancel_scope& scope, const calls::batch_terms& batch, lookup_report& report);
    void count_begin() { telemetry_.lookups_started.add(); }
    /// Counts and tells the end of a lookup; `why` null: it was found.
    void count_end(std::string_view id, const lookup_options& options, unsigned requests,
                   core::duration elapsed, const error* why);
    void count_merged() { telemetry_.lookups_merged.add(); }
    /// As `call_runner::turn`.
    [[nodiscard]] core::time_point turn(const calls::batch_terms& batch, bool alone, core::time_point now) {
        return calls_.turn(batch, alone, now);
    }

    [[nodiscard]] core::duration timeout(const lookup_options& of) const noexcept {
        return of.timeout().value_or(defaults_.timeout);
    }
    [[nodiscard]] async::scheduler& scheduler() const noexcept { return scheduler_; }
    [[nodiscard]] image_service& images() const noexcept { return images_; }
    [[nodiscard]] core::telemetry& telemetry() const noexcept { return telemetry_; }

private:
    class group_run;

    [[nodiscard]] error absent(unsigned requests) const;
    async::task<result<void>> ask(image_request& by, std::span<item> items, const lookup_options& options,
                                  async::cancel_scope& scope, calls::call_terms terms,
                                  calls::call_runner::role as, calls::call_report& report);

    async::scheduler& scheduler_;
    calls::call_runner& calls_;
    image_service& images_;
    hedger& hedger_;
    core::telemetry& telemetry_;
    defaults defaults_;
    policy::group_habits habits_;
    bool splitting_ = false;  // a group is asked for in parts
    async::condition_variable split_over_;
};

}  // namespace getty::connect::lookup

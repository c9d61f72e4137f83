// One request for those who ask for the same image at the same time.
#pragma once

#include "async/condition_variable.hpp"
#include "async/task_group.hpp"
#include "lookup/lookup_runner.hpp"

#include <getty/connect/options.hpp>
#include <getty/connect/outcome.hpp>

#include <cstddef>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace getty::connect::lookup {

/// Vocabulary: a *flight* is a lookup that belongs to all who wait for it, its *passengers*; the first of
/// them gives it its options and its deadline. It ends when it is answered, or when the last passenger has
/// left.
///
/// Invariants: a flight that can be boarded has at least one passenger; each passenger gets the answer or
/// stops at its own deadline, and one whose deadline is later than that of a flight that ran out of time asks
/// again. Used on one executor.
class lookup_flights {
public:
    /// All references must outlive this object, which must outlive the tasks.
    lookup_flights(lookup_runner& lookups, async::task_group& tasks) : lookups_(lookups), tasks_(tasks) {}

    /// As a lookup of its own, but that an error tells no attempts to whom it was shared with.
    async::task<result<document>> run(std::string id, lookup_options options, async::cancel_scope& scope);

    void set_keep_alive(std::weak_ptr<void> whole) { keep_alive_ = std::move(whole); }

private:
    struct flight;
    struct passenger;

    std::shared_ptr<flight> begin(std::string key, const std::string& id, const lookup_options& options,
                                  core::time_point deadline);
    async::task<void> fly(std::shared_ptr<flight> f);
    void close_doors(const flight& f) noexcept;

    lookup_runner& lookups_;
    async::task_group& tasks_;
    std::weak_ptr<void> keep_alive_;
    std::map<std::string, std::shared_ptr<flight>, std::less<>> under_way_;
};

}  // namespace getty::connect::lookup

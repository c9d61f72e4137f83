// The batches of one client.
#pragma once

#include <getty/connect/error.hpp>

#include <memory>
#include <optional>
#include <vector>

namespace getty::connect::lookup {

class batch;

/// Knows the batches that have begun, so that the client can end them. Used on one executor.
class batch_list {
public:
    /// A batch begins: it is stopped at once where the list is closed.
    void begin(const std::shared_ptr<batch>& which);
    /// Has all pull nothing more, those that begin later included, and end with `why`.
    void close(error why);
    /// Cancels the lookups under way; what was pulled still gets its outcome.
    void cancel_lookups();
    /// Pulls nothing more and cancels the lookups under way.
    void cancel();

private:
    std::vector<std::weak_ptr<batch>> batches_;
    std::optional<error> closed_;
};

}  // namespace getty::connect::lookup

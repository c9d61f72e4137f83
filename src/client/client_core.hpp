// All of one client: what it holds, how it starts and how it ends.
#pragma once

#include "async/scheduler.hpp"
#include "async/task_group.hpp"
#include "calls/call_runner.hpp"
#include "client/connect_dialect.hpp"
#include "client/wiring.hpp"
#include "core/random.hpp"
#include "credentials/authorizer.hpp"
#include "credentials/token_refresher.hpp"
#include "http/connection_pool.hpp"
#include "lookup/batch.hpp"
#include "lookup/batch_list.hpp"
#include "lookup/image_request.hpp"
#include "lookup/lookup_flights.hpp"

#include <getty/connect/client.hpp>

#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace getty::connect::detail {

/// What tests put in place of the machine's clock, randomness and network.
struct client_seams {
    client_seams();
    std::shared_ptr<async::scheduler> on;
    std::unique_ptr<core::random_source> random;
    std::shared_ptr<net::dialer> dialer;        ///< of `base_url`'s origin
    std::shared_ptr<net::dialer> token_dialer;  ///< of `token_url`'s, when that is another
    std::shared_ptr<shared_parts> shared;       ///< with other shards; null: there are none
    std::size_t shard = 0;
};

/// Vocabulary: *active* is a single lookup under way; batches are counted by their workers. Everything but
/// the constructor and `stats` runs on `executor()`.
class client_core final : public std::enable_shared_from_this<client_core>, private async::context_part {
public:
    ~client_core();

    /// Throws `failure` (`errc::invalid_option`).
    static std::shared_ptr<client_core> make(boost::asio::any_io_executor executor, client_settings settings,
                                             std::shared_ptr<shared_parts> shared = nullptr,
                                             std::size_t shard = 0);
    static std::shared_ptr<client_core> make(client_settings settings, client_seams seams);

    [[nodiscard]] const async::executor& executor() const noexcept { return scheduler_->get_executor(); }
    [[nodiscard]] async::scheduler& scheduler() noexcept { return *scheduler_; }
    [[nodiscard]] bool single_threaded() const noexcept {
        return settings_.threading == threading::single_thread;
    }

    async::task<result<document>> lookup(std::string id, lookup_options options, async::cancel_scope& scope);
    async::task<result<token_info>> authenticate(async::cancel_scope& scope);
    /// On any thread; the batch begins with its first `next`.
    [[nodiscard]] std::shared_ptr<lookup::batch> make_batch(id_source ids, const fetch_options& options);

    /// The value is none: calls across the border have one.
    async::task<std::monostate> close();
    /// Ends everything without waiting.
    void abort();
    /// Has `core` aborted where it runs, and lets go of it; on any thread. Where its execution context is
    /// gone, nothing is left to end.
    static void release(std::shared_ptr<client_core> core);

    [[nodiscard]] client_stats stats() const noexcept;

private:
    struct active;

    client_core(client_settings settings, client_seams seams, const proto::https_url& base,
                const proto::https_url& token);
    void adopt_self();
    void context_ends() noexcept override {}
    void forked() noexcept override;
    [[nodiscard]] endpoint_access& token_access() noexcept {
        return token_service_ ? *token_service_ : service_;
    }
    async::task<void> drained(async::cancel_scope& scope);
    void cancel_all();
    [[nodiscard]] std::unique_ptr<lookup::image_dialect> image_dialect_for(
        const proto::https_url& base) const;
    std::optional<credentials::digest_auth> digest_for(auth_scheme scheme);
    std::unique_ptr<credentials::authorizer> authorizer_for_images();

    client_settings settings_;
    std::shared_ptr<async::scheduler> scheduler_;
    std::unique_ptr<core::random_source> random_;
    core::hash_key merge_key_;
    core::telemetry telemetry_;
    std::shared_ptr<shared_parts> shared_;
    std::unique_ptr<lookup::image_dialect> image_dialect_;
    std::unique_ptr<credentials::token_dialect> token_dialect_;
    endpoint_access service_;
    std::optional<endpoint_access> token_service_;
    calls::call_runner image_calls_;
    calls::call_runner
        token_calls_;  // not held up by the rate: the lookups that have their turn wait for the token
    std::optional<credentials::digest_auth> token_digest_;
    std::optional<credentials::digest_auth> image_digest_;
    credentials::token_refresher tokens_;
    std::unique_ptr<credentials::authorizer> authorizer_;
    lookup::image_service images_;
    lookup::hedger hedger_;
    lookup::lookup_runner lookups_;
    async::task_group workers_;
    lookup::lookup_flights flights_;

    active* first_active_ = nullptr;
    async::condition_variable idle_;  // the last active lookup ended
    lookup::batch_list batches_;
    bool closing_ = false;
    bool close_begun_ = false;
    bool closed_ = false;
    async::condition_variable closed_event_;
};

/// The way between a client and what is behind it.
struct client_access {
    static client make(core_ptr core) noexcept { return client(std::move(core)); }
    static const core_ptr& core(const client& of) noexcept { return of.core_; }
};

}  // namespace getty::connect::detail

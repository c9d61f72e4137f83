// All of one client: what it holds, how it starts and how it ends.
#pragma once

#include "client/connect_dialect.hpp"
#include "core/random.hpp"
#include "io/loop.hpp"
#include "runtime/authorizer.hpp"
#include "runtime/batch.hpp"
#include "runtime/caller.hpp"
#include "runtime/connection_pool.hpp"
#include "runtime/image_request.hpp"
#include "runtime/task_group.hpp"
#include "runtime/token_source.hpp"

#include <getty/connect/client.hpp>

#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace getty::connect::detail {

/// One origin with its pool and how it is called.
struct endpoint_access {
    endpoint_access(io::loop& on, const client_settings& settings, const proto::https_url& url,
                    core::random_source& random, runtime::telemetry& watch,
                    std::shared_ptr<io::dialer> dialer);

    proto::request_writer writer;
    runtime::connection_pool pool;
    runtime::call_settings call_settings;
};

/// What the shards of one client have in common.
struct shared_parts {
    shared_parts(const client_settings& settings, runtime::shared_limits::used_by users);
    runtime::shared_limits limits;
    std::shared_ptr<runtime::token_vault> token;
};

/// What tests put in place of the machine's clock, randomness and network.
struct client_seams {
    client_seams();
    std::shared_ptr<io::loop> on;
    std::unique_ptr<core::random_source> random;
    std::shared_ptr<io::dialer> dialer;        ///< of `base_url`'s origin
    std::shared_ptr<io::dialer> token_dialer;  ///< of `token_url`'s, when that is another
    std::shared_ptr<shared_parts> shared;      ///< with other shards; null: there are none
};

/// Vocabulary: *active* is a single lookup under way; batches are counted by their workers. Everything but
/// the constructor and `stats` runs on `executor()`.
class client_core final : public std::enable_shared_from_this<client_core>, private io::context_part {
public:
    ~client_core();

    /// Throws `failure` (`errc::invalid_option`).
    static std::shared_ptr<client_core> make(boost::asio::any_io_executor executor, client_settings settings,
                                             std::shared_ptr<shared_parts> shared = nullptr);
    static std::shared_ptr<client_core> make(client_settings settings, client_seams seams);

    [[nodiscard]] const io::executor& executor() const noexcept { return loop_->get_executor(); }
    [[nodiscard]] io::loop& loop() noexcept { return *loop_; }
    [[nodiscard]] bool single_threaded() const noexcept {
        return settings_.threading == threading::single_thread;
    }

    io::task<result<document>> lookup(std::string id, lookup_options options, io::operation& op);
    io::task<result<token_info>> authenticate(io::operation& op);
    /// On any thread; the batch begins with its first `next`.
    [[nodiscard]] std::shared_ptr<runtime::batch> make_batch(id_source ids, const fetch_options& options);
    /// As `batch::next`.
    io::task<runtime::batch::delivery> next(std::shared_ptr<runtime::batch> of, io::operation& op);

    /// The value is none: calls across the border have one.
    io::task<std::monostate> close();
    /// Ends everything without waiting.
    void abort();
    /// Has `core` aborted where it runs, and lets go of it; on any thread. Where its execution context is
    /// gone, nothing is left to end.
    static void release(std::shared_ptr<client_core> core);

    [[nodiscard]] client_stats stats() const noexcept { return telemetry_.snapshot(); }

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
    io::task<void> drained(io::operation& op);
    void cancel_all();
    std::optional<runtime::digest_auth> digest_for(auth_scheme scheme);

    client_settings settings_;
    std::shared_ptr<io::loop> loop_;
    std::unique_ptr<core::random_source> random_;
    core::hash_key merge_key_;
    runtime::telemetry telemetry_;
    std::shared_ptr<shared_parts> shared_;
    connect_dialect dialect_;
    endpoint_access service_;
    std::optional<endpoint_access> token_service_;
    runtime::caller image_calls_;
    runtime::caller
        token_calls_;  // not held up by the rate: the lookups that have their turn wait for the token
    std::optional<runtime::digest_auth> token_digest_;
    std::optional<runtime::digest_auth> image_digest_;
    runtime::token_source tokens_;
    std::unique_ptr<runtime::authorizer> authorizer_;
    runtime::image_service images_;
    std::optional<runtime::hedger> hedger_;
    runtime::image_lookups lookups_;
    runtime::task_group workers_;

    active* first_active_ = nullptr;
    io::broadcast idle_;  // the last active lookup ended
    std::vector<std::weak_ptr<runtime::batch>> batches_;
    bool closing_ = false;
    bool close_begun_ = false;
    bool closed_ = false;
    io::broadcast closed_event_;
};

}  // namespace getty::connect::detail

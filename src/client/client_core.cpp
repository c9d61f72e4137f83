#include "client/client_core.hpp"

#include "client/dialects.hpp"
#include "client/v3_dialect.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/strand.hpp>

#include <utility>

namespace getty::connect::detail {
client_seams::client_seams() = default;

/// A single lookup under way, known to the client as long as it lives.
struct client_core::active {
    active(client_core& in, async::cancel_scope& by) : of(in), scope(by), next(in.first_active_) {
        if (next) next->previous = this;
        of.first_active_ = this;
    }
    ~active() {
        if (next) next->previous = previous;
        (previous ? previous->next : of.first_active_) = next;
        if (!of.first_active_) of.idle_.notify_all();
    }
    active(const active&) = delete;
    active& operator=(const active&) = delete;

    client_core& of;
    async::cancel_scope& scope;
    active* next;
    active* previous = nullptr;
};

std::shared_ptr<client_core> client_core::make(boost::asio::any_io_executor executor,
                                               client_settings settings, std::shared_ptr<shared_parts> shared,
                                               std::size_t shard) {
    client_seams seams;
    seams.shared = std::move(shared);
    seams.shard = shard;
    if (settings.threading == threading::strand) executor = boost::asio::make_strand(executor);
    seams.on = async::make_scheduler(std::move(executor));
    seams.random = core::system_random();
    return make(std::move(settings), std::move(seams));
}

std::shared_ptr<client_core> client_core::make(client_settings settings, client_seams seams) {
    settings = in_full(std::move(settings));
    const proto::https_url base = value_or_throw(proto::parse_https_url("base_url", *settings.base_url));
    const proto::https_url token = value_or_throw(proto::parse_https_url("token_url", settings.token_url));
    const bool elsewhere = origin_of(token) != origin_of(base);
    if (!seams.dialer) seams.dialer = make_dialer(*seams.on, settings, base);
    if (elsewhere && !seams.token_dialer) seams.token_dialer = make_dialer(*seams.on, settings, token);
    std::shared_ptr<client_core> made(new client_core(std::move(settings), std::move(seams), base, token));
    made->adopt_self();
    return made;
}

client_core::client_core(client_settings settings, client_seams seams, const proto::https_url& base,
                         const proto::https_url& token)
    : settings_(std::move(settings)),
      scheduler_(std::move(seams.on)),
      random_(std::move(seams.random)),
      merge_key_{random_->next(), random_->next()},
      telemetry_(settings_.observer ? settings_.observer(seams.shard) : nullptr),
      shared_(seams.shared
                  ? std::move(seams.shared)
                  : std::make_shared<shared_parts>(settings_, calls::shared_limits::used_by::one_executor)),
      image_dialect_(image_dialect_for(base)),
      token_dialect_(make_token_dialect(settings_, token)),
      service_(*scheduler_, settings_, base, *random_, telemetry_, std::move(seams.dialer)),
      token_service_(seams.token_dialer
                         ? std::optional<endpoint_access>(std::in_place, *scheduler_, settings_, token,
                                                          *random_, telemetry_, std::move(seams.token_dialer))
                         : std::nullopt),
      image_calls_(*scheduler_, service_.pool, shared_->limits, calls::admission_rule::rated, *random_,
                   telemetry_, image_settings_of(settings_, service_.call_settings)),
      token_calls_(*scheduler_, token_access().pool, shared_->limits, token_rule_of(settings_), *random_,
                   telemetry_, token_access().call_settings),
      token_digest_(digest_for(auth_scheme::digest_token_endpoint)),
      image_digest_(digest_for(auth_scheme::digest)),
      tokens_(*scheduler_, shared_->token, token_calls_, *token_dialect_, token_access().writer,
              token_digest_ ? &*token_digest_ : nullptr, *random_, telemetry_, token_settings_of(settings_)),
      authorizer_(authorizer_for_images()),
      images_(*scheduler_, *image_dialect_, service_.writer, *authorizer_, settings_.compression,
              settings_.redirects == redirects::same_origin ? service_.call_settings.origin : std::string()),
      hedger_(*scheduler_, image_calls_, images_, telemetry_),
      lookups_(*scheduler_, image_calls_, images_, hedger_, telemetry_,
               {settings_.language, settings_.timeout, settings_.hedging}),
      workers_(*scheduler_),
      flights_(lookups_, workers_),
      idle_(*scheduler_),
      closed_event_(*scheduler_) {}

std::unique_ptr<lookup::image_dialect> client_core::image_dialect_for(const proto::https_url& base) const {
    if (settings_.dialect == dialect::v3) return std::make_unique<v3_dialect>(settings_, base, merge_key_);
    return std::make_unique<connect_dialect>(base);
}

/// Each is there for one scheme.
std::optional<credentials::digest_auth> client_core::digest_for(auth_scheme scheme) {
    if (settings_.auth != scheme) return std::nullopt;
    return std::optional<credentials::digest_auth>(std::in_place, *scheduler_, *random_,
                                                   challenge_policy_of(settings_),
                                                   settings_.mutual_authentication, settings_.digest_order);
}

std::unique_ptr<credentials::authorizer> client_core::authorizer_for_images() {
    if (image_digest_) {
        return credentials::make_digest_authorizer(tokens_, *image_digest_, settings_.application_key);
    }
    if (tokens_.source() == credentials::token_settings::supply::none) {
        return credentials::make_key_authorizer(tokens_);
    }
    const bool v3 = settings_.dialect == dialect::v3;
    return credentials::make_bearer_authorizer(
        tokens_, v3 ? credentials::bearer_form::opaque : credentials::bearer_form::token68);
}

client_core::~client_core() { scheduler_->disown(*this); }

/// What must not be used by two processes, besides the sockets.
void client_core::forked() noexcept {
    random_->forked();
    if (image_digest_) image_digest_->forked();
    if (token_digest_) token_digest_->forked();
}

void client_core::adopt_self() {
    scheduler_->adopt(*this);
    service_.pool.set_keep_alive(weak_from_this());
    if (token_service_) token_service_->pool.set_keep_alive(weak_from_this());
    tokens_.set_keep_alive(weak_from_this());
    hedger_.set_keep_alive(weak_from_this());
    flights_.set_keep_alive(weak_from_this());
}

async::task<result<document>> client_core::lookup(std::string id, lookup_options options,
                                                  async::cancel_scope& scope) {
    if (closing_) co_return error(errc::client_closed, stage::queue);
    if (const result<void> good = options.validate(); !good) co_return good.error();
    if (const result<void> good = check_lookup(settings_, options); !good) co_return good.error();
    const active me(*this, scope);
    if (settings_.duplicates == duplicates::merge) {
        result<document> shared = co_await flights_.run(std::move(id), std::move(options), scope);
        co_return shared;
    }
    lookup::image_request request(images_);
    lookup::lookup_report report;
    document found;
    const result<void> done = co_await lookups_.run(request, id, options, scope, nullptr, found, report);
    if (!done) co_return done.error();
    co_return found;
}

client_stats client_core::stats() const noexcept {
    client_stats s = telemetry_.snapshot();
    s.retry_budget_left = shared_->limits.budget_left();
    return s;
}

namespace {

token_source source_of(const credentials::token_refresher& tokens) {
    using supply = credentials::token_settings::supply;
    using credentials::token_grant;
    if (tokens.source() == supply::none) return token_source::none;
    if (tokens.source() == supply::caller) return token_source::fixed;
    switch (tokens.grant()) {
        case token_grant::password:
            return token_source::user;
        case token_grant::refresh_token:
            return token_source::refresh_token;
        case token_grant::client_credentials:
            break;
    }
    return token_source::credentials;
}

}  // namespace

async::task<result<token_info>> client_core::authenticate(async::cancel_scope& scope) {
    if (closing_) co_return error(errc::client_closed, stage::auth);
    const active me(*this, scope);
    scope.expires_at(core::later(scheduler_->now(), settings_.timeout));
    while (!tokens_.ready(0)) {
        const result<std::uint64_t> brought = co_await tokens_.wait(scope);
        if (!brought) co_return brought.error();
        if (scope.stopped()) {
            co_return error(scope.reason(errc::deadline_exceeded), stage::auth,
                            "the token endpoint has not answered yet");
        }
        if (*brought != 0) break;
    }
    token_info info;
    info.remaining = tokens_.remaining();
    info.source = source_of(tokens_);
    co_return info;
}

std::shared_ptr<lookup::batch> client_core::make_batch(id_source ids, const fetch_options& options) {
    using users = lookup::batch::used_by;
    if (const result<void> good = check_batch(settings_, options); !good) throw failure(good.error());
    return std::make_shared<lookup::batch>(
        batches_, lookups_, workers_, std::move(ids), options, shape_of(settings_, options), merge_key_,
        single_threaded() ? users::one_executor : users::many_threads, weak_from_this());
}

async::task<void> client_core::drained(async::cancel_scope& scope) {
    co_await workers_.join(scope);
    while (first_active_ && !scope.stopped()) {
        co_await idle_.wait(scope);
    }
}

void client_core::cancel_all() {
    for (active* a = first_active_; a; a = a->next) a->scope.cancel();
    batches_.cancel_lookups();
}

async::task<std::monostate> client_core::close() {
    async::cancel_scope forever(*scheduler_);
    closing_ = true;
    if (std::exchange(close_begun_, true)) {
        while (!closed_) {
            co_await closed_event_.wait(forever);
        }
        co_return std::monostate();
    }
    batches_.close(error(errc::client_closed, stage::queue));
    async::cancel_scope patience(*scheduler_);
    patience.expires_at(core::later(scheduler_->now(), settings_.drain_timeout));
    co_await drained(patience);
    cancel_all();
    co_await drained(forever);
    tokens_.close();
    co_await tokens_.closed(forever);
    service_.pool.close();
    co_await service_.pool.closed(forever);
    if (token_service_) {
        token_service_->pool.close();
        co_await token_service_->pool.closed(forever);
    }
    scheduler_->quiet();
    closed_ = true;
    closed_event_.notify_all();
    co_return std::monostate();
}

void client_core::release(std::shared_ptr<client_core> core) {
    if (!core || core->scheduler_->ended()) return;
    const async::executor on = core->executor();
    boost::asio::post(on, [last = std::move(core)] { last->abort(); });
}

void client_core::abort() {
    closing_ = true;
    // In this order: a batch that has not come to the end of its source tells that it was closed.
    batches_.close(error(errc::client_closed, stage::queue));
    batches_.cancel();
    cancel_all();
    tokens_.close();
    service_.pool.close();
    if (token_service_) token_service_->pool.close();
    scheduler_->quiet();
}

}  // namespace getty::connect::detail

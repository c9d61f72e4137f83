// A whole client over scripted streams, with a service that can be told how to behave.
#pragma once

#include "client/client_core.hpp"
#include "support/world.hpp"

#include <getty/connect/client.hpp>

#include <doctest/doctest.h>

#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace getty::connect::test {

/// The token that a request carries.
[[nodiscard]] inline std::string bearer(const std::string& request) {
    constexpr std::string_view name = "Authorization: Bearer ";
    const std::size_t at = request.find(name);
    if (at == std::string::npos) return "";
    return request.substr(at + name.size(), request.find("\r\n", at) - at - name.size());
}

/// A lookup under way, and what became of it.
struct pending {
    explicit pending(async::scheduler& on) : scope(on) {}
    async::cancel_scope scope;
    std::optional<result<document>> done;
};

/// Answers tokens and images in the Connect dialect with Bearer tokens, unless a test puts itself in between.
class client_world : public world {
public:
    explicit client_world(client_options wanted = client_options(), auth_scheme scheme = auth_scheme::bearer)
        : dialer(std::make_shared<scripted_dialer>(
              *this, [this](scripted_stream& s, const std::string& request) { serve(s, request); })) {
        wanted.base_url("https://service.test/api");
        if (wanted.settings().application_key.empty()) wanted.credentials("key", secret("the-secret"));
        wanted.auth(scheme).threading(threading::single_thread);
        const result<void> good = wanted.validate();
        if (!good) throw failure(good.error());
        settings = wanted.settings();
        shared =
            std::make_shared<detail::shared_parts>(settings, calls::shared_limits::used_by::many_threads);
        core = make_shard();
    }

    /// One more client that shares token, rate and retry budget with the first.
    std::shared_ptr<detail::client_core> make_shard(std::size_t number = 0) {
        detail::client_seams seams;
        seams.on = scheduler;
        seams.random = connect::core::seeded_random(1);
        seams.dialer = dialer;
        seams.shared = shared;
        seams.shard = number;
        return detail::client_core::make(settings, std::move(seams));
    }

    std::shared_ptr<pending> get(const std::string& id, lookup_options options = lookup_options()) {
        return get_from(core, id, std::move(options));
    }

    std::shared_ptr<pending> get_from(const std::shared_ptr<detail::client_core>& shard,
                                      const std::string& id, lookup_options options = lookup_options()) {
        auto p = std::make_shared<pending>(*scheduler);
        spawn<result<document>>(shard->lookup(id, std::move(options), p->scope),
                                [p, whole = shard](result<document> r) {
                                    p->scope.expires_at(connect::core::never);
                                    p->done = std::move(r);
                                });
        return p;
    }

    /// Starts and lets everything run that needs no time.
    std::shared_ptr<pending> get_settled(const std::string& id) {
        auto p = get(id);
        settle();
        return p;
    }

    /// Whether `close()` has completed.
    std::shared_ptr<bool> close() { return close(core); }
    std::shared_ptr<bool> close(const std::shared_ptr<detail::client_core>& shard) {
        auto closed = std::make_shared<bool>(false);
        spawn<std::monostate>(shard->close(), [closed, whole = shard](std::monostate) { *closed = true; });
        return closed;
    }

    /// Closes the client without a moment passing, and checks that it has left nothing.
    void check_nothing_left() {
        const auto closed = close();
        settle();
        CHECK(*closed);
        CHECK(core->stats().connections_leased == 0);
        CHECK(core->stats().connections_idle == 0);
        CHECK(core->stats().connections_opened == core->stats().connections_closed);
        CHECK(dialer->open() == 0);
        CHECK(dialer->dialling == 0);
        CHECK(scheduler->parked() == 0);
        CHECK(scheduler->pending_deadlines() == 0);
    }

    void serve(scripted_stream& s, const std::string& request) {
        if (request.starts_with("POST /api/token ")) {
            ++token_posts;
            if (on_token && on_token(s, request)) return;
            s.deliver(token_response("token-" + std::to_string(token_posts)));
            return;
        }
        const std::string id = requested_id(request);
        ++image_requests;
        requested.push_back(id);
        if (on_image && on_image(s, request)) return;
        s.deliver(image_response(id));
    }

    [[nodiscard]] std::string token_response(const std::string& token) const {
        return http_response(200, R"({"token":{"ssl_token":")" + token + R"(","token":"plain-)" + token +
                                      R"(","token_duration_minutes":)" + std::to_string(token_minutes) +
                                      "}}");
    }

    std::shared_ptr<scripted_dialer> dialer;
    client_settings settings;
    std::shared_ptr<detail::shared_parts> shared;
    std::shared_ptr<detail::client_core> core;
    /// Return true when the request has been dealt with.
    std::function<bool(scripted_stream&, const std::string&)> on_token;
    std::function<bool(scripted_stream&, const std::string&)> on_image;
    int token_minutes = 30;
    std::size_t token_posts = 0;
    std::size_t image_requests = 0;
    std::vector<std::string> requested;
};

/// Drives a batch as a consumer would.
struct consumer {
    explicit consumer(client_world& in) : at(in), scope(*in.scheduler) {}

    void open(id_source ids, const fetch_options& options = fetch_options()) {
        batch = at.core->make_batch(std::move(ids), options);
    }
    /// Asks for one outcome; it arrives in `taken`, or `finished` becomes true. Lets nothing run yet.
    void begin() {
        waiting = true;
        using delivery = lookup::batch::delivery;
        at.spawn<delivery>(batch->next(scope), [this, whole = at.core](delivery brought) {
            waiting = false;
            std::optional<outcome> got = brought.accept().value();
            if (!got) {
                finished = true;
            } else {
                taken.push_back(std::move(*got));
            }
        });
    }
    /// As `begin`, and lets everything run that needs no time.
    void ask() {
        begin();
        at.settle();
    }
    /// Asks until nothing is left, or until the batch needs time to pass.
    void drain() {
        while (!finished && !waiting) ask();
    }

    client_world& at;
    async::cancel_scope scope;
    std::shared_ptr<lookup::batch> batch;
    std::vector<outcome> taken;
    bool waiting = false;
    bool finished = false;
};

}  // namespace getty::connect::test

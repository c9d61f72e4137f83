#include "client/client_core.hpp"
#include "core/percent_encoding.hpp"
#include "proto/http/field_rules.hpp"
#include "testing/world.hpp"

#include <getty/connect/testing.hpp>

#include <boost/json/serialize.hpp>
#include <boost/json/string.hpp>

#include <algorithm>
#include <map>
#include <stdexcept>

namespace getty::connect::testing {

namespace {

// Each dialect reads its own of these, and passes over the other's.
constexpr std::string_view default_members = R"("Title":"An image","title":"An image")";

}  // namespace

reply::reply() : text_(default_members) {}

reply reply::image(std::string members) {
    reply r;
    r.text_ = std::move(members);
    return r;
}

reply reply::body(std::string text) { return status(200, std::move(text)); }

reply reply::token(std::string_view value, std::chrono::minutes lifetime) {
    if (!proto::is_target(value) || value.find_first_of("\"\\") != std::string_view::npos ||
        lifetime <= std::chrono::minutes(0)) {
        throw std::invalid_argument(
            "reply::token: the value must be visible ASCII without quotes, the lifetime positive");
    }
    const std::string own(value);
    const std::string seconds = std::to_string(std::chrono::seconds(lifetime).count());
    // In the form of either dialect.
    return body(R"({"token":{"token":")" + own + R"(","ssl_token":")" + own +
                R"(","token_duration_minutes":)" + std::to_string(lifetime.count()) +
                R"(},"access_token":")" + own + R"(","token_type":"Bearer","expires_in":)" + seconds + "}");
}

reply reply::status(int code, std::string text) {
    if (code < 200 || code > 599) {
        throw std::invalid_argument("reply::status " + std::to_string(code) + ": must be 200 to 599");
    }
    reply r;
    r.kind_ = kind::body;
    r.status_ = code;
    r.text_ = std::move(text);
    return r;
}

reply reply::close() {
    reply r;
    r.kind_ = kind::close;
    return r;
}

reply reply::nothing() {
    reply r;
    r.kind_ = kind::nothing;
    return r;
}

reply& reply::header(std::string_view name, std::string_view value) {
    if (!proto::is_token(name) || !proto::is_field_value(value)) {
        throw std::invalid_argument("reply::header \"" + std::string(name) +
                                    "\": name or value cannot be sent");
    }
    ((fields_ += name) += ": ") += value;
    fields_ += "\r\n";
    return *this;
}

reply& reply::after(std::chrono::nanoseconds wait) {
    after_ = wait;
    return *this;
}

namespace {

constexpr std::string_view images = "GET /api/images/";
constexpr std::string_view several = "GET /api/images?ids=";
constexpr std::string_view comma = "%2C";

/// Replies that are used up one by one, but for the last.
struct sequence {
    std::deque<reply> left;
    reply next() {
        reply r = left.front();
        if (left.size() > 1) left.pop_front();
        return r;
    }
};

}  // namespace

struct scripted_client::state {
    explicit state(client_options options)
        : dialer(std::make_shared<scripted_dialer>(
              around, [this](scripted_stream& s, const std::string& request) { serve(s, request); })) {
        v3 = options.settings().dialect == dialect::v3;
        options.base_url("https://scripted.test/api").token_url("");
        options.auth(auth_scheme::bearer).threading(threading::single_thread);
        const client_settings& given = options.settings();
        if (!given.fixed_token && given.application_key.empty()) options.credentials("key", secret("secret"));
        const result<void> good = options.validate();
        if (!good) throw failure(good.error());
        detail::client_seams seams;
        seams.on = around.scheduler;
        seams.random = core::seeded_random(1);
        seams.dialer = dialer;
        client.emplace(
            detail::client_access::make(detail::client_core::make(options.settings(), std::move(seams))));
    }

    void serve(scripted_stream& to, const std::string& request) {
        last_request = request;
        if (v3 && request.starts_with(several)) return serve_group(to, request);
        if (!request.starts_with(images)) {
            ++token_requests;
            reply says = tokens.left.empty() ? issued() : tokens.next();
            return send(to, std::move(says), "");
        }
        const std::string_view target(request.data() + images.size(),
                                      request.find_first_of(" ?", images.size()) - images.size());
        const std::string id = core::percent_decoded(target).value_or(std::string(target));
        ++requests;
        send(to, reply_for(id), id);
    }

    reply reply_for(const std::string& id) {
        const std::size_t time = ++asked[id];
        const auto found = script.find(id);
        if (found != script.end()) return found->second.next();
        const auto says = otherwise;  // which may put another in its place
        return says(id, time);
    }

    /// The images of those that have one, and the names of those with a 404; any other reply is that to all.
    void serve_group(scripted_stream& to, const std::string& request) {
        ++requests;
        std::string_view rest(request);
        rest = rest.substr(several.size(), request.find_first_of(" &", several.size()) - several.size());
        reply all = reply::body("");
        std::string found;
        std::string missing;
        while (!rest.empty()) {
            const std::size_t end = std::min(rest.find(comma), rest.size());
            const std::string id(rest.substr(0, end));
            rest.remove_prefix(std::min(end + comma.size(), rest.size()));
            reply one = reply_for(id);
            all.after_ = std::max(all.after_, one.after_);
            if (one.kind_ == reply::kind::image) {
                found += (found.empty() ? "" : ",") + object_of(id, one.text_);
            } else if (one.kind_ == reply::kind::body && one.status_ == 404) {
                missing += (missing.empty() ? "" : ",") + boost::json::serialize(boost::json::string(id));
            } else {
                return send(to, std::move(one), id);
            }
        }
        all.text_ = R"({"images":[)" + found + R"(],"images_not_found":[)" + missing + "]}";
        send(to, std::move(all), "");
    }

    [[nodiscard]] std::string object_of(const std::string& id, const std::string& members) const {
        const std::string own = boost::json::serialize(boost::json::string(id));
        return std::string(v3 ? R"({"id":)" : R"({"ImageId":)") + own + (members.empty() ? "" : ",") +
               members + "}";
    }

    [[nodiscard]] reply issued() const { return reply::token("token-" + std::to_string(token_requests)); }

    void send(scripted_stream& to, reply says, const std::string& id) {
        if (says.kind_ == reply::kind::nothing) return;
        if (v3 && says.status_ == 404 && says.text_.empty() && !id.empty()) {
            says.text_ = R"({"ErrorCode":"ImageNotFound","ErrorMessage":"Image id not found"})";
        }
        if (says.kind_ == reply::kind::image) {
            says.text_ = (v3 ? R"({"images":[)" : R"({"Images":[)") + object_of(id, says.text_) + "]}";
        }
        std::string bytes;
        if (says.kind_ != reply::kind::close) {
            bytes = "HTTP/1.1 " + std::to_string(says.status_) +
                    " X\r\nContent-Length: " + std::to_string(says.text_.size()) + "\r\n" + says.fields_ +
                    "\r\n" + says.text_;
        }
        auto stream = std::static_pointer_cast<scripted_stream>(to.shared_from_this());
        auto deliver = [s = std::move(stream), b = std::move(bytes)] {
            b.empty() ? s->end() : s->deliver(b);
        };
        if (says.after_ <= std::chrono::nanoseconds::zero()) return deliver();
        around.at(around.scheduler->now() + says.after_, std::move(deliver));
    }

    bool v3 = false;
    world around;
    std::map<std::string, sequence, std::less<>> script;
    std::function<reply(std::string_view, std::size_t)> otherwise = [](std::string_view, std::size_t) {
        return reply();
    };
    sequence tokens;
    std::map<std::string, std::size_t, std::less<>> asked;
    std::size_t requests = 0;
    std::size_t token_requests = 0;
    std::string last_request;
    std::shared_ptr<scripted_dialer> dialer;
    std::optional<connect::client> client;
};

scripted_client::scripted_client(client_options options)
    : state_(std::make_unique<state>(std::move(options))) {}

scripted_client::~scripted_client() {
    // What is under way ends with the client, and needs the context for that.
    state_->client.reset();
    state_->around.settle();
}

client& scripted_client::client() noexcept { return *state_->client; }
asio::io_context& scripted_client::context() noexcept { return state_->around.context; }

scripted_client& scripted_client::on(std::string_view id, reply says) {
    state_->script[std::string(id)].left.push_back(std::move(says));
    return *this;
}

scripted_client& scripted_client::otherwise(std::function<reply(std::string_view, std::size_t)> says) {
    state_->otherwise = std::move(says);
    return *this;
}

scripted_client& scripted_client::on_token(reply says) {
    state_->tokens.left.push_back(std::move(says));
    return *this;
}

scripted_client& scripted_client::refuse_connections(bool refused) {
    state_->dialer->refuse = nullptr;
    if (refused) {
        state_->dialer->refuse = [] {
            return std::optional<error>(error(errc::connect_failed, stage::connect, "Connection refused"));
        };
    }
    return *this;
}

scripted_client& scripted_client::drop_connections() {
    for (const auto& stream : state_->dialer->streams) {
        if (!stream->closed_by_client()) stream->vanish();
    }
    return *this;
}

std::size_t scripted_client::requests(std::string_view id) const {
    const auto found = state_->asked.find(id);
    return found == state_->asked.end() ? 0 : found->second;
}

std::size_t scripted_client::requests() const noexcept { return state_->requests; }
std::size_t scripted_client::token_requests() const noexcept { return state_->token_requests; }
const std::string& scripted_client::last_request() const noexcept { return state_->last_request; }

std::chrono::nanoseconds scripted_client::elapsed() const noexcept {
    return state_->around.scheduler->now().time_since_epoch();
}

void scripted_client::settle() { state_->around.settle(); }
void scripted_client::advance(std::chrono::nanoseconds by) {
    if (by < std::chrono::nanoseconds::zero() || by > std::chrono::hours(24 * 366)) {
        throw std::invalid_argument(
            "scripted_client::advance: not negative, and no more than a year at a time");
    }
    state_->around.advance(by);
}

void scripted_client::run_until(const bool& done) {
    world& around = state_->around;
    around.settle();
    while (!done) {  // written by the coroutine
        if (around.next_event() == core::never) {
            throw std::logic_error(
                "scripted_client: the coroutine waits for something that will not come: no answer is due and "
                "no deadline of the client's is set; timers of the program's own do not see this time");
        }
        around.step();
    }
}

}  // namespace getty::connect::testing

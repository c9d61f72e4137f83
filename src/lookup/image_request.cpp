#include "lookup/image_request.hpp"

#include "calls/response_status.hpp"
#include "proto/auth/request_secrets.hpp"
#include "proto/http/redirect.hpp"

#include <algorithm>
#include <vector>

namespace getty::connect::lookup {
namespace {

/// Those that say where to send the same GET (RFC 9110 15.4).
bool is_redirect(int status) noexcept {
    return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

}  // namespace

result<void> image_request::start(std::span<item> items, const lookup_options& options,
                                  std::string_view default_language) {
    items_ = items;
    form_ = options.decode();
    strangers_met_ = 0;
    credentials_.restart();
    for (const item& one : items) {
        const std::string_view why = service_.dialect.why_refused(one.id);
        if (!why.empty()) return error(errc::invalid_id, stage::queue, why);
    }
    fields_.clear();
    service_.dialect.append_fields(fields_, options, default_language);
    own_fields_ = fields_.size();
    for (const auto& [name, value] : options.headers()) {
        proto::request_writer::field(fields_, name, value);
    }
    target_.clear();
    service_.dialect.append_target(target_, items, options, default_language);
    return {};
}

result<void> image_request::write(std::string& out) {
    for (item& one : items_) one.is = item::state::open;
    if (!service_.writer.begin(out, "GET", target_)) {
        return error(errc::invalid_id, stage::queue, "it cannot be sent in a request line");
    }
    if (service_.asks_for_gzip) proto::request_writer::field(out, "Accept-Encoding", "gzip");
    out += fields_;
    const result<void> authorised = credentials_.sign(out, "GET", target_);
    if (!authorised) return authorised;
    proto::request_writer::end(out);
    return {};
}

std::optional<calls::attempt_failure> image_request::interpret(const http::response& answer) {
    if (answer.status == 401) {
        calls::attempt_failure failed = refusal(answer);
        credentials_.refused(answer, failed);
        return failed;
    }
    if (!credentials_.accepted(answer)) {
        return calls::attempt_failure(
            error(errc::server_not_authentic, stage::auth).with_status(answer.status));
    }
    // 203: a proxy on the way has changed the answer, not its meaning (RFC 9110 15.3.4).
    if (answer.status != 200 && answer.status != 203) {
        calls::attempt_failure failed = refusal(answer);
        if (is_redirect(answer.status) && !service_.authority.empty()) look_where(answer.location, failed);
        return failed;
    }
    return read(answer.body);
}

/// What the service says, without the client's secrets and what the request was sent with.
calls::attempt_failure image_request::refusal(const http::response& answer) {
    calls::attempt_failure failed = calls::from_status(answer, service_.scheduler.wall_clock(), secrets());
    service_.dialect.refine(failed, answer);
    return failed;
}

std::vector<std::string_view> image_request::secrets() const {
    std::vector<std::string_view> all = proto::credentials_in(bytes());
    credentials_.append_secrets(all);
    service_.dialect.append_secrets(all);
    for (std::string_view rest = std::string_view(fields_).substr(own_fields_); !rest.empty();) {
        const std::size_t end = rest.find("\r\n");
        all.push_back(rest.substr(0, end).substr(rest.find(": ") + 2));
        rest.remove_prefix(end + 2);
    }
    return all;
}

/// The next try may go to `location`, or `refused` says why none may.
void image_request::look_where(std::string_view location, calls::attempt_failure& refused) {
    proto::redirect to = proto::resolve_redirect(location, target_, service_.authority);
    if (to.refused.empty()) {
        led_to_ = std::move(to.target);
        refused.facts.redirected = true;
        return;
    }
    const int status = refused.why.http_status();
    refused.why =
        error(refused.why.value(), stage::read, std::string(to.refused) + "; " + refused.why.message());
    refused.why.with_status(status);
}

std::optional<calls::attempt_failure> image_request::read(std::string_view body) {
    const reading said = service_.dialect.read(body, items_, form_);
    unnamed_ = said.unnamed;
    strangers_ = said.strangers;
    strangers_met_ += said.strangers;
    const auto failure = [](errc code, stage at, const std::string& text) {
        return calls::attempt_failure(error(code, at, text).with_status(200));
    };
    if (said.failure) {
        const bool other = said.failure->kind == proto::decode_kind::wrong_image;
        return failure(other ? errc::wrong_image : errc::malformed_body, stage::decode,
                       said.failure->describe());
    }
    const auto is_open = [](const item& one) { return one.is == item::state::open; };
    if (strangers_ > 0 && std::all_of(items_.begin(), items_.end(), is_open)) {
        return failure(errc::wrong_image, stage::decode,
                       "it names none of the ids that were asked for, but others");
    }
    if (items_.size() == 1 && items_.front().is == item::state::not_found) {
        return failure(errc::not_found, stage::read, "the answer names it as not found");
    }
    return std::nullopt;
}

}  // namespace getty::connect::lookup

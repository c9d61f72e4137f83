#include "lookup/image_request.hpp"

#include "calls/response_status.hpp"
#include "proto/auth/request_secrets.hpp"
#include "proto/http/redirect.hpp"
#include "proto/image/image_id.hpp"
#include "proto/image/raw_image.hpp"

#include <vector>

namespace getty::connect::lookup {
namespace {

/// Those that say where to send the same GET (RFC 9110 15.4).
bool is_redirect(int status) noexcept {
    return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

}  // namespace

result<void> image_request::start(std::string_view id, const lookup_options& options,
                                  std::string_view default_language, document& into) {
    id_ = id;
    into_ = &into;
    form_ = options.decode();
    credentials_.restart();
    if (const std::string_view why = proto::why_invalid_id(id); !why.empty()) {
        return error(errc::invalid_id, stage::queue, why);
    }
    fields_.clear();
    for (const auto& [name, value] : options.headers()) {
        proto::request_writer::field(fields_, name, value);
    }
    target_.clear();
    const std::string_view language = options.language().empty() ? default_language : options.language();
    service_.dialect.append_image_target(target_, id, language, options.coordination_id());
    return {};
}

result<void> image_request::write(std::string& out) {
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
    return calls::from_status(answer, service_.scheduler.wall_clock(), secrets());
}

std::vector<std::string_view> image_request::secrets() const {
    std::vector<std::string_view> all = proto::credentials_in(bytes());
    credentials_.append_secrets(all);
    for (std::string_view rest = fields_; !rest.empty();) {
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
    std::optional<proto::decode_failure> failure;
    if (form_ != connect::decode::raw)
        failure = service_.decoder.decode(body, id_, into_->image, into_->coordination_id);
    unnamed_ = !failure && form_ != connect::decode::raw && into_->image.image_id().value_or("").empty();
    if (!failure && form_ != connect::decode::typed) {
        std::string_view object;
        failure = proto::find_raw_image(body, id_, object, &unnamed_);
        if (!failure) into_->raw = object;
    }
    if (!failure) return std::nullopt;
    const bool other = failure->kind == proto::decode_kind::wrong_image;
    return calls::attempt_failure(
        error(other ? errc::wrong_image : errc::malformed_body, stage::decode, failure->describe())
            .with_status(200));
}

}  // namespace getty::connect::lookup

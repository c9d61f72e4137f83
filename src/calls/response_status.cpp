#include "calls/response_status.hpp"

#include "core/redact.hpp"
#include "proto/http/http_date.hpp"
#include "proto/http/retry_after.hpp"
#include "proto/image/error_body.hpp"

#include <string>
#include <utility>

namespace getty::connect::calls {
namespace {

errc classify(int status, bool throttled, bool spent) noexcept {
    if (throttled) return errc::throttled;
    if (spent) return errc::quota_exhausted;
    switch (status) {
        case 400:
            return errc::bad_request;
        case 401:
            return errc::unauthorized;
        case 403:
            return errc::forbidden;
        case 404:
        case 410:
            return errc::not_found;
        default:
            return status >= 500 ? errc::server_error : errc::unexpected_status;
    }
}

}  // namespace

attempt_failure from_status(const http::response& answer, std::chrono::sys_seconds now,
                            std::span<const std::string_view> secrets, body_of whose) {
    // Gateways of the service's family answer 403 for two limits: queries per second passes, the daily quota
    // does not.
    const auto detail = [&](std::string_view words) {
        return answer.status == 403 && answer.error_detail.find(words) != std::string_view::npos;
    };
    const bool too_fast = detail("Per Second") || detail("OVER_QPS");
    const bool spent = detail("Over Rate Limit") || detail("OVER_RATE");
    const errc code = classify(answer.status, answer.status == 429 || too_fast, spent);
    const auto clean = [secrets](std::string text) { return core::redact(std::move(text), secrets); };
    std::string words = whose == body_of::service
                            ? proto::describe_error_body(answer.content_type, answer.body, clean)
                            : proto::describe_token_body(answer.content_type, answer.body, clean);
    if (!answer.error_detail.empty()) {
        words = clean(std::string(answer.error_detail)) + (words.empty() ? "" : ": ") + words;
    }
    if (answer.status >= 300 && answer.status < 400) {
        // A token endpoint may hand out a token that way (RFC 6749 4.2.2).
        const std::string_view shown = whose == body_of::token_endpoint
                                           ? answer.location.substr(0, answer.location.find_first_of("?#"))
                                           : answer.location;
        words = "a redirect, which is not followed; its Location is \"" + clean(std::string(shown)) + "\"";
    }
    attempt_failure failed(error(code, stage::read, words).with_status(answer.status));
    failed.facts.over_queries_per_second = too_fast;
    if (!answer.retry_after.empty()) {
        const auto dated = proto::parse_http_date(answer.date, now);
        if (const auto wait = proto::parse_retry_after(answer.retry_after, dated.value_or(now))) {
            failed.facts.retry_after = *wait;
            failed.why.with_retry_after(std::chrono::ceil<std::chrono::seconds>(*wait));
        }
    }
    return failed;
}

}  // namespace getty::connect::calls

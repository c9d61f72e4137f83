#include "runtime/answers.hpp"

#include "proto/date.hpp"
#include "proto/error_body.hpp"
#include "proto/retry_after.hpp"
#include "runtime/hidden.hpp"

#include <string>

namespace getty::connect::runtime {
namespace {

errc classify(int status, bool throttled) noexcept {
    if (throttled) return errc::throttled;
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

setback from_status(const io::response& answer, std::chrono::sys_seconds now,
                    std::initializer_list<std::string_view> secrets) {
    // Gateways of the service's family answer 403 for two limits: queries per second passes, the daily quota
    // does not.
    const bool too_fast =
        answer.status == 403 && answer.error_detail.find("Per Second") != std::string_view::npos;
    const errc code = classify(answer.status, answer.status == 429 || too_fast);
    // Hidden before the text is cut to size, lest half of a secret stay at the cut.
    std::string words = proto::describe_error_body(answer.content_type, hide(answer.body, secrets));
    if (!answer.error_detail.empty()) {
        words = hide(answer.error_detail, secrets) + (words.empty() ? "" : ": ") + words;
    }
    if (answer.status >= 300 && answer.status < 400) {
        words =
            "a redirect, which is not followed; its Location is \"" + hide(answer.location, secrets) + "\"";
    }
    setback failed(error(code, stage::read, words).with_status(answer.status));
    failed.facts.over_queries_per_second = too_fast;
    if (!answer.retry_after.empty()) {
        const auto dated = proto::parse_http_date(answer.date, now);
        if (const auto wait = proto::parse_retry_after(answer.retry_after, dated.value_or(now))) {
            failed.facts.retry_after = *wait;
        }
    }
    return failed;
}

}  // namespace getty::connect::runtime

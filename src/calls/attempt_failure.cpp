#include "calls/attempt_failure.hpp"

#include <chrono>

namespace getty::connect::calls {

attempt_failure not_to_be_sent() {
    attempt_failure failed(error(errc::not_asked, stage::queue));
    failed.unsent = true;
    return failed;
}

error instead_of(const error& why, errc code, stage at, const std::string& words) {
    error e(code, at, words);
    e.with_status(why.http_status())
        .with_origin(why.origin())
        .with_attempts(why.attempts())
        .with_elapsed(why.elapsed())
        .with_processed(why.processed())
        .with_request_id(why.request_id())
        .with_retry_after(why.retry_after());
    return e;
}

error reworded(const error& why, const std::string& before) {
    return instead_of(why, why.value(), why.stage(),
                      before + (why.message().empty() ? std::string() : ": " + why.message()));
}

std::string in_seconds(core::duration length) {
    return std::to_string(std::chrono::ceil<std::chrono::seconds>(length).count()) + " s";
}

}  // namespace getty::connect::calls

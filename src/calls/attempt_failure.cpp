#include "calls/attempt_failure.hpp"

#include <chrono>

namespace getty::connect::calls {

attempt_failure not_to_be_sent() {
    attempt_failure failed(error(errc::not_asked, stage::queue));
    failed.unsent = true;
    return failed;
}

error recoded(const error& why, errc code, const std::string& words) {
    error e(code, why.stage(), words);
    e.with_status(why.http_status()).with_origin(why.origin()).with_retry_after(why.retry_after());
    e.with_request_id(why.request_id());
    return e;
}

error reworded(const error& why, const std::string& before) {
    return recoded(why, why.value(), before + (why.message().empty() ? std::string() : ": " + why.message()));
}

std::string in_seconds(core::duration length) {
    return std::to_string(std::chrono::ceil<std::chrono::seconds>(length).count()) + " s";
}

}  // namespace getty::connect::calls

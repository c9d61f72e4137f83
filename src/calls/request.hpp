// What a request is about; how often it is tried is the caller's affair.
#pragma once

#include "async/cancel_scope.hpp"
#include "http/response_reader.hpp"
#include "policy/retry.hpp"

#include <getty/connect/result.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace getty::connect::calls {

/// A try that did not bring what was wanted.
struct attempt_failure {
    attempt_failure() {}                            // user-provided: see the coroutine rules of g++ 12
    attempt_failure(error e) : why(std::move(e)) {  // NOLINT(google-explicit-constructor)
        facts.code = why.value();
        facts.http_status = why.http_status();
    }
    error why;
    policy::attempt_facts facts;
    bool settled = false;  ///< not to be tried again, whatever the facts
    bool unsent = false;   ///< nothing was tried: the batch has stopped
};

/// One logical request, tried any number of times by `call_runner`. Per try: `prepared` (or `prepare`),
/// `write`, then exactly one of `interpret` and `unanswered`; `unanswered` also when a prepared try is given
/// up before it was sent, and when one of the others throws.
class request {
public:
    virtual ~request() = default;

    /// Everything that the request carries is at hand now.
    virtual bool prepared() = 0;
    /// Waits until that is so, or fails; ends early when `scope` stops (the caller looks at that itself).
    virtual async::task<result<void>> prepare(async::cancel_scope& scope) = 0;
    /// Writes the request to `out`.
    virtual result<void> write(std::string& out) = 0;
    /// Looks at the answer; nothing when it is what was wanted. Views into `answer` end with this call.
    virtual std::optional<attempt_failure> interpret(const http::response& answer) = 0;
    virtual void unanswered() noexcept = 0;
    /// The last answer, which was as wanted, does not say that it is the answer to this request.
    [[nodiscard]] virtual bool unnamed() const noexcept { return false; }
    /// The next try goes where the last answer led, which `interpret` said was possible (`redirected`).
    virtual void follow() {}
    /// Room for the request's bytes, which stay there until the exchange has ended.
    [[nodiscard]] std::string& buffer() noexcept { return buffer_; }
    /// For messages and the observer.
    [[nodiscard]] virtual std::string_view name() const noexcept = 0;

private:
    std::string buffer_;
};

}  // namespace getty::connect::calls

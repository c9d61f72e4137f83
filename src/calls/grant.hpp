// The right to send one request.
#pragma once

#include "async/cancel_scope.hpp"
#include "async/task.hpp"

#include <getty/connect/result.hpp>

#include <utility>

namespace getty::connect::calls {

/// Whoever gives one request its grants, one after the other: a grant for each of its tries.
class grantor {
protected:
    grantor() = default;
    grantor(const grantor&) = default;
    grantor& operator=(const grantor&) = default;
    ~grantor() = default;

private:
    friend class grant;
    /// What the request is authorised with is at hand now.
    virtual bool at_hand() = 0;
    /// Waits until that is so, or fails; ends early when `scope` stops.
    virtual async::task<result<void>> wait(async::cancel_scope& scope) = 0;
    /// The try has ended without an answer.
    virtual void unanswered() noexcept = 0;
};

/// What a request is authorised with, for one try. Unless the try is `answered()`, the grantor hears that it
/// was not, whichever way it ends: others may wait for what it had claimed.
class grant {
public:
    explicit grant(grantor& by) noexcept : by_(&by) {}
    ~grant() {
        if (by_) by_->unanswered();
    }
    grant(const grant&) = delete;
    grant& operator=(const grant&) = delete;

    /// Whether everything is at hand. To be asked again after each wait for something else: what was at hand
    /// may have aged.
    [[nodiscard]] bool try_acquire() { return by_->at_hand(); }
    /// Waits for what is missing. After it `try_acquire` is to be asked again; an error is final. Ends early
    /// when `scope` stops, which the caller looks at.
    async::task<result<void>> acquire(async::cancel_scope& scope) { return by_->wait(scope); }
    /// The request's own grantor has looked at the answer.
    void answered() noexcept { by_ = nullptr; }

private:
    grantor* by_;
};

/// For requests that need nobody's leave.
class free_for_all final : public grantor {
public:
    static free_for_all& instance() noexcept {
        static free_for_all one;
        return one;
    }

private:
    bool at_hand() override { return true; }
    async::task<result<void>> wait(async::cancel_scope&) override { co_return result<void>(); }
    void unanswered() noexcept override {}
};

}  // namespace getty::connect::calls

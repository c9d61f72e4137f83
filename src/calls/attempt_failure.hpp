// A try that did not bring what was wanted.
#pragma once

#include "policy/retry.hpp"

#include <getty/connect/error.hpp>

#include <string>
#include <utility>

namespace getty::connect::calls {

/// The error with what a decision over it needs to know.
struct attempt_failure {
    attempt_failure() {}                            // user-provided: see the coroutine rules of g++ 12
    attempt_failure(error e) : why(std::move(e)) {  // NOLINT(google-explicit-constructor)
        facts.code = why.value();
        facts.http_status = why.http_status();
    }
    error why;
    policy::attempt_facts facts;
    bool settled = false;  ///< not to be tried again, whatever the facts
    bool for_all = false;  ///< every other request would fail of it as well
    bool unsent = false;   ///< nothing was tried: the batch has stopped
};

/// The batch has stopped meanwhile.
[[nodiscard]] attempt_failure not_to_be_sent();

/// What is told in place of `why`: another error with all else that is known of it.
[[nodiscard]] error instead_of(const error& why, errc code, stage at, const std::string& words);

/// As `why`, with more words in front.
[[nodiscard]] error reworded(const error& why, const std::string& before);

/// "3 s", rounded up.
[[nodiscard]] std::string in_seconds(core::duration length);

}  // namespace getty::connect::calls

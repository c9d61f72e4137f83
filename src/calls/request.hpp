// What a request is about; how often it is tried is the call runner's affair.
#pragma once

#include "calls/attempt_failure.hpp"
#include "calls/grant.hpp"
#include "http/response_reader.hpp"

#include <getty/connect/result.hpp>

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace getty::connect::calls {

/// One logical request, tried any number of times by `call_runner`. Per try: a grant, `write`, `interpret`.
class request {
public:
    virtual ~request() = default;

    /// Writes the request to `out`. The grant is acquired.
    virtual result<void> write(std::string& out) = 0;
    /// Looks at the answer, for the grantor as well; nothing when it is what was wanted. Views into `answer`
    /// end with this call.
    virtual std::optional<attempt_failure> interpret(const http::response& answer) = 0;
    /// The last answer, which was as wanted, does not say that it is the answer to this request.
    [[nodiscard]] virtual bool unnamed() const noexcept { return false; }
    /// The last answer, which was as wanted, holds what was not asked for: nobody else is given its
    /// connection.
    [[nodiscard]] virtual bool met_strangers() const noexcept { return false; }
    /// How many ids it is for.
    [[nodiscard]] virtual std::size_t ids() const noexcept { return 1; }
    /// The next try goes where the last answer led, which `interpret` said was possible (`redirected`).
    virtual void follow() {}
    /// What no message may quote, however the service does. Views that last until the next call.
    [[nodiscard]] virtual std::vector<std::string_view> secrets() const = 0;
    /// For messages and the observer.
    [[nodiscard]] virtual std::string_view name() const noexcept = 0;

    /// What it is authorised with.
    [[nodiscard]] grantor& credentials() const noexcept { return *credentials_; }
    /// Room for the request's bytes, which stay there until the exchange has ended.
    [[nodiscard]] std::string& buffer() noexcept { return buffer_; }

protected:
    [[nodiscard]] std::string_view bytes() const noexcept { return buffer_; }
    /// `by` must live as long.
    void authorise_with(grantor& by) noexcept { credentials_ = &by; }

private:
    grantor* credentials_ = &free_for_all::instance();
    std::string buffer_;
};

}  // namespace getty::connect::calls

// Requests as bytes.
#pragma once

#include <getty/connect/result.hpp>

#include <string>
#include <string_view>

namespace getty::connect::proto {

/// Writes HTTP/1.1 requests to one origin into a caller's buffer. What is the same in all of them is built
/// once.
///
/// A request is `begin`, any number of `field`s, then `end`. Nothing that comes from a user gets here
/// unchecked: `make` checks the fixed fields, targets are built from encoded parts and checked by `begin`.
class request_writer {
public:
    /// Errors: `invalid_option` when `authority` or `user_agent` cannot be sent.
    [[nodiscard]] static result<request_writer> make(std::string_view authority, std::string_view user_agent);

    /// Replaces `out` by the request line and the fixed fields. False, and `out` empty, when the target holds
    /// anything but visible ASCII: nothing may reach the wire then.
    [[nodiscard]] bool begin(std::string& out, std::string_view method, std::string_view target) const;
    /// Appends a field. Precondition: `is_token(name)` and `is_field_value(value)`.
    static void field(std::string& out, std::string_view name, std::string_view value);
    /// Ends a request without a body.
    static void end(std::string& out) { out += "\r\n"; }
    /// Ends a request with a body of this type.
    static void end(std::string& out, std::string_view content_type, std::string_view body);

private:
    explicit request_writer(std::string fixed) : fixed_(std::move(fixed)) {}
    std::string fixed_;  // from the blank before "HTTP/1.1" to the end of the last fixed field
};

}  // namespace getty::connect::proto

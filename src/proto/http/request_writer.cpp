#include "proto/http/request_writer.hpp"

#include "proto/http/field_rules.hpp"

namespace getty::connect::proto {

result<request_writer> request_writer::make(std::string_view authority, std::string_view user_agent) {
    if (!is_host(authority)) {
        return error(errc::invalid_option, stage::queue,
                     "base_url: its host cannot be sent in a Host header");
    }
    if (!is_field_value(user_agent) || user_agent.empty()) {
        return error(errc::invalid_option, stage::queue,
                     "user_agent: must be printable text of at least one character, such as \"my-job/1.0\"");
    }
    std::string fixed = " HTTP/1.1\r\nHost: ";
    fixed += authority;
    fixed += "\r\nUser-Agent: ";
    fixed += user_agent;
    fixed += "\r\nAccept: application/json\r\n";
    return request_writer(std::move(fixed));
}

bool request_writer::begin(std::string& out, std::string_view method, std::string_view target) const {
    out.clear();
    if (!is_token(method) || !is_target(target)) return false;
    out += method;
    out += ' ';
    out += target;
    out += fixed_;
    return true;
}

void request_writer::field(std::string& out, std::string_view name, std::string_view value) {
    out += name;
    out += ": ";
    out += value;
    out += "\r\n";
}

void request_writer::end(std::string& out, std::string_view content_type, std::string_view body) {
    field(out, "Content-Type", content_type);
    field(out, "Content-Length", std::to_string(body.size()));
    out += "\r\n";
    out += body;
}

}  // namespace getty::connect::proto

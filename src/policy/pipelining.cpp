#include "policy/pipelining.hpp"

namespace getty::connect::policy {

std::string_view pipelining_violation(const pipelined_exchange& ended) noexcept {
    if (ended.unasked) return "it sent bytes that answer no request";
    if (ended.ended_before || !(ended.shared || ended.behind_others)) return "";
    switch (ended.code) {
        case errc::malformed_response:
            return "it sent a malformed response";
        case errc::wrong_image:
        case errc::server_not_authentic:
            return "it sent a response to another request";
        case errc::peer_closed:
            return ended.by_write ? "" : "it closed the connection without a word, with requests unanswered";
        case errc::attempt_timeout:
            return ended.behind_others ? "it left a request behind others unanswered" : "";
        default:
            return "";
    }
}

}  // namespace getty::connect::policy

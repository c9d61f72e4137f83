// What becomes of an answer that a fault was chosen for.
#include "sandbox/catalogue/catalogue.hpp"
#include "sandbox/faults/fault_bytes.hpp"
#include "sandbox/service.hpp"
#include "sandbox/settings_check.hpp"

#include <utility>

namespace getty::connect::sandbox {
namespace {

/// In the query of a target that a redirect named.
constexpr std::string_view redirected = "sandbox-redirected=";
constexpr std::string_view in_a_loop = "sandbox-redirected=loop";

constexpr std::string_view html_type = "text/html; charset=utf-8";

/// As a proxy or load balancer in front of a service writes it.
std::string page(std::string_view title) {
    std::string out = "<html>\r\n<head><title>";
    out.append(title).append("</title></head>\r\n<body>\r\n<center><h1>").append(title);
    return out + "</h1></center>\r\n<hr><center>sandbox</center>\r\n</body>\r\n</html>\r\n";
}

}  // namespace

/// Chooses; true when the answer is made already.
bool service::replaced(const fault_plan::request& asked, const request_view& request, core::time_point now,
                       admission& became, reply& out) {
    if (request.target.find(in_a_loop) != request.target.npos) {
        out.status = 302;
        out.headers.append("Location: ").append(request.target).append("\r\n");
        return true;
    }
    if (request.method == "HEAD") return false;
    fault_plan::request whole = asked;
    whole.redirected = request.target.find(redirected) != request.target.npos;
    out.harm = faults_.choose(whole);
    if (!out.harm) return false;
    ++tally_.faults[out.harm->name];
    if (!replaces_answer(out.harm->kind)) return false;
    replace(*out.harm, request, now, became, out);
    return true;
}

void service::replace(const fault& with, const request_view& request, core::time_point now, admission& became,
                      reply& out) {
    if (with.retry_after) out.headers += "Retry-After: " + std::to_string(*with.retry_after) + "\r\n";
    switch (with.kind) {
        case fault_kind::status:
            if (with.status_code == 429 && out.of == dialect::connect) {
                out.headers += "X-Error-Detail: Account Over Queries Per Second Limit\r\n";
            }
            if (with.code.empty()) {
                fail(out, with.status_code, "a fault of this status was asked for");
            } else {
                refuse_v3(out, with.status_code, with.code, "a fault of this code was asked for");
            }
            if (with.body == fault::page::html) {
                out.type = html_type;
                body_ = page(std::to_string(with.status_code) + " from a gateway");
            }
            break;
        case fault_kind::over_qps:
            forbid_by_gateway(out, with.field, "Account Over Queries Per Second Limit");
            break;
        case fault_kind::over_quota:
            forbid_by_gateway(out, with.field, "Account Over Rate Limit");
            break;
        case fault_kind::throttle:
            throttle(out, with.text);
            break;
        case fault_kind::uri_too_long:
            fail(out, 414, "the request target is too long");
            break;
        case fault_kind::redirect:
            redirect(with, request.target, out);
            break;
        case fault_kind::html:
            out.type = html_type;
            body_ = page("Please sign in to the network");
            break;
        case fault_kind::empty:
            break;
        default:
            refuse_admission(with, request, now, became, out);
    }
}

/// The request is admitted once more, after what it relied on has gone.
void service::refuse_admission(const fault& with, const request_view& request, core::time_point now,
                               admission& became, reply& out) {
    if (with.kind == fault_kind::nonce_stale) {
        became = admission();
        became.reason = "the nonce is stale";
        became.stale = true;
    } else {
        with.kind == fault_kind::token_rotated ? revoke_tokens() : end_tokens();
        if (out.of == dialect::v3) return fail(out, 401, "the token has expired");
        became =
            gate_.admit_to_images({request.method, request.target, request.authorization, request.body}, now);
    }
    fail(out, became.status, became.reason);
}

void service::redirect(const fault& with, std::string_view target, reply& out) {
    out.status = 302;
    out.headers += "Location: ";
    if (with.to == fault::destination::other) {
        out.headers += "https://media.example/moved\r\n";
        return;
    }
    out.headers.append(target).append(target.find('?') == target.npos ? "?" : "&");
    out.headers.append(with.to == fault::destination::loop ? in_a_loop : "sandbox-redirected=once");
    out.headers += "\r\n";
}

void service::spoil(std::string_view id, reply& out) {
    if (!out.harm) return;
    const bool done = out.of == dialect::v3 && out.harm->kind == fault_kind::wrong_image;
    if (!done) body_ = spoiled_body(*out.harm, id, std::move(body_));
    if (is_coded(out.harm->kind)) out.headers += "Content-Encoding: gzip\r\n";
}

result<void> service::add_fault(std::string_view spec) {
    const std::lock_guard hold(lock_);
    return plan_fault(spec);
}

void service::clear_faults() {
    const std::lock_guard hold(lock_);
    faults_.clear();
}

result<void> service::plan_fault(std::string_view spec) {
    result<fault> read = parse_fault(spec);
    if (!read) return read.error();
    if (const std::string why = why_unfit(*read, settings_.scheme); !why.empty()) {
        return error(errc::invalid_option, stage::queue, why);
    }
    if (!faults_.add(*std::move(read))) {
        return error(errc::invalid_option, stage::queue,
                     "there are " + std::to_string(max_faults) + " faults already; clear them first");
    }
    return {};
}

void service::append_faults() {
    body_ += "{\"faults\":[";
    for (const fault_plan::entry& e : faults_.entries()) {
        body_ += body_.ends_with('[') ? "{\"fault\":" : ",{\"fault\":";
        append_json_string(body_, e.what.spec);
        body_ += ",\"eligible\":" + std::to_string(e.eligible);
        body_ += ",\"happened\":" + std::to_string(e.happened) + "}";
    }
    body_ += "]}";
}

}  // namespace getty::connect::sandbox

// What the service answers in the v3 dialect: lookups of one or many ids, OAuth tokens.
#include "core/ascii.hpp"
#include "sandbox/catalogue/catalogue.hpp"
#include "sandbox/http/reason_phrase.hpp"
#include "sandbox/service.hpp"
#include "sandbox/v3/answer.hpp"
#include "sandbox/v3/image_v3.hpp"
#include "sandbox/v3/query.hpp"

#include <algorithm>
#include <utility>

namespace getty::connect::sandbox {
namespace {

using namespace std::string_view_literals;

/// As a UUID is written.
std::string request_id(core::random_source& random) {
    std::string id = random_hex(random, 16);
    for (const std::size_t at : {8U, 13U, 18U, 23U}) id.insert(at, "-");
    return id;
}

constexpr auto over_qps_text = "Account Over Queries Per Second Limit"sv;

}  // namespace

/// False when the path is none of v3.
bool service::route_v3(const request_view& request, std::string_view path, std::string_view query,
                       core::time_point now, reply& out) {
    constexpr auto images = "/v3/images"sv;
    const bool is_token = path == "/oauth2/token";
    if (!is_token && path != "/v3" && !path.starts_with("/v3/")) return false;
    out.of = dialect::v3;
    out.headers.append("x-amzn-requestid: ").append(request_id(*random_)).append("\r\n");
    const std::string_view rest = path.starts_with(images) ? path.substr(images.size()) : "no"sv;
    const bool is_lookup = rest.empty() || (rest.front() == '/' && rest.find('/', 1) == rest.npos);
    if (is_token && request.method == "POST") {
        v3_token(request, now, out);
    } else if (is_lookup && request.method == "GET") {
        v3_lookup(request, rest, query, now, out);
    } else {
        out.status = 403;
        v3::append_gateway_error(body_, "Missing Authentication Token");
    }
    return true;
}

void service::v3_lookup(const request_view& request, std::string_view path, std::string_view query,
                        core::time_point now, reply& out) {
    ++tally_.image_requests;
    ++tally_.v3_requests;
    const v3::query asked = v3::read_query(path, query, settings_.v3);
    tally_.image_ids += asked.ids.size();
    for (const std::string& id : asked.ids) {
        count_id(id);
        note_lookup(id);
    }
    if (!is_let_in(request, now, out) || is_over_limit(now, out) || fails_by_order(out)) return;
    if (asked.refused) return refuse_v3(out, 400, asked.refused->code, asked.refused->text);
    if ((asked.fields & v3::for_token_holders()) != 0 && request.authorization.empty()) {
        out.headers +=
            "WWW-Authenticate: Bearer realm=\"Download\", error=\"invalid_token\", "
            "error_description=\"The access token is missing\"\r\n";
        return fail(out, 401, "Unauthorized");
    }
    granted_lookup(asked, path.empty(), request, now, out);
}

/// By key, and by token where one is sent.
bool service::is_let_in(const request_view& request, core::time_point now, reply& out) {
    if (request.repeated_authorization) {
        refuse_v3(out, 400, "MalformedRequest", "There are two Authorization headers.");
    } else if (request.api_key != settings_.application_key) {
        fail(out, settings_.v3.wrong_key == v3_wrong_key::forbidden ? 403 : 401, "the key is wrong");
    } else if (request.authorization.empty() ? settings_.v3.tokenless == v3_tokenless::refused
                                             : !desk_.accepts(request.authorization, now)) {
        fail(out, 401, "the token is missing, not valid or has expired");
    } else {
        return true;
    }
    return false;
}

bool service::is_over_limit(core::time_point now, reply& out) {
    if (over_rate(now)) {
        ++tally_.throttled;
        if (settings_.v3.throttle_status == v3_throttle_status::forbidden) {
            forbid_by_gateway(out, fault::gateway_field::error_detail, over_qps_text);
        } else {
            throttle(out, settings_.v3.throttle_text == v3_throttle_text::older ? fault::wording::older
                                                                                : fault::wording::current);
        }
        return true;
    }
    if (settings_.v3.daily_quota == 0) return false;
    if (!day_began_ || now - *day_began_ >= std::chrono::hours(24)) {
        day_began_ = now;
        used_today_ = 0;
    }
    if (++used_today_ <= settings_.v3.daily_quota) return false;
    ++tally_.throttled;
    forbid_by_gateway(out, fault::gateway_field::error_detail, "Account Over Rate Limit");
    return true;
}

void service::granted_lookup(const v3::query& asked, bool group, const request_view& request,
                             core::time_point now, reply& out) {
    std::vector<int> statuses;
    int demanded = 0;  // by an id that asks for a failure
    for (const std::string& id : asked.ids) {
        const int status =
            file_ ? (file_->find(id, record_form::v3).empty() ? 404 : 200) : catalogue_status(id);
        statuses.push_back(status);
        if (demanded == 0 && status != 200 && status != 404) demanded = status;
    }
    const auto found = std::count(statuses.begin(), statuses.end(), 200);
    fault_plan::request about;
    about.of = dialect::v3;
    about.ids = asked.ids;
    about.target_bytes = request.target.size();
    about.succeeds = demanded == 0 && found > 0;
    admission unused;
    if (replaced(about, request, now, unused, out)) return;
    if (demanded != 0) {
        ++tally_.injected;
        return fail(out, demanded, "the id asks for this status");
    }
    const bool without_image = group && settings_.v3.all_unknown == v3_all_unknown::no_image;
    if (found == 0 && !without_image) {
        tally_.not_found += asked.ids.size();
        std::string list;
        for (const std::string& id : asked.ids) list.append(list.empty() ? "" : ",").append(id);
        return fail(out, 404,
                    "Image id not found: " + list + why_elsewhere(asked.ids.front(), record_form::connect));
    }
    found_images(asked, statuses, request, out);
}

void service::found_images(const v3::query& asked, const std::vector<int>& statuses,
                           const request_view& request, reply& out) {
    const std::string_view language = v3::accepted_language(request.accept_language);
    v3::found_set found;
    for (std::size_t i = 0; i < asked.ids.size(); ++i) {
        const std::string& id = asked.ids[i];
        if (statuses[i] != 200) {
            found.missing.push_back(id);
            if (log_) noted_[i].status = 404;
            continue;
        }
        v3::found_set::item& one = found.images.emplace_back();
        one.id = id;
        if (file_) {
            one.json = file_->find(id, record_form::v3);
        } else {
            v3::append_image(one.json, id, language_row(language), asked.fields, settings_.v3.dates);
        }
    }
    tally_.images += found.images.size();
    tally_.not_found += found.missing.size();
    if (settings_.v3.order == v3_order::shuffled) v3::shuffle(found.images);
    if (out.harm) v3::spoil(found, *out.harm, asked.ids[faults_.hit()]);
    v3::append_found(body_, found, settings_.v3.nothing_missing);
    out.headers.append("Content-Language: ").append(language).append("\r\n");
    spoil({}, out);
    finish_images(request, out);
}

void service::v3_token(const request_view& request, core::time_point now, reply& out) {
    ++tally_.token_requests;
    out.headers += "Cache-Control: no-store\r\n";
    if (is_over_limit(now, out)) return;
    const auto type = request.content_type.substr(0, request.content_type.find(';'));
    const auto form = core::equals_ignoring_case(type, "application/x-www-form-urlencoded")
                          ? parse_parameters(request.body)
                          : std::nullopt;
    v3::token_desk::verdict verdict;
    if (form && !request.repeated_authorization) {
        verdict = desk_.judge(*form, request.authorization, now);
    } else {
        verdict.status = 400;
        verdict.error = "invalid_request";
        verdict.description = "the body is no form, as its Content-Type must say, or a header comes twice";
    }
    if (verdict.status != 200) {
        ++(verdict.status == 401 ? tally_.unauthorized : tally_.bad_requests);
        if (verdict.status == 401 && verdict.by_basic) {
            out.headers += "WWW-Authenticate: Basic realm=\"token\"\r\n";
        }
        out.status = verdict.status;
        return v3::token_desk::append_error(body_, verdict);
    }
    fault_plan::request asked;
    asked.of = dialect::v3;
    asked.what = fault_target::token;
    asked.succeeds = true;
    admission unused;
    if (replaced(asked, request, now, unused, out)) return;
    desk_.issue(body_, verdict, now);
    ++tally_.tokens_issued;
    spoil({}, out);
}

/// 429 in the words of the service, new or old.
void service::throttle(reply& out, fault::wording text) {
    const bool older = text == fault::wording::older;
    if (older || out.of == dialect::connect) {
        out.headers.append("X-Error-Detail: ").append(over_qps_text).append("\r\n");
    }
    if (out.of == dialect::connect) return fail(out, 429, "too many requests per second");
    out.status = 429;
    v3::append_gateway_error(body_, older ? over_qps_text : reason_phrase(429));
}

/// 403 as of older gateways.
void service::forbid_by_gateway(reply& out, fault::gateway_field field, std::string_view limit) {
    out.status = 403;
    out.type = "text/xml";
    out.headers.append(field == fault::gateway_field::mashery ? "X-Mashery-Error-Code: " : "X-Error-Detail: ")
        .append(limit)
        .append("\r\n");
    body_ = limit == over_qps_text ? "<h1>Developer Over Qps</h1>" : "<h1>Developer Over Rate</h1>";
}

void service::refuse_v3(reply& out, int status, std::string_view code, std::string_view why) {
    if (status == 400) ++tally_.bad_requests;
    out.status = status;
    out.type = v3::application_error_type;
    body_.clear();
    v3::append_application_error(body_, code, why);
}

/// By the application where it has a code for this, else by the gateway, which does not say why.
void service::fail_v3(reply& out, int status, std::string_view why) {
    if (const std::string_view code = v3::error_code_of(status); !code.empty()) {
        return refuse_v3(out, status, code, why);
    }
    if (status == 401) ++tally_.unauthorized;
    if (status == 403) out.headers += "x-amzn-errortype: ForbiddenException\r\n";
    out.status = status;
    body_.clear();
    v3::append_gateway_error(body_, reason_phrase(status));
}

}  // namespace getty::connect::sandbox

#include "sandbox/service.hpp"

#include "sandbox/catalogue/catalogue.hpp"
#include "sandbox/catalogue/writing.hpp"
#include "sandbox/http/reason_phrase.hpp"

#include <boost/json.hpp>

#include <algorithm>
#include <utility>

namespace getty::connect::sandbox {
namespace {

namespace json = boost::json;
using namespace std::string_view_literals;

constexpr std::size_t max_coordination_id_bytes = 256;

/// A language tag by its shape alone (RFC 5646 2.1): letters, then parts of letters and digits.
bool is_language_tag(std::string_view tag) noexcept {
    const auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
    const auto digit = [](char c) { return c >= '0' && c <= '9'; };
    if (tag.size() > 35) return false;
    std::size_t part = 0;
    bool first = true;
    for (const char c : tag) {
        if (c == '-') {
            if (part == 0) return false;
            part = 0;
            first = false;
        } else if (++part > 8 || !(letter(c) || (!first && digit(c)))) {
            return false;
        }
    }
    return part > 0;
}

/// An object of text members only.
std::optional<std::vector<parameter>> parse_json_parameters(std::string_view body) {
    boost::system::error_code ec;
    const json::value parsed = json::parse(body, ec);
    if (ec || !parsed.is_object()) return std::nullopt;
    std::vector<parameter> all;
    for (const auto& [key, value] : parsed.get_object()) {
        if (value.is_null()) continue;
        if (!value.is_string() || all.size() == max_parameters) return std::nullopt;
        all.push_back({std::string(key), std::string(value.get_string())});
    }
    return all;
}

std::string lower(std::string_view text) {
    std::string out(text);
    for (char& c : out) {
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
    }
    return out;
}

}  // namespace

service::service(settings with, std::string ca_pem)
    : settings_(std::move(with)),
      ca_pem_(std::move(ca_pem)),
      random_(settings_.seed ? core::seeded_random(*settings_.seed) : core::system_random()),
      gate_(settings_, *random_),
      desk_(settings_, *random_),
      faults_(settings_.seed.value_or(0), settings_.max_counted_ids) {
    if (!settings_.catalogue_file.empty()) file_ = catalogue_file::load(settings_.catalogue_file).value();
    for (const std::string& spec : settings_.faults) plan_fault(spec).value();
    if (!settings_.request_log.empty()) log_ = request_log::open(settings_.request_log).value();
}

delivery service::answer(const request_view& request, moment at, std::string& out) {
    std::optional<error> trouble;
    delivery how;
    {
        const std::lock_guard hold(lock_);
        ++tally_.requests;
        at.ticks = core::later(at.ticks, ahead_);
        body_.clear();
        noted_.clear();
        reply made;
        route(request, at, made);
        const std::size_t begin = out.size();
        how = write(made, request, at, out);
        trouble = log_lookups(made, out.size() > begin, at.wall);
    }
    if (trouble && settings_.on_log_failure) settings_.on_log_failure(*trouble);
    return how;
}

void service::refuse(int status, moment at, std::string& out) {
    const std::lock_guard hold(lock_);
    ++tally_.protocol_errors;
    reply made;
    fail(made, status, reason_phrase(status));
    request_view nothing;
    nothing.close_after = true;
    write(made, nothing, at, out);
}

std::chrono::milliseconds service::latency_of(std::string_view target) const noexcept {
    return target.starts_with("/admin/") ? std::chrono::milliseconds(0) : settings_.latency;
}

void service::route(const request_view& request, moment at, reply& out) {
    std::string_view path = request.target;
    if (path.starts_with("https://")) {  // absolute-form, RFC 9112 3.2.2
        const std::size_t slash = path.find('/', "https://"sv.size());
        path = slash == path.npos ? "/"sv : path.substr(slash);
    }
    std::string_view query;
    if (const std::size_t mark = path.find('?'); mark != path.npos) {
        query = path.substr(mark + 1);
        path = path.substr(0, mark);
    }
    constexpr auto images = "/api/images/"sv;
    if (path.starts_with(images) && path.find('/', images.size()) == path.npos) {
        return image(request, path.substr(images.size()), query, at.ticks, out);
    }
    if (path == "/api/token") return token(request, at.ticks, out);
    if (route_v3(request, path, query, at.ticks, out)) return;
    if (path.starts_with("/admin/") && settings_.admin) return admin(request, path, query, out);
    fail(out, 404, "there is nothing at this path");
}

void service::image(const request_view& request, std::string_view segment, std::string_view query,
                    core::time_point now, reply& out) {
    ++tally_.image_requests;
    ++tally_.image_ids;
    const auto id = percent_decoded(segment, plus::literal);
    if (id) {
        count_id(*id);
        note_lookup(*id);
    }
    if (request.method != "GET" && request.method != "HEAD") {
        out.headers += "Allow: GET, HEAD\r\n";
        return fail(out, 405, "only GET and HEAD work here");
    }
    if (request.repeated_authorization) return fail(out, 400, "there are two Authorization headers");
    const signed_request shown{request.method, request.target, request.authorization, request.body};
    admission became = gate_.admit_to_images(shown, now);
    if (became.status != 200) {
        fail(out, became.status, became.reason);
    } else if (!id) {
        fail(out, 400, "the id is not percent-encoded UTF-8");
    } else {
        granted_image(*id, query, request, now, became, out);
    }
    if (became.stale) ++tally_.stale;
    if (became.with_next_nonce) ++tally_.next_nonces;
    gate_.append_image_headers(out.headers, became, request.method == "HEAD" ? ""sv : std::string_view(body_),
                               now);
}

void service::granted_image(const std::string& id, std::string_view query, const request_view& request,
                            core::time_point now, admission& became, reply& out) {
    if (over_rate(now)) {
        ++tally_.throttled;
        out.headers += "X-Error-Detail: Account Over Queries Per Second Limit\r\n";
        return fail(out, 429, "too many requests per second");
    }
    if (fails_by_order(out)) return;
    const auto given = parse_parameters(query);
    if (!given) return fail(out, 400, "the query is malformed");
    const std::string* coordination = find(*given, "coordination_id");
    if (coordination && coordination->size() > max_coordination_id_bytes) {
        return fail(out, 400, "coordination_id is longer than 256 bytes");
    }
    const std::string* language = find(*given, "language");
    if (language && !is_language_tag(*language)) return fail(out, 400, "language is no language tag");
    int status = 0;
    if (file_) {
        status = file_->find(id).empty() ? 404 : 200;
    } else {
        status = catalogue_status(id);
    }
    fault_plan::request asked;
    asked.ids = std::span(&id, 1);
    asked.target_bytes = request.target.size();
    asked.succeeds = status == 200;
    if (replaced(asked, request, now, became, out)) return;
    found_image(id, status, *given, out);
    spoil(id, out);
    finish_images(request, out);
}

void service::found_image(const std::string& id, int status, const std::vector<parameter>& query,
                          reply& out) {
    if (status == 404) {
        ++tally_.not_found;
        return fail(out, 404, "there is no image with this id" + why_elsewhere(id, record_form::v3));
    }
    if (status != 200) {
        ++tally_.injected;
        return fail(out, status, "the id asks for this status");
    }
    const std::string* coordination = find(query, "coordination_id");
    const std::string* language = find(query, "language");
    body_ += "{\"CoordinationId\":";
    append_json_string(body_, coordination ? *coordination : random_hex(*random_, 16));
    body_ += ",\"Images\":[";
    if (file_) {
        body_ += file_->find(id);
    } else {
        append_image(body_, id, language_row(language ? std::string_view(*language) : "en-us"sv));
    }
    body_ += "]}";
    ++tally_.images;
}

void service::token(const request_view& request, core::time_point now, reply& out) {
    ++tally_.token_requests;
    out.headers += "Cache-Control: no-store\r\n";
    if (request.method != "POST") {
        out.headers += "Allow: POST\r\n";
        return fail(out, 405, "only POST works here");
    }
    if (request.repeated_authorization) return fail(out, 400, "there are two Authorization headers");
    const signed_request shown{request.method, request.target, request.authorization, request.body};
    admission became = gate_.admit_to_token(shown, now);
    if (became.status != 200) {
        fail(out, became.status, became.reason);
    } else {
        const std::string type = lower(request.content_type.substr(0, request.content_type.find(';')));
        std::optional<std::vector<parameter>> given;
        if (type == "application/json") {
            given = parse_json_parameters(request.body);
        } else if (type == "application/x-www-form-urlencoded" || request.body.empty()) {
            given = parse_parameters(request.body);
        }
        if (given) {
            granted_token(*given, request, now, became, out);
        } else {
            fail(out, 400, "the body is neither a form nor a JSON object of texts, as its Content-Type says");
        }
    }
    if (became.stale) ++tally_.stale;
    if (became.with_next_nonce) ++tally_.next_nonces;
    gate_.append_token_headers(out.headers, became, body_, now);
}

void service::granted_token(const std::vector<parameter>& given, const request_view& request,
                            core::time_point now, admission& became, reply& out) {
    if (settings_.scheme != auth::digest_token_endpoint) {
        if (!find(given, "application_key")) return fail(out, 400, "application_key is missing");
        if (!find(given, "application_secret")) return fail(out, 400, "application_secret is missing");
    }
    const std::string* coordination = find(given, "coordination_id");
    if (coordination && coordination->size() > max_coordination_id_bytes) {
        return fail(out, 400, "coordination_id is longer than 256 bytes");
    }
    if (const std::string_view why = why_unknown(given); !why.empty()) return fail(out, 401, why);
    fault_plan::request asked;
    asked.what = fault_target::token;
    asked.succeeds = true;
    if (replaced(asked, request, now, became, out)) return;
    issue_token(given, now);
    spoil({}, out);
}

void service::issue_token(const std::vector<parameter>& given, core::time_point now) {
    const std::string* coordination = find(given, "coordination_id");
    const token_book::token& made = gate_.tokens().issue(now);
    ++tally_.tokens_issued;
    const auto life = settings_.token_lifetime;
    const auto minutes = std::chrono::ceil<std::chrono::minutes>(life);
    body_ += "{\"token\":{\"coordination_id\":";
    append_json_string(body_, coordination ? *coordination : random_hex(*random_, 16));
    body_.append(",\"ssl_token\":\"").append(made.for_https.expose());
    body_.append("\",\"token\":\"").append(made.for_http.expose()).append("\",\"token_duration_minutes\":");
    append_number(body_, minutes.count());
    if (minutes != life) {
        body_ += ",\"expires_in\":";
        append_number(body_, life.count() / 1'000);
        if (const auto rest = life.count() % 1'000; rest > 0) {
            body_ += rest < 10 ? ".00" : rest < 100 ? ".0" : ".";
            append_number(body_, rest);
        }
    }
    body_ += "}}";
}

std::string_view service::why_unknown(const std::vector<parameter>& given) const {
    constexpr auto application = "the application key or secret is not recognized"sv;
    constexpr auto user = "the user id or password is not recognized"sv;
    const auto differs = [&](std::string_view name, const secret& wanted) {
        const std::string* text = find(given, name);
        return text && !secret(*text).equals(wanted);
    };
    if (differs("application_key", secret(settings_.application_key))) return application;
    if (differs("application_secret", settings_.application_secret)) return application;
    const std::string* user_id = find(given, "user_id");
    if (settings_.user_id.has_value() != (user_id != nullptr)) return user;
    if (!user_id) return {};
    if (*user_id != *settings_.user_id || !find(given, "user_password")) return user;
    return differs("user_password", settings_.user_password) ? user : ""sv;
}

/// Each request moves the moment at which the next one would be due; a full second ahead is too much (GCRA).
bool service::over_rate(core::time_point now) {
    if (settings_.max_requests_per_second <= 0) return false;
    const auto interval = std::chrono::duration_cast<core::duration>(
        std::chrono::duration<double>(1 / settings_.max_requests_per_second));
    const core::time_point due = std::max(next_allowed_, now);
    const core::duration burst = std::max<core::duration>(std::chrono::seconds(1), interval);
    if (due - now > burst - interval) return true;
    next_allowed_ = due + interval;
    return false;
}

/// True when `fail_next` has made the answer.
bool service::fails_by_order(reply& out) {
    if (failures_left_ == 0) return false;
    --failures_left_;
    ++tally_.injected;
    if (failure_retry_after_) {
        out.headers += "Retry-After: " + std::to_string(failure_retry_after_->count()) + "\r\n";
    }
    fail(out, failure_status_, "this status was asked for");
    return true;
}

/// For the words about an image that is not there: the catalogue has it for the other dialect.
std::string service::why_elsewhere(std::string_view id, record_form other) const {
    if (!file_ || file_->find(id, other).empty()) return {};
    return other == record_form::v3
               ? " (the catalogue has it in the form of v3, which v3 alone serves)"
               : " (the catalogue has it in the form of Connect, which Connect alone serves)";
}

void service::fail(reply& out, int status, std::string_view why) {
    if (out.of == dialect::v3) return fail_v3(out, status, why);
    if (status == 400) ++tally_.bad_requests;
    if (status == 401) ++tally_.unauthorized;
    out.status = status;
    body_ = "{\"status\":";
    append_number(body_, status);
    body_ += ",\"error\":";
    append_json_string(body_, why);
    body_ += '}';
}

void service::count_id(const std::string& id) {
    const auto position = by_id_.find(id);
    if (position != by_id_.end()) {
        ++position->second;
    } else if (by_id_.size() < settings_.max_counted_ids) {
        by_id_.emplace(id, 1);
    }
}

void service::connection_opened() {
    const std::lock_guard hold(lock_);
    ++tally_.connections;
    tally_.max_open_connections = std::max(tally_.max_open_connections, ++tally_.open_connections);
}

void service::connection_closed() {
    const std::lock_guard hold(lock_);
    --tally_.open_connections;
}

void service::handshake_ended(handshake how) {
    const std::lock_guard hold(lock_);
    ++(how == handshake::failed ? tally_.failed_handshakes : tally_.handshakes);
    if (how == handshake::resumed) ++tally_.resumptions;
}

void service::requests_begun(std::uint64_t count) {
    const std::lock_guard hold(lock_);
    tally_.max_in_flight = std::max(tally_.max_in_flight, tally_.in_flight += count);
}

void service::requests_ended(std::uint64_t count) {
    const std::lock_guard hold(lock_);
    tally_.in_flight -= count;
}

counters service::snapshot() const {
    const std::lock_guard hold(lock_);
    return tally_;
}

std::uint64_t service::requests_for(std::string_view id) const {
    const std::lock_guard hold(lock_);
    const auto position = by_id_.find(id);
    return position == by_id_.end() ? 0 : position->second;
}

}  // namespace getty::connect::sandbox

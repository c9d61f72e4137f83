// The run-time controls of the service: as calls, and as its admin pages.
#include "sandbox/catalogue/catalogue.hpp"
#include "sandbox/catalogue/writing.hpp"
#include "sandbox/service.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

namespace getty::connect::sandbox {
namespace {

std::optional<std::uint64_t> whole_number(const std::string* text, std::uint64_t highest) noexcept {
    std::uint64_t value = 0;
    if (!text || text->empty()) return std::nullopt;
    const auto [end, ec] = std::from_chars(text->data(), text->data() + text->size(), value);
    if (ec != std::errc() || end != text->data() + text->size() || value > highest) return std::nullopt;
    return value;
}

}  // namespace

void service::admin(const request_view& request, std::string_view path, std::string_view query, reply& out) {
    const auto given = parse_parameters(query);
    if (!given) return fail(out, 400, "the query is malformed");
    if (request.method == "POST") return admin_order(path, *given, out);
    if (request.method != "GET" && request.method != "HEAD") {
        out.headers += "Allow: GET, HEAD, POST\r\n";
        return fail(out, 405, "only GET, HEAD and POST work here");
    }
    if (path == "/admin/counters") return append_counters();
    if (path == "/admin/faults") return append_faults();
    if (path == "/admin/ca.pem") {
        out.type = "application/x-pem-file";
        body_ += ca_pem_;
        return;
    }
    const std::string* id = find(*given, "id");
    if (path != "/admin/requests") return fail(out, 404, "there is no such admin page");
    if (!id) return fail(out, 400, "say which image: /admin/requests?id=...");
    const auto position = by_id_.find(*id);
    body_ += "{\"id\":";
    append_json_string(body_, *id);
    body_ += ",\"requests\":";
    append_number(body_, position == by_id_.end() ? 0 : static_cast<std::int64_t>(position->second));
    body_ += '}';
}

void service::admin_order(std::string_view path, const std::vector<parameter>& given, reply& out) {
    constexpr std::uint64_t year = 365 * 24 * 60 * 60;
    out.status = 204;
    if (path == "/admin/expire-tokens") return end_tokens();
    if (path == "/admin/rotate-tokens") return revoke_tokens();
    if (path == "/admin/expire-nonces") return gate_.nonces().expire_all();
    if (path == "/admin/clear-faults") return faults_.clear();
    if (path == "/admin/faults") {
        const std::string* spec = find(given, "add");
        if (!spec) return fail(out, 400, "say which: /admin/faults?add=... (as after serve --fault)");
        const result<void> added = plan_fault(*spec);
        if (!added) fail(out, 400, added.error().message());
        return;
    }
    if (path == "/admin/advance") {
        const auto seconds = whole_number(find(given, "seconds"), year);
        if (!seconds) return fail(out, 400, "say by how much: /admin/advance?seconds=... (at most a year)");
        return step_clock(std::chrono::seconds(*seconds));
    }
    if (path != "/admin/fail") return fail(out, 404, "there is no such admin order");
    const auto count = whole_number(find(given, "count"), 1'000'000'000);
    const auto status = whole_number(find(given, "status"), 599);
    const auto wait = whole_number(find(given, "retry_after"), year);
    if (!count || !status || *status < 400 || (find(given, "retry_after") && !wait)) {
        return fail(out, 400, "say what: /admin/fail?count=...&status=400..599[&retry_after=seconds]");
    }
    failures_left_ = *count;
    failure_status_ = static_cast<int>(*status);
    failure_retry_after_.reset();
    if (wait) failure_retry_after_ = std::chrono::seconds(*wait);
}

void service::append_counters() {
    const counters& c = tally_;
    const std::pair<std::string_view, std::uint64_t> rows[] = {
        {"requests", c.requests},
        {"image_requests", c.image_requests},
        {"v3_requests", c.v3_requests},
        {"image_ids", c.image_ids},
        {"images", c.images},
        {"not_found", c.not_found},
        {"bad_requests", c.bad_requests},
        {"throttled", c.throttled},
        {"injected", c.injected},
        {"token_requests", c.token_requests},
        {"tokens_issued", c.tokens_issued},
        {"unauthorized", c.unauthorized},
        {"stale", c.stale},
        {"next_nonces", c.next_nonces},
        {"connections", c.connections},
        {"handshakes", c.handshakes},
        {"failed_handshakes", c.failed_handshakes},
        {"resumptions", c.resumptions},
        {"protocol_errors", c.protocol_errors},
        {"open_connections", c.open_connections},
        {"max_open_connections", c.max_open_connections},
        {"in_flight", c.in_flight},
        {"max_in_flight", c.max_in_flight},
    };
    static_assert(sizeof(counters) ==
                  sizeof(rows) / sizeof(rows[0]) * sizeof(std::uint64_t) + sizeof(counters::faults));
    for (const auto& [name, value] : rows) {
        body_.append(body_.empty() ? "{\"" : ",\"").append(name).append("\":");
        append_number(body_, static_cast<std::int64_t>(value));
    }
    body_ += ",\"faults\":{";
    for (const auto& [name, value] : c.faults) {
        body_.append(body_.ends_with('{') ? "\"" : ",\"").append(name).append("\":");
        append_number(body_, static_cast<std::int64_t>(value));
    }
    body_ += "}}";
}

void service::expire_tokens() {
    const std::lock_guard hold(lock_);
    end_tokens();
}

void service::rotate_tokens() {
    const std::lock_guard hold(lock_);
    revoke_tokens();
}

void service::end_tokens() noexcept {
    gate_.tokens().expire_all();
    desk_.expire_all();
}

void service::revoke_tokens() noexcept {
    gate_.tokens().forget_fixed();
    desk_.revoke_all();
    end_tokens();
}

void service::expire_nonces() {
    const std::lock_guard hold(lock_);
    gate_.nonces().expire_all();
}

void service::advance(std::chrono::milliseconds step) {
    const std::lock_guard hold(lock_);
    step_clock(std::max(step, std::chrono::milliseconds(0)));
}

void service::fail_next(std::uint64_t count, int status, std::optional<std::chrono::seconds> retry_after) {
    const std::lock_guard hold(lock_);
    failures_left_ = count;
    failure_status_ = std::clamp(status, 400, 599);
    failure_retry_after_ = retry_after;
}

/// A century is enough; more would overflow the clock's range.
void service::step_clock(core::duration step) noexcept {
    constexpr core::duration century = std::chrono::hours(24 * 36'525);
    ahead_ = std::min(century, ahead_ + std::min(century, step));
}

}  // namespace getty::connect::sandbox

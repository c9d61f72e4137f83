// What the sandbox answers: one request in, the bytes of one response out. No I/O.
#pragma once

#include "core/random.hpp"
#include "core/time.hpp"
#include "sandbox/auth/gatekeeper.hpp"
#include "sandbox/catalogue/catalogue_file.hpp"
#include "sandbox/faults/fault_plan.hpp"
#include "sandbox/http/delivery.hpp"
#include "sandbox/http/parameters.hpp"
#include "sandbox/http/request_log.hpp"
#include "sandbox/v3/query.hpp"
#include "sandbox/v3/token_desk.hpp"

#include <getty/connect/sandbox.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace getty::connect::sandbox {

/// One framed request. All views are the caller's.
struct request_view {
    std::string_view method, target;
    std::string_view content_type;
    std::string_view body;
    std::string_view authorization;
    std::string_view accept_encoding;
    std::string_view accept_language;
    std::string_view api_key;
    bool repeated_authorization = false;
    bool close_after = false;  ///< the answer says `Connection: close`
};

/// The moment a request is answered.
struct moment {
    core::time_point ticks;
    std::chrono::sys_seconds wall;
};

/// State and answers of one sandbox. Pure but for its lock: time and randomness are parameters.
///
/// Every member may be called on any thread; each call takes the one lock once. Invariant: `tally_` changes
/// under the lock only.
class service {
public:
    /// Throws `failure` for a catalogue file that cannot be served, or a fault that is none.
    service(settings with, std::string ca_pem);

    /// Appends the response to `out`, and tells how it is to be sent.
    delivery answer(const request_view& request, moment at, std::string& out);
    /// Appends the answer to what was no request: 400, 408, 413 or 431, closing.
    void refuse(int status, moment at, std::string& out);
    /// How long the answer has to wait.
    [[nodiscard]] std::chrono::milliseconds latency_of(std::string_view target) const noexcept;

    void expire_tokens();
    void rotate_tokens();
    void expire_nonces();
    void advance(std::chrono::milliseconds step);
    void fail_next(std::uint64_t count, int status, std::optional<std::chrono::seconds> retry_after);
    [[nodiscard]] result<void> add_fault(std::string_view spec);
    void clear_faults();

    void connection_opened();
    void connection_closed();
    enum class handshake { full, resumed, failed };
    void handshake_ended(handshake how);
    void requests_begun(std::uint64_t count);
    void requests_ended(std::uint64_t count);

    [[nodiscard]] counters snapshot() const;
    [[nodiscard]] std::uint64_t requests_for(std::string_view id) const;

private:
    struct reply {
        dialect of = dialect::connect;
        int status = 200;
        std::string_view type = "application/json";
        std::string headers;  // whole lines
        const fault* harm = nullptr;
    };
    struct hash_text {
        using is_transparent = void;
        std::size_t operator()(std::string_view text) const noexcept {
            return std::hash<std::string_view>{}(text);
        }
    };

    void route(const request_view& request, moment at, reply& out);
    void image(const request_view& request, std::string_view segment, std::string_view query,
               core::time_point now, reply& out);
    void granted_image(const std::string& id, std::string_view query, const request_view& request,
                       core::time_point now, admission& became, reply& out);
    void found_image(const std::string& id, int status, const std::vector<parameter>& query, reply& out);
    void finish_images(const request_view& request, reply& out);
    void token(const request_view& request, core::time_point now, reply& out);
    void granted_token(const std::vector<parameter>& given, const request_view& request, core::time_point now,
                       admission& became, reply& out);
    void issue_token(const std::vector<parameter>& given, core::time_point now);
    [[nodiscard]] std::string_view why_unknown(const std::vector<parameter>& given) const;
    [[nodiscard]] bool replaced(const fault_plan::request& asked, const request_view& request,
                                core::time_point now, admission& became, reply& out);
    void replace(const fault& with, const request_view& request, core::time_point now, admission& became,
                 reply& out);
    void refuse_admission(const fault& with, const request_view& request, core::time_point now,
                          admission& became, reply& out);
    void spoil(std::string_view id, reply& out);
    void redirect(const fault& with, std::string_view target, reply& out);
    [[nodiscard]] bool route_v3(const request_view& request, std::string_view path, std::string_view query,
                                core::time_point now, reply& out);
    void v3_lookup(const request_view& request, std::string_view path, std::string_view query,
                   core::time_point now, reply& out);
    void granted_lookup(const v3::query& asked, bool group, const request_view& request, core::time_point now,
                        reply& out);
    void found_images(const v3::query& asked, const std::vector<int>& statuses, const request_view& request,
                      reply& out);
    void v3_token(const request_view& request, core::time_point now, reply& out);
    [[nodiscard]] bool is_let_in(const request_view& request, core::time_point now, reply& out);
    [[nodiscard]] bool is_over_limit(core::time_point now, reply& out);
    void throttle(reply& out, fault::wording text);
    void forbid_by_gateway(reply& out, fault::gateway_field field, std::string_view limit);
    void refuse_v3(reply& out, int status, std::string_view code, std::string_view why);
    void fail_v3(reply& out, int status, std::string_view why);
    [[nodiscard]] bool fails_by_order(reply& out);
    [[nodiscard]] std::string why_elsewhere(std::string_view id, record_form other) const;
    void note_lookup(const std::string& id);
    [[nodiscard]] std::optional<error> log_lookups(const reply& made, bool sent,
                                                   std::chrono::sys_seconds now);
    void end_tokens() noexcept;
    void revoke_tokens() noexcept;
    [[nodiscard]] result<void> plan_fault(std::string_view spec);
    void admin(const request_view& request, std::string_view path, std::string_view query, reply& out);
    void admin_order(std::string_view path, const std::vector<parameter>& given, reply& out);
    void append_counters();
    void append_faults();
    void step_clock(core::duration step) noexcept;
    [[nodiscard]] bool over_rate(core::time_point now);
    void fail(reply& out, int status, std::string_view why);
    void count_id(const std::string& id);
    delivery write(const reply& from, const request_view& request, moment at, std::string& out);
    void append_date(std::string& out, std::chrono::sys_seconds now);

    const settings settings_;
    const std::string ca_pem_;
    const std::unique_ptr<core::random_source> random_;
    std::optional<catalogue_file> file_;

    mutable std::mutex lock_;
    gatekeeper gate_;
    v3::token_desk desk_;
    fault_plan faults_;
    core::duration ahead_{0};  // what `advance` has added up
    core::time_point next_allowed_ = core::time_point::min();
    std::uint64_t failures_left_ = 0;
    int failure_status_ = 0;
    std::optional<std::chrono::seconds> failure_retry_after_;
    std::optional<core::time_point> day_began_;  // of `used_today_`
    std::uint64_t used_today_ = 0;
    std::optional<request_log> log_;
    std::vector<request_log::line> noted_;  // of the request being answered; status 0: that of the answer
    counters tally_;
    std::unordered_map<std::string, std::uint64_t, hash_text, std::equal_to<>> by_id_;
    std::string body_;  // of the answer being made; keeps its capacity
    std::string date_;  // the Date value of second `dated_`
    std::optional<std::chrono::sys_seconds> dated_;
};

}  // namespace getty::connect::sandbox

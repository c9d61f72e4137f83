#include "policy/outage_state.hpp"

#include "policy/backoff.hpp"

#include <algorithm>

namespace getty::connect::policy {

shared_cause shared_cause_of(errc code, int http_status) noexcept {
    // What the token endpoint answered says nothing about the service.
    if (code == errc::token_unavailable) return shared_cause::token;
    if (http_status >= 500) return shared_cause::server;
    if (http_status != 0) return shared_cause::none;
    switch (code) {
        case errc::resolve_failed:
            return shared_cause::name;
        case errc::connect_failed:
        case errc::connect_timeout:
        case errc::peer_closed:
            return shared_cause::connection;
        case errc::tls_failed:
        case errc::certificate_rejected:
            return shared_cause::tls;
        case errc::proxy_refused:
            return shared_cause::proxy;
        case errc::attempt_timeout:
            return shared_cause::silence;
        case errc::out_of_resources:
            return shared_cause::machine;
        default:
            return shared_cause::none;
    }
}

bool reached_nobody(errc code) noexcept {
    switch (code) {
        case errc::resolve_failed:
        case errc::connect_failed:
        case errc::connect_timeout:
        case errc::tls_failed:
        case errc::certificate_rejected:
        case errc::proxy_refused:
        case errc::token_unavailable:
        case errc::out_of_resources:
            return true;
        default:
            return false;
    }
}

bool outage_state::failed(shared_cause why, std::uint64_t who, core::time_point now, double random) noexcept {
    if (on_) return false;  // what fails of another cause meanwhile fails all the same
    if (run_ != 0 && why != cause_) {
        last_success_ = now;
        run_ = 0;
    }
    if (run_ == 0) began_ = now;
    cause_ = why;
    last_[run_ % enough] = {now, who};
    ++run_;
    if (run_ < enough && !all_at_once(now)) return false;
    begin(now, random);
    return true;
}

bool outage_state::failed_alone(core::time_point now, double random) noexcept {
    if (on_ || run_ == 0 || !worked_) return false;
    begin(now, random);
    return true;
}

void outage_state::begin(core::time_point now, double random) noexcept {
    on_ = true;
    probes_ = 0;
    schedule(now, random);
}

bool outage_state::others_failed(std::uint64_t who) const noexcept {
    const auto end = last_.begin() + static_cast<std::ptrdiff_t>(std::min(run_, enough));
    return std::any_of(last_.begin(), end, [who](const failure& f) { return f.who != who; });
}

bool outage_state::all_at_once(core::time_point now) const noexcept {
    const auto recent = [&](core::time_point t) { return t != core::time_point::min() && now - t < at_once; };
    if (run_ < enough_ids || recent(last_success_)) return false;
    std::size_t ids = 0;
    const std::size_t kept = std::min(run_, enough);
    for (std::size_t i = 0; i < kept; ++i) {
        const auto same = [&](const failure& f) { return recent(f.at) && f.who == last_[i].who; };
        if (recent(last_[i].at) && std::none_of(last_.begin(), last_.begin() + static_cast<long>(i), same))
            ++ids;
    }
    return ids >= enough_ids;
}

void outage_state::schedule(core::time_point now, double random) noexcept {
    const auto ceiling = static_cast<double>(backoff_ceiling(first_backoff, last_backoff, probes_).count());
    next_probe_ =
        core::later(now, core::duration(static_cast<core::duration::rep>(ceiling * (0.5 + random / 2))));
    if (probes_ < 32) ++probes_;
}

}  // namespace getty::connect::policy

// Which members the document has, once for writing and for reading.
#pragma once

#include "load/measurement.hpp"

#include <array>
#include <string_view>
#include <utility>

namespace getty::connect::load {

/// The spellings of an enumeration, by its values from 0.
template <class Enum>
inline constexpr std::array<std::string_view, 0> spellings{};
template <>
inline constexpr std::array<std::string_view, 4> spellings<step_part> = {"warm_up", "counted", "cool_down",
                                                                         "after"};
template <>
inline constexpr std::array<std::string_view, 2> spellings<loop_kind> = {"open", "closed"};

template <class V>
void members(V& v, auto& x, const latency_figures&) {
    v("count", x.count);
    v("p50", x.p50);
    v("p90", x.p90);
    v("p99", x.p99);
    v("p99_9", x.p99_9);
    v("p99_99", x.p99_99);
    v("min", x.min);
    v("max", x.max);
    v("mean", x.mean);
    v("sd", x.sd);
}
template <class V>
void members(V& v, auto& x, const phase_figures&) {
    v("mean", x.mean);
    v("p50", x.p50);
    v("p99", x.p99);
    v("max", x.max);
}
template <class V>
void members(V& v, auto& x, const phases_figures&) {
    v("credentials", x.credentials);
    v("rate", x.rate);
    v("connection", x.connection);
    v("first_byte", x.first_byte);
    v("body", x.body);
    v("decode", x.decode);
}
template <class V>
void members(V& v, auto& x, const outcome_count&) {
    v("name", x.name);
    v("count", x.count);
    v("message", x.message);
}
template <class V>
void members(V& v, auto& x, const second_figures&) {
    v("second", x.second);
    v("part", x.part);
    v("length_s", x.length_s);
    v("sent", x.sent);
    v("answered", x.answered);
    v("failed", x.failed);
    v("dropped", x.dropped);
    v("in_flight", x.in_flight);
    v("throttled", x.throttled);
    v("reconnects", x.reconnects);
    v("p50_us", x.p50_us);
    v("p99_us", x.p99_us);
}
template <class V>
void members(V& v, auto& x, const client_figures&) {
    v("cpu_s", x.cpu_s);
    v("cpu_share", x.cpu_share);
    v("loop_stall_us", x.loop_stall_us);
    v("steal_share", x.steal_share);
    v("stood_still_s", x.stood_still_s);
}
template <class V>
void members(V& v, auto& x, const connection_figures&) {
    v("opened", x.opened);
    v("resumed", x.resumed);
    v("handshakes", x.handshakes);
    v("nonce_renewals", x.nonce_renewals);
}
template <class V>
void members(V& v, auto& x, const byte_figures&) {
    v("received", x.received);
}
template <class V>
void members(V& v, auto& x, const step_result&) {
    v("asked_per_s", x.asked_per_s);
    v("concurrency", x.concurrency);
    v("round", x.round);
    v("counted_s", x.counted_s);
    v("due", x.due);
    v("sent", x.sent);
    v("dropped", x.dropped);
    v("unfinished", x.unfinished);
    v("due_per_s", x.due_per_s);
    v("sent_per_s", x.sent_per_s);
    v("answered_per_s", x.answered_per_s);
    v("outcomes", x.outcomes);
    v("latency_due_us", x.latency_due_us);
    v("latency_send_us", x.latency_send_us);
    v("corrected_p99_us", x.corrected_p99_us);
    v("lateness_us", x.lateness_us);
    v("phases_us", x.phases_us);
    v("first_third_p50_us", x.first_third_p50_us);
    v("last_third_p50_us", x.last_third_p50_us);
    v("throttled", x.throttled);
    v("retries", x.retries);
    v("client", x.client);
    v("connections", x.connections);
    v("bytes", x.bytes);
    v("per_second", x.per_second);
    v("histogram", x.histogram);
}
template <class V>
void members(V& v, auto& x, const plan_figures&) {
    v("loop", x.loop);
    v("rates", x.rates);
    v("concurrency", x.concurrency);
    v("arrivals", x.arrivals);
    v("max_in_flight", x.max_in_flight);
    v("warm_up_s", x.warm_up_s);
    v("duration_s", x.duration_s);
    v("cool_down_s", x.cool_down_s);
    v("rounds", x.rounds);
    v("ids", x.ids);
    v("order", x.order);
    v("missing_share", x.missing_share);
    v("seed", x.seed);
    v("connections", x.connections);
    v("pipeline", x.pipeline);
    v("compressed", x.compressed);
    v("cold", x.cold);
    v("retries", x.retries);
    v("timeout_s", x.timeout_s);
    v("attempt_timeout_s", x.attempt_timeout_s);
}
template <class V>
void members(V& v, auto& x, const tool_figures&) {
    v("name", x.name);
    v("version", x.version);
    v("compiler", x.compiler);
    v("boost", x.boost);
    v("openssl", x.openssl);
}
template <class V>
void members(V& v, auto& x, const host_figures&) {
    v("name", x.name);
    v("system", x.system);
    v("cpu", x.cpu);
    v("cores", x.cores);
}
template <class V>
void members(V& v, auto& x, const target_figures&) {
    v("url", x.url);
    v("dialect", x.dialect);
    v("tls", x.tls);
    v("auth", x.auth);
    v("address", x.address);
    v("this_machine", x.this_machine);
}
template <class V>
void members(V& v, auto& x, const warning&) {
    v("code", x.code);
    v("step", x.step);
    v("text", x.text);
}
template <class V>
void members(V& v, auto& x, const slo_verdict&) {
    v("limit", x.limit);
    v("step", x.step);
    v("held", x.held);
    v("measured", x.measured);
}
template <class V>
void members(V& v, auto& x, const measurement&) {
    v("schema", x.schema);
    v("started", x.started);
    v("tool", x.tool);
    v("host", x.host);
    v("target", x.target);
    v("argv", x.argv);
    v("plan", x.plan);
    v("warnings", x.warnings);
    v("slo", x.slo);
    v("steps", x.steps);
    v("left_out", x.left_out);
}

/// Calls `v(name, member)` for each member of `x`, const or not, in the order of the document.
template <class V, class Object>
void each_member(V& v, Object& x) {
    members(v, x, std::as_const(x));
}

}  // namespace getty::connect::load

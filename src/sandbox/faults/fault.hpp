// One fault as people write it: what happens to an answer, and to which answers.
#pragma once

#include <getty/connect/result.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace getty::connect::sandbox {

enum class fault_kind {
    // another answer in its place
    status,
    over_qps,
    over_quota,
    redirect,
    html,
    empty,
    token_expired,
    token_rotated,
    nonce_stale,
    throttle,
    uri_too_long,
    // the same answer with another body
    wrong_image,
    omit,
    reorder,
    stranger,
    duplicate_image,
    half_malformed,
    json_duplicate,
    json_mistyped,
    json_truncated,
    gzip_unasked,
    gzip_broken,
    // the same body, sent badly
    slow_start,
    drip,
    interim,
    length_long,
    length_short,
    surplus,
    chunked,
    chunk_broken,
    chunk_unfinished,
    connection_close,
    close,
    reset,
};

/// The endpoint whose requests are meant.
enum class fault_target { images, token };

/// Whose requests a fault can happen to.
enum class dialect { connect, v3 };

/// Kind, parameters and conditions. A value; `parse_fault` makes it.
struct fault {
    fault();

    enum class page { json, html };
    enum class place { start, half };
    enum class destination { same, other, loop };
    enum class gateway_field { error_detail, mashery };
    enum class wording { current, older };

    fault_kind kind = fault_kind::status;
    std::string name;  ///< `drip`, `status-503`
    std::string spec;  ///< all of it, as it was written

    // which requests; all that are given must hold
    fault_target on = fault_target::images;
    std::string id;           ///< a pattern with `*` for any run of characters; empty: every id
    std::uint64_t first = 0;  ///< only so many requests of each id; 0: all
    double rate = 1;          ///< drawn for each request
    std::uint64_t every = 0;  ///< of those for which all the above holds, each n-th; 0: each
    std::uint64_t count = 0;  ///< so many times altogether; 0: no limit

    // how
    int status_code = 0;
    std::optional<std::uint64_t> retry_after;  ///< seconds
    page body = page::json;
    std::string code;  ///< of an application error; empty: as the status has it
    gateway_field field = gateway_field::error_detail;
    wording text = wording::current;
    destination to = destination::same;
    std::chrono::milliseconds wait{0};
    std::size_t bytes = 0;
    std::uint64_t answers = 1;  ///< so many interim ones
    place at = place::start;
};

inline constexpr std::size_t max_fault_bytes = 200;
inline constexpr std::size_t max_faults = 64;

/// Reads `NAME[:key=value[,key=value...]]`; docs/sandbox.md has the names and keys.
/// `errc::invalid_option`; the text names the spec, the rule and the mend.
[[nodiscard]] result<fault> parse_fault(std::string_view spec);

/// Another answer takes the place of the right one, which is not even made.
[[nodiscard]] bool replaces_answer(fault_kind kind) noexcept;
/// Changes an image or a token, so that there must be one.
[[nodiscard]] bool needs_success(fault_kind kind) noexcept;

/// False where there is nothing that the fault could be about: several images in an answer, or a nonce.
[[nodiscard]] bool happens_in(fault_kind kind, dialect of) noexcept;

/// Whether `id` is `pattern`, in which `*` stands for any run of characters.
[[nodiscard]] bool matches(std::string_view pattern, std::string_view id) noexcept;

}  // namespace getty::connect::sandbox

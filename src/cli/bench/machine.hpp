// What a measurement says of this machine and of this program.
#pragma once

#include "core/time.hpp"
#include "load/measurement.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace getty::connect::cli {

[[nodiscard]] load::host_figures this_host();

/// Whether any of these addresses is one of this machine's, and the first of them as text; empty where the
/// name is not found: whoever connects will tell.
struct peer {
    std::string address;
    bool is_this_machine = false;
};
/// Of the host of `https://HOST[:PORT]/…`, by the system's resolver.
[[nodiscard]] peer find_peer(std::string_view url);

/// "localhost" of "https://localhost:8443/api", and what is within the brackets of an IPv6 address.
[[nodiscard]] std::string host_of(std::string_view url);

/// Processor time and the like, since some moment in the past.
struct machine_reading {
    core::duration cpu{};       ///< of the calling thread
    core::duration asleep{};    ///< the machine
    std::uint64_t stolen = 0;   ///< ticks of all processors
    std::uint64_t elapsed = 0;  ///< likewise
};
[[nodiscard]] machine_reading read_machine();
/// Of the calling thread.
[[nodiscard]] core::duration thread_cpu() noexcept;

/// How many processors this program and its neighbours may use: those that are there, or what the control
/// group grants.
[[nodiscard]] double processors() noexcept;
/// How many files this process may have open.
[[nodiscard]] std::size_t max_descriptors() noexcept;
/// What `cpu.max` of a control group of version 2 grants, "200000 100000" for two; `otherwise` for "max" and
/// what is none.
[[nodiscard]] double read_processor_quota(std::string_view line, double otherwise) noexcept;

/// Reads the first line of /proc/stat; zeros for what is none.
[[nodiscard]] machine_reading read_processor_line(std::string_view line);

}  // namespace getty::connect::cli

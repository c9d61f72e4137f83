// Which hosts are reached without the proxy.
#pragma once

#include <cstdint>
#include <string_view>

namespace getty::connect::proto {

/// Whether `list`, in the form of the variable NO_PROXY, names `host`: a name or an address, IPv6 without
/// brackets.
///
/// Entries are parted by commas or blanks; `*` is every host, `example.com` and `.example.com` that domain
/// and all below it, `192.0.2.7` or `192.0.2.0/24` an address or a network of either family, and each but
/// `*` may end in `:port`. Case and a dot at the end of a name do not count. An entry that is none of these
/// names nothing.
[[nodiscard]] bool bypasses_proxy(std::string_view list, std::string_view host, std::uint16_t port);

}  // namespace getty::connect::proto

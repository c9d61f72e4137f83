#include "bench/probes.hpp"

#include <malloc.h>

namespace bench {

void note_memory(figures& into, const std::string& when) {
    into[when + "_kib"] = static_cast<double>(resident_memory_kib());
    malloc_trim(0);
    into[when + "_trimmed_kib"] = static_cast<double>(resident_memory_kib());
}

std::span<const probe> probes() {
    static constexpr auto list = std::to_array<probe>({
        {"idle-library", measure_idle_library},
        {"idle-asio", measure_idle_asio},
        {"first-library", measure_first_library},
        {"first-floor", measure_first_floor},
        {"reconnects", measure_reconnects},
    });
    return list;
}

}  // namespace bench

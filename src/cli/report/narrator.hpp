// What `--verbose` tells.
#pragma once

#include "cli/report/console.hpp"

#include <getty/connect/observer.hpp>

namespace getty::connect::cli {

/// Tells of outages and of pauses that last, and with `told::everything` about connections, tokens and
/// retries, one line each. The console must outlive the client.
class narrator : public observer {
public:
    enum class told { nothing, what_lasts, everything };

    narrator(console& tell, told what) noexcept
        : console_(tell), silent_(what == told::nothing), all_(what == told::everything) {}

    void connection_established(const connection_event& e) noexcept override;
    void connection_failed(std::string_view origin, const error& why) noexcept override;
    void connection_closed(std::string_view origin) noexcept override;
    void pipelining_stopped(std::string_view origin, std::string_view why) noexcept override;
    void token_issued(std::chrono::seconds lifetime) noexcept override;
    void token_failed(const error& why) noexcept override;
    void retry_scheduled(const retry_event& e) noexcept override;
    void paused(std::chrono::milliseconds wait, const error& why) noexcept override;
    void outage_began(const error& why) noexcept override;
    void outage_ended(std::chrono::milliseconds length) noexcept override;

private:
    template <class Text>
    void tell(Text text) noexcept;

    console& console_;
    bool silent_;
    bool all_;
};

}  // namespace getty::connect::cli

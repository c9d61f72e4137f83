// What `--verbose` tells.
#pragma once

#include "cli/console.hpp"

#include <getty/connect/observer.hpp>

namespace getty::connect::cli {

/// Tells about connections, tokens and retries, one line each. The console must outlive the client.
class narrator final : public observer {
public:
    explicit narrator(console& tell) noexcept : console_(tell) {}

    void connection_opened(std::string_view origin, bool resumed) noexcept override;
    void connection_failed(std::string_view origin, const error& why) noexcept override;
    void connection_closed(std::string_view origin) noexcept override;
    void pipelining_stopped(std::string_view origin, std::string_view why) noexcept override;
    void token_issued(std::chrono::seconds lifetime) noexcept override;
    void token_failed(const error& why) noexcept override;
    void retrying(std::string_view id, unsigned attempt, std::chrono::milliseconds delay,
                  const error& why) noexcept override;

private:
    template <class Text>
    void tell(Text text) noexcept;

    console& console_;
};

}  // namespace getty::connect::cli

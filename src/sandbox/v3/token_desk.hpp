// Who gets a token of v3, and which: OAuth's three grants.
#pragma once

#include "core/random.hpp"
#include "core/time.hpp"
#include "sandbox/auth/token_book.hpp"
#include "sandbox/http/parameters.hpp"

#include <getty/connect/sandbox.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace getty::connect::sandbox::v3 {

/// Decides by the tokens it has given out. Pure: time and randomness are parameters. Not thread-safe.
class token_desk {
public:
    /// Both arguments must outlive this object.
    token_desk(const settings& with, core::random_source& random);

    struct verdict {
        int status = 200;
        std::string_view error, description;  ///< as of RFC 6749 5.2, unless 200
        bool by_basic = false;                ///< the credentials came in an Authorization header
        bool with_refresh = false;            ///< the answer brings a refresh token
    };
    [[nodiscard]] verdict judge(const std::vector<parameter>& form, std::string_view authorization,
                                core::time_point now);
    /// Appends the answer to a request that was judged good.
    void issue(std::string& out, const verdict& granted, core::time_point now);
    /// Appends the answer to one that was not.
    static void append_error(std::string& out, const verdict& refused);

    /// Whether the value of an Authorization header is `Bearer` and a token that is good.
    [[nodiscard]] bool accepts(std::string_view authorization, core::time_point now);

    void expire_all() noexcept { tokens_.expire_all(); }
    /// Refresh tokens too, and random tokens from now on.
    void revoke_all() noexcept;

private:
    [[nodiscard]] verdict judge_client(const std::vector<parameter>& form,
                                       std::string_view authorization) const;
    [[nodiscard]] bool is_known_by_basic(std::string_view credentials) const;

    const settings& settings_;
    token_book tokens_;
    token_book refresh_tokens_;
};

}  // namespace getty::connect::sandbox::v3

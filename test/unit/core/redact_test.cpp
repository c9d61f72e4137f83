#include "core/redact.hpp"

#include <doctest/doctest.h>

#include <array>
#include <string>
#include <string_view>

using getty::connect::core::redact;

namespace {

constexpr std::string_view odd = "Ab9/+\"k&y<z> %41\\Q=;s'";

std::string hidden(const std::string& text) {
    const std::array<std::string_view, 1> secrets{odd};
    return redact("<" + text + ">", secrets);
}

}  // namespace

// Expectations: python3's json.dumps, html.escape, urllib.parse.quote and quote_plus, base64.b64encode.
TEST_CASE("T8: a secret is hidden in every spelling that a service may quote it in") {
    for (const char* spelled : {
             "Ab9/+\"k&y<z> %41\\Q=;s'",
             "Ab9/+\\\"k&y<z> %41\\\\Q=;s'",
             "Ab9\\/+\\\"k&y<z> %41\\\\Q=;s'",
             "Ab9/+&quot;k&amp;y&lt;z&gt; %41\\Q=;s&#x27;",
             "Ab9/+&quot;k&amp;y&lt;z&gt; %41\\Q=;s&#39;",
             "Ab9%2F%2B%22k%26y%3Cz%3E%20%2541%5CQ%3D%3Bs%27",
             "Ab9%2f%2b%22k%26y%3cz%3e%20%2541%5cQ%3d%3bs%27",
             "Ab9%2F%2B%22k%26y%3Cz%3E+%2541%5CQ%3D%3Bs%27",
             "QWI5LysiayZ5PHo+ICU0MVxRPTtzJw==",
         }) {
        CAPTURE(spelled);
        CHECK(hidden(spelled) == "<[hidden]>");
    }
}

TEST_CASE("T8: what is too short to tell from any text is left") {
    const std::array<std::string_view, 2> secrets{"abc", ""};
    CHECK(redact("abcabc", secrets) == "abcabc");
}

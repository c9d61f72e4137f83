// A whole client of v3 over scripted streams, and its token endpoint.
#pragma once

#include "core/percent_encoding.hpp"
#include "support/client_world.hpp"

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace getty::connect::test {

/// What a form says.
using form = std::map<std::string, std::string>;

[[nodiscard]] inline form form_of(std::string_view request) {
    form fields;
    std::string_view rest = request.substr(request.find("\r\n\r\n") + 4);
    while (!rest.empty()) {
        const std::string_view one = rest.substr(0, rest.find('&'));
        rest.remove_prefix(std::min(one.size() + 1, rest.size()));
        const std::size_t sign = one.find('=');
        fields[std::string(one.substr(0, sign))] =
            connect::core::percent_decoded(one.substr(sign + 1)).value_or("?");
    }
    return fields;
}

/// Brings a token and, unless it is empty, a refresh token.
[[nodiscard]] inline std::string token_answer(const std::string& token, const std::string& refresh = "") {
    return http_response(200, R"({"access_token":")" + token +
                                  R"(","token_type":"Bearer","expires_in":1800)" +
                                  (refresh.empty() ? "" : R"(,"refresh_token":")" + refresh + "\"") + "}");
}

/// RFC 6749 5.2.
[[nodiscard]] inline std::string token_refusal(int status, const std::string& name) {
    return http_response(status, R"({"error":")" + name + R"(","error_description":"not that one"})");
}

/// Answers requests for tokens as `answer` says, by their forms, and lookups with an image.
struct v3_world : client_world {
    explicit v3_world(client_options wanted = client_options())
        : client_world(wanted.dialect(dialect::v3).token_url("https://service.test/api/token")) {
        on_token = [this](scripted_stream& s, const std::string& request) {
            forms.push_back(form_of(request));
            fields.push_back(request.substr(0, request.find("\r\n\r\n")));
            s.deliver(answer(forms.back()));
            return true;
        };
        on_image = [this](scripted_stream& s, const std::string& request) {
            carried.push_back(bearer(request));
            if (refuse && refuse(s, request)) return true;
            const std::string id = requested_id(request);
            // As both dialects would.
            s.deliver(http_response(200, R"({"Images":[{"ImageId":")" + id + R"("}],"images":[{"id":")" + id +
                                             R"("}],"images_not_found":[]})"));
            return true;
        };
    }

    /// How tokens were asked for, by their grants.
    [[nodiscard]] std::vector<std::string> grants() const {
        std::vector<std::string> all;
        for (const form& f : forms) all.push_back(f.at("grant_type"));
        return all;
    }

    [[nodiscard]] std::shared_ptr<std::optional<result<token_info>>> authenticate() {
        auto done = std::make_shared<std::optional<result<token_info>>>();
        auto scope = std::make_shared<async::cancel_scope>(*scheduler);
        spawn<result<token_info>>(core->authenticate(*scope), [done, scope](result<token_info> r) {
            scope->expires_at(connect::core::never);
            *done = std::move(r);
        });
        return done;
    }
    [[nodiscard]] result<token_info> authenticated() {
        const auto done = authenticate();
        settle();
        REQUIRE(*done);
        return **done;
    }

    std::function<std::string(const form&)> answer = [n = 0](const form&) mutable {
        return token_answer("token-" + std::to_string(++n));
    };
    std::function<bool(scripted_stream&, const std::string&)> refuse;
    std::vector<form> forms;
    std::vector<std::string> fields;   // of requests for tokens
    std::vector<std::string> carried;  // tokens, by lookups
};

}  // namespace getty::connect::test

// The lookup of one image.
#pragma once

#include "calls/request.hpp"
#include "credentials/authorizer.hpp"
#include "lookup/image_dialect.hpp"
#include "proto/http/request_writer.hpp"
#include "proto/image/image_decoder.hpp"

#include <getty/connect/options.hpp>
#include <getty/connect/outcome.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace getty::connect::lookup {

/// What all lookups of a client share.
struct image_service {
    image_service(async::scheduler& l, const image_dialect& d, const proto::request_writer& w,
                  credentials::authorizer& a, compression c, std::string follow_within)
        : scheduler(l),
          dialect(d),
          writer(w),
          authorizer(a),
          asks_for_gzip(c == compression::gzip),
          authority(std::move(follow_within)) {}
    async::scheduler& scheduler;
    const image_dialect& dialect;
    const proto::request_writer& writer;
    credentials::authorizer& authorizer;
    bool asks_for_gzip;
    std::string authority;  ///< redirects within it are followed; empty: none is
    proto::image_decoder decoder;
};

/// `GET images/:id`. Used for one lookup after the other; its buffers stay.
class image_request final : public calls::request {
public:
    explicit image_request(image_service& service) : service_(service), credentials_(service.authorizer) {
        authorise_with(credentials_);
    }
    image_request(const image_request&) = delete;
    image_request& operator=(const image_request&) = delete;

    /// The next lookup. `id` and `options` are copied or read here; `into` must outlive the call.
    /// Errors: `invalid_id`, and then nothing may be sent.
    result<void> start(std::string_view id, const lookup_options& options, std::string_view default_language,
                       document& into);

    result<void> write(std::string& out) override;
    std::optional<calls::attempt_failure> interpret(const http::response& answer) override;
    void follow() override { target_.swap(led_to_); }
    [[nodiscard]] bool unnamed() const noexcept override { return unnamed_; }
    [[nodiscard]] std::vector<std::string_view> secrets() const override;
    [[nodiscard]] std::string_view name() const noexcept override { return id_; }

private:
    [[nodiscard]] calls::attempt_failure refusal(const http::response& answer);
    std::optional<calls::attempt_failure> read(std::string_view body);
    void look_where(std::string_view location, calls::attempt_failure& refused);

    image_service& service_;
    std::string id_;
    std::string target_;
    std::string fields_;  // those of the caller, as they are sent
    std::string led_to_;  // by the last answer
    connect::decode form_ = connect::decode::typed;
    document* into_ = nullptr;
    bool unnamed_ = false;
    credentials::authorizer::session credentials_;
};

}  // namespace getty::connect::lookup

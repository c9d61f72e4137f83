// The lookup of one image.
#pragma once

#include "calls/request.hpp"
#include "credentials/authorizer.hpp"
#include "lookup/image_dialect.hpp"
#include "proto/http/request_writer.hpp"

#include <getty/connect/options.hpp>
#include <getty/connect/outcome.hpp>

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace getty::connect::lookup {

/// What all lookups of a client share.
struct image_service {
    image_service(async::scheduler& l, image_dialect& d, const proto::request_writer& w,
                  credentials::authorizer& a, compression c, std::string follow_within)
        : scheduler(l),
          dialect(d),
          writer(w),
          authorizer(a),
          asks_for_gzip(c == compression::gzip),
          authority(std::move(follow_within)) {}
    async::scheduler& scheduler;
    image_dialect& dialect;
    const proto::request_writer& writer;
    credentials::authorizer& authorizer;
    bool asks_for_gzip;
    std::string authority;  ///< redirects within it are followed; empty: none is
};

/// A request for one image, or for several at once. Used for one lookup after the other; its buffers stay.
/// Where it was answered as wanted, at least one of several items was named; which, the items say.
class image_request final : public calls::request {
public:
    explicit image_request(image_service& service) : service_(service), credentials_(service.authorizer) {
        authorise_with(credentials_);
    }
    image_request(const image_request&) = delete;
    image_request& operator=(const image_request&) = delete;

    /// The next lookup. `options` are copied or read here; the items, one at least, must outlive the call.
    /// Errors: `invalid_id`, and then nothing may be sent.
    result<void> start(std::span<item> items, const lookup_options& options,
                       std::string_view default_language);

    result<void> write(std::string& out) override;
    std::optional<calls::attempt_failure> interpret(const http::response& answer) override;
    void follow() override { target_.swap(led_to_); }
    [[nodiscard]] bool unnamed() const noexcept override { return unnamed_; }
    [[nodiscard]] std::vector<std::string_view> secrets() const override;
    [[nodiscard]] std::string_view name() const noexcept override { return items_.front().id; }
    [[nodiscard]] bool met_strangers() const noexcept override { return strangers_ > 0; }
    [[nodiscard]] std::size_t ids() const noexcept override { return items_.size(); }
    /// Images and ids in its answers that nobody had asked for.
    [[nodiscard]] std::size_t strangers_met() const noexcept { return strangers_met_; }

private:
    [[nodiscard]] calls::attempt_failure refusal(const http::response& answer);
    std::optional<calls::attempt_failure> read(std::string_view body);
    void look_where(std::string_view location, calls::attempt_failure& refused);

    image_service& service_;
    std::span<item> items_;
    std::string target_;
    std::string fields_;          // those of the dialect and of the caller, as they are sent
    std::size_t own_fields_ = 0;  // bytes of the former
    std::string led_to_;          // by the last answer
    connect::decode form_ = connect::decode::typed;
    bool unnamed_ = false;
    std::size_t strangers_ = 0;  // in the last answer
    std::size_t strangers_met_ = 0;
    credentials::authorizer::session credentials_;
};

}  // namespace getty::connect::lookup

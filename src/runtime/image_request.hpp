// The lookup of one image.
#pragma once

#include "proto/image_decoder.hpp"
#include "proto/request_writer.hpp"
#include "runtime/authorizer.hpp"
#include "runtime/dialect.hpp"
#include "runtime/requester.hpp"

#include <getty/connect/options.hpp>
#include <getty/connect/outcome.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace getty::connect::runtime {

/// What all lookups of a client share.
struct image_service {
    image_service(io::loop& l, const dialect& d, const proto::request_writer& w, authorizer& a, compression c,
                  std::string follow_within)
        : on(l),
          speech(d),
          writer(w),
          auth(a),
          asks_for_gzip(c == compression::gzip),
          authority(std::move(follow_within)) {}
    io::loop& on;
    const dialect& speech;
    const proto::request_writer& writer;
    authorizer& auth;
    bool asks_for_gzip;
    std::string authority;  ///< redirects within it are followed; empty: none is
    proto::image_decoder decoder;
};

/// `GET images/:id`. Used for one lookup after the other; its buffers stay.
class image_request final : public requester {
public:
    explicit image_request(image_service& service) : service_(service) {}

    /// The next lookup. `id` and `options` are copied or read here; `into` must outlive the call.
    /// Errors: `invalid_id`, and then nothing may be sent.
    result<void> start(std::string_view id, const lookup_options& options, std::string_view default_language,
                       document& into);

    bool prepared() override { return service_.auth.prepared(stamp_); }
    io::task<result<void>> prepare(io::operation& op) override { return service_.auth.prepare(stamp_, op); }
    result<void> write(std::string& out) override;
    std::optional<setback> interpret(const io::response& answer) override;
    void follow() override { target_.swap(led_to_); }
    [[nodiscard]] bool unnamed() const noexcept override { return unnamed_; }
    void unanswered() noexcept override { service_.auth.unanswered(stamp_); }
    [[nodiscard]] std::string_view name() const noexcept override { return id_; }

private:
    [[nodiscard]] setback refusal(const io::response& answer);
    std::optional<setback> read(std::string_view body);
    void look_where(std::string_view location, setback& refused);

    image_service& service_;
    std::string id_;
    std::string target_;
    std::string led_to_;  // by the last answer
    connect::decode form_ = connect::decode::typed;
    document* into_ = nullptr;
    bool unnamed_ = false;
    authorizer::stamp stamp_;
};

}  // namespace getty::connect::runtime

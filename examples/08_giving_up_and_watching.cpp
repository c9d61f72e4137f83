// How a call is given up, how a batch stops and goes on later, and who is told where the time goes.
#include <getty/connect.hpp>
#include <getty/connect/sandbox.hpp>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <chrono>
#include <cstdlib>
#include <exception>
#include <iostream>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace asio = boost::asio;
namespace gc = getty::connect;
using namespace std::chrono_literals;

// Whose fault it is: what the client waited for by itself, and what for the service.
class where_time_goes final : public gc::observer {
public:
    void attempt_finished(const gc::attempt_event& e) noexcept override {
        ++requests_;
        own_ += e.phases.credentials + e.phases.rate + e.phases.connection;
        service_ += e.phases.first_byte + e.phases.body;
    }
    void print() const {
        std::cout << requests_ << " requests: " << own_ / 1ms << " ms of waiting for a token, the rate or a "
                  << "connection, " << service_ / 1ms << " ms for the service\n";
    }

private:
    std::uint64_t requests_ = 0;
    std::chrono::nanoseconds own_{0};
    std::chrono::nanoseconds service_{0};
};

// The image, or nothing after `limit`. What comes first ends the other: the lookup is cancelled, its
// connection closed, and nobody else is touched.
asio::awaitable<bool> found_within(gc::client& images, std::string id, std::chrono::milliseconds limit) {
    using namespace asio::experimental::awaitable_operators;
    asio::steady_timer timer(co_await asio::this_coro::executor, limit);
    auto race = images.get(id) || timer.async_wait(asio::use_awaitable);
    const std::variant<gc::result<gc::image>, std::monostate> first = co_await std::move(race);
    co_return first.index() == 0 && std::get<0>(first).has_value();
}

// The code in place of the result, as for any operation of Asio's.
asio::awaitable<bool> exists(gc::client& images, std::string id) {
    boost::system::error_code failed;
    auto token = gc::as_error_code(asio::redirect_error(asio::use_awaitable, failed));
    const gc::image found = co_await images.async_get(id, token);
    co_return failed != gc::condition::not_found;
}

// Looks up the ids; what has not been asked for when the batch stops is returned.
asio::awaitable<std::vector<std::string>> look_up(gc::client& images, std::vector<std::string> ids) {
    std::size_t pulled = 0;
    auto source = [&]() -> std::optional<std::string> {
        if (pulled == ids.size()) return std::nullopt;
        return ids[pulled++];
    };
    gc::outcome_stream stream = images.fetch(source, gc::fetch_options().max_in_flight(2).max_outage(10min));
    std::vector<std::string> later;
    while (std::optional<gc::outcome> one = co_await stream.next()) {
        if (!one->value && one->value.error() == gc::errc::not_asked) later.push_back(one->id);
    }
    if (const std::optional<gc::error> why = stream.stopped()) {
        std::cout << "the batch stopped: " << *why << '\n';
        later.insert(later.end(), ids.begin() + static_cast<std::ptrdiff_t>(pulled), ids.end());
    }
    co_return later;
}

// Gives up a call without coroutines: through the slot that its handler is bound to. The signal lives as long
// as the call.
void give_up(gc::client& images, std::string id, asio::cancellation_signal& signal, bool& canceled) {
    auto handler = [&canceled](gc::result<gc::image> got) {
        canceled = !got && got.error() == gc::errc::canceled;
    };
    images.async_get(id, asio::bind_cancellation_slot(signal.slot(), handler));
    signal.emit(asio::cancellation_type::terminal);
}

asio::awaitable<void> show(gc::client& images, int& as_expected) {
    const bool slow = co_await found_within(images, "83454899", 50ms);
    const bool quick = co_await found_within(images, "83454800", 10s);
    const bool absent = co_await exists(images, "1404");
    as_expected += (slow ? 0 : 1) + (quick ? 1 : 0) + (absent ? 0 : 1);

    // From 9000001 on the quota of the account is used up.
    std::vector<std::string> ids{"83454801", "83454802", "9000001"};
    for (int i = 0; i < 20; ++i) ids.push_back(std::to_string(83'454'900 + i));
    const std::vector<std::string> later = co_await look_up(images, std::move(ids));
    std::cout << later.size() << " ids for another day\n";
    as_expected += later.empty() ? 0 : 1;
    co_await images.close();
}

int main() {
    const gc::sandbox::background_server service(
        gc::sandbox::options().fault("slow-start:id=83454899,wait=5s").fault("over-quota:id=9000001"));
    const auto times = std::make_shared<where_time_goes>();
    gc::client_options options;
    options.base_url(service->base_url()).ca_pem(service->ca_pem()).observer(times);
    options.credentials("sandbox-key", gc::secret("sandbox-secret"));

    asio::io_context context;
    gc::client images(context, std::move(options));
    asio::cancellation_signal signal;
    bool canceled = false;
    give_up(images, "83454800", signal, canceled);
    int as_expected = 0;
    asio::co_spawn(context, show(images, as_expected), [](std::exception_ptr failed) {
        if (failed) std::rethrow_exception(failed);
    });
    context.run();
    times->print();
    return canceled && as_expected == 4 ? EXIT_SUCCESS : EXIT_FAILURE;
}

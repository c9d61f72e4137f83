#include "io/resolver.hpp"

#include "proto/auth_header.hpp"

#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/basic_resolver.hpp>

#include <algorithm>
#include <utility>

namespace getty::connect::io {
namespace {

/// Shared with the completion handler, which may run long after nobody waits any more.
struct lookup {
    explicit lookup(loop& on) : done(on), names(on.get_executor()) {}
    wait_point done;
    asio::ip::basic_resolver<asio::ip::tcp, executor> names;
    bool finished = false;
    boost::system::error_code error;
    endpoints found;
};

/// `localhost` never leaves this machine, whatever its name service says (RFC 6761 6.3).
bool is_localhost(std::string_view host) {
    if (host.ends_with('.')) host.remove_suffix(1);
    return proto::equals_ignoring_case(host, "localhost");
}

endpoints loopback(std::uint16_t port) {
    return {{asio::ip::address_v4::loopback(), port}, {asio::ip::address_v6::loopback(), port}};
}

class system final : public resolver {
public:
    explicit system(loop& on) : loop_(on) {}

    task<result<endpoints>> resolve(const std::string& host, std::uint16_t port, operation& op) override {
        boost::system::error_code not_an_address;
        const auto address = asio::ip::make_address(host, not_an_address);
        if (!not_an_address) co_return endpoints(1, {address, port});
        if (is_localhost(host)) co_return loopback(port);

        auto query = std::make_shared<lookup>(loop_);
        start(query, host, port);
        while (!query->finished) {
            if (op.stopped()) {
                query->names.cancel();
                co_return dial_stopped(op, stage::resolve);
            }
            co_await query->done.wait(op);
        }
        if (query->error) co_return error(errc::resolve_failed, stage::resolve, query->error.message());
        co_return interleave(query->found);
    }

private:
    static void start(const std::shared_ptr<lookup>& query, const std::string& host, std::uint16_t port) {
        using results = asio::ip::basic_resolver<asio::ip::tcp, executor>::results_type;
        auto arrived = [query](const boost::system::error_code& ec, const results& found) {
            query->finished = true;
            query->error = ec;
            for (const auto& one : found) query->found.push_back(one.endpoint());
            if (!ec && query->found.empty()) query->error = asio::error::host_not_found;
            query->done.wake_inline();
        };
        query->names.async_resolve(host, std::to_string(port), asio::ip::resolver_base::numeric_service,
                                   std::move(arrived));
    }

    loop& loop_;
};

}  // namespace

std::shared_ptr<resolver> system_resolver(loop& on) { return std::make_shared<system>(on); }

endpoints interleave(const endpoints& found) {
    if (found.empty()) return {};
    const bool first_is_v6 = found.front().address().is_v6();
    endpoints same;
    endpoints other;
    for (const auto& one : found) (one.address().is_v6() == first_is_v6 ? same : other).push_back(one);
    endpoints mixed;
    for (std::size_t i = 0; i < std::max(same.size(), other.size()); ++i) {
        if (i < same.size()) mixed.push_back(same[i]);
        if (i < other.size()) mixed.push_back(other[i]);
    }
    return mixed;
}

error dial_stopped(const operation& op, stage at) { return {op.reason(errc::connect_timeout), at}; }

}  // namespace getty::connect::io

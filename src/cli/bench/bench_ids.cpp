#include "cli/bench/bench_ids.hpp"

#include "cli/args/flags.hpp"
#include "cli/trouble.hpp"
#include "load/unusable.hpp"

#include <getty/connect/ingest/input.hpp>
#include <getty/connect/ingest/source.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <exception>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace getty::connect::cli {
namespace {

/// Of the stand-in service, which has no image whose number ends in 404.
std::vector<std::string> sandbox_ids() {
    std::vector<std::string> all;
    for (std::uint64_t id = 100'000'001; all.size() < 100'000; ++id) {
        if (id % 1'000 != 404) all.push_back(std::to_string(id));
    }
    return all;
}

boost::asio::awaitable<void> read_all(ingest::source& from, const std::string& name,
                                      std::vector<std::string>& into) {
    for (;;) {
        std::optional<ingest::occurrence> one = from.try_next();
        if (!one) one = co_await from.next();
        if (!one) break;
        if (!one->trouble.empty()) throw usage_error(one->trouble);
        if (into.size() == max_bench_ids) {
            throw usage_error("--ids " + name + ": has more than " + core::grouped(max_bench_ids) +
                              " ids; take some of them");
        }
        into.push_back(std::move(one->id));
    }
}

std::vector<std::string> ids_of_file(const std::string& name) {
    boost::asio::io_context context(1);
    const auto source = ingest::open_input(context.get_executor(), {name});
    std::vector<std::string> all;
    std::exception_ptr failed;
    boost::asio::co_spawn(context, read_all(*source, name, all),
                          [&failed](std::exception_ptr why) { failed = why; });
    context.run();
    if (failed) std::rethrow_exception(failed);
    if (all.empty()) throw usage_error("--ids " + name + ": has no ids; write one a line");
    return all;
}

}  // namespace

load::id_plan ids_for(const bench_arguments& wanted) {
    if (wanted.ids.empty()) return {sandbox_ids(), wanted.order, wanted.missing, wanted.seed};
    std::optional<load::id_range> range;
    try {
        range = load::read_id_range(wanted.ids);
    } catch (const load::unusable& why) {
        throw usage_error(std::string("--ids: ") + why.what());
    }
    if (range) return {*range, wanted.order, wanted.missing, wanted.seed};
    return {ids_of_file(wanted.ids), wanted.order, wanted.missing, wanted.seed};
}

}  // namespace getty::connect::cli

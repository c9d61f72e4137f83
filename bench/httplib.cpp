#include "bench/contestants.hpp"
#include "bench/dom_image.hpp"

#include <functional>
#include <httplib.h>
#include <thread>
#include <vector>

namespace bench {
namespace {

enum class body_is { kept, parsed };

void work(const job& of, meter& counting, body_is meant) {
    httplib::SSLClient client("127.0.0.1", of.port);
    client.set_ca_cert_path(of.ca_file);
    client.set_keep_alive(true);
    client.set_tcp_nodelay(true);
    const httplib::Headers fields{{"User-Agent", "bench"}, {"Authorization", "Bearer bench-token"}};
    std::uint64_t number = 0;
    while (counting.next(number)) {
        const httplib::Result answer =
            client.Get("/api/images/" + std::string(id_text(number).view()), fields);
        if (!answer) throw std::runtime_error("cpp-httplib: " + to_string(answer.error()));
        if (answer->status != 200 || answer->body.empty()) bad_answer("cpp-httplib");
        if (meant == body_is::parsed && parse_dom_image(answer->body).image_id.empty())
            bad_answer("cpp-httplib");
        counting.answered();
    }
}

// Its calls block, so that each request at a time takes a thread. An exception ends the program.
cost run(const job& of, body_is meant) {
    meter counting(of);
    std::vector<std::thread> threads;
    for (std::size_t i = 0; i < of.in_flight; ++i)
        threads.emplace_back(work, std::cref(of), std::ref(counting), meant);
    for (std::thread& one : threads) one.join();
    return counting.result();
}

}  // namespace

cost run_httplib_raw(const job& of) { return run(of, body_is::kept); }
cost run_httplib_dom(const job& of) { return run(of, body_is::parsed); }

}  // namespace bench

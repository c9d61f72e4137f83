// Execution contexts with a thread each.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>

#include <cstddef>
#include <memory>
#include <thread>
#include <vector>

namespace getty::connect::test {

/// Contexts with a thread each.
struct threads {
    explicit threads(std::size_t count) {
        for (std::size_t i = 0; i < count; ++i) {
            contexts.push_back(std::make_unique<boost::asio::io_context>(1));
            guards.push_back(boost::asio::make_work_guard(*contexts.back()));
            running.emplace_back([on = contexts.back().get()] { on->run(); });
        }
    }
    ~threads() {
        guards.clear();
        for (auto& one : running) one.join();
    }
    threads(const threads&) = delete;
    threads& operator=(const threads&) = delete;

    [[nodiscard]] std::vector<boost::asio::any_io_executor> executors() const {
        std::vector<boost::asio::any_io_executor> all;
        for (const auto& context : contexts) all.emplace_back(context->get_executor());
        return all;
    }

    std::vector<std::unique_ptr<boost::asio::io_context>> contexts;
    std::vector<boost::asio::executor_work_guard<boost::asio::io_context::executor_type>> guards;
    std::vector<std::thread> running;
};

}  // namespace getty::connect::test

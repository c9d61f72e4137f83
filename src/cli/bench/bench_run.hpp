// A measurement from its first step to its last.
#pragma once

#include "cli/args/arguments.hpp"
#include "cli/bench/step_run.hpp"
#include "cli/commands.hpp"
#include "cli/interrupt.hpp"

#include <boost/asio/io_context.hpp>

#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace getty::connect::cli {

/// Steps one after the other, each with a client of its own; a signal ends the step that is on, and no other
/// begins. Belongs to this object: everything, until `run` has returned.
class bench_run {
public:
    bench_run(boost::asio::io_context& context, const arguments& wanted, console& tell, ready_options ready,
              const load::id_plan& ids);

    /// Fills in the steps. What kept one from beginning is told.
    void run(load::measurement& into);

    /// Of what was measured, without limits: what a signal, the service or a file ended it with.
    [[nodiscard]] exit_code code() const noexcept { return code_; }

private:
    void run_context();
    boost::asio::awaitable<void> session(load::measurement& into);
    void end_step(load::measurement& into);
    void tell_second(const step_progress& now);
    void stop();
    [[nodiscard]] std::string interrupted_words(const load::measurement& m) const;

    boost::asio::io_context& context_;
    console& console_;
    ready_options ready_;
    std::vector<step_plan> plan_;
    std::optional<request_log> log_;
    step_surroundings around_;
    std::unique_ptr<step_run> step_;
    std::size_t step_number_ = 0;
    bool stopped_ = false;
    std::exception_ptr broken_;
    std::optional<interrupt> interrupt_;
    exit_code code_ = exit_code::success;
};

}  // namespace getty::connect::cli

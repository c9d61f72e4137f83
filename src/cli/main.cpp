// The getty-connect tool.
#include "cli/args/arguments.hpp"
#include "cli/args/client_setup.hpp"
#include "cli/commands.hpp"
#include "cli/process_setup.hpp"
#include "cli/report/console.hpp"
#include "cli/trouble.hpp"

#include <getty/connect/result.hpp>
#include <getty/connect/version.hpp>

#include <boost/version.hpp>

#include <cstdlib>
#include <exception>
#include <string>
#include <unistd.h>
#include <variant>
#include <vector>

namespace {

using namespace getty::connect::cli;

std::string version_text() {
    return "getty-connect " + std::string(getty::connect::version) + "\nBoost " +
           std::to_string(BOOST_VERSION / 100'000) + "." + std::to_string(BOOST_VERSION / 100 % 1'000) + "." +
           std::to_string(BOOST_VERSION % 100) + "\nOpenSSL " GETTY_CONNECT_OPENSSL_VERSION "\n";
}

exit_code run(const arguments& wanted, const std::string& program, console& tell) {
    if (wanted.action != action::get && wanted.action != action::fetch) release_progress_signal();
    switch (wanted.action) {
        case action::get:
        case action::fetch:
            return run_lookups(wanted, tell);
        case action::bench:
            return run_bench(wanted, tell);
        case action::serve:
            return run_serve(wanted.serve, program, tell);
        case action::token:
            return run_token(wanted, tell);
        case action::config:
            return run_config(wanted, tell);
        case action::version:
            print_text(version_text());
    }
    return exit_code::success;
}

}  // namespace

int main(int count, char** words) {
    set_up_process();
    const char* no_colour = std::getenv("NO_COLOR");
    const bool plain = no_colour != nullptr && *no_colour != '\0';
    console tell(STDERR_FILENO, plain ? console::colour::never : console::colour::where_terminal);
    const std::vector<std::string> all(words, words + count);
    const surroundings around = surroundings_of_process();
    bool json = false;
    bool json_log = false;
    const auto adapt = [&] {
        if (json) tell.keep_messages();
        if (json_log) tell.log_json();
    };
    exit_code code = exit_code::success;
    arguments wanted;
    try {
        json = asks_for_json(all, around.variables);
        json_log = asks_for_json_log(all, around.variables);
        adapt();
        std::variant<arguments, help_text> read = read_arguments(all, around);
        if (const auto* help = std::get_if<help_text>(&read)) {
            print_text(help->text);
            return static_cast<int>(exit_code::success);
        }
        wanted = std::get<arguments>(std::move(read));
        // A configuration file may ask for it as well.
        json = wanted.summary == summary_form::json;
        json_log = wanted.report.log == log_format::json;
        adapt();
        for (const std::string& warning : wanted.warnings) tell.warning(warning);
        return static_cast<int>(run(wanted, all.front(), tell));
    } catch (const usage_error& why) {
        tell.error(with_origins(why.what(), wanted));
        code = exit_code::usage;
    } catch (const getty::connect::failure& why) {
        const bool option = why.error().value() == getty::connect::errc::invalid_option;
        tell.error(option ? with_origins(in_flags(why.error().message()), wanted) : why.error().describe());
        code = option ? exit_code::usage : exit_code::local_failure;
    } catch (const std::exception& why) {
        tell.error(why.what());
        code = exit_code::local_failure;
    }
    if (json || json_log) tell_summary_json(tell, {}, {}, code, tell.kept().errors.front());
    return static_cast<int>(code);
}

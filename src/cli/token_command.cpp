#include "cli/client_setup.hpp"
#include "cli/commands.hpp"
#include "cli/credentials.hpp"
#include "cli/files.hpp"
#include "cli/json_text.hpp"
#include "cli/narrator.hpp"
#include "cli/proxy_setting.hpp"
#include "cli/tally.hpp"
#include "cli/trouble.hpp"

#include <getty/connect/client.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <cerrno>
#include <cstdlib>
#include <fcntl.h>
#include <memory>
#include <optional>
#include <unistd.h>
#include <utility>

namespace getty::connect::cli {
namespace {

std::string_view mend(const error& why) noexcept {
    switch (why.value()) {
        case errc::credentials_rejected:
            return "check the key and the secret (GETTY_CONNECT_KEY, GETTY_CONNECT_SECRET or --credentials)";
        case errc::certificate_rejected:
            return "if the service has an authority of its own, name its certificate with --cacert FILE";
        case errc::proxy_refused:
            return "check HTTPS_PROXY or --proxy; NO_PROXY names hosts to reach without it";
        case errc::challenge_unsupported:
            return "try another --auth";
        case errc::resolve_failed:
        case errc::connect_failed:
        case errc::connect_timeout:
            return "check --base-url and the network";
        default:
            return {};
    }
}

credentials found_credentials(const std::string& file, const environment& variables, console& tell) {
    if (file.empty()) return credentials_from(variables);
    credentials_file read = read_credentials_file(file);
    if (!read.warning.empty()) tell.note("warning: " + read.warning);
    return std::move(read.found);
}

struct token_answer {
    std::optional<result<token_info>> token;
};

boost::asio::awaitable<void> ask(client& service, token_answer& answer) {
    result<token_info> got = co_await service.authenticate();
    answer.token = std::move(got);
    co_await service.close();
}

}  // namespace

void print_text(std::string_view text) {
    while (!text.empty()) {
        const ssize_t count = ::write(STDOUT_FILENO, text.data(), text.size());
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) throw local_failure("standard output: " + system_words(errno));
        text.remove_prefix(static_cast<std::size_t>(count));
    }
}

client_options ready_client_options(const arguments& wanted, console& tell) {
    const environment variables = [](const char* name) { return std::getenv(name); };
    const credentials found = found_credentials(wanted.connection.credentials_file, variables, tell);
    require_usable(found);
    // Said here in plain words; the TLS library would only say that it could not load them.
    const connection_arguments& c = wanted.connection;
    for (const std::string& path : {c.ca_file, c.certificate_file, c.private_key_file}) {
        if (!path.empty()) (void)open_file(path, O_RDONLY);
    }
    client_options options = client_options_for(wanted, found);
    use_proxy(options, proxy_from(c.proxy, variables));
    if (wanted.verbose) options.observer(std::make_shared<narrator>(tell));
    const result<void> checked = options.validate();
    if (!checked) throw usage_error(in_flags(checked.error().message()));
    return options;
}

void tell_no_token(console& tell, const error& why) {
    const bool unreachable = verdict(why) == exit_code::unreachable;
    std::string text = unreachable ? "the service was not reached: " : "authentication failed: ";
    text += why.describe();
    const std::string_view help = mend(why);
    if (!help.empty()) text += "; " + std::string(help);
    tell.error(text);
}

exit_code run_token(const arguments& wanted, console& tell) {
    boost::asio::io_context context(1);
    client service(context.get_executor(), ready_client_options(wanted, tell));
    token_answer answer;
    boost::asio::co_spawn(context, ask(service, answer), [](std::exception_ptr failed) {
        if (failed) std::rethrow_exception(failed);
    });
    context.run();
    if (!answer.token->has_value()) {
        const error& why = answer.token->error();
        tell_no_token(tell, why);
        const exit_code code = verdict(why);
        return code == exit_code::some_failed ? exit_code::authentication : code;
    }
    const auto left = answer.token->value().remaining.count();
    if (wanted.summary == summary_form::json) {
        print_text("{\"token\":true,\"remaining_seconds\":" + std::to_string(left) + "}\n");
    } else if (left == 0) {
        print_text("a fixed token is set; whether it is accepted shows with the first lookup\n");
    } else {
        print_text("the credentials work; the token is good for " + std::to_string(left) + " s\n");
    }
    return exit_code::success;
}

}  // namespace getty::connect::cli

#include "cli/args/client_setup.hpp"
#include "cli/args/credentials.hpp"
#include "cli/args/proxy_setting.hpp"
#include "cli/commands.hpp"
#include "cli/lines/files.hpp"
#include "cli/report/run_summary.hpp"
#include "cli/report/tally.hpp"
#include "cli/report/time_words.hpp"
#include "cli/trouble.hpp"
#include "core/clock.hpp"

#include <getty/connect/client.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <cstdlib>
#include <fcntl.h>
#include <memory>
#include <optional>
#include <unistd.h>
#include <utility>

namespace getty::connect::cli {
namespace {

std::string mend(const error& why, const proxy_setting& proxy) {
    const bool is_the_proxys = why.message().starts_with("the proxy ");
    switch (why.value()) {
        case errc::credentials_rejected:
            return "check the key and the secret (GETTY_CONNECT_KEY, GETTY_CONNECT_SECRET or --credentials)";
        case errc::certificate_rejected:
            return "if the service has an authority of its own, name its certificate with --cacert FILE";
        case errc::proxy_refused:
            return "check " + (proxy.source.empty() ? "HTTPS_PROXY or --proxy" : proxy.source) +
                   "; NO_PROXY names hosts to reach without it";
        case errc::challenge_unsupported:
            return "try another --auth";
        case errc::token_unavailable:
            if (why.http_status() == 404 || why.http_status() == 405) {
                return "there seems to be no token endpoint at that place: check --base-url and --token-url";
            }
            return {};
        case errc::quota_exhausted:
            return "run again when the account has requests left";
        case errc::resolve_failed:
        case errc::connect_failed:
        case errc::connect_timeout:
            if (is_the_proxys) return "check that proxy, which " + proxy.source + " sets";
            return "check --base-url and the network";
        default:
            return {};
    }
}

credentials found_credentials(const std::string& file, const environment& variables, console& tell) {
    if (file.empty()) return credentials_from(variables);
    credentials_file read = read_credentials_file(file);
    if (!read.warning.empty()) tell.warning(read.warning);
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

/// The word for JSON, and how a token came about.
struct source_words {
    std::string_view name;
    std::string_view grant;
};

source_words words_for(token_source source) {
    switch (source) {
        case token_source::fixed:
            return {"fixed", {}};
        case token_source::credentials:
            return {"client_credentials", "for the key and the secret"};
        case token_source::user:
            return {"password", "for the user's password"};
        case token_source::refresh_token:
            return {"refresh_token", "for a refresh token"};
        case token_source::none:
            break;
    }
    return {"none", {}};
}

void print_token(const token_info& token, bool json) {
    const auto left = std::to_string(token.remaining.count());
    const source_words words = words_for(token.source);
    if (json) {
        const bool is_there = token.source != token_source::none;
        print_text(std::string("{\"token\":") + (is_there ? "true" : "false") + ",\"grant\":\"" +
                   std::string(words.name) + "\",\"remaining_seconds\":" + left + "}\n");
    } else if (token.source == token_source::none) {
        print_text(
            "no token is used: there is a key and no secret; whether lookups go by the key alone shows with "
            "the "
            "first\n");
    } else if (token.source == token_source::fixed) {
        print_text("a fixed token is set; whether it is accepted shows with the first lookup\n");
    } else {
        print_text("the credentials work; the token, issued " + std::string(words.grant) + ", is good for " +
                   left + " s\n");
    }
}

}  // namespace

void print_text(std::string_view text) {
    if (const int failed = write_all(STDOUT_FILENO, text); failed != 0) {
        throw local_failure("standard output: " + system_words(failed));
    }
}

ready_options ready_client_options(const arguments& wanted, console& tell) {
    const environment variables = [](const char* name) { return std::getenv(name); };
    const credentials found = found_credentials(wanted.connection.credentials_file, variables, tell);
    require_usable(found, wanted.connection.api);
    // Said here in plain words; the TLS library would only say that it could not load them.
    const connection_arguments& c = wanted.connection;
    for (const std::string& path : {c.ca_file, c.certificate_file, c.private_key_file}) {
        if (!path.empty()) (void)open_file(path, O_RDONLY);
    }
    ready_options ready{client_options_for(wanted, found), proxy_from(c.proxy, variables), nullptr};
    use_proxy(ready.client, ready.proxy);
    const auto what = wanted.verbose ? narrator::told::everything
                      : wanted.quiet ? narrator::told::nothing
                                     : narrator::told::what_lasts;
    ready.watcher = std::make_shared<run_watcher>(tell, what);
    ready.client.observer(ready.watcher);
    const result<void> checked = ready.client.validate();
    if (!checked) throw usage_error(in_flags(checked.error().message()));
    return ready;
}

void tell_no_token(console& tell, const error& why, const proxy_setting& proxy) {
    if (const auto trouble = proxy_trouble(proxy, why)) {
        tell.error(*trouble);
        return;
    }
    std::string text;
    switch (verdict_on_end(why)) {
        case exit_code::authentication:
            text = "authentication failed: ";
            break;
        case exit_code::usage:
        case exit_code::quota:
        case exit_code::limit:
            break;
        default:
            text = verdict(why) == exit_code::unreachable && why.value() != errc::token_unavailable &&
                           why.http_status() == 0
                       ? "the service was not reached: "
                       : "the service does not serve: ";
    }
    if (why.value() == errc::token_unavailable) text.clear();
    text += why.describe();
    const std::string help = mend(why, proxy);
    if (!help.empty()) text += "; " + help;
    tell.error(text);
}

void tell_summary_json(console& tell, const client_stats& stats, std::chrono::duration<double> elapsed,
                       exit_code code, std::string reason) {
    run_snapshot last;
    last.counts.client = stats;
    last.elapsed = elapsed;
    last.at = core::wall_now();
    last.started = last.at - std::chrono::floor<std::chrono::seconds>(elapsed);
    run_result result;
    result.code = code;
    result.reason = std::move(reason);
    result.errors = tell.kept().errors;
    result.warnings = tell.kept().warnings;
    tell.object("summary", summary_members(last, result));
}

exit_code run_token(const arguments& wanted, console& tell) {
    const stopwatch watch;
    boost::asio::io_context context(1);
    ready_options ready = ready_client_options(wanted, tell);
    client service(context.get_executor(), std::move(ready.client));
    token_answer answer;
    boost::asio::co_spawn(context, ask(service, answer), [](std::exception_ptr failed) {
        if (failed) std::rethrow_exception(failed);
    });
    context.run();
    const bool json = wanted.summary == summary_form::json;
    exit_code code = exit_code::success;
    if (!answer.token->has_value()) {
        const error& why = answer.token->error();
        tell_no_token(tell, why, ready.proxy);
        code = verdict_on_start(why);
    } else {
        print_token(answer.token->value(), json);
    }
    const console::kept_messages& kept = tell.kept();
    if (json && (!kept.errors.empty() || !kept.warnings.empty())) {
        tell_summary_json(tell, service.stats(), watch.elapsed(), code,
                          kept.errors.empty() ? std::string() : kept.errors.front());
    }
    return code;
}

}  // namespace getty::connect::cli

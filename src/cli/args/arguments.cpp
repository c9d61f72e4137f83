#include "cli/args/arguments.hpp"

#include "cli/args/flags.hpp"
#include "cli/args/help.hpp"
#include "cli/trouble.hpp"
#include "core/spelling.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>

namespace getty::connect::cli {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;

void https_only(const std::string& flag, const std::string& url) {
    if (url.empty() || url.starts_with("https://")) return;
    refuse(flag, url, "must begin with https://; the service is not spoken to in the clear");
}

void add_connection(CLI::App& command, connection_arguments& to) {
    flags add(command);
    add.choice<dialect>("--api", to.api, {{"connect", dialect::connect}, {"v3", dialect::v3}},
                        "Which interface of the service, default connect\n"
                        "connect: one id a request, Digest or Bearer\n"
                        "v3: the live one, an API key and tokens of OAuth 2");
    add.text("--base-url", to.base_url, "URL",
             "Where the service is, https only\ndefault https://connect.gettyimages.com/api, v3:\n"
             "https://api.gettyimages.com/v3");
    add.text("--token-url", to.token_url, "URL",
             "Where tokens come from, https only\ndefault: the base URL and /token; v3: /oauth2/token\n"
             "there, or the live service's own");
    add.choice<auth_scheme>("--auth", to.auth,
                            {{"digest", auth_scheme::digest},
                             {"digest-token", auth_scheme::digest_token_endpoint},
                             {"bearer", auth_scheme::bearer}},
                            "How requests prove who asks, default digest; not v3\n"
                            "digest: POST key and secret, lookups by Digest\n"
                            "digest-token: token by Digest, lookups by Bearer\n"
                            "bearer: POST key and secret, lookups by Bearer");
    add.choice<digest_order>("--digest-order", to.digest_order,
                             {{"strict", digest_order::strict}, {"any", digest_order::any}},
                             "strict: one signed request at a time, for a service\n"
                             "that takes the counts of a nonce in order only\n"
                             "any (default): found out, at the cost of requests");
    add.text("--credentials", to.credentials_file, "FILE",
             "Read key, secret, user, password, token from FILE\n"
             "(NAME=VALUE lines, readable by its owner alone)\nand not from the environment");
    add.text("--cacert", to.ca_file, "FILE",
             "Trust the authorities in this PEM file\ndefault: those of the system");
    add.text("--cert", to.certificate_file, "FILE", "Client certificate (chain), PEM; needs --key");
    add.text("--key", to.private_key_file, "FILE",
             "Private key of --cert, PEM; where it is encrypted,\n"
             "GETTY_CONNECT_CERT_KEY_PASSWORD opens it");
    add.text("--proxy", to.proxy, "URL",
             "HTTP proxy to tunnel through, http://HOST:PORT, or\nnone; default: the variable HTTPS_PROXY, "
             "if set.\n"
             "NO_PROXY names hosts to reach without it");
    add.duration("--timeout", to.timeout, milliseconds(1), hours(24),
                 "Longest time for one id, all tries included");
    add.duration("--attempt-timeout", to.attempt_timeout, milliseconds(1), hours(24),
                 "Longest time for one request on the wire");
    add.duration("--connect-timeout", to.connect_timeout, milliseconds(1), hours(1),
                 "Longest time to open one connection, TLS included");
    add.number<unsigned>("--retries", to.retries, 0, 99, "Further tries of an id after the first",
                         "default 3");
}

void add_report(CLI::App& command, arguments& to) {
    flags add(command);
    add.on(
        "--json", [&to] { to.summary = summary_form::json; },
        "Summary on standard error as one JSON object,\nerrors inside; no progress");
    add.on("-q,--quiet", [&to] { to.quiet = true; }, "No progress and no summary; errors are still told");
    add.on(
        "-v,--verbose", [&to] { to.verbose = true; },
        "Tell about connections, tokens and retries on\nstandard error; secrets are never shown");
}

/// What both commands that look up tell.
void add_log(CLI::App& command, report_arguments& to) {
    flags add(command);
    add.choice<log_format>("--log-format", to.log, {{"text", log_format::text}, {"json", log_format::json}},
                           "text (default), or json: every line on standard\n"
                           "error is a JSON object with time and level, the\nsummary the last");
    add.text("--summary", to.summary_file, "FILE",
             "Write the summary of --json to FILE when the run\nends, in one step");
}

/// And what is told of a run while it runs.
void add_watch(CLI::App& command, report_arguments& to) {
    add_log(command, to);
    flags add(command);
    add.duration_or_off("--progress", to.progress, to.progress_period, std::chrono::seconds(1), hours(24),
                        "A line of progress so often where standard error is\n"
                        "no terminal; off: none, also none that is redrawn");
    add.text("--metrics-file", to.metrics_file, "FILE",
             "Write metrics for Prometheus to FILE every 15 s and\n"
             "at the end, in one step; for node_exporter: X.prom");
}

void add_lookup(CLI::App& command, arguments& all) {
    lookup_arguments& to = all.lookup;
    flags add(command);
    add.number<std::size_t>("--concurrency", to.concurrency, 1, 65'535, "Requests under way at a time",
                            "leave it out for 64, v3: 8");
    add.number<std::size_t>("--ids-per-request", to.ids_per_request, 1, 100, "v3: ids in one request",
                            "default 100");
    add.list("--fields", to.fields,
             "v3: members of an image to ask for, with commas:\n"
             "title,keywords,display_set; id always comes\ndefault: all but download sizes");
    add.on(
        "--adaptive", [&to] { to.adapts = concurrency::adaptive; },
        "Fewer than --concurrency where the service would\nonly queue them");
    add.number<std::size_t>("--connections", to.connections, 1, 65'535, "Connections to the service at most",
                            "leave it out for that of --concurrency");
    add.number<std::size_t>("--pipeline", to.depth, 1, 64,
                            "Requests under way on one connection, for a service\n"
                            "known to answer in order; divides --connections",
                            "default 1");
    add.rate("--rate", to.rate, "requests",
             "Requests per second at most\n0.001 to 1,000,000, default: no limit");
    add.rate("--rate-ids", to.rate_ids, "ids",
             "Ids per second at most, as well\n0.001 to 1,000,000, default: no limit");
    add.number<std::uint32_t>("--burst", to.burst, 1, 1'000'000,
                              "Requests that may go at once after a pause; needs\n--rate", "default 1");
    add.duration(
        "--max-outage", to.max_outage, milliseconds(0), hours(168),
        "10m, and none\nbefore anything has worked",
        "Sit out an outage (name, network, TLS, token, or\n5xx to all) for so long; no id loses a try");
    add.duration("--max-pause", to.max_pause, std::chrono::seconds(1), hours(168),
                 "Longest pause that the service may ask for (429, or\n503 with Retry-After)");
    add.on(
        "--hedge", [&to] { to.hedging = hedging::after_p95; },
        "Ask once more for an id whose answer takes longer\nthan 95 of 100; the first answer counts");
    add.on("--compressed", [&to] { to.compression = compression::gzip; }, "Ask for answers packed with gzip");
    add.on(
        "--follow-redirects", [&to] { to.redirects = redirects::same_origin; },
        "Follow redirects within the service's host and port");
    add.text("--language", to.language, "TAG", "Language of the texts, such as de or fr-FR\ndefault: en-us");
    add.text("--coordination-id", to.coordination_id, "ID", "Sent along for the service's own logs");
    add.choice<output_format>("--format", to.format,
                              {{"ndjson", output_format::ndjson}, {"raw", output_format::raw}},
                              "ndjson (default): {\"id\":…,\"image\":…} or\n"
                              "{\"id\":…,\"error\":…}, one line each\n"
                              "raw: the image objects alone; failures as messages");
    add.on(
        "--ordered", [&to] { to.order = order::as_input; },
        "Output in the order of the input; default: as the\nanswers come");
    add.text("-o,--output", to.output_file, "FILE",
             "Write to FILE, emptied when the first id is done\ndefault: standard output");
    add.text("--errors", to.errors_file, "FILE",
             "Write failed ids to FILE, emptied as that of\n--output, as ndjson that a later fetch reads\n"
             "default: see --format");
    add_connection(command, all.connection);
    add_report(command, all);
}

void add_serve(CLI::App& command, serve_arguments& to) {
    flags add(command);
    add.text("--address", to.address, "IP", "Address to listen on, default 127.0.0.1");
    add.number<std::uint16_t>("--port", to.port, 0, 65'535, "Port to listen on", "default 0: any free one");
    add.on(
        "--allow-remote", [&to] { to.allow_remote = true; },
        "Permit an address that other machines can reach");
    add.choice<std::string>(
        "--auth", to.scheme,
        {{"digest", "digest"}, {"digest-token", "digest-token"}, {"bearer", "bearer"}, {"none", "none"}},
        "What lookups must prove, default digest");
    command
        .add_option_function<std::string>(
            "--key", [&to](const std::string& value) { to.key = value; },
            "Application key to accept\ndefault: GETTY_CONNECT_KEY, else sandbox-key")
        ->type_name("KEY");
    add.duration("--token-lifetime", to.token_lifetime, milliseconds(1), hours(24), "Life of a token");
    add.duration("--nonce-lifetime", to.nonce_lifetime, milliseconds(1), hours(24), "Life of a Digest nonce");
    add.duration("--latency", to.latency, milliseconds(0), std::chrono::minutes(10),
                 "Wait before every answer");
    add.rate("--max-rate", to.max_rate, "lookups",
             "Answer 429 beyond so many lookups per second\n0.001 to 1,000,000, default: no limit");
    add.texts("--fault", to.faults, "SPEC", "Do harm to answers, see below; once for each fault");
    add.texts("--v3", to.v3_rules, "NAME=VALUE", "Change how v3 behaves, see below; once for each");
    add.number<std::uint64_t>("--seed", to.seed, 0, 1'000'000'000,
                              "Draws other faults, and the same tokens and nonces\nin each run",
                              "default: faults as with 0");
    add.text("--catalogue", to.catalogue_file, "FILE",
             "Serve the images of this NDJSON file and no others\ndefault: made-up ones");
    add.text("--ca-file", to.ca_file, "FILE",
             "Write the authority's certificate (PEM) to FILE\ndefault: a temporary file");
    add.text("--ready-file", to.ready_file, "FILE", "Write the base URL to FILE once it listens");
    add.text("--request-log", to.request_log, "FILE", "Append a line of JSON for each lookup and id");
}

std::string known_flag(std::string name) { return name.substr(0, name.find('=')); }

constexpr std::pair<std::string_view, std::string_view> credential_flags[] = {
    {"--secret", "GETTY_CONNECT_SECRET"},          {"--user", "GETTY_CONNECT_USER"},
    {"--password", "GETTY_CONNECT_PASSWORD"},      {"--token", "GETTY_CONNECT_TOKEN"},
    {"--pass", "GETTY_CONNECT_CERT_KEY_PASSWORD"},
};

// Throws for what no flag or argument of the command takes.
void refuse_surplus(const CLI::App& command) {
    std::vector<std::string> surplus = command.remaining();
    std::erase(surplus, "--");  // which only tells that no flags follow
    if (surplus.empty()) return;
    const std::string flag = known_flag(surplus.front());
    const std::string help = "; see: getty-connect " + command.get_name() + " --help";
    for (const auto& [name, variable] : credential_flags) {
        if (flag != name) continue;
        throw usage_error(flag +
                          ": credentials are not taken from the command line, which every user of this "
                          "machine can read; set " +
                          std::string(variable) + " or use --credentials FILE");
    }
    if (!flag.starts_with('-')) throw usage_error(flag + ": one argument too many" + help);
    std::vector<std::string> names;
    for (const CLI::Option* option : command.get_options()) {
        for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
    }
    const std::string meant(core::nearest(flag, names));
    throw usage_error(flag + ": no such flag" + (meant.empty() ? "" : "; did you mean " + meant + "?") +
                      help);
}

void check_together(const arguments& read) {
    const connection_arguments& c = read.connection;
    https_only("--base-url", c.base_url);
    https_only("--token-url", c.token_url);
    if (c.certificate_file.empty() != c.private_key_file.empty()) {
        throw usage_error(std::string(c.certificate_file.empty() ? "--key" : "--cert") +
                          ": a client certificate and its key go together; add " +
                          (c.certificate_file.empty() ? "--cert" : "--key"));
    }
    const lookup_arguments& l = read.lookup;
    const bool v3 = c.api == dialect::v3;
    const auto means_nothing = [v3](const char* flag, bool given, const char* mend) {
        if (!given) return;
        throw usage_error(std::string(flag) + ": means nothing with --api " + (v3 ? "v3" : "connect") + "; " +
                          mend);
    };
    constexpr const char* leave_out = "leave it out";
    constexpr const char* add_v3 = "leave it out or add --api v3";
    means_nothing("--ids-per-request", !v3 && l.ids_per_request.has_value(), add_v3);
    means_nothing("--fields", !v3 && !l.fields.empty(), add_v3);
    means_nothing("--auth", v3 && c.auth.has_value(), leave_out);
    means_nothing("--digest-order", v3 && c.digest_order != connect::digest_order::any, leave_out);
    means_nothing("--hedge", v3 && l.hedging != hedging::off, leave_out);
    means_nothing("--coordination-id", v3 && !l.coordination_id.empty(), leave_out);
    if (l.burst != 1 && l.rate == 0) {
        refuse("--burst", std::to_string(l.burst), "means nothing without a limit; add --rate");
    }
}

}  // namespace

bool asks_for_json(const std::vector<std::string>& words) {
    const auto end = std::find(words.begin(), words.end(), "--");
    return std::find(words.begin(), end, "--json") != end;
}

bool asks_for_json_log(const std::vector<std::string>& words) {
    const auto end = std::find(words.begin(), words.end(), "--");
    bool json = false;
    for (auto word = words.begin(); word != end; ++word) {  // the last one counts
        const bool two = *word == "--log-format" && word + 1 != end;
        if (two) json = *(word + 1) == "json";
        if (word->starts_with("--log-format=")) json = *word == "--log-format=json";
    }
    return json;
}

std::variant<arguments, help_text> read_arguments(const std::vector<std::string>& words) {
    arguments read;
    CLI::App app(help::about, "getty-connect");
    app.get_formatter()->column_width(29);
    app.footer(help::main_footer);
    app.require_subcommand(1);
    app.allow_extras();
    bool version = false;
    app.add_flag_function("--version", [&version](std::int64_t) { version = true; }, "Print the version");

    const auto command = [&app](const char* name, const char* about, const char* footer) {
        CLI::App* added = app.add_subcommand(name, about);
        added->footer(footer);
        added->allow_extras();
        return added;
    };
    CLI::App* get = command("get", help::get, help::get_footer);
    get->add_option("ID", read.lookup.ids, "Ids of images")->required()->type_name("");
    add_lookup(*get, read);
    add_log(*get, read.report);
    CLI::App* fetch = command("fetch", help::fetch, help::fetch_footer);
    fetch->add_option("FILE", read.lookup.input, "One id a line; - (default): standard input")->type_name("");
    add_lookup(*fetch, read);
    add_watch(*fetch, read.report);
    CLI::App* serve = command("serve", help::serve, help::serve_footer);
    add_serve(*serve, read.serve);
    CLI::App* token = command("token", help::token, help::token_footer);
    add_connection(*token, read.connection);
    add_report(*token, read);
    CLI::App* about = command("version", help::version, "");

    std::vector<const char*> argv;
    for (const std::string& word : words) argv.push_back(word.c_str());
    try {
        app.parse(static_cast<int>(argv.size()), argv.data());
    } catch (const CLI::CallForHelp&) {
        for (CLI::App* one : app.get_subcommands()) return help_text{one->help("getty-connect")};
        return help_text{app.help()};
    } catch (const CLI::ParseError& why) {
        if (version) return read;
        for (CLI::App* one : app.get_subcommands()) {
            refuse_surplus(*one);
            throw usage_error(std::string(why.what()) + "; see: getty-connect " + one->get_name() +
                              " --help");
        }
        const std::vector<std::string> surplus = app.remaining();
        if (surplus.empty()) throw usage_error("what to do is missing; see: getty-connect --help");
        constexpr std::string_view commands[] = {"get", "fetch", "serve", "token", "version"};
        const std::string meant(core::nearest(surplus.front(), commands));
        throw usage_error(known_flag(surplus.front()) + ": no such command" +
                          (meant.empty() ? "" : "; did you mean " + meant + "?") +
                          "; see: getty-connect --help");
    }
    for (const CLI::App* one : app.get_subcommands()) refuse_surplus(*one);
    if (get->parsed()) read.action = action::get;
    if (fetch->parsed()) read.action = action::fetch;
    if (serve->parsed()) read.action = action::serve;
    if (token->parsed()) read.action = action::token;
    if (about->parsed() || version) read.action = action::version;
    if (read.quiet && read.summary == summary_form::text) read.summary = summary_form::none;
    check_together(read);
    return read;
}

}  // namespace getty::connect::cli

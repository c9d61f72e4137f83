#include "cli/args/arguments.hpp"

#include "cli/args/flags.hpp"
#include "cli/args/help.hpp"
#include "cli/args/known_commands.hpp"
#include "cli/bench/bench_flags.hpp"
#include "cli/trouble.hpp"
#include "ingest/sink/journal_file.hpp"

#include <algorithm>

namespace getty::connect::cli {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;

void https_only(const std::string& flag, const std::string& url) {
    if (url.empty() || url.starts_with("https://")) return;
    refuse(flag, shown_address(url), "must begin with https://; the service is not spoken to in the clear");
}

void add_connection(sub_command& command, connection_arguments& to) {
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
             "GETTY_CONNECT_CERT_KEY_PASSWORD opens it")
        // The names without "cert" are those of an application's key.
        .known_as("GETTY_CONNECT_CERT_KEY", "cert-key");
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
}

void add_retries(sub_command& command, connection_arguments& to) {
    flags(command).number<unsigned>("--retries", to.retries, 0, 99, "Further tries of an id after the first",
                                    "default 3");
}

void add_report(sub_command& command, arguments& to) {
    flags add(command);
    add.on(
        "--json", [&to] { to.summary = summary_form::json; },
        "Summary on standard error as one JSON object,\nerrors inside; no progress\n"
        "(of bench, --json takes a file)");
    add.on("-q,--quiet", [&to] { to.quiet = true; }, "No progress and no summary; errors are still told");
    add.on(
        "-v,--verbose", [&to] { to.verbose = true; },
        "Tell about connections, tokens and retries on\nstandard error; secrets are never shown");
}

/// What both commands that look up tell.
void add_log(sub_command& command, report_arguments& to) {
    flags add(command);
    add.choice<log_format>("--log-format", to.log, {{"text", log_format::text}, {"json", log_format::json}},
                           "text (default), or json: every line on standard\n"
                           "error is a JSON object with time and level, the\nsummary the last");
    add.text("--summary", to.summary_file, "FILE",
             "Write the summary of --json to FILE when the run\nends, in one step");
}

/// And what is told of a run while it runs.
void add_watch(sub_command& command, report_arguments& to) {
    add_log(command, to);
    flags add(command);
    add.duration_or_off("--progress", to.progress, to.progress_period, std::chrono::seconds(1), hours(24),
                        "A line of progress so often where standard error is\n"
                        "no terminal; off: none, also none that is redrawn");
    add.text("--metrics-file", to.metrics_file, "FILE",
             "Write metrics for Prometheus to FILE every 15 s and\n"
             "at the end, in one step; for node_exporter: X.prom");
}

/// What becomes of files that hold something.
void exists(job_arguments& to, ingest::existing what) {
    if (to.if_existing != ingest::existing::refused && to.if_existing != what) {
        throw usage_error("--resume goes on with a file, and --overwrite empties it; leave out one of them");
    }
    to.if_existing = what;
}

void add_lookup(sub_command& command, arguments& all) {
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
    add.choice<output_format>(
        "--format", to.format,
        {{"ndjson", output_format::ndjson}, {"raw", output_format::raw}, {"csv", output_format::csv}},
        "ndjson (default): {\"id\":…,\"image\":…} or\n"
        "{\"id\":…,\"error\":…}, one line each\n"
        "raw: the image objects alone; failures as messages\n"
        "csv: a row for each image, with --columns; the\n"
        "default where --output ends with .csv");
    add.list("--columns", to.columns,
             "Parts of an image for csv and ndjson, with commas:\n"
             "id,Title,Keywords.Text; a dot leads into objects\nand arrays");
    add.choice<ingest::array_form>(
        "--arrays", to.arrays, {{"joined", ingest::array_form::joined}, {"json", ingest::array_form::json}},
        "Arrays in a field of csv: joined with \"; \", the\ndefault, or as JSON");
    add.on(
        "--with-meta", [&to] { to.with_meta = true; },
        "Each line of ndjson tells when its outcome was\nthere, how long it took, and the requests for it");
    add.on(
        "--ordered", [&to] { to.order = order::as_input; },
        "Output in the order of the input; default: as the\nanswers come");
    add.text("-o,--output", to.output_file, "FILE",
             "Write to FILE, default: standard output\n"
             "FILE.gz and FILE.zst are packed, FILE.csv is a\n"
             "table, FILE.sqlite a database, and a name such as\n"
             "images-%05d.ndjson.zst a series of files");
    add.text("--errors", to.errors_file, "FILE",
             "Write failed ids to FILE, as ndjson that a later\nfetch reads; default: see --format");
    add.on(
           "--overwrite", [&to] { exists(to.job, ingest::existing::overwritten); },
           "Empty files of --output and --errors that hold\n"
           "something, when the first id is done; default: they\nare refused")
        .contradicts("--resume");
    add_connection(command, all.connection);
    add_retries(command, all.connection);
    add_report(command, all);
}

/// "10" or "5%".
void read_failure_limit(const given_value& given, job_arguments& to) {
    const std::string mend = "or a percentage such as 5%; leave it out for no limit";
    to.max_failures.reset();
    to.max_failed_percent.reset();
    if (given.value.ends_with('%')) {
        const given_value number{given.value.substr(0, given.value.size() - 1), given.at};
        to.max_failed_percent = static_cast<unsigned>(whole_number(number, 0, 100, "with a % behind it"));
    } else {
        to.max_failures = whole_number(given, 0, 1'000'000'000'000, mend);
    }
}

void read_sync(const given_value& given, job_arguments& to) {
    if (given.value == "never" || given.value == "end") {
        to.sync = given.value == "never" ? ingest::sync_when::never : ingest::sync_when::end;
        return;
    }
    to.sync = ingest::sync_when::every;
    try {
        to.sync_period = parse_duration(given.value, milliseconds(10), hours(24));
    } catch (const usage_error& why) {
        refuse(given, std::string(why.what()) + ", or never, or end");
    }
}

/// Names of conditions, with commas between them.
void read_accepted(const given_value& given, job_arguments& to) {
    std::vector<std::string> names;
    for (int kind = static_cast<int>(condition::timeout); kind <= static_cast<int>(condition::internal);
         ++kind) {
        names.emplace_back(to_string(static_cast<condition>(kind)));
    }
    for (const std::string& one : split_list(given)) {
        const auto found = std::ranges::find(names, one);
        if (found == names.end()) {
            std::string all;
            for (const std::string& name : names) all += (all.empty() ? "" : ", ") + name;
            refuse(given, "\"" + one + "\" is none of " + all);
        }
        to.accepted.push_back(static_cast<condition>(found - names.begin() + 1));
    }
}

void add_input(sub_command& command, lookup_arguments& to) {
    flags add(command);
    using format = ingest::input_format;
    add.choice_of<format>(
        "--input-format",
        {{"lines", format::lines}, {"csv", format::csv}, {"tsv", format::tsv}, {"ndjson", format::ndjson}},
        [&to](format wanted) { to.input.format(wanted); },
        "What the input is; default: by its name (.csv,\n.tsv, .ndjson, with .gz or .zst behind it), "
        "else\nlines");
    add.read("--id-column", "NAME|N",
             "Of csv and tsv: the column by its name in the\n"
             "header, or by number from 1 in a file without one\n"
             "default: id, image_id, ImageId, or the only one",
             [&to](const given_value& given) { to.input.id_column(given.value); });
    add.read("--id-field", "PATH",
             "Of ndjson: the member that is the id, asset.id\n"
             "within an object; default: id or ImageId",
             [&to](const given_value& given) { to.input.id_field(given.value); });
    add.on(
        "--unique", [&to] { to.input.repeated(ingest::repeats::dropped); },
        "Look up an id once that stands in the input several\ntimes");
    add.on(
        "--dry-run", [&to] { to.job.dry_run = true; },
        "Read the input, ask nothing: tell how many ids it\nhas, and how long they take at --rate");
}

void add_job(sub_command& command, lookup_arguments& all) {
    job_arguments& to = all.job;
    flags add(command);
    add.on(
           "--resume", [&to] { exists(to, ingest::existing::resumed); },
           "Go on with the files of --output and --errors: ids\nthat have their line there are not asked "
           "again")
        .contradicts("--overwrite");
    using retry = ingest::retry_failed;
    add.choice<retry>("--retry-failed", to.retry,
                      {{"all", retry::all}, {"transient", retry::transient}, {"none", retry::none}},
                      "With --resume: which failures of earlier runs are\n"
                      "asked again, default transient: all but not_found\nand invalid_input");
    add.read("--sync", "never|end|DURATION", "When files are made durable (fsync), default 5s",
             [&to](const given_value& given) { read_sync(given, to); });
    add.number<std::uint64_t>("--lines-per-file", all.lines_per_file, 1, 1'000'000'000,
                              "Of a series: lines of each file", "default 100,000");
    add.read("--accept", "KINDS",
             "Failures of these kinds count as successes, with\ncommas: not_found,timeout; see \"kind\" in "
             "the output",
             [&to](const given_value& given) { read_accepted(given, to); });
    add.read(
           "--max-failures", "N|P%",
           "Stop after more than N failures, or when more than\nP percent failed, counted from 1,000 ids on",
           [&to](const given_value& given) { read_failure_limit(given, to); })
        .contradicts("--fail-early");
    add.on(
           "--fail-early", [&to] { to.max_failures = 0; }, "Stop at the first failure")
        .contradicts("--max-failures");
    add.duration("--max-time", to.max_time, std::chrono::seconds(1), hours(8760), "no limit",
                 "Take no further ids after so long");
    add.number<std::uint64_t>("--max-requests", to.max_requests, 1, 1'000'000'000'000,
                              "Take no further ids after so many requests", "default: no limit");
}

void add_serve(sub_command& command, serve_arguments& to) {
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
    // As for the commands that call the service, its variable is that of credentials.
    add.text("--key", to.key, "KEY",
             "Application key to accept\ndefault: GETTY_CONNECT_KEY, else sandbox-key")
        .known_as("", "");
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

void add_configuration(sub_command& to, config_sources& from) {
    flags add(to);
    add.text("--config", from.file, "FILE",
             "Take flags from FILE, too; it goes before the files\n"
             "~/.config/getty-connect/config and\n/etc/getty-connect.conf, and after variables")
        .known_as("GETTY_CONNECT_CONFIG", "");
    add.on(
           "--no-config", [&from] { from.none_else = true; }, "Read no file but that of --config")
        .known_as("GETTY_CONNECT_NO_CONFIG", "");
}

/// For a flag that means nothing beside the others: refuses it as `why` says, or takes `unset` for it where
/// it was given for other runs as well as this one.
template <class Value>
void set_aside(arguments& read, const char* flag, Value& value, const Value& unset, const std::string& why) {
    if (value == unset) return;
    if (!read.is_from_elsewhere(flag)) throw usage_error(flag + why);
    value = unset;
}

/// What is written, and whether it can be gone on with.
void check_output(arguments& read) {
    lookup_arguments& l = read.lookup;
    if (l.output_file == "-" || l.output_file == "/dev/stdout") l.output_file.clear();
    for (const auto& [flag, path] : {std::pair("--errors", l.errors_file),
                                     {"--summary", read.report.summary_file},
                                     {"--metrics-file", read.report.metrics_file}}) {
        if (path == "-") throw usage_error(std::string(flag) + " -: name a file; one of this name is ./-");
    }
    const bool resumes = l.job.if_existing == ingest::existing::resumed;
    if (resumes && l.output_file.empty()) {
        throw usage_error("--resume: standard output cannot be gone on with; name a file with --output");
    }
    if (resumes && !has_place_for_failures(l)) {
        throw usage_error(
            std::string("--resume: ") + (is_table(l) ? "a table" : "--format raw") +
            " has no place for failures, so nobody would know which ids have failed; name a file "
            "with --errors");
    }
    if (!resumes) {
        set_aside(read, "--retry-failed", l.job.retry, {},
                  ": means nothing without --resume; add it, or leave this out");
    }
    if (is_table(l) && l.columns.empty()) {
        throw usage_error(
            "--columns: a table has columns, and none are named; add for example --columns "
            "id,Title");
    }
    if (l.format == output_format::raw) {
        set_aside(read, "--columns", l.columns, {},
                  ": --format raw is the image as it is; leave out one of them");
    }
    if (l.format == output_format::raw || is_table(l)) {
        set_aside(read, "--with-meta", l.with_meta, false, ": is for ndjson; leave it out");
    }
}

void check_interface(arguments& read) {
    connection_arguments& c = read.connection;
    lookup_arguments& l = read.lookup;
    const bool v3 = c.api == dialect::v3;
    const std::string why = std::string(": means nothing with --api ") + (v3 ? "v3" : "connect") +
                            "; leave it out" + (v3 ? "" : " or add --api v3");
    if (v3) {
        set_aside(read, "--auth", c.auth, {}, why);
        set_aside(read, "--digest-order", c.digest_order, connect::digest_order::any, why);
        set_aside(read, "--hedge", l.hedging, hedging::off, why);
        set_aside(read, "--coordination-id", l.coordination_id, {}, why);
    } else {
        set_aside(read, "--ids-per-request", l.ids_per_request, {}, why);
        set_aside(read, "--fields", l.fields, {}, why);
    }
}

}  // namespace

bool is_table(const lookup_arguments& l) {
    return l.format == output_format::csv || (l.format == output_format::ndjson &&
                                              ingest::form_by_name(l.output_file) == ingest::sink_form::csv);
}

bool has_place_for_failures(const lookup_arguments& l) {
    return !l.errors_file.empty() || (l.format == output_format::ndjson && !is_table(l));
}

void check_together(arguments& read) {
    const connection_arguments& c = read.connection;
    https_only("--base-url", c.base_url);
    https_only("--token-url", c.token_url);
    if (c.certificate_file.empty() != c.private_key_file.empty()) {
        throw usage_error(std::string(c.certificate_file.empty() ? "--key" : "--cert") +
                          ": a client certificate and its key go together; add " +
                          (c.certificate_file.empty() ? "--cert" : "--key"));
    }
    if (read.action == action::bench) check_bench(read);
    check_interface(read);
    check_output(read);
    lookup_arguments& l = read.lookup;
    if (l.rate == 0) {
        set_aside(read, "--burst", l.burst, 1U,
                  " " + std::to_string(l.burst) + ": means nothing without a limit; add --rate");
    }
}

std::unique_ptr<command_set> known_commands(arguments& read) {
    auto all = std::make_unique<command_set>(help::about, help_footer(help::main()));
    sub_command& get = all->add("get", help::get());
    all->add_arguments(get, "ID", "Ids of images", read.lookup.ids, argument_need::required);
    add_lookup(get, read);
    add_log(get, read.report);
    sub_command& fetch = all->add("fetch", help::fetch());
    all->add_arguments(fetch, "FILE", "Files of ids, one after the other; - (default):\nstandard input",
                       read.lookup.inputs, argument_need::optional);
    add_input(fetch, read.lookup);
    add_job(fetch, read.lookup);
    add_lookup(fetch, read);
    add_watch(fetch, read.report);
    sub_command& bench = all->add("bench", help::bench());
    all->add_arguments(bench, "FILE",
                       "A file of ids, or what to do with measurements:\ncompare OLD NEW, "
                       "report FILE",
                       read.bench.words, argument_need::optional);
    add_bench(bench, read.bench);
    add_connection(bench, read.connection);
    sub_command& serve = all->add("serve", help::serve());
    // Names such as --auth and --key mean something else there than where the service is called.
    serve.prefix = "SERVE_";
    serve.shares_settings = false;
    add_serve(serve, read.serve);
    sub_command& token = all->add("token", help::token());
    add_connection(token, read.connection);
    add_retries(token, read.connection);
    add_report(token, read);
    sub_command& config = all->add("config", help::config());
    all->add_argument(config, "COMMAND", "Whose flags; default: what is set, of all commands",
                      read.config.command);
    flags(config)
        .on(
            "--json", [&read] { read.summary = summary_form::json; }, "As one JSON object")
        .known_as("GETTY_CONNECT_JSON", "");
    for (sub_command* one : {&get, &fetch, &bench, &serve, &token, &config})
        add_configuration(*one, read.sources);
    all->add("version", help::version());
    return all;
}

}  // namespace getty::connect::cli

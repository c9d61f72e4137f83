#include "cli/args/arguments.hpp"

#include "cli/trouble.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace getty::connect;
using namespace getty::connect::cli;
using namespace std::chrono_literals;

namespace {

using words = std::vector<std::string>;

arguments read(words rest) {
    rest.insert(rest.begin(), "getty-connect");
    return std::get<arguments>(read_arguments(rest));
}

std::string help(words rest) {
    rest.insert(rest.begin(), "getty-connect");
    return std::get<help_text>(read_arguments(rest)).text;
}

std::string refusal(words rest) {
    try {
        (void)read(std::move(rest));
    } catch (const usage_error& why) {
        return why.what();
    }
    return "accepted";
}

}  // namespace

TEST_CASE("arguments: get takes ids, fetch a file or standard input") {
    const arguments get = read({"get", "83454800", "200261415-001", "--language", "de"});
    CHECK(get.action == action::get);
    CHECK(get.lookup.ids == words{"83454800", "200261415-001"});
    CHECK(get.lookup.language == "de");
    CHECK(read({"fetch"}).lookup.inputs.empty());
    CHECK(read({"fetch", "-"}).lookup.inputs == words{"-"});
    CHECK(read({"fetch", "--ordered", "a.csv", "b.csv.gz"}).lookup.inputs == words{"a.csv", "b.csv.gz"});
    CHECK(read({"get", "--", "-1"}).lookup.ids == words{"-1"});
}

TEST_CASE("arguments: every flag of a job arrives") {
    const arguments all = read({"fetch",
                                "f",
                                "--input-format",
                                "tsv",
                                "--id-column",
                                "asset",
                                "--id-field",
                                "a.id",
                                "--unique",
                                "--dry-run",
                                "--resume",
                                "--retry-failed",
                                "all",
                                "--sync",
                                "250ms",
                                "--lines-per-file",
                                "7",
                                "--accept",
                                "not_found,timeout,rejected",
                                "--max-failures",
                                "12",
                                "--max-time",
                                "3h",
                                "--max-requests",
                                "99",
                                "--columns",
                                "id,Keywords.Text",
                                "--arrays",
                                "json",
                                "-o",
                                "x.csv.gz",
                                "--errors",
                                "e"});
    const lookup_arguments& l = all.lookup;
    CHECK(l.input.format() == ingest::input_format::tsv);
    CHECK(l.input.id_column() == "asset");
    CHECK(l.input.id_field() == "a.id");
    CHECK(l.input.repeated() == ingest::repeats::dropped);
    CHECK(l.job.dry_run);
    CHECK(l.job.if_existing == ingest::existing::resumed);
    CHECK(l.job.retry == ingest::retry_failed::all);
    CHECK(l.job.sync == ingest::sync_when::every);
    CHECK(l.job.sync_period == 250ms);
    CHECK(l.lines_per_file == 7U);
    CHECK(l.job.accepted == std::vector{condition::not_found, condition::timeout, condition::rejected});
    CHECK(l.job.max_failures == 12U);
    CHECK(!l.job.max_failed_percent);
    CHECK(l.job.max_time == 3h);
    CHECK(l.job.max_requests == 99);
    CHECK(l.columns == words{"id", "Keywords.Text"});
    CHECK(l.arrays == ingest::array_form::json);
    CHECK(is_table(l));
    CHECK(read({"fetch", "--max-failures", "5%"}).lookup.job.max_failed_percent == 5U);
    CHECK(!read({"fetch", "--max-failures", "5%", "--fail-early"}).lookup.job.max_failures.value_or(1));
    CHECK(read({"fetch", "--sync", "never"}).lookup.job.sync == ingest::sync_when::never);
    CHECK(read({"fetch", "--sync", "end"}).lookup.job.sync == ingest::sync_when::end);
    CHECK(read({"fetch", "--with-meta"}).lookup.with_meta);
    CHECK(read({"get", "1", "--overwrite"}).lookup.job.if_existing == ingest::existing::overwritten);
    CHECK(all.words.at(1) == "fetch");
}

TEST_CASE("arguments: flags of a job that cannot work are refused with the mend") {
    CHECK(refusal({"fetch", "--resume"}) ==
          "--resume: standard output cannot be gone on with; name a file with --output");
    CHECK(refusal({"fetch", "--resume", "-o", "x", "--format", "raw"}).find("name a file with --errors") !=
          std::string::npos);
    CHECK(refusal({"fetch", "--resume", "-o", "x.csv.zst", "--columns", "id"})
              .starts_with("--resume: a table"));
    CHECK(refusal({"fetch", "-o", "x.csv"}).find("add for example --columns id,Title") != std::string::npos);
    CHECK(refusal({"fetch", "--format", "raw", "--columns", "id"}).starts_with("--columns: --format raw"));
    CHECK(refusal({"fetch", "--retry-failed", "all"}).find("without --resume") != std::string::npos);
    CHECK(refusal({"fetch", "--with-meta", "--format", "raw"}) == "--with-meta: is for ndjson; leave it out");
    CHECK(refusal({"fetch", "--resume", "--overwrite", "-o", "x"}).find("--overwrite") != std::string::npos);
    CHECK(
        refusal({"fetch", "--max-failures", "5,%"}).starts_with("--max-failures 5,: must be a whole number"));
    CHECK(refusal({"fetch", "--max-failures", "101%"}).find("between 0 and 100") != std::string::npos);
    CHECK(refusal({"fetch", "--sync", "sometimes"}).find("or never, or end") != std::string::npos);
    CHECK(refusal({"fetch", "--accept", "notfound"}).find("none of timeout, canceled") != std::string::npos);
    CHECK(refusal({"get", "1", "--resume"}).find("no such flag") != std::string::npos);
}

TEST_CASE("arguments: every flag of a lookup arrives") {
    const arguments all = read({"fetch",
                                "f",
                                "--concurrency",
                                "65535",
                                "--connections",
                                "7",
                                "--pipeline",
                                "16",
                                "--adaptive",
                                "--hedge",
                                "--rate",
                                "12.5",
                                "--burst",
                                "9",
                                "--retries",
                                "0",
                                "--timeout",
                                "2m",
                                "--attempt-timeout",
                                "7s",
                                "--connect-timeout",
                                "500ms",
                                "--cacert",
                                "ca",
                                "--cert",
                                "c",
                                "--key",
                                "k",
                                "--base-url",
                                "https://a",
                                "--token-url",
                                "https://b",
                                "--language",
                                "fr",
                                "--coordination-id",
                                "x1",
                                "--auth",
                                "digest-token",
                                "--digest-order",
                                "strict",
                                "--credentials",
                                "cr",
                                "--format",
                                "raw",
                                "--ordered",
                                "--errors",
                                "e",
                                "--output",
                                "o",
                                "--json",
                                "-v"});
    CHECK(all.lookup.concurrency == 65'535);
    CHECK(all.lookup.connections == 7);
    CHECK(all.lookup.adapts == concurrency::adaptive);
    CHECK(all.lookup.depth == 16);
    CHECK(all.lookup.hedging == hedging::after_p95);
    CHECK(all.lookup.rate == 12.5);
    CHECK(all.lookup.burst == 9);
    CHECK(all.connection.retries == 0);
    CHECK(all.connection.timeout == 2min);
    CHECK(all.connection.attempt_timeout == 7s);
    CHECK(all.connection.connect_timeout == 500ms);
    CHECK(all.connection.ca_file == "ca");
    CHECK(all.connection.certificate_file == "c");
    CHECK(all.connection.private_key_file == "k");
    CHECK(all.connection.base_url == "https://a");
    CHECK(all.connection.token_url == "https://b");
    CHECK(all.connection.auth == auth_scheme::digest_token_endpoint);
    CHECK(all.connection.digest_order == digest_order::strict);
    CHECK(all.connection.credentials_file == "cr");
    CHECK(all.lookup.coordination_id == "x1");
    CHECK(all.lookup.format == output_format::raw);
    CHECK(all.lookup.order == order::as_input);
    CHECK(all.lookup.errors_file == "e");
    CHECK(all.lookup.output_file == "o");
    CHECK(all.summary == summary_form::json);
    CHECK(all.verbose);
}

TEST_CASE("arguments: every flag of serve arrives") {
    const arguments all = read({"serve", "--address", "::1", "--port",           "8443", "--auth",
                                "none",  "--key",     "k",   "--token-lifetime", "1s",   "--nonce-lifetime",
                                "2s",    "--latency", "0ms", "--max-rate",       "5",    "--catalogue",
                                "c",     "--ca-file", "a",   "--ready-file",     "r",    "--allow-remote"});
    CHECK(all.action == action::serve);
    CHECK(all.serve.address == "::1");
    CHECK(all.serve.port == 8443);
    CHECK(all.serve.scheme == "none");
    CHECK(all.serve.key == "k");
    CHECK(all.serve.token_lifetime == 1s);
    CHECK(all.serve.nonce_lifetime == 2s);
    CHECK(all.serve.latency == 0ms);
    CHECK(all.serve.max_rate == 5);
    CHECK(all.serve.catalogue_file == "c");
    CHECK(all.serve.ca_file == "a");
    CHECK(all.serve.ready_file == "r");
    CHECK(all.serve.allow_remote);
    CHECK(all.serve.faults.empty());
    CHECK_FALSE(all.serve.seed.has_value());
}

TEST_CASE("arguments: a fault takes one word each time, and all are kept in their order") {
    const arguments all =
        read({"serve", "--fault", "close:at=half,count=2", "--seed", "7", "--fault", "drip"});
    CHECK(all.serve.faults == words{"close:at=half,count=2", "drip"});
    CHECK(all.serve.seed == 7);
    CHECK(refusal({"serve", "--fault", "drip", "surplus"}).find("surplus: one argument too many") == 0);
    CHECK(refusal({"serve", "--fault"}) != "accepted");
    CHECK(refusal({"serve", "--seed", "-1"}).find("--seed") != std::string::npos);
}

TEST_CASE("arguments: each switch of v3 takes one word, and all are kept in their order") {
    const arguments all =
        read({"serve", "--v3", "order=as-asked", "--request-log", "l", "--v3", "daily-quota=7"});
    CHECK(all.serve.v3_rules == words{"order=as-asked", "daily-quota=7"});
    CHECK(all.serve.request_log == "l");
    CHECK(refusal({"serve", "--v3"}) != "accepted");
}

TEST_CASE("arguments: a value that cannot work is refused with the value, the rule and the mend") {
    CHECK(refusal({"fetch", "--concurrency", "0"}) ==
          "--concurrency 0: must be a whole number between 1 and 65,535; leave it out for 64, v3: 8");
    CHECK(refusal({"fetch", "--timeout", "10"}) ==
          "--timeout 10: the unit is missing; write 10ms, 10s or 10m");
    CHECK(refusal({"fetch", "--auth", "basic"}) == "--auth basic: is none of digest|digest-token|bearer");
    CHECK(refusal({"fetch", "--base-url", "http://x"}) ==
          "--base-url http://x: must begin with https://; the service is not spoken to in the clear");
    CHECK(refusal({"fetch", "--burst", "5"}) == "--burst 5: means nothing without a limit; add --rate");
    CHECK(refusal({"fetch", "--cert", "c"}) ==
          "--cert: a client certificate and its key go together; add --key");
    CHECK(refusal({"fetch", "--key", "c"}) ==
          "--key: a client certificate and its key go together; add --cert");
}

TEST_CASE("arguments: a flag that ends with = has no value, and takes none from the next word") {
    CHECK(refusal({"fetch", "--output=", "ids.txt"}) ==
          "--output=: the value is missing; write it behind the '=' or leave the flag out");
    CHECK(refusal({"fetch", "--ordered="}).starts_with("--ordered=: the value is missing"));
    CHECK(refusal({"get", "--", "--output="}) == "accepted");
    CHECK(refusal({"fetch", "--base-url=https://a/?b="}) == "accepted");
}

TEST_CASE("arguments: an address that is refused is shown without what may be its password") {
    CHECK(refusal({"fetch", "--base-url", "http://user:hunter2@x"})
              .starts_with("--base-url http://(not shown)@x: "));
}

TEST_CASE("arguments: numbers are whole, plain and in range") {
    for (const char* bad :
         {"", "-1", "+1", "1.5", "1e3", "0x10", " 1", "1 ", "65536", "99999999999999999999", "x"}) {
        CAPTURE(bad);
        CHECK(refusal({"fetch", std::string("--concurrency=") + bad}) != "accepted");
    }
    for (const char* bad : {"", "0", "-1", "inf", "nan", "1e400", "1000001", "0.0001", "x", "1/2"}) {
        CAPTURE(bad);
        CHECK(refusal({"fetch", std::string("--rate=") + bad}) != "accepted");
    }
    CHECK(refusal({"serve", "--port", "65536"}) != "accepted");
    CHECK(refusal({"fetch", "--retries", "100"}) != "accepted");
}

TEST_CASE("arguments: an unknown flag or command is told with the one that was perhaps meant") {
    CHECK(refusal({"fetch", "--concurency", "5"}).find("did you mean --concurrency?") != std::string::npos);
    CHECK(refusal({"fetch", "--zzzzzzzzz"}).find("did you mean") == std::string::npos);
    CHECK(refusal({"ftech", "x"}).find("ftech: no such command; did you mean fetch?") == 0);
    CHECK(refusal({"token", "b"}).find("b: one argument too many") == 0);
    CHECK(refusal({}).find("what to do is missing") == 0);
    CHECK(refusal({"get"}).find("ID") != std::string::npos);
    CHECK(refusal({"fetch", "--timeout"}).find("--timeout") != std::string::npos);
}

TEST_CASE("arguments: a secret on the command line is refused and not repeated") {
    for (const words& attempt :
         {words{"fetch", "--secret", "hunter2"}, words{"fetch", "--secret=hunter2"},
          words{"get", "1", "--password=hunter2"}, words{"token", "--token", "hunter2"},
          words{"get", "1", "--pass", "hunter2"}}) {
        const std::string why = refusal(attempt);
        CHECK(why.find("credentials are not taken from the command line") != std::string::npos);
        CHECK(why.find("GETTY_CONNECT_") != std::string::npos);
        CHECK(why.find("hunter2") == std::string::npos);
    }
    CHECK(refusal({"fetch", "--secert=hunter2"}).find("hunter2") == std::string::npos);
}

TEST_CASE("arguments: each help has an example, its exit codes, and no line wider than 80 columns") {
    for (const char* command : {"get", "fetch", "bench", "serve", "token"}) {
        CAPTURE(command);
        const std::string text = help({command, "--help"});
        CHECK(text.find("Example") != std::string::npos);
        CHECK(text.find("Exit codes: 0") != std::string::npos);
        CHECK(text.find(std::string("getty-connect ") + command) != std::string::npos);
    }
    for (const words& asked :
         {words{"--help"}, words{"get", "--help"}, words{"fetch", "-h"}, words{"bench", "--help"},
          words{"serve", "--help"}, words{"token", "--help"}, words{"version", "--help"}}) {
        const std::string text = help(asked);
        std::size_t columns = 0;
        for (const char c : text) {
            if (c == '\n') {
                columns = 0;
            } else if ((static_cast<unsigned char>(c) & 0xC0) != 0x80 && ++columns == 81) {
                FAIL_CHECK("a line of the help is too wide:\n" << text);
            }
        }
    }
}

TEST_CASE("arguments: JSON is asked for by its flag, also among words that cannot be read") {
    const environment none = surroundings().variables;
    CHECK(asks_for_json({"getty-connect", "fetch", "--json", "--rate", "x"}, none));
    CHECK(asks_for_json({"getty-connect", "--nonsense", "--json"}, none));
    CHECK_FALSE(asks_for_json({"getty-connect", "get", "--", "--json"}, none));
    CHECK_FALSE(asks_for_json({"getty-connect", "fetch", "--jsonl"}, none));
    // -q leaves out the summary for people; that for programs is still wanted when something went wrong.
    CHECK(read({"fetch", "--json", "-q"}).summary == summary_form::json);
    CHECK(read({"fetch", "-q"}).summary == summary_form::none);
}

TEST_CASE("arguments: the version can be asked for in both ways") {
    CHECK(read({"--version"}).action == action::version);
    CHECK(read({"version"}).action == action::version);
}

// `bench`, and what is done with its documents.
#include "cli/args/client_setup.hpp"
#include "cli/args/flags.hpp"
#include "cli/bench/bench_ids.hpp"
#include "cli/bench/bench_results.hpp"
#include "cli/bench/bench_run.hpp"
#include "cli/bench/machine.hpp"
#include "cli/commands.hpp"
#include "cli/lines/file_roles.hpp"
#include "cli/trouble.hpp"
#include "core/clock.hpp"
#include "core/numerals.hpp"
#include "core/rfc3339.hpp"
#include "load/document.hpp"
#include "load/page.hpp"
#include "load/slo.hpp"
#include "load/text_report.hpp"
#include "load/unusable.hpp"
#include "load/warnings.hpp"

#include <getty/connect/sandbox.hpp>
#include <getty/connect/version.hpp>

#include <boost/asio/io_context.hpp>
#include <boost/version.hpp>

#include <algorithm>
#include <filesystem>
#include <optional>
#include <string>
#include <system_error>
#include <unistd.h>
#include <utility>
#include <vector>

namespace getty::connect::cli {
namespace {

void publish_page(const result_file& to, const load::measurement& m, const load::measurement* baseline) {
    if (to.is_wanted()) to.publish(load::page(m, baseline));
}

// --- Documents ---

exit_code compare_documents(const bench_arguments& b) {
    const result_file html("--html", b.html_file);
    const load::measurement before = read_measurement(b.words[1]);
    const load::measurement after = read_measurement(b.words[2]);
    try {
        const comparison found = compare(before, after, b.tolerance, b.anyway, report_columns());
        publish_page(html, after, &before);
        print_text(found.text);
        return found.is_worse ? exit_code::some_failed : exit_code::success;
    } catch (const load::unusable& why) {
        throw usage_error(why.what());
    }
}

exit_code report_document(const bench_arguments& b) {
    const result_file html("--html", b.html_file);
    const load::measurement m = read_measurement(b.words[1]);
    publish_page(html, m, nullptr);
    print_text(load::text_report(m, report_columns()));
    return exit_code::success;
}

// --- A measurement ---

/// None of them may be another one of them: those that are written are not there yet, so their names count
/// too.
void require_distinct_files(const arguments& wanted) {
    const bench_arguments& b = wanted.bench;
    const connection_arguments& c = wanted.connection;
    std::vector<file_in_use> files;
    std::vector<std::pair<std::string, std::filesystem::path>> written;
    const auto used = [&](const char* flag, const std::string& path, file_role role) {
        if (path == "-" && role == file_role::output) {
            throw usage_error(std::string(flag) + " -: standard output has the report; name a file");
        }
        if (path.empty() || path == "-") return;
        files.push_back({std::string(flag) + " " + path, std::string("the file of ") + flag, role, false,
                         identity_of(path)});
        if (role != file_role::output || path.starts_with("/dev/")) return;
        std::error_code failed;
        const auto real = std::filesystem::weakly_canonical(std::filesystem::absolute(path, failed), failed);
        for (const auto& [other, its_path] : written) {
            if (its_path != real) continue;
            throw usage_error(std::string(flag) + " " + path + ": is the file of " + other +
                              "; name another");
        }
        written.emplace_back(flag, real);
    };
    used("--ids", b.ids, file_role::ids);
    used("--baseline", b.baseline_file, file_role::input);
    used("--cacert", c.ca_file, file_role::input);
    used("--cert", c.certificate_file, file_role::input);
    used("--key", c.private_key_file, file_role::secret);
    used("--credentials", c.credentials_file, file_role::secret);
    used("--json", b.json_file, file_role::output);
    used("--html", b.html_file, file_role::output);
    used("--record", b.record_file, file_role::output);
    files.push_back(
        {"standard output", "where the report goes", file_role::output, true, identity_of(STDOUT_FILENO)});
    require_distinct(files);
}

/// A measurement that has fewer connections than its plan says would be of another plan.
void require_descriptors(const bench_arguments& wanted) {
    constexpr std::size_t others = 48;  // files, pipes, timers, the resolver, and some to spare
    const std::size_t connections = most_connections(wanted);
    const std::size_t needed = others + connections * (wanted.sandbox ? 2 : 1);
    const std::size_t granted = max_descriptors();
    if (needed <= granted) return;
    throw usage_error(core::counted_noun(connections, "connection", "connections") +
                      (wanted.sandbox ? " to a service within this program" : "") + " take " +
                      core::grouped(needed) + " open files, and this process may have " +
                      core::grouped(granted) + "; raise the limit (ulimit -n " + std::to_string(needed) +
                      "), or use fewer --connections");
}

/// What `bench` asks of the client, in the flags of the commands that look up.
arguments for_the_client(const arguments& wanted) {
    const bench_arguments& b = wanted.bench;
    arguments made = wanted;
    made.lookup.concurrency = made.lookup.connections = most_connections(b);
    made.lookup.depth = b.pipeline;
    made.lookup.compression = b.compressed ? compression::gzip : compression::off;
    made.connection.retries = b.retries;
    made.quiet = true;  // what lasts shows in the report
    return made;
}

sandbox::auth scheme_of(const std::optional<auth_scheme>& asked) {
    switch (asked.value_or(auth_scheme::digest)) {
        case auth_scheme::digest_token_endpoint:
            return sandbox::auth::digest_token_endpoint;
        case auth_scheme::bearer:
            return sandbox::auth::bearer;
        default:
            return sandbox::auth::digest;
    }
}

ready_options options_for_sandbox(const arguments& wanted, const sandbox::server& service) {
    credentials found;
    found.key = "sandbox-key";
    found.application_secret = secret("sandbox-secret");
    const arguments asked = for_the_client(wanted);
    ready_options ready{client_options_for(asked, found), {}, nullptr};
    const bool v3 = wanted.connection.api == dialect::v3;
    ready.client.base_url(v3 ? service.v3_base_url() : service.base_url()).ca_pem(service.ca_pem());
    if (const result<void> good = ready.client.validate(); !good) {
        throw usage_error(in_flags(good.error().message()));
    }
    return ready;
}

std::string auth_words(const connection_arguments& c, const ready_options& ready) {
    if (c.api == dialect::v3) {
        const client_settings& settings = ready.client.settings();
        const bool token = settings.fixed_token || !settings.application_secret.empty();
        return token ? "API key and token" : "API key";
    }
    switch (c.auth.value_or(auth_scheme::digest)) {
        case auth_scheme::digest_token_endpoint:
            return "token by Digest, Bearer";
        case auth_scheme::bearer:
            return "Bearer";
        default:
            return "Digest";
    }
}

load::tool_figures this_tool() {
    return {"getty-connect", std::string(version), "C++ compiler " __VERSION__,
            std::to_string(BOOST_VERSION / 100'000) + "." + std::to_string(BOOST_VERSION / 100 % 1'000) +
                "." + std::to_string(BOOST_VERSION % 100),
            GETTY_CONNECT_OPENSSL_VERSION};
}

load::target_figures target_of(const arguments& wanted, const ready_options& ready) {
    load::target_figures target;
    const bool v3 = wanted.connection.api == dialect::v3;
    target.url = shown_address(ready.client.settings().base_url.value_or(
        v3 ? "https://api.gettyimages.com/v3" : "https://connect.gettyimages.com/api"));
    target.dialect = v3 ? "v3" : "connect";
    target.auth = auth_words(wanted.connection, ready);
    if (!ready.proxy.url.empty()) {
        target.address = "through a proxy, where NO_PROXY does not say otherwise";
        return target;
    }
    const peer found = find_peer(target.url);
    target.address = found.address;
    target.this_machine = found.is_this_machine;
    return target;
}

/// Tells what was measured, and what it is by limits and an earlier one.
exit_code tell_results(const bench_arguments& b, const load::measurement& m,
                       const std::optional<load::measurement>& baseline, const result_file& json,
                       const result_file& html, console& tell) {
    bool is_worse = false;
    std::string text = load::text_report(m, report_columns());
    if (baseline && !m.steps.empty()) {
        text += "\nCompared with " + b.baseline_file + ":";
        try {
            const comparison found = compare(*baseline, m, b.tolerance, b.anyway, report_columns());
            text += "\n\n" + found.text;
            is_worse = found.is_worse;
        } catch (const load::unusable& why) {  // what was measured stands all the same
            text += " " + std::string(why.what()) + "\n";
        }
    }
    // What cannot be written takes nothing else along, nor does what nobody reads: files first, pipes last.
    bool is_all_written = true;
    const auto write = [&](const auto& what) {
        try {
            what();
        } catch (const local_failure& why) {
            tell.error(why.what());
            is_all_written = false;
        }
    };
    const auto publish = [&](bool special) {
        if (json.is_special() == special) write([&] { json.publish(load::write_document(m)); });
        if (html.is_special() != special) return;
        write([&] { publish_page(html, m, baseline ? &*baseline : nullptr); });
    };
    publish(false);
    write([&] { print_text(text); });
    publish(true);
    if (!is_all_written) return exit_code::local_failure;
    const bool held = std::ranges::all_of(m.slo, &load::slo_verdict::held);
    return held && !is_worse ? exit_code::success : exit_code::some_failed;
}

exit_code measure(const arguments& wanted, console& tell) {
    const bench_arguments& b = wanted.bench;
    require_distinct_files(wanted);
    require_descriptors(b);
    const result_file json("--json", b.json_file);
    const result_file html("--html", b.html_file);
    std::optional<load::measurement> baseline;
    if (!b.baseline_file.empty()) baseline = read_measurement(b.baseline_file);
    const load::id_plan ids = ids_for(b);

    std::optional<sandbox::background_server> service;
    if (b.sandbox) service.emplace(sandbox::options().scheme(scheme_of(wanted.connection.auth)));
    ready_options ready =
        service ? options_for_sandbox(wanted, **service) : ready_client_options(for_the_client(wanted), tell);

    load::measurement m;
    m.started = core::rfc3339(core::wall_now());
    m.tool = this_tool();
    m.host = this_host();
    m.target = target_of(wanted, ready);
    m.plan = plan_figures_of(b, ids.size());
    m.plan.timeout_s = load::in_seconds(ready.client.settings().timeout);
    m.plan.attempt_timeout_s = load::in_seconds(ready.client.settings().attempt_timeout);
    for (const std::string& word : wanted.words) m.argv.push_back(shown_address(word));
    if (baseline && !b.anyway) {
        // Known before anything is measured.
        const auto unlike = load::differences(*baseline, m);
        if (!unlike.empty()) (void)compare(*baseline, m, b.tolerance, false, 80);
    }

    boost::asio::io_context context(1);
    bench_run run(context, wanted, tell, std::move(ready), ids);
    run.run(m);
    if (m.steps.empty() && run.code() != exit_code::success) {
        tell.hint("nothing was measured, so there is no report, and neither --json nor --html is written");
        return run.code();
    }
    for (load::warning& one : load::warnings_of(m)) m.warnings.push_back(std::move(one));
    m.slo = load::judge(b.limits, m.steps);
    const exit_code by_limits = tell_results(b, m, baseline, json, html, tell);
    return first_that_applies(run.code(), by_limits);
}

}  // namespace

exit_code run_bench(const arguments& wanted, console& tell) {
    switch (wanted.bench.task) {
        case bench_task::compare:
            return compare_documents(wanted.bench);
        case bench_task::report:
            return report_document(wanted.bench);
        case bench_task::measure:
            break;
    }
    return measure(wanted, tell);
}

}  // namespace getty::connect::cli

#include "cli/args/client_setup.hpp"

#include <algorithm>
#include <utility>

namespace getty::connect::cli {

client_options client_options_for(const arguments& wanted, const credentials& found) {
    const connection_arguments& c = wanted.connection;
    const lookup_arguments& l = wanted.lookup;
    client_options options;
    options.dialect(c.api).fields(l.fields).rate_ids(l.rate_ids);
    if (!c.base_url.empty()) options.base_url(c.base_url);
    if (!c.token_url.empty()) options.token_url(c.token_url);
    if (!c.ca_file.empty()) options.ca_file(c.ca_file);
    if (!c.certificate_file.empty()) {
        options.client_certificate(c.certificate_file, c.private_key_file);
        if (found.private_key_password) options.private_key_password(*found.private_key_password);
    }
    if (found.key || found.application_secret) {
        options.credentials(found.key.value_or(""), found.application_secret.value_or(secret()));
    }
    if (found.user && found.password) options.user(*found.user, *found.password);
    if (found.token) options.token(*found.token);
    if (c.auth) options.auth(*c.auth);
    const std::size_t concurrency = l.concurrency.value_or(c.api == dialect::v3 ? 8 : 64);
    options.digest_order(c.digest_order)
        .language(l.language)
        .max_connections(l.connections.value_or((concurrency + l.depth - 1) / l.depth))
        .pipeline_depth(l.depth)
        .max_waiters(std::max<std::size_t>(concurrency, client_settings().max_waiters))
        .timeout(c.timeout)
        .attempt_timeout(std::min(c.attempt_timeout, c.timeout))
        .connect_timeout(std::min(c.connect_timeout, c.timeout))
        // Waiting for a connection is part of the time for one id, and needs no shorter limit of its own
        // here.
        .acquire_timeout(c.timeout)
        .max_attempts(c.retries + 1)
        .hedging(l.hedging)
        .compression(l.compression)
        .redirects(l.redirects)
        .rate(l.rate, l.burst)
        .max_pause(l.max_pause)
        .threading(threading::single_thread);
    return options;
}

std::string in_flags(std::string_view message) {
    constexpr std::pair<std::string_view, std::string_view> names[] = {
        {"base_url ", "--base-url "},
        {"token_url ", "--token-url "},
        {"ca_file ", "--cacert "},
        {"certificate_file ", "--cert "},
        {"private_key_file ", "--key "},
        {"private_key_password ", "GETTY_CONNECT_CERT_KEY_PASSWORD "},
        {"credentials: key and user id ", "GETTY_CONNECT_KEY and GETTY_CONNECT_USER "},
        {"application_secret ", "GETTY_CONNECT_SECRET "},
        {"user_password ", "GETTY_CONNECT_PASSWORD "},
        {"token ", "GETTY_CONNECT_TOKEN "},
        {"proxy_password ", "the proxy's password in HTTPS_PROXY "},
        {"language ", "--language "},
        {"proxy ", "the proxy (--proxy or HTTPS_PROXY) "},
        {"proxy_credentials: ", "the proxy's credentials in HTTPS_PROXY: "},
        {"coordination_id ", "--coordination-id "},
        {"max_connections ", "--connections "},
        {"max_in_flight ", "--concurrency "},
        {"fields ", "--fields "},
        {"fields: ", "--fields: "},
        {"ids_per_request ", "--ids-per-request "},
        {"credentials: v3 ", "GETTY_CONNECT_KEY: v3 "},
        {"credentials: the key ", "GETTY_CONNECT_KEY: the key "},
        {"user: ", "GETTY_CONNECT_USER: "},
        {"max_pause ", "--max-pause "},
        {"max_outage ", "--max-outage "},
        {"fault ", "--fault "},
        {"v3 ", "--v3 "},
        {"request_log ", "--request-log "},
    };
    std::string text(message);
    for (const auto& [option, flag] : names) {
        if (!message.starts_with(option)) continue;
        text.replace(0, option.size(), flag);
        break;
    }
    constexpr std::pair<std::string_view, std::string_view> setters[] = {
        {"private_key_password()",
         "GETTY_CONNECT_CERT_KEY_PASSWORD (in the environment or in the file that --credentials names)"},
        {"proxy_credentials()", "HTTPS_PROXY"},
        {"credentials()", "GETTY_CONNECT_USER and GETTY_CONNECT_PASSWORD"},
    };
    for (const auto& [setter, words] : setters) {
        const std::size_t at = text.find(setter);
        if (at == std::string::npos) continue;
        text.replace(at, setter.size(), words);
        break;
    }
    return text;
}

fetch_options fetch_options_for(const lookup_arguments& wanted) {
    lookup_options each;
    each.decode(decode::raw).coordination_id(wanted.coordination_id);
    fetch_options options;
    if (wanted.concurrency) options.max_in_flight(*wanted.concurrency);
    if (wanted.ids_per_request) options.ids_per_request(*wanted.ids_per_request);
    options.concurrency(wanted.adapts)
        .max_outage(wanted.max_outage.value_or(std::chrono::minutes(10)))
        .before_first_answer(wanted.max_outage ? before_first_answer::wait : before_first_answer::stop)
        .delivery(wanted.order == order::as_input ? delivery::in_input_order : delivery::as_completed)
        .lookup(each);
    return options;
}

ingest::sink_options sink_options_for(const arguments& wanted) {
    const lookup_arguments& l = wanted.lookup;
    ingest::sink_options options;
    options.if_existing(l.job.if_existing)
        .arrays(l.arrays)
        .columns(l.columns)
        .images_of(wanted.connection.api);
    if (l.format == output_format::raw) options.lines(ingest::line_kind::raw);
    if (l.format == output_format::csv) options.form(ingest::sink_form::csv);
    if (l.lines_per_file) options.lines_per_file(*l.lines_per_file);
    return options;
}

ingest::sink_options errors_options_for(const lookup_arguments& wanted) {
    ingest::sink_options options;
    options.if_existing(wanted.job.if_existing);
    if (wanted.lines_per_file) options.lines_per_file(*wanted.lines_per_file);
    return options;
}

ingest::job_options job_options_for(const lookup_arguments& wanted) {
    const job_arguments& j = wanted.job;
    ingest::job_options options;
    options.fetch(fetch_options_for(wanted)).with_meta(wanted.with_meta);
    if (wanted.format == output_format::raw) options.lines(ingest::line_style::raw);
    // Between images a failure stays where it is: nobody writes a file of images again for its sake.
    const bool among_images = wanted.errors_file.empty();
    options.retry(
        j.retry.value_or(among_images ? ingest::retry_failed::none : ingest::retry_failed::transient));
    options.sync_every(j.sync_period).sync(j.sync);
    for (const condition kind : j.accepted) options.accept(kind);
    options.max_time(j.max_time).max_requests(j.max_requests);
    if (j.max_failures) options.max_failures(*j.max_failures);
    if (j.max_failed_percent) options.max_failed_percent(*j.max_failed_percent);
    return options;
}

std::string job_words_in_flags(std::string_view message) {
    constexpr std::pair<std::string_view, std::string_view> words[] = {
        {"go on with it, let it be overwritten, or name another file",
         "add --resume to go on with it or --overwrite to empty it, or name another file"},
        {"or let this one be overwritten",
         "or let this one be emptied with --overwrite in the place of --resume"},
        {"name a file for failures, or ask for none of them again",
         "name a file with --errors, or leave out --retry-failed"},
        {"name them, as in id,Title,Artist", "name them with --columns, as in id,Title,Artist"},
        {"a database has the whole image; leave out the columns",
         "a database has the whole image; leave out --columns"},
    };
    std::string text(message);
    for (const auto& [neutral, flags] : words) {
        const std::size_t at = text.find(neutral);
        if (at != std::string::npos) text.replace(at, neutral.size(), flags);
    }
    return text;
}

}  // namespace getty::connect::cli

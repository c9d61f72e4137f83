#include "cli/job/outputs.hpp"

#include "cli/args/client_setup.hpp"
#include "cli/job/go_on.hpp"
#include "cli/lines/file_roles.hpp"
#include "cli/lines/files.hpp"
#include "cli/trouble.hpp"
#include "ingest/sink/shard_sink.hpp"

#include <getty/connect/ingest/input.hpp>

#include <filesystem>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace getty::connect::cli {
namespace {

std::vector<std::string> inputs_of(const lookup_arguments& l) {
    return l.inputs.empty() ? std::vector<std::string>{"-"} : l.inputs;
}

/// Disk files by what they are, under whatever name. Outputs count once they are there.
std::vector<file_in_use> files_in_use(const arguments& wanted) {
    const lookup_arguments& l = wanted.lookup;
    const connection_arguments& c = wanted.connection;
    std::vector<file_in_use> files;
    if (wanted.action == action::fetch) {
        for (const std::string& path : inputs_of(l)) {
            const bool is_standard = path == "-";
            files.push_back({is_standard ? "standard input" : path, "the file that the ids are read from",
                             file_role::ids, is_standard,
                             is_standard ? identity_of(STDIN_FILENO) : identity_of(path)});
        }
    }
    const auto named = [&](const char* flag, const std::string& path, file_role role) {
        if (path.empty()) return;
        files.push_back({std::string(flag) + " " + path, std::string("the file of ") + flag, role, false,
                         identity_of(path)});
    };
    named("--cacert", c.ca_file, file_role::input);
    named("--cert", c.certificate_file, file_role::input);
    named("--key", c.private_key_file, file_role::secret);
    named("--credentials", c.credentials_file, file_role::secret);
    if (l.output_file.empty()) {
        files.push_back({"standard output", "where standard output goes", file_role::output, true,
                         identity_of(STDOUT_FILENO)});
    }
    named("--output", l.output_file, file_role::output);
    named("--errors", l.errors_file, file_role::output);
    named("--summary", wanted.report.summary_file, file_role::output);
    named("--metrics-file", wanted.report.metrics_file, file_role::output);
    return files;
}

void require_distinct_files(const arguments& wanted, console& tell) {
    std::vector<file_in_use> files = files_in_use(wanted);
    require_distinct(files);
    files.push_back({"standard error", "where standard error goes", file_role::messages, true,
                     identity_of(STDERR_FILENO)});
    try {
        require_distinct(files);
    } catch (const usage_error&) {
        // The words would stand in the very file that is to stay as it is; in an empty one they harm nothing.
        struct stat about{};
        if (::fstat(STDERR_FILENO, &about) != 0 || about.st_size > 0) tell.fall_silent();
        throw;
    }
}

/// Those that the end of the run makes are not there yet, so their names must tell.
void require_distinct_names(const report_arguments& r) {
    if (r.summary_file.empty() || r.metrics_file.empty()) return;
    std::error_code failed;  // told when they are tried out
    const auto real = [&failed](const std::string& path) {
        return std::filesystem::weakly_canonical(std::filesystem::absolute(path, failed), failed);
    };
    if (real(r.summary_file) == real(r.metrics_file)) {
        throw usage_error("--metrics-file " + r.metrics_file + ": is the file of --summary; name another");
    }
}

/// Files that an output makes for itself: they need not be there yet, so their names must tell.
void require_apart(const arguments& wanted) {
    const lookup_arguments& l = wanted.lookup;
    const connection_arguments& c = wanted.connection;
    std::vector<std::pair<std::string, std::string>> named;
    if (wanted.action == action::fetch) {
        for (const std::string& path : inputs_of(l)) {
            if (path != "-") named.emplace_back("", path);
        }
    }
    named.insert(named.end(), {{"--cacert", c.ca_file},
                               {"--cert", c.certificate_file},
                               {"--key", c.private_key_file},
                               {"--credentials", c.credentials_file},
                               {"--output", l.output_file},
                               {"--errors", l.errors_file},
                               {"--summary", wanted.report.summary_file},
                               {"--metrics-file", wanted.report.metrics_file}});
    for (const auto& [writer, output] :
         {std::pair("--output", l.output_file), std::pair("--errors", l.errors_file)}) {
        for (const auto& [flag, path] : named) {
            if (output.empty() || path.empty() || !ingest::is_made_by(output, path)) continue;
            throw usage_error(flag + (flag.empty() ? "" : " ") + path + ": is one of the files that " +
                              writer + " " + output + " makes; name another");
        }
    }
}

/// Where failures were replaced the file is written anew, beside it, at the end of the run.
void require_room_beside(const std::string& errors) {
    const std::filesystem::path parent = std::filesystem::path(errors).parent_path();
    const std::string folder = parent.empty() ? "." : parent.string();
    if (!identity_of(errors) || ::access(folder.c_str(), W_OK) == 0) return;
    throw local_failure(
        "--errors " + errors + ": " + folder +
        " is not writable, and failures that are asked for again leave the file by a new one there; "
        "make the folder writable, or add --retry-failed none");
}

/// What `open` throws is in neutral words.
template <class Open>
auto in_flags_of(Open open) {
    try {
        return open();
    } catch (const usage_error& why) {
        throw usage_error(job_words_in_flags(why.what()));
    }
}

}  // namespace

boost::asio::awaitable<std::optional<ingest::occurrence>> argument_source::next() {
    if (stopped_ || next_ == ids_.size()) co_return std::nullopt;
    const std::string& id = ids_[next_++];
    ingest::occurrence one(id);
    const auto trouble = id_trouble(id);
    if (trouble) {
        one.id.clear();
        one.trouble = "id " + std::to_string(next_) + " of the command line: it " + *trouble;
    }
    co_return one;
}

void message_sink::append(const ingest::record& one) {
    ++written_;
    if (form_ == form::json) {
        console_.object("error", one.line);
    } else {
        console_.note((one.id.empty() ? std::string() : std::string(one.id) + ": ") + one.why->describe());
    }
}

bool can_be_gone_on_with(const std::string& output) {
    std::error_code failed;
    const auto kind = std::filesystem::status(output, failed).type();
    return kind == std::filesystem::file_type::regular || kind == std::filesystem::file_type::not_found;
}

boost::asio::awaitable<void> message_sink::drained() { co_return; }

std::unique_ptr<ingest::source> open_ids(const boost::asio::any_io_executor& executor,
                                         const lookup_arguments& wanted) {
    return in_flags_of([&] { return ingest::open_input(executor, inputs_of(wanted), wanted.input); });
}

run_files open_files(const boost::asio::any_io_executor& executor, const arguments& wanted, console& tell) {
    const lookup_arguments& l = wanted.lookup;
    require_distinct_names(wanted.report);
    run_files files;
    if (wanted.action == action::fetch) {
        files.ids = open_ids(executor, l);
        files.ids_are_typed = reads_standard_input(l) && ::isatty(STDIN_FILENO) == 1;
    } else {
        files.ids = std::make_unique<argument_source>(l.ids);
    }
    require_distinct_files(wanted, tell);
    require_apart(wanted);
    const bool asks_again =
        l.job.if_existing == ingest::existing::resumed &&
        l.job.retry.value_or(ingest::retry_failed::transient) != ingest::retry_failed::none;
    if (asks_again && !l.errors_file.empty()) require_room_beside(l.errors_file);
    if (ingest::shard_pattern::parse(l.errors_file)) {
        throw usage_error(
            "--errors " + l.errors_file +
            ": a series of files is for --output; failures that are asked for again leave the file, so "
            "name one");
    }
    const ingest::sink_options options = sink_options_for(wanted);
    files.output = in_flags_of([&] {
        return l.output_file.empty()
                   ? ingest::open_stream_sink(executor, STDOUT_FILENO, "standard output", options)
                   : ingest::open_sink(executor, l.output_file, options);
    });
    // One that was not there is, now: the other may be the same under another name.
    require_distinct_files(wanted, tell);
    if (!l.errors_file.empty()) {
        files.errors =
            in_flags_of([&] { return ingest::open_sink(executor, l.errors_file, errors_options_for(l)); });
        require_distinct_files(wanted, tell);
    } else if (!has_place_for_failures(l)) {
        const bool json = wanted.summary == summary_form::json || wanted.report.log == log_format::json;
        const auto form = json ? message_sink::form::json : message_sink::form::words;
        files.errors = std::make_unique<message_sink>(tell, form);
    }
    return files;
}

}  // namespace getty::connect::cli

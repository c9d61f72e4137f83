#include "cli/args/client_setup.hpp"
#include "cli/args/credentials.hpp"
#include "cli/commands.hpp"
#include "cli/interrupt.hpp"
#include "cli/lines/file_roles.hpp"
#include "cli/lines/files.hpp"
#include "cli/trouble.hpp"
#include "core/descriptor.hpp"
#include "core/numerals.hpp"

#include <getty/connect/sandbox.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/address.hpp>

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <optional>
#include <stdlib.h>
#include <unistd.h>

namespace getty::connect::cli {
namespace {

constexpr const char* default_key = "sandbox-key";
constexpr const char* default_secret = "sandbox-secret";

sandbox::auth scheme_named(const std::string& name) {
    if (name == "digest-token") return sandbox::auth::digest_token_endpoint;
    if (name == "bearer") return sandbox::auth::bearer;
    return name == "none" ? sandbox::auth::none : sandbox::auth::digest;
}

std::string key_to_accept(const serve_arguments& wanted, const credentials& found) {
    return wanted.key.empty() ? found.key.value_or(default_key) : wanted.key;
}

sandbox::options options_for(const serve_arguments& wanted, const credentials& found, console& tell) {
    boost::system::error_code failed;
    const auto address = boost::asio::ip::make_address(wanted.address, failed);
    if (failed) throw usage_error("--address " + wanted.address + ": is no IP address, such as 127.0.0.1");
    if (!address.is_loopback() && !wanted.allow_remote) {
        throw usage_error("--address " + wanted.address +
                          ": can be reached by other machines; add --allow-remote if that is wanted");
    }
    sandbox::options options;
    options.address(wanted.address)
        .port(wanted.port)
        .scheme(scheme_named(wanted.scheme))
        .application(key_to_accept(wanted, found), found.application_secret.value_or(secret(default_secret)))
        .token_lifetime(wanted.token_lifetime)
        .nonce_lifetime(wanted.nonce_lifetime)
        .latency(wanted.latency)
        .max_requests_per_second(wanted.max_rate)
        .catalogue_file(wanted.catalogue_file);
    if (wanted.allow_remote) options.allow_remote_clients();
    if (found.user && found.password) options.user(*found.user, *found.password);
    for (const std::string& spec : wanted.faults) options.fault(spec);
    for (const std::string& rule : wanted.v3_rules) options.v3(std::string_view(rule));
    if (wanted.seed) options.seed(*wanted.seed);
    if (!wanted.request_log.empty()) {
        options.request_log(wanted.request_log,
                            [&tell](const error& why) { tell.warning(in_flags(why.message())); });
    }
    if (const result<void> good = options.validate(); !good) {
        throw usage_error(in_flags(good.error().message()));
    }
    return options;
}

// The authority's certificate in a file: the one that was asked for, or a temporary one.
class authority_file {
public:
    authority_file(const std::string& wanted_path, const std::string& pem) : path_(wanted_path) {
        if (path_.empty()) {
            path_ = (std::filesystem::temp_directory_path() / "getty-connect-ca-XXXXXX.pem").string();
            const core::descriptor reserved(::mkstemps(path_.data(), 4));
            if (!reserved.is_open()) throw local_failure(path_ + ": " + system_words(errno));
            [[maybe_unused]] const int readable = ::fchmod(reserved.get(), 0644);  // no secret is in it
            temporary_ = true;
        }
        replace_file(path_, pem);
    }
    ~authority_file() {
        if (temporary_) ::unlink(path_.c_str());
    }
    authority_file(const authority_file&) = delete;
    authority_file& operator=(const authority_file&) = delete;

    [[nodiscard]] const std::string& path() const noexcept { return path_; }

private:
    std::string path_;
    bool temporary_ = false;
};

// A line to paste into another shell. A secret of the user's own is not shown: that shell must have it.
std::string calling_line(const serve_arguments& wanted, const credentials& found, const std::string& program,
                         const std::string& base_url, const std::string& authority) {
    std::string line = "GETTY_CONNECT_KEY=" + shell_quoted(key_to_accept(wanted, found));
    if (!found.application_secret) line += std::string(" GETTY_CONNECT_SECRET=") + default_secret;
    line += " " + shell_quoted(program) + " get 83454800 --base-url " + shell_quoted(base_url) +
            " --cacert " + shell_quoted(authority);
    if (wanted.scheme == "digest-token" || wanted.scheme == "bearer") line += " --auth " + wanted.scheme;
    return line;
}

std::string counted(const sandbox::counters& c) {
    std::string faults;
    for (const auto& [name, count] : c.faults) {
        faults += (faults.empty() ? "; faults: " : ", ") + core::grouped(count) + " " + name;
    }
    return core::grouped(c.requests) + " requests: " + core::grouped(c.images) + " images, " +
           core::grouped(c.not_found) + " not found, " + core::grouped(c.throttled) + " throttled, " +
           core::grouped(c.unauthorized) + " unauthorized (" + core::grouped(c.stale) + " stale), " +
           core::grouped(c.tokens_issued) + " tokens; " + core::grouped(c.connections) +
           " connections, at most " + core::grouped(c.max_open_connections) + " at a time" + faults;
}

// Both files are replaced, so that one path is one file even where there is none yet.
void require_distinct_files(const serve_arguments& wanted) {
    if (!wanted.ready_file.empty() && wanted.ready_file == wanted.ca_file) {
        throw usage_error("--ready-file " + wanted.ready_file + ": is the file of --ca-file; name another");
    }
    const auto used = [](const char* flag, const std::string& path, file_role role) {
        return file_in_use{std::string(flag) + " " + path, std::string("the file of ") + flag, role, false,
                           identity_of(path)};
    };
    require_distinct({used("--catalogue", wanted.catalogue_file, file_role::input),
                      used("--ca-file", wanted.ca_file, file_role::output),
                      used("--ready-file", wanted.ready_file, file_role::output),
                      used("--request-log", wanted.request_log, file_role::output)});
    for (const auto& [flag, path] :
         {std::pair("--ca-file", wanted.ca_file), {"--ready-file", wanted.ready_file}}) {
        if (wanted.request_log.empty() || wanted.request_log != path) continue;
        throw usage_error("--request-log " + path + ": is the file of " + flag + "; name another");
    }
}

}  // namespace

exit_code run_serve(const serve_arguments& wanted, const std::string& program, console& tell) {
    require_distinct_files(wanted);
    const credentials found = credentials_from([](const char* name) { return std::getenv(name); });
    boost::asio::io_context context(1);
    std::optional<sandbox::server> server;
    try {
        server.emplace(context.get_executor(), options_for(wanted, found, tell));
    } catch (const failure& why) {
        throw local_failure(in_flags(why.error().message()));
    }
    const authority_file authority(wanted.ca_file, server->ca_pem());

    std::optional<interrupt> watch;
    watch.emplace(context.get_executor(), tell, [&] {
        boost::asio::co_spawn(context, server->stop(), [&](std::exception_ptr) { watch->stop(); });
    });

    print_text(server->base_url() + "\n");
    tell.print(
        "getty-connect: serving made-up images; Ctrl-C ends it. Call it from another shell with\n\n  " +
        calling_line(wanted, found, program, server->base_url(), authority.path()) + "\n\n" +
        (found.application_secret ? "where GETTY_CONNECT_SECRET is set as in this one.\n\n" : "") +
        "The same images as v3 are at " + server->v3_base_url() + "\n\n");
    if (!wanted.ready_file.empty()) replace_file(wanted.ready_file, server->base_url() + "\n");
    context.run();
    tell.note(counted(server->snapshot()));
    return exit_code::success;
}

}  // namespace getty::connect::cli

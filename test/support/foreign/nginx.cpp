#include "support/foreign/nginx.hpp"

#include <sstream>

namespace getty::connect::test {

nginx_origin::nginx_origin(nginx_options options) : options_(std::move(options)) { start(); }

std::vector<std::string> nginx_origin::configure(std::uint16_t port) {
    const auto at = [&](const char* name) { return "\"" + (folder() / name).string() + "\""; };
    std::ostringstream out;
    // One process: nobody to drop privileges to, nothing left behind when it is killed.
    out << "daemon off;\nmaster_process off;\n"
        << "pid " << at("nginx.pid") << ";\n"
        << "error_log " << at("error.log") << " notice;\n"
        << "events { worker_connections 1024; }\n"
        << "http {\n"
        << "  access_log " << at("access.log") << ";\n";
    for (const char* kind : {"client_body", "proxy", "fastcgi", "uwsgi", "scgi"}) {
        out << "  " << kind << "_temp_path " << at(kind) << ";\n";
    }
    out << "  types {}\n  default_type application/json;\n"
        << "  keepalive_timeout " << options_.keepalive_timeout_.count() << "s;\n"
        << "  keepalive_requests " << options_.keepalive_requests_ << ";\n"
        << "  server {\n"
        << "    listen 127.0.0.1:" << port << " ssl;\n"
        << "    server_name localhost;\n"
        << "    ssl_certificate " << at("server.pem") << ";\n"
        << "    ssl_certificate_key " << at("server.key") << ";\n"
        << "    ssl_protocols " << options_.protocols_ << ";\n"
        << "    ssl_session_cache shared:tls:1m;\n"
        << "    root " << at("documents") << ";\n"
        << "  }\n}\n";
    write_file(folder() / "nginx.conf", out.str());
    // -e: before the configuration is read, errors would go to the system's log.
    return {find_program("nginx"), "-p", folder(), "-c", folder() / "nginx.conf", "-e",
            folder() / "error.log"};
}

}  // namespace getty::connect::test

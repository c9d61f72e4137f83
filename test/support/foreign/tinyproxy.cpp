#include "support/foreign/tinyproxy.hpp"

#include <sstream>

namespace getty::connect::test {

tinyproxy::tinyproxy(tinyproxy_options options) : options_(std::move(options)) { start(); }

std::vector<std::string> tinyproxy::configure(std::uint16_t port) {
    const auto at = [&](const char* name) { return "\"" + (folder() / name).string() + "\""; };
    std::ostringstream out;
    out << "Port " << port << "\nListen 127.0.0.1\n"
        << "PidFile " << at("tinyproxy.pid") << "\n"
        << "LogFile " << at("tinyproxy.log") << "\nLogLevel Connect\n"
        << "MaxClients 200\nTimeout 60\nAllow 127.0.0.1\n";
    if (!options_.user_.empty()) out << "BasicAuth " << options_.user_ << " " << options_.password_ << "\n";
    if (options_.connect_port_ != 0) out << "ConnectPort " << options_.connect_port_ << "\n";
    write_file(folder() / "tinyproxy.conf", out.str());
    return {find_program("tinyproxy"), "-d", "-c", folder() / "tinyproxy.conf"};
}

}  // namespace getty::connect::test

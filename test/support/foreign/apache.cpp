#include "support/foreign/apache.hpp"

#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <sstream>
#include <stdexcept>
#include <unistd.h>

namespace getty::connect::test {
namespace {

constexpr const char* module_folder = "/usr/lib/apache2/modules";
constexpr std::array modules{"mpm_event",  "authn_core",  "authz_core", "authz_user",
                             "authn_file", "auth_digest", "ssl"};

std::filesystem::path module_file(const std::string& name) {
    return std::filesystem::path(module_folder) / ("mod_" + name + ".so");
}

std::string md5_hex(const std::string& text) {
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    unsigned size = 0;
    if (EVP_Digest(text.data(), text.size(), digest.data(), &size, EVP_md5(), nullptr) != 1) {
        throw std::runtime_error("no MD5 here");
    }
    constexpr std::string_view digits = "0123456789abcdef";
    std::string hex;
    for (unsigned i = 0; i < size; ++i) {
        hex += digits[digest[i] >> 4];
        hex += digits[digest[i] & 15];
    }
    return hex;
}

}  // namespace

apache_origin::apache_origin(apache_options options) : options_(std::move(options)) { start(); }

bool apache_origin::available() {
    return !find_program("apache2").empty() &&
           std::all_of(modules.begin(), modules.end(),
                       [](const char* name) { return std::filesystem::exists(module_file(name)); });
}

std::vector<std::string> apache_origin::configure(std::uint16_t port) {
    const auto at = [&](const char* name) { return "\"" + (folder() / name).string() + "\""; };
    // The line that htdigest(1) writes.
    write_file(folder() / "accounts",
               options_.user_ + ":" + options_.realm_ + ":" +
                   md5_hex(options_.user_ + ":" + options_.realm_ + ":" + options_.password_) + "\n");
    std::ostringstream out;
    for (const char* name : modules) out << "LoadModule " << name << "_module " << module_file(name) << "\n";
    if (::geteuid() == 0) out << "User www-data\nGroup www-data\n";  // Apache refuses to serve as root
    out << "ServerRoot " << at("") << "\n"
        << "DefaultRuntimeDir " << at("") << "\n"
        << "PidFile " << at("apache.pid") << "\n"
        << "ErrorLog " << at("error.log") << "\n"
        << "Listen 127.0.0.1:" << port << "\n"
        << "ServerName localhost\n"
        << "StartServers 1\nServerLimit 1\nThreadsPerChild 25\nMaxRequestWorkers 25\n"
        << "KeepAlive On\nMaxKeepAliveRequests 0\nKeepAliveTimeout " << options_.keepalive_timeout_.count()
        << "\n"
        << "DocumentRoot " << at("documents") << "\n"
        << "ForceType application/json\n"
        << "SSLEngine on\nSSLProtocol -all +TLSv1.2 +TLSv1.3\nSSLSessionCache none\n"
        << "SSLCertificateFile " << at("server.pem") << "\n"
        << "SSLCertificateKeyFile " << at("server.key") << "\n"
        << "<Location \"/api/images\">\n"
        << "  AuthType Digest\n  AuthName \"" << options_.realm_ << "\"\n"
        << "  AuthDigestProvider file\n  AuthUserFile " << at("accounts") << "\n"
        << "  AuthDigestAlgorithm MD5\n  AuthDigestQop auth\n"
        << "  AuthDigestNonceLifetime " << options_.nonce_lifetime_.count() << "\n"
        << "  Require valid-user\n"
        << "</Location>\n";
    write_file(folder() / "apache.conf", out.str());
    return {find_program("apache2"), "-DFOREGROUND", "-f", folder() / "apache.conf"};
}

}  // namespace getty::connect::test

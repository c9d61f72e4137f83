#include "cli/args/credentials.hpp"

#include "cli/args/named_lines.hpp"
#include "cli/lines/files.hpp"
#include "cli/trouble.hpp"
#include "core/descriptor.hpp"

#include <cerrno>
#include <cstddef>
#include <cstdio>
#include <fcntl.h>
#include <memory>
#include <sys/stat.h>
#include <unistd.h>

namespace getty::connect::cli {
namespace {

constexpr std::string_view names = "key, secret, user, password, token and private_key_password";

// False when there is no such name.
bool assign(credentials& to, std::string_view name, std::string_view value) {
    if (name == "key" || name == "GETTY_CONNECT_KEY") {
        to.key = value;
    } else if (name == "secret" || name == "GETTY_CONNECT_SECRET") {
        to.application_secret = secret(value);
    } else if (name == "user" || name == "GETTY_CONNECT_USER") {
        to.user = value;
    } else if (name == "password" || name == "GETTY_CONNECT_PASSWORD") {
        to.password = secret(value);
    } else if (name == "token" || name == "GETTY_CONNECT_TOKEN") {
        to.token = secret(value);
    } else if (name == "private_key_password" || name == "GETTY_CONNECT_CERT_KEY_PASSWORD") {
        to.private_key_password = secret(value);
    } else {
        return false;
    }
    return true;
}

void read_line(credentials& to, std::string_view line, const std::string& where) {
    line = trimmed(line);
    if (line.empty() || line.front() == '#') return;
    if (line.starts_with("export ")) line = trimmed(line.substr(7));
    const std::size_t equals = line.find('=');
    if (equals == std::string_view::npos) {
        throw usage_error(where + ": there is no '=' in it; write NAME=VALUE with one of the names " +
                          std::string(names));
    }
    const std::string_view name = trimmed(line.substr(0, equals));
    std::string_view value = trimmed(line.substr(equals + 1));
    const bool quoted =
        value.size() >= 2 && (value.front() == '"' || value.front() == '\'') && value.front() == value.back();
    if (quoted) value = value.substr(1, value.size() - 2);
    if (value.empty()) {
        throw usage_error(where + ": the value is empty; write it after the '=' or remove the line");
    }
    // The name is not repeated: on a line that is mixed up it may be the secret.
    if (!assign(to, name, value)) {
        throw usage_error(where + ": unknown name; the names are " + std::string(names));
    }
}

}  // namespace

credentials credentials_from(const environment& variables) {
    credentials found;
    for (const char* name : credential_variables) {
        const char* value = variables(name);
        if (value != nullptr && *value != '\0') assign(found, name, value);
    }
    return found;
}

credentials parse_credentials(std::string_view text, std::string_view file_name) {
    credentials found;
    each_line(text, [&](std::string_view line, unsigned number) {
        read_line(found, line, std::string(file_name) + ":" + std::to_string(number));
    });
    return found;
}

file_privacy privacy_of(unsigned mode, std::uint64_t owner, std::uint64_t user) noexcept {
    const unsigned others = mode & (S_IRWXG | S_IRWXO);
    if (others == 0) return file_privacy::owner_alone;
    const bool is_foreign = owner == 0 || owner != user;
    return others == S_IRGRP && is_foreign ? file_privacy::its_group : file_privacy::too_open;
}

credentials_file read_credentials_file(const std::string& path) {
    const core::descriptor file = open_file(path, O_RDONLY);
    // Asked of the open file, so that it cannot be exchanged between the check and the reading.
    struct stat about{};
    if (::fstat(file.get(), &about) != 0) throw local_failure(path + ": " + system_words(errno));
    if (S_ISDIR(about.st_mode)) throw usage_error(path + ": is a directory, not a credentials file");
    char mode[8];
    std::snprintf(mode, sizeof mode, "%04o", static_cast<unsigned>(about.st_mode & 07777));
    const file_privacy privacy = privacy_of(about.st_mode, about.st_uid, ::geteuid());
    if (privacy == file_privacy::too_open) {
        throw usage_error(path + ": others may use this file (mode " + mode + "); run: chmod 600 " +
                          shell_quoted(path));
    }
    credentials_file read;
    if (privacy == file_privacy::its_group) {
        read.warning = path + ": the group of this file may read it (mode " + mode +
                       "); where that is not how it gets here, run: chmod 600 " + shell_quoted(path);
    }
    struct wiped_buffer {
        std::unique_ptr<char[]> bytes = std::make_unique<char[]>(max_named_lines_bytes + 1);
        ~wiped_buffer() { secret_wipe(bytes.get(), max_named_lines_bytes + 1); }
    } buffer;
    const std::size_t size = read_named_lines(file.get(), buffer.bytes.get(), path, "credentials file");
    read.found = parse_credentials({buffer.bytes.get(), size}, path);
    return read;
}

void require_usable(const credentials& found, dialect api) {
    const std::string how = "; set it in the environment or in the file that --credentials names";
    if (found.user.has_value() != found.password.has_value()) {
        throw usage_error(std::string(found.user ? "GETTY_CONNECT_PASSWORD" : "GETTY_CONNECT_USER") +
                          " is missing: user and password go together" + how);
    }
    if (api == dialect::v3) {
        if (found.key) return;
        throw usage_error("GETTY_CONNECT_KEY is missing: v3 wants the API key with every request" + how);
    }
    if (found.token) return;
    if (!found.key && !found.application_secret) {
        throw usage_error(
            "no credentials; set GETTY_CONNECT_KEY and GETTY_CONNECT_SECRET, or name a file with "
            "--credentials");
    }
    if (!found.key) throw usage_error("GETTY_CONNECT_KEY is missing" + how);
    if (!found.application_secret) throw usage_error("GETTY_CONNECT_SECRET is missing" + how);
}

}  // namespace getty::connect::cli

#include "sandbox/http/request_log.hpp"

#include "sandbox/catalogue/catalogue.hpp"
#include "sandbox/catalogue/writing.hpp"

#include <cerrno>
#include <fcntl.h>
#include <string_view>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace getty::connect::sandbox {
namespace {

std::string system_words(int code) { return std::system_category().message(code); }

}  // namespace

request_log::request_log(std::string path, core::descriptor file)
    : path_(std::move(path)), file_(std::move(file)) {}

result<request_log> request_log::open(const std::string& path) {
    core::descriptor file(::open(path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0666));
    if (file.is_open()) return request_log(path, std::move(file));
    return error(errc::invalid_option, stage::queue,
                 "request_log " + path + " cannot be opened (" + system_words(errno) +
                     "); name a file that can be written to");
}

result<void> request_log::write(std::chrono::sys_seconds time, std::uint64_t request,
                                std::span<const line> lines) {
    if (!file_.is_open()) return {};
    buffer_.clear();
    for (const line& one : lines) {
        buffer_ += "{\"time\":\"";
        append_date_time(buffer_, time.time_since_epoch().count());
        buffer_ += "Z\",\"request\":";
        append_number(buffer_, static_cast<std::int64_t>(request));
        buffer_ += ",\"id\":";
        append_json_string(buffer_, one.id);
        buffer_ += ",\"status\":";
        append_number(buffer_, one.status);
        buffer_ += "}\n";
    }
    for (std::string_view rest = buffer_; !rest.empty();) {
        const ssize_t written = ::write(file_.get(), rest.data(), rest.size());
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) {
            const std::string reason = system_words(errno);
            file_.close();
            return error(errc::invalid_option, stage::queue,
                         "request_log " + path_ + " cannot be written to (" + reason + "); it ends here");
        }
        rest.remove_prefix(static_cast<std::size_t>(written));
    }
    return {};
}

}  // namespace getty::connect::sandbox

#include "cli/report/console.hpp"

#include "cli/lines/files.hpp"
#include "core/clock.hpp"
#include "core/rfc3339.hpp"

#include <cstdlib>
#include <sys/ioctl.h>
#include <unistd.h>

namespace getty::connect::cli {
namespace {

bool is_terminal(int descriptor) noexcept {
    const char* kind = std::getenv("TERM");
    return ::isatty(descriptor) == 1 && kind != nullptr && std::string_view(kind) != "dumb";
}

}  // namespace

console::console(int descriptor, colour wanted)
    : descriptor_(descriptor),
      terminal_(is_terminal(descriptor)),
      colours_(terminal_ && wanted == colour::where_terminal) {}

// One that takes nothing any more is given up: there is nobody left to tell.
void console::write(std::string_view text) noexcept {
    if (!silent_) (void)write_all(descriptor_, text);
}

void console::message(std::string_view mark, std::string_view text) {
    clear_status();
    write("getty-connect: " + std::string(mark) + harmless(text) + "\n");
}

void console::log(std::string_view level, std::string_view text) {
    object(level, json_members().text("message", harmless(text)));
}

void console::object(std::string_view level, const json_members& members) { object(level, members.object()); }

void console::object(std::string_view level, std::string_view made) {
    std::string line;
    if (logs_json_) {
        line = json_members().text("time", core::rfc3339(core::wall_now())).text("level", level).object();
        line.back() = ',';
        made.remove_prefix(1);
    }
    line += made;
    print(line + "\n");
}

void console::note(std::string_view text) {
    if (logs_json_) {
        log("info", text);
    } else if (keeps_) {
        object("info", json_members().text("note", harmless(text)));
    } else {
        message("", text);
    }
}

void console::hint(std::string_view text) {
    if (!keeps_ || logs_json_) note(text);
}

void console::keep(std::vector<std::string>& list, std::string_view text) {
    constexpr std::size_t most = 100;
    if (list.size() < most) list.push_back(harmless(text));
}

void console::warning(std::string_view text) {
    keep(kept_.warnings, text);
    if (logs_json_) {
        log("warning", text);
    } else if (!keeps_) {
        message(colours_ ? "\x1b[1;33mwarning:\x1b[0m " : "warning: ", text);
    }
}

void console::error(std::string_view text) {
    keep(kept_.errors, text);
    if (logs_json_) {
        log("error", text);
    } else if (!keeps_) {
        message(colours_ ? "\x1b[1;31merror:\x1b[0m " : "error: ", text);
    }
}

void console::print(std::string_view text) {
    clear_status();
    write(text);
}

void console::progress(std::string_view text) {
    message("", core::rfc3339(core::wall_now()) + " " + std::string(text));
}

std::size_t console::columns() const noexcept {
    winsize size{};
    if (::ioctl(descriptor_, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return 80;
    return size.ws_col;
}

void console::status(std::string_view text) {
    if (!terminal_) return;
    // The last column stays free: a full line would wrap, and "\r" would no longer reach its beginning.
    const std::size_t width = columns() - 1;
    std::string line = "\r";
    line += text.substr(0, width);
    line += "\x1b[K";
    write(line);
    status_shown_ = true;
}

void console::clear_status() {
    if (!status_shown_) return;
    write("\r\x1b[K");
    status_shown_ = false;
}

std::string harmless(std::string_view text) {
    std::string safe(text);
    for (char& c : safe) {
        if ((static_cast<unsigned char>(c) < 0x20 && c != '\n') || c == 0x7F) c = '?';
    }
    return safe;
}

}  // namespace getty::connect::cli

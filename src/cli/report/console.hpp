// Standard error: messages, and one line that is drawn again and again.
#pragma once

#include "cli/report/json_members.hpp"

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace getty::connect::cli {

/// Writes messages as whole lines; keeps a status line below them when it is a terminal.
///
/// Concurrency: one thread. A descriptor that cannot be written to is given up silently: there is nobody left
/// to tell.
class console {
public:
    enum class colour { never, where_terminal };

    console(int descriptor, colour wanted);

    /// From now on errors and warnings are kept alone, for the object that is written at the end, and every
    /// line that is written is a JSON object.
    void keep_messages() noexcept { keeps_ = true; }
    /// From now on every line is a JSON object that begins with `time` and `level`, errors and warnings
    /// included, `keep_messages` or not.
    void log_json() noexcept { logs_json_ = true; }
    /// The first hundred errors and warnings each, told or not.
    struct kept_messages {
        std::vector<std::string> errors;
        std::vector<std::string> warnings;
    };
    [[nodiscard]] const kept_messages& kept() const noexcept { return kept_; }

    /// From now on nothing is written: the descriptor is a file that must stay as it is.
    void fall_silent() noexcept { silent_ = true; }

    [[nodiscard]] bool terminal() const noexcept { return terminal_; }

    /// "getty-connect: TEXT", control characters replaced; as JSON `{"note":"TEXT"}`.
    void note(std::string_view text);
    /// As `note`, for a person who looks on: left out of JSON, but not of a log.
    void hint(std::string_view text);
    /// As `note`, marked as a warning or an error; only kept after `keep_messages`.
    void warning(std::string_view text);
    void error(std::string_view text);
    /// A block of lines as they are.
    void print(std::string_view text);
    /// A line of progress: with the time, in UTC.
    void progress(std::string_view text);
    /// A JSON object on a line of its own, whatever the form of the other lines is.
    void object(std::string_view level, const json_members& members);
    /// The same of an object that is text already.
    void object(std::string_view level, std::string_view made);

    /// Of the terminal, now; 80 where that is not known.
    [[nodiscard]] std::size_t columns() const noexcept;
    /// Draws, or draws again, the status line, cut to the width that the terminal has now; does nothing where
    /// there is no terminal.
    void status(std::string_view text);
    void clear_status();

private:
    void write(std::string_view text) noexcept;
    void message(std::string_view mark, std::string_view text);
    void log(std::string_view level, std::string_view text);
    static void keep(std::vector<std::string>& list, std::string_view text);

    int descriptor_;
    bool terminal_;
    bool colours_;
    bool status_shown_ = false;
    bool keeps_ = false;
    bool logs_json_ = false;
    bool silent_ = false;
    kept_messages kept_;
};

/// `text` with control characters replaced by '?', so that no data can steer a terminal.
[[nodiscard]] std::string harmless(std::string_view text);

}  // namespace getty::connect::cli

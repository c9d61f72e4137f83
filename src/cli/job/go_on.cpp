#include "cli/job/go_on.hpp"

#include "cli/lines/files.hpp"

#include <algorithm>

namespace getty::connect::cli {
namespace {

bool reads_standard_input(const lookup_arguments& l) {
    return l.inputs.empty() || std::ranges::find(l.inputs, "-") != l.inputs.end();
}

}  // namespace

std::string command_that_goes_on(const arguments& wanted) {
    const lookup_arguments& l = wanted.lookup;
    const bool has_place_for_failures =
        !l.errors_file.empty() || (l.format == output_format::ndjson && !is_table(l));
    if (wanted.action != action::fetch || l.output_file.empty() || !has_place_for_failures) return {};
    std::string line = "getty-connect";
    bool flags_follow = true;
    bool resumes = false;
    for (std::size_t i = 1; i < wanted.words.size(); ++i) {
        const std::string& word = wanted.words[i];
        if (flags_follow && word == "--") {
            if (!resumes) line += " --resume";
            resumes = true;
            flags_follow = false;
        }
        if (flags_follow && (word == "--overwrite" || word.starts_with("--overwrite="))) continue;
        resumes = resumes || (flags_follow && word == "--resume");
        line += ' ' + shell_quoted(word);
    }
    return resumes ? line : line + " --resume";
}

std::string how_to_go_on(const arguments& wanted) {
    const std::string command = command_that_goes_on(wanted);
    if (command.empty()) return "to go on, look up the ids that have no line in the output";
    const bool piped = reads_standard_input(wanted.lookup);
    return std::string("to go on") + (piped ? ", with the same ids on standard input" : "") + ":\n  " +
           command;
}

}  // namespace getty::connect::cli

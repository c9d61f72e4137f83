#include "cli/job/go_on.hpp"

#include "cli/lines/files.hpp"

#include <algorithm>

namespace getty::connect::cli {
namespace {

std::string missing(bool resumes, bool asks) {
    return std::string(resumes ? "" : " --resume") + (asks ? "" : " --retry-failed all");
}

}  // namespace

bool reads_standard_input(const lookup_arguments& l) {
    return l.inputs.empty() || std::ranges::find(l.inputs, "-") != l.inputs.end();
}

std::string command_that_goes_on(const arguments& wanted, ask_again which) {
    const lookup_arguments& l = wanted.lookup;
    if (wanted.action != action::fetch || l.output_file.empty() || !has_place_for_failures(l)) return {};
    std::string line = "getty-connect";
    bool flags_follow = true;
    bool resumes = false;
    bool asks = which == ask_again::as_wanted || l.errors_file.empty();
    for (std::size_t i = 1; i < wanted.words.size(); ++i) {
        const std::string& word = wanted.words[i];
        if (flags_follow && word == "--") {
            line += missing(resumes, asks);
            resumes = asks = true;
            flags_follow = false;
        }
        if (flags_follow && (word == "--overwrite" || word.starts_with("--overwrite="))) continue;
        resumes = resumes || (flags_follow && word == "--resume");
        asks = asks || (flags_follow && word.starts_with("--retry-failed"));
        line += ' ' + shell_quoted(word);
    }
    return line + missing(resumes, asks);
}

std::string how_to_go_on(const arguments& wanted, const std::string& command) {
    if (command.empty()) return "to go on, look up the ids that have no line in the output";
    const bool piped = reads_standard_input(wanted.lookup);
    const bool set_elsewhere = std::ranges::any_of(
        wanted.origins, [](const auto& one) { return one.second.starts_with("GETTY_CONNECT_"); });
    return std::string("to go on") + (piped ? ", with the same ids on standard input" : "") +
           (set_elsewhere ? ", with the same variables" : "") + ":\n  " + command;
}

}  // namespace getty::connect::cli

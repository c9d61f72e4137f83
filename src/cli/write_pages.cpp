// Writes the manual and the completion into a folder; run when the tool is built.
#include "cli/args/known_commands.hpp"
#include "cli/args/pages.hpp"
#include "cli/lines/files.hpp"

#include <getty/connect/version.hpp>

#include <cstdio>
#include <exception>
#include <memory>
#include <string>

int main(int count, char** words) {
    using namespace getty::connect;
    if (count != 2) {
        std::fputs("usage: getty_connect_pages FOLDER, which has man1/ and completions/\n", stderr);
        return 2;
    }
    try {
        const std::string folder = std::string(words[1]) + "/";
        cli::arguments unused;
        const std::unique_ptr<cli::command_set> all = cli::known_commands(unused);
        cli::replace_file(folder + "man1/getty-connect.1", cli::manual_of_tool(*all, version));
        for (const cli::sub_command& one : all->commands()) {
            if (one.flags.empty()) continue;
            cli::replace_file(folder + "man1/getty-connect-" + one.name + ".1", cli::manual_of(one, version));
        }
        cli::replace_file(folder + "completions/getty-connect", cli::bash_completion(*all));
    } catch (const std::exception& why) {
        std::fprintf(stderr, "getty_connect_pages: %s\n", why.what());
        return 1;
    }
    return 0;
}

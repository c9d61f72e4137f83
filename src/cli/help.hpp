// The words of `--help`.
#pragma once

namespace getty::connect::cli::help {

inline constexpr const char* about =
    "Looks up image metadata by id, many at a time, over pooled HTTPS connections.";

inline constexpr const char* main_footer =
    R"(Credentials come from the environment or a file, never from the command line:
  GETTY_CONNECT_KEY, GETTY_CONNECT_SECRET      the application (both needed)
  GETTY_CONNECT_USER, GETTY_CONNECT_PASSWORD   the user it acts for (optional)
  GETTY_CONNECT_TOKEN                          a token in place of a secret

Try it without an account: in one terminal
  getty-connect serve
and in another the line that it prints.

Exit codes: 0 all ids found, 1 a file or pipe of this machine failed, 2 usage,
  3 some ids failed, 4 authentication failed, 5 the service was not reached,
  130 interrupted, 143 terminated)";

inline constexpr const char* get = "Look up ids, print each image as one line of JSON";

inline constexpr const char* get_footer =
    R"(Example:
  getty-connect get 83454800 200261415-001 --language de

Exit codes: 0 all ids found, 1 a file or pipe of this machine failed, 2 usage,
  3 some ids failed, 4 authentication failed, 5 the service was not reached,
  130 interrupted, 143 terminated)";

inline constexpr const char* fetch = "Look up the ids in a file or on standard input";

inline constexpr const char* fetch_footer =
    R"(Input: one id a line. Blank lines and lines that begin with # are skipped. A
line of JSON counts by its "id" or "ImageId", so an --errors file can be fed
back. A line that cannot be read as an id fails with its number; none is lost.

The first Ctrl-C stops new lookups and waits for those under way; the second
ends the run at once.

Examples:
  getty-connect fetch ids.txt --output images.ndjson --errors failed.ndjson
  getty-connect fetch failed.ndjson --errors again.ndjson >> images.ndjson
  some-program | getty-connect fetch --rate 50 --format raw | other-program

Exit codes: 0 all ids found, 1 a file or pipe of this machine failed, 2 usage,
  3 some ids failed, 4 authentication failed, 5 the service was not reached,
  130 interrupted, 143 terminated)";

inline constexpr const char* serve = "Run a stand-in service with made-up images";

inline constexpr const char* serve_footer =
    R"(The secret to accept is GETTY_CONNECT_SECRET, else sandbox-secret; a user is
asked for when GETTY_CONNECT_USER and GETTY_CONNECT_PASSWORD are set. The base
URL goes to standard output, how to call it to standard error. Ctrl-C ends it.

Example:
  getty-connect serve --latency 20ms --ca-file ca.pem

Exit codes: 0 ended by a signal, 1 cannot listen or write its files, 2 usage)";

inline constexpr const char* token = "Obtain a token, to see whether the credentials work";

inline constexpr const char* token_footer =
    R"(Example:
  getty-connect token --credentials ~/.config/getty-connect

Exit codes: 0 it works, 1 a file of this machine failed, 2 usage,
  4 authentication failed, 5 the service was not reached)";

inline constexpr const char* version = "Print the version, and what it is built with";

}  // namespace getty::connect::cli::help

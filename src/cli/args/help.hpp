// The words of `--help`, of the manual, and of completion.
#pragma once

#include "cli/args/flag.hpp"

#include <vector>

namespace getty::connect::cli::help {

inline constexpr const char* about =
    "Looks up image metadata by id, many at a time, over pooled HTTPS connections.";

/// Of `get` and `fetch`, and so those of the tool as a whole.
inline std::vector<exit_words> lookup_exits() {
    return {{"0", "all ids found"},
            {"1", "a file or pipe of this machine failed"},
            {"2", "usage"},
            {"3", "some ids failed"},
            {"4", "authentication failed"},
            {"5", "the service was not reached"},
            {"6", "the account's quota is used up"},
            {"7", "a limit of the run (--max-pause and the like, or the first 1,000 ids failed alike)"},
            {"129, 130 and 143", "ended by SIGHUP, Ctrl-C and SIGTERM"}};
}
inline constexpr const char* after_lookup_exits = "After 4 to 7 and signals the run can be gone on with.";

inline command_words main() {
    return {about,
            R"(Credentials come from the environment or a file, never from the command line:
  GETTY_CONNECT_KEY, GETTY_CONNECT_SECRET      the application: both, or under
                                               --api v3 the key alone
  GETTY_CONNECT_USER, GETTY_CONNECT_PASSWORD   the user it acts for (optional)
  GETTY_CONNECT_TOKEN                          a token in place of a secret
  GETTY_CONNECT_CERT_KEY_PASSWORD              of an encrypted --key

Try it without an account: in one terminal
  getty-connect serve
and in another the line that it prints.

Flags may be set elsewhere, too: --rate by the variable GETTY_CONNECT_RATE, or
by "rate = 50" in ~/.config/getty-connect/config or /etc/getty-connect.conf.
What holds, and from where, is told by
  getty-connect config fetch)",
            "", lookup_exits(), after_lookup_exits};
}

inline command_words get() {
    return {"Look up ids, print each image as one line of JSON", "",
            "  getty-connect get 83454800 200261415-001 --language de", lookup_exits(), after_lookup_exits};
}

inline command_words fetch() {
    return {"Look up the ids in a file or on standard input",
            R"(Input: an id a line, CSV, TSV or NDJSON, packed with gzip or zstd or not. Blank
lines and lines that begin with # are skipped. A line of JSON counts by its
"id" or "ImageId", so an --errors file can be fed back. A line that cannot be
an id fails with its file and number; none is lost. A file that is UTF-16 or
otherwise no text is refused.

A run that was killed, at whatever moment, goes on with --resume: what has its
line in the files of --output and --errors is not asked for again.

The first Ctrl-C stops new lookups and waits for answers that are under way;
the second ends the run at once.)",
            R"(  getty-connect fetch ids.txt -o images.ndjson --errors failed.ndjson
  getty-connect fetch ids.txt -o images.ndjson --errors failed.ndjson --resume
  getty-connect fetch assets.csv.gz --id-column asset_id -o images.sqlite
  getty-connect fetch ids.txt -o 'images-%05d.ndjson.zst' --errors failed.ndjson
  some-program | getty-connect fetch --rate 50 --format raw | other-program
  getty-connect fetch --api v3 ids.txt --rate 2 --fields title,keywords)",
            lookup_exits(), after_lookup_exits};
}

inline command_words bench() {
    return {"Measure what a service takes, how fast it answers",
            R"(Asks for images as fast as a plan says and tells how long they took, with
tokens, Digest and a check of every answer. With --rate requests are due at
times fixed beforehand, and latency counts from then (open loop); without it
the next one leaves when one is answered (closed loop), which hides stalls.

  bench compare OLD NEW   what has changed, beyond --tolerance and chance
  bench report FILE       a measurement once more, from its JSON or HTML

Standard output gets the report, --json, --html and --record files. Ctrl-C ends
a step early, and the report says so; the second ends the run at once.

Ask for no more than the service is yours to load. What it answers with 429 is
heeded: the client pauses as for fetch. docs/bench.md has a tutorial.)",
            R"(  getty-connect bench --sandbox --rate 500 --duration 10s
  getty-connect bench ids.txt --rate 50,100,200,400 --html capacity.html
  getty-connect bench ids.txt --rate 200 --slo 'p99<50ms,errors<0.1%'
  getty-connect bench ids.txt --rate 200 --json new.json --baseline old.json
  getty-connect bench compare old.json new.json --tolerance 5%)",
            {{"0", "measured; compare: nothing is worse"},
             {"1", "a file of this machine failed"},
             {"2", "usage, or documents that are no pair"},
             {"3", "a limit of --slo is broken; compare: something is worse"},
             {"4", "authentication failed"},
             {"5", "the service was not reached"},
             {"6", "the account's quota is used up"},
             {"129, 130 and 143", "ended by SIGHUP, Ctrl-C and SIGTERM"}},
            ""};
}

inline command_words serve() {
    return {"Run a stand-in service with made-up images",
            R"(The secret to accept is GETTY_CONNECT_SECRET, else sandbox-secret; a user is
asked for when GETTY_CONNECT_USER and GETTY_CONNECT_PASSWORD are set. The base
URL goes to standard output, how to call it to standard error. Ctrl-C ends it.

The same images are served as v3 on the same port, below /v3, with tokens from
/oauth2/token; key and secret are the same ones. Its switches: --v3 NAME=VALUE;
[default] first
  all-unknown=[404]|200, surplus-ids=[400]|served, wrong-key=[401]|403,
  tokenless=[served]|401, detail-set=[400]|served, unknown-parameter=[400]|
  ignored, throttle-text=[new]|old, throttle-status=[429]|403,
  order=[shuffled]|as-asked, nothing-missing=[list]|null|absent,
  dates=[mixed]|utc, expires-in=[number]|text, daily-quota=[off]|N

Faults: --fault NAME, or NAME:key=value,key=value; [defaults]
 in place of the answer
  status-400 to status-599   retry-after=SECONDS, body=html, code=ErrorCode
  over-qps, over-quota       403 of older gateways; retry-after=SECONDS,
                             header=x-mashery-error-code [x-error-detail]
  redirect                   to=other or to=loop [to=same]
  html, empty                status 200 with a page, with nothing
  token-expired              401; no token is good any more
  token-rotated              the same, also where one token was fixed
  nonce-stale                401; a new nonce is to be used
  throttle                   429; retry-after=SECONDS, text=old [new]
  uri-too-long               414 for targets of more than bytes=N [4096]
 in its body
  wrong-image                that of another id
  omit, reorder, stranger,   v3: an image is left out, the others are turned
  duplicate-image,           round, one is there that nobody asked for, one is
  half-malformed             there twice, it is no JSON from its middle on
  json-duplicate             a wrong ImageId, then the right one
  json-mistyped              a number where a text belongs
  json-truncated             its first half
  gzip-unasked, gzip-broken  packed; packed with a wrong checksum
 in how it is sent
  slow-start                 wait=DURATION [1s] before the first byte
  drip                       bytes=N [16] of the body each wait=DURATION [1ms]
  interim                    answers=N [1] of status=N [103] go before it
  length-long, length-short  Content-Length is wrong by bytes=N [16]
  surplus                    a second answer follows that nobody asked for
  chunked                    bytes=N [7] a chunk, extensions and a trailer
  chunk-broken               the second chunk has no size
  chunk-unfinished           the last chunk is missing; bytes=N [512] a chunk
  connection-close           it says Connection: close
  close, reset               of the connection; at=half (of the body) [start]

Which requests, all that is given at once: on=token [on=images], id=83* (a
pattern), first=N (of each id), rate=0.02 (by chance), every=N (each N-th),
count=N (then no more). A request has one fault at most, the first that
applies.)",
            R"(  getty-connect serve --latency 20ms --ca-file ca.pem
  getty-connect serve --fault status-429:rate=0.02,retry-after=1
  getty-connect serve --fault close:first=1,id=10* --fault drip:every=50)",
            {{"0", "ended by a signal"}, {"1", "cannot listen or write its files"}, {"2", "usage"}},
            ""};
}

inline command_words token() {
    return {"Obtain a token, to see whether the credentials work",
            "",
            "  getty-connect token --credentials ~/.config/getty-connect/credentials",
            {{"0", "it works"},
             {"1", "a file of this machine failed"},
             {"2", "usage"},
             {"4", "authentication failed"},
             {"5", "the service was not reached"},
             {"6", "the account's quota is used up"}},
            ""};
}

inline command_words config() {
    return {"Print what holds for flags, and from where",
            R"(The command line goes first, then variables, the file of --config,
$XDG_CONFIG_HOME/getty-connect/config (else ~/.config/getty-connect/config),
and /etc/getty-connect.conf. A file has the names of flags without the dashes,
for all commands or, below its name, for one; a switch is true or false:

  credentials = ~/.config/getty-connect/credentials
  [fetch]
  rate = 50
  ordered = true

The flags of serve stand below [serve] alone, and their variables begin with
GETTY_CONNECT_SERVE_. Credentials have no place in these files; the private key
that --key names is cert-key there, and GETTY_CONNECT_CERT_KEY.)",
            R"(  getty-connect config
  getty-connect config fetch --json)",
            {{"0", "it is printed"},
             {"1", "a file of this machine failed"},
             {"2", "usage, or what is set cannot work"}},
            ""};
}

inline command_words version() { return {"Print the version, and what it is built with", "", "", {}, ""}; }

}  // namespace getty::connect::cli::help

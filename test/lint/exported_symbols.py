#!/usr/bin/env python3
"""A shared library shows what its public headers declare, all of it, and nothing else but the variables of Asio's of which
a process must have one (cmake/exported_symbols.map says why).

Usage: exported_symbols.py LIBRARY OTHER-LIBRARY... -- ARCHIVE...

The others are built on the first and have no copy of what that shows: of an error category there is one. The archives are
those that all were made of. Nothing may be stripped.
"""
import re
import subprocess
import sys

# `auto`: a function template that both sides have made a function of.
PUBLIC = re.compile(r"^(?:auto |(?:vtable|typeinfo|typeinfo name) for )?getty::connect::(?:(?:detail|sandbox|testing|ingest)::)?v\d+_\d+::")
SETTINGS = re.compile(r"^getty_connect_v\d+_\d+_built_with__\w+$")
# State and identity: stacks of who runs what, keys of services, categories, tables that tell executors apart.
SHARED = re.compile(r"^(?:guard variable for )?boost::asio::(?:"
                    r"detail::call_stack<.*>::top_|detail::keyword_tss_ptr<.*>::value_|"
                    r"detail::(?:execution_context_)?service_base<.*>::id|"
                    r".*\binstance|execution::.*::fns\w*)$")
# The private part of a public class: nobody outside calls it.
INNER = re.compile(r"\(anonymous namespace\)|::(?:impl|state)::")
LINE = re.compile(r"^(?:[0-9a-f]+ )?\s*([A-Za-z]) (.*)$")


def symbols(listing):
    """(kind, name) for each line of nm -C --defined-only."""
    for line in listing.splitlines():
        match = LINE.match(line.strip())
        if match:
            yield match.groups()


def strangers(dynamic):
    """What a library shows, but should not."""
    return [name for kind, name in symbols(dynamic)
            if not (PUBLIC.match(name) and not INNER.search(name)) and not SETTINGS.match(name)
            and not (kind in "uVBD" and SHARED.match(name))]


def missing(dynamic, archives):
    """Public functions that the archives have, but the library does not show."""
    shown = {name for _, name in symbols(dynamic)}
    return sorted({name for kind, name in symbols(archives)
                   if kind == "T" and PUBLIC.match(name) and not INNER.search(name) and name not in shown})


def copies(dynamic, other):
    """Functions that a library shows and another has once more."""
    shown = {name for kind, name in symbols(dynamic) if kind == "T"}
    return sorted({name for _, name in symbols(other) if name in shown})


def nm(file, *options):
    return subprocess.run(["nm", "-C", "--defined-only", *options, file], check=True, capture_output=True, text=True).stdout


def main(libraries, archives):
    shown = {file: nm(file, "-D") for file in libraries}
    library, *others = libraries
    found = [f"{file} shows {name}" for file, listing in shown.items() for name in strangers(listing)]
    found += [f"nobody shows {name}" for name in missing("".join(shown.values()), "".join(nm(file) for file in archives))]
    found += [f"{other} has a copy of {name}" for other in others for name in copies(shown[library], nm(other))]
    if not any(SETTINGS.match(name) for _, name in symbols(shown[library])):
        found.append(f"{library} does not show what it was built with")
    for line in found:
        print(line)
    counts = ", ".join(str(len(list(symbols(listing)))) for listing in shown.values())
    print(f"exported_symbols: {counts} symbols, {len(archives)} archives, {len(found)} findings")
    return 1 if found or not archives else 0


if __name__ == "__main__":
    end = sys.argv.index("--")
    sys.exit(main(sys.argv[1:end], sys.argv[end + 1:]))

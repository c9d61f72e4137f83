#!/usr/bin/env python3
"""No archive holds a function of Asio's whose return type depends on BOOST_ASIO_NO_DEPRECATED.

Usage: two_faced_symbols.py FOLDER-OF-BOOST/ASIO ARCHIVE...

In Asio 1.26 `close(error_code&)` and its like return an error_code, or nothing, under one mangled name. The linker keeps
one copy for a program and the library: with different settings, one of them calls what it does not expect. Only archives
built without optimisation show all functions that a translation unit uses.
"""
import re
import subprocess
import sys
from pathlib import Path

DECLARATION = re.compile(r"\bBOOST_ASIO_SYNC_OP_VOID\s+(\w+)\s*\(")
# A function of a class of Asio's, or a free one, that takes an error_code last.
SYMBOL = re.compile(r"^(?:\S+ )?[WVuT] (boost::asio::.*?(\w+)(?:<.*>)?\(.*\bboost::system::error_code&\).*)$")

OTHER = re.compile(r"^boost::asio::error::|::detail::")


def declared(folder):
    """The names that Asio declares so."""
    names = set()
    for header in Path(folder).rglob("*.hpp"):
        names.update(DECLARATION.findall(header.read_text(errors="replace")))
    return names


def found(listing, names):
    """Functions of those names among the demangled lines of nm.

    Implementation classes return what they return, and boost::asio::error holds functions on error codes themselves.
    """
    hits = []
    for line in listing.splitlines():
        match = SYMBOL.match(line.strip())
        if match and match.group(2) in names and not OTHER.search(match.group(1).split("(")[0]):
            hits.append(match.group(1))
    return hits


def main(asio, archives):
    names = declared(asio)
    if not names or not archives:
        print("two_faced_symbols: nothing to look for, or nothing to look at")
        return 1
    failed = False
    for archive in archives:
        listing = subprocess.run(["nm", "-C", "--defined-only", archive], check=True, capture_output=True, text=True)
        for hit in found(listing.stdout, names):
            failed = True
            print(f"{archive}: {hit}: call the spelling that throws, see src/core/quietly.hpp")
    print(f"two_faced_symbols: {len(archives)} archives, {len(names)} names, {'failed' if failed else 'fine'}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2:]))

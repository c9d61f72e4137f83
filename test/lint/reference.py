#!/usr/bin/env python3
"""The reference of the public headers, made by Doxygen in build/docs: what it warns of is wrong.

Each class, enumeration, function and name of a type has a doc comment. There are names that say all there is to say, and
need none: fields, enumerators, constructors, destructors and assignments, members that give a value and take nothing, and
overloads of a function that has one.

Usage: reference.py ROOT
"""
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

CONFIGURATION = "docs/reference/Doxyfile"
WARNING = re.compile(r"^(?P<path>[^:\n]+):(?P<line>\d+): (?:warning|error): (?P<what>.*)$")
MEMBER = re.compile(r"Member (?P<name>~?\w+|operator\W+?)(?P<arguments>\(.*\))?(?P<behind>[^()]*) "
                    r"\((?P<kind>[\w ]+)\) of (?:\w+) (?P<of>\S+) is not documented\.")
DEFINITION = re.compile(r'^#define GETTY_CONNECT_VERSION (\d+)', re.M)


def needs_none(what, documented):
    """Whether what has no comment is of those that need none. `documented`: class -> names of its functions with one."""
    member = MEMBER.fullmatch(what)
    if not member:
        return False
    if member["kind"] in ("variable", "enumvalue"):
        return True
    if member["kind"] != "function":
        return False
    class_name = member["of"].rpartition("::")[2]
    special = member["name"].lstrip("~") == class_name or member["name"] == "operator="
    gives = member["arguments"] == "()" and "const" in member["behind"].split()
    return special or gives or member["name"] in documented.get(class_name, set())


def functions_with_comments(header):
    """Class -> names of functions that a doc comment stands before."""
    found, of, comment = {}, "", False
    for line in header.split("\n"):
        if named := re.match(r"\s*(?:class|struct) (?:\[\[.*?\]\] )?(\w+)[^;]*\{", line):
            of, comment = named[1], False
        elif re.match(r"\s*///(?!<)", line):
            comment = True
        elif comment and (called := re.search(r"([\w~]+)\(", re.sub(r"\[\[.*?\]\]|\brequires\b.*", "", line))):
            found.setdefault(of, set()).add(called[1])
            comment = False
        elif not re.match(r"\s*(?:template|requires|boost::asio::|\[\[)", line):
            comment = False
    return found


def findings(warnings, headers):
    """What of Doxygen's output is to be mended. `headers`: path -> text."""
    documented = {}
    for text in headers.values():
        for name, functions in functions_with_comments(text).items():
            documented.setdefault(name, set()).update(functions)
    found = []
    for line in warnings.split("\n"):
        warning = WARNING.match(line)
        if warning and needs_none(warning["what"], documented):
            continue
        if line.strip():
            found.append(line)
    return found


def version(config):
    number = int(DEFINITION.search(config)[1])
    return f"{number // 10000}.{number // 100 % 100}.{number % 100}"


def main():
    root = Path(sys.argv[1]).resolve()
    if not shutil.which("doxygen"):
        print("reference: there is no doxygen; ./dev setup docs installs it")
        return 1
    config = (root / "include/getty/connect/config.hpp").read_text()
    (root / "build").mkdir(exist_ok=True)
    made = subprocess.run(["doxygen", CONFIGURATION], cwd=root, text=True, capture_output=True, check=False,
                          env={**os.environ, "GETTY_CONNECT_VERSION_TEXT": version(config)})
    headers = {path: path.read_text() for path in sorted((root / "include").rglob("*.hpp"))}
    found = findings(made.stdout + made.stderr, headers)
    for line in found:
        print(line.replace(f"{root}/", ""))
    if made.returncode != 0:
        print(f"doxygen ended with {made.returncode}")
    print(f"reference: {len(found)} findings in {len(headers)} files; build/docs/html/index.html")
    return 1 if found or made.returncode != 0 else 0


if __name__ == "__main__":
    sys.exit(main())

#!/usr/bin/env python3
"""Instructions per lookup, which no noise of the machine touches; the regression check of continuous integration.

Usage: instructions.py BENCH BASELINE [--check | --record] [--functions N]

Runs one client of BENCH at a time under callgrind, the origin outside of it, and counts from the end of the warm-up
to the last answer. *Ours* is what runs in the program itself, Boost.JSON and libstdc++. OpenSSL and libc choose their
code by the processor, so their counts say little about another machine; the kernel is not seen at all.
"""
import argparse
import re
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

IN_GROUPS = ["--in-flight", "8", "--ids-per-request", "100"]
# Client, title, options, and how many times the usual number of lookups: a hundred at a time need more, since
# those under way at the beginning and at the end count.
SCENARIOS = {
    "raw": ("library-raw", "raw, Bearer", [], 1),
    "typed": ("library-typed", "typed, Bearer", [], 1),
    "digest": ("library-digest-typed", "typed, Digest", [], 1),
    "v3-raw": ("library-v3-raw", "v3, raw", [], 1),
    "v3-typed": ("library-v3-typed", "v3, typed", [], 1),
    "v3-100-raw": ("library-v3-raw", "v3, 100 ids, raw", IN_GROUPS, 4),
    "v3-100-typed": ("library-v3-typed", "v3, 100 ids, typed", IN_GROUPS, 4),
}
LOOKUPS, WARM_UP = 5_000, 1_000
TOLERANCE = 0.05
NOT_OURS = {"libcrypto": "OpenSSL", "libssl": "OpenSSL"}  # every other library but these is "libc"
OURS = ("libboost_json", "libstdc++")


def owner(path, program):
    name = Path(path).name
    if name == program or name.startswith(OURS):
        return "ours"
    return next((who for start, who in NOT_OURS.items() if name.startswith(start)), "libc")


def read_profile(path, program):
    """Self cost per owner, and per function among ours, from callgrind's file."""
    names, owners, functions = {}, Counter(), Counter()
    current_owner = function = None
    is_call = False

    def name_of(kind, text):  # "(3) name" defines, "(3)" refers
        number, name = re.match(r"\((\d+)\)(?: (.*))?", text).groups()
        if name is not None:
            names[kind, number] = name
        return names[kind, number]

    for line in path.read_text(errors="replace").splitlines():
        key, equals, rest = line.partition("=")
        if equals and key.isalpha():
            if key == "ob":
                current_owner = owner(name_of("object", rest), program)
            elif key == "fn":
                function = name_of("function", rest)
            elif key == "cob":
                name_of("object", rest)
            elif key == "cfn":
                name_of("function", rest)
            is_call = key == "calls"
        elif current_owner and (cost := re.match(r"[+\-*]?\d* (\d+)$", line)):
            if not is_call:  # the line after `calls=` is what the callee cost
                owners[current_owner] += int(cost[1])
                if current_owner == "ours":
                    functions[function] += int(cost[1])
            is_call = False
    return owners, functions


def count(bench, client, options, lookups):
    """Instructions of so many lookups."""
    with tempfile.TemporaryDirectory(prefix="getty-connect-bench.") as folder:
        out = Path(folder, "profile")
        command = ["valgrind", "--tool=callgrind", f"--callgrind-out-file={out}", bench, "run", client,
                   "--requests", str(lookups), "--warm-up", str(WARM_UP), *options]
        done = subprocess.run(command, capture_output=True, text=True, timeout=600)
        profile = Path(folder, "profile.1")  # the first dump is the measured part, the second one the rest
        if done.returncode != 0 or not profile.exists():
            sys.exit(f"{client} failed under valgrind:\n{done.stderr[-2000:]}")
        return read_profile(profile, Path(bench).name)


def compiler():
    def ask(option):
        return subprocess.run(["c++", option], capture_output=True, text=True, check=True).stdout.strip()

    return f"{ask('-dumpfullversion')} {ask('-dumpmachine')}"


def read_baseline(path):
    values = {}
    for line in path.read_text().splitlines():
        name, _, value = line.partition(":")
        if value and not line.startswith("#"):
            values[name] = value.strip()
    return values


def write_baseline(path, figures):
    lines = ["# Instructions per lookup in the library's own code: `./dev perf instructions --record` writes this file,",
             "# `./dev perf check` compares with it.", f"compiler: {compiler()}"]
    lines += [f"{name}: {ours}" for name, ours in figures.items()]
    path.write_text("\n".join(lines) + "\n")


def compare(path, figures):
    """The exit code."""
    recorded = read_baseline(path)
    if recorded["compiler"] != compiler():
        print(f"\nNothing compared: the baseline is for compiler {recorded['compiler']}, this is {compiler()}.")
        return 0
    failed = False
    for name, ours in figures.items():
        if name not in recorded:
            print(f"{name:12} is not recorded yet: ./dev perf instructions --record")
            continue
        before = int(recorded[name])
        change = ours / before - 1
        verdict = "within 5 %"
        if change > TOLERANCE:
            verdict, failed = "TOO MUCH", True
        elif change < -TOLERANCE:
            verdict = "better: record it with ./dev perf instructions --record"
        print(f"{name:12} recorded {before:7,}  now {ours:7,}  {change:+7.1%}  {verdict}")
    return int(failed)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("bench")
    parser.add_argument("baseline", type=Path)
    parser.add_argument("--check", action="store_true", help="fail when a count has grown by more than 5 %%")
    parser.add_argument("--record", action="store_true", help="write the counts to the baseline")
    parser.add_argument("--functions", type=int, default=0, metavar="N", help="list the N costliest functions of ours")
    given = parser.parse_args()

    figures = {}
    print(f"{'instructions per lookup':25}{'ours':>9}{'libc':>9}{'OpenSSL':>9}{'total':>9}")
    for name, (client, title, options, times) in SCENARIOS.items():
        lookups = times * LOOKUPS
        owners, functions = count(given.bench, client, options, lookups)
        each = {who: round(owners[who] / lookups) for who in ("ours", "libc", "OpenSSL")}
        figures[name] = each["ours"]
        print(f"{title:25}{each['ours']:9,}{each['libc']:9,}{each['OpenSSL']:9,}{sum(each.values()):9,}", flush=True)
        for function, cost in functions.most_common(given.functions):
            print(f"{cost / lookups:12.1f}  {function[:160]}")
    print()
    for one, single in (("v3-raw", "raw"), ("v3-typed", "typed")):
        ratio = figures[one] / figures[single]
        verdict = "met" if ratio <= 1 + TOLERANCE else "missed"
        print(f"{SCENARIOS[one][1]} x {SCENARIOS[single][1]}: {ratio:.3f}, at most {1 + TOLERANCE}: {verdict}")
    if given.record:
        write_baseline(given.baseline, figures)
    return compare(given.baseline, figures) if given.check else 0


if __name__ == "__main__":
    sys.exit(main())

#!/usr/bin/env python3
"""Clocks, randomness and the environment enter through named files; nothing sleeps, nothing is left unowned.

Usage: seams.py ROOT
Waivers, with a reason, on the line or alone above it: `// seam-ok: ...`, `// detached-ok: who waits for it`.
"""
import re
import sys
from fnmatch import fnmatch

from cpp_source import Finding, report, sources

CLOCK_FILES = ["src/core/clock.cpp"]
RANDOM_FILES = ["src/core/random.cpp"]
LIBRARY = ["include/*", "src/*"]
EVERYWHERE = ["include/*", "src/*", "examples/*", "test/*"]

# (what is looked for in the code, words joined by one blank; where; files that may; waiver; what to do instead)
RULES = [
    (r"\b(steady|system|high_resolution)_clock :: now\b|\b(gettimeofday|clock_gettime) \(", LIBRARY, CLOCK_FILES,
     "seam-ok", "time is a parameter: read it in " + CLOCK_FILES[0]),
    (r"\brandom_device\b|\bRAND_(priv_)?bytes\b|\bs?rand \(", LIBRARY, RANDOM_FILES,
     "seam-ok", "randomness is a parameter: see core/random.hpp"),
    (r"\b(secure_)?getenv\b", LIBRARY, ["src/cli/*"],
     "seam-ok", "library code does not read the environment"),
    (r"\bsleep_(for|until)\b|\b(u|nano)?sleep \(", EVERYWHERE, [],
     "seam-ok", "wait for the event, not for a while"),
    (r"\basio :: detached\b|\bdetached_t\b|(\.|->) detach \(|[(,] detached \)", LIBRARY, [],
     "detached-ok", "every coroutine and thread has an owner that waits for it"),
]


def check(source):
    findings = []
    code = [token for token in source.tokens if token.kind in ("word", "punct")]
    text, lines = "", []  # lines[i]: the line of the character i of `text`
    for token in code:
        text += token.text + " "
        lines += [token.line] * (len(token.text) + 1)
    for pattern, where, may, waiver, instead in RULES:
        if not any(fnmatch(source.path, place) for place in where) or any(fnmatch(source.path, f) for f in may):
            continue
        for match in re.finditer(pattern, text):
            line = lines[match.start()]
            if not source.waived(waiver, {line}):
                findings.append(Finding(source.path, line, f"`{match.group(0).replace(' ', '')}`: {instead}"))
    return findings


def main(root):
    files = list(sources(root, ["include", "src", "examples", "test"]))
    findings = [finding for source in files for finding in check(source)]
    return report("seams", findings, len(files))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))

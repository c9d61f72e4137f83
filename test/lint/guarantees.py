#!/usr/bin/env python3
"""Holds docs/guarantees.md against the tests: each row's files have a test that begins with its number, and each number
that a test begins with has a row that names its file.

Usage: guarantees.py ROOT
"""
import re
import sys
from pathlib import Path

ROW = re.compile(r"^\| ([PTDRBGXESJUWL]\d{1,2}) \|(.*)\|$", re.M)
TITLE = re.compile(r'TEST_CASE(?:_TEMPLATE)?\(\s*"((?:[^"\\]|\\.)*)"')
# In Python the number is in the name: `def test_l12_…`.
NAME = re.compile(r"def test_([a-z]\d{1,2})_")
NUMBER = re.compile(r"\b[PTDRBGXESJUWL]\d{1,2}\b")
# The cases of each kind that must have a row, unless retired: those stand for nothing any more, nor will again.
EXPECTED = {"P": range(1, 23), "T": range(1, 11), "D": range(1, 10), "R": range(1, 8), "B": range(1, 14),
            "G": range(1, 12), "X": range(1, 10), "E": range(1, 6), "S": range(1, 11),
            "L": range(1, 16), "J": range(1, 9), "U": range(1, 7), "W": range(1, 9)}
RETIRED = {"P2"}
# Whose files hold no titles: properties, and programs of a user.
UNTITLED = ("fuzz/", "consumer/")


def numbers_of(source):
    """What the titles in this source begin with."""
    titled = {n for title in TITLE.findall(source) for n in NUMBER.findall(title.partition(":")[0])}
    return titled | {name.upper() for name in NAME.findall(source)}


def findings(document, sources):
    """`sources`: path below test/ -> text."""
    rows = {number: set(re.findall(r"`((?:unit|component|integration|memory|fuzz|consumer)/[^`]+)`", cells.rpartition("|")[2]))
            for number, cells in ROW.findall(document)}
    for kind, numbers in EXPECTED.items():
        for number in (f"{kind}{i}" for i in numbers):
            if number not in rows and number not in RETIRED:
                yield f"docs/guarantees.md: {number} has no row"
    for number, files in rows.items():
        if number in RETIRED:
            yield f"docs/guarantees.md: {number} is retired, yet has a row"
        if not files:
            yield f"docs/guarantees.md: {number} names no test"
        for file in sorted(files):
            if file not in sources:
                yield f"docs/guarantees.md: {number} names {file}, which is not there"
            elif not file.startswith(UNTITLED) and number not in numbers_of(sources[file]):
                yield f"docs/guarantees.md: {number} names {file}, where no test begins with it"
    for file, source in sources.items():
        for number in sorted(numbers_of(source)):
            if number in RETIRED:
                yield f"test/{file}: a test begins with {number}, which is retired"
            elif file not in rows.get(number, ()):
                yield f"test/{file}: a test begins with {number}, whose row does not name this file"


def main():
    root = Path(sys.argv[1])
    paths = [*root.glob("test/**/*.cpp"), *root.glob("test/integration/*.py")]
    sources = {str(path.relative_to(root / "test")): path.read_text() for path in sorted(paths)}
    found = list(findings((root / "docs/guarantees.md").read_text(), sources))
    for line in found:
        print(line)
    print(f"guarantees: {len(found)} findings in {len(sources)} files")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())

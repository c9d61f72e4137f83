#!/usr/bin/env python3
"""Comments are as somebody wrote them: no line was pushed over the edge, none was broken by a formatter.

A formatter that reflows comments leaves a long line, a stub, and the rest; and it puts the second line of a list item
where an item begins. Lists and tables then say something else than they did.

Usage: comments.py ROOT
"""
import re
import sys
from pathlib import Path

MAX_COLUMNS = 110  # of .clang-format
LONG = 97          # a word more would not have fitted
STUB = 24
COMMENT = re.compile(r"^(\s*//[/!]?<?)( *)(.*)$")
ITEM = re.compile(r"[-*] |\d+\. ")
FOLDERS = ["include", "src", "test", "bench", "examples"]


def check(text):
    """(line, what is wrong) for each finding."""
    findings = []
    item = None  # marker and indentation of the list item that goes on
    lines = text.split("\n")
    marks = [COMMENT.match(line) for line in lines]
    for i, mark in enumerate(marks):
        if "//" in lines[i] and len(lines[i]) > MAX_COLUMNS and '"' not in lines[i]:
            findings.append((i + 1, f"longer than {MAX_COLUMNS} columns"))
        if not mark or not mark[3]:
            item = None
            continue
        if ITEM.match(mark[3]):
            item = (mark[1], len(mark[2]))
        elif item and mark[1] == item[0] and len(mark[2]) <= item[1]:
            findings.append((i + 1, "goes on with a list item, but begins where one does"))
            item = None
        before, after = (marks[j] if 0 <= j < len(marks) else None for j in (i - 1, i + 1))
        block = before and after and before[1] == mark[1] == after[1] and after[3]
        if block and len(lines[i - 1]) >= LONG and len(mark[3]) <= STUB and len(mark[2]) < 8 and \
                not ITEM.match(mark[3]) and not mark[3].endswith((".", ":", ";")):
            findings.append((i + 1, f"a stub behind a long line: {mark[3]}"))
    return findings


def main():
    root = Path(sys.argv[1])
    files = [path for folder in FOLDERS for path in sorted((root / folder).rglob("*")) if path.suffix in (".cpp", ".hpp")]
    found = 0
    for path in files:
        for line, what in check(path.read_text()):
            print(f"{path.relative_to(root)}:{line}: {what}")
            found += 1
    print(f"comments: {found} findings in {len(files)} files")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())

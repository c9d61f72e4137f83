#!/usr/bin/env python3
"""Holds the public headers against docs/guarantees.md: what they say of never, always, no and exactly is held by a test.

Each sentence of a doc comment that has one of these words has a row in the section "What the headers promise", word for
word, with the rows of guarantees or the tests that hold it; or with `definition`, where it says what a word means.

Usage: promises.py ROOT
"""
import re
import sys
from pathlib import Path

SECTION = "## What the headers promise"
LEAST = 54  # sentences that are no definitions; a promise that goes is taken off here, for all to see
WORD = re.compile(r"\b(?:never|always|no|exactly)\b", re.I)
ROW = re.compile(r"^\|(?! header |-).*$", re.M)
CELLS = re.compile(r"(?<!\\)\|")
NUMBERED = re.compile(r"^\| ([A-Z]\d{1,2}) \|", re.M)
# A number, a file with a title, or the word for what is none.
HOLDER = re.compile(r'([A-Z]\d{1,2})|`([^`]+)` "([^"]+)"|(definition)')
TITLE = re.compile(r'TEST_CASE(?:_TEMPLATE)?\(\s*((?:"(?:[^"\\]|\\.)*"\s*)+)')
PIECE = re.compile(r'"((?:[^"\\]|\\.)*)"')
METHOD = re.compile(r"^\s+def (test_\w+)\(", re.M)
COMMENT = re.compile(r"(///<?) ?(.*)$")
ITEM = re.compile(r"- (.*)")
END = re.compile(r"""(?:(?<=[.!?])|(?<=[.!?]\)))\s+(?=["'`(]?[A-Z0-9`])""")


def blocks(header):
    """The text of each paragraph and list item of the doc comments."""
    head, _, _ = header.partition("#pragma once")
    lines = [(0, "//", line[2:].removeprefix(" ")) if line.startswith("//") else None for line in head.split("\n")]
    for line in header.split("\n"):
        found = COMMENT.search(line)
        # Behind code begins another comment, below it may go on.
        lines.append(found and (line[:found.start()].strip() != "", found[1], found[2]))
    text, mark = [], None
    for line in [*lines, None]:
        item = line and ITEM.match(line[2])
        code = line and line[2].startswith("    ")
        if text and (not line or line[0] or line[1] != mark or item or code or not line[2].strip()):
            yield " ".join(" ".join(text).split())
            text = []
        if line:
            mark = line[1]
            if not code and line[2].strip():
                text.append(item[1] if item else line[2])


def sentences(header):
    """Those that promise, in their order."""
    return [sentence for block in blocks(header) for sentence in END.split(block) if WORD.search(sentence)]


def titles(file, source):
    if file.endswith(".py"):
        return set(METHOD.findall(source))
    return {"".join(PIECE.findall(title)).replace('\\"', "'") for title in TITLE.findall(source)}


def findings(document, headers, sources):
    """`headers`: name -> text; `sources`: path below test/ -> text. What is wrong, the number of sentences, and that of
    those that are definitions."""
    numbers = set(NUMBERED.findall(document))
    _, _, section = document.partition(SECTION)
    section = section.partition("\n## ")[0]
    wanted = {(name, sentence) for name, text in headers.items() for sentence in sentences(text)}
    rows, found, definitions = set(), [], set()
    for line in ROW.findall(section):
        cells = [cell.strip().replace("\\|", "|") for cell in CELLS.split(line)[1:-1]]
        if len(cells) != 3:
            found.append(f"docs/guarantees.md: no row of this table: {line}")
            continue
        key, held = (cells[0].strip("`"), cells[1]), cells[2]
        rows.add(key)
        if key not in wanted:
            found.append(f"docs/guarantees.md: {key[0]} does not say: {key[1]}")
        holders = HOLDER.findall(held)
        if HOLDER.sub("", held).strip(" ,;") or not holders or (len(holders) > 1 and any(h[3] for h in holders)):
            found.append(f"docs/guarantees.md: neither tests nor `definition`: {held}")
        for number, file, title, definition in holders:
            if number and number not in numbers:
                found.append(f"docs/guarantees.md: {number} has no row, but holds: {key[1]}")
            elif file and title not in titles(file, sources.get(file, "")):
                found.append(f"docs/guarantees.md: no test in {file} has the title {title}")
            elif definition:
                definitions.add(key)
    found += [f"include/getty/connect/{name}: held by no row of docs/guarantees.md: {sentence}"
              for name, sentence in sorted(wanted - rows)]
    return found, len(wanted), len(wanted & definitions)


def too_few(all_of_them, definitions):
    kept = all_of_them - definitions
    return [f"{kept} promises in the public headers, where there were {LEAST}"] if kept < LEAST else []


def main():
    root = Path(sys.argv[1])
    headers = {str(path.relative_to(root / "include/getty/connect")): path.read_text() for path in sorted(root.glob("include/getty/connect/**/*.hpp"))}
    sources = {str(path.relative_to(root / "test")): path.read_text()
               for pattern in ("**/*.cpp", "integration/tool_test.py") for path in sorted(root.glob(f"test/{pattern}"))}
    found, all_of_them, definitions = findings((root / "docs/guarantees.md").read_text(), headers, sources)
    found += too_few(all_of_them, definitions)
    for line in found:
        print(line)
    print(f"promises: {len(found)} findings; {all_of_them} sentences, {definitions} of them definitions")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())

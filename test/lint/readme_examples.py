#!/usr/bin/env python3
"""The ```cpp blocks of README.md are excerpts of examples that the build compiles.

Usage: readme_examples.py ROOT
The line above a block names its file, `<!-- compiled: examples/01_x.cpp -->`, or says `<!-- not compiled: reason -->`.
In docs/ the marks are optional, and checked where they stand.
"""
import re
import sys
import textwrap
from pathlib import Path

from cpp_source import Finding, cpp_blocks, documents, report


def is_excerpt(block, text):
    """Whether the block's lines stand in the text, one after the other, indented alike."""
    wanted = textwrap.dedent(block).strip("\n").split("\n")
    lines = [line.rstrip() for line in text.split("\n")]
    for start in range(len(lines) - len(wanted) + 1):
        window = "\n".join(lines[start : start + len(wanted)])
        if textwrap.dedent(window).split("\n") == wanted:
            return True
    return False


def check(name, markdown, root, must_be_marked):
    findings = []
    for block in cpp_blocks(markdown):
        mark = re.fullmatch(r"<!-- compiled: (examples/\S+\.cpp) -->", block.before)
        if mark is None:
            if must_be_marked and not re.fullmatch(r"<!-- not compiled: \S.* -->", block.before):
                findings.append(Finding(name, block.line, "no `<!-- compiled: examples/NN_x.cpp -->` above this block"))
            continue
        example = Path(root) / mark.group(1)
        if not example.is_file():
            findings.append(Finding(name, block.line, f"{mark.group(1)} does not exist"))
        elif not is_excerpt(block.text, example.read_text(encoding="utf-8")):
            findings.append(Finding(name, block.line, f"the block is no excerpt of {mark.group(1)}"))
    return findings


def main(root):
    pages = documents(root)
    findings = []
    for page in pages:
        name = str(page.relative_to(root))
        findings += check(name, page.read_text(encoding="utf-8"), root, must_be_marked=name == "README.md")
    return report("examples in documents", findings, len(pages))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))

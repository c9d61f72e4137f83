"""What the lints know of C++: tokens without comments, waivers, and the sources of this repository."""
import re
from pathlib import Path
from typing import NamedTuple

CPP_SUFFIXES = {".cpp", ".hpp"}

_TOKEN = re.compile(
    r"""
      (?P<space>\s+|\\\n)
    | (?P<comment>//(?:\\\n|[^\n])*|/\*.*?(?:\*/|\Z))
    | (?P<raw>(?:u8|[uUL])?R"(?P<delim>[^()\\\s]{0,16})\(.*?(?:\)(?P=delim)"|\Z))
    | (?P<string>(?:u8|[uUL])?"(?:\\.|[^"\\\n])*(?:"|(?=\n)|\Z))
    | (?P<char>(?:u8|[uUL])?'(?:\\.|[^'\\\n])+')
    | (?P<number>\.?\d(?:[eEpP][+-]|'(?=\w)|[\w.])*)
    | (?P<word>[A-Za-z_]\w*)
    | (?P<punct>::|->\*?|<=>|<<=?|>=|<=|[=!]=|&&|\|\||\+\+|--|[-+*/%&|^]=|\.\.\.|.)
    """,
    re.VERBOSE | re.DOTALL,
)
_DIRECTIVE = re.compile(r"[ \t]*#[ \t]*(\w*)((?:\\\n|//[^\n]*|/\*.*?\*/|[^\n])*)", re.DOTALL)


class Token(NamedTuple):
    kind: str  # word, number, text (a string or character literal), punct, directive
    text: str
    line: int


class Finding(NamedTuple):
    path: str
    line: int
    message: str

    def __str__(self):
        return f"{self.path}:{self.line}: {self.message}"


class Source:
    """One file, or one block of a document that starts at `first_line`."""

    def __init__(self, path, text, first_line=1):
        self.path = str(path)
        self.tokens = []
        self._comments = {}  # line -> text of the comments on it
        self._code_lines = set()
        self._scan(text, first_line)

    def _scan(self, text, line):
        position, at_line_start = 0, True
        while position < len(text):
            directive = _DIRECTIVE.match(text, position) if at_line_start else None
            if directive:
                code = re.sub(r"//.*|/\*.*?\*/", "", directive.group(2), flags=re.DOTALL)
                self._add("directive", directive.group(1) + " " + code.strip(), line)
                self._note_comment(directive.group(2), line)
                line += directive.group(0).count("\n")
                position = directive.end()
                continue
            match = _TOKEN.match(text, position)
            kind, word = match.lastgroup, match.group(0)
            if kind == "delim":  # the group inside a raw string
                kind = "raw"
            if kind == "space":
                at_line_start = at_line_start or "\n" in word
            elif kind == "comment":
                self._note_comment(word, line)
            else:
                at_line_start = False
                self._add("text" if kind in ("raw", "string", "char") else kind, word, line)
            line += word.count("\n")
            position = match.end()

    def _add(self, kind, text, line):
        self.tokens.append(Token(kind, text, line))
        self._code_lines.add(line)

    def _note_comment(self, text, line):
        for offset, part in enumerate(text.split("\n")):
            self._comments[line + offset] = self._comments.get(line + offset, "") + part

    def waived(self, word, lines):
        """Whether `// word: reason` stands on one of the lines, or alone on the line above the first."""
        pattern = re.compile(rf"\b{re.escape(word)}:\s*\S")
        above = min(lines) - 1
        candidates = set(lines) | ({above} - self._code_lines)
        return any(pattern.search(self._comments.get(line, "")) for line in candidates)


def sources(root, folders, suffixes=CPP_SUFFIXES):
    """The C++ sources under the folders, in a stable order. Folders that do not exist are empty."""
    for folder in folders:
        for path in sorted((Path(root) / folder).rglob("*")):
            if path.suffix in suffixes and path.is_file():
                yield Source(path.relative_to(root), path.read_text(encoding="utf-8"))


def documents(root):
    """README.md and the pages of docs/."""
    readme = Path(root) / "README.md"
    return ([readme] if readme.is_file() else []) + sorted((Path(root) / "docs").rglob("*.md"))


class Block(NamedTuple):
    line: int  # of the first line inside the fence
    text: str
    before: str  # the last line above the fence that is not blank


def cpp_blocks(markdown):
    """The ```cpp blocks of a document."""
    blocks, before, body = [], "", None
    for number, line in enumerate(markdown.split("\n"), 1):
        if body is None and re.match(r"\s*```cpp\b", line):
            body, start = [], number + 1
        elif body is not None and re.match(r"\s*```\s*$", line):
            blocks.append(Block(start, "\n".join(body) + "\n", before))
            body, before = None, ""
        elif body is not None:
            body.append(line)
        elif line.strip():
            before = line.strip()
    return blocks


def report(title, findings, files):
    """Prints the findings; the exit code for the process."""
    for finding in findings:
        print(finding)
    print(f"{title}: {len(findings)} findings in {files} files")
    return 1 if findings else 0

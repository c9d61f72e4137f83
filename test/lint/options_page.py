#!/usr/bin/env python3
"""docs/options.md: every option with type, default, range and what it does, made from the headers and what validate() checks.

The doc comments may repeat defaults and ranges, and so may the README under "Defaults": what they say is held against those
that are in force.

Usage: options_page.py ROOT [--write]    --write makes the page, else it is checked
"""
import re
import sys
from pathlib import Path
from typing import NamedTuple

PAGE = "docs/options.md"
HEADERS = Path("include/getty/connect")
HEAD = """# Options

Made from the public headers by `test/lint/options_page.py . --write`, which `./dev docs` runs; the lint `options_page` fails when a
line is not current. Options are set by chained calls, each named as here; what cannot work is refused as `errc::invalid_option`,
naming the option, by the constructor (`client_options`), by `fetch` (`fetch_options`) or as the result of the lookup
(`lookup_options`). All that is to be known of an option is in its comment in the header, and in the reference (`./dev docs`).
"""


class Group(NamedTuple):
    """Options of one class: where it is, where its defaults are, where its setters are, and how these name a default."""
    title: str
    header: str
    class_name: str
    defaults: str
    source: str
    member: str


GROUPS = [
    Group("client_options", "options.hpp", "client_options", "client_settings", "src/client/options.cpp", r"settings_\.(\w+)"),
    Group("lookup_options", "options.hpp", "lookup_options", "lookup_options", "src/client/options.cpp", r"\b(\w+)_\b"),
    Group("fetch_options", "options.hpp", "fetch_options", "fetch_options", "src/client/options.cpp", r"\b(\w+)_\b"),
    Group("ingest::job_options", "ingest/job.hpp", "job_options", "job_options", "src/ingest/job/options.cpp", r"\b(\w+)_\b"),
    Group("ingest::input_options", "ingest/input.hpp", "input_options", "input_options", "src/ingest/input/file_source.cpp",
          r"\b(\w+)_\b"),
    Group("ingest::sink_options", "ingest/sink.hpp", "sink_options", "sink_options", "src/ingest/sink/open_sink.cpp", r"\b(\w+)_\b"),
]


class Option(NamedTuple):
    name: str
    types: list
    comment: str
    default: str  # empty: nothing is set
    range: str
    line: int


def body_of(header, kind, name):
    """The text between the braces of a class, and the line that it begins on."""
    start = re.search(rf"^{kind} {name} \{{$", header, re.M)
    if not start:
        raise ValueError(f"there is no {kind} {name}")
    end = header.index("\n};", start.end())
    return header[start.end():end], header.count("\n", 0, start.end()) + 1


def sentences(comment):
    return re.split(r"(?<=[\w\"`)\]]\.) ", comment)


# --- Values, as people write them ---

UNITS = {"milliseconds": "ms", "seconds": "s", "minutes": "min", "hours": "h"}


def number(text, in_bytes):
    value = 1
    for factor in text.replace("'", "").split("*"):
        value *= int(factor)
    if in_bytes and value and value % 1024 == 0:
        for unit, size in (("GiB", 1024 ** 3), ("MiB", 1024 ** 2), ("KiB", 1024)):
            if value % size == 0:
                return f"{value // size:,} {unit}"
    return f"{value:,}"


def shown(value, type_name, name):
    """An initializer of C++ in words."""
    value = value.strip()
    if time := re.fullmatch(r"std::chrono::(\w+)\(([\d']+)\)", value):
        return f"{number(time[2], False)} {UNITS[time[1]]}"
    if re.fullmatch(r"[\d' *]+", value):
        if "chrono" in type_name:
            return f"{value} {UNITS['milliseconds']}" if value != "0" else "0"
        return number(value, name.endswith("_bytes"))
    if value in ("true", "false") or re.fullmatch(r"[\d.]+", value):
        return value
    words = re.findall(r'"[^"]*"|[\w:]+', value)
    return ", ".join(f"`{word.strip(chr(34)).rpartition('::')[2] if word[0] != chr(34) else word[1:-1]}`" for word in words)


def defaults_of(body):
    """Member -> (default in words, or '' where none is written; its type)."""
    found = {}
    for line in re.sub(r"\s*///<.*|^\s*//.*", "", body, flags=re.M).split(";"):
        member = re.fullmatch(r"\s*(?:\w+:\s*)*([\w:<>, ]+?) (\w+)(?: = (.*)|\{(.*)\})?", line, re.S)
        if member and "(" not in member[1] and member[1] not in ("return", "friend class", "class"):
            value = member[3] if member[3] is not None else member[4] or ""
            found[member[2].rstrip("_")] = (shown(value, member[1], member[2]) if value else "", member[1])
    return found


def setters_of(group, source):
    """Setter -> members that it writes to."""
    found = {}
    heads = re.finditer(rf"^{group.class_name}& {group.class_name}::(\w+)\((.*?)\) \{{(.*?)return \*this;", source, re.M | re.S)
    for head in heads:
        found[head[1]] = list(dict.fromkeys(re.findall(group.member, head[3])))
    return found


def ranges_of(source):
    """Option, and what part of it -> range in words. From the tables and the messages of validate()."""
    found = {}

    def add(name, words):
        found.setdefault(name, []).append(words)

    constants = {"one": "1 ms", "none": "0", "mebibyte": str(1024 * 1024), "milliseconds(1)": "1 ms", "milliseconds(0)": "0"}
    for name, rest in re.findall(r'\{"([\w ]+)", [^,{}]+, ([^{}"]+)\}', source):
        bounds = [bound.strip() for bound in rest.split(",")]
        if len(bounds) == 1 and bounds[0] in constants:
            add(name, f"{constants[bounds[0]]} to 1 year")
        elif len(bounds) == 2:
            least, most = (re.sub(r"\bmebibyte\b", constants["mebibyte"], bound) for bound in bounds)
            if re.fullmatch(r"[\d' *]+", least + most):
                add(name, f"{number(least, name.endswith('_bytes'))} to {number(most, name.endswith('_bytes'))}")
    joined = re.sub(r'"\s*\n\s*"', "", source)
    for name, words in re.findall(r'refuse\("([\w ]+)",[^;]*?"must be ((?:[^"\\]|\\")*?)[,;] ?(?:such as|or|leave)[^"]*', joined):
        add(name, words.replace("\\\"", "\""))
    for name, words in re.findall(r'"(\w+): must be ([^"]*)"', joined):
        add(name, words)
    return {name: "; ".join(dict.fromkeys(words)) for name, words in found.items()}


def claimed_default(comment):
    """What a comment says the default to be, if it does so plainly."""
    said = re.search(r"(?<!the )\b[Dd]efault:? ((?:\"[^\"]*\"|`[^`]*`|[^.;:()\"`]|\.(?=\S)|:(?=\S))+)", comment)
    return said[1].strip() if said else ""


def plain(text):
    """The same for SHA-256 and `sha256`, 4,096 and 4096, "a" / "b" and a, b."""
    text = re.sub(r"(?<=\d),(?=\d{3})|[`\"-]", "", text.lower())
    return re.sub(r" and | / ", ", ", text)


def says(text, value):
    """Whether a text begins with this value and no longer one."""
    return re.match(re.escape(plain(value)) + r"(?![\w.])", plain(text)) is not None


def enumerators(headers, name):
    found = re.search(rf"^enum class {name} \{{(.*?)\}};", headers, re.M | re.S)
    return re.findall(r"\b(\w+)\b(?=\s*(?:=[^,]*)?(?:,|$))", re.sub(r"//.*", "", found[1]).strip()) if found else []


def options(group, header, source):
    """The options of a group in the order of the header."""
    body, first = body_of(header, "class", group.class_name)
    kind = "class" if group.defaults == group.class_name else "struct"
    defaults = defaults_of(body_of(header, kind, group.defaults)[0])
    writes, ranges, found, comment = setters_of(group, source), ranges_of(source), [], []
    lines = body.split("\n")
    for i, line in enumerate(lines):
        if told := re.match(r"\s*/// ?(.*)", line):
            comment.append(told[1])
            continue
        setter = re.match(rf"\s*{group.class_name}& (\w+)\((.*)", line)
        if setter:
            parameters = setter[2]
            for more in lines[i + 1:]:
                if ")" in parameters:
                    break
                parameters += " " + more.strip()
            parameters = parameters[:parameters.rindex(")")]
            types = [re.sub(r"std::chrono::|std::|connect::|\bconst |&", "", p).strip().rpartition(" ")[0]
                     for p in re.split(r", (?![^<]*>)", re.sub(r" = [^,]*", "", parameters)) if p]
            members = writes.get(setter[1])
            if members is None:
                raise ValueError(f"{group.source} has no {group.class_name}::{setter[1]}")
            text = " ".join(" ".join(comment).split())
            values = [defaults.get(m, ("", ""))[0] for m in members]
            limits = [f"{part}: {words}" if part else words for name, words in ranges.items()
                      for whole, _, part in [name.partition(" ")] if setter[1] == whole or name in members]
            limits = sorted(dict.fromkeys(limits), key=lambda words: ":" in words)
            for one in types:
                limits += [f"`{e}`" for e in enumerators(header, re.sub(r".*<|>", "", one))]
            found.append(Option(setter[1], types, text, ", ".join(v for v in values if v), ", ".join(limits), first + i))
        comment = []
    unset = set(defaults) - {m for members in writes.values() for m in members}
    if unset and kind == "struct":
        raise ValueError(f"no option of {group.class_name} sets {', '.join(sorted(unset))}")
    return found


def what_it_does(option):
    """The first sentence that is not about the default or the range alone."""
    for sentence in sentences(option.comment):
        if re.fullmatch(r"(?:[Dd]efault|At least|At most|Optional|\d[\d,]* to |https only).*", sentence) or not sentence:
            continue
        return sentence[0].upper() + sentence[1:]
    return ""


def default_of(option):
    if not option.types:
        return "off"
    if option.default:
        return option.default
    if re.search(r"\b[Oo]verrides `client_options::", option.comment):
        return "the client's"
    if option.comment.startswith("Shorthand"):
        return "`lookup`'s"
    if option.types == ["lookup_options"]:
        return "its defaults"
    said = claimed_default(option.comment)
    return said if said else "none"


def bounded(option):
    if option.range:
        return option.range
    for sentence in sentences(option.comment):
        if limit := re.search(r"\b[Aa]t (?:most|least) [\d,]*\d(?: bytes| ms)?|https only", sentence):
            return limit[0].lower()
    return ""


def findings(option, path):
    """Where a comment says otherwise than what is in force, or nothing."""
    found = []
    where = f"{path}:{option.line}: {option.name}"
    if not what_it_does(option):
        found.append(f"{where} has no comment that says what it does")
    said = claimed_default(option.comment)
    if said and option.default and not says(said, option.default):
        found.append(f"{where} says that the default is {said}, and it is {option.default}")
    numbers = re.search(r"\b\d[\d,]*(?: [KMG]iB)? to [\d,]*\d(?: [KMG]iB)?", option.comment)
    if numbers and option.range and plain(numbers[0]) not in plain(option.range):
        found.append(f"{where} says {numbers[0]}, and it is {option.range}")
    return found


def table(option_list):
    rows = ["| option | type | default | range | what it does |", "|---|---|---|---|---|"]
    for o in option_list:
        cells = [f"`{o.name}`", ", ".join(f"`{t}`" for t in o.types), default_of(o), bounded(o), what_it_does(o)]
        rows.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
    return "\n".join(rows) + "\n"


def page(groups):
    return HEAD + "".join(f"\n## {title}\n\n{table(option_list)}" for title, option_list in groups)


def readme_findings(readme, groups):
    """What the section Defaults says otherwise: | `name` ... | default |, one option in a row, of several values the first."""
    _, _, section = readme.partition("\n## Defaults\n")
    known = {}
    for _, option_list in groups:
        for option in option_list:
            known.setdefault(option.name, []).append(default_of(option))
    found = []
    for name, value in re.findall(r"^\| `(\w+)`[^|]*\| ([^|]*) \|$", section.partition("\n## ")[0], re.M):
        if name not in known:
            found.append(f"README.md: {name} is no option")
        elif not any(says(value, default) or says(value, default.split(", ")[0]) for default in known[name]):
            found.append(f"README.md: the default of {name} is {' or '.join(known[name])}, not {value}")
    return found


def run(root, write):
    groups, found = [], []
    for group in GROUPS:
        path = HEADERS / group.header
        option_list = options(group, (root / path).read_text(), (root / group.source).read_text())
        groups.append((group.title, option_list))
        for option in option_list:
            found += findings(option, path)
    wanted, target = page(groups), root / PAGE
    if write:
        target.write_text(wanted)
    elif not target.is_file() or target.read_text() != wanted:
        found.append(f"{PAGE} is not what the headers say; test/lint/options_page.py . --write makes it")
    found += readme_findings((root / "README.md").read_text(), groups)
    for line in found:
        print(line)
    print(f"options_page: {len(found)} findings; {sum(len(o) for _, o in groups)} options")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(run(Path(sys.argv[1]), write="--write" in sys.argv[2:]))

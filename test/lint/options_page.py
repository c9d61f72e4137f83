#!/usr/bin/env python3
"""Writes docs/options.md from the public headers, or, with --check, fails when it is not what they say.

The setters' comments tell what an option does; the defaults come from client_settings and from the private members.

Usage: options_page.py ROOT [--check]
"""
import re
import sys
from pathlib import Path

INTRO = """# Options

Made from the headers by `test/lint/options_page.py`. Nothing is checked before `validate()`, which the constructor of a client
calls: it names the option, its value, the rule and the mend (`errc::invalid_option`).
"""
# Setters that stand for several members.
MEMBERS = {
    "credentials": ["application_key", "application_secret"], "user": ["user_id", "user_password"], "token": ["fixed_token"],
    "proxy_credentials": ["proxy_user", "proxy_password"], "backoff": ["backoff_base", "backoff_cap"],
    "retry_budget": ["retry_ratio", "retry_reserve"], "rate": ["rate_per_second", "rate_burst"],
    "client_certificate": ["certificate_file", "private_key_file"], "observer_per_shard": ["observer"], "header": ["headers"],
}
# What an option is that is left out, where the type's own initial value does not say it.
UNSET = {"token_url": "`base_url` + /token", "user_agent": "getty-connect/VERSION", "resolver": "the system's",
         "language": "none", "ca_file": "the system's authorities", "ca_pem": "the system's authorities"}
OF_CLIENT = {"timeout", "max_attempts", "hedging"}  # of a lookup: those of its client
UNITS = {"milliseconds": "ms", "seconds": "s", "minutes": "min", "hours": "h"}

SETTER = re.compile(r"((?:^ *///.*\n)*)^ *(\w+_options)& (\w+)\(([^;]*?)\);", re.M)
MEMBER = re.compile(r"^    ([\w:<>, ]+?) (\w+?)_?(?: = ([^;]+)|(\{[^;]*\}))?;", re.M)


def block(source, kind, name):
    """The text of a class or struct."""
    start = re.search(rf"^{kind} {name} {{", source, re.M).end()
    return source[start:source.index("\n};", start)]


def number(text):
    """A C++ number as people write it."""
    text = text.replace("'", "")
    product = re.fullmatch(r"(\d+) \* 1024(?: \* (1024))?", text)
    if product:
        return f"{product[1]} MiB" if product[2] else f"{product[1]} KiB"
    if text == "1024 * 1024":
        return "1 MiB"
    return f"{int(text):,}" if text.isdigit() else text


def value(name, kind, initial):
    """What a member is without its setter."""
    if initial is None or initial in ("{}", "{0}"):
        if name in UNSET:
            return UNSET[name]
        return {"bool": "false"}.get(kind, "0" if initial == "{0}" else "none")
    initial = initial.strip()
    span = re.fullmatch(r"(?:std::chrono::)?(\w+)\(([\d']+)\)", initial)
    if span and span[1] in UNITS:
        return f"{number(span[2])} {UNITS[span[1]]}"
    span = re.fullmatch(r"\{?(\d+)\}?", initial)
    if span and "milliseconds" in kind:
        return f"{number(span[1])} ms"
    if "1024 * 1024" == initial:
        return "1 MiB"
    if "::" in initial and "(" not in initial:
        return f"`{initial.rsplit('::', 1)[1]}`"
    return f"`{initial.strip(chr(34))}`" if initial.startswith('"') else number(initial)


def text_of(comment):
    words = " ".join(line.strip().removeprefix("///").strip() for line in comment.splitlines())
    return " ".join(words.split()).replace("|", "\\|")


def of_type(source, arguments):
    """What a choice is about and between, for a setter without a comment of its own."""
    kind = arguments.split("(")[0].split()[0].rsplit("::", 1)[-1]
    found = re.search(rf"((?:^///.*\n)+)enum class {kind} {{([^}}]*)}};", source, re.M)
    if not found:
        return "-"
    names = re.findall(r"^\s*(\w+)\s*(?:,|$|///)", re.sub(r",(?=\s*\w)", ",\n", found[2]), re.M)
    return text_of(found[1]) + " " + ", ".join(f"`{name}`" for name in names) + "."


def rows(source, options, defaults):
    found = []
    for comment, _, name, arguments in SETTER.findall(block(source, "class", options)):
        members = MEMBERS.get(name, [name])
        missing = [m for m in members if m not in defaults]
        if missing:
            raise SystemExit(f"options_page: {options}::{name} sets {missing[0]}, which has no default")
        if options == "lookup_options" and name in OF_CLIENT:
            initial = "the client's"
        elif options == "fetch_options" and name in ("lookup", "decode"):
            initial = "as there" if name == "lookup" else "`typed`"
        else:
            initial = ", ".join(dict.fromkeys(value(m, *defaults[m]) for m in members))
        kinds = ", ".join(" ".join(a.split(" = ")[0].split()).rsplit(" ", 1)[-1] for a in arguments.split(","))
        found.append(f"| `{name}({kinds})` | {initial} | {text_of(comment) or of_type(source, arguments)} |")
    return found


def page(root):
    source = (root / "include/getty/connect/options.hpp").read_text()
    members = {name: {n: (kind, initial or braces or None) for kind, n, initial, braces in MEMBER.findall(text)}
               for name, text in (("client_options", block(source, "struct", "client_settings")),
                                  ("lookup_options", block(source, "class", "lookup_options").split("private:")[1]),
                                  ("fetch_options", block(source, "class", "fetch_options").split("private:")[1]))}
    members["fetch_options"].setdefault("decode", ("", None))
    titles = {"client_options": "Of a client", "lookup_options": "Of one lookup", "fetch_options": "Of a batch"}
    out = [INTRO]
    for options, title in titles.items():
        out += [f"## {title}: `{options}`\n", "| option | default | |", "|---|---|---|",
                *rows(source, options, members[options]), ""]
    return "\n".join(out)


def main(root, check):
    made = page(root)
    file = root / "docs/options.md"
    if not check:
        file.write_text(made)
        return 0
    current = file.read_text() if file.exists() else ""
    print(f"options page: {'current' if current == made else 'not what the headers say; run test/lint/options_page.py .'}, "
          f"{made.count(chr(10) + '| `')} options")
    return 0 if current == made else 1


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), "--check" in sys.argv[2:]))

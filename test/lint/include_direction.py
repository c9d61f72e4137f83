#!/usr/bin/env python3
"""Includes point one way: core <- proto, policy <- io <- runtime <- client <- cli.

Usage: include_direction.py ROOT
"""
import re
import sys
from pathlib import Path

from cpp_source import Finding, report, sources

# What each layer may include, itself among it.
LAYERS = {
    "core": {"core"},
    "proto": {"core", "proto"},
    "policy": {"core", "policy"},
    "io": {"core", "proto", "policy", "io"},
    "runtime": {"core", "proto", "policy", "io", "runtime"},
    "client": {"core", "proto", "policy", "io", "runtime", "client"},
    "sandbox": {"core", "proto", "sandbox"},
    "cli": {"cli"},
}
# Who may include a library; public headers count as "public", examples as "examples".
LIBRARIES = {
    "boost/beast": {"io", "sandbox", "examples"},
    "boost/asio/ssl": {"io", "sandbox", "examples"},
    "boost/asio/experimental": {"io", "runtime", "client", "sandbox", "cli", "examples"},
    "boost/asio": {"io", "runtime", "client", "sandbox", "cli", "public", "examples"},
    "openssl": {"proto", "io", "sandbox"},
}
# Public headers that stand for a whole layer; the other ones hold values that every layer may use.
FACADES = {
    "getty/connect/client.hpp": "client",
    "getty/connect/sharded_client.hpp": "client",
    "getty/connect/sandbox.hpp": "sandbox",
}
FOLDERS = ["include", "src", "examples"]  # tests and benchmarks may look everywhere


def owner(path):
    """The layer of a file, or "public", "examples"."""
    parts = Path(path).parts
    if parts[0] == "src":
        return parts[1] if len(parts) > 2 else None
    return {"include": "public", "examples": "examples"}.get(parts[0])


def includes(source):
    for token in source.tokens:
        if token.kind == "directive" and token.text.startswith("include "):
            match = re.match(r'include\s*([<"])([^>"]+)[>"]', token.text)
            yield (token.line, *(match.groups() if match else ("?", token.text)))


def check(source):
    """The findings in one source."""
    layer = owner(source.path)
    if layer not in LAYERS and layer not in ("public", "examples"):
        return [Finding(source.path, 1, "lies in no known layer")]
    allowed = LAYERS.get(layer)
    findings = []

    def flag(line, message):
        findings.append(Finding(source.path, line, message))

    for line, form, name in includes(source):
        first = name.split("/")[0]
        if form == "?":
            flag(line, "an include through a macro cannot be checked")
        elif form == '"' and allowed is None:
            flag(line, f'"{name}": a file outside src/ sees public headers only')
        elif form == '"' and (first not in LAYERS or "/../" in name):
            flag(line, f'"{name}": name it from src/ on, as "layer/file.hpp"')
        elif form == '"' and first not in allowed:
            flag(line, f'"{name}": {layer} may not see {first}')
        elif name in FACADES and allowed is not None and layer != "cli" and FACADES[name] not in allowed:
            flag(line, f"<{name}>: {layer} may not see {FACADES[name]}")
        else:
            # The longest prefix decides: boost/asio/ssl before boost/asio.
            prefixes = [p for p in LIBRARIES if name == p + ".hpp" or name.startswith(p + "/") or name == p]
            prefix = max(prefixes, key=len, default=None)
            if prefix and layer not in LIBRARIES[prefix]:
                flag(line, f"<{name}>: {layer} may not use {prefix}")
    return findings


def main(root):
    files = list(sources(root, FOLDERS))
    findings = [finding for source in files for finding in check(source)]
    return report("include direction", findings, len(files))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))

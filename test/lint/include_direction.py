#!/usr/bin/env python3
"""Includes point one way:

    core <- policy, proto, async <- net <- http <- calls <- credentials <- lookup <- client <- testing, ingest
    core, proto <- sandbox <- cli; ingest, load <- cli; core <- load

and among the folders of proto: image and auth see json, http and auth see each other.

Usage: include_direction.py ROOT
"""
import re
import sys
from pathlib import Path

from cpp_source import Finding, report, sources

BELOW_NET = {"core", "policy", "proto", "async"}
BELOW_CALLS = BELOW_NET | {"net", "http"}
# What each layer may include, besides itself.
LAYERS = {
    "core": set(),
    "policy": {"core"},
    "proto/json": {"core"},
    "proto/http": {"core", "proto/auth"},
    "proto/auth": {"core", "proto/http", "proto/json"},
    "proto/image": {"core", "proto/json"},
    "async": {"core"},
    "net": BELOW_NET,
    "http": BELOW_NET | {"net"},
    "calls": BELOW_CALLS,
    "credentials": BELOW_CALLS | {"calls"},
    "lookup": BELOW_CALLS | {"calls", "credentials"},
    "client": BELOW_CALLS | {"calls", "credentials", "lookup"},
    "testing": BELOW_CALLS | {"calls", "credentials", "lookup", "client"},
    "sandbox": {"core", "proto"},
    "ingest": {"core"},
    "load": {"core"},
    "cli": {"core", "ingest", "load"},
}
ROOTS = {layer.split("/")[0] for layer in LAYERS}
# Who may include a library; public headers count as "public", examples as "examples".
WITH_ASIO = {"async", "net", "http", "calls", "credentials", "lookup", "client", "testing", "sandbox", "ingest",
             "cli", "examples"}
LIBRARIES = {
    "boost/beast": {"http", "sandbox", "examples"},
    "boost/asio/ssl": {"net", "sandbox", "examples"},
    "boost/asio/experimental": WITH_ASIO,
    "boost/asio": WITH_ASIO | {"public"},
    "openssl": {"proto", "net", "sandbox", "ingest"},
}
# Public headers that stand for a whole layer; the other ones hold values that every layer may use.
FACADES = {
    "getty/connect/client.hpp": "client",
    "getty/connect/sharded_client.hpp": "client",
    "getty/connect/sandbox.hpp": "sandbox",
    "getty/connect/testing.hpp": "testing",
    "getty/connect/ingest": "ingest",
}
# Layers that stand on the public headers of others, not on their inside.
STANDS_ON = {"ingest": {"client"}, "cli": {"client", "sandbox", "testing", "ingest"}}
FOLDERS = ["include", "src", "examples"]  # tests and benchmarks may look everywhere


def layer_of(path):
    """The layer of a file named from src/ on; nothing when it lies in none."""
    parts = Path(path).parts
    for depth in (2, 1):
        layer = "/".join(parts[:depth])
        if len(parts) > depth and layer in LAYERS:
            return layer
    return None


def owner(path):
    """The layer of a file, or "public", "examples"."""
    parts = Path(path).parts
    if parts[0] == "src":
        return layer_of("/".join(parts[1:]))
    return {"include": "public", "examples": "examples"}.get(parts[0])


def may_see(layer, other):
    """Whether a file of `layer` may include one of `other`; a name without a folder of its own stands for all of them."""
    return other == layer or other in LAYERS[layer] or other.split("/")[0] in LAYERS[layer]


def facade_of(name):
    """The layer that a public header, or its folder, stands for, if any."""
    return next((layer for facade, layer in FACADES.items() if name == facade or name.startswith(facade + "/")), None)


def may_use(layer, facade):
    return facade is None or may_see(layer, facade) or facade in STANDS_ON.get(layer, ())


def includes(source):
    for token in source.tokens:
        if token.kind == "directive" and token.text.startswith("include "):
            match = re.match(r'include\s*([<"])([^>"]+)[>"]', token.text)
            yield (token.line, *(match.groups() if match else ("?", token.text)))


def check(source):
    """The findings in one source."""
    layer = owner(source.path)
    if layer is None:
        return [Finding(source.path, 1, "lies in no known layer")]
    root = layer.split("/")[0]
    in_library = layer in LAYERS
    findings = []

    def flag(line, message):
        findings.append(Finding(source.path, line, message))

    for line, form, name in includes(source):
        if form == "?":
            flag(line, "an include through a macro cannot be checked")
        elif form == '"' and not in_library:
            flag(line, f'"{name}": a file outside src/ sees public headers only')
        elif form == '"' and (layer_of(name) is None or "/../" in name):
            flag(line, f'"{name}": name it from src/ on, as "layer/file.hpp"')
        elif form == '"' and not may_see(layer, layer_of(name)):
            flag(line, f'"{name}": {layer} may not see {layer_of(name)}')
        elif in_library and not may_use(layer, facade_of(name)):
            flag(line, f"<{name}>: {layer} may not see {facade_of(name)}")
        else:
            # The longest prefix decides: boost/asio/ssl before boost/asio.
            prefixes = [p for p in LIBRARIES if name == p + ".hpp" or name.startswith(p + "/") or name == p]
            prefix = max(prefixes, key=len, default=None)
            if prefix and root not in LIBRARIES[prefix]:
                flag(line, f"<{name}>: {layer} may not use {prefix}")
    return findings


def main(root):
    files = list(sources(root, FOLDERS))
    findings = [finding for source in files for finding in check(source)]
    return report("include direction", findings, len(files))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))

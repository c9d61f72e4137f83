#!/usr/bin/env python3
"""Holds what is written against docs/bench-schema.json: documents fit it, nothing in it is without a document, and nothing
that is missing, unknown or of another type passes. And pages against parsers that are not ours: well-formed, with one
script, which holds a document.

Usage: documents_test.py BENCH_SAMPLES SCHEMA
"""
import copy
import json
import re
import subprocess
import sys
import tempfile
import unittest
import xml.etree.ElementTree
from html.parser import HTMLParser
from pathlib import Path

try:
    from jsonschema import Draft202012Validator
except ImportError:
    print("skipped: there is no jsonschema for this Python (Debian: python3-jsonschema)")
    sys.exit(77)

PROGRAM, SCHEMA = sys.argv.pop(1), sys.argv.pop(1)


def objects(node):
    """Every object in a document, the first elements of arrays only."""
    if isinstance(node, dict):
        yield node
        for value in node.values():
            yield from objects(value)
    elif isinstance(node, list) and node:
        yield from objects(node[0])


def described(schema):
    """Every object that the schema describes."""
    if isinstance(schema, dict):
        if "properties" in schema:
            yield schema
        for value in schema.values():
            yield from described(value)
    elif isinstance(schema, list):
        for value in schema:
            yield from described(value)


class Documents(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.schema = json.loads(Path(SCHEMA).read_text())
        cls.validator = Draft202012Validator(cls.schema)
        with tempfile.TemporaryDirectory() as folder:
            subprocess.run([PROGRAM, folder], check=True)
            cls.pages = {path.stem: path.read_text() for path in Path(folder).glob("*.html")}
            cls.documents = {path.stem: json.loads(path.read_text()) for path in Path(folder).glob("*.json")}

    def test_the_schema_is_one(self):
        Draft202012Validator.check_schema(self.schema)

    def test_every_document_fits(self):
        self.assertIn("single", self.documents)
        self.assertIn("silent", self.documents)
        for name, document in self.documents.items():
            with self.subTest(name):
                self.assertEqual([error.message for error in self.validator.iter_errors(document)], [])

    def test_nothing_may_be_missing_or_added_or_of_another_type(self):
        # Short, as each change is validated: one row of each list.
        whole = copy.deepcopy(self.documents["single"])
        whole["warnings"] = [{"code": "x", "step": 0, "text": "y"}]
        for part in ("per_second", "histogram", "outcomes"):
            del whole["steps"][0][part][1:]
        self.assertTrue(self.validator.is_valid(whole))
        tried = 0
        for one in objects(whole):
            for member, value in list(one.items()):
                del one[member]
                self.assertFalse(self.validator.is_valid(whole), f"without {member}")
                # No member may be an object where it is none, or a truth where it is an object.
                one[member] = True if isinstance(value, (dict, list)) else {}
                self.assertFalse(self.validator.is_valid(whole), f"another {member}")
                one[member] = value
                tried += 1
            one["invented"] = 1
            self.assertFalse(self.validator.is_valid(whole), f"with another member beside {list(one)}")
            del one["invented"]
        self.assertGreater(tried, 120)

    def test_what_is_described_is_written(self):
        written = {tuple(sorted(one)) for document in self.documents.values() for one in objects(document)}
        for schema in described(self.schema):
            self.assertIn(tuple(sorted(schema["properties"])), written)
            self.assertEqual(sorted(schema["required"]), sorted(schema["properties"]))

    def test_pages_are_well_formed_and_hold_their_document(self):
        self.assertIn("hostile", self.pages)
        for name, text in self.pages.items():
            with self.subTest(name):
                page = Page(text)
                self.assertEqual(page.open, [])
                self.assertEqual([attributes for tag, attributes in page.tags if tag == "script"],
                                 [{"type": "application/json", "id": "getty-connect-bench"}])
                for tag, attributes in page.tags:
                    self.assertLessEqual(set(attributes), ATTRIBUTES, tag)
                document = json.loads(page.script)
                self.assertTrue(self.validator.is_valid(document))
                if not document["left_out"] and name in self.documents:
                    self.assertEqual(document, self.documents[name])
                self.assertLess(len(text.encode()), 300_000)

    def test_charts_are_well_formed_with_numbers_within_their_frame(self):
        for name, text in self.pages.items():
            for chart in re.findall("<svg .*?</svg>", text, re.S):
                with self.subTest(name):
                    for element in xml.etree.ElementTree.fromstring(chart).iter():
                        for coordinate, most in (("x", 520), ("cx", 520), ("y", 270), ("cy", 270)):
                            self.assertTrue(0 <= float(element.get(coordinate, 0)) <= most)
                        for x, y in re.findall(r"[ML]([^ MLHVZv]+) ([^ MLHVZv]+)", element.get("d", "")):
                            self.assertTrue(0 <= float(x) <= 520 and 0 <= float(y) <= 270)


class Page(HTMLParser):
    """Tags with their attributes, those that were never closed, and the text of the script."""
    def __init__(self, text):
        super().__init__()
        self.tags, self.open, self.script = [], [], ""
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        self.open.append(tag)
        if tag == "meta":
            self.open.pop()

    def handle_startendtag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self.open and self.open[-1] == tag, f"</{tag}> after {self.open}"
        self.open.pop()

    def handle_data(self, data):
        if self.open and self.open[-1] == "script":
            self.script += data


# None of them loads anything or runs anything.
ATTRIBUTES = {"lang", "charset", "http-equiv", "content", "name", "class", "style", "title", "open", "type", "id",
              "viewbox", "role", "aria-label", "d", "x", "y", "cx", "cy", "r", "width", "height", "text-anchor"}

if __name__ == "__main__":
    unittest.main()

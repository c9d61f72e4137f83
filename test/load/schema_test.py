#!/usr/bin/env python3
"""Holds what is written against docs/bench-schema.json: documents fit it, nothing in it is without a document, and nothing
that is missing, unknown or of another type passes.

Usage: schema_test.py BENCH_SAMPLES SCHEMA
"""
import copy
import json
import subprocess
import sys
import tempfile
import unittest
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


if __name__ == "__main__":
    unittest.main()

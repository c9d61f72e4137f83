#!/usr/bin/env python3
"""The service's own client for Node asks the sandbox, and is satisfied. Skipped where it is not installed, unless CI=true.

Usage: official_client_test.py TOOL FOLDER [unittest arguments]; FOLDER has client.js and its node_modules.
"""
import json
import os
import shutil
import subprocess
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "integration"))
from tool_support import PATIENCE, SECRET, Sandbox, credentials, environment  # noqa: E402

FOLDER = os.path.abspath(sys.argv[2])
KEY_ALONE = {"apiKey": "test-key"}
WITH_SECRET = {**KEY_ALONE, "apiSecret": SECRET}
WITH_USER = {**WITH_SECRET, "username": "u", "password": "p w+"}


def installed():
    there = shutil.which("node") and os.path.isdir(os.path.join(FOLDER, "node_modules", "gettyimages-api"))
    return bool(there) or os.environ.get("CI") == "true"


@unittest.skipUnless(installed(), "Node with gettyimages-api is not there")
class OfficialClient(unittest.TestCase):
    def ask(self, *calls, flags=()):
        """The outcomes of these calls, and the sandbox's counters after them."""
        sandbox = Sandbox(*flags, **credentials(), GETTY_CONNECT_USER="u", GETTY_CONNECT_PASSWORD="p w+")
        self.addCleanup(sandbox.close)
        port = sandbox.base_url.split(":")[-1].split("/")[0]
        done = subprocess.run(
            ["node", os.path.join(FOLDER, "client.js"), port], capture_output=True, text=True, timeout=PATIENCE,
            input="".join(json.dumps(call) + "\n" for call in calls),
            env=environment(NODE_EXTRA_CA_CERTS=sandbox.ca))
        outcomes = [json.loads(line) for line in done.stdout.splitlines()]
        self.assertEqual(len(outcomes), len(calls), done.stderr)
        return outcomes, sandbox.counters()

    def test_it_finds_images_with_a_key_a_secret_and_a_password(self):
        ids = ["83454800", "200261415-001", "404"]
        for who, tokens in ((KEY_ALONE, 0), (WITH_SECRET, 1), (WITH_USER, 1)):
            (one, group), counters = self.ask({"credentials": who, "ids": ids[:1]},
                                              {"credentials": who, "ids": ids, "fields": ["title", "keywords"]})
            self.assertEqual([image["id"] for image in one["answer"]["images"]], ids[:1])
            answer = group["answer"]
            self.assertEqual({image["id"] for image in answer["images"]}, set(ids[:2]))
            self.assertEqual(answer["images_not_found"], ["404"])
            self.assertTrue(all("keywords" in image for image in answer["images"]))
            self.assertEqual(counters["tokens_issued"], 2 * tokens)
            self.assertEqual((counters["unauthorized"], counters["bad_requests"]), (0, 0))

    def test_downloads_need_the_token_that_it_fetches(self):
        call = {"ids": ["83454800"], "fields": ["download_sizes"]}
        (without, with_secret), _ = self.ask({**call, "credentials": KEY_ALONE}, {**call, "credentials": WITH_SECRET})
        self.assertEqual(without, {"error": "Unauthorized"})
        self.assertIn("download_sizes", with_secret["answer"]["images"][0])

    def test_what_is_unknown_or_refused_is_an_error_to_it(self):
        (unknown, wrong), _ = self.ask({"credentials": KEY_ALONE, "ids": ["404"]},
                                       {"credentials": {"apiKey": "other"}, "ids": ["1"]})
        self.assertEqual(unknown, {"error": "Not Found"})
        self.assertEqual(wrong, {"error": "Unauthorized"})


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], *sys.argv[3:]])

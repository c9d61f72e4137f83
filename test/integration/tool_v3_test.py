#!/usr/bin/env python3
"""The tool with --api v3, against the sandbox.

Usage: tool_v3_test.py GETTY-CONNECT [CLASS[.TEST]...]
"""
import collections
import json
import os
import sys
import tempfile
import unittest

from tool_support import SECRET, ToolTest, credentials, environment, ids, lines_of


class LiveTest(ToolTest):
    """The sandbox writes its log of requests to `self.log`."""
    serve_flags = ()

    @classmethod
    def setUpClass(cls):
        cls.logs = tempfile.TemporaryDirectory()
        cls.log = os.path.join(cls.logs.name, "requests")
        cls.serve_flags = (*cls.serve_flags, "--request-log", cls.log)
        super().setUpClass()

    @classmethod
    def tearDownClass(cls):
        super().tearDownClass()
        cls.logs.cleanup()

    def setUp(self):
        super().setUp()
        self.logged_before = os.path.getsize(self.log)

    def flags(self):
        return ["--api", "v3", "--base-url", self.sandbox.base_url[: -len("/api")] + "/v3", "--cacert", self.sandbox.ca]

    def live(self, command, *words, **more):
        return self.run_tool(command, *words, *self.flags(), **more)

    def requests(self):
        """Ids by request, of this test."""
        with open(self.log, "rb") as file:
            file.seek(self.logged_before)
            asked = collections.defaultdict(list)
            for line in lines_of(file.read()):
                asked[line["request"]].append(line["id"])
        return list(asked.values())


class Groups(LiveTest):
    def test_thousands_of_ids_take_as_many_requests_as_there_are_hundreds(self):
        wanted = ids(1_000_000, 3_000)
        done = self.live("fetch", "--json", input="\n".join(wanted).encode())
        self.assertEqual(done.returncode, 0, done.stderr)
        found = lines_of(done.stdout)
        self.assertEqual(sorted(line["id"] for line in found), sorted(wanted))
        for line in found:
            self.assertEqual(line["image"]["id"], line["id"])
        self.assertEqual(json.loads(done.stderr)["requests"], 30 + 1)
        self.assertEqual([len(group) for group in self.requests()], [100] * 30)

    def test_ids_per_request_is_kept_and_the_order_of_the_input_too(self):
        wanted = ids(2_000_000, 95)
        done = self.live("fetch", "--ids-per-request", "10", "--ordered", input="\n".join(wanted).encode())
        self.assertEqual([line["id"] for line in lines_of(done.stdout)], wanted)
        self.assertEqual(sorted(len(group) for group in self.requests()), [5] + [10] * 9)

    def test_ids_that_are_missing_refused_or_doubled_have_their_lines(self):
        wanted = ids(3_000_000, 50) + ["3000404", "not.there?", "3000001", "3000001"]
        done = self.live("fetch", "--errors", self.path("errors"), input="\n".join(wanted).encode())
        self.assertEqual(done.returncode, 3, done.stderr)
        failed = {line["id"]: line["error"]["code"] for line in lines_of(self.read("errors"))}
        self.assertEqual(failed, {"3000404": "not_found", "not.there?": "invalid_id"})
        self.assertEqual(len(lines_of(done.stdout)), 52)

    def test_fields_are_those_that_were_asked_for(self):
        done = self.live("get", "100000001", "--fields", "title,keywords")
        self.assertEqual(set(lines_of(done.stdout)[0]["image"]), {"id", "title", "keywords"})
        full = lines_of(self.live("get", "100000001").stdout)[0]["image"]
        for name in ("artist", "caption", "display_sizes", "max_dimensions", "event_ids", "allowed_use"):
            self.assertIn(name, full)

    def test_language_is_the_one_that_the_service_speaks(self):
        texts = {tag: lines_of(self.live("get", "100000001", "--language", tag).stdout)[0]["image"]
                 for tag in ("de", "en-US")}
        self.assertNotEqual(texts["de"], texts["en-US"])

    def test_raw_is_the_service_s_object(self):
        done = self.live("fetch", "--format", "raw", input=b"100000001\n100000002\n")
        self.assertEqual(sorted(line["id"] for line in lines_of(done.stdout)), ["100000001", "100000002"])

    def test_a_rate_counts_requests(self):
        done = self.live("fetch", "--rate", "20", "--ids-per-request", "10", "--json",
                         input="\n".join(ids(4_000_000, 100)).encode())
        self.assertGreaterEqual(json.loads(done.stderr)["seconds"], 9 / 20)
        self.assertEqual(done.returncode, 0)


class Troubles(LiveTest):
    serve_flags = ("--fault", "status-400:id=*33", "--fault", "omit:first=1,id=*5", "--fault",
                   "half-malformed:first=1,id=*77", "--fault", "throttle:every=97", "--fault", "status-503:every=41",
                   "--fault", "stranger:every=7", "--fault", "duplicate-image:every=11")

    def test_whatever_befalls_requests_every_id_has_its_own_image(self):
        wanted = ids(5_000_000, 1_500)
        done = self.live("fetch", "--json", input="\n".join(wanted).encode())
        self.assertEqual(done.returncode, 3, done.stderr)
        found = lines_of(done.stdout)
        self.assertEqual(sorted(line["id"] for line in found), sorted(wanted))
        for line in found:
            if line["id"].endswith("33"):
                self.assertEqual(line["error"]["code"], "bad_request")
            else:
                self.assertEqual(line["image"]["id"], line["id"])


class Usage(LiveTest):
    def test_flags_of_the_other_interface_are_refused(self):
        for words in (["--auth", "bearer"], ["--hedge"], ["--coordination-id", "x"], ["--digest-order", "strict"]):
            done = self.live("get", "1", *words)
            self.assertEqual((done.returncode, done.stdout), (2, b""), words)
            self.assertIn(words[0].encode() + b": means nothing with --api v3", done.stderr)
        for words in (["--fields", "title"], ["--ids-per-request", "5"]):
            done = self.run_tool("get", "1", *words)
            self.assertEqual(done.returncode, 2)
            self.assertIn(words[0].encode() + b": means nothing with --api connect", done.stderr)

    def test_values_that_cannot_work_are_named(self):
        for words, says in ((["--ids-per-request", "101"], b"--ids-per-request 101: must be"),
                            (["--fields", "title,,artist"], b"--fields title,,artist: has an empty place"),
                            (["--fields", "Title"], b"--fields \"Title\": must be a name"),
                            (["--api", "v2"], b"--api v2: is none of connect|v3"),
                            (["--rate-ids", "0"], b"--rate-ids 0: must be a number of ids per second")):
            done = self.run_tool("get", "1", *self.flags(), *words)
            self.assertEqual(done.returncode, 2, words)
            self.assertIn(says, done.stderr)

    def test_the_key_is_needed_and_the_secret_is_not(self):
        done = self.live("get", "100000001", env=environment(GETTY_CONNECT_KEY="test-key"))
        self.assertEqual(done.returncode, 0, done.stderr)
        done = self.live("get", "100000001", env=environment(GETTY_CONNECT_SECRET=SECRET))
        self.assertEqual(done.returncode, 2)
        self.assertIn(b"GETTY_CONNECT_KEY is missing", done.stderr)

    def test_a_wrong_secret_is_told_once_and_is_not_shown(self):
        wrong = "wr0ng-s3cret"
        done = self.live("fetch", input=b"1\n2\n",
                         env=environment(GETTY_CONNECT_KEY="test-key", GETTY_CONNECT_SECRET=wrong))
        self.assertEqual((done.returncode, done.stdout), (4, b""))
        self.assertEqual(done.stderr.count(b"error:"), 1)
        self.assertNotIn(wrong.encode(), done.stderr)

    def test_a_field_that_is_not_known_ends_the_run_and_not_each_request(self):
        done = self.live("fetch", "--fields", "nonsense", "--concurrency", "1", input="\n".join(ids(1, 1_000)).encode())
        self.assertEqual(done.returncode, 2, done.stderr)
        self.assertIn(b"every id of a request failed alike", done.stderr)
        self.assertIn(b"nonsense", done.stderr)

    def test_a_run_that_cannot_write_ends_though_ids_are_at_hand(self):
        done = self.live("fetch", self.write("ids", "\n".join(ids(1, 5_000)).encode()), "-o", "/dev/full")
        self.assertEqual(done.returncode, 1, done.stderr)

    def test_a_wrong_base_url_ends_the_run_and_calls_no_id_missing(self):
        wrong = ["--api", "v3", "--base-url", self.sandbox.base_url[: -len("/api")] + "/foo", "--cacert", self.sandbox.ca]
        done = self.run_tool("fetch", "--concurrency", "1", *wrong, input="\n".join(ids(1, 1_000)).encode())
        self.assertEqual(done.returncode, 2, done.stderr)
        self.assertIn(b"check base_url", done.stderr)
        self.assertNotIn(b"not_found", done.stdout)

    def test_token_says_how_it_came_about(self):
        done = self.live("token")
        self.assertRegex(done.stdout.decode(), r"^the credentials work; the token, issued for the key and the secret, ")
        done = self.live("token", env=environment(GETTY_CONNECT_KEY="test-key"))
        self.assertEqual(done.returncode, 0)
        self.assertIn(b"no token is used", done.stdout)
        done = self.live("token", "--json", env=environment(GETTY_CONNECT_KEY="test-key"))
        self.assertEqual(json.loads(done.stdout), {"token": False, "grant": "none", "remaining_seconds": 0})


class Quota(LiveTest):
    serve_flags = ("--v3", "daily-quota=5")

    def test_a_spent_quota_ends_the_run_where_it_can_go_on(self):
        wanted = ids(1_000_000, 2_000)
        done = self.live("fetch", "--json", "--concurrency", "1", input="\n".join(wanted).encode())
        summary = json.loads(done.stderr)
        self.assertEqual((done.returncode, summary["exit_code"]), (6, 6))
        self.assertLessEqual(summary["ok"], 500)
        self.assertGreater(summary["ok"], 0)
        self.assertEqual(summary["ok"] + summary["failed"], len(lines_of(done.stdout)))


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], *sys.argv[2:]])

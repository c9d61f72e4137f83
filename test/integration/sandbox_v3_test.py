#!/usr/bin/env python3
"""Asks the v3 dialect of `getty-connect serve`, with curl as its caller.

Usage: sandbox_v3_test.py TOOL [unittest arguments]
"""
import json
import os
import re
import subprocess
import sys
import tempfile
import unittest

from tool_support import PATIENCE, SECRET, TOOL, Sandbox, credentials, environment, lines_of

# Where the service answers, which is not where the sandbox does.
API_HOST, TOKEN_HOST = "api.gettyimages.com", "authentication.gettyimages.com"


class V3(unittest.TestCase):
    """A sandbox for each test, with the flags that it asks for."""

    def serve(self, *flags):
        sandbox = Sandbox(*flags)
        self.addCleanup(sandbox.close)
        self.origin = sandbox.base_url[: -len("/api")]
        self.sandbox = sandbox
        return sandbox

    def curl(self, path, *flags, host=API_HOST):
        """Status, header and body; the Host is the service's, without a port."""
        done = subprocess.run(
            ["curl", "-sS", "-i", "--http1.1", "--max-time", str(PATIENCE), "--cacert", self.sandbox.ca,
             "-H", "Host: " + host, *flags, self.origin + path],
            capture_output=True, timeout=PATIENCE, check=True)
        head, _, body = done.stdout.decode().partition("\r\n\r\n")
        return int(head.split(" ")[1]), head, body

    def get(self, path, *flags):
        return self.curl(path, "-H", "api-key: test-key", *flags)

    def found(self, path, *flags):
        status, _, body = self.get(path, *flags)
        self.assertEqual(status, 200, body)
        answer = json.loads(body)
        return {image["id"]: image for image in answer["images"]}, answer["images_not_found"]

    def token(self, *form, flags=()):
        words = [word for field in form for word in ("--data-urlencode", field)]
        return self.curl("/oauth2/token", *words, *flags, host=TOKEN_HOST)


class Lookups(V3):
    def test_commas_may_be_encoded_and_the_host_is_the_services(self):
        self.serve()
        for comma in (",", "%2C"):
            images, missing = self.found("/v3/images?ids=83454800%s404%s200261415-001&fields=title".replace("%s", comma))
            self.assertEqual(set(images), {"83454800", "200261415-001"})
            self.assertEqual(missing, ["404"])
            self.assertLessEqual({"id", "title"}, set(images["83454800"]))
        one, missing = self.found("/v3/images/83454800?fields=title")
        self.assertEqual((one["83454800"], missing), (images["83454800"], []))

    def test_an_image_is_that_of_the_other_dialect_in_each_language(self):
        self.serve("--auth", "none")
        for language in ("en-US", "de", "fr", "es", "ja"):
            status, head, body = self.get("/v3/images/83454800?fields=keywords,title,caption,allowed_use",
                                          "-H", "Accept-Language: " + language)
            self.assertEqual(status, 200)
            self.assertIn("\r\nContent-Language: %s\r\n" % language, head + "\r\n")
            image = json.loads(body)["images"][0]
            other = json.loads(self.curl("/api/images/83454800?language=" + language)[2])["Images"][0]
            self.assertEqual(image["title"], other.get("Title"))
            self.assertEqual(image["caption"], other.get("Caption"))
            words = [keyword["text"] for keyword in image["keywords"] if "text" in keyword]
            self.assertEqual(words, [keyword["Text"] for keyword in other["Keywords"]])

    def test_a_group_is_packed_for_who_asks_and_counted_by_id(self):
        self.serve()
        ids = [str(number) for number in range(1000, 1100)]
        plain = self.get("/v3/images?ids=" + ",".join(ids))
        packed = self.get("/v3/images?ids=" + ",".join(ids), "--compressed")
        self.assertEqual(plain[2], packed[2])
        self.assertIn("Content-Encoding: gzip", packed[1])
        self.assertEqual(len(json.loads(plain[2])["images"]), 100)
        counters = self.sandbox.counters()
        self.assertEqual((counters["v3_requests"], counters["image_ids"], counters["images"]), (2, 200, 200))
        asked = json.loads(self.sandbox.get(self.origin + "/admin/requests?id=1007"))
        self.assertEqual(asked["requests"], 2)
        status, _, body = self.get("/v3/images?ids=" + ",".join(ids + ["1"]))
        self.assertEqual((status, json.loads(body)["ErrorCode"]), (400, "InvalidParameterValue"))

    def test_errors_have_the_form_of_who_speaks(self):
        self.serve()
        status, head, body = self.get("/v3/images?ids=404")
        self.assertEqual((status, json.loads(body)["ErrorCode"]), (404, "ImageNotFound"))
        self.assertIn("Content-Type: application/vnd.getty.error+json", head)
        self.assertRegex(head, r"x-amzn-requestid: [0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}")
        status, head, body = self.curl("/v3/images?ids=1")
        self.assertEqual((status, body), (401, '{"message":"Unauthorized"}'))
        status, head, body = self.get("/v3/image/1")
        self.assertEqual((status, body), (403, '{"message":"Missing Authentication Token"}'))

    def test_a_catalogue_in_the_form_of_v3_is_served_as_it_is(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "catalogue")
            with open(path, "w", encoding="utf-8") as file:
                file.write('{"id":"A-1", "title" : "Mine"}\n{"ImageId":"77"}\n')
            self.serve("--catalogue", path)
        self.assertEqual(self.get("/v3/images?ids=77,A-1")[2],
                         '{"images":[{"id":"A-1", "title" : "Mine"}],"images_not_found":["77"]}')


class Tokens(V3):
    def test_a_token_of_each_grant_opens_downloads(self):
        self.sandbox = Sandbox(**credentials(), GETTY_CONNECT_USER="u", GETTY_CONNECT_PASSWORD="p w+")
        self.addCleanup(self.sandbox.close)
        self.origin = self.sandbox.base_url[: -len("/api")]
        client = ("client_id=test-key", "client_secret=" + SECRET)
        path = "/v3/images/83454800?fields=download_sizes"
        status, head, _ = self.get(path)
        self.assertEqual(status, 401)
        self.assertIn('WWW-Authenticate: Bearer realm="Download", error="invalid_token"', head)
        by_password = self.token(*client, "grant_type=password", "username=u", "password=p w+")
        refresh = json.loads(by_password[2])["refresh_token"]
        answers = [
            by_password,
            self.token(*client, "grant_type=client_credentials"),
            self.token(*client, "grant_type=refresh_token", "refresh_token=" + refresh),
            self.token("grant_type=client_credentials", flags=("-u", "test-key:" + SECRET)),
        ]
        for status, head, body in answers:
            self.assertEqual(status, 200, body)
            self.assertIn("Cache-Control: no-store", head)
            token = json.loads(body)
            self.assertEqual((token["token_type"], token["expires_in"]), ("Bearer", 1800))
            self.assertGreater(len(token["access_token"]), 200)
            self.assertEqual(self.get(path, "-H", "Authorization: Bearer " + token["access_token"])[0], 200)
        status, _, body = self.token("client_id=test-key", "client_secret=x", "grant_type=client_credentials")
        self.assertEqual((status, json.loads(body)["error"]), (401, "invalid_client"))


class Switches(V3):
    def test_each_flag_changes_the_answer_that_it_is_about(self):
        self.serve("--v3", "all-unknown=200", "--v3", "wrong-key=403", "--v3", "unknown-parameter=ignored",
                   "--v3", "order=as-asked", "--v3", "nothing-missing=null", "--v3", "expires-in=text",
                   "--v3", "dates=utc", "--v3", "detail-set=served", "--v3", "surplus-ids=served")
        self.assertEqual(json.loads(self.get("/v3/images?ids=404")[2]), {"images": [], "images_not_found": ["404"]})
        self.assertEqual(self.curl("/v3/images/1")[0], 403)
        status, _, body = self.get("/v3/images?ids=3,1,2&language=de&fields=detail_set")
        answer = json.loads(body)
        self.assertEqual([image["id"] for image in answer["images"]], ["3", "1", "2"])
        self.assertIsNone(answer["images_not_found"])
        for image in answer["images"]:
            self.assertRegex(image["date_created"] or "2000-01-01T00:00:00Z", r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$")
        many = self.get("/v3/images?ids=" + ",".join(str(n) for n in range(1, 102)))
        self.assertEqual(len(json.loads(many[2])["images"]), 101)
        body = self.token("client_id=test-key", "client_secret=" + SECRET, "grant_type=client_credentials")[2]
        self.assertEqual(json.loads(body)["expires_in"], "1800")

    def test_the_other_flags(self):
        self.serve("--v3", "tokenless=401")
        self.assertEqual(self.get("/v3/images/1")[0], 401)
        self.serve("--v3", "daily-quota=1")
        self.assertEqual(self.get("/v3/images/1")[0], 200)
        status, head, _ = self.get("/v3/images/1")
        self.assertEqual(status, 403)
        self.assertIn("X-Error-Detail: Account Over Rate Limit", head)
        self.serve("--max-rate", "0.001", "--v3", "throttle-text=old")
        self.assertEqual(self.get("/v3/images/1")[0], 200)
        status, _, body = self.get("/v3/images/1")
        self.assertEqual((status, body), (429, '{"message":"Account Over Queries Per Second Limit"}'))
        self.serve("--max-rate", "0.001", "--v3", "throttle-status=403")
        self.assertEqual([self.get("/v3/images/1")[0] for _ in range(2)], [200, 403])

    def test_one_that_is_none_is_refused_by_name(self):
        done = subprocess.run([TOOL, "serve", "--v3", "oder=shuffled"], capture_output=True, timeout=PATIENCE,
                              env=environment(**credentials()))
        self.assertEqual((done.returncode, done.stdout), (2, b""))
        self.assertIn('--v3 "oder=shuffled": there is no such switch; did you mean order?', done.stderr.decode())

    def test_faults_of_a_group_come_by_flag(self):
        self.serve("--fault", "omit:id=2", "--v3", "order=as-asked")
        images, missing = self.found("/v3/images?ids=1,2,3")
        self.assertEqual((list(images), missing), (["1", "3"], []))
        self.assertEqual(self.sandbox.counters()["faults"], {"omit": 1})


class Log(V3):
    def test_a_line_for_each_id_is_there_before_the_answer_is(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "log")
            self.serve("--auth", "none", "--request-log", path)
            self.get("/v3/images?ids=83454800,404")
            self.curl("/api/images/83454800")
            with open(path, "rb") as file:
                lines = lines_of(file.read())
            self.assertEqual([(line["request"], line["id"], line["status"]) for line in lines],
                             [(1, "83454800", 200), (1, "404", 404), (2, "83454800", 200)])
            for line in lines:
                self.assertTrue(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", line["time"]), line)

    def test_one_that_cannot_be_written_is_told_once_and_the_service_goes_on(self):
        self.serve("--request-log", "/dev/full")
        for _ in range(3):
            self.assertEqual(self.get("/v3/images/1")[0], 200)
        _, err = self.sandbox.close()
        self.assertEqual(err.count("--request-log /dev/full cannot be written to"), 1, err)

    def test_one_that_cannot_be_opened_or_is_another_file_ends_the_start(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "one")
            for words, code, text in (
                    (["--request-log", os.path.join(folder, "none", "log")], 1, "cannot be opened"),
                    (["--request-log", path, "--ready-file", path], 2, "is the file of --ready-file"),
                    (["--request-log", path, "--ca-file", path], 2, "is the file of --ca-file")):
                done = subprocess.run([TOOL, "serve", *words], capture_output=True, timeout=PATIENCE,
                                      env=environment(**credentials()))
                self.assertEqual((done.returncode, done.stdout), (code, b""), done.stderr)
                self.assertIn(text, done.stderr.decode())
            self.assertEqual(os.listdir(folder), [])


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], *sys.argv[2:]])

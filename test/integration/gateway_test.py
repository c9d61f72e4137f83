#!/usr/bin/env python3
"""Runs the gateway among the examples against the sandbox, with curl and sockets as its callers.

Usage: gateway_test.py TOOL GATEWAY [unittest arguments]
"""
import concurrent.futures
import json
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import unittest

from tool_support import PATIENCE, SECRET, Sandbox, credentials, environment, read_line, wait_for

GATEWAY = os.path.abspath(sys.argv[2])


class Gateway:
    """A running gateway in front of a sandbox."""

    def __init__(self, sandbox, *flags, tls=False):
        self.folder = tempfile.TemporaryDirectory()
        self.certificate = os.path.join(self.folder.name, "certificate.pem")
        if tls:
            key = os.path.join(self.folder.name, "key.pem")
            subprocess.run(
                ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                 "-subj", "/CN=gateway", "-addext", "subjectAltName=IP:127.0.0.1", "-days", "2",
                 "-keyout", key, "-out", self.certificate],
                check=True, capture_output=True)
            flags += ("--tls-port", "0", "--certificate", self.certificate, "--key", key)
        self.process = subprocess.Popen(
            [GATEWAY, "--port", "0", "--base-url", sandbox.base_url, "--ca-file", sandbox.ca, *flags],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment(**credentials()))
        self.url = read_line(self.process.stdout).strip()
        # Written together with the first, so it is there.
        self.tls_url = self.process.stdout.readline().strip() if tls else None
        self.port = int(self.url.rsplit(":", 1)[1])

    def get(self, path, *flags, url=None):
        """Status, header fields and body, as curl has them."""
        done = subprocess.run(["curl", "-sS", "-i", "--max-time", str(PATIENCE), *flags, (url or self.url) + path],
                              capture_output=True, timeout=PATIENCE)
        head, _, body = done.stdout.decode().partition("\r\n\r\n")
        status = int(head.split(" ")[1]) if head else None
        return status, head.lower(), body

    def metrics(self):
        """The samples of /metrics by name and labels; every line is one or a comment."""
        samples = {}
        for line in self.get("/metrics")[2].splitlines():
            if line.startswith("# TYPE "):
                continue
            name, value = re.fullmatch(r'([a-z_]+(?:\{code="\d+"\})?) ([0-9.]+)', line).groups()
            samples[name] = float(value)
        return samples

    def connect(self, request):
        s = socket.create_connection(("127.0.0.1", self.port), PATIENCE)
        s.sendall(request)
        return s

    def end(self, told=False):
        """By SIGTERM, unless it has been told; its code and what it said."""
        if self.process.poll() is None and not told:
            self.process.send_signal(signal.SIGTERM)
        _, said = self.process.communicate(timeout=PATIENCE)
        self.folder.cleanup()
        return self.process.returncode, said


def whole_answer(s):
    data = b""
    while True:
        more = s.recv(65536)
        if not more:
            return data
        data += more


class Serving(unittest.TestCase):
    def setUp(self):
        self.sandbox = Sandbox()
        self.addCleanup(self.sandbox.close)
        self.gateway = Gateway(self.sandbox, tls=True)
        self.addCleanup(self.gateway.end)

    def test_images_over_http_and_https_as_the_service_has_them(self):
        for url, trust in ((self.gateway.url, ()), (self.gateway.tls_url, ("--cacert", self.gateway.certificate))):
            status, head, body = self.gateway.get("/images/83454800", *trust, url=url)
            self.assertEqual(200, status)
            self.assertIn("content-type: application/json", head)
            self.assertEqual("83454800", json.loads(body)["ImageId"])
        self.assertEqual(404, self.gateway.get("/images/1404")[0])
        self.assertEqual(404, self.gateway.get("/images/")[0])
        self.assertEqual(404, self.gateway.get("/images/..%2ftoken", "--path-as-is")[0])
        self.assertEqual(404, self.gateway.get("/")[0])
        self.assertEqual(405, self.gateway.get("/images/1", "-X", "DELETE")[0])
        self.assertEqual(200, self.gateway.get("/healthz")[0])

    def test_the_second_time_it_comes_from_the_cache(self):
        for _ in range(3):
            self.assertEqual(200, self.gateway.get("/images/83454800")[0])
            self.assertEqual(404, self.gateway.get("/images/1404")[0])
        seen = self.gateway.metrics()
        self.assertEqual(4, seen["gateway_cache_hits_total"])
        self.assertEqual(2, seen["gateway_cached"])
        self.assertEqual(3, seen['gateway_answers_total{code="200"}'])

    def test_many_who_ask_for_one_image_at_a_time_are_one_request(self):
        self.gateway.get("/images/1")  # there is a token
        self.sandbox.get(self.sandbox.base_url[:-4] + "/admin/faults?add=slow-start:wait=500ms", b"")
        with concurrent.futures.ThreadPoolExecutor(40) as pool:
            answers = list(pool.map(lambda _: self.gateway.get("/images/83454800")[0], range(40)))
        self.assertEqual([200] * 40, answers)
        asked = json.loads(self.sandbox.get(self.sandbox.base_url[:-4] + "/admin/requests?id=83454800"))["requests"]
        self.assertLessEqual(asked, 2)  # a challenge counts

    def test_a_service_that_is_late_or_busy_is_told_in_time(self):
        self.gateway.get("/images/1")
        self.sandbox.get(self.sandbox.base_url[:-4] + "/admin/faults?add=slow-start:wait=30s,id=5*", b"")
        self.assertEqual(504, self.gateway.get("/images/5", "-H", "X-Timeout-Ms: 100")[0])
        self.sandbox.get(self.sandbox.base_url[:-4] + "/admin/faults?add=status-429:retry-after=7,id=6*", b"")
        status, head, _ = self.gateway.get("/images/6")
        self.assertEqual(503, status)
        self.assertRegex(head, r"retry-after: [1-7]\r?")

    def test_a_caller_who_leaves_ends_the_lookup(self):
        self.gateway.get("/images/1")
        self.sandbox.get(self.sandbox.base_url[:-4] + "/admin/faults?add=slow-start:wait=30s,id=5*", b"")
        s = self.gateway.connect(b"GET /images/5 HTTP/1.1\r\nHost: g\r\nX-Timeout-Ms: 10000\r\n\r\n")
        wait_for(lambda: self.gateway.metrics()["gateway_lookups_waiting"] == 1)
        s.close()
        wait_for(lambda: self.gateway.metrics()["gateway_callers_left_total"] == 1)
        wait_for(lambda: self.gateway.metrics()["getty_lookups_canceled_total"] == 1)
        self.assertEqual(0, self.gateway.metrics()["gateway_lookups_waiting"])

    def test_requests_behind_each_other_are_answered_in_their_order(self):
        s = self.gateway.connect(b"GET /images/83454800 HTTP/1.1\r\nHost: g\r\n\r\n"
                                 b"GET /images/1404 HTTP/1.1\r\nHost: g\r\nConnection: close\r\n\r\n")
        first, _, second = whole_answer(s).partition(b"HTTP/1.1 404")
        self.assertTrue(first.startswith(b"HTTP/1.1 200"))
        self.assertIn(b"83454800", first)
        self.assertTrue(second)

    def test_what_is_no_request_is_told_so_and_ends_its_connection_alone(self):
        for bytes_ in (b"\x16\x03\x01\r\n\r\n", b"GET\r\n\r\n", b"GET / HTTP/1.1\r\n\r\n",
                       b"POST /images/1 HTTP/1.1\r\nHost: g\r\nContent-Length: 3\r\n\r\nabc",
                       b"PUT /images/1 HTTP/1.1\r\nHost: g\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n",
                       b"GET / HTTP/1.1\r\n" + b"a: b\r\n" * 5000):
            s = self.gateway.connect(bytes_)
            try:
                answer = s.recv(65536)
            except OSError:
                answer = b""  # it has gone, with what we had not sent yet
            if len(bytes_) < 1000:
                self.assertTrue(answer.startswith(b"HTTP/1.1 400 "), (bytes_, answer))
            s.close()

    def test_head_has_no_body_and_the_next_request_is_in_step(self):
        s = self.gateway.connect(b"HEAD /images/83454800 HTTP/1.1\r\nHost: g\r\n\r\n"
                                 b"GET /images/1404 HTTP/1.1\r\nHost: g\r\nConnection: close\r\n\r\n")
        head, _, rest = whole_answer(s).partition(b"\r\n\r\n")
        self.assertTrue(head.startswith(b"HTTP/1.1 405 "))
        self.assertTrue(rest.startswith(b"HTTP/1.1 404 "), rest[:60])
        self.assertEqual(200, self.gateway.get("/healthz")[0])

    def test_sigterm_lets_finish_what_is_under_way_and_nothing_else(self):
        self.gateway.get("/images/1")
        self.sandbox.get(self.sandbox.base_url[:-4] + "/admin/faults?add=slow-start:wait=1s,id=5*", b"")
        idle = self.gateway.connect(b"GET /healthz HTTP/1.1\r\nHost: g\r\n\r\n")
        self.assertIn(b"200 OK", idle.recv(65536))
        busy = self.gateway.connect(b"GET /images/5 HTTP/1.1\r\nHost: g\r\n\r\n")
        wait_for(lambda: self.gateway.metrics()["gateway_lookups_waiting"] == 1)
        self.gateway.process.send_signal(signal.SIGTERM)
        answer = whole_answer(busy)
        self.assertTrue(answer.startswith(b"HTTP/1.1 200"), answer[:80])
        self.assertIn(b"connection: close", answer.lower())
        self.assertEqual(b"", idle.recv(65536))
        code, said = self.gateway.end(told=True)
        self.assertEqual((0, ""), (code, said))


class Bounds(unittest.TestCase):
    def test_beyond_the_bound_callers_are_sent_away_at_once(self):
        sandbox = Sandbox("--fault", "slow-start:wait=30s,id=5*")
        self.addCleanup(sandbox.close)
        gateway = Gateway(sandbox, "--max-lookups", "2")
        self.addCleanup(gateway.end)
        gateway.get("/images/1")
        waiting = [gateway.connect(b"GET /images/5%d HTTP/1.1\r\nHost: g\r\nX-Timeout-Ms: 10000\r\n\r\n" % i)
                   for i in range(2)]
        wait_for(lambda: gateway.metrics()["gateway_lookups_waiting"] == 2)
        status, head, _ = gateway.get("/images/7")
        self.assertEqual(503, status)
        self.assertIn("retry-after: 1", head)
        self.assertEqual(1, gateway.metrics()["gateway_shed_total"])
        for s in waiting:
            s.close()
        wait_for(lambda: gateway.metrics()["gateway_lookups_waiting"] == 0)
        self.assertEqual(200, gateway.get("/images/7")[0])

    def test_what_it_cannot_start_with_is_told(self):
        done = subprocess.run([GATEWAY, "--nonsense", "1"], capture_output=True, text=True, timeout=PATIENCE)
        self.assertEqual(1, done.returncode)
        self.assertIn("--nonsense is unknown", done.stderr)
        for port in ("99999", "abc", "-1", ""):
            done = subprocess.run([GATEWAY, "--port", port], capture_output=True, text=True, timeout=PATIENCE)
            self.assertEqual((1, f"gateway: --port {port}: must be 0 to 65535\n"), (done.returncode, done.stderr))
        done = subprocess.run([GATEWAY, "--port", "0"], capture_output=True, text=True, timeout=PATIENCE,
                              env=environment())
        self.assertEqual(1, done.returncode)
        self.assertIn("credentials", done.stderr)
        self.assertNotIn(SECRET, done.stderr)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1] + sys.argv[3:], verbosity=2)

#!/usr/bin/env python3
"""`getty-connect bench` against the stand-in service and an origin that stalls.

Usage: tool_bench_test.py TOOL SCHEMA [CLASS]
"""
import asyncio
import json
import os
import re
import resource
import signal
import socket
import ssl
import subprocess
import sys
import threading
import unittest
from pathlib import Path

from tool_support import PATIENCE, SECRET, TOOL, Sandbox, ToolTest, credentials, environment, wait_for

try:
    from jsonschema import Draft202012Validator
except ImportError:  # Debian: python3-jsonschema
    Draft202012Validator = None

SCHEMA = Path(sys.argv.pop(2)) if len(sys.argv) > 2 else None
SHORT = ("--duration", "1s", "--warm-up", "200ms", "--cool-down", "0s")
RANGE = "100000405-100001403"  # all of which the stand-in service has


class BenchTest(ToolTest):
    def bench(self, *words, code=0, **more):
        done = self.run_tool("bench", *words, **more)
        self.assertEqual(done.returncode, code, done.stdout.decode() + done.stderr.decode())
        return done

    def measured(self, *words, code=0, **more):
        """The document of a measurement of this class's service, which fits the schema."""
        where = self.path("measured.json")
        self.bench("--json", where, *self.sandbox.flags(), *words, code=code, **more)
        return self.document(where)

    def document(self, where):
        document = json.loads(Path(where).read_text())
        if Draft202012Validator is not None:
            Draft202012Validator(json.loads(SCHEMA.read_text())).validate(document)
        self.adds_up(document)
        return document

    def adds_up(self, document):
        for step in document["steps"]:
            self.assertEqual(step["due"], step["sent"] + step["dropped"])
            ended = sum(one["count"] for one in step["outcomes"])
            self.assertEqual(step["sent"], ended + step["unfinished"])
            self.assertEqual(sum(count for _, count in step["histogram"]), step["latency_due_us"]["count"])

    def quiet(self, measure):
        """What `measure` gives: measured again where this program had no processor when it needed one."""
        for _ in range(3):
            document = measure()
            if not self.codes(document) & {"client_late", "client_busy", "stood_still"}:
                break
        return document

    @staticmethod
    def codes(document):
        return {one["code"] for one in document["warnings"]}

    @staticmethod
    def outcomes(step):
        return {one["name"]: one["count"] for one in step["outcomes"]}


class Plans(BenchTest):
    def setUp(self):
        super().setUp()
        if Draft202012Validator is None:
            self.skipTest("there is no jsonschema for this Python (Debian: python3-jsonschema)")

    def test_l12_an_open_loop_sends_what_its_schedule_says(self):
        document = self.measured("--ids", RANGE, "--rate", "200", "--arrivals", "even", *SHORT)
        step, = document["steps"]
        self.assertEqual(document["plan"]["loop"], "open")
        self.assertRegex(document["target"]["tls"], r"^TLSv1\.3, TLS_\w+$")
        # Due at 0, 5 ms, 10 ms, ...: 200 in any second, of which none is left out.
        self.assertEqual(step["due"], 200)
        self.assertEqual(self.outcomes(step), {"ok": 200})
        self.assertEqual(step["connections"]["handshakes"], 0)
        self.assertGreater(step["bytes"]["received"], 200 * 500)
        self.assertGreater(step["client"]["cpu_s"], 0)
        self.assertIn("same_machine", self.codes(document))
        # From when they were due it takes no less time than from when they left.
        for figure in ("p50", "p99", "mean", "max"):
            self.assertGreaterEqual(step["latency_due_us"][figure], step["latency_send_us"][figure])

    def test_l12_a_closed_loop_has_so_many_under_way(self):
        document = self.quiet(
            lambda: self.measured("--ids", RANGE, "--concurrency", "3,7", "--rounds", "2", *SHORT))
        steps = document["steps"]
        self.assertEqual([(s["concurrency"], s["round"]) for s in steps], [(3, 1), (7, 1), (3, 2), (7, 2)])
        for step in steps:
            counting = [s for s in step["per_second"] if s["part"] == "counted"]
            self.assertTrue(counting)
            for second in counting:
                self.assertLessEqual(second["in_flight"], step["concurrency"])
            self.assertIn("corrected_p99_us", step)
            # Little's law, which knows nothing of histograms: so many are under way as rate times latency.
            under_way = step["answered_per_s"] * step["latency_due_us"]["mean"] / 1e6
            self.assertAlmostEqual(under_way / step["concurrency"], 1, delta=0.1)

    def test_l12_every_request_is_recorded_with_its_times(self):
        where = self.path("requests.ndjson")
        document = self.measured("--ids", RANGE, "--rate", "300", *SHORT, "--record", where, "--order", "random")
        lines = [json.loads(line) for line in Path(where).read_text().splitlines()]
        counted = [one for one in lines if one["part"] == "counted"]
        self.assertEqual(counted, [one for one in lines if 200_000 <= one["due_us"] < 1_200_000])
        step, = document["steps"]
        self.assertEqual(len(counted), step["due"])
        # An oracle of its own: the percentiles by sorting.
        latencies = sorted(one["ended_us"] - one["due_us"] for one in counted)
        for share, name in ((0.5, "p50"), (0.9, "p90")):
            exact = latencies[max(0, -(-int(share * 1000) * len(latencies) // 1000) - 1)]
            self.assertAlmostEqual(step["latency_due_us"][name] / exact, 1, delta=0.002)
        self.assertLess(100_000_404, min(int(one["id"]) for one in lines))

    def test_l12_missing_ids_cold_connections_packed_answers_pipelines(self):
        document = self.measured("--ids", RANGE, "--concurrency", "4", "--missing", "10%", "--cold", "--compressed",
                                 "--connections", "2", "--pipeline", "4", "--retries", "1", "--duration", "1s",
                                 "--cool-down", "0s")
        step, = document["steps"]
        self.assertAlmostEqual(self.outcomes(step)["not_found"] / step["sent"], 0.1, delta=0.01)
        self.assertEqual(document["plan"]["warm_up_s"], 0)
        self.assertGreater(step["connections"]["handshakes"], 0)
        self.assertIn("retries_on", self.codes(document))
        self.assertNotIn("handshakes", self.codes(document))

    def test_l12_v3_by_one_id_a_request(self):
        where = self.path("v3.json")
        self.bench("--sandbox", "--api", "v3", "--rate", "50", *SHORT, "--json", where)
        document = self.document(where)
        self.assertEqual(document["target"]["dialect"], "v3")
        self.assertEqual(set(self.outcomes(document["steps"][0])), {"ok"})

    def test_l12_a_sandbox_of_its_own_takes_each_way_to_authenticate(self):
        for auth in ("digest", "digest-token", "bearer"):
            where = self.path(auth)
            self.bench("--sandbox", "--auth", auth, "--rate", "50", *SHORT, "--json", where, env=environment())
            step, = self.document(where)["steps"]
            self.assertEqual(set(self.outcomes(step)), {"ok"})

    def test_l12_ids_of_a_file_and_of_standard_input(self):
        ids = self.write("ids.csv", b"id,name\n100000501,a\n100000502,b\n")
        document = self.measured(ids, "--rate", "50", *SHORT)
        self.assertEqual(document["plan"]["ids"], 2)
        # Fewer ids than requests are told of.
        self.assertIn("few_ids", self.codes(document))
        piped = self.measured("-", "--rate", "50", *SHORT, input=b"100000501\n")
        self.assertEqual(piped["plan"]["ids"], 1)

    def test_l12_nothing_due_leaves_an_empty_record_and_more_may_be_under_way_than_connections_be(self):
        record = self.write("old.ndjson", b"of an earlier run\n")
        document = self.measured("--ids", RANGE, "--rate", "0.01", "--max-in-flight", "1000000", *SHORT, "--record", record)
        self.assertEqual(document["steps"][0]["due"], 0)
        self.assertEqual(Path(record).read_bytes(), b"")
        self.assertEqual(document["plan"]["connections"], 64)

    def test_l12_the_processor_time_is_that_of_the_system(self):
        where = self.path("measured.json")
        before = os.times()
        self.bench("--ids", RANGE, "--rate", "2000", "--duration", "2s", "--warm-up", "0s", "--cool-down", "0s",
                   "--json", where, *self.sandbox.flags())
        after = os.times()
        cpu, = (step["client"]["cpu_s"] for step in self.document(where)["steps"])
        whole = after.children_user + after.children_system - before.children_user - before.children_system
        # Looking at the clock until something is due is not counted.
        self.assertGreater(cpu, 0.02)
        self.assertLess(cpu, whole)

    def test_l12_one_under_way_drops_the_others_and_says_so(self):
        with_wait = Sandbox("--latency", "50ms")
        self.addCleanup(with_wait.close)
        where = self.path("dropped.json")
        self.bench("--ids", RANGE, "--rate", "200", "--max-in-flight", "1", *SHORT, "--json", where, *with_wait.flags())
        document = self.document(where)
        step, = document["steps"]
        self.assertGreater(step["dropped"], step["sent"])
        self.assertIn("dropped", self.codes(document))


class Limits(BenchTest):
    def test_l13_the_exit_code_is_that_of_the_limits(self):
        held = self.measured("--ids", RANGE, "--rate", "200", *SHORT, "--slo", "p90<30s,errors<1%,rate>10/s")
        self.assertEqual([one["held"] for one in held["slo"]], [True] * 3)
        # 200 leave two beyond p99, which tell nothing of it.
        few = self.measured("--ids", RANGE, "--rate", "200", *SHORT, "--slo", "p99<30s", code=3)
        self.assertEqual(few["slo"][0]["measured"], "too few samples to say")
        broken = self.measured("--ids", RANGE, "--rate", "50", *SHORT, "--slo", "p50<1us,errors<1%", code=3)
        self.assertEqual([one["held"] for one in broken["slo"]], [False, True])
        done = self.bench("report", self.path("measured.json"))
        self.assertIn("BROKEN", done.stdout.decode())

    def test_l13_answers_of_429_are_the_quotas_capacity(self):
        slow = Sandbox("--max-rate", "20")
        self.addCleanup(slow.close)
        where = self.path("throttled.json")
        # One connection is opened by one lookup: more of them would have the pause begin before anything counts.
        self.bench("--ids", RANGE, "--rate", "100", "--connections", "1", "--duration", "2s", "--warm-up", "0s",
                   "--cool-down", "0s", "--timeout", "2s", "--slo", "errors<1%", "--json", where, *slow.flags(), code=3)
        self.assertIn("throttled", self.codes(self.document(where)))

    def test_l13_however_many_are_under_way_none_is_refused_by_this_program(self):
        where = self.path("many.json")
        self.bench("--ids", RANGE, "--concurrency", "12000", "--connections", "8", "--timeout", "60s", *SHORT,
                   "--json", where, *self.sandbox.flags())
        step, = self.document(where)["steps"]
        self.assertEqual(set(self.outcomes(step)), {"ok"})

    def test_l13_a_rate_beyond_what_the_service_takes_is_told(self):
        slow = Sandbox("--latency", "100ms")
        self.addCleanup(slow.close)
        where = self.path("beyond.json")
        self.bench("--ids", RANGE, "--rate", "200", "--connections", "4", *SHORT, "--json", where, *slow.flags())
        codes = self.codes(self.document(where))
        self.assertIn("rate_not_reached", codes)
        self.assertIn("few_connections", codes)


class Documents(BenchTest):
    def test_l14_documents_are_compared_reported_and_made_pages(self):
        plan = ("--ids", RANGE, "--rate", "300", "--duration", "2s", "--warm-up", "200ms", "--cool-down", "0s")
        old, new, page = self.path("old.json"), self.path("new.json"), self.path("page.html")
        self.bench(*plan, "--json", old, *self.sandbox.flags())
        done = self.bench(*plan, "--json", new, "--baseline", old, "--tolerance", "1000%", "--html", page,
                          *self.sandbox.flags())
        self.assertIn("Compared with", done.stdout.decode())
        self.assertIn("answered", self.bench("compare", old, new, "--tolerance", "1000%").stdout.decode())
        # A page is a document as well.
        self.bench("compare", old, page, "--tolerance", "1000%", "--html", self.path("both.html"))
        self.assertEqual(self.bench("report", new).stdout, self.bench("report", page).stdout)
        again = self.path("again.html")
        self.bench("report", new, "--html", again)
        self.assertIn(b"<svg", self.read("again.html"))
        self.assertNotIn(b"<script src", self.read("again.html"))

    def test_l14_a_baseline_that_cannot_be_compared_takes_no_measurement_along(self):
        # Nothing is due within a second of this rate.
        plan = ("--ids", RANGE, "--rate", "0.001", *SHORT, *self.sandbox.flags())
        old, new, page = self.path("old.json"), self.path("new.json"), self.path("page.html")
        self.bench(*plan, "--json", old)
        done = self.bench(*plan, "--json", new, "--baseline", old, "--html", page)
        self.assertIn("Requests    0 due", done.stdout.decode())
        self.assertIn("old.json: one of the two measurements has no answers", done.stdout.decode())
        self.assertEqual(self.document(new)["steps"][0]["due"], 0)
        self.assertIn(b"Not compared: one of the two", self.read("page.html"))
        self.assertIn("has no answers", self.bench("compare", old, new, code=2).stderr.decode())

    def test_l14_what_got_slower_is_worse_by_the_exit_code(self):
        slow = Sandbox("--latency", "50ms")
        self.addCleanup(slow.close)
        plan = ("--ids", RANGE, "--rate", "300", "--duration", "2s", "--warm-up", "200ms", "--cool-down", "0s")
        old, new = self.path("old.json"), self.path("new.json")
        self.bench(*plan, "--json", old, *self.sandbox.flags())
        self.bench(*plan, "--json", new, *slow.flags())
        self.assertIn("slower by", self.bench("compare", old, new, code=3).stdout.decode())
        self.assertIn("slower by", self.bench(*plan, "--baseline", old, *slow.flags(), code=3).stdout.decode())
        self.assertIn("faster by", self.bench("compare", new, old).stdout.decode())

    def test_l14_what_cannot_be_written_takes_nothing_else_along(self):
        folder, page = self.path("folder"), self.path("page.html")
        os.mkdir(folder)
        before = self.sandbox.counters()["image_requests"]
        with subprocess.Popen([TOOL, "bench", "--ids", RANGE, "--rate", "200", *SHORT, *self.sandbox.flags(),
                               "--json", os.path.join(folder, "a.json"), "--html", page],
                              env=environment(**credentials()), stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
            wait_for(lambda: self.sandbox.counters()["image_requests"] > before + 20)
            os.rmdir(folder)
            out, err = process.communicate(timeout=PATIENCE)
        self.assertEqual(process.returncode, 1)
        self.assertIn("--json", err.decode())
        self.assertIn("Requests", out.decode())
        self.assertIn(b"<svg", self.read("page.html"))

    def test_l14_the_report_does_not_wait_for_whoever_reads_a_pipe(self):
        pipe = self.path("pipe")
        os.mkfifo(pipe)
        with subprocess.Popen([TOOL, "bench", "--ids", RANGE, "--rate", "50", *SHORT, *self.sandbox.flags(), "--json", pipe],
                              env=environment(**credentials()), stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
            for line in process.stdout:
                if line.startswith(b"Connections"):
                    break
            with open(pipe, "rb") as reader:
                document = json.loads(reader.read())
            self.assertEqual(process.wait(timeout=PATIENCE), 0)
        self.adds_up(document)

    def test_l14_other_plans_and_other_documents_are_refused(self):
        old = self.path("old.json")
        self.bench("--ids", RANGE, "--rate", "50", *SHORT, "--json", old, *self.sandbox.flags())
        other = ("--ids", RANGE, "--rate", "60", *SHORT, *self.sandbox.flags())
        # Before anything is asked.
        before = self.sandbox.counters()["requests"]
        done = self.bench(*other, "--baseline", old, code=2)
        self.assertIn("different plans", done.stderr.decode())
        self.assertEqual(self.sandbox.counters()["requests"], before + 1)  # that of the counters themselves
        document = json.loads(self.read("old.json"))
        for name, text, word in (("schema", json.dumps({**document, "schema": "other/2"}), "other/2"),
                                 ("cut", json.dumps(document)[:-40], "cut"),
                                 ("empty", "", "empty"),
                                 ("list", "[1]", "list")):
            path = self.write(name, text.encode())
            done = self.bench("report", path, code=2)
            self.assertIn(word, done.stderr.decode())
        self.bench("report", self.path("nowhere"), code=1)


class Origin:
    """An origin of one's own: every `every`-th request stalls the whole of it for `length` seconds."""

    def __init__(self, folder, every, length):
        self.ca = os.path.join(folder, "ca.pem")
        key = os.path.join(folder, "key.pem")
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                        "-subj", "/CN=origin", "-addext", "subjectAltName=IP:127.0.0.1", "-days", "2",
                        "-keyout", key, "-out", self.ca], check=True, capture_output=True)
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(self.ca, key)
        self.every, self.length = every, length
        self.requests = 0
        self.loop = asyncio.new_event_loop()
        self.flowing = None
        started = threading.Event()
        self.thread = threading.Thread(target=self.run, args=(started,))
        self.thread.start()
        if not started.wait(PATIENCE):
            raise AssertionError("the origin does not start")

    def run(self, started):
        asyncio.set_event_loop(self.loop)
        self.flowing = asyncio.Event()
        self.flowing.set()
        server = self.loop.run_until_complete(
            asyncio.start_server(self.serve, "127.0.0.1", 0, ssl=self.context, backlog=512))
        self.port = server.sockets[0].getsockname()[1]
        started.set()
        self.loop.run_forever()
        server.close()
        under_way = asyncio.all_tasks(self.loop)
        for one in under_way:
            one.cancel()
        self.loop.run_until_complete(asyncio.gather(*under_way, return_exceptions=True))

    async def serve(self, reader, writer):
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                self.requests += 1
                if self.requests % self.every == 0:
                    self.flowing.clear()
                    self.loop.call_later(self.length, self.flowing.set)
                await self.flowing.wait()
                image = re.match(rb"GET \S*?/images/(\w+)", head).group(1)
                body = b'{"Images":[{"ImageId":"%s","Title":"Mine"}]}' % image
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s"
                             % (len(body), body))
        except (asyncio.IncompleteReadError, ConnectionError, ssl.SSLError):
            writer.close()

    def flags(self):
        return ["--base-url", "https://127.0.0.1:%d/api" % self.port, "--cacert", self.ca, "--auth", "bearer"]

    def close(self):
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join(PATIENCE)


class Stalls(BenchTest):
    EVERY, LENGTH = 1_000, 0.5

    def setUp(self):
        super().setUp()
        self.origin = Origin(self.folder, self.EVERY, self.LENGTH)
        self.addCleanup(self.origin.close)

    def measured_stalls(self, *words):
        where = self.path("stalls.json")
        self.bench("--ids", "1-100000", *words, "--warm-up", "0s", "--cool-down", "0s", "--json", where,
                   *self.origin.flags(), env=environment(GETTY_CONNECT_KEY="key", GETTY_CONNECT_TOKEN="token"))
        return self.document(where)

    def test_l1_an_open_loop_has_the_percentiles_of_the_script(self):
        rate = 400
        document = self.quiet(lambda: self.measured_stalls("--rate", str(rate), "--arrivals", "even", "--duration", "10s"))
        step, = document["steps"]
        # Of each 1,000 requests those due within 0.5 s are stalled, the first for all of it, the last not at all.
        stalled = rate * self.LENGTH / self.EVERY
        computed = self.LENGTH * (1 - 0.01 / stalled) * 1e6
        self.assertAlmostEqual(step["latency_due_us"]["p99"] / computed, 1, delta=0.1)

    def test_l5_a_closed_loop_warns_of_what_it_hides(self):
        document = self.quiet(lambda: self.measured_stalls("--concurrency", "4", "--duration", "10s"))
        step, = document["steps"]
        self.assertLess(step["latency_due_us"]["p99"], 250_000)
        self.assertGreater(step["corrected_p99_us"], 400_000)
        self.assertIn("stalls_hidden", self.codes(document))


class Troubles(BenchTest):
    def test_l15_a_service_that_is_not_there_is_told_and_nothing_is_written(self):
        gone = Sandbox()
        flags = gone.flags()
        ca = self.write("ca.pem", Path(gone.ca).read_bytes())
        gone.close()
        flags[3] = ca
        done = self.bench("--ids", RANGE, *SHORT, "--json", self.path("none.json"), *flags, code=5)
        self.assertIn("not reached", done.stderr.decode())
        self.assertEqual(done.stdout, b"")
        self.assertFalse(os.path.exists(self.path("none.json")))

    def test_l15_wrong_credentials_end_it_before_it_begins(self):
        wrong = environment(GETTY_CONNECT_KEY="test-key", GETTY_CONNECT_SECRET="wrong-secret")
        done = self.bench("--ids", RANGE, *SHORT, *self.sandbox.flags(), code=4, env=wrong)
        self.assertNotIn("wrong-secret", done.stderr.decode())

    def start_bench(self, *words, sandbox=None):
        """A measurement that is under way."""
        service = sandbox or self.sandbox
        where = self.path("under-way.json")
        before = service.counters()["image_requests"]
        process = self.start("bench", "--ids", RANGE, *words, "--json", where, *service.flags())
        wait_for(lambda: service.counters()["image_requests"] > before + 100)
        return process, where

    def test_l15_a_service_that_goes_away_is_in_the_figures(self):
        going = Sandbox()
        self.addCleanup(going.close)
        process, where = self.start_bench("--concurrency", "2", "--duration", "2s", "--warm-up", "0s", "--cool-down",
                                          "0s", sandbox=going)
        going.process.kill()
        process.communicate(timeout=PATIENCE)
        step, = self.document(where)["steps"]
        self.assertGreater(self.outcomes(step).get("unreachable", 0), 0)
        # It is not asked without a pause: two places, each 100 times a second.
        self.assertLess(self.outcomes(step)["unreachable"], 1_000)

    def test_l15_a_service_that_is_gone_answers_nothing_and_keeps_up_with_no_rate(self):
        going = Sandbox()
        self.addCleanup(going.close)
        process, where = self.start_bench("--rate", "500", "--duration", "3s", "--warm-up", "0s", "--cool-down", "0s",
                                          "--slo", "rate>450/s", sandbox=going)
        going.process.kill()
        process.communicate(timeout=PATIENCE)
        self.assertEqual(process.returncode, 3)
        document = self.document(where)
        step, = document["steps"]
        self.assertAlmostEqual(step["answered_per_s"], self.outcomes(step)["ok"] / step["counted_s"], places=3)
        self.assertLessEqual({"rate_not_reached", "failures"}, self.codes(document))
        for second in step["per_second"]:
            self.assertLessEqual(second["answered"] + second["failed"], second["sent"] + 1_024)

    def test_l15_ctrl_c_ends_a_step_early_and_the_report_says_so(self):
        process, where = self.start_bench("--rate", "200,400", "--duration", "600s", "--warm-up", "0s")
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=PATIENCE)
        self.assertEqual(process.returncode, 130, err)
        document = self.document(where)
        step, = document["steps"]
        self.assertLess(step["counted_s"], 600)
        self.assertAlmostEqual(step["due_per_s"], 200, delta=100)
        self.assertIn("interrupted", self.codes(document))
        self.assertIn("Ended early by SIGINT", out.decode())

    def test_l15_ctrl_c_ends_the_opening_of_connections_that_nobody_answers(self):
        with socket.create_server(("127.0.0.1", 0)) as mute:
            process = self.start("bench", "--ids", RANGE, "--base-url", "https://127.0.0.1:%d/api" % mute.getsockname()[1],
                                 "--timeout", "1h", "--connect-timeout", "1h", "--auth", "bearer", "--json", self.path("a"),
                                 env=environment(GETTY_CONNECT_KEY="key", GETTY_CONNECT_TOKEN="token"))
            mute.settimeout(PATIENCE)
            mute.accept()[0].close()
            with mute.accept()[0]:
                process.send_signal(signal.SIGINT)
                out, err = process.communicate(timeout=PATIENCE)
        self.assertEqual((process.returncode, out), (130, b""), err)

    def test_l15_a_second_ctrl_c_waits_for_nothing(self):
        mute = Origin(self.folder, 1, 3_600)
        self.addCleanup(mute.close)
        process = self.start("bench", "--ids", RANGE, "--cold", "--rate", "100", "--duration", "1h", "--timeout", "2h",
                             "--attempt-timeout", "2h", "--json", self.path("none.json"), *mute.flags(),
                             env=environment(GETTY_CONNECT_KEY="key", GETTY_CONNECT_TOKEN="token"))
        wait_for(lambda: mute.requests > 10)
        process.send_signal(signal.SIGINT)
        hint = process.stderr.readline()
        self.assertIn(b"interrupt again", hint)
        process.send_signal(signal.SIGINT)
        out, _ = process.communicate(timeout=PATIENCE)
        self.assertEqual((process.returncode, out), (130, b""))
        self.assertFalse(os.path.exists(self.path("none.json")))

    def test_l15_a_program_that_was_stopped_says_so(self):
        process, where = self.start_bench("--rate", "100", "--duration", "4s", "--warm-up", "0s", "--cool-down", "0s")
        process.send_signal(signal.SIGSTOP)
        try:
            os.waitid(os.P_PID, process.pid, os.WSTOPPED | os.WNOWAIT)
            # Time has to go by: it is what the program misses.
            threading.Event().wait(1)
        finally:
            process.send_signal(signal.SIGCONT)
        process.communicate(timeout=PATIENCE)
        document = self.document(where)
        step, = document["steps"]
        self.assertGreater(step["client"]["stood_still_s"], 0.7)
        # What was due meanwhile is late, and counted.
        self.assertGreater(step["latency_due_us"]["max"], 700_000)
        self.assertIn("stood_still", self.codes(document))

    def test_l15_a_file_of_ids_below_the_home_folder_is_found(self):
        self.write("some-ids", b"100000501\n")
        env = environment(**credentials(), HOME=self.path(""), GETTY_CONNECT_BENCH_IDS="~/some-ids")
        where = self.path("home.json")
        self.bench("--concurrency", "1", *SHORT, *self.sandbox.flags(), "--json", where, env=env)
        self.assertEqual(self.document(where)["plan"]["ids"], 1)

    def test_l15_files_and_ids_that_cannot_be_are_refused_before_a_request(self):
        before = self.sandbox.counters()["requests"]
        flags = (*SHORT, *self.sandbox.flags())
        closed = self.path("closed")
        os.mkdir(closed)
        for words, code, told in (
                (("--ids", "5-1"), 2, "runs backwards"),
                (("--ids", self.write("bad", b"100000501\n\"100000502\",\n")), 2, "bad:2"),
                (("--ids", self.write("none", b"# nothing\n")), 2, "has no ids"),
                (("--ids", self.path("nowhere")), 1, "nowhere"),
                (("--ids", RANGE, "--html", os.path.join(self.path("missing"), "a.html")), 1, "--html"),
                (("--ids", RANGE, "--json", closed), 2, "is a directory"),
                (("--ids", RANGE, "--json", self.path("a"), "--html", self.path("a")), 2, "name another"),
                (("--ids", RANGE, "--baseline", self.path("nowhere")), 1, "nowhere"),
                (("--ids", RANGE, "--json", "-"), 2, "name a file"),
                (("--ids", RANGE, "--slo", "errors<200%"), 2, "always be held"),
        ):
            done = self.bench(*words, *flags, code=code)
            self.assertIn(told, done.stderr.decode())
        self.assertEqual(self.sandbox.counters()["requests"], before + 1)

    def test_l15_the_report_and_a_record_are_never_one_file(self):
        for flag in ("--record", "--json", "--html"):
            with open(self.path("both"), "wb") as both:
                done = self.run_tool("bench", "--sandbox", *SHORT, flag, "/dev/stdout", stdout=both)
            self.assertEqual(done.returncode, 2, flag)
            self.assertIn(b"standard output", done.stderr)
            self.assertEqual(self.read("both"), b"")

    def test_l15_fewer_files_than_connections_are_refused_with_the_limit(self):
        done = self.bench("--sandbox", "--concurrency", "200", *SHORT, code=2,
                          preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (100, 100)))
        self.assertIn("ulimit -n", done.stderr.decode())

    def test_l15_no_secret_is_in_the_results(self):
        where, page = self.path("a.json"), self.path("a.html")
        done = self.bench("--ids", RANGE, "--rate", "50", *SHORT, "--json", where, "--html", page, "--record",
                          self.path("a.ndjson"), *self.sandbox.flags())
        everything = done.stdout + done.stderr + self.read("a.json") + self.read("a.html") + self.read("a.ndjson")
        self.assertNotIn(SECRET.encode(), everything)
        document = json.loads(self.read("a.json"))
        self.assertEqual(document["argv"][1], "bench")
        # In the place of a password that somebody put into an address.
        address = "https://user:hunter2@localhost:1/api"
        refused = self.run_tool("bench", "--ids", RANGE, *SHORT, "--base-url", address, "--json", where)
        self.assertNotIn(b"hunter2", refused.stdout + refused.stderr)
        self.assertIn(b"use GETTY_CONNECT_USER and GETTY_CONNECT_PASSWORD", refused.stderr)

    def test_l15_it_needs_neither_a_home_nor_a_terminal(self):
        bare = {"PATH": os.environ["PATH"], "GETTY_CONNECT_NO_CONFIG": "1"}
        done = self.bench("--sandbox", "--rate", "50", *SHORT, env=bare)
        self.assertNotIn(b"\x1b", done.stdout + done.stderr)
        self.assertEqual(done.stderr, b"")
        self.assertLessEqual(max(len(line) for line in done.stdout.decode().splitlines()
                                 if "https://" not in line and "getty-connect bench" not in line), 80)


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], *sys.argv[2:]])

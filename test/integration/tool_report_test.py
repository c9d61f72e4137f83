"""What a run of the built tool tells while it runs and at its end: on terminals, in logs, as metrics."""
import fcntl
import json
import os
import pty
import re
import select
import signal
import struct
import sys
import termios
import threading
import time
import unittest

from tool_support import (PATIENCE, Sandbox, ToolTest, credentials, environment, ids, lines_of, read_until, wait_for)

sys.path.append("/usr/lib/python3/dist-packages")  # Debian's, for an interpreter that is not Debian's
try:
    from prometheus_client.parser import text_string_to_metric_families
except ImportError:
    text_string_to_metric_families = None

TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
FRAME = re.compile(r"\r([^\r\n\x1b]+)\x1b\[K")


class Terminal:
    """A pseudo terminal as standard error, and what was drawn on it."""

    def __init__(self, columns):
        self.control, self.terminal = pty.openpty()
        self.resize(columns)
        self.drawn = b""
        self.arrived = threading.Condition()

    def resize(self, columns):
        fcntl.ioctl(self.control, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))

    def watch(self):
        """From now on what is drawn is read; to be called when the process has the terminal."""
        os.close(self.terminal)
        self.reader = threading.Thread(target=self.read)
        self.reader.start()

    def read(self):
        while True:
            try:
                data = os.read(self.control, 4096)
            except OSError:
                data = b""
            with self.arrived:
                self.drawn += data
                self.arrived.notify_all()
            if not data:
                return

    def text(self):
        with self.arrived:
            return self.drawn.decode()

    def frames(self):
        return FRAME.findall(self.text())

    def wait_for_frame(self, condition):
        """The first frame, of those from now on, for which it holds."""
        seen = len(self.frames())
        return wait_for(lambda: next((one for one in self.frames()[seen:] if condition(one)), None))

    def close(self):
        self.reader.join(PATIENCE)
        os.close(self.control)


class ReportTest(ToolTest):
    def ids_file(self, count, name="ids"):
        return self.write(name, "\n".join(ids(8_000_000, count)).encode())

    def on_terminal(self, columns, *words, **variables):
        terminal = Terminal(columns)
        process = self.start("fetch", *words, "-o", self.path("out"), stdout=None, stderr=terminal.terminal,
                             env=environment(TERM="xterm", **credentials(), **variables))
        terminal.watch()
        return process, terminal

    def logged(self, *words, **more):
        return self.start("fetch", *words, "-o", self.path("out"), **more)


class OnATerminal(ReportTest):
    serve_flags = ("--latency", "50ms")

    def test_W1_the_line_fits_40_80_and_200_columns_and_the_widest_has_all(self):
        path = self.ids_file(150)
        for columns in (20, 40, 80, 200):
            with self.subTest(columns):
                process, terminal = self.on_terminal(columns, path, "--concurrency", "8", "--overwrite", *self.sandbox.flags())
                self.assertEqual(process.wait(PATIENCE), 0, terminal.text())
                terminal.close()
                frames = terminal.frames()
                self.assertGreaterEqual(len(frames), 3, terminal.text())
                self.assertLess(max(map(len, frames)), columns)
                late = frames[-1]
                self.assertRegex(late, r"^\d+ % ")
                self.assertRegex(late, r"\d/s")
                if columns == 200:
                    for part in (" done", " failed", " in flight", "0:0"):
                        self.assertIn(part, late)
                # Nothing of it stays: the summary begins on a line of its own.
                self.assertRegex(terminal.text(), r"\r\x1b\[Kgetty-connect: 150 ids: 150 ok, 0 failed")

    def test_W1_a_resized_terminal_has_a_line_of_its_width_at_once(self):
        path = self.ids_file(3_000)
        process, terminal = self.on_terminal(200, path, "--concurrency", "4", *self.sandbox.flags())
        terminal.wait_for_frame(lambda frame: len(frame) > 39 and "/s" in frame)
        terminal.resize(40)
        # The kernel tells the process group in the foreground of a session; here nobody has the terminal as its own.
        process.send_signal(signal.SIGWINCH)
        terminal.wait_for_frame(lambda frame: len(frame) < 40)
        terminal.resize(200)
        process.send_signal(signal.SIGWINCH)
        terminal.wait_for_frame(lambda frame: len(frame) > 40)
        process.send_signal(signal.SIGINT)
        self.assertEqual(process.wait(PATIENCE), 130)
        terminal.close()

    def test_W4_off_and_quiet_draw_nothing_and_no_color_is_plain(self):
        path = self.ids_file(60)
        for flags, rest in ((["--progress", "off"], "60 ids: 60 ok"), (["-q"], None)):
            process, terminal = self.on_terminal(80, path, "--concurrency", "4", "--overwrite", *flags, *self.sandbox.flags())
            self.assertEqual(process.wait(PATIENCE), 0)
            terminal.close()
            self.assertEqual(terminal.frames(), [])
            if rest:
                self.assertIn(rest, terminal.text())
            else:
                self.assertEqual(terminal.text(), "")
        process, terminal = self.on_terminal(80, path, "--rate", "x", NO_COLOR="1")
        self.assertEqual(process.wait(PATIENCE), 2)
        terminal.close()
        self.assertNotIn("\x1b", terminal.text())

    def test_W4_a_log_of_JSON_is_not_redrawn_on_a_terminal(self):
        path = self.ids_file(60)
        process, terminal = self.on_terminal(80, path, "--log-format", "json", "--progress", "1s", "--rate", "30",
                                             *self.sandbox.flags())
        self.assertEqual(process.wait(PATIENCE), 0)
        terminal.close()
        lines = [json.loads(line) for line in terminal.text().splitlines()]
        self.assertEqual(lines[-1]["level"], "summary")
        self.assertIn("progress", [line["level"] for line in lines])

    def test_W4_SIGUSR1_tells_a_line_above_the_one_that_is_redrawn(self):
        path = self.ids_file(3_000)
        process, terminal = self.on_terminal(100, path, "--concurrency", "4", *self.sandbox.flags())
        terminal.wait_for_frame(lambda frame: " done" in frame)
        process.send_signal(signal.SIGUSR1)
        line = wait_for(lambda: re.search(r"\r\x1b\[Kgetty-connect: (\S+) (.*)\r\n", terminal.text()))
        self.assertRegex(line.group(1), TIME)
        self.assertRegex(line.group(2), r"^\d+ %, [\d,]+ done, 0 failed, 4 in flight, ")
        terminal.wait_for_frame(lambda frame: " done" in frame)
        process.send_signal(signal.SIGINT)
        process.wait(PATIENCE)
        terminal.close()


class Waits(ReportTest):
    @classmethod
    def setUpClass(cls):
        pass

    @classmethod
    def tearDownClass(cls):
        pass

    def against(self, *serve):
        self.sandbox = Sandbox(*serve)
        self.addCleanup(self.sandbox.close)

    def test_W3_a_pause_is_told_with_its_reason_and_its_end_and_counted(self):
        self.against("--fault", "throttle:count=1,retry-after=4")
        summary = self.path("summary.json")
        process, terminal = self.on_terminal(120, self.ids_file(50), "--summary", summary, *self.sandbox.flags())
        frame = terminal.wait_for_frame(lambda one: one.startswith("paused"))
        self.assertRegex(frame, r"^paused until \d\d:\d\d:\d\d: the service asks for fewer requests \(HTTP 429\)")
        self.assertNotIn("ETA", frame)
        self.assertEqual(process.wait(PATIENCE), 0)
        terminal.close()
        with open(summary, encoding="utf-8") as file:
            found = json.load(file)
        self.assertEqual((found["pauses"], found["ok"]), (1, 50))
        self.assertGreaterEqual(found["pause_seconds"], 3.5)
        self.assertLess(found["pause_seconds"], found["seconds"])
        self.assertRegex(terminal.text(), r"1 pause \([45]\.\d\d s\)")

    def test_W3_an_outage_is_told_with_its_reason_and_counted(self):
        self.against("--fault", "status-503:count=10")
        process, terminal = self.on_terminal(160, self.ids_file(200), "--concurrency", "8", "--max-outage", "90s",
                                             "--metrics-file", self.path("m.prom"), *self.sandbox.flags())
        frame = terminal.wait_for_frame(lambda one: one.startswith("outage"))
        self.assertRegex(frame, r"^outage since \d\d:\d\d:\d\d, gives up at \d\d:\d\d:\d\d: the service failed \(HTTP 503\)")
        self.assertEqual(process.wait(PATIENCE), 0, terminal.text())
        terminal.close()
        metrics = self.read("m.prom").decode()
        self.assertRegex(metrics, r"\ngetty_connect_outages_total\{run=\"m\"\} 1\n")
        self.assertRegex(metrics, r"\ngetty_connect_in_outage\{run=\"m\"\} 0\n")
        told = float(re.search(r"\ngetty_connect_outage_seconds_total\{run=\"m\"\} (\S+)\n", metrics).group(1))
        self.assertGreater(told, 0.9)
        self.assertRegex(terminal.text(), r"1 outage \(")


class InALog(ReportTest):
    serve_flags = ("--latency", "20ms")

    def test_W4_without_a_terminal_there_is_a_line_so_often_with_the_time(self):
        done = self.fetch(self.ids_file(50), "-o", self.path("out"), "--rate", "20", "--progress", "1s")
        self.assertEqual(done.returncode, 0, done.stderr)
        lines = done.stderr.decode().splitlines()
        told = [line for line in lines if re.match(r"getty-connect: \d{4}-", line)]
        self.assertIn(len(told), (2, 3), lines)
        for line in told:
            self.assertRegex(line, r"^getty-connect: %s \d+ %%, [\d,]+ done, 0 failed, " % TIME.pattern)
        self.assertNotIn("\r", done.stderr.decode())
        self.assertEqual(lines.index(told[-1]) + 1, next(i for i, line in enumerate(lines) if "50 ids" in line))

    def test_W4_by_default_that_is_once_a_minute_and_off_is_never(self):
        for flags in ([], ["--progress", "off"]):
            done = self.fetch(self.ids_file(50), "-o", self.path("out"), "--overwrite", "--rate", "30", *flags)
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertNotRegex(done.stderr.decode(), r"getty-connect: \d{4}-")

    def test_W4_every_line_of_a_log_of_JSON_is_an_object_and_the_summary_the_last(self):
        self.write("ids", b"\n".join([b"1404", b'"2"'] + [one.encode() for one in ids(8_000_000, 40)]))
        for flags in ([], ["--json"], ["-v"], ["--format", "raw"]):
            with self.subTest(flags):
                done = self.fetch(self.path("ids"), "-o", self.path("out"), "--overwrite", "--rate", "20", "--progress", "1s",
                                  "--log-format", "json", *flags)
                self.assertEqual(done.returncode, 3, done.stderr)
                lines = lines_of(done.stderr)
                for line in lines:
                    self.assertRegex(line["time"], "^%s$" % TIME.pattern)
                    self.assertIn(line["level"], ("info", "warning", "error", "progress", "summary"))
                self.assertEqual([line["level"] for line in lines].count("summary"), 1)
                self.assertGreaterEqual([line["level"] for line in lines].count("progress"), 1)
                last = lines[-1]
                self.assertEqual((last["level"], last["exit_code"], last["ids"], last["ok"]), ("summary", 3, 42, 40))
                self.assertEqual(last["failures"], {"not_found": 1, "invalid_input": 1})
                self.assertEqual({one["code"] for one in last["first_failures"]}, {"not_found", "invalid_id"})
                if "-v" in flags:
                    self.assertTrue(any("token obtained" in line.get("message", "") for line in lines))

    def test_W4_a_run_that_could_not_begin_has_its_log_in_JSON_too(self):
        for flags in ([], ["--json"]):
            done = self.run_tool("fetch", "/nonexistent", "--log-format", "json", *flags, *self.sandbox.flags())
            self.assertEqual(done.returncode, 1, done.stderr)
            lines = lines_of(done.stderr)
            self.assertEqual([line["level"] for line in lines], ["error", "summary"])
            self.assertIn("/nonexistent", lines[0]["message"])
            self.assertEqual(lines[1]["errors"], [lines[0]["message"]])
        done = self.run_tool("fetch", "--log-format", "json", "--nonsense")
        self.assertEqual([line["level"] for line in lines_of(done.stderr)], ["error", "summary"])

    def test_W4_with_JSON_alone_the_summary_is_the_only_text(self):
        done = self.fetch(self.ids_file(50), "-o", self.path("out"), "--rate", "30", "--progress", "1s", "--json")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(len(lines_of(done.stderr)), 1)

    def test_W4_SIGUSR1_tells_one_line_now_also_when_quiet_and_as_an_object_with_JSON(self):
        path = self.ids_file(3_000)
        for flags, pattern in ((["-q"], rb"^getty-connect: \S+Z \d+ %, [\d,]+ done, .*\n$"),
                               (["--json"], rb'^\{"message":".*\}\n$'),
                               (["--log-format", "json", "-q"], rb'^\{"time":"[^"]+","level":"progress",.*\}\n$')):
            with self.subTest(flags):
                process = self.logged(path, "--rate", "50", "--overwrite", *flags, *self.sandbox.flags())
                wait_for(lambda: os.path.exists(self.path("out")) and os.path.getsize(self.path("out")) > 0)
                process.send_signal(signal.SIGUSR1)
                line = read_until(process.stderr, b"\n").encode()
                self.assertRegex(line, pattern)
                process.send_signal(signal.SIGTERM)
                self.assertEqual(process.wait(PATIENCE), 143)
                os.unlink(self.path("out"))

    def test_W4_SIGUSR1_at_any_moment_of_a_run_does_not_end_it(self):
        with open(self.path("ids"), "w") as file:
            file.write("\n".join(ids(8_000_000, 500)))
        process = self.logged(self.path("ids"), *self.sandbox.flags())
        read_fd = process.stderr
        # From the moment on at which it is set up at all: its own mask shows that.
        def is_set_up():
            with open("/proc/%d/status" % process.pid) as status:
                masks = dict(line.split(":\t") for line in status if line.startswith(("SigBlk", "SigCgt")))
            return (int(masks["SigBlk"], 16) | int(masks["SigCgt"], 16)) >> (signal.SIGUSR1 - 1) & 1
        wait_for(is_set_up)
        while process.poll() is None:
            process.send_signal(signal.SIGUSR1)
            select.select([], [], [], 0.002)
            while select.select([read_fd], [], [], 0)[0] and os.read(read_fd.fileno(), 65536):
                pass
        self.assertEqual(process.returncode, 0)


class Summary(ReportTest):
    MEMBERS = {"ids", "ok", "failed", "not_asked", "failures", "seconds", "ids_per_second", "requests", "retries", "connections",
               "tokens", "pauses", "outages", "reason", "errors", "warnings", "exit_code"}

    def test_W7_the_file_has_the_object_of_JSON_and_appears_in_one_step(self):
        path = self.write("ids", b"\n".join([b"1404"] + [one.encode() for one in ids(8_000_000, 30)]))
        done = self.fetch(path, "-o", self.path("out"), "--json", "--summary", self.path("summary"))
        self.assertEqual(done.returncode, 3, done.stderr)
        told = json.loads(done.stderr)
        self.assertEqual(json.loads(self.read("summary")), told)
        self.assertLessEqual(self.MEMBERS, set(told))
        self.assertEqual(sorted(os.listdir(self.folder)), ["ids", "out", "summary"])
        # All but that for the token; one of them met the challenge of Digest.
        self.assertEqual(told["latency_ms"]["requests"], told["requests"] - told["tokens"])
        self.assertLessEqual(told["latency_ms"]["p50"], told["latency_ms"]["p99"])
        self.assertLessEqual(told["latency_ms"]["p99"], told["latency_ms"]["max"])
        self.assertEqual(told["first_failures"][0]["id"], "1404")
        self.assertEqual((told["ended"], told["go_on"]), ("input_end", None))
        self.assertGreater(told["bytes"], 30 * 1000)

    def test_W7_get_has_one_too(self):
        done = self.run_tool("get", "83454800", "--summary", self.path("summary"), *self.sandbox.flags())
        self.assertEqual((done.returncode, done.stderr), (0, b""))
        self.assertEqual(json.loads(self.read("summary"))["ok"], 1)

    def test_W8_a_summary_that_cannot_be_written_is_told_before_anything_is_asked(self):
        before = self.sandbox.counters()["image_requests"]
        for path, code in (("/nonexistent/summary", 1), (self.folder, 2)):
            done = self.fetch(self.ids_file(3), "-o", self.path("out"), "--summary", path)
            self.assertEqual(done.returncode, code, done.stderr)
            self.assertIn(("--summary " + path).encode(), done.stderr)
            self.assertFalse(os.path.exists(self.path("out")) and os.path.getsize(self.path("out")))
        self.assertEqual(self.sandbox.counters()["image_requests"], before)

    def test_W8_a_folder_that_goes_away_makes_a_failure_of_a_run_that_was_none(self):
        folder = self.path("sub")
        os.mkdir(folder)
        process = self.logged(self.ids_file(60), "--rate", "30", "--summary", os.path.join(folder, "s"), *self.sandbox.flags())
        wait_for(lambda: os.path.exists(self.path("out")) and os.path.getsize(self.path("out")) > 0)
        os.rmdir(folder)
        _, err = process.communicate(timeout=PATIENCE)
        self.assertEqual(process.returncode, 1, err)
        self.assertIn(b"error: --summary ", err)
        self.assertIn(b"60 ids: 60 ok", err)

    def test_S6_the_files_of_a_run_are_never_one(self):
        path = self.ids_file(3)
        for flags in (["--summary", path], ["--metrics-file", path], ["-o", self.path("out"), "--summary", self.path("out")],
                      ["--errors", self.path("e"), "--metrics-file", self.path("e")],
                      ["--summary", self.path("s"), "--metrics-file", self.path("s")],
                      ["--summary", self.sandbox.ca]):
            with self.subTest(flags):
                done = self.fetch(path, *flags)
                self.assertEqual(done.returncode, 2, done.stderr)
                self.assertIn(b"name another", done.stderr)
        self.assertEqual(self.read("ids").decode(), "\n".join(ids(8_000_000, 3)))


@unittest.skipIf(text_string_to_metric_families is None, "needs python3-prometheus-client")
class Metrics(ReportTest):
    serve_flags = ("--latency", "20ms")

    @staticmethod
    def samples(text):
        """By name and labels, after Prometheus's own parser."""
        found = {}
        for family in text_string_to_metric_families(text):
            for sample in family.samples:
                labels = dict(sample.labels)
                assert labels.pop("run") == "m", sample
                key = (sample.name[len("getty_connect_"):], *sorted(labels.items()))
                assert key not in found, key
                found[key] = sample.value
        return found

    def test_W5_prometheus_reads_them_and_they_have_the_numbers_of_the_summary(self):
        path = self.write("ids", b"\n".join([b"1404", b"2404", b"3,"] + [one.encode() for one in ids(8_000_000, 300)]))
        done = self.fetch(path, "-o", self.path("out"), "--json", "--metrics-file", self.path("m.prom"))
        self.assertEqual(done.returncode, 3, done.stderr)
        told = json.loads(done.stderr)
        found = self.samples(self.read("m.prom").decode())
        self.assertEqual(found["ids_total", ("outcome", "found")], told["ok"])
        for kind in ("not_found", "invalid_input"):
            self.assertEqual(found["ids_total", ("outcome", kind)], told["failures"][kind])
        self.assertEqual(sum(value for key, value in found.items() if key[0] == "ids_total"), 303)
        for name, member in (("requests_total", "requests"), ("retries_total", "retries"), ("tokens_total", "tokens"),
                             ("connections_opened_total", "connections"), ("response_bytes_total", "bytes"),
                             ("pauses_total", "pauses"), ("outages_total", "outages"), ("exit_code", "exit_code")):
            self.assertEqual(found[name,], told[member], name)
        self.assertEqual(found["request_duration_seconds_count",], told["latency_ms"]["requests"])
        self.assertEqual(found["request_duration_seconds_bucket", ("le", "+Inf")], told["latency_ms"]["requests"])
        self.assertGreaterEqual(found["request_duration_seconds_sum",], 302 * 0.02)
        # Every answer took 20 ms at least.
        self.assertEqual(found["request_duration_seconds_bucket", ("le", "0.01")], 0)
        self.assertEqual(found["running",], 0)
        self.assertEqual(found["end_info", ("reason", told["ended"])], 1)
        self.assertLessEqual(abs(found["start_time_seconds",] - time.time()), 60)
        self.assertEqual(sorted(os.listdir(self.folder)), ["ids", "m.prom", "out"])

    def test_W5_a_run_under_way_has_them_and_a_killed_one_is_seen_as_running(self):
        process = self.logged(self.ids_file(3_000), "--rate", "50", "--metrics-file", self.path("m.prom"), *self.sandbox.flags())
        wait_for(lambda: os.path.exists(self.path("m.prom")))
        found = self.samples(self.read("m.prom").decode())
        self.assertEqual(found["running",], 1)
        self.assertNotIn(("exit_code",), found)
        self.assertIn(("ids_total", ("outcome", "timeout")), found)
        process.kill()

    def test_W5_an_interrupted_run_leaves_its_exit_code(self):
        process = self.logged(self.ids_file(3_000), "--rate", "50", "--metrics-file", self.path("m.prom"), *self.sandbox.flags())
        wait_for(lambda: os.path.exists(self.path("out")) and os.path.getsize(self.path("out")) > 0)
        process.send_signal(signal.SIGTERM)
        self.assertEqual(process.wait(PATIENCE), 143)
        found = self.samples(self.read("m.prom").decode())
        self.assertEqual((found["exit_code",], found["running",]), (143, 0))

    def test_W8_metrics_that_can_no_longer_be_written_are_a_warning_and_the_run_goes_on(self):
        folder = self.path("sub")
        os.mkdir(folder)
        process = self.logged(self.ids_file(60), "--rate", "30", "--metrics-file", folder + "/m.prom", *self.sandbox.flags())
        wait_for(lambda: os.path.exists(folder + "/m.prom"))
        os.unlink(folder + "/m.prom")
        os.rmdir(folder)
        _, err = process.communicate(timeout=PATIENCE)
        self.assertEqual(process.returncode, 0, err)
        self.assertEqual(err.count(b"warning: --metrics-file "), 1)

    def test_W8_metrics_that_cannot_be_written_at_the_start_end_the_run(self):
        for path, code in (("/nonexistent/m.prom", 1), (self.folder, 2), ("/dev/null", 2)):
            done = self.fetch(self.ids_file(3), "-o", self.path("out"), "--metrics-file", path)
            self.assertEqual(done.returncode, code, done.stderr)
            self.assertIn(("--metrics-file " + path).encode(), done.stderr)


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], *sys.argv[2:]])

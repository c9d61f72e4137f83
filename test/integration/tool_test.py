#!/usr/bin/env python3
"""Runs the built tool against its own sandbox, as a person or a script would.

Usage: tool_test.py TOOL [unittest arguments]
"""
import bz2
import fcntl
import io
import json
import lzma
import os
import pty
import re
import resource
import select
import shlex
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import termios
import threading
import time
import unicodedata
import unittest
import urllib.parse
import zipfile

from tool_support import (
    PATIENCE, SECRET, Sandbox, TOOL, ToolTest, credentials, environment, ids, lines_of, read_line, read_until, wait_for)


class RoundTrip(ToolTest):
    def test_thousands_of_ids_each_have_one_outcome_with_their_own_image(self):
        wanted = ids(1_000_000, 3_000)
        done = self.fetch("--json", input="\n".join(wanted).encode())
        self.assertEqual(done.returncode, 0, done.stderr)
        found = lines_of(done.stdout)
        self.assertEqual(sorted(line["id"] for line in found), sorted(wanted))
        for line in found:
            self.assertEqual(line["image"]["ImageId"], line["id"])
        summary = json.loads(done.stderr)
        self.assertEqual((summary["ids"], summary["ok"], summary["failed"], summary["exit_code"]), (3000, 3000, 0, 0))
        self.assertEqual(summary["tokens"], 1)
        self.assertLessEqual(summary["connections"], 64)

    def test_output_in_the_order_of_the_input(self):
        wanted = ids(2_000_000, 500)
        done = self.fetch("--ordered", self.write("ids", "\n".join(wanted).encode()))
        self.assertEqual([line["id"] for line in lines_of(done.stdout)], wanted)

    def test_raw_lines_are_the_images_alone_and_failures_are_messages(self):
        done = self.fetch("--format", "raw", "--ordered", input=b"83454800\n1404\n200261415-001\n")
        self.assertEqual(done.returncode, 3)
        self.assertEqual([line["ImageId"] for line in lines_of(done.stdout)], ["83454800", "200261415-001"])
        self.assertRegex(done.stderr.decode(), r"getty-connect: 1404: no such image \(HTTP 404\)")

    def test_failed_ids_go_to_the_errors_file_that_can_be_fed_back(self):
        wanted = ids(3_000_000, 50) + ["1404", "2404"]
        done = self.fetch("--errors", self.path("failed"), input="\n".join(wanted).encode())
        self.assertEqual(done.returncode, 3)
        self.assertEqual(len(lines_of(done.stdout)), 50)
        failed = lines_of(self.read("failed"))
        self.assertEqual(sorted(line["id"] for line in failed), ["1404", "2404"])
        for line in failed:
            error = line["error"]
            self.assertEqual((error["code"], error["kind"], error["status"]), ("not_found", "not_found", 404))
            self.assertGreaterEqual(error["attempts"], 1)
        again = self.fetch(self.path("failed"), "--errors", self.path("again"))
        self.assertEqual(again.returncode, 3)
        self.assertEqual(again.stdout, b"")
        self.assertEqual(sorted(line["id"] for line in lines_of(self.read("again"))), ["1404", "2404"])

    def test_images_fed_back_are_looked_up_again(self):
        first = self.fetch("--format", "raw", "--ordered", input=b"83454800\n83454801\n")
        second = self.fetch("--format", "raw", "--ordered", input=first.stdout)
        self.assertEqual(second.stdout, first.stdout)

    def test_a_line_that_names_no_id_fails_with_its_number(self):
        text = b"\xef\xbb\xbf83454800\r\n\r\n# note\nbad\xff\n" + b"x" * 70_000 + b"\n" + b"y" * 200 + b"\n{}\n83454801"
        done = self.fetch("--ordered", input=text)
        self.assertEqual(done.returncode, 3)
        found = lines_of(done.stdout)
        self.assertEqual([line["id"] for line in found], ["83454800", None, None, "y" * 200, None, "83454801"])
        self.assertEqual([line.get("line") for line in found], [None, 4, 5, 6, 7, None])
        self.assertEqual([line["error"]["code"] for line in found[1:5]], ["invalid_id"] * 4)

    def test_get_prints_one_line_for_each_id(self):
        done = self.run_tool("get", "83454800", "1404", *self.sandbox.flags())
        self.assertEqual(done.returncode, 3)
        self.assertEqual({line["id"] for line in lines_of(done.stdout)}, {"83454800", "1404"})
        self.assertEqual(done.stderr, b"")

    def test_an_id_arrives_while_the_input_is_still_open(self):
        process = self.start("fetch", *self.sandbox.flags(), stdin=subprocess.PIPE)
        for one in ids(4_000_000, 3):
            process.stdin.write(one.encode() + b"\n")
            process.stdin.flush()
            self.assertEqual(json.loads(read_line(process.stdout))["id"], one)
        process.stdin.close()
        self.assertEqual(process.wait(PATIENCE), 0)

    def test_a_socket_as_standard_input_works_and_gets_its_flags_back(self):
        ours, theirs = socket.socketpair()
        with ours, theirs:
            process = self.start("fetch", *self.sandbox.flags(), stdin=theirs)
            ours.sendall(b"83454800\n")
            self.assertEqual(json.loads(read_line(process.stdout))["id"], "83454800")
            ours.shutdown(socket.SHUT_WR)
            self.assertEqual(process.wait(PATIENCE), 0)
            self.assertEqual(fcntl.fcntl(theirs, fcntl.F_GETFL) & os.O_NONBLOCK, 0)

    def test_language_reaches_the_service(self):
        german = self.run_tool("get", "83454800", "--language", "de", *self.sandbox.flags())
        english = self.run_tool("get", "83454800", *self.sandbox.flags())
        self.assertEqual(german.returncode, 0)
        self.assertNotEqual(german.stdout, english.stdout)

    def test_quiet_says_nothing(self):
        self.assertEqual(self.fetch("-q", input=b"83454800\n").stderr, b"")

    def test_an_empty_input_is_a_success(self):
        done = self.fetch("--json", "/dev/null")
        self.assertEqual((done.returncode, done.stdout), (0, b""))
        self.assertEqual(json.loads(done.stderr)["ids"], 0)


class Bearer(ToolTest):
    serve_flags = ("--auth", "bearer")

    def test_bearer(self):
        wanted = ids(1, 1_000)
        done = self.fetch("--auth", "bearer", input="\n".join(wanted).encode())
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(sorted(line["id"] for line in lines_of(done.stdout)), sorted(wanted))


class DigestToken(ToolTest):
    serve_flags = ("--auth", "digest-token")

    def test_digest_on_the_token_request(self):
        done = self.fetch("--auth", "digest-token", input="\n".join(ids(1, 200)).encode())
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(len(lines_of(done.stdout)), 200)


class Signals(ToolTest):
    serve_flags = ("--latency", "20ms")

    def endless(self, process):
        """Feeds ids for as long as anybody reads them; returns how many went out."""
        fed = [0]

        def feed():
            number = 5_000_000
            try:
                while True:
                    if number % 1000 != 404:
                        process.stdin.write(b"%d\n" % number)
                        fed[0] += 1
                    number += 1
            except (BrokenPipeError, ValueError, OSError):
                pass

        threading.Thread(target=feed, daemon=True).start()
        return fed

    def interrupted(self, number, code):
        process = self.start("fetch", "--json", *self.sandbox.flags(), stdin=subprocess.PIPE)
        self.endless(process)
        data = b"".join(process.stdout.readline() for _ in range(500))
        process.send_signal(number)
        rest, err = process.stdout.read(), process.stderr.read()
        self.assertEqual(process.wait(PATIENCE), code, err)
        found = lines_of(data + rest)
        self.assertEqual(len({line["id"] for line in found}), len(found))
        summary = json.loads(err)
        self.assertEqual((summary["ids"], summary["exit_code"]), (len(found), code))
        self.assertEqual(summary["reason"], "interrupted by " + signal.Signals(number).name)

    def test_the_first_ctrl_c_ends_with_whole_lines_and_a_summary(self):
        self.interrupted(signal.SIGINT, 130)

    def test_sigterm_ends_as_the_first_ctrl_c(self):
        self.interrupted(signal.SIGTERM, 143)

    def test_S7_sighup_ends_as_the_first_ctrl_c(self):
        self.interrupted(signal.SIGHUP, 129)

    def test_S7_a_sighup_that_was_ignored_at_the_start_ends_nothing(self):
        process = self.start("fetch", *self.sandbox.flags(), stdin=subprocess.PIPE,
                             preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN))
        process.stdin.write(b"83454800\n")
        process.stdin.flush()
        read_line(process.stdout)
        process.send_signal(signal.SIGHUP)
        process.stdin.write(b"83454801\n")
        process.stdin.close()
        self.assertEqual(json.loads(read_line(process.stdout))["id"], "83454801")
        self.assertEqual(process.wait(PATIENCE), 0)

    def test_the_second_ctrl_c_ends_at_once_though_nobody_reads_the_output(self):
        process = self.start("fetch", *self.sandbox.flags(), stdin=subprocess.PIPE)
        self.endless(process)
        read_line(process.stdout)
        process.send_signal(signal.SIGINT)
        # The pipe is full by now, so the first signal alone cannot end it; the second is repeated until it counts.
        def gone():
            if process.poll() is None:
                process.send_signal(signal.SIGINT)
            return process.poll() is not None
        wait_for(gone)
        self.assertEqual(process.returncode, 130)

    def test_a_reader_that_stops_stops_the_lookups_and_nothing_times_out(self):
        process = self.start("fetch", "--json", "--attempt-timeout", "1s", *self.sandbox.flags(),
                             stdin=subprocess.PIPE)
        self.endless(process)
        read_line(process.stdout)

        def requests_settled():
            before = self.sandbox.counters()["image_requests"]
            select.select([], [], [], 1.5)  # longer than the attempt's limit
            return self.sandbox.counters()["image_requests"] == before

        wait_for(requests_settled)
        data = b"".join(process.stdout.readline() for _ in range(2_000))
        self.assertEqual([line for line in lines_of(data) if "error" in line], [])

    def test_memory_stays_flat_over_an_endless_input(self):
        # A build with AddressSanitizer keeps freed memory for a while; here it keeps little.
        process = self.start("fetch", "--concurrency", "256", *self.sandbox.flags(), stdin=subprocess.PIPE,
                             env=environment(ASAN_OPTIONS="quarantine_size_mb=1", **credentials()))
        self.endless(process)

        def resident_kib():
            with open("/proc/%d/status" % process.pid) as status:
                return int(re.search(r"VmRSS:\s+(\d+)", status.read()).group(1))

        for _ in range(3_000):
            process.stdout.readline()
        early = resident_kib()
        for _ in range(12_000):
            process.stdout.readline()
        late = resident_kib()
        self.assertLess(late - early, 8 * 1024, "%d KiB, then %d KiB" % (early, late))


class Unanswered(ToolTest):
    serve_flags = ("--latency", "10m")

    def wait_for_a_request(self, begin):
        """Begins something and waits until one more request is unanswered."""
        before = self.sandbox.counters()["in_flight"]
        process = begin()
        wait_for(lambda: self.sandbox.counters()["in_flight"] > before)
        return process

    def test_ctrl_c_while_the_token_is_waited_for_ends_the_run(self):
        process = self.wait_for_a_request(
            lambda: self.start("fetch", "--json", *self.sandbox.flags(), stdin=subprocess.PIPE))
        process.send_signal(signal.SIGINT)
        self.assertEqual(process.wait(PATIENCE), 130)
        self.assertEqual(process.stdout.read(), b"")
        summary = json.loads(process.stderr.read())
        self.assertEqual((summary["ids"], summary["exit_code"]), (0, 130))
        self.assertEqual(summary["reason"], "interrupted by SIGINT")

    def test_the_second_ctrl_c_ends_though_nothing_is_answered(self):
        process = self.wait_for_a_request(
            lambda: self.start("fetch", "-o", self.path("new"), "--timeout", "10m", "--attempt-timeout", "10m", *self.sandbox.flags(),
                               self.write("ids", b"1\n2\n3\n"),
                               env=environment(GETTY_CONNECT_KEY="test-key", GETTY_CONNECT_TOKEN="never-looked-at")))
        process.send_signal(signal.SIGINT)
        read_until(process.stderr, b"interrupt again")
        self.assertIsNone(process.poll())
        self.assertTrue(os.path.exists(self.path("new")))
        process.send_signal(signal.SIGINT)
        self.assertEqual(process.wait(PATIENCE), 130)
        self.assertFalse(os.path.exists(self.path("new")))

    def test_the_second_ctrl_c_too_ends_with_the_object_of_json(self):
        process = self.wait_for_a_request(
            lambda: self.start("fetch", "--json", "--timeout", "10m", "--attempt-timeout", "10m",
                               *self.sandbox.flags(), self.write("ids", b"1\n2\n3\n"),
                               env=environment(GETTY_CONNECT_KEY="test-key", GETTY_CONNECT_TOKEN="never-looked-at")))
        process.send_signal(signal.SIGINT)
        # Nothing tells that the first one was heard, so it is repeated until it counts as the second.
        def gone():
            if process.poll() is None:
                process.send_signal(signal.SIGINT)
            return process.poll() is not None
        wait_for(gone)
        self.assertEqual(process.returncode, 130)
        summary = json.loads(process.stderr.read())
        self.assertEqual((summary["ids"], summary["exit_code"]), (0, 130))
        self.assertEqual(summary["reason"], "interrupted twice, the second time by SIGINT")

    def test_S6_ctrl_c_while_the_token_is_waited_for_leaves_the_files_as_they_were(self):
        out = self.write("out", b"yesterday\n")
        process = self.wait_for_a_request(
            lambda: self.start("fetch", "--overwrite", "-o", out, "--errors", self.path("new"), *self.sandbox.flags(),
                               stdin=subprocess.PIPE))
        self.assertTrue(os.path.exists(self.path("new")))
        process.send_signal(signal.SIGINT)
        self.assertEqual(process.wait(PATIENCE), 130)
        self.assertEqual(self.read("out"), b"yesterday\n")
        self.assertFalse(os.path.exists(self.path("new")))

    def test_the_timeout_flag_bounds_the_wait(self):
        done = self.run_tool("token", "--timeout", "300ms", *self.sandbox.flags())
        self.assertIn(done.returncode, (4, 5), done.stderr)
        self.assertIn(b"the deadline passed", done.stderr)


class Draining(ToolTest):
    serve_flags = ("--latency", "300ms")

    def test_the_first_ctrl_c_lets_what_is_under_way_finish(self):
        process = self.start("fetch", "--concurrency", "8", *self.sandbox.flags(),
                             self.write("ids", "\n".join(ids(6_000_000, 5_000)).encode()))
        # The highest number so far: the moment itself may pass between two looks.
        wait_for(lambda: self.sandbox.counters()["max_in_flight"] >= 8)
        process.send_signal(signal.SIGINT)
        rest = process.stdout.read()
        self.assertEqual(process.wait(PATIENCE), 130)
        found = lines_of(rest)
        self.assertGreaterEqual(len(found), 8)
        self.assertLess(len(found), 100)
        self.assertEqual([line for line in found if "error" in line], [])


class LocalTrouble(ToolTest):
    def many(self):
        return self.write("ids", "\n".join(ids(6_000_000, 5_000)).encode())

    def test_a_reader_that_goes_away_is_told(self):
        process = self.start("fetch", self.many(), *self.sandbox.flags())
        self.assertIn("image", json.loads(process.stdout.readline()))
        process.stdout.close()
        err = process.stderr.read().decode()
        self.assertEqual(process.wait(PATIENCE), 1)
        self.assertRegex(err, r"standard output: Broken pipe: its reader has gone; \d+ lines? (was|were) written completely")

    def test_a_full_disk_is_told_with_the_count(self):
        with open("/dev/full", "wb") as full:
            done = self.fetch(self.many(), stdout=full)
        self.assertEqual(done.returncode, 1)
        self.assertIn("standard output: No space left on device; 0 lines were written completely", done.stderr.decode())
        done = self.fetch(self.many(), "--output", "/dev/full")
        self.assertEqual(done.returncode, 1)
        self.assertIn("/dev/full: No space left on device", done.stderr.decode())

    def test_a_full_errors_file_is_told(self):
        done = self.fetch("--errors", "/dev/full", input=b"1404\n")
        self.assertEqual(done.returncode, 1)
        self.assertIn("/dev/full: No space left on device", done.stderr.decode())

    def test_a_closed_standard_output_is_told(self):
        done = subprocess.run(["sh", "-c", '"$0" "$@" >&-', TOOL, "get", "83454800", *self.sandbox.flags()],
                              env=environment(**credentials()), stderr=subprocess.PIPE, timeout=PATIENCE)
        self.assertEqual(done.returncode, 1)
        self.assertIn(b"standard output", done.stderr)

    def test_the_file_that_is_read_is_never_written_to(self):
        path = self.write("ids", b"83454800\n")
        for words in (["--output", path], ["--errors", path], ["-o", self.folder + "/./ids"]):
            done = self.fetch(path, *words)
            self.assertEqual(done.returncode, 2)
            self.assertIn("is the file that the ids are read from", done.stderr.decode())
            with open(path, "rb") as after, self.subTest(words):
                self.assertEqual(after.read(), b"83454800\n")
                with open(path, "rb") as standard_input:
                    self.assertEqual(self.fetch(*words, stdin=standard_input).returncode, 2)
        self.assertEqual(self.read("ids"), b"83454800\n")

    def test_files_that_cannot_be_opened_are_named(self):
        for words in (["/nonexistent/ids"], ["-o", "/nonexistent/out"], ["--errors", "/nonexistent/err"]):
            done = self.fetch(*words)
            self.assertEqual(done.returncode, 1)
            self.assertIn("/nonexistent/", done.stderr.decode())
        done = self.fetch(self.folder)
        self.assertEqual(done.returncode, 2)
        self.assertIn("is a directory", done.stderr.decode())


class IdLines(ToolTest):
    """Lines that cannot be ids are named before anything is asked for them."""

    def requests(self):
        counted = self.sandbox.counters()
        return counted["token_requests"], counted["image_requests"]

    BAD = [
        (b"83454800,", "ends with a comma"),
        (b'"83454800"', "holds a quote (\")"),
        (b"'83454800'", "holds a quote (')"),
        (b'["83454800"]', "begins with '['"),
        (b"83454800,A title", "holds a comma"),
        (b"83454800\tA title", "holds a tab, U+0009"),
        (b"83454800 83454801", "holds a blank"),
        (b"8.35E+07", "is a number that a spreadsheet has shortened"),
        (b"\xef\xbb\xbf83454800", "holds U+FEFF, a byte order mark,"),
        (b"caf\xe9", "is not valid UTF-8 from byte 4 on, 0xE9"),
        (b'{"id":"83454800,"}', 'its "id" ends with a comma'),
    ]

    def test_X9_each_is_a_failed_id_with_file_and_line_and_no_request_and_the_others_go_on(self):
        path = self.write("ids", b"83454800\n" + b"\n".join(line for line, _ in self.BAD) + b"\n83454801\n")
        before = self.sandbox.counters()["images"]
        done = self.fetch(path, "--ordered", "--errors", self.path("failed"))
        self.assertEqual(done.returncode, 3)
        self.assertEqual([line["id"] for line in lines_of(done.stdout)], ["83454800", "83454801"])
        self.assertEqual(self.sandbox.counters()["images"], before + 2)
        failed = lines_of(self.read("failed"))
        self.assertEqual(len(failed), len(self.BAD))
        for number, (line, (text, words)) in enumerate(zip(failed, self.BAD), 2):
            with self.subTest(text):
                self.assertEqual((line["id"], line["line"]), (None, number))
                self.assertEqual((line["error"]["code"], line["error"]["attempts"]), ("invalid_id", 0))
                self.assertTrue(line["error"]["message"].startswith("%s:%d: it" % (path, number)), line)
                self.assertIn(words, line["error"]["message"])

    def test_X9_every_character_that_shows_nothing_is_named(self):
        hidden = [c for c in map(chr, range(1, 0x110000))
                  if unicodedata.category(c) in ("Cc", "Cf", "Zs", "Zl", "Zp") and c not in "\t\n\r "]
        self.assertGreater(len(hidden), 200)
        before = self.requests()
        done = self.fetch("--ordered", input="".join("8345%s4800\n" % c for c in hidden).encode())
        self.assertEqual(self.requests()[1], before[1])
        failed = lines_of(done.stdout)
        self.assertEqual(len(failed), len(hidden))
        for number, (line, c) in enumerate(zip(failed, hidden), 1):
            self.assertTrue(line["error"]["message"].startswith(
                "standard input:%d: it holds U+%04X" % (number, ord(c))), line)

    @staticmethod
    def zipped(data):
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w") as archive:
            archive.writestr("ids.txt", data)
        return packed.getvalue()

    def whole(self):
        text = "\n".join(ids(9_000_000, 50)) + "\n"
        return [
            (text.encode("utf-16"), "it is UTF-16; convert it with: iconv -f UTF-16 -t UTF-8"),
            (b"\xfe\xff" + text.encode("utf-16-be"), "it is UTF-16"),
            (text.encode("utf-32"), "it is UTF-32"),
            (text.encode("utf-16-le"), "convert it with: iconv -f UTF-16LE -t UTF-8"),
            (text.encode("utf-16-be"), "convert it with: iconv -f UTF-16BE -t UTF-8"),
            (bz2.compress(text.encode()), "it is packed with bzip2"),
            (lzma.compress(text.encode()), "it is packed with xz"),
            (self.zipped(text), "it is a zip archive"),
            (b"83454800\n\0\0\0\n", "it holds NUL (U+0000)"),
            (text.replace("\n", "\r").encode(), "its lines end with CR alone; convert it with: tr '\\r' '\\n'"),
            (b"# ids\r" + text.replace("\n", "\r").encode(), "its lines end with CR alone"),
            (b"8" * 100_000, "it begins with a line of more than 65,536 bytes"),
        ]

    def test_X9_a_file_that_is_wrong_as_a_whole_ends_the_run_before_anything_is_asked(self):
        for data, words in self.whole():
            with self.subTest(words):
                path = self.write("ids", data)
                before = self.requests()
                with open(path, "rb") as redirected:
                    runs = [self.fetch(path, "-o", self.path("new")), self.fetch(stdin=redirected)]
                for done in runs:
                    self.assertEqual((done.returncode, done.stdout), (2, b""), done.stderr)
                    self.assertIn(words, done.stderr.decode())
                    self.assertEqual(done.stderr.count(b"\n"), 1)
                self.assertEqual(self.requests(), before)
                self.assertFalse(os.path.exists(self.path("new")))

    def test_X9_on_a_pipe_it_ends_the_run_before_any_id_is_asked_for(self):
        out = self.write("out", b"yesterday\n")
        for data, words in self.whole():
            with self.subTest(words):
                before = self.requests()
                done = self.fetch("-o", out, "--overwrite", input=data.replace(b"83454800\n", b""))
                self.assertEqual(done.returncode, 2, done.stderr)
                self.assertRegex(done.stderr.decode(), r"error: standard input: (it|its) ")
                self.assertIn(words, done.stderr.decode())
                self.assertEqual(self.requests()[1], before[1])
                self.assertEqual(self.read("out"), b"yesterday\n")

    def test_X9_an_argument_that_cannot_be_an_id_is_named_and_the_others_are_looked_up(self):
        before = self.sandbox.counters()["images"]
        done = self.run_tool("get", "83454800", "83454801,", *self.sandbox.flags())
        self.assertEqual(done.returncode, 3)
        self.assertEqual(self.sandbox.counters()["images"], before + 1)
        bad = [line for line in lines_of(done.stdout) if "error" in line]
        self.assertEqual([line["error"]["message"] for line in bad],
                         ["id 2 of the command line: it ends with a comma; write one id a line and nothing else"])


class Files(ToolTest):
    """A run that cannot begin changes nothing; input, output and errors are never one file."""

    def setUp(self):
        super().setUp()
        self.ids = self.write("ids", b"83454800\n1404\n")
        self.before()

    def before(self):
        self.write("out", b"yesterday's images\n")
        self.write("err", b"yesterday's failures\n")

    def as_before(self):
        return (self.read("out"), self.read("err")) == (b"yesterday's images\n", b"yesterday's failures\n")

    def both(self):
        return ["--overwrite", "-o", self.path("out"), "--errors", self.path("err")]

    def test_S6_a_run_that_cannot_begin_leaves_the_files_as_they_were_and_makes_none(self):
        wrong = environment(GETTY_CONNECT_KEY="test-key", GETTY_CONNECT_SECRET="wrong-one")
        with socket.create_server(("127.0.0.1", 0)) as listener:
            down = ["--base-url", "https://localhost:%d/api" % listener.getsockname()[1], "--retries", "0"]
        bz2_file = self.write("ids.bz2", bz2.compress(b"1\n"))
        new = ["-o", self.path("new1"), "--errors", self.path("new2")]
        for files in (self.both(), new):
            for words, more, code in (
                    ([self.ids, *self.sandbox.flags()], {"env": wrong}, 4),
                    ([self.ids, *down], {}, 5),
                    ([self.ids, "--base-url", "https://"], {}, 2),
                    ([self.ids, *self.sandbox.flags()], {"env": environment()}, 2),
                    ([bz2_file, *self.sandbox.flags()], {}, 2),
                    (["/nonexistent", *self.sandbox.flags()], {}, 1),
                    ([self.ids, "--cacert", "/nonexistent"], {}, 1),
                    ([self.folder, *self.sandbox.flags()], {}, 2)):
                with self.subTest(words=words, files=files):
                    done = self.run_tool("fetch", *words, *files, **more)
                    self.assertEqual(done.returncode, code, done.stderr)
                    self.assertTrue(self.as_before())
                    self.assertEqual(sorted(os.listdir(self.folder)), ["err", "ids", "ids.bz2", "out"])

    def test_S6_the_other_file_stays_when_one_cannot_be_opened(self):
        for words in (["-o", self.path("out"), "--errors", "/nonexistent/e"],
                      ["-o", "/nonexistent/o", "--errors", self.path("err")],
                      ["-o", self.path("out"), "--errors", self.folder],
                      ["-o", self.path("new"), "--errors", "/nonexistent/e"]):
            done = self.fetch(self.ids, "--overwrite", *words)
            # A folder is no file that could be opened at another time.
            self.assertEqual(done.returncode, 2 if self.folder in words else 1, done.stderr)
            self.assertTrue(self.as_before())
            self.assertFalse(os.path.exists(self.path("new")))

    def test_S6_a_file_that_holds_something_is_refused_and_empty_ones_and_devices_are_not(self):
        new = self.path("new")
        for words in (["-o", self.path("out")], ["-o", new, "--errors", self.path("err")]):
            done = self.fetch(self.ids, *words)
            self.assertEqual(done.returncode, 2, done.stderr)
            self.assertIn("%s: holds something already; add --resume to go on with it or --overwrite to empty it, or name "
                          "another file" % words[-1], done.stderr.decode())
            self.assertTrue(self.as_before())
            self.assertFalse(os.path.exists(new))
            self.assertEqual(self.run_tool("get", "1", *words, *self.sandbox.flags()).returncode, 2)
        self.write("empty", b"")
        self.assertEqual(self.fetch(self.ids, "-o", self.path("empty"), "--errors", "/dev/null").returncode, 3)

    def test_S6_the_first_outcome_empties_both_files_in_place(self):
        inodes = [os.stat(self.path(name)).st_ino for name in ("out", "err")]
        done = self.fetch(self.write("one", b"83454800\n"), *self.both())
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual([line["id"] for line in lines_of(self.read("out"))], ["83454800"])
        self.assertEqual(self.read("err"), b"")
        self.before()
        done = self.fetch(self.write("one", b"1404\n"), *self.both())
        self.assertEqual(done.returncode, 3, done.stderr)
        self.assertEqual((self.read("out"), len(lines_of(self.read("err")))), (b"", 1))
        self.assertEqual([os.stat(self.path(name)).st_ino for name in ("out", "err")], inodes)

    def test_S6_before_the_first_outcome_they_are_as_they_were_though_the_run_has_begun(self):
        process = self.start("fetch", "-v", *self.both(), *self.sandbox.flags(), stdin=subprocess.PIPE)
        process.stdin.write(b"# a comment\n")
        process.stdin.flush()
        read_until(process.stderr, b"token obtained")
        self.assertTrue(self.as_before())
        process.stdin.write(b"83454800\n")
        process.stdin.close()
        self.assertEqual(process.wait(PATIENCE), 0)
        self.assertEqual((len(lines_of(self.read("out"))), self.read("err")), (1, b""))

    def test_S6_a_run_over_no_ids_that_ends_as_it_should_leaves_empty_files(self):
        done = self.fetch("/dev/null", *self.both())
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual((self.read("out"), self.read("err")), (b"", b""))

    def refused(self, words, expected, env=None, **redirected):
        opened = {name: open(path, mode) for name, (path, mode) in redirected.items()}
        try:
            done = subprocess.run([TOOL, "fetch", *words, *self.sandbox.flags()], timeout=PATIENCE,
                                  env=env or environment(**credentials()),
                                  **{"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE,
                                     "stderr": subprocess.PIPE, **opened})
        finally:
            for file in opened.values():
                file.close()
        self.assertEqual(done.returncode, 2, done.stderr)
        if done.stderr is not None:
            self.assertIn(expected, done.stderr.decode())

    def test_S6_one_file_in_two_places_is_refused_and_stays_as_it_is(self):
        os.link(self.path("ids"), self.path("link"))
        os.symlink("ids", self.path("symlink"))
        ids_words = "is the file that the ids are read from; name another"
        ids_path = self.ids
        for words, expected, redirected in (
                ([ids_path], "standard output: " + ids_words, {"stdout": (ids_path, "ab")}),
                ([], "standard output: " + ids_words, {"stdin": (ids_path, "rb"), "stdout": (ids_path, "ab")}),
                ([ids_path, "-o", self.path("link")], "--output %s: %s" % (self.path("link"), ids_words), {}),
                ([ids_path, "--errors", self.path("symlink")], "--errors %s: %s" % (self.path("symlink"), ids_words), {}),
                ([ids_path], "", {"stderr": (ids_path, "ab")}),
                ([ids_path, "-o", self.path("out"), "--errors", self.path("out")], "is the file of --output", {}),
                ([ids_path, "-o", self.path("new"), "--errors", self.folder + "/./new"], "is the file of --output", {}),
                ([ids_path, "--errors", self.path("out"), "--overwrite"], "is where standard output goes", {"stdout": (self.path("out"), "ab")}),
                ([ids_path, "-o", self.path("out")], "", {"stderr": (self.path("out"), "ab")}),
                ([ids_path, "--errors", "/dev/stdout"], "is where standard output goes", {"stdout": (self.path("out"), "ab")})):
            with self.subTest(words=words, redirected=redirected):
                self.refused(words, expected, **redirected)
                self.assertEqual(self.read("ids"), b"83454800\n1404\n")
                self.assertTrue(self.as_before())
                self.assertFalse(os.path.exists(self.path("new")))

    def test_S6_files_that_prove_who_asks_are_neither_overwritten_nor_sent_as_ids(self):
        secret = b"key=test-key\nsecret=" + SECRET.encode() + b"\n"
        path = self.write("credentials", secret)
        os.chmod(path, 0o600)
        for flag in ("-o", "--errors"):
            self.refused([self.ids, "--credentials", path, flag, path], "is the file of --credentials")
        self.refused([path, "--credentials", path], "is the file that the ids are read from")
        self.assertEqual(self.read("credentials"), secret)
        with open(self.sandbox.ca, "rb") as file:
            authority = file.read()
        self.refused([self.ids, "-o", self.sandbox.ca], "is the file of --cacert")
        with open(self.sandbox.ca, "rb") as file:
            self.assertEqual(file.read(), authority)
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                        "-subj", "/CN=me", "-keyout", self.path("key"), "-out", self.path("cert")],
                       check=True, capture_output=True)
        before = self.read("key"), self.read("cert")
        for name in ("key", "cert"):
            self.refused([self.ids, "--cert", self.path("cert"), "--key", self.path("key"), "-o", self.path(name)],
                         "is the file of --" + name)
        self.assertEqual((self.read("key"), self.read("cert")), before)

    def test_S6_devices_and_pipes_may_be_one(self):
        done = self.fetch(self.ids, "-o", "/dev/null", "--errors", "/dev/null")
        self.assertEqual(done.returncode, 3, done.stderr)
        done = self.run_tool("fetch", self.ids, *self.sandbox.flags(), "--errors", "/dev/stdout")
        self.assertEqual(done.returncode, 3, done.stderr)
        self.assertEqual({line["id"] for line in lines_of(done.stdout)}, {"83454800", "1404"})
        with open(self.path("log"), "wb") as log:
            done = subprocess.run([TOOL, "fetch", self.ids, *self.sandbox.flags()], stdin=subprocess.DEVNULL, stdout=log,
                                  stderr=log, env=environment(**credentials()), timeout=PATIENCE)
        self.assertEqual(done.returncode, 3)
        lines = self.read("log").splitlines()
        self.assertEqual(sorted(json.loads(line)["id"] for line in lines if line.startswith(b"{")), ["1404", "83454800"])
        self.assertIn(b"getty-connect: 2 ids: 1 ok, 1 failed", self.read("log"))

    def test_S6_standard_output_has_its_usual_names_and_is_appended_to(self):
        for name in ("-", "/dev/stdout"):
            self.write("kept", b"kept\n")
            with open(self.path("kept"), "ab") as kept:
                done = subprocess.run([TOOL, "fetch", self.ids, *self.sandbox.flags(), "-o", name],
                                      stdin=subprocess.DEVNULL, stdout=kept, stderr=subprocess.PIPE,
                                      env=environment(**credentials()), timeout=PATIENCE)
            self.assertEqual(done.returncode, 3, done.stderr)
            lines = self.read("kept").splitlines()
            self.assertEqual(lines[0], b"kept")
            self.assertEqual({json.loads(line)["id"] for line in lines[1:]}, {"83454800", "1404"})
        for flag in ("--errors", "--summary", "--metrics-file"):
            done = self.run_tool("fetch", self.ids, *self.sandbox.flags(), "-o", self.path("out"), flag, "-")
            self.assertEqual((done.returncode, flag + " -: name a file" in done.stderr.decode()), (2, True))

    def test_S6_what_is_refused_is_told_in_a_file_of_messages_that_holds_nothing(self):
        for before, told in ((b"", True), (b"what was told before\n", False)):
            self.write("log", before)
            with open(self.path("log"), "ab") as log:
                done = subprocess.run([TOOL, "fetch", self.ids, *self.sandbox.flags(), "--errors", "/dev/stderr"],
                                      stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=log,
                                      env=environment(**credentials()), timeout=PATIENCE)
            self.assertEqual(done.returncode, 2)
            self.assertEqual(b"standard error" in self.read("log"), told)
            self.assertTrue(self.read("log").startswith(before))


class Descriptors(ToolTest):
    """Closed, limited and strange descriptors: no spin, no hang, no lost id."""

    def shell(self, redirections, *words, **more):
        return subprocess.run(["sh", "-c", '"$0" "$@" ' + redirections, TOOL, *words, *self.sandbox.flags()],
                              timeout=PATIENCE, **{"env": environment(**credentials()), "stdin": subprocess.DEVNULL,
                                                   "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **more})

    def test_S7_a_closed_descriptor_that_is_needed_is_told_and_one_that_is_not_does_no_harm(self):
        path = self.write("ids", "\n".join(ids(10_000_000, 200)).encode())
        done = self.shell("0<&-", "fetch")
        self.assertEqual((done.returncode, done.stdout), (1, b""), done.stderr)
        self.assertIn(b"standard input: is closed, or not open for reading", done.stderr)
        done = self.shell("1>&-", "fetch", path)
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertIn(b"standard output: is closed, or not open for writing", done.stderr)
        done = self.shell("2>&-", "fetch", path)
        self.assertEqual((done.returncode, len(lines_of(done.stdout))), (0, 200))
        for redirections in ("0<&-", "1>&-", "2>&-", "0<&- 1>&- 2>&-", "0<&- 2>&-", "1>&- 2>&-"):
            with self.subTest(redirections):
                done = self.shell(redirections, "fetch", path, "-o", self.path("out"))
                self.assertEqual(done.returncode, 0, done.stderr)
                self.assertEqual(len(lines_of(self.read("out"))), 200)
                os.unlink(self.path("out"))

    def test_S7_a_file_that_may_grow_no_further_is_told_as_a_full_disk_is(self):
        path = self.write("ids", "\n".join(ids(10_000_000, 200)).encode())
        done = self.fetch(path, "-o", self.path("out"),
                          preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000)))
        self.assertEqual(done.returncode, 1, done.stderr)
        whole = lines_of(self.read("out"))
        self.assertGreater(len(whole), 5)
        self.assertRegex(done.stderr.decode(), r"%s: File too large: raise the limit.*; %d lines were written completely\n"
                         % (re.escape(self.path("out")), len(whole)))
        self.assertIn(b" --resume\n", done.stderr)

    def test_S7_a_named_pipe_whose_writer_ended_early_gives_every_id(self):
        for _ in range(20):
            path = self.path("pipe")
            os.mkfifo(path)
            process = self.start("fetch", path, *self.sandbox.flags())
            with open(path, "wb") as pipe:
                pipe.write(b"83454800\n83454801\n")
            self.assertEqual(process.wait(PATIENCE), 0)
            self.assertEqual(len(lines_of(process.stdout.read())), 2)
            os.unlink(path)

    def test_S7_the_limit_of_open_files_is_raised_to_what_the_system_allows(self):
        process = self.start("fetch", *self.sandbox.flags(), stdin=subprocess.PIPE,
                             preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (64, 500)))
        process.stdin.write(b"83454800\n")
        process.stdin.flush()
        read_line(process.stdout)
        with open("/proc/%d/limits" % process.pid) as limits:
            self.assertRegex(limits.read(), r"Max open files +500 +500")

    def test_S7_sigterm_ends_it_whatever_stands_in_for_standard_input(self):
        eventfd = os.eventfd(0)  # never has anything to read
        process = self.start("fetch", *self.sandbox.flags(), stdin=eventfd)
        os.close(eventfd)
        # It waits: once settled it uses no CPU time.
        def ticks():
            with open("/proc/%d/stat" % process.pid) as stat:
                fields = stat.read().rpartition(")")[2].split()
            return int(fields[11]) + int(fields[12])
        def settled():
            before = ticks()
            select.select([], [], [], 0.5)
            return ticks() <= before + 2
        wait_for(settled)
        process.terminate()
        self.assertEqual(process.wait(PATIENCE), 143)


class Json(ToolTest):
    """With --json the summary object is the only text on standard error."""

    def summary(self, done, code):
        self.assertEqual(done.returncode, code, done.stderr)
        found = json.loads(done.stderr)
        self.assertEqual(found["exit_code"], code)
        return found

    def test_a_run_that_could_not_begin_has_its_reason_inside(self):
        path = self.write("ids", b"83454800\n")
        packed = self.write("packed", bz2.compress(b"1\n"))
        wrong = environment(GETTY_CONNECT_KEY="test-key", GETTY_CONNECT_SECRET="wrong-one")
        for words, more, code, reason in (
                (["--rate", "x"], {}, 2, "--rate x: must be a number"),
                (["--nonsense"], {}, 2, "--nonsense: no such flag"),
                ([path], {"env": environment()}, 2, "no credentials"),
                (["/nonexistent"], {}, 1, "/nonexistent: No such file or directory"),
                ([packed], {}, 2, packed + ": it is packed with bzip2"),
                ([path, "-o", path], {}, 2, "is the file that the ids are read from"),
                ([path, "--base-url", "https://"], {}, 2, "must name a host"),
                ([path], {"env": wrong}, 4, "authentication failed")):
            with self.subTest(words):
                done = self.run_tool("fetch", *self.sandbox.flags(), *words, "--json", **more)
                found = self.summary(done, code)
                self.assertEqual(done.stdout, b"")
                self.assertEqual((found["ids"], found["ok"], found["failed"], found["failures"]), (0, 0, 0, {}))
                self.assertIn(reason, found["reason"])
                self.assertEqual(found["errors"], [found["reason"]])

    def test_a_run_that_broke_off_has_its_reason_inside(self):
        with open("/dev/full", "wb") as full:
            done = self.fetch("--json", input=b"83454800\n", stdout=full)
        found = self.summary(done, 1)
        self.assertIn("standard output: No space left on device", found["reason"])
        self.assertEqual(found["errors"], [found["reason"]])
        found = self.summary(self.fetch("--json", input=bz2.compress(b"1\n")), 2)
        self.assertIn("packed with bzip2", found["reason"])

    def test_a_run_that_went_through_has_none(self):
        found = self.summary(self.fetch("--json", input=b"83454800\n1404\n"), 3)
        self.assertEqual((found["reason"], found["errors"], found["warnings"]), (None, [], []))
        self.assertEqual(found["failures"], {"not_found": 1})

    def test_failures_that_have_no_other_place_are_objects_before_it(self):
        done = self.fetch("--json", "--format", "raw", "--ordered", input=b"83454800\n1404\n\"2\"\n")
        self.assertEqual(done.returncode, 3)
        found = lines_of(done.stderr)
        self.assertEqual([line["id"] for line in found[:-1]], ["1404", None])
        self.assertEqual(found[-1]["exit_code"], 3)

    def test_what_verbose_tells_are_objects_too(self):
        found = lines_of(self.fetch("--json", "-v", input=b"83454800\n").stderr)
        self.assertEqual(found[-1]["exit_code"], 0)
        self.assertTrue(any("token obtained" in line["note"] for line in found[:-1]))

    def test_quiet_leaves_it_out_unless_something_went_wrong(self):
        self.assertEqual(self.fetch("--json", "-q", input=b"83454800\n").stderr, b"")
        found = self.summary(self.fetch("--json", "-q", "/nonexistent"), 1)
        self.assertIn("/nonexistent", found["reason"])

    def test_get_and_token_tell_their_failures_in_it(self):
        wrong = environment(GETTY_CONNECT_KEY="test-key", GETTY_CONNECT_SECRET="wrong-one")
        for words in (["get", "1"], ["token"]):
            done = self.run_tool(*words, "--json", *self.sandbox.flags(), env=wrong)
            self.assertIn("authentication failed", self.summary(done, 4)["reason"])
            self.assertEqual(done.stdout, b"")
        done = self.run_tool("token", "--json", *self.sandbox.flags())
        self.assertEqual((done.returncode, done.stderr), (0, b""))


class Usage(ToolTest):
    TABLE = [
        ([], "what to do is missing"),
        (["ftech"], "did you mean fetch?"),
        (["get"], "ID"),
        (["fetch", "--concurrency", "0"],
         "--concurrency 0: must be a whole number between 1 and 65,535; leave it out for 64"),
        (["fetch", "--concurrency", "65536"], "--concurrency 65536"),
        (["fetch", "--connections", "x"], "--connections x"),
        (["fetch", "--timeout", "10"], "the unit is missing; write 10ms, 10s or 10m"),
        (["fetch", "--timeout", "0s"], "must be between 1ms and 24h"),
        (["fetch", "--connect-timeout", "soon"], "500ms, 10s or 2m"),
        (["fetch", "--rate", "0"], "leave it out for no limit"),
        (["fetch", "--burst", "10"], "add --rate"),
        (["fetch", "--retries", "-1"], "--retries"),
        (["fetch", "--auth", "basic"], "digest|digest-token|bearer"),
        (["fetch", "--format", "xml"], "ndjson|raw"),
        (["fetch", "--base-url", "http://localhost"], "must begin with https://"),
        (["fetch", "--cert", "x"], "add --key"),
        (["fetch", "--concurency", "1"], "did you mean --concurrency?"),
        (["token", "b"], "one argument too many"),
        (["fetch", "--token", "abcdef"], "set GETTY_CONNECT_TOKEN"),
        (["serve", "--port", "70000"], "--port 70000"),
        (["serve", "--address", "localhost"], "is no IP address"),
        (["serve", "--address", "0.0.0.0"], "add --allow-remote"),
        (["serve", "--fault", "drop"], '--fault "drop": there is no such fault; did you mean drip?'),
        (["serve", "--fault", "earthquake"], "there are status-400 to status-599, over-qps,"),
        (["serve", "--fault", "drip", "--fault", "drip:evry=5"], 'drip has no key "evry"; it takes wait, bytes,'),
        (["serve", "--fault", "status-429:rate=2"], "rate=2: must be more than 0 and at most 1, such as 0.02"),
        (["serve", "--fault", "slow-start:wait=5"], "such as 50ms, 2s or 1m"),
        (["serve", "--fault", ""], "may not be empty"),
        (["serve", "--auth", "bearer", "--fault", "nonce-stale"], "lookups have no nonce here"),
        (["serve", "--seed", "x"], "--seed x: must be a whole number"),
    ]

    def test_each_wrong_command_line_ends_with_2_and_names_the_mend(self):
        for words, expected in self.TABLE:
            with self.subTest(words):
                done = self.run_tool(*words)
                self.assertEqual(done.returncode, 2, done.stderr)
                self.assertEqual(done.stdout, b"")
                self.assertIn(expected, done.stderr.decode())
                self.assertEqual(done.stderr.count(b"\n"), 1)
                self.assertNotIn(b"abcdef", done.stderr)

    def test_a_base_url_that_is_none_is_refused_before_anything_is_asked(self):
        done = self.run_tool("get", "1", "--base-url", "https://")
        self.assertEqual(done.returncode, 2, done.stderr)
        self.assertIn(b"--base-url \"https://\": must name a host", done.stderr)

    def test_help_and_version_go_to_standard_output(self):
        for words in (["--help"], ["get", "--help"], ["fetch", "-h"], ["serve", "--help"], ["token", "--help"]):
            done = self.run_tool(*words, env=environment())
            self.assertEqual((done.returncode, done.stderr), (0, b""))
            self.assertIn(b"Exit codes", done.stdout)
        for words in (["version"], ["--version"]):
            done = self.run_tool(*words, env=environment())
            self.assertEqual(done.returncode, 0)
            self.assertRegex(done.stdout.decode(), r"^getty-connect \d+\.\d+\.\d+\nBoost 1\.\d+\.\d+\nOpenSSL 3\.")

    def test_help_to_a_full_disk_fails(self):
        with open("/dev/full", "wb") as full:
            self.assertEqual(self.run_tool("--help", stdout=full).returncode, 1)


class Authentication(ToolTest):
    def file(self, text, mode):
        path = self.write("credentials", text)
        os.chmod(path, mode)
        return path

    def test_without_credentials_the_mend_is_told_and_nothing_is_asked(self):
        done = self.fetch(env=environment(), input=b"1\n")
        self.assertEqual(done.returncode, 2)
        self.assertIn(b"GETTY_CONNECT_KEY and GETTY_CONNECT_SECRET", done.stderr)

    def test_wrong_credentials_end_the_run_before_any_id_is_read(self):
        before = self.sandbox.counters()["image_requests"]
        done = self.fetch("--json", env=environment(GETTY_CONNECT_KEY="test-key", GETTY_CONNECT_SECRET="wrong-one"),
                          input=b"1\n2\n")
        self.assertEqual(done.returncode, 4, done.stderr)
        self.assertEqual(done.stdout, b"")
        self.assertIn(b"authentication failed", done.stderr)
        self.assertIn(b"check the key and the secret", done.stderr)
        self.assertNotIn(b"wrong-one", done.stderr)
        self.assertEqual(json.loads(done.stderr)["exit_code"], 4)
        self.assertEqual(self.sandbox.counters()["image_requests"], before)

    def test_a_credentials_file_takes_the_place_of_the_environment(self):
        path = self.file(b"key=test-key\nsecret=" + SECRET.encode() + b"\n", 0o600)
        done = self.fetch("--credentials", path, env=environment(GETTY_CONNECT_KEY="x", GETTY_CONNECT_SECRET="y"),
                          input=b"83454800\n")
        self.assertEqual(done.returncode, 0, done.stderr)

    def test_a_credentials_file_that_others_can_read_is_refused(self):
        path = self.file(b"key=test-key\nsecret=" + SECRET.encode() + b"\n", 0o644)
        done = self.fetch("--credentials", path, input=b"83454800\n")
        self.assertEqual(done.returncode, 2)
        self.assertIn("chmod 600 " + path, done.stderr.decode())

    def test_a_mounted_secret_that_its_group_may_read_is_used_with_a_warning(self):
        path = self.file(b"key=test-key\nsecret=" + SECRET.encode() + b"\n", 0o440)
        if os.geteuid() != 0:
            self.skipTest("only root can give a file away")
        for owner in (0, 65534):
            os.chown(path, owner, -1)
            done = self.fetch("--credentials", path, input=b"83454800\n")
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertIn("getty-connect: warning: %s: the group of this file may read it (mode 0440)" % path,
                          done.stderr.decode())
        done = self.fetch("--json", "--credentials", path, input=b"83454800\n")
        self.assertEqual(len(json.loads(done.stderr)["warnings"]), 1)
        os.chmod(path, 0o444)
        self.assertEqual(self.fetch("--credentials", path, input=b"83454800\n").returncode, 2)

    def test_a_bad_line_of_a_credentials_file_is_named_and_not_repeated(self):
        path = self.file(b"key=test-key\n" + SECRET.encode() + b"\n", 0o600)
        done = self.fetch("--credentials", path, input=b"83454800\n")
        self.assertEqual(done.returncode, 2)
        self.assertIn(path + ":2: ", done.stderr.decode())
        self.assertNotIn(SECRET.encode(), done.stderr)

    def test_the_token_command_tells_that_it_works_and_no_token(self):
        done = self.run_tool("token", *self.sandbox.flags())
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertRegex(done.stdout.decode(), r"^the credentials work; the token, issued for the key and the secret, is good for 1[78]\d\d s\n$")
        done = self.run_tool("token", "--json", *self.sandbox.flags())
        told = json.loads(done.stdout)
        self.assertEqual(set(told), {"token", "grant", "remaining_seconds"})
        self.assertEqual((told["token"], told["grant"]), (True, "client_credentials"))
        done = self.run_tool("token", *self.sandbox.flags(),
                             env=environment(GETTY_CONNECT_KEY="test-key", GETTY_CONNECT_SECRET="wrong-one"))
        self.assertEqual((done.returncode, done.stdout), (4, b""))

    def encrypted_key(self):
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-days", "1",
                        "-subj", "/CN=test", "-passout", "pass:open s3same", "-keyout", self.path("key.pem"),
                        "-out", self.path("cert.pem")], check=True, capture_output=True, timeout=PATIENCE)
        self.assertIn(b"ENCRYPTED", self.read("key.pem"))
        return ["--cert", self.path("cert.pem"), "--key", self.path("key.pem")]

    def test_an_encrypted_key_is_opened_with_the_variable_or_the_file(self):
        flags = [*self.encrypted_key(), *self.sandbox.flags()]
        variable = {"GETTY_CONNECT_CERT_KEY_PASSWORD": "open s3same"}
        done = self.run_tool("token", *flags, env=environment(**credentials(), **variable))
        self.assertEqual(done.returncode, 0, done.stderr)
        path = self.file(b"key=test-key\nsecret=%s\nprivate_key_password=open s3same\n" % SECRET.encode(), 0o600)
        done = self.run_tool("token", "--credentials", path, *flags)
        self.assertEqual(done.returncode, 0, done.stderr)

    def test_the_pass_phrase_of_a_key_is_never_asked_for_at_the_terminal(self):
        flags = [*self.encrypted_key(), *self.sandbox.flags()]
        seen, terminal = pty.openpty()
        self.addCleanup(os.close, seen)
        self.addCleanup(os.close, terminal)
        for phrase, expected in ((None, b"is encrypted; set its pass phrase with GETTY_CONNECT_CERT_KEY_PASSWORD ("),
                                 ("open s3sam", b"does not open it")):
            with self.subTest(phrase):
                more = {"GETTY_CONNECT_CERT_KEY_PASSWORD": phrase} if phrase else {}
                done = self.run_tool("token", *flags, env=environment(**credentials(), **more), start_new_session=True,
                                     preexec_fn=lambda: fcntl.ioctl(terminal, termios.TIOCSCTTY, 0))
                self.assertEqual((done.returncode, done.stdout), (2, b""))
                self.assertIn(b'--key "%s": ' % self.path("key.pem").encode(), done.stderr)
                self.assertIn(expected, done.stderr)
                self.assertNotIn(b"s3sam", done.stderr)
                self.assertEqual(done.stderr.count(b"\n"), 1)
        self.assertEqual(select.select([seen], [], [], 0)[0], [], "something was written to the terminal")

    def test_a_secret_with_a_line_end_is_refused_by_its_name(self):
        for name, command in (("GETTY_CONNECT_SECRET", ["token", *self.sandbox.flags()]),
                              ("GETTY_CONNECT_TOKEN", ["token", *self.sandbox.flags()]),
                              ("GETTY_CONNECT_SECRET", ["serve"])):
            with self.subTest(name):
                done = self.run_tool(*command, env=environment(**{**credentials(), name: "hunter2\n"}))
                self.assertEqual((done.returncode, done.stdout), (2, b""))
                self.assertIn(name.encode() + b" (not shown): it holds a control character", done.stderr)
                self.assertNotIn(b"hunter2", done.stderr)

    def fresh_token(self):
        form = urllib.parse.urlencode({"application_key": "test-key", "application_secret": SECRET}).encode()
        return json.loads(self.sandbox.get(self.sandbox.base_url + "/token", form))["token"]["ssl_token"]

    def test_a_token_of_ones_own_is_used_as_it_is(self):
        asked = self.sandbox.counters()["token_requests"]
        token = self.fresh_token()
        done = self.fetch("-v", env=environment(GETTY_CONNECT_KEY="test-key", GETTY_CONNECT_TOKEN=token),
                          input=b"83454800\n83454801\n")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(self.sandbox.counters()["token_requests"], asked + 1)
        self.assertNotIn(token.encode(), done.stdout + done.stderr)

    def test_a_token_that_is_refused_is_an_authentication_failure(self):
        done = self.fetch(env=environment(GETTY_CONNECT_KEY="test-key", GETTY_CONNECT_TOKEN="not-a-token-at-all"),
                          input=b"83454800\n")
        self.assertEqual(done.returncode, 4, done.stderr)
        self.assertNotIn(b"not-a-token-at-all", done.stdout + done.stderr)

    def test_the_most_verbose_output_holds_no_secret(self):
        done = self.fetch("-v", input="\n".join(ids(7_000_000, 100) + ["1404"]).encode())
        told = done.stdout + done.stderr
        self.assertRegex(done.stderr.decode(), r"connection to localhost:\d+ opened")
        self.assertRegex(done.stderr.decode(), r"token obtained, good for 1800 s")
        for never in (SECRET.encode(), b"response=", b"Authorization:", b"nonce=", b"Bearer "):
            self.assertFalse(never in told, never)


class Network(ToolTest):
    def test_nobody_listens(self):
        other = Sandbox()
        flags = other.flags()
        done = None
        try:
            other.process.terminate()
            other.process.wait(PATIENCE)
            done = self.run_tool("fetch", "--json", "--retries", "0", *flags, input=b"1\n")
        finally:
            other.close()
        self.assertEqual(done.returncode, 5, done.stderr)
        self.assertIn(b"the service was not reached", done.stderr)
        self.assertEqual(json.loads(done.stderr)["exit_code"], 5)

    def test_an_unknown_authority_is_refused_with_the_mend(self):
        done = self.run_tool("get", "1", "--retries", "0", "--base-url", self.sandbox.base_url)
        self.assertEqual(done.returncode, 5, done.stderr)
        self.assertIn(b"--cacert", done.stderr)

    def test_a_refused_certificate_is_not_sent_a_secret(self):
        before = self.sandbox.counters()["token_requests"]
        self.run_tool("token", "--base-url", self.sandbox.base_url)
        self.assertEqual(self.sandbox.counters()["token_requests"], before)

    def test_a_missing_authority_file_is_named(self):
        done = self.run_tool("get", "1", "--base-url", self.sandbox.base_url, "--cacert", "/nonexistent/ca.pem")
        self.assertEqual(done.returncode, 1)
        self.assertIn(b"/nonexistent/ca.pem: No such file or directory", done.stderr)

    def test_an_authority_file_that_is_none_is_named_by_its_flag(self):
        path = self.write("ca.pem", b"no certificate\n")
        done = self.run_tool("get", "1", "--base-url", self.sandbox.base_url, "--cacert", path)
        self.assertEqual(done.returncode, 2, done.stderr)
        self.assertIn("--cacert \"" + path, done.stderr.decode())


class RefusingProxy:
    """Remembers what it is asked for, and opens no tunnel."""

    def __init__(self):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.address = "127.0.0.1:%d" % self.listener.getsockname()[1]
        self.requests = []
        self.thread = threading.Thread(target=self.serve)
        self.thread.start()

    def serve(self):
        while True:
            try:
                peer, _ = self.listener.accept()
            except OSError:
                return
            with peer:
                self.requests.append(peer.recv(4096))
                peer.sendall(b"HTTP/1.1 407 Who are you\r\nProxy-Authenticate: Basic realm=x\r\n\r\n")

    def close(self):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        self.thread.join()


class Proxy(ToolTest):
    def setUp(self):
        self.proxy = RefusingProxy()
        self.addCleanup(self.proxy.close)

    def get(self, *flags, **variables):
        return self.run_tool("get", "83454800", "--retries", "0", *self.sandbox.flags(), *flags,
                             env=environment(**credentials(), **variables))

    def test_the_proxy_of_the_environment_is_asked_with_its_credentials_which_are_never_shown(self):
        done = self.get("-v", HTTPS_PROXY="http://me:hunter2@" + self.proxy.address)
        self.assertEqual(done.returncode, 5, done.stderr)
        self.assertIn(b"407 Who are you, asking for Basic realm=x", done.stderr)
        self.assertIn(b"check HTTPS_PROXY; NO_PROXY names hosts", done.stderr)
        self.assertIn(b"Proxy-Authorization: Basic bWU6aHVudGVyMg==\r\n", self.proxy.requests[0])
        self.assertNotIn(b"hunter2", done.stdout + done.stderr)
        self.assertNotIn(b"bWU6aHVudGVyMg", done.stdout + done.stderr)

    def test_no_proxy_and_proxy_none_go_around_it(self):
        for flags, variables in ((), {"NO_PROXY": "localhost"}), (("--proxy", "none"), {}):
            done = self.get(*flags, HTTPS_PROXY=self.proxy.address, **variables)
            self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(self.proxy.requests, [])

    def test_the_flag_goes_before_the_environment(self):
        done = self.get("--proxy", "http://" + self.proxy.address, HTTPS_PROXY="http://127.0.0.1:1")
        self.assertEqual(done.returncode, 5, done.stderr)
        self.assertEqual(len(self.proxy.requests), 1)

    def test_a_proxy_that_is_down_is_named_with_where_it_was_set(self):
        with socket.create_server(("127.0.0.1", 0)) as listener:
            down = "127.0.0.1:%d" % listener.getsockname()[1]
        for flags, variables, source in (((), {"HTTPS_PROXY": "http://me:hunter2@" + down}, "HTTPS_PROXY"),
                                         ((), {"https_proxy": down}, "https_proxy"),
                                         (("--proxy", "http://" + down), {}, "--proxy")):
            for command in ("get", "token"):
                words = [command] + (["83454800"] if command == "get" else [])
                done = self.run_tool(*words, "--retries", "0", *self.sandbox.flags(), *flags,
                                     env=environment(**credentials(), **variables))
                self.assertEqual(done.returncode, 5, done.stderr)
                self.assertIn("error: the proxy http://%s, which %s sets, was not reached: Connection refused; check %s;"
                              % (down, source, source), done.stderr.decode())
                self.assertNotIn(b"hunter2", done.stderr)
        # Where no token is asked for, the ids fail one by one; told once all the same.
        done = self.run_tool("get", "1", "2", "--retries", "0", *self.sandbox.flags(),
                             env=environment(GETTY_CONNECT_KEY="k", GETTY_CONNECT_TOKEN="t", HTTPS_PROXY=down))
        self.assertEqual(done.returncode, 5, done.stderr)
        self.assertEqual(done.stderr.count(b"the proxy http://" + down.encode() + b", which HTTPS_PROXY sets"), 1)

    def test_a_proxy_that_cannot_be_used_is_refused_with_the_mend(self):
        for flags, variables, words in (
                ((), {"HTTPS_PROXY": "socks5://p:1080"}, b"must begin with http://"),
                (("--proxy", "http://me:hunter2@p"), {}, b"HTTPS_PROXY"),
                ((), {"HTTPS_PROXY": "me:hunter2%@p"}, b"write %25")):
            done = self.get(*flags, **variables)
            self.assertEqual(done.returncode, 2, done.stderr)
            self.assertIn(words, done.stderr)
            self.assertNotIn(b"hunter2", done.stderr)


class Throttled(ToolTest):
    serve_flags = ("--max-rate", "50")

    def test_the_rate_flag_keeps_below_the_services_limit(self):
        done = self.fetch("--rate", "40", "--json", input="\n".join(ids(1, 60)).encode())
        self.assertEqual(done.returncode, 0, done.stderr)
        summary = json.loads(done.stderr)
        # 60 requests, one of them at once, at 40 a second.
        self.assertGreater(summary["seconds"], 1.3)
        self.assertEqual(self.sandbox.counters()["throttled"], 0)


class Serve(ToolTest):
    @classmethod
    def setUpClass(cls):
        pass

    @classmethod
    def tearDownClass(cls):
        pass

    def test_the_printed_line_can_be_pasted_and_the_end_is_clean(self):
        process = self.start("serve", "--auth", "bearer", "--ready-file", self.path("ready"),
                             env=environment(TMPDIR=self.folder))
        url = read_line(process.stdout).decode().strip()
        told = read_until(process.stderr, b"--cacert")
        line = next(one for one in told.splitlines() if "--cacert" in one).strip()
        wait_for(lambda: os.path.exists(self.path("ready")))
        self.assertEqual(self.read("ready").decode(), url + "\n")
        pasted = subprocess.run(line, shell=True, capture_output=True, env=environment(), timeout=PATIENCE)
        self.assertEqual(pasted.returncode, 0, pasted.stderr)
        self.assertEqual(json.loads(pasted.stdout)["id"], "83454800")
        process.terminate()
        out, err = process.communicate(timeout=PATIENCE)
        self.assertEqual((process.returncode, out), (0, b""))
        self.assertRegex(err.decode(), r"requests: 1 images")
        self.assertEqual(os.listdir(self.folder), ["ready"])

    def test_a_secret_of_the_users_own_is_not_printed(self):
        sandbox = Sandbox()
        _, err = sandbox.close()
        self.assertIn("GETTY_CONNECT_KEY=test-key", err)
        self.assertNotIn(SECRET, err)

    def test_a_port_that_is_taken_is_told(self):
        sandbox = Sandbox()
        port = sandbox.base_url.split(":")[-1].split("/")[0]
        done = self.run_tool("serve", "--port", port)
        sandbox.close()
        self.assertEqual((done.returncode, done.stdout), (1, b""))
        self.assertIn(port, done.stderr.decode())

    def test_a_catalogue_is_served_and_a_bad_one_named(self):
        path = self.write("catalogue", b'{"ImageId":"77","Title":"Mine"}\n')
        sandbox = Sandbox("--catalogue", path)
        done = self.run_tool("get", "--format", "raw", "77", *sandbox.flags())
        sandbox.close()
        self.assertEqual(json.loads(done.stdout)["Title"], "Mine")
        done = self.run_tool("serve", "--catalogue", self.write("bad", b'{"ImageId":"77"}\nnonsense\n'))
        self.assertEqual(done.returncode, 1)
        self.assertRegex(done.stderr.decode(), r"bad.*2")

    def test_tabs_between_tokens_go_and_no_value_changes(self):
        record = b'{\t"ImageId" :\t"77",\t"EventIds": \t[1 , \t2],\t"Title":"a\\tb  c" }'
        sandbox = Sandbox("--catalogue", self.write("catalogue", record + b"\n"))
        raw = self.run_tool("get", "--format", "raw", "77", *sandbox.flags())
        line = self.run_tool("get", "77", *sandbox.flags())
        sandbox.close()
        self.assertEqual(raw.stdout, b'{"ImageId" :"77","EventIds":[1 ,2],"Title":"a\\tb  c" }\n')
        self.assertEqual(line.stdout, b'{"id":"77","image":' + raw.stdout[:-1] + b"}\n")
        self.assertEqual(json.loads(raw.stdout), json.loads(record))

    def test_S6_its_files_are_never_one(self):
        path = self.write("catalogue", b'{"ImageId":"77","Title":"Mine"}\n')
        os.link(path, self.path("link"))
        for words, expected in ((["--catalogue", path, "--ca-file", self.path("link")], "is the file of --catalogue"),
                                (["--catalogue", path, "--ready-file", path], "is the file of --catalogue"),
                                (["--ca-file", self.path("x"), "--ready-file", self.path("x")], "is the file of --ca-file")):
            done = self.run_tool("serve", *words)
            self.assertEqual((done.returncode, done.stdout), (2, b""))
            self.assertIn(expected, done.stderr.decode())
        self.assertEqual(self.read("catalogue"), b'{"ImageId":"77","Title":"Mine"}\n')
        self.assertEqual(sorted(os.listdir(self.folder)), ["catalogue", "link"])

    def test_ctrl_c_ends_it_and_so_does_a_terminal_that_goes(self):
        for number in (signal.SIGINT, signal.SIGHUP):
            sandbox = Sandbox()
            sandbox.process.send_signal(number)
            self.assertEqual(sandbox.process.wait(PATIENCE), 0)
            sandbox.close()


class Faults(ToolTest):
    @classmethod
    def setUpClass(cls):
        pass

    @classmethod
    def tearDownClass(cls):
        pass

    def fetch(self, sandbox, count, *flags):
        """Exit code, images by id, errors by id."""
        path = self.write("ids", "\n".join(ids(5_000_000, count)).encode())
        done = self.run_tool("fetch", path, "--overwrite", "--errors", self.path("failed"), *flags, *sandbox.flags())
        images = lines_of(done.stdout)
        failed = lines_of(self.read("failed"))
        self.assertEqual(sorted([one["id"] for one in images + failed]), sorted(ids(5_000_000, count)))
        for one in images:
            self.assertEqual(one["image"]["ImageId"], one["id"])
        return done.returncode, images, {one["id"]: one["error"] for one in failed}

    def test_faults_that_pass_are_got_over_and_told_at_the_end(self):
        sandbox = Sandbox("--fault", "close:rate=0.1", "--fault", "status-503:first=1,id=*7,body=html",
                          "--fault", "drip:every=50,bytes=500")
        code, images, failed = self.fetch(sandbox, 300, "--retries", "20")
        counted = sandbox.counters()["faults"]
        _, told = sandbox.close()
        self.assertEqual((code, len(images), failed), (0, 300, {}))
        self.assertEqual(sorted(counted), ["close", "drip", "status-503"])
        self.assertIn("faults: %d close, %d drip, %d status-503" %
                      (counted["close"], counted["drip"], counted["status-503"]), told)

    def test_faults_that_stay_fail_with_their_codes_and_the_same_seed_hits_the_same_ids(self):
        def run(seed):
            sandbox = Sandbox("--seed", seed, "--fault", "redirect:to=other,rate=0.1", "--fault", "status-403:id=*3")
            code, _, failed = self.fetch(sandbox, 200)
            sandbox.close()
            self.assertEqual(code, 3)
            self.assertEqual({error["code"] for error in failed.values()}, {"unexpected_status", "forbidden"})
            return {one: error["code"] for one, error in failed.items()}

        first = run("5")
        self.assertEqual(run("5"), first)
        self.assertNotEqual(run("6"), first)

    def test_they_are_switched_while_it_runs(self):
        sandbox = Sandbox()
        admin = sandbox.base_url[: -len("api")] + "admin/"
        sandbox.get(admin + "faults?add=html%3Aid%3D5*", b"")
        self.assertEqual(len(self.fetch(sandbox, 10)[2]), 10)
        self.assertEqual(json.loads(sandbox.get(admin + "faults")),
                         {"faults": [{"fault": "html:id=5*", "eligible": 10, "happened": 10}]})
        sandbox.get(admin + "clear-faults", b"")
        self.assertEqual(len(self.fetch(sandbox, 10)[1]), 10)
        sandbox.close()

    def test_the_help_names_every_fault(self):
        told = self.run_tool("serve", "--fault", "earthquake").stderr.decode()
        names = told.split("there are ")[1].strip().replace(" to ", ", ").split(", ")
        self.assertGreater(len(names), 20)
        text = self.run_tool("serve", "--help").stdout.decode()
        with open(os.path.join(os.path.dirname(__file__), "../../docs/sandbox.md"), encoding="utf-8") as file:
            page = file.read()
        for name in names:
            with self.subTest(name):
                self.assertRegex(text, r"[ ,]%s[ ,\n]" % name)
                self.assertIn("`%s`" % name, page)


class Stops(ToolTest):
    """What befalls every id: waited for, or told once with an exit code of its own; then the run can go on."""

    @classmethod
    def setUpClass(cls):
        pass

    @classmethod
    def tearDownClass(cls):
        pass

    def run_against(self, serve, *flags, count=300):
        sandbox = Sandbox(*serve)
        path = self.write("ids", "\n".join(ids(5_000_000, count)).encode())
        output = self.path("out")
        done = self.run_tool("fetch", path, "--overwrite", "-o", output, *flags, *sandbox.flags())
        lines = lines_of(self.read("out")) if os.path.exists(output) else []
        sandbox.close()
        return done, lines

    def test_a_spent_quota_stops_the_run_with_exit_code_6_and_one_message(self):
        done, lines = self.run_against(["--fault", "over-quota:id=50001*"], "--concurrency", "4")
        self.assertEqual(done.returncode, 6, done.stderr)
        self.assertEqual(done.stderr.count(b"error:"), 1)
        self.assertIn(b"the account's quota is used up", done.stderr)
        self.assertEqual(len([one for one in lines if "image" in one]), 100)
        self.assertLessEqual(len([one for one in lines if "error" in one]), 4)

    def test_the_command_that_goes_on_does(self):
        sandbox = Sandbox("--fault", "over-quota:id=50001*")
        path = self.write("my ids", "\n".join(ids(5_000_000, 300)).encode())
        output = self.path("it's the output")
        stopped = self.run_tool("fetch", path, "-o", output, "--errors", self.path("errors"), *sandbox.flags())
        self.assertEqual(stopped.returncode, 6)
        command = stopped.stderr.decode().split("to go on:\n", 1)[1].split("\n", 1)[0].strip()
        self.assertIn(" --errors ", command)
        admin = sandbox.base_url[: -len("api")] + "admin/"
        sandbox.get(admin + "clear-faults", b"")
        lines = lines_of(self.read("it's the output"))
        command = command.replace("getty-connect", shlex.quote(TOOL), 1)
        subprocess.run(["bash", "-c", command], check=True, env=environment(**credentials()),
                       stderr=subprocess.DEVNULL, timeout=PATIENCE)
        sandbox.close()
        with open(output, "rb") as file:
            after = lines_of(file.read())
        self.assertEqual(after[:len(lines)], lines)
        self.assertEqual(sorted(one["id"] for one in after), sorted(ids(5_000_000, 300)))
        self.assertEqual(self.read("errors"), b"")

    def test_a_pause_beyond_max_pause_ends_with_exit_code_7_and_no_id_is_told_as_failed_but_the_refused(self):
        done, lines = self.run_against(["--fault", "status-429:count=1,retry-after=86400"], "--max-pause", "10s")
        self.assertEqual(done.returncode, 7, done.stderr)
        self.assertIn(b"a pause of 86400 s, more than the 10 s of max_pause", done.stderr)
        self.assertLessEqual(len([one for one in lines if "error" in one]), 1)

    def test_short_pauses_and_a_low_rate_cost_no_id(self):
        done, lines = self.run_against(["--fault", "status-429:count=2,retry-after=1"], "--timeout", "500ms")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(len(lines), 300)
        done, lines = self.run_against([], "--rate", "60", "--timeout", "300ms", count=100)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(len(lines), 100)

    def test_an_outage_is_sat_out_and_beyond_max_outage_it_ends_with_exit_code_5(self):
        done, lines = self.run_against(["--fault", "status-503:count=10"], "--concurrency", "8")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(len(lines), 300)
        self.assertIn(b"every lookup fails now", done.stderr)
        self.assertIn(b"lookups succeed again", done.stderr)
        done, lines = self.run_against(["--fault", "close"], "--max-outage", "1s")
        self.assertEqual(done.returncode, 5, done.stderr)
        self.assertIn(b"every lookup has failed of this for", done.stderr)

    def test_before_anything_has_worked_an_outage_ends_the_run_at_once_unless_the_flag_was_given(self):
        path = self.write("ids", "\n".join(ids(5_000_000, 100)).encode())
        nobody = ["--base-url", "https://127.0.0.1:1/api"]
        done = self.run_tool("fetch", path, *nobody, "--auth", "bearer", env=environment(GETTY_CONNECT_TOKEN="t"))
        self.assertEqual(done.returncode, 5)
        done = self.run_tool("fetch", path, *nobody, "--max-outage", "1s")
        self.assertEqual(done.returncode, 5)
        self.assertIn(b"every lookup fails now", done.stderr)

    def test_an_interruption_does_not_wait_for_the_end_of_a_pause_or_an_outage(self):
        for fault, words in [("status-429:retry-after=600", b"paused until"), ("close", b"every lookup fails now")]:
            sandbox = Sandbox("--fault", fault)
            path = self.write("ids", "\n".join(ids(5_000_000, 300)).encode())
            process = subprocess.Popen([TOOL, "fetch", path, "--overwrite", "-o", self.path("out"), *sandbox.flags()],
                                       env=environment(**credentials()), stderr=subprocess.PIPE)
            told = b""
            while words not in told:
                told += os.read(process.stderr.fileno(), 4096) or self.fail(told)
            process.send_signal(signal.SIGTERM)
            began = time.monotonic()
            told += process.stderr.read()
            self.assertEqual(process.wait(PATIENCE), 143)
            self.assertLess(time.monotonic() - began, 20)
            self.assertIn(b"more not asked for", told)
            process.stderr.close()
            sandbox.close()

    def test_a_token_that_is_refused_is_told_once(self):
        sandbox = Sandbox("--auth", "bearer")
        path = self.write("ids", "\n".join(ids(5_000_000, 5_000)).encode())
        done = self.run_tool("fetch", path, "--auth", "bearer", *sandbox.flags(),
                             env=environment(GETTY_CONNECT_TOKEN="not-mine"))
        sandbox.close()
        self.assertEqual(done.returncode, 4)
        self.assertEqual(done.stderr.count(b"error:"), 1)
        self.assertLessEqual(len(lines_of(done.stdout)), 64)

    def test_a_token_endpoint_in_trouble_is_told_as_that_with_exit_code_5(self):
        for fault, words in [("status-503:on=token,retry-after=30", b"come back in 30 s"),
                             ("html:on=token", b"an HTML page"),
                             ("slow-start:on=token,wait=1m", b"has not answered")]:
            done, lines = self.run_against(["--fault", fault], "--timeout", "2s")
            self.assertEqual(done.returncode, 5, done.stderr)
            self.assertIn(words, done.stderr)
            self.assertNotIn(b"authentication failed", done.stderr)
            self.assertEqual(lines, [])


class Terminal(ToolTest):
    serve_flags = ("--latency", "100ms")

    def on_a_terminal(self, *words, **variables):
        """Runs with standard error on a terminal of 60 columns; gives exit code, standard output and what was drawn."""
        control, terminal = pty.openpty()
        fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 60, 0, 0))
        process = self.start(*words, stderr=terminal, env=environment(TERM="xterm", **credentials(), **variables))
        os.close(terminal)
        drawn = b""
        out = []
        reader = threading.Thread(target=lambda: out.append(process.stdout.read()))
        reader.start()
        while True:
            try:
                data = os.read(control, 4096)
            except OSError:
                break
            if not data:
                break
            drawn += data
        reader.join()
        os.close(control)
        return process.wait(PATIENCE), out[0], drawn.decode()

    def test_the_progress_line_is_redrawn_and_gone_before_the_summary(self):
        path = self.write("ids", "\n".join(ids(8_000_000, 100)).encode())
        code, out, drawn = self.on_a_terminal("fetch", path, "--concurrency", "8", *self.sandbox.flags())
        self.assertEqual(code, 0)
        self.assertEqual(len(lines_of(out)), 100)
        frames = re.findall(r"\r([^\r\n]*? done [^\r\n]*)\x1b\[K", drawn)
        self.assertGreaterEqual(len(frames), 3, drawn)
        # 100 ids, 8 at a time, 100 ms each: more than a second, at most 5 frames in each.
        self.assertLess(len(frames), 60)
        for frame in frames:
            self.assertLess(len(frame), 60)
        self.assertRegex(drawn, r"\r\x1b\[Kgetty-connect: 100 ids: 100 ok, 0 failed[^\x1b]*$")

    def test_colour_is_for_terminals_without_no_color(self):
        self.assertIn("\x1b[1;31merror:\x1b[0m", self.on_a_terminal("fetch", "--rate", "x")[2])
        self.assertNotIn("\x1b", self.on_a_terminal("fetch", "--rate", "x", NO_COLOR="1")[2])
        self.assertNotIn(b"\x1b", self.run_tool("fetch", "--rate", "x").stderr)


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], *sys.argv[2:]])

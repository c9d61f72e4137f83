"""Runs of `getty-connect fetch` as jobs: what goes in and comes out, going on, limits, disks that are full.

Outputs are read by other means than the library's: Python's csv, gzip and sqlite3, and the program zstd."""
import csv
import gzip
import io
import json
import os
import re
import resource
import shlex
import signal
import sqlite3
import subprocess
import sys
import time
import unittest
from collections import Counter

from tool_support import PATIENCE, TOOL, Sandbox, ToolTest, credentials, environment, ids, lines_of, wait_for


def unpacked(path):
    with open(path, "rb") as file:
        data = file.read()
    if path.endswith(".gz"):
        return gzip.decompress(data) if data else b""
    if path.endswith(".zst"):
        return subprocess.run(["zstd", "-dc"], input=data, capture_output=True, check=True).stdout
    return data


def images_in(path):
    """Ids of the images in an output, as often as they stand there."""
    if path.endswith(".sqlite"):
        with sqlite3.connect(path) as on:
            return Counter(dict(on.execute("SELECT id, occurrences FROM images")))
    text = unpacked(path)
    if ".csv" in path:
        return Counter(row["id"] for row in csv.DictReader(io.StringIO(text.decode(), newline="")))
    return Counter(one["id"] if "id" in one else one["ImageId"] for one in lines_of(text) if "error" not in one)


KINDS = {"x.ndjson": [], "x.ndjson.gz": [], "x.ndjson.zst": [], "x.sqlite": [], "x.raw": ["--format", "raw"],
         "x.csv": ["--columns", "id,Title"], "x.csv.zst": ["--columns", "Title,id"]}


class JobTest(ToolTest):
    def fetch_to(self, name, *words, flags=(), **more):
        return self.fetch(*words, "-o", self.path(name), "--errors", self.path("errors.ndjson"), *KINDS.get(name, []),
                          *flags, **more)

    def asked(self):
        return self.sandbox.counters()["images"]


class Resume(JobTest):
    def test_J7_a_run_that_was_stopped_goes_on_and_asks_for_nothing_again(self):
        wanted = ids(10_000_000, 300) + ids(10_000_000, 40) + ["20000404"]
        path = self.write("ids", "\n".join(wanted).encode())
        for name in KINDS:
            with self.subTest(name):
                done = self.fetch_to(name, path, flags=["--max-requests", "100"])
                self.assertEqual(done.returncode, 7, done.stderr)
                there = sum(images_in(self.path(name)).values())
                self.assertLess(there, 330)
                command = done.stderr.decode().split("to go on:\n", 1)[1].split("\n", 1)[0].strip()
                before = self.asked()
                again = shlex.split(command.replace("--max-requests 100 ", ""))
                done = self.run_tool(*again[1:])
                self.assertEqual(done.returncode, 3, done.stderr)
                self.assertLessEqual(self.asked(), before + 340 - there)
                self.assertEqual(images_in(self.path(name)), Counter(wanted[:-1]))
                errors = lines_of(self.read("errors.ndjson"))
                self.assertEqual([one["id"] for one in errors], ["20000404"])
                before = self.asked()
                self.assertEqual(self.run_tool(*again[1:]).returncode, 0)  # what failed for good is done
                self.assertEqual(self.asked(), before)
                os.unlink(self.path("errors.ndjson"))

    def test_J4_failures_are_asked_again_as_was_asked_for_and_replaced(self):
        sandbox = Sandbox("--fault", "status-400:id=*7")
        path = self.write("ids", "\n".join(ids(10_000_000, 50) + ["20000404"]).encode())
        flags = ["-o", self.path("x"), "--errors", self.path("e")]
        done = self.run_tool("fetch", path, *flags, *sandbox.flags())
        self.assertEqual(done.returncode, 3, done.stderr)
        self.assertEqual(len(lines_of(self.read("e"))), 6)
        sandbox.get(sandbox.base_url[: -len("api")] + "admin/clear-faults", b"")
        asked = []
        for which, left in (("none", 6), ("transient", 1), ("all", 1)):
            before = sandbox.counters()["image_requests"]
            done = self.run_tool("fetch", path, *flags, "--resume", "--retry-failed", which, *sandbox.flags())
            asked.append(sandbox.counters()["image_requests"] - before)
            self.assertEqual(len(lines_of(self.read("e"))), left, which)
        sandbox.close()
        self.assertEqual(asked[0], 0)
        self.assertGreaterEqual(asked[1], 5)
        self.assertLess(asked[2], 5)
        self.assertEqual(images_in(self.path("x")), Counter(ids(10_000_000, 50)))

    def test_J3_what_is_no_output_of_this_run_is_refused_and_stays(self):
        path = self.write("ids", b"10000001\n10000002\n")
        self.assertEqual(self.fetch_to("x.ndjson", path).returncode, 0)
        text = self.read("x.ndjson")
        v3 = ["--api", "v3"]
        base = ["--base-url", self.sandbox.base_url[: -len("api")] + "v3", "--cacert", self.sandbox.ca]
        cases = [(["-o", self.path("x.ndjson"), *v3, *base], "its line 1 is an image of Connect"),
                 (["-o", self.path("x.ndjson"), "--format", "raw", "--errors", self.path("e"), *self.sandbox.flags()],
                  "its line 1 is a line with an id of its own"),
                 (["-o", self.write("other.txt", b"dear diary\n"), *self.sandbox.flags()], "its line 1 is no JSON object"),
                 (["-o", self.write("t.csv", b"id,Artist\n1,x\n"), "--columns", "id,Title", "--errors", self.path("e"),
                   *self.sandbox.flags()], "its columns are id,Artist, and not id,Title"),
                 (["-o", self.write("p.ndjson.gz", text), *self.sandbox.flags()], "is not packed with gzip"),
                 (["-o", self.write("p.sqlite", text), *self.sandbox.flags()], "p.sqlite")]
        for words, expected in cases:
            with self.subTest(expected):
                before = self.read(os.path.basename(words[1]))
                done = self.run_tool("fetch", path, "--resume", *words)
                self.assertEqual(done.returncode, 2, done.stderr)
                self.assertIn(expected, done.stderr.decode())
                self.assertEqual(self.read(os.path.basename(words[1])), before)

    def test_J6_two_runs_on_one_output(self):
        first = self.start("fetch", "-o", self.path("x"), *self.sandbox.flags(), stdin=subprocess.PIPE)
        wait_for(lambda: os.path.exists(self.path("x")))
        path = self.write("ids", b"1\n")
        wait_for(lambda: self.fetch(path, "-o", self.path("x")).returncode == 1)
        done = self.fetch(path, "-o", self.path("x"), "--resume")
        self.assertEqual(done.returncode, 1)
        self.assertIn("is being written by process %d" % first.pid, done.stderr.decode())
        first.stdin.close()
        self.assertEqual(first.wait(PATIENCE), 0)

    def test_J7_resume_of_nothing_begins_and_of_everything_asks_for_nothing(self):
        path = self.write("ids", b"10000001\n")
        done = self.fetch_to("x.ndjson", path, flags=["--resume"])
        self.assertEqual(done.returncode, 0, done.stderr)
        before = self.asked()
        done = self.fetch_to("x.ndjson", path, flags=["--resume"])
        self.assertEqual((done.returncode, self.asked()), (0, before), done.stderr)


class Inputs(JobTest):
    def found(self, *words, code=0, **more):
        done = self.fetch(*words, **more)
        self.assertEqual(done.returncode, code, done.stderr)
        return sorted(one["id"] for one in lines_of(done.stdout) if one["id"])

    def test_J1_several_files_of_several_forms_are_one_input(self):
        packed = subprocess.run(["zstd", "-c"], input=b"10000001\n10000002\n", capture_output=True, check=True).stdout
        members = gzip.compress(b"title,asset\n\"a, \"\"b\"\"\nc\",10000003\r\n") + gzip.compress(b"x,10000004\n")
        files = [self.write("a.zst", packed), self.write("b.csv.gz", members),
                 self.write("c.ndjson", b'{"asset":{"id":10000005}}\n{"asset":{"id":"10000006"}}\n')]
        self.assertEqual(self.found(files[0]), ["10000001", "10000002"])
        self.assertEqual(self.found(files[1], "--id-column", "asset"), ["10000003", "10000004"])
        self.assertEqual(self.found(files[2], "--id-field", "asset.id"), ["10000005", "10000006"])
        self.assertEqual(self.found(files[0], self.write("d.tsv", b"id\tx\n10000007\ty\n")),
                         ["10000001", "10000002", "10000007"])
        self.assertEqual(self.found("--input-format", "ndjson", input=b'"10000001"\n10000002\n{"ImageId":"10000003"}\n'),
                         ["10000001", "10000002", "10000003"])
        self.assertEqual(self.found(files[0], files[0], "--unique"), ["10000001", "10000002"])
        done = self.fetch("--input-format", "csv", "--id-column", "2", input=b"x,10000008\n")
        self.assertEqual([one["id"] for one in lines_of(done.stdout)], ["10000008"])

    def test_J1_a_table_without_the_column_is_refused_before_anything_is_asked(self):
        before = self.sandbox.counters()
        done = self.fetch(self.write("t.csv", b"title,asset\na,1\n"))
        self.assertEqual(done.returncode, 2, done.stderr)
        self.assertIn("t.csv: ", done.stderr.decode())
        self.assertEqual(self.sandbox.counters()["token_requests"], before["token_requests"])

    def test_J1_a_dry_run_counts_and_asks_nobody(self):
        path = self.write("ids", b"1\n2\n2\nx y\n3\n")
        done = self.run_tool("fetch", path, "--dry-run", "--rate", "0.5", env=environment())
        self.assertEqual(done.returncode, 3, done.stderr)
        self.assertEqual(done.stdout, b"4 ids to look up, 1 of them repeated, and 1 line that is none; at the rate asked for at "
                                      b"least 8 s\n")
        self.assertIn("ids:4: it holds a blank", done.stderr.decode())
        done = self.run_tool("fetch", path, "--dry-run", "--unique", "--api", "v3", "--rate", "2", "--json", env=environment())
        found = json.loads(done.stderr)
        self.assertEqual((found["ids"], found["repeated"], found["bad"], found["seconds_at_rate"]), (3, 0, 1, 1))
        self.assertEqual(done.stdout, b"")


class Outputs(JobTest):
    def test_J5_each_form_holds_each_image(self):
        wanted = ids(10_000_000, 250)
        path = self.write("ids", "\n".join(wanted).encode())
        for name in KINDS:
            with self.subTest(name):
                done = self.fetch_to(name, path)
                self.assertEqual(done.returncode, 0, done.stderr)
                self.assertEqual(images_in(self.path(name)), Counter(wanted))
                os.unlink(self.path("errors.ndjson"))

    def test_J5_columns_are_what_the_image_says(self):
        columns = ["id", "Title", "Keywords.Text", "QualityRank", "Nothing"]
        path = self.write("ids", "\n".join(ids(10_000_000, 40)).encode())
        whole = {one["id"]: one["image"] for one in lines_of(self.fetch(path).stdout)}
        done = self.fetch(path, "--format", "csv", "--columns", ",".join(columns))
        rows = list(csv.DictReader(io.StringIO(done.stdout.decode(), newline="")))
        self.assertEqual(len(rows), 40)
        for row in rows:
            image = whole[row["id"]]
            self.assertEqual(row["Title"], image.get("Title") or "")
            self.assertEqual(row["Keywords.Text"], "; ".join(k["Text"] for k in image.get("Keywords") or []))
            rank = image.get("QualityRank")
            self.assertEqual(row["QualityRank"], "" if rank is None else str(rank))
            self.assertEqual(row["Nothing"], "")
        done = self.fetch(path, "--columns", ",".join(columns), "--with-meta")
        for one in lines_of(done.stdout):
            self.assertEqual(list(one["image"]), columns[1:])
            self.assertEqual(one["image"]["Keywords.Text"], [k["Text"] for k in whole[one["id"]].get("Keywords") or []])
            self.assertRegex(one["meta"]["at"], r"^20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$")
            self.assertIn(one["meta"]["attempts"], (1, 2))  # with Digest the first may be a challenge
            self.assertLess(one["meta"]["ms"], 60_000)

    def test_J5_a_series_is_complete_file_by_file_with_a_manifest(self):
        wanted = ids(10_000_000, 250)
        path = self.write("ids", "\n".join(wanted).encode())
        done = self.fetch(path, "-o", self.path("s-%03d.ndjson.gz"), "--lines-per-file", "100")
        self.assertEqual(done.returncode, 0, done.stderr)
        names = sorted(name for name in os.listdir(self.folder) if name.startswith("s-0"))
        self.assertEqual(names, ["s-000.ndjson.gz", "s-001.ndjson.gz", "s-002.ndjson.gz"])
        manifest = json.loads(self.read("s-manifest.json"))
        self.assertEqual([one["lines"] for one in manifest["files"]], [100, 100, 50])
        sums = subprocess.run(["sha256sum", *names], cwd=self.folder, capture_output=True, text=True, check=True).stdout
        self.assertEqual([one["sha256"] for one in manifest["files"]], [line.split()[0] for line in sums.splitlines()])
        self.assertEqual(sum((images_in(self.path(name)) for name in names), Counter()), Counter(wanted))


class Names(JobTest):
    def test_J5_what_an_output_makes_for_itself_is_nothing_else_of_the_run(self):
        path = self.write("ids", b"10000001\n20000404\n")
        series = self.path("w-%03d.ndjson")
        cases = [["-o", series, "--errors", self.path("w-002.ndjson")],
                 ["-o", series, "--errors", self.path("w-000.ndjson.part")],
                 ["-o", series, "--summary", self.path("w-manifest.json")],
                 ["-o", series, "--metrics-file", self.path("w-001.ndjson")],
                 ["-o", self.path("s.sqlite"), "--errors", self.path("s.sqlite-wal")]]
        for words in cases:
            with self.subTest(words):
                done = self.fetch(path, *words)
                self.assertEqual(done.returncode, 2, done.stderr)
                self.assertIn("is one of the files that --output", done.stderr.decode())
                self.assertEqual(os.listdir(self.folder), ["ids"])
        inside = self.write("w-003.ndjson", b"10000001\n")
        for flag in ([], ["--overwrite"], ["--resume"]):
            done = self.fetch(inside, "--input-format", "lines", "-o", series, *flag)
            self.assertEqual(done.returncode, 2, done.stderr)
            self.assertEqual(self.read("w-003.ndjson"), b"10000001\n")
        done = self.fetch(path, "-o", self.path("x"), "--errors", series)
        self.assertEqual(done.returncode, 2, done.stderr)
        self.assertIn(b"a series of files is for --output", done.stderr)

    def test_J5_an_output_that_is_taken_away_ends_the_run(self):
        path = self.write("ids", "\n".join(ids(10_000_000, 2_000)).encode())
        process = self.start("fetch", path, "--rate", "100", "-o", self.path("x"), *self.sandbox.flags())
        wait_for(lambda: os.path.exists(self.path("x")) and os.path.getsize(self.path("x")) > 0)
        os.unlink(self.path("x"))
        self.assertEqual(process.wait(PATIENCE), 1)
        self.assertIn(b"x: was removed, moved or replaced while this run wrote to it", process.stderr.read())

    def test_J4_an_errors_file_that_could_not_be_written_anew_is_told_at_the_start(self):
        path = self.write("ids", b"10000001\n")
        os.mkdir(self.path("ro"))
        errors = self.write("ro/e", b"")
        os.chmod(self.path("ro"), 0o555)
        command = [TOOL, "fetch", path, "-o", self.path("x"), "--errors", errors, "--resume", *self.sandbox.flags()]
        # Root may write everywhere, unless it is told not to.
        if os.getuid() == 0:
            command = ["setpriv", "--bounding-set=-dac_override,-dac_read_search", "--inh-caps=-dac_override", *command]
        done = subprocess.run(command, env=environment(**credentials()), capture_output=True, timeout=PATIENCE)
        os.chmod(self.path("ro"), 0o755)
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertIn(b"make the folder writable, or add --retry-failed none", done.stderr)


class Limits(JobTest):
    def run_limited(self, *flags, serve=(), count=2_000):
        sandbox = Sandbox(*serve)
        path = self.write("ids", "\n".join(ids(10_000_000, count)).encode())
        done = self.run_tool("fetch", path, "--overwrite", "-o", self.path("x"), "--errors", self.path("e"), *flags, "--json",
                             *sandbox.flags())
        requests = sandbox.counters()["images"]
        sandbox.close()
        told = lines_of(done.stderr)
        return done.returncode, told[-1], requests

    def test_J8_each_limit_ends_the_run_with_7_and_a_reason(self):
        fails = ["--fault", "status-400:id=*3"]
        for flags, serve, words in (
                (["--max-requests", "50"], [], "--max-requests is 50"),
                (["--max-time", "1s"], ["--latency", "300ms"], "--max-time 1s is over"),
                (["--max-failures", "5"], fails, "more than the 5 of --max-failures have failed, most of them of this: "),
                (["--max-failures", "5%"], fails, "more than the 5 % of --max-failures"),
                (["--fail-early"], fails, "an id has failed, and none may (--fail-early, --max-failures 0)"),
                ([], ["--fault", "status-400"], "the first 1,000 ids have all failed alike")):
            with self.subTest(words):
                code, summary, requests = self.run_limited(*flags, serve=serve)
                self.assertEqual(code, 7, summary)
                self.assertIn(words, summary["reason"])
                self.assertLess(summary["ids"], 2_000)
                failed = lines_of(self.read("e"))
                self.assertEqual(len(failed), summary["failed"])
                self.assertEqual(len(lines_of(self.read("x"))), summary["ok"])

    def test_J8_failures_that_are_accepted_are_none(self):
        code, summary, _ = self.run_limited("--accept", "rejected", "--max-failures", "0",
                                            serve=["--fault", "status-400:id=*3"], count=100)
        self.assertEqual((code, summary["failed"]), (0, 10), summary)
        code, summary, _ = self.run_limited("--accept", "not_found", serve=["--fault", "status-400:id=*3"], count=100)
        self.assertEqual(code, 3)

    def test_B13_ctrl_c_does_not_wait_for_a_turn_of_a_low_rate(self):
        for api in ([], ["--api", "v3", "--ids-per-request", "2"]):
            base = self.sandbox.base_url if not api else self.sandbox.base_url[: -len("api")] + "v3"
            path = self.write("ids", "\n".join(ids(10_000_000, 100)).encode())
            process = self.start("fetch", path, "--rate", "0.01", "--burst", "3", *api, "-o", self.path("x" + base[-2:]), "--json",
                                 "--base-url", base, "--cacert", self.sandbox.ca)
            wait_for(lambda: os.path.getsize(self.path("x" + base[-2:])) > 0 if os.path.exists(self.path("x" + base[-2:])) else False)
            began = time.monotonic()
            process.send_signal(signal.SIGINT)
            self.assertEqual(process.wait(PATIENCE), 130)
            self.assertLess(time.monotonic() - began, 20)
            summary = lines_of(process.stderr.read())[-1]
            self.assertEqual(summary["failed"], 0)
            self.assertEqual(len(lines_of(self.read("x" + base[-2:]))), summary["ok"])


class Disk(JobTest):
    """Nothing is lost where files cannot be written; going on afterwards completes them."""

    WANTED = ids(10_000_000, 600)

    def goes_on(self, name, **more):
        done = self.fetch_to(name, self.path("ids"), flags=["--resume"], **more)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(images_in(self.path(name)), Counter(self.WANTED))

    def test_J5_a_file_that_may_grow_no_further(self):
        path = self.write("ids", "\n".join(self.WANTED).encode())
        for name in KINDS:
            if ".csv" in name:
                continue  # shorter than the limit
            with self.subTest(name):
                done = self.fetch_to(name, path, flags=["--sync", "10ms"], preexec_fn=lambda: resource.setrlimit(
                    resource.RLIMIT_FSIZE, (60_000, 60_000)))
                self.assertEqual(done.returncode, 1, done.stderr)
                self.assertIn(b"--resume\n", done.stderr)
                self.goes_on(name)

    def test_J5_a_full_file_system(self):
        path = self.write("ids", "\n".join(self.WANTED).encode())
        inside = self.path("small")
        os.mkdir(inside)
        # A file system of our own, where the system lets us have one; the limit above stands for it elsewhere.
        if subprocess.run(["unshare", "-Urm", "true"], capture_output=True).returncode != 0:
            return
        for name in ("x.ndjson", "x.ndjson.zst", "x.sqlite"):
            with self.subTest(name):
                script = ('mount -t tmpfs -o size=100k tmpfs "$1" || exit 99; shift; "$@"; echo "first $?" >&2; '
                          'mount -o remount,size=64m "$SMALL"; "$@" --resume; echo "second $?" >&2; '
                          'cp "$SMALL"/x* "$KEEP"')
                done = subprocess.run(
                    ["unshare", "-Urm", "sh", "-c", script, "sh", inside, TOOL, "fetch", path, "-o",
                     os.path.join(inside, name), "--errors", self.path(name + ".e"), *self.sandbox.flags()],
                    env=environment(SMALL=inside, KEEP=self.folder, **credentials()), capture_output=True, timeout=PATIENCE)
                told = done.stderr.decode()
                self.assertIn("first 1\n", told)
                self.assertIn("second 0\n", told)
                self.assertEqual(images_in(self.path(name)), Counter(self.WANTED))

    def test_J5_a_folder_that_nobody_may_write_to_and_a_reader_that_goes(self):
        path = self.write("ids", "\n".join(self.WANTED).encode())
        done = self.fetch(path, "-o", "/proc/x.ndjson")
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertIn(b"/proc/x.ndjson: ", done.stderr)
        pipe = self.path("pipe")
        os.mkfifo(pipe)
        process = self.start("fetch", path, "-o", pipe, *self.sandbox.flags())
        with open(pipe, "rb") as reader:
            self.assertTrue(reader.readline().startswith(b'{"id":'))
        self.assertEqual(process.wait(PATIENCE), 1)
        self.assertRegex(process.stderr.read().decode(), r"pipe: Broken pipe.* written completely")


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], *sys.argv[2:]])

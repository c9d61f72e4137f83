#!/usr/bin/env python3
"""Kills runs of fetch with SIGKILL at random moments, goes on with what is left, and holds it against the input: at the end each
occurrence of each id stands in the output or the errors exactly once, every line is JSON, and no id was asked for that had
all its lines already.

The files are read by other means than the library's: Python's json, csv, gzip and sqlite3, and the program zstd.

Usage: kill_test.py TOOL KIND KILLS [SEED]
"""
import csv
import io
import json
import os
import random
import shutil
import signal
import sqlite3
import ssl
import subprocess
import sys
import tempfile
import time
import urllib.request
import zlib
from collections import Counter
from contextlib import closing
from pathlib import Path

KINDS = {
    "plain": ("images.ndjson", "errors.ndjson"),
    "raw": ("raw.ndjson", "errors.ndjson"),
    "table": ("images.csv", "errors.ndjson"),
    "gzip": ("images.ndjson.gz", "errors.ndjson.gz"),
    "zstd": ("images.ndjson.zst", "errors.ndjson.zst"),
    "sharded": ("images-%05d.ndjson.zst", "errors.ndjson"),
    "sqlite": ("images.sqlite", "errors.sqlite"),
}
FOUND, ABSENT, FAILING, BAD = 700, 30, 30, 5
# Nor the configuration files of whoever runs this.
CREDENTIALS = dict(os.environ, GETTY_CONNECT_KEY="sandbox-key", GETTY_CONNECT_SECRET="sandbox-secret",
                   GETTY_CONNECT_NO_CONFIG="1")


def whole_members(data, wbits):
    """The text of the gzip members that are whole."""
    text = b""
    while data:
        one = zlib.decompressobj(wbits)
        try:
            part = one.decompress(data)
        except zlib.error:
            break
        if not one.eof:
            break
        text += part
        data = one.unused_data
    return text


def whole_frames(data):
    """The text of the zstd frames that are whole: the torn one is cut off where its magic begins."""
    magic = b"\x28\xb5\x2f\xfd"
    while data:
        done = subprocess.run(["zstd", "-dc"], input=data, capture_output=True)
        if done.returncode == 0:
            return done.stdout
        data = data[:data.rfind(magic)]
    return b""


def text_of(path):
    """What stands in a file, torn tail and all where it is plain."""
    data = path.read_bytes()
    name = path.name.removesuffix(".part")
    if name.endswith(".gz"):
        return whole_members(data, 31)
    return whole_frames(data) if name.endswith(".zst") else data


def whole_lines(path):
    lines = text_of(path).split(b"\n")
    return lines[:-1]


def rows_of(path):
    """(key, whether found, whether for good) for each occurrence in a database."""
    # A copy: to read a log that was left behind is to write.
    with tempfile.TemporaryDirectory() as folder:
        for file in (path, path.with_name(path.name + "-wal"), path.with_name(path.name + "-journal")):
            if file.exists():
                shutil.copy(file, folder)
        with closing(sqlite3.connect(Path(folder) / path.name)) as on:
            yield from rows_in(on)


def rows_in(on):
    if on.execute("SELECT count(*) FROM sqlite_master WHERE name = 'failures'").fetchone()[0] == 0:
        return
    for key, count, image in on.execute("SELECT id, occurrences, image FROM images"):
        json.loads(image)
        yield from [(key, True, True)] * count
    for key, count, kind, error in on.execute("SELECT key, occurrences, kind, error FROM failures"):
        json.loads(error)
        yield from [(key, False, kind in ("not_found", "invalid_input"))] * count


def entries_of(path):
    """The same of a file of lines."""
    if ".csv" in path.name:
        text = text_of(path).decode()
        records = list(csv.reader(io.StringIO(text, newline="")))
        if text and not text.endswith("\n"):
            records.pop()
        elif records and text.count('"') % 2 == 1:
            records.pop()
        for record in records[1:]:
            assert len(record) == 4, record
            yield record[0], True, True
        return
    for line in whole_lines(path):
        one = json.loads(line)
        if "ImageId" in one:
            yield one["ImageId"], True, True
        elif "image" in one:
            assert one["image"]["ImageId"] == one["id"]
            yield one["id"], True, True
        else:
            key = one["id"] if one["id"] is not None else "\n" + one["error"]["message"]
            yield key, False, one["error"]["kind"] in ("not_found", "invalid_input")


def journal(folder):
    """All entries of the files that belong to a job."""
    for path in sorted(folder.iterdir()):
        if path.name.startswith(("images", "errors", "raw")) and "manifest" not in path.name:
            if path.name.endswith(("-wal", "-shm", "-journal")):
                continue
            if len(path.name.split(".")[-1]) == 6 and path.name.startswith("errors") and path.suffix[1:] not in ("ndjson", "sqlite"):
                continue  # a copy that a run was about to put in the place of its file
            yield from rows_of(path) if path.suffix == ".sqlite" else entries_of(path)


class Service:
    """The stand-in service with a log of requests."""

    def __init__(self, tool, folder, name, faults):
        self.log = folder / f"{name}.log"
        ready, self.ca = folder / f"{name}.ready", folder / f"{name}.pem"
        command = [tool, "serve", "--port", "0", "--ready-file", ready, "--ca-file", self.ca, "--request-log", self.log]
        self.process = subprocess.Popen([*command, *faults], env=CREDENTIALS, stdout=subprocess.DEVNULL,
                                        stderr=subprocess.DEVNULL)
        until = time.monotonic() + 30
        while not ready.exists():
            assert self.process.poll() is None and time.monotonic() < until, "the service does not start"
            time.sleep(0.02)
        self.url = ready.read_text().strip()
        self.read = 0

    def settle(self):
        """What a killed job had sent has been read and logged when its connections are gone."""
        until = time.monotonic() + 30
        address = self.url.removesuffix("/api") + "/admin/counters"
        while True:
            with urllib.request.urlopen(address, context=ssl._create_unverified_context()) as answer:
                counters = json.load(answer)
            if counters["open_connections"] <= 1 and counters["in_flight"] <= 1:
                return
            assert time.monotonic() < until, counters

    def requests(self):
        """Ids asked for since the last call."""
        self.settle()
        with open(self.log, "rb") as log:
            log.seek(self.read)
            text = log.read()
        text = text[:text.rfind(b"\n") + 1]
        self.read += len(text)
        lines = [json.loads(line) for line in text.splitlines()]
        return Counter(one["id"] for one in lines if one["status"] != 401)  # a challenge is no lookup

    def stop(self):
        self.process.terminate()
        self.process.wait()


def make_input(path, chance):
    """Ids, some of them several times, some absent, some failing, and lines that are none: key -> occurrences."""
    ids = [str(10_000_001 + 1000 * n) for n in range(FOUND)]
    ids += [str(20_000_404 + 1000 * n) for n in range(ABSENT)]
    failing = [str(30_000_001 + 1000 * n) for n in range(FAILING)]
    ids += failing
    ids += chance.choices(ids, k=60)
    ids += [f"not an id {n}" for n in range(BAD)]
    chance.shuffle(ids)
    path.write_text("".join(line + "\n" for line in ids))
    wanted = Counter(f"\n{path}:{n}: it holds a blank; write one id a line and nothing else" if " " in line else line
                     for n, line in enumerate(ids, 1))
    return wanted, failing


class Job:
    """One run, which goes on with whatever an earlier one has left."""

    MORE = {"raw": ["--format", "raw"], "table": ["--columns", "id,Title,Keywords.Text,Caption"],
            "sharded": ["--lines-per-file", "100"]}

    def __init__(self, tool, service, ids, folder, kind):
        output, errors = KINDS[kind]
        self.command = [tool, "fetch", ids, "--base-url", service.url, "--cacert", service.ca, "-o", folder / output,
                        "--errors", folder / errors, "--resume", "--sync", "50ms", "-q", *self.MORE.get(kind, [])]

    def run(self, kill_after=None):
        """Whether it was killed; else it has ended well."""
        process = subprocess.Popen(self.command, env=CREDENTIALS, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        try:
            out, err = process.communicate(timeout=kill_after if kill_after is not None else 120)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
            out, err = process.communicate()
            assert kill_after is not None, "the job hangs"
        if process.returncode == -signal.SIGKILL:
            return True
        assert process.returncode in (0, 3), (process.returncode, out, err)
        return False


def asked_again(before, wanted, requests):
    """Ids that were asked for though each of their occurrences had a line that counts: id -> requests."""
    counted = Counter(key for key, _, final in before if final)
    return {key: count for key, count in requests.items() if counted[key] >= wanted[key]}


def check_end(folder, wanted, kind, runs):
    entries = list(journal(folder))
    got = Counter(key for key, _, _ in entries)
    assert got == wanted, {key: (got[key], wanted[key]) for key in got | wanted if got[key] != wanted[key]}
    passing = [entry for entry in entries if not entry[2]]
    assert not passing, f"failures that pass were not asked for again: {passing}"
    left = [path.name for path in folder.iterdir() if path.name.endswith((".part", "-wal", "-journal"))]
    assert not left, left
    if kind == "sharded":
        check_manifest(folder, runs)


def check_manifest(folder, runs):
    manifest = json.loads((folder / "images-manifest.json").read_text())
    names = sorted(path.name for path in folder.iterdir() if path.name.endswith(".ndjson.zst"))
    assert [one["name"] for one in manifest["files"]] == names
    sums = subprocess.run(["sha256sum", *names], cwd=folder, capture_output=True, text=True, check=True).stdout
    for one, line in zip(manifest["files"], sums.splitlines()):
        assert one["sha256"] == line.split()[0]
        assert one["lines"] == len(whole_lines(folder / one["name"])) and one["bytes"] == (folder / one["name"]).stat().st_size
    # A run that comes to its end completes its last file, however short, even where it is killed after that.
    short = [one["lines"] for one in manifest["files"] if one["lines"] != 100]
    assert len(short) <= runs and all(count < 100 for count in short), (short, runs)


def one_job(tool, kind, chance, kills, length):
    """Until it ends by itself, or all kills are used up; how many were."""
    used = runs = 0
    with tempfile.TemporaryDirectory() as name:
        folder, files = Path(name), Path(name) / "files"
        files.mkdir()
        ids = folder / "ids.txt"
        wanted, failing = make_input(ids, chance)
        faults = [word for one in failing for word in ("--fault", f"status-500:id={one}")]
        bad, good = Service(tool, folder, "bad", faults), Service(tool, folder, "good", [])
        try:
            while True:
                # At first the service fails for some ids; later it does not, and failures are replaced.
                service = bad if used < kills // 2 and chance.random() < 0.7 else good
                service.requests()
                before = list(journal(files))
                limit = chance.uniform(0, length) if used < kills else None
                killed = Job(tool, service, ids, files, kind).run(limit)
                again = asked_again(before, wanted, service.requests())
                assert not again, again
                used += killed
                runs += 1
                if not killed and service is good:
                    break
            check_end(files, wanted, kind, runs)
            # Once more: nothing is asked, nothing changes.
            assert not Job(tool, good, ids, files, kind).run()
            assert not good.requests()
            check_end(files, wanted, kind, runs)
        finally:
            bad.stop()
            good.stop()
    return used


def main():
    tool, kind, kills = sys.argv[1], sys.argv[2], int(sys.argv[3])
    seed = int(sys.argv[4]) if len(sys.argv) > 4 else int.from_bytes(os.urandom(4), "big")
    print(f"seed {seed}")
    chance = random.Random(seed)
    # How long a run takes that is not killed, first.
    begin = time.monotonic()
    one_job(tool, kind, chance, 0, 0)
    length = (time.monotonic() - begin) / 3
    used = jobs = 0
    while used < kills:
        # As many as one job can take and still get on; each job ends by itself.
        used += one_job(tool, kind, chance, min(kills - used, 8), length)
        jobs += 1
    print(f"{kind}: {used} kills, {jobs} jobs, each with every occurrence once")


if __name__ == "__main__":
    main()

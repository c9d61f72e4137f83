#!/usr/bin/env python3
"""What `getty-connect bench` itself costs for a request, and how late its requests leave.

Usage: load_maker.py TOOL ORIGIN [--rate R] [--seconds N]
ORIGIN: the program of `./dev perf`

Instructions: of a closed loop under callgrind, by the difference of a long and a short run, against a raw lookup of the library
in a batch (`ORIGIN run library-raw`); wanted is at most 1.15. Lateness: of an open loop, from `--record`; wanted are 99 % within
a millisecond. The origin has the first processor, the tool the last.
"""
import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from origin_service import OriginService

AT_A_TIME = "64"
COST, SHARE = 1.15, 0.99


def run(command, **more):
    done = subprocess.run(command, capture_output=True, text=True, timeout=600, **more)
    if done.returncode != 0:
        sys.exit(f"{' '.join(command)}\nfailed:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
    return done


def instructions(profile):
    return int(re.search(r"^(?:summary|totals): (\d+)", Path(profile).read_text(errors="replace"), re.M)[1])


def measure(tool, origin, folder, words, before=()):
    """The document of a measurement."""
    where = os.path.join(folder, "measured.json")
    variables = {**os.environ, "GETTY_CONNECT_KEY": "key", "GETTY_CONNECT_TOKEN": "bench-token",
                 "GETTY_CONNECT_NO_CONFIG": "1", "NO_PROXY": "localhost"}
    run(["taskset", "-c", str(os.cpu_count() - 1), *before, tool, "bench", "--ids", "1-100000", "--auth", "bearer",
         "--base-url", origin.url, "--cacert", origin.ca, "--cool-down", "0s", "--json", where, *words], env=variables)
    return json.loads(Path(where).read_text())


def cost(tool, origin, folder):
    """Instructions for a request."""
    sent, counts = [], []
    for seconds in (5, 15):
        profile = os.path.join(folder, f"tool.{seconds}")
        document = measure(tool, origin, folder,
                           ["--concurrency", AT_A_TIME, "--warm-up", "0s", "--duration", f"{seconds}s"],
                           ["valgrind", "--tool=callgrind", f"--callgrind-out-file={profile}"])
        sent.append(document["steps"][0]["sent"])
        counts.append(instructions(profile))
    return (counts[1] - counts[0]) / (sent[1] - sent[0])


def raw_lookup(program, folder):
    """Instructions for a raw lookup in a batch, from the end of its warm-up on."""
    lookups = 10_000
    profile = os.path.join(folder, "raw")
    run(["valgrind", "--tool=callgrind", f"--callgrind-out-file={profile}", program, "run", "library-raw", "--in-flight",
         AT_A_TIME, "--requests", str(lookups), "--warm-up", "1000"])
    return instructions(profile + ".1") / lookups


def lateness(tool, origin, folder, rate, seconds):
    """In microseconds, sorted."""
    where = os.path.join(folder, "requests.ndjson")
    measure(tool, origin, folder, ["--rate", str(rate), "--warm-up", "2s", "--duration", f"{seconds}s", "--record", where])
    late = []
    with open(where, encoding="utf-8") as file:
        for line in file:
            one = json.loads(line)
            if "sent_us" in one:
                late.append(one["sent_us"] - one["due_us"])
    return sorted(late)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("tool")
    parser.add_argument("origin")
    parser.add_argument("--rate", type=int, default=20_000)
    parser.add_argument("--seconds", type=int, default=10)
    wanted = parser.parse_args()
    good = True
    with tempfile.TemporaryDirectory(prefix="getty-connect-load-maker.", dir="/dev/shm") as folder:
        origin = OriginService(wanted.origin, folder, before=["taskset", "-c", "0"])
        try:
            mine, raw = cost(wanted.tool, origin, folder), raw_lookup(wanted.origin, folder)
            good &= mine / raw <= COST
            print(f"instructions for a request: {mine:,.0f}, {mine / raw:.3f} x a raw lookup ({raw:,.0f}); "
                  f"wanted at most {COST}", flush=True)
            late = lateness(wanted.tool, origin, folder, wanted.rate, wanted.seconds)
            share = sum(one <= 1_000 for one in late) / len(late)
            good &= share >= SHARE
            print(f"{wanted.rate:,} requests/s: {share:.2%} left within 1 ms of their due time (p50 {late[len(late) // 2]:.0f} us, "
                  f"p99 {late[len(late) * 99 // 100]:.0f} us); wanted {SHARE:.0%}", flush=True)
        finally:
            origin.close()
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())

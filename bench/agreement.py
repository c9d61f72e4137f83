#!/usr/bin/env python3
"""Whether `getty-connect bench` and wrk say the same of one service: requests per second, p50 and p99 of a closed loop
against an origin that answers after 20 ms.

Usage: agreement.py TOOL ORIGIN [--seconds N] [--rounds N] [--tolerance P] [AT_A_TIME ...]
ORIGIN: the program of `./dev perf`
wrk runs with one thread and with two: at a high rate its own speed is within its figures, too. Exit code 1 where the median of
the rounds is more than P percent (5) below both or above both.
"""
import argparse
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile

from origin_service import OriginService

ID = "100000405"
TOKEN = "bench-token"  # any will do
UNITS = {"us": 1, "ms": 1_000, "s": 1_000_000}


def by_wrk(service, at_a_time, seconds, threads):
    """Requests per second, p50 and p99 in microseconds."""
    done = subprocess.run(["wrk", f"-t{threads}", f"-c{at_a_time}", f"-d{seconds}s", "--latency", "-H",
                           f"Authorization: Bearer {TOKEN}", f"{service.url}/images/{ID}"], capture_output=True, text=True, check=True)
    rate = float(re.search(r"Requests/sec:\s+([0-9.]+)", done.stdout)[1])
    times = {}
    for share, number, unit in re.findall(r"^\s+(\d+)%\s+([0-9.]+)(us|ms|s)$", done.stdout, re.M):
        times[share] = float(number) * UNITS[unit]
    if "Non-2xx" in done.stdout or not times:
        sys.exit("wrk was not answered:\n" + done.stdout)
    return rate, times["50"], times["99"]


def by_bench(tool, service, folder, at_a_time, seconds):
    """The same, from when requests left: wrk knows no other moment."""
    where = os.path.join(folder, "measured.json")
    variables = {**os.environ, "GETTY_CONNECT_KEY": "key", "GETTY_CONNECT_TOKEN": TOKEN, "GETTY_CONNECT_NO_CONFIG": "1"}
    subprocess.run([tool, "bench", "--ids", f"{ID}-{ID}", "--concurrency", str(at_a_time), "--duration", f"{seconds}s",
                    "--warm-up", "1s", "--cool-down", "0s", "--auth", "bearer", "--base-url", service.url, "--cacert",
                    service.ca, "--json", where], stdout=subprocess.DEVNULL, env=variables, check=True)
    with open(where, encoding="utf-8") as file:
        step, = json.load(file)["steps"]
    times = step["latency_send_us"]
    return step["answered_per_s"], times["p50"], times["p99"]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("tool")
    parser.add_argument("origin")
    parser.add_argument("at_a_time", nargs="*", type=int, default=[1, 32, 256])
    parser.add_argument("--seconds", type=int, default=10)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--tolerance", type=float, default=5)
    wanted = parser.parse_args()
    folder = tempfile.TemporaryDirectory(prefix="getty-connect-agreement.")
    service = OriginService(wanted.origin, folder.name, ["--delay-ms", "20"])
    worst = 0.0
    print(f"load average before: {' '.join(open('/proc/loadavg').read().split()[:3])}")
    print(f"{'at a time':>9}  {'figure':<10}  {'wrk -t1':>10}  {'wrk -t2':>10}  {'bench':>10}  {'differs':>8}")
    try:
        for at_a_time in wanted.at_a_time:
            threads = (1, min(2, at_a_time))
            # Taking turns: what else the machine does meets all.
            rounds = [[by_wrk(service, at_a_time, wanted.seconds, t) for t in threads]
                      + [by_bench(wanted.tool, service, folder.name, at_a_time, wanted.seconds)] for _ in range(wanted.rounds)]
            for i, name in enumerate(("requests/s", "p50 us", "p99 us")):
                one, two, bench = (statistics.median(done[who][i] for done in rounds) for who in range(3))
                nearest = min(max(bench, min(one, two)), max(one, two))
                differs = (bench / nearest - 1) * 100
                worst = max(worst, abs(differs))
                print(f"{at_a_time:>9}  {name:<10}  {one:>10,.0f}  {two:>10,.0f}  {bench:>10,.0f}  {differs:>+7.1f}%", flush=True)
    finally:
        service.close()
        folder.cleanup()
    return 1 if worst > wanted.tolerance else 0


if __name__ == "__main__":
    sys.exit(main())
